"""A run that lies in its folder: found, opened, read, and compared with what a person brings to go on."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from automl_magic.engine.differences import space_differences
from automl_magic.engine.events import Event, Note, RunResumed, RunStarted
from automl_magic.engine.history import History
from automl_magic.engine.journal import Journal, JournalError, read_journal
from automl_magic.engine.resuming import ResumeError, readable
from automl_magic.errors import OptionError, did_you_mean
from automl_magic.folder import ROOT
from automl_magic.network_plan import NetworkPlan
from automl_magic.option_values import seconds_of
from automl_magic.plan import Plan

FILE = "journal.jsonl"
NETWORKS = ("torch", "skorch")
PACKAGES = ("scikit-learn", "numpy", "pandas", "scipy", "hyperopt", "lightgbm", "xgboost", "catboost")
LISTED = 5  # runs that an error names


@dataclass(frozen=True)
class Past:
    """A run as its record tells it.

    Attributes
    ----------
    folder : Path
        The run's folder.
    events : tuple of Event
        Those that can be read and make sense.
    plan : Plan
        As it was, with the limits that are given anew.
    extension : dict
        The limits that are given anew, as the study's budget names them.
    notes : tuple of Note
        What is to be said of the record.
    journal : Journal or None
        Open for writing, where the run is to go on.
    """

    folder: Path
    events: tuple[Event, ...]
    plan: Plan
    extension: Mapping[str, Any]
    notes: tuple[Note, ...] = ()
    journal: Journal | None = None

    @property
    def start(self) -> RunStarted:
        """The event with which the run began."""
        first = self.events[0]
        assert isinstance(first, RunStarted)
        return first

    @property
    def about(self) -> dict[str, Any]:
        """What the beginning says of the problem."""
        return self.start.about

    @property
    def is_of_a_table(self) -> bool:
        """Whether it searched a pipeline, and not a network or the values of a function."""
        return "fingerprint" in self.about and not self.is_of_networks

    @property
    def is_of_networks(self) -> bool:
        """Whether it searched a network."""
        return self.about.get("networks") is True

    def close(self) -> None:
        """Let the record go."""
        if self.journal is not None:
            self.journal.close()


def find_run(run: str | os.PathLike[str], beside: Path | None = None) -> Path:
    """Return the folder of a run.

    Parameters
    ----------
    run : str or path
        Its name, its folder, or the journal in it.
    beside : Path, optional
        The folder that holds `.automl`. Default: the working directory.

    Raises
    ------
    OptionError
        If there is none, or it belongs to somebody else.
    """
    root = (beside or Path.cwd()) / ROOT
    given = Path(run)
    for folder in (root / given, given, given.parent):
        if given.name and (folder / FILE).exists() and (folder != given.parent or given.name == FILE):
            for path in (folder, folder / FILE):
                if path.is_symlink():
                    raise OptionError(f"{path} is a link.", f"Give the run's own folder: {path.resolve()}.")
            _need_own(folder.resolve())
            return folder.resolve()
    known = runs_in(beside)
    raise OptionError(
        f'No run "{run}" in {root}.{did_you_mean(str(run), known)}',
        f"The latest runs: {', '.join(known[:LISTED])}." if known else "Runs lie in .automl, beside the notebook.",
    )


def runs_in(beside: Path | None = None) -> list[str]:
    """Return the names of the runs in `.automl`, the latest first."""
    journals = ((beside or Path.cwd()) / ROOT).glob(f"*/{FILE}")
    latest = sorted(journals, key=lambda path: path.stat().st_mtime, reverse=True)
    return [path.parent.name for path in latest]


def _need_own(folder: Path) -> None:
    """Refuse the folder of another user: what lies in it is not ours to go on with."""
    for path in (folder, folder / FILE):
        if hasattr(os, "getuid") and path.lstat().st_uid != os.getuid():
            raise OptionError(f"{path} belongs to another user.", "Only who began a run can take it up again.")


def open_past(
    run: str | os.PathLike[str],
    *,
    time: str | float | None = None,
    trials: int | None = None,
    workers: int | None = None,
    to_write: bool = True,
) -> Past:
    """Read the record of a run, and hold it for writing where the run is to go on.

    Parameters
    ----------
    run : str or path
        Its name, its folder, or the journal in it.
    time, trials : optional
        New limits of the whole run, what is past included.
    workers : int, optional
        Number of processes now.
    to_write : bool
        Whether the run is to go on.

    Raises
    ------
    OptionError
        If there is no such run, or a limit is malformed.
    JournalError
        If another process writes the record.
    ResumeError
        If the beginning of the run cannot be read.
    """
    limits = {"time": time, "trials": trials}
    folder = find_run(run)
    try:
        journal = Journal(folder / FILE) if to_write else None
    except OSError as error:
        raise JournalError(
            f"The record in {folder} cannot be written ({error.strerror}).",
            "Free some space, or copy the folder to where you may write, and name it.",
        ) from None
    try:
        found, problems = read_journal(folder / FILE)
        events, dropped = _readable(found, problems)
        start = events[0]
        assert isinstance(start, RunStarted)
        given = {name: value for name, value in {**limits, "workers": workers}.items() if value is not None}
        with as_written():
            kind = NetworkPlan if start.about.get("networks") is True else Plan
            plan = kind.create(**{**start.plan, **_limits_so_far(events), **given})
            _need_metric(start.about)
        if dropped:
            problems.append(f"{dropped} lines of the record make no sense without those that are lost; left out.")
        texts = [*problems, *_other_versions(start.about.get("versions", {}))]
        notes = tuple(Note(text, "warning") for text in texts)
        return Past(folder, tuple(events), plan, _extension(time, trials), notes, journal)
    except BaseException:
        if journal is not None:
            journal.close()
        raise


def _limits_so_far(events: Sequence[Event]) -> dict[str, Any]:
    """Return the limits of the plan that were given anew since the run began; `take_up` adds what was added to them."""
    history = History()
    for event in events:
        if isinstance(event, RunStarted | RunResumed):
            history.apply(event)
    return {name: history.plan.get(name) for name in ("time", "trials")}


def _readable(found: list[Event], problems: list[str]) -> tuple[list[Event], int]:
    """Return the events that make sense; without a beginning, say why it could not be read."""
    try:
        return readable(found)
    except ResumeError as error:
        raise ResumeError(" ".join([error.message, *problems[:1]]), error.hint) from None


@contextlib.contextmanager
def as_written() -> Iterator[None]:
    """Turn what goes wrong with a beginning that somebody changed into an error in words."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ResumeError(
            f"The beginning of the run in its record is not as it was written ({type(error).__name__}).",
            "It cannot be resumed: start a new run.",
        ) from error


def _need_metric(about: Mapping[str, Any]) -> None:
    metric, names, versions_then = about["metric"], about.get("names", {}), about.get("versions", {})
    if not isinstance(metric["label"], str) or metric["sign"] not in (1, -1):
        raise TypeError("no metric")
    for told in (names, versions_then):
        if not isinstance(told, dict) or not all(isinstance(text, str) for text in told.values()):
            raise TypeError("no texts by name")


def _extension(time: str | float | None, trials: int | None) -> dict[str, Any]:
    extension: dict[str, Any] = {}
    if time is not None:
        extension["seconds"] = seconds_of(time)
    if trials is not None:
        extension["trials"] = int(trials)
    return extension


def versions(more: Sequence[str] = ()) -> dict[str, str]:
    """Return the versions of Python and of the installed packages, `more` too, that decide what a run finds."""
    found = {"python": platform.python_version()}
    for name in (*PACKAGES, *more):
        with contextlib.suppress(PackageNotFoundError):  # it is not installed
            found[name] = version(name)
    return found


def _other_versions(before: Mapping[str, Any]) -> list[str]:
    now = versions(NETWORKS)
    other = [f"{name} {was}, now {now[name]}" for name, was in before.items() if name in now and now[name] != was]
    return [f"The run was begun with other versions: {'; '.join(other)}. Scores may differ."] if other else []


def need_same_space(past: Past, space: Any) -> None:
    """Raise a ResumeError that names what differs, if the space is not the one that was declared."""
    with as_written():
        told = space_differences(past.start.space, space.to_json())
    if not told and past.about.get("space") != space.fingerprint():
        told = ["something differs that is not searched: a class, or a value that is fixed"]
    _refuse("space", told, "Give the space of the first call: the same cell body, models and exclude.")


def need_same_baseline(past: Past, now: str | None) -> None:
    """Raise a ResumeError, if another baseline, or none, is given than the run was begun with."""
    before = past.about.get("baseline")
    if before == now:
        return
    told = f"it was {'ours' if before is None else f'a {before}'} and now is {'ours' if now is None else f'a {now}'}"
    _refuse("baseline", [told], "Give the baseline of the first call." if before is not None else "Give none.")


def need_same_data(past: Past, changes: Sequence[str]) -> None:
    """Raise a ResumeError that names what changed in the table."""
    _refuse("table", changes, "Give the table as it was, or start a new run on the new one.")


def _refuse(what: str, told: Sequence[str], hint: str) -> None:
    if told:
        raise ResumeError(f"The {what} is not the one that the run began with: {'; '.join(told)}.", hint)


def with_names(about: dict[str, Any], names: Mapping[str, str | None]) -> dict[str, Any]:
    """Return `about` with the names of variables or files that stand for table, target, test and baseline."""
    return {**about, "names": {name: str(value) for name, value in names.items() if value is not None}}
