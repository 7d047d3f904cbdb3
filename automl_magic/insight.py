"""What of new rows the winner never saw in training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from automl_magic.tabular.calibrated import CalibratedModel
from automl_magic.tabular.converting import frame_from, rows_of_dicts, words_from
from automl_magic.tabular.steps import CleanTable


def unseen_levels(model: Any, X: Any) -> dict[str, int]:
    """Return, for each column of categories, how many rows hold a level that no part of the model saw in training.

    Parameters
    ----------
    model : estimator
        Fitted.
    X : DataFrame of shape (n_rows, n_columns)
        New rows.
    """
    known: dict[str, set[Any]] = {}
    for name, levels in _levels_in(model):
        known.setdefault(str(name), set()).update(levels)
    frame = frame_from(rows_of_dicts(X))
    counts = {}
    for name, levels in known.items():
        words = words_from(frame[name])
        counts[name] = sum(1 for word in words if isinstance(word, str) and word not in levels)
    return counts


def _levels_in(part: Any) -> Iterator[tuple[Any, Iterable[Any]]]:
    """Yield column and levels of every fitted encoder in a model."""
    for _, encoder, columns in getattr(part, "transformers_", ()):
        for levels in _encoded(encoder):
            if len(levels) == len(columns):
                yield from zip(columns, levels, strict=True)
    if isinstance(part, CleanTable):
        yield from (part.ordered or {}).items()
    parts = [step for _, step, *_ in getattr(part, "steps", ())]
    held = [part.estimator_] if isinstance(part, CalibratedModel) else []
    for inner in (*parts, *held, *getattr(part, "pipelines_", ()), *getattr(part, "members_", ())):
        yield from _levels_in(inner)


def _encoded(encoder: Any) -> Iterator[Sequence[Any]]:
    """Yield the levels of each column that an encoder, or one inside it, knows."""
    for name in ("categories_", "counts_"):
        if hasattr(encoder, name):
            yield [list(levels) for levels in getattr(encoder, name)]
    inner = [step for _, step, *_ in (*getattr(encoder, "steps", ()), *getattr(encoder, "transformer_list", ()))]
    for part in (*inner, getattr(encoder, "encoder_", None)):
        if part is not None and not isinstance(part, str):
            yield from _encoded(part)
