"""What a run leaves: the fitted pipeline, its honest score, the leaderboard, the record."""

from __future__ import annotations

import html
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl_magic.engine.caps import costs_of, is_verdict
from automl_magic.engine.events import Event, to_json
from automl_magic.engine.history import History, Trial
from automl_magic.errors import OptionError
from automl_magic.extend import CHARTS
from automl_magic.plan import Plan
from automl_magic.sentences import paragraph

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from automl_magic.engine.space import SearchSpace
    from automl_magic.interactions import RunInsight
    from automl_magic.tabular.honest import Score

ORDER = {"done": 0, "pruned": 1, "running": 2, "paused": 2, "stopped": 3, "failed": 4}
SHOWN = 5  # rows of the leaderboard in the HTML view


@dataclass(frozen=True)
class Record:
    """The parts that every result has: name, plan, history and events of the run, and its folder where it has one."""

    name: str
    plan: Plan
    history: History
    events: tuple[Event, ...] = field(repr=False)
    folder: Path | None = field(default=None, repr=False, compare=False)

    def leaderboard(self) -> pd.DataFrame:
        """Return one row for each trial, the best first.

        Returns
        -------
        DataFrame of shape (n_trials, 9)
            Columns model, score (in the metric's natural sign), spread (standard deviation over the folds), seconds,
            state, origin, latency_ms (to predict 1,000 rows), size_mb (as a pickle), params. The two before the last
            are of what would be returned, all its fold models together, NaN where it was not measured; without them
            where nothing was, as of `tune`. The index is the trial's number; an ensemble, which is no trial, has a
            negative one, and its params are the weights of its members.
        """
        import pandas as pd

        trials = ranked(self.history)
        index = pd.Index([trial.id for trial in trials], name="trial", dtype="int64")
        columns = ["model", "score", "spread", "seconds", "state", "origin", "params"]
        board = pd.DataFrame([self._row(trial) for trial in trials], columns=columns, index=index)
        costs = [costs_of(trial.scores) for trial in trials]
        for name, cost, unit in (("latency_ms", "latency", 1e-3), ("size_mb", "size", 1e6)):
            if any(costs):
                board.insert(len(board.columns) - 1, name, [one.get(cost, float("nan")) / unit for one in costs])
        return board

    def importance(self) -> pd.DataFrame:
        """Return which parameters mattered, by PED-ANOVA: where the best tenth of the trials lies apart from all.

        Returns
        -------
        DataFrame of shape (n_parameters, 4)
            Columns model (the family; None for all trials together), parameter, importance (the shares of one family
            add up to 1) and trials (those of the family that are done). A family with fewer than 20 done trials has
            no row: too few to tell.
        """
        import pandas as pd

        from automl_magic.importance import parameter_importance

        found = parameter_importance(self.history)
        rows = [(one.model, label, share, one.trials) for one in found for label, share in one.shares]
        return pd.DataFrame(rows, columns=["model", "parameter", "importance", "trials"])

    def insight(self) -> RunInsight:
        """Return how many parameters matter, which of them interact, and where the space may be narrowed.

        Returns
        -------
        RunInsight
            Its text says it in sentences; ``.interactions()`` and ``.effects()`` are tables, and ``.apply(space)``
            narrows a space. A family with fewer than 40 done trials is passed over: too few to tell.
        """
        from automl_magic.interactions import insight_of

        return insight_of(self.history)

    def column_importance(
        self,
        data: Any = None,
        *,
        y: Any = None,
        test: Any = None,
        sample_weight: Any = None,
        repeats: int = 10,
        seed: int = 0,
    ) -> pd.DataFrame:
        """Return how much worse the score becomes when a column is shuffled, on rows that the models did not see.

        Each fold's rows are predicted by the models that did not learn from them, of an ensemble all members' models.
        Columns of which every two are closely associated (at least .7) stand for each other: shuffled alone they seem
        worth little, so they are shuffled together, too, and have a row as a group.

        Parameters
        ----------
        data : DataFrame or whatever the run was given, optional
            The run's table: a run that has ended holds no data. Default: what was measured when the run ended, in the
            time that was left, where it was; at most the first 200 columns of that are kept.
        y, test, sample_weight : optional
            The target, the table kept apart and the weights of the rows, where the run was given them apart.
        repeats : int
            Shuffles of each column on each fold.
        seed : int
            Seeds the shuffles, and the rows of large tables: at most 50,000 over all folds.

        Returns
        -------
        DataFrame of shape (n_columns + n_groups, 6)
            Columns column, importance (the loss in units of the metric), error (its standard error over folds), low and
            high (its 95 % interval; NaN where there is no telling), and group (the row that stands before, for a column
            of a group, else missing). The dearest come first.

        Raises
        ------
        OptionError
            If nothing was measured and no table is given, the table is another one, or the run holds no models.
        RunError
            If a model is gone, or was written by somebody else.

        References
        ----------
        Breiman (2001), "Random Forests", Machine Learning 45, section 10. Errors after Molnar et al. (2023),
        "Relating the Partial Dependence Plot and Permutation Feature Importance to the Data Generating Process".
        """
        from automl_magic.column_importance import found_in

        if data is not None:
            from automl_magic.measuring_columns import measured_again

            parts = {"y": y, "test": test, "sample_weight": sample_weight}
            return measured_again(self, data, **parts, repeats=repeats, seed=seed).table()
        found = found_in(self.history)
        if found is None:
            raise OptionError(
                "No column's worth is in the record of this run.", "Give the run's table: run.column_importance(df)."
            )
        return found.table()

    def save(self, path: str | Path) -> Path:
        """Write the record of the run: one JSON object for each event, no value of the data, no pickle.

        Parameters
        ----------
        path : str or Path
            The file to write.

        Returns
        -------
        Path
            The file written.
        """
        lines = [json.dumps(to_json(event), allow_nan=False) for event in self.events]
        file = Path(path)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return file

    def plot(self, chart: str = "trial_curve") -> Figure:
        """Draw the run as a matplotlib figure: its trial curve, or "column_importance"."""
        drawn: Figure = CHARTS.get(chart)(self.history)  # type: ignore[assignment]
        return drawn

    def explore(self) -> None:
        """Show the interactive panel of the run again, out of its record alone; without a front end, its words."""
        from automl_magic.notebook.exploring import explore

        explore(self.history)

    def __repr__(self) -> str:
        return "\n".join([f"Run {self.name}", *self.summary()])

    @property
    def metric(self) -> dict[str, Any]:
        """The metric's name, label and sign (+1: higher is better)."""
        found: dict[str, Any] = self.history.about["metric"]
        return found

    def natural(self, score: float | None) -> float | None:
        """Return an inner score (higher is better) in the metric's natural sign."""
        return None if score is None else self.metric["sign"] * score

    def _row(self, trial: Trial) -> tuple[Any, ...]:
        params = {label: value for label, value in trial.config.items() if label != "model"}
        score = self.natural(trial.score)
        return (model_of(trial), score, trial.spread, trial.seconds, trial.state, trial.origin, params)

    def _repr_html_(self) -> str:
        sentences = "".join(map(paragraph, self.summary()))
        return f"<div>{self.html_table()}{sentences}{self._html_columns()}</div>"

    def _html_columns(self) -> str:
        """Return what the columns are worth, closed until it is clicked; nothing where the record does not say."""
        from automl_magic.column_importance import found_in

        found = found_in(self.history)
        return "" if found is None else found.html_table(self.metric["label"])

    def html_table(self, rows: int = SHOWN) -> str:
        """Return the top of the leaderboard as an HTML table; every text is escaped."""
        head = "".join(f"<th style='text-align:left'>{html.escape(text)}</th>" for text in self._heads())
        body = "".join(
            f"<tr>{''.join(_html_cell(cell) for cell in self._cells(place, trial))}</tr>"
            for place, trial in enumerate(ranked(self.history)[:rows], start=1)
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _heads(self) -> list[str]:
        """Return the heads of the leaderboard's columns on screen."""
        return ["", "trial", "model", self._head(), "± over folds", "seconds", "state", "origin", "parameters"]

    def _head(self) -> str:
        return f"{self.metric['label']}{' (lower is better)' if self.metric['sign'] < 0 else ''}"

    def _cells(self, place: int, trial: Trial) -> list[str]:
        """Return what stands under the heads for a trial."""
        score = self.natural(trial.score)
        return [
            str(place),
            "–" if trial.id < 0 else str(trial.id),
            model_of(trial) + (" (baseline)" if trial.origin == "baseline" else ""),
            "–" if score is None else short(score),
            "–" if trial.spread is None or len(trial.scores) < 2 else short(trial.spread),
            f"{trial.seconds:.1f}",
            trial.state + (f": {trial.reason}" if trial.state in ("done", "failed", "pruned") and trial.reason else ""),
            trial.origin,
            config_told(trial),
        ]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was found in the data or the options that may make the result worth less, in plain sentences."""
        return tuple(note.text for note in self.history.notes if note.level == "warning")

    def summary(self) -> list[str]:
        """Return what happened in plain sentences."""
        return [*self._warned(), *self._failed(), self._counted()]

    def _warned(self) -> list[str]:
        return [f"Warning: {text}" for text in self.warnings]

    def _failed(self) -> list[str]:
        """Return the commonest reasons why trials failed, where some did."""
        reasons = Counter(
            trial.reason or "unknown"
            for trial in self.history.trials.values()
            if trial.state == "failed" and not is_verdict(trial.reason)
        )
        told = "; ".join(f"{reason} ({count}x)" for reason, count in reasons.most_common(3))
        return [f"Why trials failed: {told}."] if told else []

    def _counted(self) -> str:
        counts = self.history.counts()
        parts = [f"{counts[state]} {state}" for state in ("pruned", "failed", "stopped") if counts[state]]
        told = f" ({', '.join(parts)})" if parts else ""
        number = sum(counts.values())
        made = f"{number} trial{'s' * (number != 1)} in {self.history.seconds:.0f} s{told}"
        why = "the record ends there" if self.history.reason is None else f"the run ended because {self.history.reason}"
        return f"{made}; {why}."


@dataclass(frozen=True, repr=False, kw_only=True)
class TuneResult(Record):
    """The result of `tune`.

    Attributes
    ----------
    best : object
        The values that the function received at its best.
    score : float
        The function's value there.
    """

    best: Any
    score: float

    def summary(self) -> list[str]:
        """Return what happened in plain sentences."""
        trial = self.history.best()
        found = "" if trial is None else f" in trial {trial.id}"
        found = f"Best {self.metric['label']}: {short(self.score)}{found}, at {self.best}."
        return [found, *self._warned(), *self._failed(), self._counted()]

    def __repr__(self) -> str:
        return "\n".join(self.summary())


@dataclass(frozen=True, repr=False, kw_only=True)
class RunResult(Record):
    """The result of a search for a pipeline.

    Attributes
    ----------
    best : Pipeline
        Fitted; takes the raw table.
    score : Score
        The score of `best`, corrected for having picked the best of many; `float(score)` is the value.
    baseline : float or None
        The score of the line to beat, in the metric's natural sign.
    test_score : float or None
        The score on the rows that were kept apart, where there are any.
    said : tuple of str
        The sentences of `summary`.
    script : str
        The plain scikit-learn script that makes `best` again.
    space : SearchSpace or None
        What was searched, as it was at the end.
    """

    best: Any
    score: Score
    baseline: float | None = None
    test_score: float | None = None
    said: tuple[str, ...] = ()
    script: str = field(default="", repr=False)
    space: SearchSpace | None = field(default=None, repr=False, compare=False)

    def cell(self) -> str:
        """Return the cell that would have searched the same: what was edited meanwhile stands in its body.

        Where the table has no name, or the space was your own, lines of Python make the space.
        """
        from automl_magic.notebook.recipe import of_run

        if self.space is None:
            raise OptionError("The space is not held by this result.", "Take it from the run that has just ended.")
        return of_run(self.history.plan, self.history.about, self.space)

    def to_cell(self) -> None:
        """Put `cell` into a new cell below the running one; print it where there is no notebook."""
        from automl_magic.notebook.recipe import put_below

        put_below(self.cell())

    def code(self) -> str:
        """Return a script that makes `best` again with scikit-learn, pandas, numpy and the booster that won alone."""
        return self.script

    def unseen(self, table: Any) -> dict[str, int]:
        """Return, for each column of categories, how many rows of `table` hold a level that training never saw.

        `best` predicts such rows all the same: the level counts as a rare one, or as none.
        """
        from automl_magic.insight import unseen_levels

        return unseen_levels(self.best, table)

    def summary(self) -> list[str]:
        """Return what happened in plain sentences: task, winner, gain, what to do next, warnings, what was tried."""
        return [*self.said, *self._warned(), *self._failed(), self._counted()]

    def __repr__(self) -> str:
        board = self.leaderboard().drop(columns="params").head(SHOWN).to_string(float_format=short)
        return "\n".join([f"Run {self.name}", board, "", *self.summary()])


def ranked(history: History) -> list[Trial]:
    """Return the trials, the best first: done by score, then pruned, unfinished and failed ones."""
    trials = history.trials.values()
    return sorted(trials, key=lambda trial: (ORDER[trial.state], -_or_lowest(trial.score), trial.id))


def _or_lowest(score: float | None) -> float:
    return float("-inf") if score is None else score


def _html_cell(text: str) -> str:
    return f"<td style='text-align:left'>{html.escape(text)}</td>"


def config_told(trial: Trial) -> str:
    """Return the configuration of a trial in a line; the labels of its family without its name."""
    own = f"{trial.config.get('model')}."
    values = ((label.removeprefix(own), value) for label, value in trial.config.items() if label != "model")
    return ", ".join(f"{label} = {short(value)}" for label, value in values)


def model_of(trial: Trial) -> str:
    """Return the family of a trial, or what stands for it where the space has none."""
    return str(trial.config.get("model", "baseline" if trial.hidden else "model"))


def short(value: Any) -> str:
    """Return a value as a person would write it: four significant digits for a float."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
