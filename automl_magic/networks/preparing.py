"""From what a person gives to the numbers of a network: sequences and images scaled by channel, texts as codes."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from automl_magic.errors import DataError

LARGEST = 1e30  # number in an array
TOKEN = re.compile(r"\w+|[^\w\s]")
PADDING, UNKNOWN = 0, 1  # codes that no token has


class PrepareArray(TransformerMixin, BaseEstimator):
    """Scale sequences or images to mean 0 and deviation 1, channel by channel, as the rows of training tell.

    Parameters
    ----------
    shape : tuple of int
        Of one row, the channels last; a last size of 1 may be missing in what is given.

    Attributes
    ----------
    mean_, scale_ : ndarray of shape (n_channels,)
        What is subtracted, and what is divided by.
    """

    def __init__(self, shape: tuple[int, ...] = (1, 1)) -> None:
        self.shape = shape

    def fit(self, X: Any, y: Any = None) -> PrepareArray:
        """Learn mean and deviation of each channel; a channel that never changes is not scaled."""
        values = self._read(X)
        channels = values.reshape(-1, values.shape[-1])
        self.mean_ = channels.mean(axis=0, dtype=float)
        deviation = channels.std(axis=0, dtype=float)
        self.scale_ = np.where(deviation > 1e-12 * np.abs(self.mean_), deviation, 1.0)
        self.scale_[self.scale_ == 0] = 1.0
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the scaled rows, shape (n_rows, *shape)."""
        check_is_fitted(self, "scale_")
        return np.asarray((self._read(X) - self.mean_) / self.scale_, dtype=np.float32)

    def _read(self, X: Any) -> NDArray[Any]:
        values = numbers_of(X)
        shape = tuple(self.shape)
        if values.shape[1:] == shape[:-1] and shape[-1] == 1:
            values = values[..., None]
        if values.shape[1:] != shape:
            raise DataError(
                f"X must have rows of the shape {shape}. Got {values.shape[1:]} instead.",
                "Give rows of the shape that was learnt from.",
            )
        return values


class PrepareText(TransformerMixin, BaseEstimator):
    """Turn texts into codes of their words (or characters): 0 is padding, 1 what training did not see.

    Parameters
    ----------
    length : int
        Codes for each text; longer ones are cut, shorter ones padded at their end.
    vocabulary : int
        How many codes there are at most, with the two above.
    unit : str
        "word" (a punctuation mark is one, too) or "character".
    least : int
        How often a token must occur to have a code.

    Attributes
    ----------
    tokens_ : list of str
        The tokens in the order of their codes, the first one being code 2.
    """

    def __init__(self, length: int = 64, vocabulary: int = 5000, unit: str = "word", least: int = 2) -> None:
        self.length = length
        self.vocabulary = vocabulary
        self.unit = unit
        self.least = least

    def fit(self, X: Any, y: Any = None) -> PrepareText:
        """Learn the tokens that occur most."""
        counts = Counter(token for text in texts_of(X) for token in tokens_of(text, self.unit))
        by_count = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        known = [token for token, count in by_count if count >= self.least]
        self.tokens_ = known[: self.vocabulary - 2]
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the codes as floats, shape (n_rows, length)."""
        check_is_fitted(self, "tokens_")
        code_of = {token: code for code, token in enumerate(self.tokens_, UNKNOWN + 1)}
        texts = texts_of(X)
        codes = np.full((len(texts), self.length), PADDING, dtype=np.float32)
        for row, text in enumerate(texts):
            found = [code_of.get(token, UNKNOWN) for token in tokens_of(text, self.unit)[: self.length]]
            codes[row, : len(found)] = found
        return codes


def tokens_of(text: str, unit: str) -> list[str]:
    """Return the words and punctuation marks of a text in lower case, or its characters.

    Examples
    --------
    >>> tokens_of("It's  late.", "word"), tokens_of("Hi", "character")
    (['it', "'", 's', 'late', '.'], ['h', 'i'])
    """
    return TOKEN.findall(text.lower()) if unit == "word" else list(text.lower())


def texts_of(X: Any) -> list[str]:
    """Return texts as a list; a missing one is empty.

    Raises
    ------
    DataError
        If a value is no text.
    """
    if hasattr(X, "ndim") and X.ndim == 2 and X.shape[1] == 1:
        X = X.iloc[:, 0] if hasattr(X, "iloc") else X[:, 0]
    values = X.to_list() if hasattr(X, "to_list") else list(X)
    texts = []
    for place, value in enumerate(values):
        if isinstance(value, str):
            texts.append(str(value))
        elif is_missing(value):
            texts.append("")
        else:
            raise DataError(
                f"X must hold texts. Got {type(value).__name__} in row {place} instead.",
                "Turn all of its values into texts: [str(value) for value in X].",
            )
    return texts


def is_missing(value: Any) -> bool:
    """Return whether a value stands for one that is missing: None, NaN, pandas' NA."""
    return (
        value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value)
    )


def numbers_of(X: Any) -> NDArray[Any]:
    """Return an array of numbers as one that can be counted with.

    Raises
    ------
    DataError
        If it holds no numbers, gaps, or numbers too large to count with.
    """
    values = array_of(X)
    if values.dtype.kind not in "biuf":
        raise DataError(
            f"X must hold real numbers. Got values of type {values.dtype} instead.",
            "Turn them into numbers; a table with words is given as a DataFrame.",
        )
    if values.dtype.kind == "f":
        gaps = int(np.isnan(values).sum())
        if gaps:
            raise DataError(
                f"X holds {gaps:,} missing values (NaN) of {values.size:,}: a network cannot count with them.",
                "Fill them, for example X = np.nan_to_num(X), or drop the rows that hold them.",
            )
        if not (np.abs(values, dtype=values.dtype) <= LARGEST).all():
            raise DataError(
                f"X holds infinite values or numbers beyond {LARGEST:g}.", "Look for wrong values, or take logarithms."
            )
    return values


def array_of(X: Any) -> NDArray[Any]:
    """Return what a person gives as an array: of numpy, lists, or anything that numpy can read.

    Raises
    ------
    DataError
        If rows differ in their shapes.
    """
    if hasattr(X, "detach"):
        X = X.detach().cpu()
    try:
        values = np.asarray(X)
        if values.dtype == object and values.ndim and not isinstance(values.flat[0], str):
            values = np.asarray(values.tolist())
    except (ValueError, TypeError) as error:
        raise DataError(
            f"The rows of X differ in their shapes, or are no numbers: {str(error)[:120]}.",
            "Give all rows one shape: cut longer ones, and pad shorter ones with zeros.",
        ) from None
    return values
