"""Saved runs, those of a class for instance, laid over one another: read as data, nothing is computed."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from automl_magic.engine.events import RunStarted, TrialEnded
from automl_magic.errors import OptionError
from automl_magic.past import FILE
from automl_magic.race_result import Lane, RaceResult
from automl_magic.records import RecordError, read_record
from automl_magic.result import Record

MOST = 200  # runs in one picture
EXAMPLE = 'Example: --from "class/*.jsonl" in a cell, files="class/*.jsonl" in Python.'


def lay_over(files: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> RaceResult:
    """Return saved runs as one result, with a board and a picture.

    Parameters
    ----------
    files : str, path, or iterable of them
        Files that ``run.save(FILE)`` wrote; a text may hold ``*`` and ``?``. A file that is no record is left out, and
        that is said.

    Raises
    ------
    OptionError
        If there is no such file, none is a record, or the runs have different metrics.
    """
    paths = _paths(files)
    records, refused = [], []
    for path in paths:
        try:
            records.append((path, _with_a_trial(read_record(path))))
        except (RecordError, OptionError) as error:
            refused.append(f"{path.name} is left out: {error.message}")
    if not records:
        told = f" {refused[0]}" if refused else ""
        raise OptionError(f"None of the {len(paths)} files holds a run that can be shown.{told}", EXAMPLE)
    _need_one_metric(records)
    names = _names([path for path, _ in records])
    lanes = tuple(Lane(name, 0, record) for name, (_, record) in zip(names, records, strict=True))
    title = Counter(str(record.history.about.get("title", "")) for _, record in records).most_common(1)[0][0]
    return RaceResult("saved runs", title, lanes, 1, is_paired=False, warnings=tuple(refused))


def _paths(files: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[Path]:
    given = [files] if isinstance(files, str | os.PathLike) else list(files)
    found: list[Path] = []
    for part in given:
        text = os.fspath(part)
        matching = sorted(glob.glob(text)) if not Path(text).exists() and glob.has_magic(text) else [text]
        if not matching or not Path(matching[0]).exists():
            raise OptionError(f'No file "{text}".', EXAMPLE)
        found.extend(Path(match) for match in matching)
    if not found:
        raise OptionError("No file is named.", EXAMPLE)
    if len(found) > MOST:
        raise OptionError(f"{len(found)} files are too many for one picture.", f"Name at most {MOST}.")
    return list(dict.fromkeys(found))


def _with_a_trial(record: Record) -> Record:
    """Return the record, if there is something to draw in it."""
    events = record.events
    if not events or not isinstance(events[0], RunStarted) or not any(isinstance(one, TrialEnded) for one in events):
        raise RecordError("no trial of it has ended.", EXAMPLE)
    return record


def _need_one_metric(records: list[tuple[Path, Record]]) -> None:
    metrics: dict[tuple[str, int], list[str]] = {}
    for path, record in records:
        metrics.setdefault((str(record.metric["label"]), int(record.metric["sign"])), []).append(path.name)
    if len(metrics) > 1:
        told = "; ".join(f"{label}: {', '.join(names[:3])}" for (label, _), names in metrics.items())
        raise OptionError(f"The runs have different metrics and cannot be compared. {told}.", "Name those of one.")


def _names(paths: list[Path]) -> list[str]:
    """Return a name for each file, its folder before it where another has the same."""
    stems = [path.parent.name if path.name == FILE else path.stem for path in paths]
    doubled = {stem for stem, count in Counter(stems).items() if count > 1}
    names = [f"{path.parent.name}/{stem}" if stem in doubled else stem for stem, path in zip(stems, paths, strict=True)]
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return found
