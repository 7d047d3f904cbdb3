"""What came of making a run again: is each trial, and the score of each fold, what the record says?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from automl_magic.sentences import paragraph

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("trial", "fold", "recorded", "again", "same")
NAMED = 5  # trials that a sentence names
TIMED = "The clock decided which trials were made, so the search was not made again: trials=N repeats."


@dataclass(frozen=True)
class TrialAgain:
    """A trial of the record beside the one that the search makes now.

    Attributes
    ----------
    trial : int
        Its number.
    recorded, again : dict or None
        The configuration; None where there is no such trial.
    ended, ends : str or None
        The state in which it ended, and ends now.
    """

    trial: int
    recorded: dict[str, Any] | None
    again: dict[str, Any] | None
    ended: str | None
    ends: str | None

    @property
    def same_config(self) -> bool:
        """Whether the search tries the same again."""
        return self.recorded == self.again

    @property
    def is_same(self) -> bool:
        """Whether it also ends in the same state; that of a trial whose end the record lacks is not known."""
        return self.same_config and self.ended in (self.ends, "running", "paused")


@dataclass(frozen=True)
class Rerun:
    """What came of making a run again.

    Attributes
    ----------
    run : str
        The run's name.
    rows : tuple of (trial, fold, recorded, again, same)
        Scores in the metric's natural sign; `again` is None where the fit failed now.
    notes : tuple of str
        Sentences on what may make a difference: other versions, lines that were lost.
    searched : tuple of TrialAgain or None
        The trials, where the search was made again: with the recorded edits of the space, points and skipped trials at
        the steps at which they came. None where the clock decided.
    """

    run: str
    rows: tuple[tuple[int, int, float, float | None, bool], ...] = field(repr=False)
    notes: tuple[str, ...] = ()
    searched: tuple[TrialAgain, ...] | None = field(default=None, repr=False)

    @property
    def is_same(self) -> bool:
        """Whether every fold gave the same score to the last bit, and every trial searched again is the same."""
        return all(same for *_, same in self.rows) and all(trial.is_same for trial in self.searched or ())

    @property
    def same_config(self) -> bool | None:
        """Whether the search tries the same configurations; None where it was not made again."""
        return None if self.searched is None else all(trial.same_config for trial in self.searched)

    def table(self) -> pd.DataFrame:
        """Return one row for each fold that was scored: trial, fold, recorded, again, same.

        Where the search was made again there is a column `same_config`, too.
        """
        import pandas as pd

        table = pd.DataFrame(list(self.rows), columns=list(COLUMNS))
        if self.searched is not None:
            same = {trial.trial: trial.same_config for trial in self.searched}
            table["same_config"] = [same[trial] for trial in table["trial"]]
        return table

    def trials(self) -> pd.DataFrame:
        """Return one row for each trial: recorded and again (configurations), same_config, ended, ends (states)."""
        import pandas as pd

        columns = ["recorded", "again", "same_config", "ended", "ends"]
        rows = [[getattr(trial, column) for column in columns] for trial in self.searched or ()]
        index = pd.Index([trial.trial for trial in self.searched or ()], name="trial", dtype="int64")
        return pd.DataFrame(rows, columns=columns, index=index)

    def summary(self) -> list[str]:
        """Return in plain sentences what came of it."""
        other = [row for row in self.rows if not row[4]]
        trials = len({row[0] for row in self.rows})
        made = f"{len(self.rows)} folds of {trials} trials were computed again"
        if not other:
            return [f"{made}: every score is the same to the last bit.", *self._found(), *self.notes]
        failed = sum(row[3] is None for row in other)
        worst = max((abs(row[3] - row[2]) for row in other if row[3] is not None), default=0.0)
        told = f"{len(other)} differ, by {worst:.3g} at most" + (f"; {failed} failed" if failed else "")
        return [f"{made}: {told} ({_named([row[0] for row in other])}).", *self._found(), *self.notes]

    def _found(self) -> list[str]:
        """Return what came of searching again."""
        if self.searched is None:
            return [TIMED]
        made = f"The search was made again and tried {len(self.searched)} trials"
        other = [trial.trial for trial in self.searched if not trial.same_config]
        if other:
            return [f"{made}: {len(other)} are not the recorded ones ({_named(other)})."]
        ends = [trial.trial for trial in self.searched if not trial.is_same]
        told = [f"{made}: every configuration is the same."]
        return [*told, f"{len(ends)} of them end in another way ({_named(ends)})."] if ends else told

    def __repr__(self) -> str:
        return "\n".join([f"Rerun of {self.run}", *self.summary()])

    def _repr_html_(self) -> str:
        return "".join(map(paragraph, self.summary()))


def _named(trials: list[int]) -> str:
    return ", ".join(f"trial {trial}" for trial in sorted(set(trials))[:NAMED])
