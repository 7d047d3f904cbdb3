"""Read the record of a run, from its folder or from a saved file: data alone, checked, unpickled never.

A saved file may come from anybody. What is read here is shown to a person, in a panel and in pictures: so it must be
whole enough to be shown, or it is refused in words.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from automl_magic.column_importance import TOPIC
from automl_magic.column_importance import from_json as importance_from
from automl_magic.engine.closing import NO_STEP
from automl_magic.engine.events import (
    LARGEST,
    Event,
    Finding,
    FoldScored,
    RunResumed,
    RunStarted,
    SpaceChanged,
    Steered,
    TrialPromoted,
    TrialStarted,
    from_json,
)
from automl_magic.engine.history import ENSEMBLE, History
from automl_magic.engine.journal import read_journal
from automl_magic.engine.measuring import parameters_in, size_in_words
from automl_magic.engine.resuming import ResumeError, readable
from automl_magic.errors import AutoMLError, OptionError, did_you_mean
from automl_magic.past import FILE, find_run, runs_in
from automl_magic.plan import Plan
from automl_magic.result import Record

LARGEST_FILE = 512 * 2**20  # bytes of a saved record
TEXTS = ("title", "task", "searcher", "repeatable")  # what the beginning says in words
NUMBERS = ("low", "high", "full_low", "full_high")  # of a parameter of the space
HINT = "Give a run's name, its folder, or a file that run.save(FILE) wrote."


class RecordError(AutoMLError):
    """A file that holds no record of a run, or one that cannot be shown."""


def read_record(run: str | os.PathLike[str]) -> Record:
    """Return what is recorded of a run.

    Parameters
    ----------
    run : str or path
        A run's name (its folder in `.automl`), its folder, the journal in it, or a file that `save` wrote.

    Raises
    ------
    OptionError
        If there is no such run or file.
    RecordError
        If what is there is no record, or one that cannot be shown.
    """
    path, folder = Path(run), None
    if path.is_file() and path.name != FILE:
        found, problems = _saved(path)
    else:
        folder = _folder_of(run)
        found, problems = read_journal(folder / FILE)
    return record_of(found, str(run), problems[0] if problems else "", folder)


def record_of(found: Iterable[Event], name: str, problem: str = "", folder: Path | None = None) -> Record:
    """Return a record of events, after a look at all that is going to be shown.

    Parameters
    ----------
    found : iterable of Event
        As they were read. Those that make no sense are left out.
    name : str
        What an error calls the record.
    problem : str
        What was wrong with reading it, for an error.
    folder : Path, optional
        The run's folder, where that is what was read.
    """
    events = _events_of(list(found), name, problem)
    start = events[0]
    assert isinstance(start, RunStarted)
    history = History()
    try:
        _check_start(start)
        _check_space(start.space)
        last = max((event.step for event in events if isinstance(event, TrialStarted | TrialPromoted)), default=-1)
        for event in events:
            _check_event(event, len(events), last)
            history.apply(event)
        plan = Plan.create(**start.plan)
    except RecordError:
        raise
    except (
        AutoMLError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        IndexError,
        OverflowError,
        RecursionError,
    ) as error:
        told = getattr(error, "message", type(error).__name__)
        raise RecordError(f'"{name}" is no record that can be shown ({told}).', HINT) from None
    return Record(history.run, plan, history, tuple(events), folder)


def _folder_of(run: str | os.PathLike[str]) -> Path:
    try:
        return find_run(run)
    except OptionError as error:
        if "No run" not in error.message:
            raise
        known = runs_in()
        latest = f" The latest runs: {', '.join(known[:5])}." if known else ""
        raise OptionError(f'No run and no file "{run}".{did_you_mean(str(run), known)}', HINT + latest) from None


def _events_of(found: list[Event], name: str, problem: str) -> list[Event]:
    try:
        return readable(found)[0]
    except ResumeError:
        why = problem or "the beginning of a run is missing"
        raise RecordError(f'"{name}" is no record of a run: {_small(why)}', HINT) from None


def _small(text: str) -> str:
    text = text[:200].rstrip(".")
    return f"{text[:1].lower()}{text[1:]}."


def _saved(path: Path) -> tuple[list[Event], list[str]]:
    """Return the events of a saved file, one JSON object each line; what cannot be read is left out and told."""
    if path.stat().st_size > LARGEST_FILE:
        raise RecordError(f"{path} is too large for a record ({path.stat().st_size / 2**20:.0f} MB).", HINT)
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError:
        raise RecordError(f"{path} is no record of a run: it holds no text.", HINT) from None
    except OSError as error:
        raise RecordError(f"{path} cannot be read ({error.strerror}).", HINT) from None
    events: list[Event] = []
    problems: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            events.append(_event_of(line))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            problems.append(f"Line {number} cannot be read: {error}")
    return events, problems


def _event_of(line: str) -> Event:
    told = json.loads(line, parse_constant=_no_number)
    if not isinstance(told, dict):
        raise ValueError("it is no event")
    return from_json(told)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _check_start(start: RunStarted) -> None:
    """Refuse a beginning whose words and metric cannot be shown."""
    about = start.about
    metric = about["metric"]
    _need(isinstance(metric["label"], str) and metric["sign"] in (1, -1), "its metric is none")
    _need(all(isinstance(about.get(part, ""), str) for part in TEXTS), "its title is no text")
    models = about.get("models", [])
    _need(isinstance(models, list) and all(isinstance(model, str) for model in models), "its models are no names")
    limits = [start.plan.get(limit) for limit in ("time", "trials")]
    _need(all(limit is None or _is_number(limit) for limit in limits), "its limits are no numbers")


def _check_event(event: Event, most: int, last: int) -> None:
    """Refuse an event that no run writes.

    The trials of a run and its steps count from 0, so none has a number beyond its lines. What a person did came after
    a step, the `last` one at most, or before the first.
    """
    _need(0 <= event.at < math.inf, "its times are none")
    if isinstance(event, TrialStarted):
        _need(_is_numbered(event, most), "its trials are not numbered as a run numbers them")
        _need(all(_is_plain(value) for value in event.config.values()), "a configuration holds more than plain values")
    if isinstance(event, TrialStarted | TrialPromoted):
        made = isinstance(event, TrialStarted) and event.trial < 0  # an ensemble has no step
        _need(
            event.step == NO_STEP if made else 0 <= event.step < most,
            "its steps are not numbered as a run numbers them",
        )
    if isinstance(event, SpaceChanged | Steered):
        _need(-1 <= event.step <= last, "something was done at a step that there is not")
    if isinstance(event, Steered) and event.kind == "add_time":
        _need(_is_limit(event.value), "the time that was added is no number of seconds")
    if isinstance(event, RunResumed):
        _need(all(limit is None or _is_limit(limit) for limit in event.budget.values()), "its limits are no numbers")
    if isinstance(event, Finding) and event.topic == TOPIC:
        importance_from(event.value)  # what it raises becomes a refusal
    if isinstance(event, SpaceChanged):
        _need(-1 <= event.last_trial <= last, "an edit was made after a trial that there is not")
        _check_space(event.space)
        _check_change(event.change)
    score = event.result.score if isinstance(event, FoldScored) else getattr(event, "score", None)
    _need(score is None or math.isfinite(score), "a score is no number")


def _is_numbered(event: TrialStarted, most: int) -> bool:
    """Whether a trial has a number that a run gives: from 0, or, for an ensemble, below."""
    if event.origin == ENSEMBLE and event.hidden:
        return -most <= event.trial < 0
    return 0 <= event.trial < most


def _check_space(space: dict[str, Any]) -> None:
    """Refuse a space whose parameters cannot be drawn as sliders."""
    parameters = space.get("parameters", [])
    _need(isinstance(parameters, list), "its space has no parameters")
    for parameter in parameters:
        _need(isinstance(parameter["label"], str), "a parameter has no name")
        _need(parameter["kind"] in ("float", "int", "choice"), "a parameter is of no known kind")
        numbers = [parameter[name] for name in NUMBERS]
        _need(all(number is None or _is_number(number) for number in numbers), "a parameter's bounds are no numbers")
        for name in ("options", "full_options"):
            _need(isinstance(parameter[name], list) and all(map(_is_plain, parameter[name])), "an option is no value")
        for pairs in parameter["conditions"]:
            _need(all(len(pair) == 2 for pair in pairs), "a parameter's conditions cannot be read")
    labels = {parameter["label"] for parameter in parameters}
    _need(len(labels) == len(parameters), "two parameters have one name")
    rules = space.get("rules", [])
    _need(isinstance(rules, list) and all(isinstance(rule, str) for rule in rules), "its rules are no texts")
    size_in_words(parameters_in(space))  # it is shown, too


def _check_change(change: dict[str, Any]) -> None:
    """Refuse an edit that cannot be told in words; one that takes another back holds that one."""
    _need(isinstance(change["kind"], str), "an edit is of no kind")
    _need(isinstance(change.get("options", []), list), "an edit's options are none")
    if change["kind"] == "undo":
        _check_change(change.get("of", {"kind": ""}))


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, bool | str) or _is_number(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2.0**1023


def _is_limit(value: Any) -> bool:
    return _is_number(value) and 0 < value <= LARGEST


def _need(holds: bool, what: str) -> None:
    if not holds:
        raise RecordError(f"The record cannot be shown: {what}.", HINT)
