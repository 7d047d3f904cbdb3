"""A person's own models, looked at before the first trial: what a search needs of them, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cloudpickle
from sklearn.base import is_classifier, is_regressor

from automl_magic.engine.holes import Build, Choice
from automl_magic.errors import SpaceError
from automl_magic.tabular.target import Task

NEEDED = ("fit", "predict", "get_params")
DEEP = 20  # how far an attribute that cannot be pickled is followed


def check_models(template: Any, task: Task) -> None:
    """Look at every model that a template may end with.

    Raises
    ------
    SpaceError
        If one cannot be fitted, asked or searched, or predicts numbers where there are classes, or the reverse.

    Examples
    --------
    >>> from sklearn.preprocessing import StandardScaler
    >>> check_models(StandardScaler(), Task("binary", "y", (0, 1), ""))
    Traceback (most recent call last):
    automl_magic.errors.SpaceError: StandardScaler is no model: it has no predict.
    End the pipeline with a classifier.
    """
    wanted = "regressor" if task.kind == "regression" else "classifier"
    for model in _last_steps(template):
        name = type(model).__name__ if not isinstance(model, type) else f"the class {model.__name__}"
        if isinstance(model, type):
            raise SpaceError(f"{name} is given in the place of a model.", f"Write {model.__name__}() for an instance.")
        missing = [method for method in NEEDED if not callable(getattr(type(model), method, None))]
        if missing == ["predict"]:
            raise SpaceError(f"{name} is no model: it has no predict.", f"End the pipeline with a {wanted}.")
        if missing:
            raise SpaceError(
                f"{name} is no model that can be searched: it has no {', no '.join(missing)}.",
                "Give an estimator of scikit-learn, or derive yours from sklearn.base.BaseEstimator.",
            )
        _check_parameters(model, name)
        if _is(is_regressor if wanted == "classifier" else is_classifier, model):
            held = "classes" if wanted == "classifier" else "numbers"
            raise SpaceError(
                f'{name} does not fit: the target "{task.target}" holds {held}.',
                f"Give a {wanted}, or say with task what the target is.",
            )


def _last_steps(template: Any) -> Iterator[Any]:
    """Yield the models that a template may end with."""
    if isinstance(template, Choice):
        for option in template.options:
            yield from _last_steps(option)
    elif isinstance(getattr(template, "steps", None), list) and template.steps:
        yield from _last_steps(template.steps[-1][1])
    elif not isinstance(template, Build):
        yield template


def _check_parameters(model: Any, name: str) -> None:
    try:
        model.get_params(deep=False)
    except Exception as error:
        raise SpaceError(
            f"get_params of {name} fails: {error}.",
            "In its __init__, keep each argument under its own name: self.a = a.",
        ) from None


def _is(question: Any, model: Any) -> bool:
    """Whether a model is a classifier or regressor; one whose parts are holes may not know."""
    try:
        return bool(question(model))
    except Exception:
        return False


def check_travels(*parts: Any) -> None:
    """Look whether what a person gave can be sent to other processes and kept in files.

    Raises
    ------
    SpaceError
        If it cannot be pickled; the attribute that cannot is named.
    """
    for part in parts:
        error = _why_not(part)
        if error is None:
            continue
        owner, attribute, culprit = _culprit(part, part, "")
        where = f'The attribute "{attribute}" of {type(owner).__name__}' if attribute else type(owner).__name__
        raise SpaceError(
            f"{where} cannot be pickled: it is of type {type(culprit).__name__}, and models travel to other processes.",
            "Make it inside fit and leave it out of the pickle with __getstate__, or give a plain value instead.",
        )


def _why_not(value: Any) -> Exception | None:
    try:
        cloudpickle.dumps(value)
    except Exception as error:
        return error
    return None


def _culprit(value: Any, owner: Any, attribute: str, depth: int = DEEP) -> tuple[Any, str, Any]:
    """Return the object whose attribute cannot be pickled, the attribute's name, and what it holds."""
    own = getattr(value, "__dict__", {}) if not isinstance(value, type) else {}
    if isinstance(value, dict):
        parts = [(owner, attribute, part) for part in value.values()]
    elif isinstance(value, list | tuple | set):
        parts = [(owner, attribute, part) for part in value]
    else:
        parts = [(value, str(name), part) for name, part in own.items()]
    for where, name, part in parts if depth > 0 else ():
        if _why_not(part) is not None:
            return _culprit(part, where, name, depth - 1)
    return owner, attribute, value
