"""A race under way: for each repeat one run a searcher, all on the same workers, each a run like any other."""

from __future__ import annotations

import contextlib
import re
import shutil
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from automl_magic.engine.budget import Budget, Stopwatch
from automl_magic.engine.events import Config
from automl_magic.engine.history import View
from automl_magic.engine.pool import Lane as PoolLane
from automl_magic.engine.pool import Pool
from automl_magic.engine.schedulers import policy_named
from automl_magic.engine.sealing import ARTEFACTS
from automl_magic.engine.search_options import searcher_of, split_searchers
from automl_magic.engine.searchers import Searcher
from automl_magic.engine.seeds import generator_of, seed_of
from automl_magic.engine.study import Study
from automl_magic.errors import OptionError, RunError
from automl_magic.folder import make_lane_folder, make_run_folder
from automl_magic.limits import caps_of
from automl_magic.plan import Plan
from automl_magic.race_course import Course
from automl_magic.race_result import Lane, RaceResult, race_line
from automl_magic.result import Record
from automl_magic.running import Run, UnderWay

FEWEST, MOST = 2, 6  # searchers of a race
EXAMPLE = "Example: --search grid,random,tpe in a cell, search=('grid', 'random', 'tpe') in Python."


@dataclass(frozen=True)
class Entrant:
    """A searcher that takes part.

    Attributes
    ----------
    name : str
        Its name in the race.
    search : str
        Its name in the registry, and its options in brackets.
    turn : int
        How many of the same searcher come before it: each draws otherwise.
    """

    name: str
    search: str
    turn: int = 0

    def searcher(self) -> Searcher:
        """Return a fresh searcher."""
        found: Searcher = searcher_of(self.search)
        return found if self.turn == 0 else _Otherwise(found, self.turn)


class _Otherwise:
    """A searcher that draws other numbers than the same one under another name."""

    def __init__(self, searcher: Searcher, turn: int) -> None:
        self.name = searcher.name
        self._searcher, self._turn = searcher, turn
        for told in ("is_starting", "announce", "ended"):
            if hasattr(searcher, told):
                setattr(self, told, getattr(searcher, told))

    def __call__(self, view: View, rng: np.random.Generator) -> Config | None:
        """Propose the next configuration."""
        other = replace(view, seed=seed_of(view.seed, "turn", self._turn))
        return self._searcher(other, generator_of(int(rng.integers(2**62)), "turn", self._turn))


def entrants_of(search: str | Iterable[str] | Mapping[str, str]) -> tuple[Entrant, ...]:
    """Return who takes part.

    Parameters
    ----------
    search : str, iterable of str, or mapping of str to str
        Searchers, with commas in a text. One that is named twice draws twice; a mapping gives names of one's own.

    Raises
    ------
    OptionError
        If there is no such searcher, or there are fewer than two or more than six.

    Examples
    --------
    >>> [entrant.name for entrant in entrants_of("random,tpe,random")]
    ['random', 'tpe', 'random 2']
    """
    if isinstance(search, Mapping):
        named = [(str(name), str(value)) for name, value in search.items()]
    else:
        words = split_searchers(search) if isinstance(search, str) else list(search)
        named = [("", str(word).strip()) for word in words if str(word).strip()]
    if not FEWEST <= len(named) <= MOST:
        raise OptionError(f"A race needs {FEWEST} to {MOST} searchers. Got {len(named)}.", EXAMPLE)
    found: list[Entrant] = []
    for name, value in named:
        searcher_of(value)
        turn = sum(entrant.search == value for entrant in found)
        found.append(Entrant(name or (value if turn == 0 else f"{value} {turn + 1}"), value, turn))
    return tuple(found)


class RaceControl:
    """Stop or pause every run of a race, those to come included; from any thread.

    Parameters
    ----------
    watch : Stopwatch
        The race's own clock, which stands still with those of the runs: what it says is shared among the repeats.
    """

    def __init__(self, watch: Stopwatch) -> None:
        self.is_stopped = False
        self._watch = watch
        self._is_paused = False
        self._runs: list[Run[Record]] = []
        self._lock = threading.Lock()
        self._said = {"who": "you", "why": ""}

    def take(self, runs: list[Run[Record]]) -> None:
        """Steer these runs from now on."""
        with self._lock:
            self._runs = runs
            for run in runs:
                if self.is_stopped:
                    run.control.stop(**self._said)
                elif self._is_paused:
                    run.control.pause()

    def stop(self, who: str = "you", why: str = "") -> None:
        """End every run softly and begin no further one."""
        with self._lock:
            self.is_stopped, self._said = True, {"who": who, "why": why}
            for run in self._runs:
                run.control.stop(**self._said)

    def pause(self, who: str = "you") -> None:
        """Start no further fit and stop the clocks."""
        with self._lock:
            self._is_paused = True
            self._watch.pause()
            for run in self._runs:
                run.control.pause(who)

    def proceed(self, who: str = "you") -> None:
        """Go on after a pause."""
        with self._lock:
            self._is_paused = False
            self._watch.proceed()
            for run in self._runs:
                run.control.proceed(who)

    def skip(self, trial: int | None = None, who: str = "you") -> None:
        """Refuse: a race in which one skips is none.

        Raises
        ------
        OptionError
            Always.
        """
        raise OptionError("A race skips no trial: the searchers would no longer have the same budget.", "Or stop it.")


class Race(UnderWay[RaceResult]):
    """Several searchers on the same folds, seeds and budget.

    Repeat by repeat, each searcher has a run of its own: a `Study` in its own thread, with its own record in a folder
    inside the race's. They share one `Pool` of workers, which serves whoever had least.

    Attributes
    ----------
    name : str
        The race's name.
    plan : Plan
        What each run does; seed and time differ by the repeat.
    folder : Path
        It holds the folders of the runs.
    control : RaceControl
        The way to stop it.
    """

    control: RaceControl

    def __init__(self, plan: Plan, entrants: tuple[Entrant, ...], repeats: int, course: Course, prune: bool) -> None:
        super().__init__()
        folder, note = make_run_folder(plan.name or time.strftime("race-%Y%m%d-%H%M%S"))
        with contextlib.suppress(OSError):  # the race itself leaves none; its runs do
            (folder / ARTEFACTS).rmdir()
        self.name, self.plan, self.folder = folder.name, plan, folder
        self.repeats, self.function, self.title = repeats, course.function, course.title
        self._watch = Stopwatch()
        self.control = RaceControl(self._watch)
        self._entrants, self._prune = entrants, prune
        self._course: Course | None = course
        self._warnings = tuple(note.text for note in course.notes if note.level == "warning") + (
            (note,) if note else ()
        )
        self._seconds: float | None = None
        self._lanes: list[tuple[Entrant, int, Run[Record]]] = []
        self._thread = threading.Thread(target=self._work, name=f"automl-{self.name}", daemon=True)

    def start(self) -> Race:
        """Begin; return at once."""
        self._thread.start()
        return self

    def elapsed(self) -> float:
        """Return the seconds since the beginning; a pause does not count."""
        return self._watch.elapsed() if self._seconds is None else self._seconds

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The runs that were begun; of those under way without their events."""
        return tuple(Lane(entrant.name, repeat, _told(run)) for entrant, repeat, run in list(self._lanes))

    def line(self) -> str:
        """Return one plain sentence on where the race stands."""
        lead = "Ended: " if self.done.is_set() else ""
        return lead + race_line(self.lanes, self.repeats)

    def so_far(self) -> RaceResult:
        """Return what there is."""
        parts = {"function": self.function, "warnings": self._warnings}
        return RaceResult(self.name, self.title, self.lanes, self.repeats, self.elapsed(), **parts)  # type: ignore[arg-type]

    # -- the race's thread ------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            self._run()
            self._seconds = self._watch.elapsed()
            self._result = self._finish()
        except BaseException as error:  # it is raised again by result(), in the caller's thread
            self._error = error
        finally:
            self._course = None  # a race that has ended holds no data
            self.done.set()

    def _run(self) -> None:
        assert self._course is not None
        course = self._course
        places = [(entrant, repeat) for repeat in range(self.repeats) for entrant in self._entrants]
        folders: list[Path] = []
        try:
            folders.extend(make_lane_folder(self.folder, _stem(entrant.name, of)) for entrant, of in places)
            evaluators = [course.evaluator(of, folder) for (_, of), folder in zip(places, folders, strict=True)]
            self._run_all(course, folders, evaluators)
        finally:
            self._remove_unused(folders)

    def _run_all(self, course: Course, folders: list[Path], evaluators: list[Any]) -> None:
        """Open the workers and run repeat after repeat on them."""
        is_timed = self.plan.time is not None
        repeat_of = [repeat for repeat in range(self.repeats) for _ in self._entrants]
        pool = Pool(
            course.workers,
            by_seconds=is_timed,  # who has a clock pays for each fit herself
            alike=None if is_timed else repeat_of,
            hand_over=lambda value, source, target: course.hand_over(value, folders[source], folders[target]),
        )
        try:
            pool.open(evaluators)
            for repeat in range(self.repeats):
                if self.control.is_stopped:
                    break
                begun, seconds = [], self._seconds_of(repeat)
                for place, entrant in enumerate(self._entrants, start=repeat * len(self._entrants)):
                    parts = (pool.lane(place), entrant, repeat, seconds, folders[place], evaluators[place])
                    begun.append((entrant, repeat, self._lane(course, *parts)))
                self._drive(begun)
        finally:
            pool.close()

    def _remove_unused(self, folders: list[Path]) -> None:
        """Remove the folders of runs that were never begun; where none was, the race's own with all in it."""
        if not self._lanes:
            shutil.rmtree(self.folder, ignore_errors=True)
        for folder in folders[len(self._lanes) :]:
            with contextlib.suppress(OSError):
                _remove_empty(folder)

    def _seconds_of(self, repeat: int) -> float | None:
        """Return the seconds that each searcher has in a repeat: what is left, shared among the repeats to come."""
        if self.plan.time is None:
            return None
        return max(0.1, self.plan.time - self._watch.elapsed()) / (self.repeats - repeat)

    def _lane(
        self,
        course: Course,
        workers: PoolLane,
        entrant: Entrant,
        repeat: int,
        seconds: float | None,
        folder: Path,
        evaluator: Any,
    ) -> Run[Record]:
        """Return the run of one searcher in one repeat: what it would be alone, but for the workers."""
        plan = replace(
            self.plan,
            search=entrant.search,
            seed=self.plan.seed + repeat,
            time=seconds,
            name=None,
            ensemble=False,
            scheduler=self.plan.scheduler or ("forgiving" if self._prune else "none"),
        )
        policy = policy_named(str(plan.scheduler))
        study = Study(
            space=course.space,
            evaluator=evaluator,
            searcher=entrant.searcher(),
            budget=Budget(seconds=seconds, trials=plan.trials),
            workers=workers,
            seed=plan.seed,
            pruner=policy.pruner,
            scheduler=policy.scheduler,
            starts=course.starts,
            lag=plan.lag,
            caps=caps_of(plan),
            name=folder.name,
            plan=plan.to_json(),
            about=course.about(repeat, plan),
        )
        return Run(study, plan, folder, course.notes, _record_of)

    def _drive(self, begun: list[tuple[Entrant, int, Run[Record]]]) -> None:
        """Start the runs of one repeat and wait for all; when one breaks, the others are stopped."""
        runs = [run for _, _, run in begun]
        self._lanes.extend(begun)
        for run in runs:
            run.start()
        self.control.take(runs)
        waiting = list(runs)
        while waiting:
            waiting[0].done.wait(0.2)
            ended = [run for run in waiting if run.done.is_set()]
            waiting = [run for run in waiting if not run.done.is_set()]
            for run in ended:
                try:
                    run.result()
                except BaseException:
                    self.control.stop(who="the race", why="another run broke")
                    for other in waiting:
                        other.done.wait()
                    raise

    def _finish(self) -> RaceResult:
        found = self.so_far()
        if all(lane.score is None for lane in found.lanes):
            reasons = [trial.reason for lane in found.lanes for trial in lane.history.trials.values() if trial.reason]
            told = f" The first that failed: {reasons[0]}." if reasons else ""
            raise RunError(f"The race ended before its first result.{told}", "No variable was written.")
        return found


def _record_of(run: Run[Record]) -> Record:
    return Record(run.name, run.plan, run.history, tuple(run.events))


def _told(run: Run[Record]) -> Record:
    """Return the record of a run that has ended; of one under way, or broken, without its events."""
    if run.done.is_set():
        with contextlib.suppress(Exception):  # what broke it is raised by the race
            return run.result()
    return Record(run.name, run.plan, run.history, ())


def _stem(name: str, repeat: int) -> str:
    """Return the name of a run's folder."""
    return f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', name).strip('.-') or 'run'}-{repeat + 1}"


def _remove_empty(folder: Path) -> None:
    """Remove the folder of a run that was never begun."""
    (folder / ARTEFACTS).rmdir()
    folder.rmdir()
