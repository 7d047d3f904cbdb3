"""Whether a person's table was changed while a search on it ran in the background."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ROWS = 10_000  # rows that are compared, evenly spread over the table


@dataclass(frozen=True)
class Watched:
    """The table of a search as it was when the search began.

    Attributes
    ----------
    name : str
        The variable that holds it.
    mark : tuple or None
        What is compared; None where nothing can be.
    """

    name: str
    mark: tuple[Any, ...] | None

    @classmethod
    def of(cls, name: str, names: Mapping[str, Any]) -> Watched:
        """Look at the table in a variable."""
        return cls(name, mark_of(names.get(name)))

    def doubt(self, names: Mapping[str, Any]) -> str | None:
        """Say that the variable holds something else now, or None."""
        if self.mark is None or self.name not in names or mark_of(names[self.name]) == self.mark:
            return None
        return (
            f'"{self.name}" was changed while the search ran: the result was learnt from the table as it was when the '
            "search began. Search again if the change matters."
        )


def mark_of(data: Any) -> tuple[Any, ...] | None:
    """Return size, names and a number made of the values of a table; None for what is none.

    Examples
    --------
    >>> import pandas as pd
    >>> mark_of(pd.DataFrame({"a": [1, 2]})) == mark_of(pd.DataFrame({"a": [1, 3]}))
    False
    """
    import numpy as np
    import pandas as pd

    if isinstance(data, np.ndarray) and data.ndim in (1, 2):
        data = pd.DataFrame(data)
    if isinstance(data, pd.Series):
        data = data.to_frame()
    if not isinstance(data, pd.DataFrame):
        return None
    sample = data.iloc[:: max(1, len(data) // ROWS)]
    try:
        made = int(pd.util.hash_pandas_object(sample).sum())
    except TypeError:  # lists and the like have no number
        made = 0
    return (*data.shape, tuple(map(str, data.columns)), tuple(map(str, data.dtypes)), made)


def copied(data: Any) -> Any:
    """Return a table of its own, so that the search does not see what is changed meanwhile."""
    import numpy as np
    import pandas as pd

    return data.copy() if isinstance(data, pd.DataFrame | pd.Series | np.ndarray) else data
