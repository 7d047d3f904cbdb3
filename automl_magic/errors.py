"""Errors that a person can act on: what is wrong, what we got, what to do. No traceback in a notebook."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AutoMLError(ValueError):
    """Report a mistake that the person can mend.

    Parameters
    ----------
    message : str
        What is wrong and what was got, in one line.
    hint : str, optional
        What to do about it, in one line.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message if hint is None else f"{message}\n{hint}")
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[type[AutoMLError], tuple[str, str | None]]:
        return type(self), (self.message, self.hint)

    def _render_traceback_(self) -> list[str]:
        """Show one or two lines in IPython instead of a traceback."""
        return [
            f"{type(self).__name__}: {line}" if number == 0 else line
            for number, line in enumerate(str(self).split("\n"))
        ]


class SpaceError(AutoMLError):
    """A search space, a rule or a configuration that cannot be meant."""


class OptionError(AutoMLError):
    """An option that is unknown, malformed, or does not fit the rest."""


class DataError(AutoMLError):
    """A table that cannot be searched as it is."""


class RunError(AutoMLError):
    """A run that ended without a result."""


class AutoMLWarning(UserWarning):
    """Something in the data or the options that may make a result worth less; the run goes on."""


def did_you_mean(name: object, options: Iterable[object]) -> str:
    """Return a sentence that names the options nearest to `name`, or an empty string.

    Examples
    --------
    >>> did_you_mean("prize", ["price", "area"])
    ' Did you mean "price"?'
    """
    texts = {str(option).casefold(): str(option) for option in options}
    near = difflib.get_close_matches(str(name).casefold(), texts, n=3, cutoff=0.6)
    if not near:
        return ""
    return " Did you mean " + " or ".join(f'"{texts[text]}"' for text in near) + "?"
