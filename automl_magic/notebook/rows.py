"""Rows for the panel out of a run's history: all of them, or those that changed since they were last asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, cast

from automl_magic.engine.caps import bytes_in_words, costs_of, seconds_in_words
from automl_magic.engine.history import PAUSED, History, Trial, Turn
from automl_magic.notebook.insight_rows import NO_COLUMNS, columns_found, columns_rows, importance_rows
from automl_magic.notebook.network_rows import is_of_networks, limits_row, network_rows, refusals, size_in_words
from automl_magic.notebook.protocol import (
    AboutRow,
    NoteRow,
    ParameterRow,
    Row,
    SpaceRow,
    StatusRow,
    TrialRow,
    TurnRow,
)
from automl_magic.notebook.space_rows import space_row_of
from automl_magic.result import model_of, short


@dataclass(frozen=True)
class Seen:
    """How much of a history has been turned into rows: version, edits, notes, acts, worths of columns, refusals."""

    version: int = 0
    edits: int = 0
    notes: int = 0
    steered: int = 0
    columns: int = 0
    refusals: int = 0

    @classmethod
    def of(cls, history: History) -> Seen:
        """Return how far the history is now. Ask before `rows`: what comes between is then sent twice, not lost."""
        found = columns_found(history), refusals(history)
        return cls(history.version, len(history.edits), len(history.notes), len(history.steered), *found)


NOTHING = Seen()


def rows(
    history: History,
    since: Seen = NOTHING,
    elapsed: float | None = None,
    measure: Callable[[History], SpaceRow] = space_row_of,
    with_importance: bool = True,
) -> list[Row]:
    """Return the rows that changed since `since`; all of them by default. The status is always among them.

    Parameters
    ----------
    history : History
        The run; another thread may be writing it.
    since : Seen
        `Seen.of(history)`, taken before the rows were last made.
    elapsed : float, optional
        Seconds on the run's clock; by default those at the last event.
    measure : callable
        Makes the row of the space, which is only asked for when the space has changed; by default from the record
        alone.

    with_importance : bool
        Whether all rows hold what mattered, too: with thousands of trials that takes longer than all the rest.

    Examples
    --------
    >>> from automl_magic.engine.history import History
    >>> [row["kind"] for row in rows(History())]
    ['status']
    """
    found: list[Row] = []
    if history.about:
        trials = history.changed_since(since.version)
        if since.version == 0 or any(trial.origin == "baseline" for trial in trials):
            found.append(about_row(history))
        if since.version == 0 or len(history.edits) > since.edits:
            found += parameter_rows(history)
            found.append(measure(history))
        found += [trial_row(history, trial) for trial in trials]
        if is_of_networks(history):
            found += _rows_of_networks(history, since, trials)
        found += note_rows(history, since)
        if columns_found(history) != since.columns:
            found += columns_rows(history) or [NO_COLUMNS]
        if since.version == 0 and with_importance:
            found += importance_rows(history)
    found.append(status_row(history, elapsed))
    return found


def _rows_of_networks(history: History, since: Seen, trials: list[Trial]) -> list[Row]:
    """Return what a search over networks has besides."""
    whys = {trial.id: why_paused(history, trial) if trial.state == "paused" else trial.reason for trial in trials}
    found = network_rows(history, trials, whys)
    is_new = since.version == 0 or refusals(history) != since.refusals
    return [limits_row(history), *found] if is_new else found


def about_row(history: History) -> AboutRow:
    """Return what the run is."""
    about = history.about
    beaten = history.baseline()
    return {
        "kind": "about",
        "run": history.run,
        "title": str(about.get("title", "")),
        "metric": about["metric"]["label"],
        "better": "higher" if about["metric"]["sign"] > 0 else "lower",
        "task": str(about.get("task", "")),
        "models": list(about.get("models", ())),
        "baseline": _natural(history, beaten.score) if beaten is not None and beaten.state == "done" else None,
        "searcher": str(about.get("searcher", "")),
        "repeatable": str(about.get("repeatable", "")),
    }


def trial_row(history: History, trial: Trial) -> TrialRow:
    """Return a trial as the panel shows it."""
    return {
        "kind": "trial",
        "id": trial.id,
        "model": model_of(trial),
        "origin": trial.origin,
        "hidden": trial.hidden,
        "state": trial.state,
        "score": _natural(history, trial.score),
        "spread": trial.spread,
        "seconds": trial.seconds,
        "folds": len(trial.scores),
        "of": history.folds,
        "params": {label: value for label, value in trial.config.items() if label != "model"},
        "reason": why_paused(history, trial) if trial.state == "paused" else trial.reason,
        "rung": trial.rung + 1,
        "rungs": rungs_of(history),
        "turns": [_turn_row(history, turn) for turn in trial.turns],
        "started": round(trial.started, 3),
        "ended": None if trial.ended is None else round(trial.ended, 3),
        "costs": size_in_words(trial) if is_of_networks(history) else _costs(trial),
    }


def _costs(trial: Trial) -> str:
    """Return what the result of a trial would cost: "1,000 rows in 84 ms, 2.1 MB"; "" where nobody measured it."""
    found = costs_of(trial.scores)
    parts = [f"1,000 rows in {seconds_in_words(found['latency'])}"] if "latency" in found else []
    return ", ".join(parts + ([bytes_in_words(found["size"])] if "size" in found else []))


def rungs_of(history: History) -> int:
    """Return the number of rungs on which trials of the run pause, the last included; 1 where none pauses."""
    told = history.about.get("rungs")
    return told if isinstance(told, int) and not isinstance(told, bool) and told > 0 else 1


def why_paused(history: History, trial: Trial) -> str:
    """Return in words where a paused trial waits, and for what, as far as the record tells."""
    leaves = history.about.get("leaves")
    place = f"{PAUSED} {trial.rung + 1} of {rungs_of(history)}"
    return f"{place} while {leaves}" if isinstance(leaves, str) and leaves else place


def _turn_row(history: History, turn: Turn) -> TurnRow:
    return {
        "pause": turn.is_pause,
        "rung": turn.rung + 1,
        "at": round(turn.at, 3),
        "score": _natural(history, turn.score),
    }


def status_row(history: History, elapsed: float | None = None) -> StatusRow:
    """Return where the run stands."""
    counts = history.counts()
    best = history.best()
    return {
        "kind": "status",
        "state": history.status,
        "done": sum(counts[state] for state in ("done", "pruned", "failed", "stopped")),
        "running": counts["running"],
        "paused": counts["paused"],
        "pruned": counts["pruned"],
        "failed": counts["failed"],
        "elapsed": history.seconds if elapsed is None else max(elapsed, history.seconds),
        "seconds": history.plan.get("time"),
        "trials": history.plan.get("trials"),
        "best": None if best is None else best.id,
        "line": status_line(history, elapsed),
    }


def status_line(history: History, elapsed: float | None = None) -> str:
    """Return one plain sentence on where the run stands, as it is printed under the panel.

    Examples
    --------
    >>> from automl_magic.engine.history import History
    >>> status_line(History())
    'Starting: no trial has ended yet'
    """
    counts = history.counts()
    made = sum(counts[state] for state in ("done", "pruned", "failed", "stopped"))
    if history.status == "ended" and history.reason:
        lead = f"Ended, since {history.reason}: "
    else:
        lead = {"running": "", "ended": "Ended: "}.get(history.status, f"{history.status.capitalize()}: ")
    waiting = [f"{counts['paused']} paused"] if counts["paused"] else []
    return lead + ", ".join([_progress(history, made, elapsed), *waiting, *_found(history)])


def _progress(history: History, made: int, elapsed: float | None) -> str:
    limit, seconds = history.plan.get("trials"), history.plan.get("time")
    if made == 0 and history.status in ("starting", "running"):
        return "no trial is complete yet" if history.counts()["paused"] else "no trial has ended yet"
    text = f"{made} of {limit} trials" if limit else f"{made} trial{'s' * (made != 1)}"
    if seconds and history.status != "ended":
        gone = history.seconds if elapsed is None else max(elapsed, history.seconds)
        text += f" in {min(gone, seconds):.0f} of {seconds:.0f} s"
    return text


def _found(history: History) -> list[str]:
    best = history.best()
    if best is None or best.score is None:
        return []
    score = short(float(history.about["metric"]["sign"] * best.score))
    with_model = f" with {best.config['model']}" if "model" in best.config else ""
    return [f"best {history.about['metric']['label']} {score}{with_model}"]


def parameter_rows(history: History) -> list[ParameterRow]:
    """Return the parameters as they may be tried now, in the order of the space."""
    return parameters_as_rows(history.space)


def parameters_as_rows(space: dict[str, Any]) -> list[ParameterRow]:
    """Return the parameters of a space, as `SearchSpace.to_json` writes it."""
    return [_parameter_row(parameter, order) for order, parameter in enumerate(space.get("parameters", []))]


def _parameter_row(parameter: dict[str, Any], order: int) -> ParameterRow:
    return {
        "kind": "parameter",
        "label": parameter["label"],
        "type": parameter["kind"],
        "low": parameter["low"],
        "high": parameter["high"],
        "log": bool(parameter["log"]),
        "options": parameter["options"],
        "full_low": parameter["full_low"],
        "full_high": parameter["full_high"],
        "full_options": parameter["full_options"],
        "model": _family_of(parameter),
        "order": order,
    }


def _family_of(parameter: dict[str, Any]) -> str | None:
    """Return the one family for which a parameter counts; None where it counts for several or for all."""
    families = {key for pairs in parameter["conditions"] for label, key in pairs if label == "model"}
    whole = all(any(label == "model" for label, _ in pairs) for pairs in parameter["conditions"])
    return str(next(iter(families))) if whole and len(families) == 1 else None


def note_rows(history: History, since: Seen = NOTHING) -> list[NoteRow]:
    """Return notes, changes of the space, and what else a person did, each kind with ids of its own."""
    found: list[NoteRow] = []
    for note in history.notes[since.notes :]:
        level = cast(Literal["info", "warning"], note.level)
        found.append(_note_row(3 * note.id, note.text, note.trial, note.at, level=level))
    for place, edit in enumerate(history.edits[since.edits :], start=since.edits):
        text = _said(edit.who, said_change(edit.change), edit.why)
        found.append(_note_row(3 * place + 1, text, edit.last_trial, edit.at, who=edit.who, edit=True))
    for place, act in enumerate(history.steered[since.steered :], start=since.steered):
        text = _said(act.who, said_act(act.kind, act.value), act.why)
        found.append(_note_row(3 * place + 2, text, act.step, act.at, who=act.who))
    return found


def _note_row(
    number: int,
    text: str,
    trial: int,
    at: float,
    *,
    level: Literal["info", "warning"] = "info",
    who: str | None = None,
    edit: bool = False,
) -> NoteRow:
    return {
        "kind": "note",
        "id": number,
        "text": text,
        "level": level,
        "edit": edit,
        "who": who,
        "trial": trial,
        "at": round(at, 3),
    }


def _said(who: str, what: str, why: str) -> str:
    return f"{who}: {what}" + (f" ({why})" if why else "")


def said_change(change: dict[str, Any]) -> str:
    """Return a change of the space in words.

    Examples
    --------
    >>> said_change({"kind": "narrow", "label": "svc.C", "low": 0.1, "high": 10.0})
    'svc.C narrowed to 0.1 to 10'
    """
    label = change.get("label", "")
    if change.get("kind") == "undo":
        return f"taken back: {said_change(change.get('of', {}))}"
    if change.get("kind") == "rule":
        return f"rule added: {change.get('text')}"
    if change.get("kind") == "unrule":
        return f"rule removed: {change.get('text')}"
    if change.get("kind") == "narrow":
        return f"{label} narrowed to {_shown(change.get('low'))} to {_shown(change.get('high'))}"
    if change.get("kind") == "choose":
        return f"{label} is one of {', '.join(map(_shown, change.get('options', ())))}"
    if change.get("kind") == "fix":
        return f"{label} fixed at {_shown(change.get('value'))}"
    return f"{label} has its declared range again"


def said_act(kind: str, value: Any) -> str:
    """Return in words what a person did to the run, the space aside.

    Examples
    --------
    >>> said_act("add_time", 30.0), said_act("enqueue", {"model": "forest", "forest.depth": 3})
    ('30 s more', 'try forest next')
    """
    if kind == "add_time":
        return f"{short(value)} s more"
    if kind == "enqueue":
        named = value.get("model") if isinstance(value, dict) else None
        return f"try {named} next" if named is not None else "try this point next"
    if kind == "skip":
        return "skip the running trial" if value is None else f"skip trial {value}"
    return kind


def _shown(value: Any) -> str:
    return "as it was" if value is None else short(value)


def _natural(history: History, score: float | None) -> float | None:
    return None if score is None else float(history.about["metric"]["sign"] * score)
