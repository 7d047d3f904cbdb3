"""The private folder of a run: where it lies, what it holds, what is thrown away."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
import time
from pathlib import Path

from automl_magic.engine.history import History, Trial
from automl_magic.engine.sealing import ARTEFACTS, place_of
from automl_magic.members import pool_of

ROOT = ".automl"
UNFINISHED = ("stopped", "pruned")
LEFT_BELOW = ("state", "model", "prediction")
KEPT = 8  # trials whose fitted models are kept while others come, beside those that an ensemble may hold


def make_run_folder(name: str | None, beside: Path | None = None) -> tuple[Path, str | None]:
    """Make the folder of a run, `.automl/<name>/` beside the notebook, readable by its owner alone.

    Parameters
    ----------
    name : str or None
        The run's name; None for one made from the time of day. A number is added where it is taken.
    beside : Path, optional
        The folder that holds `.automl`. Default: the working directory.

    Returns
    -------
    Path, str or None
        The folder, and a sentence where it had to be made elsewhere.
    """
    root = (beside or Path.cwd()) / ROOT
    stem = name or time.strftime("run-%Y%m%d-%H%M%S")
    try:
        return _make_in(root, stem), None
    except OSError as error:
        root = Path(tempfile.mkdtemp(prefix="automl-"))
        why = (
            f"The run's record is kept in {root}, since {(beside or Path.cwd())} cannot be written ({error.strerror})."
        )
        return _make_in(root, stem), why


def make_lane_folder(race: Path, name: str) -> Path:
    """Make the folder of one run of a race inside the race's own; like any run's folder, it can be read by itself."""
    return _make_in(race, name)


def _make_in(root: Path, stem: str) -> Path:
    if root.is_symlink():
        raise OSError(errno.ELOOP, f"{root.name} is a link")
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
        with os.fdopen(os.open(root / ".gitignore", flags, 0o600), "w") as stream:
            stream.write("*\n")
    for number in range(1, 10_000):
        folder = root / (stem if number == 1 else f"{stem}-{number}")
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        (folder / ARTEFACTS).mkdir(mode=0o700)
        return folder
    raise OSError(0, f"no free name for {stem}")


def drop_models(folder: Path, history: History, keep: int = KEPT, gone: set[tuple[int, int]] | None = None) -> None:
    """Delete the fitted models of ended trials that are not among the best; predictions stay.

    Those of hidden trials stay, and of unfinished ones as long as none is done: the result may be one of them.
    `gone` are the trials and folds whose models were deleted before: they are not looked at again, and what is deleted
    now is added.
    """
    gone = set() if gone is None else gone
    trials = [trial for trial in history.trials.values() if not trial.hidden]
    done = sorted((trial for trial in trials if trial.state == "done"), key=lambda trial: -(trial.score or 0.0))
    pool = pool_of(history) if history.plan.get("ensemble", True) else []
    best = {trial.id for trial in [*done[:keep], *pool]}
    for trial in trials:
        if trial.id in best or trial.state in ("running", "paused") or (trial.state in UNFINISHED and not done):
            continue
        for fold, result in trial.scores.items():
            is_new = (trial.id, fold) not in gone and "model" in result.artefacts
            if is_new and _is_removed(place_of(folder, result.artefacts["model"])):
                gone.add((trial.id, fold))


def drop_lower(folder: Path, trial: Trial) -> None:
    """Delete what a trial left on the rungs below the highest: weights, and the state from which it has gone on."""
    for rung, scores in trial.results.items():
        for fold, result in scores.items() if rung < trial.rung else ():
            if trial.scores.get(fold) is not result:
                for role in LEFT_BELOW:
                    if role in result.artefacts:
                        _is_removed(place_of(folder, result.artefacts[role]))


def _is_removed(path: Path | None) -> bool:
    if path is None:  # the record was changed: what it names is not ours to delete
        return True
    try:
        os.remove(path)
    except FileNotFoundError:
        return True
    except OSError:  # held by another process: it is tried again, or goes with the folder
        return False
    return True
