"""What a fold leaves in the run's folder: its predictions and its fitted model, each with a hash."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cloudpickle
import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from automl_magic.engine.events import Artefact
from automl_magic.engine.sealing import ARTEFACTS, is_sealed, own_key, place_of, read_own, seal_of
from automl_magic.engine.spare import SPARE, make_spare
from automl_magic.errors import RunError
from automl_magic.tabular.vote import VoteClassifier, VoteRegressor

if TYPE_CHECKING:
    from automl_magic.tabular.splits import Splits
    from automl_magic.tabular.task import Task


def write_artefact(
    folder: str | Path, name: str, content: bytes, key: bytes | None = None, spare: str | None = None
) -> Artefact:
    """Write a file whole or not at all, readable by its owner alone; return where it is, its hash and `key`'s seal.

    Where the run's folder takes it no more, it goes to the `spare` folder.

    Raises
    ------
    OSError
        If neither takes it.
    """
    try:
        _write(Path(folder) / ARTEFACTS, name, content)
        path = f"{ARTEFACTS}/{name}"
    except OSError:
        if spare is None:
            raise
        _write(make_spare(spare), name, content)
        path = f"{SPARE}/{name}"
    seal = "" if key is None else seal_of(key, path, content)
    return Artefact(path, hashlib.sha256(content).hexdigest(), seal)


def _write(place: Path, name: str, content: bytes) -> None:
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = place / f".{name}.{os.getpid()}"
    unfinished.unlink(missing_ok=True)
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.replace(unfinished, place / name)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def read_artefact(folder: str | Path, artefact: Artefact) -> bytes:
    """Return the content of a file that the record names.

    Raises
    ------
    RunError
        If the file is gone, lies outside the folder, or is not the one that was written.
    """
    path = place_of(folder, artefact)
    if path is None:
        raise RunError(f"{artefact.path!r} does not lie in the run's folder.", "The record was changed: do not use it.")
    try:
        content = read_own(path)
    except OSError as error:
        raise RunError(
            f"{path.name} of this run cannot be read ({error.strerror}).", "Run the search again."
        ) from error
    if hashlib.sha256(content).hexdigest() != artefact.sha256:
        raise RunError(
            f"{path.name} is not what this run wrote: its hash differs.", "Do not use it; run the search again."
        )
    return content


def read_model(folder: str | Path, artefact: Artefact, key: bytes | None = None) -> bytes:
    """Return the pickle of a fitted model, where its seal says that a run of this person wrote it.

    The hash in the record is no proof: who can write the model can write the record. `key` is by default the person's.

    Raises
    ------
    RunError
        If it is not sealed, or not as `read_artefact` wants it.
    """
    content = read_artefact(folder, artefact)
    if not is_sealed(own_key() if key is None else key, artefact.seal, artefact.path, content):
        raise RunError(
            f"{Path(artefact.path).name} does not bear your seal: another person, or another computer, wrote it.",
            "It is not read, since to read a fitted model is to run what it holds. Run the search again.",
        )
    return content


def write_prediction(folder: str | Path, name: str, prediction: NDArray[Any], spare: str | None = None) -> Artefact:
    """Write the prediction of one fold as an .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, prediction, allow_pickle=False)
    return write_artefact(folder, name, buffer.getvalue(), spare=spare)


def read_predictions(folder: str | Path, artefacts: Mapping[int, Artefact]) -> NDArray[Any]:
    """Return the predictions of a trial, fold after fold: shape (n_entries,) or (n_entries, n_classes)."""
    parts = [io.BytesIO(read_artefact(folder, artefacts[fold])) for fold in sorted(artefacts)]
    return np.concatenate([np.load(part, allow_pickle=False) for part in parts])


def load_vote(
    folder: str | Path, artefacts: Mapping[int, Artefact] | Sequence[Artefact], task: Task, splits: Splits | None = None
) -> Any:
    """Return the fitted pipeline that votes over fold models of one trial.

    Parameters
    ----------
    folder : path
        The run's folder.
    artefacts : mapping from fold to Artefact, or sequence
        The models of the folds.
    task : Task
        Its classes give the order of the probabilities.
    splits : Splits, optional
        The run's folds: only `splits.voters` vote, and `fit` on new data makes folds in the same way.

    Returns
    -------
    Pipeline
        With the one step "vote"; the fold's own pipeline where there is a single model.

    Raises
    ------
    RunError
        If a file is gone, is not the one that was written, or does not bear this person's seal.
    """
    by_fold = dict(artefacts) if isinstance(artefacts, Mapping) else dict(enumerate(artefacts))
    chosen = [fold for fold in sorted(by_fold) if splits is None or fold in splits.voters]
    if not chosen:
        raise RunError("No fold of this trial left a model.", "Give the search more time.")
    models = [cloudpickle.loads(read_model(folder, by_fold[fold])) for fold in chosen]
    if len(models) == 1:
        return models[0] if isinstance(models[0], Pipeline) else Pipeline([("model", models[0])])
    kind = VoteRegressor if task.kind == "regression" else VoteClassifier
    vote = kind(models, len(models) if splits is None else splits.splitter)
    vote.pipelines_ = models
    if isinstance(vote, VoteClassifier):
        whole = [model.classes_ for model in models if len(model.classes_) == len(task.classes)]
        vote.classes_ = whole[0] if whole else np.asarray(task.classes)
    return Pipeline([("vote", vote)])
