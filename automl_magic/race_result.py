"""What a race leaves: every run of every searcher, a table, a board, the verdict in words."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING, Any

from automl_magic.engine.functions import FUNCTIONS
from automl_magic.engine.history import History, Trial, best_of
from automl_magic.extend import CHARTS
from automl_magic.result import Record, model_of, short
from automl_magic.sentences import paragraph
from automl_magic.verdict import Verdict, judge, least

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Lane:
    """One run of a race.

    Attributes
    ----------
    name : str
        The searcher's name in the race; of a saved run, the file's.
    repeat : int
        From 0.
    record : Record
        The run; it may be under way.
    """

    name: str
    repeat: int
    record: Record = field(repr=False)

    @property
    def history(self) -> History:
        """The state of the run."""
        return self.record.history

    @property
    def best(self) -> Trial | None:
        """The best trial so far. An ensemble is none: who searched is compared, and not what was made of it."""
        best = self.history.best()
        return best if best is None or best.id >= 0 else best_of(tuple(self.history.trials.values()))

    @property
    def score(self) -> float | None:
        """The best score so far, higher is better."""
        return None if self.best is None else self.best.score

    @property
    def is_whole(self) -> bool:
        """Whether it had its whole budget: nobody stopped it, and it has a score."""
        history = self.history
        is_stopped = any(steered.kind == "stop" for steered in history.steered)
        return history.status == "ended" and not is_stopped and self.score is not None

    @property
    def made(self) -> int:
        """Trials that have ended; lines to beat outside the space are not counted."""
        counts = self.history.counts()
        return sum(counts[state] for state in ("done", "pruned", "failed", "stopped"))


@dataclass(frozen=True, repr=False)
class RaceResult:
    """The result of a race.

    Attributes
    ----------
    name : str
        The race's name; its folder holds a folder for each run.
    title : str
        What was raced on.
    lanes : tuple of Lane
        Every run that was begun, repeat by repeat.
    repeats : int
        Repeats that were asked for.
    seconds : float
        How long it took, pauses left out.
    function : str or None
        The test function that was raced on.
    is_paired : bool
        Whether the runs of one repeat had the same folds, seeds and budget; not so for saved runs.
    warnings : tuple of str
        What may make the result worth less.
    """

    name: str
    title: str
    lanes: tuple[Lane, ...]
    repeats: int
    seconds: float = 0.0
    function: str | None = None
    is_paired: bool = True
    warnings: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The searchers, in their order."""
        return tuple(dict.fromkeys(lane.name for lane in self.lanes))

    @property
    def runs(self) -> dict[str, tuple[Record, ...]]:
        """The runs of each searcher, repeat by repeat: each with `.leaderboard()`, `.plot()`, `.save(FILE)`."""
        return {name: tuple(lane.record for lane in self.of(name)) for name in self.names}

    @property
    def metric(self) -> dict[str, Any]:
        """The metric's name, label and sign (+1: higher is better)."""
        known = (lane.history.about["metric"] for lane in self.lanes if "metric" in lane.history.about)
        return dict(next(known, {"name": "score", "label": "score", "sign": 1}))

    def of(self, name: str) -> list[Lane]:
        """Return the runs of one searcher."""
        return [lane for lane in self.lanes if lane.name == name]

    def natural(self, score: float | None) -> float | None:
        """Return an inner score (higher is better) in the metric's natural sign."""
        return None if score is None else self.metric["sign"] * score

    def verdict(self) -> Verdict:
        """Return who beats whom, by a paired test over the repeats that every searcher finished.

        Wilcoxon's signed-rank test, two-sided, with Holm's correction over the pairs of searchers. Repeats are the
        pairs and not folds, which share most of their rows. Where too few repeats were made, that is said.
        """
        return self._verdict

    @cached_property
    def _verdict(self) -> Verdict:
        if not self.is_paired:
            told = "Saved runs are no pairs: their folds, seeds and budgets may differ, so nothing is tested."
            return Verdict((), 0, least(1), (told,))
        whole = self._whole_repeats()
        scores = {name: [lane.score for lane in self.of(name) if lane.repeat in whole] for name in self.names}
        found = judge(scores)
        if len(whole) == self.repeats:
            return found
        began = f"Every searcher finished {len(whole)} of {self.repeats} repeats; only these count."
        return Verdict(found.duels, found.repeats, found.needed, (began, *found.sentences))

    def _whole_repeats(self) -> set[int]:
        """Return the repeats in which every searcher had its whole budget."""
        by_repeat: dict[int, list[Lane]] = {}
        for lane in self.lanes:
            by_repeat.setdefault(lane.repeat, []).append(lane)
        return {repeat for repeat, lanes in by_repeat.items() if all(lane.is_whole for lane in lanes)}

    def table(self) -> pd.DataFrame:
        """Return one row for each run.

        Returns
        -------
        DataFrame of shape (n_runs, 7)
            Columns searcher, repeat (from 1), score (the best, in the metric's natural sign), model, trials, seconds,
            is_whole.
        """
        import pandas as pd

        columns = ["searcher", "repeat", "score", "model", "trials", "seconds", "is_whole"]
        return pd.DataFrame([self._row(lane) for lane in self.lanes], columns=columns)

    def leaderboard(self) -> pd.DataFrame:
        """Return one row for each searcher, the best first by the median over its repeats.

        Returns
        -------
        DataFrame of shape (n_searchers, 6)
            Columns score (median), lowest, highest, trials and seconds (in all), runs. The index is the name.
        """
        import pandas as pd

        columns = ["score", "lowest", "highest", "trials", "seconds", "runs"]
        places = self.placed()
        return pd.DataFrame(
            [self._placed(name) for name in places], columns=columns, index=pd.Index(places, name="searcher")
        )

    def placed(self) -> list[str]:
        """Return the names, the best first."""
        middles = {name: _middle(self.of(name)) for name in self.names}
        return sorted(middles, key=lambda name: float("inf") if (found := middles[name]) is None else -found)

    def plot(self) -> Figure:
        """Draw the race as a matplotlib figure: each searcher by itself, and all on one picture."""
        drawn: Any = CHARTS.get("race")(self)
        figure: Figure = drawn
        return figure

    def summary(self) -> list[str]:
        """Return what happened in plain sentences."""
        warned = [f"Warning: {text}" for text in self.warnings]
        return [
            *self._verdict.sentences,
            *warned,
            *self._above_least(),
            *self._failed(),
            *self._left_out(),
            self._counted(),
        ]

    def __repr__(self) -> str:
        board = self.leaderboard().to_string(float_format=short)
        return "\n".join([f"Race {self.name}: {self.title}", board, "", *self.summary()])

    def _repr_html_(self) -> str:
        sentences = "".join(map(paragraph, self.summary()))
        return f"<div>{self.html_table()}{sentences}</div>"

    def html_table(self) -> str:
        """Return the board as an HTML table; every text is escaped."""
        label = self.metric["label"] + (" (lower is better)" if self.metric["sign"] < 0 else "")
        several = any(len(self.of(name)) > 1 for name in self.names)
        best = f"best {label}" + (", median over repeats" if several else "")
        heads = [
            "",
            "searcher" if self.is_paired else "run",
            best,
            *(["range"] if several else []),
            "trials",
            "seconds",
        ]
        head = "".join(f"<th style='text-align:left'>{html.escape(text)}</th>" for text in heads)
        rows = []
        for place, name in enumerate(self.placed(), start=1):
            score, lowest, highest, trials, seconds, _ = self._placed(name)
            spread = ["–" if lowest is None else f"{short(lowest)} to {short(highest)}"] if several else []
            shown = "–" if score is None else short(score)
            cells = [str(place), name, shown, *spread, str(trials), f"{seconds:.1f}"]
            rows.append("".join(f"<td style='text-align:left'>{html.escape(cell)}</td>" for cell in cells))
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _row(self, lane: Lane) -> tuple[Any, ...]:
        model = None if lane.best is None else model_of(lane.best)
        score = self.natural(lane.score)
        return (lane.name, lane.repeat + 1, score, model, lane.made, lane.history.seconds, lane.is_whole)

    def _placed(self, name: str) -> tuple[Any, ...]:
        lanes = self.of(name)
        scores = [found for lane in lanes if (found := self.natural(lane.score)) is not None]
        trials, seconds = sum(lane.made for lane in lanes), sum(lane.history.seconds for lane in lanes)
        lowest, highest = (min(scores), max(scores)) if scores else (None, None)
        return (self.natural(_middle(lanes)), lowest, highest, trials, seconds, len(lanes))

    def _failed(self) -> list[str]:
        failed = {name: sum(lane.history.counts()["failed"] for lane in self.of(name)) for name in self.names}
        told = ", ".join(f"{name} {count}" for name, count in failed.items() if count)
        return [f"Trials that failed: {told}."] if told else []

    def _left_out(self) -> list[str]:
        bests = [lane.history.best() for lane in self.lanes]
        found = sum(best is not None and best.id < 0 for best in bests)
        named = "1 run ended" if found == 1 else f"{found} runs ended"
        return [f"{named} with an ensemble that is better: it is left out, trials are compared."] if found else []

    def _above_least(self) -> list[str]:
        """Say how much each lacks to the least value of a test function, where it was made small."""
        function = FUNCTIONS.get(self.function or "")
        if function is None or self.metric["sign"] > 0:
            return []
        lacks = [
            (name, -found - function.minimum) for name in self.placed() if (found := _middle(self.of(name))) is not None
        ]
        told = ", ".join(f"{name} {short(max(0.0, lack))}" for name, lack in lacks)
        return [f"Above the least value, {short(function.minimum)}, in the median: {told}."] if told else []

    def _counted(self) -> str:
        trials, runs = sum(lane.made for lane in self.lanes), len(self.lanes)
        made = f"{trials} trial{'s' * (trials != 1)} in {runs} run{'s' * (runs != 1)}"
        return f"{made}, {self.seconds:.0f} s in all." if self.is_paired else f"{made}."


def _middle(lanes: Sequence[Lane]) -> float | None:
    """Return the median of the best scores, higher is better."""
    scores = [lane.score for lane in lanes if lane.score is not None]
    return median(scores) if scores else None


def race_line(lanes: Sequence[Lane], repeats: int) -> str:
    """Return one plain sentence on where a race stands.

    Parameters
    ----------
    lanes : sequence of Lane
        Those that were begun.
    repeats : int
        Repeats that were asked for.
    """
    if not lanes:
        return "Starting: no trial has ended yet"
    last = max(lane.repeat for lane in lanes)
    now = [lane for lane in lanes if lane.repeat == last]
    lead = f"Repeat {last + 1} of {repeats}: " if repeats > 1 else ""
    return lead + "; ".join(_standing(lane) for lane in now)


def _standing(lane: Lane) -> str:
    limit = lane.history.plan.get("trials")
    made = f"{lane.made} of {limit} trials" if limit else f"{lane.made} trial{'s' * (lane.made != 1)}"
    score = lane.record.natural(lane.score) if "metric" in lane.history.about else None
    best = "" if score is None else f", best {lane.record.metric['label']} {short(score)}"
    return f"{lane.name} {made}{best}"
