"""The tables that come with the package."""

from __future__ import annotations

from importlib.resources import as_file, files

import pandas as pd

from automl_magic.errors import OptionError, did_you_mean

TABLES = {"titanic": "titanic.csv"}


def load_data(name: str = "titanic") -> pd.DataFrame:
    """Return one of the bundled tables as a DataFrame.

    Parameters
    ----------
    name : str
        "titanic": 1,309 passengers, 6 columns, target "survived". The sources stand in ``automl_magic/data/README.md``.

    Raises
    ------
    OptionError
        If there is no table of that name.

    Examples
    --------
    >>> load_data("titanic").shape
    (1309, 7)
    """
    if name not in TABLES:
        known = ", ".join(TABLES)
        raise OptionError(f'No bundled table named "{name}".{did_you_mean(name, TABLES)}', f"Known: {known}.")
    with as_file(files("automl_magic") / "data" / TABLES[name]) as path:
        return pd.read_csv(path)
