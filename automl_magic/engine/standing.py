"""What a study is made of and where it stands: its parts, its clock, its open trials. Others decide and hear."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from automl_magic.engine.budget import Budget, Stopwatch
from automl_magic.engine.control import Control
from automl_magic.engine.events import Config, Event, FoldScore
from automl_magic.engine.history import History
from automl_magic.engine.interventions import Interventions
from automl_magic.engine.schedulers import Pruner, none
from automl_magic.engine.searchers import Searcher
from automl_magic.engine.seeds import seed_of
from automl_magic.engine.space import SearchSpace
from automl_magic.engine.steering import EditedSpace
from automl_magic.engine.trials import OpenTrial
from automl_magic.engine.workers import Task, Workers


class Evaluator(Protocol):
    """What an evaluator must offer: the number of folds and rungs, and a function that scores one fold."""

    @property
    def folds(self) -> int:
        """Number of folds."""

    @property
    def rungs(self) -> int:
        """Number of rungs."""

    def evaluate(self, *, config: Config, fold: int, rung: int, seed: int, trial: int, hidden: bool) -> FoldScore:
        """Score `config` on `fold`; `hidden` asks for the line to beat that lies outside the space."""


@dataclass(frozen=True)
class Start:
    """A configuration to try before the searcher is asked, and where it comes from."""

    config: Config
    origin: str
    hidden: bool = False


@dataclass
class Standing:
    """The parts of a study, described at `Study`, and what has become of them so far.

    Attributes
    ----------
    watch : Stopwatch
        The run's clock.
    queue : deque of Start
        What is still to be tried before the searcher is asked.
    edited : EditedSpace
        The space with the edits that were made; `space` is what it is now.
    open : dict of int to OpenTrial
        The trials under way, by id.
    busy : dict of int to (int, int)
        Trial and fold by the key of the task that scores it.
    steps : int
        Number of the next step.
    repeated : int
        The step after which what was done from outside is to be done again next.
    why : str or None
        Why nothing more starts.
    is_paused : bool
        Whether a person holds the run.
    """

    space: SearchSpace
    evaluator: Evaluator
    searcher: Searcher
    budget: Budget
    workers: Workers
    seed: int = 0
    pruner: Pruner = none
    starts: tuple[Start, ...] = ()
    lag: int = 4
    control: Control = field(default_factory=Control)
    history: History = field(default_factory=History)
    name: str = "run"
    plan: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    past: tuple[Event, ...] = ()
    extension: dict[str, Any] = field(default_factory=dict)
    clock: Stopwatch | None = None
    last_resort: Config | None = None
    again: Interventions | None = None
    keep: Callable[[Event], None] = lambda event: None
    watch: Stopwatch | None = field(default=None, init=False)
    queue: deque[Start] = field(init=False)
    edited: EditedSpace = field(init=False)
    open: dict[int, OpenTrial] = field(init=False)
    busy: dict[int, tuple[int, int]] = field(init=False)
    steps: int = field(default=0, init=False)
    repeated: int = field(default=-1, init=False)
    why: str | None = field(default=None, init=False)
    is_paused: bool = field(default=False, init=False)

    def begin(self) -> None:
        """Set everything to the beginning."""
        self.watch = self.clock or Stopwatch()
        self.queue = deque(self.starts)
        self.edited = EditedSpace(self.space)
        self.open, self.busy = {}, {}
        self._keys = self.steps = 0
        self.repeated = -1
        self.why = None
        self.is_paused = False

    def elapsed(self) -> float:
        """Return the seconds that count so far; any thread may ask."""
        return 0.0 if self.watch is None else self.watch.elapsed()

    def left(self) -> float | None:
        """Return the seconds of the budget that are left; None without such a budget."""
        return None if self.budget.seconds is None else self.budget.seconds - self.elapsed()

    def is_late(self) -> bool:
        """Return whether the time of the search is used."""
        end = self.budget.search_seconds
        return end is not None and self.elapsed() >= end

    def emit(self, event: Event) -> Event:
        """Record an event and apply it; it is then to be yielded."""
        self.keep(event)
        self.history.apply(event)
        return event

    def submit(self, trial: OpenTrial, workers: Workers | None = None) -> None:
        """Have the next fold of a trial scored."""
        fold = trial.take_fold()
        self._keys += 1
        self.busy[self._keys] = (trial.id, fold)
        arguments = {
            "config": trial.config,
            "fold": fold,
            "rung": 0,
            "seed": seed_of(trial.seed, fold),
            "trial": trial.id,
            "hidden": trial.hidden,
        }
        (workers or self.workers).submit(Task(self._keys, "evaluate", arguments, None))

    def end(self, trial: OpenTrial, state: Any, reason: str | None = None, error: str | None = None) -> Iterator[Event]:
        """End an open trial; what runs for one that has failed or is stopped is killed."""
        del self.open[trial.id]
        now = self.elapsed()
        if state in ("stopped", "failed"):
            for key, (owner, _) in list(self.busy.items()):
                if owner == trial.id:
                    self.workers.cancel(key)
        yield self.emit(trial.ended(state, reason, error, now))
