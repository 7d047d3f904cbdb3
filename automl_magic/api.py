"""What the magic and a Python program call: `fit`, `tune`, `race`, `resume`, `rerun`, `begin`, `load_data`."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from automl_magic.engine.budget import Stopwatch
from automl_magic.errors import AutoMLWarning, OptionError
from automl_magic.option_values import whole_number
from automl_magic.own_parts import named
from automl_magic.plan import Plan, weights_given
from automl_magic.running import Run, UnderWay

if TYPE_CHECKING:
    from automl_magic.race_result import RaceResult
    from automl_magic.racing import Race
    from automl_magic.rerunning import Rerun
    from automl_magic.result import RunResult, TuneResult

__all__ = ["begin", "begin_race", "begin_tune", "fit", "load_data", "race", "rerun", "resume", "tune"]

RACE_TRIALS = 20  # of each run of a race, where neither trials nor time is given


def fit(
    data: Any,
    target: str | None = None,
    *,
    y: Any = None,
    space: Any = None,
    test: Any = None,
    baseline: Any = None,
    sample_weight: Any = None,
    panel: Any = None,
    **options: Any,
) -> RunResult:
    """Search for the best pipeline for a table and return the run's result.

    Parameters
    ----------
    data : DataFrame, ndarray, Bunch, or path to a CSV or Parquet file
        The table, shape (n_rows, n_columns).
    target : str, optional
        Name of the target column. With `y` it is not needed.
    y : array-like of shape (n_rows,), optional
        The target, when it is no column of `data`.
    space : SearchSpace, estimator with holes, or callable, optional
        What to search; default: the families of models that fit the task. A callable is given a `SpaceDraft` of that
        default and changes it, or returns a template of its own.
    test : float or table, optional
        Rows kept apart and scored once at the end: a share of `data`, or a table with the target.
    baseline : estimator, optional
        The pipeline that you have today: the line to beat.
    sample_weight : str or array-like of shape (n_rows,), optional
        What each row counts, in each fit and each score: a column of `data`, which is then not learnt from, or values.
    panel : object with show(run) and close(result), optional
        Shown while the search runs, for instance `automl_magic.LivePanel()`.
    **options
        time, trials, metric, models, exclude, seed, search, cv, group, order, ignore, task, name, workers, lag,
        scheduler, ensemble, calibrate, nas, max_latency, max_size, max_fit, monotone, class_weight: the attributes
        of `Plan`. `metric` may be a scorer of scikit-learn or a function of (y_true, y_pred) as well, of which
        higher is better, and `cv` a splitter.

    Returns
    -------
    RunResult
        With `.best` (a fitted Pipeline), `.score`, `.leaderboard()`.

    Raises
    ------
    OptionError, DataError, SpaceError, RunError
        For what cannot be meant, cannot be searched, or ended without a result.

    Examples
    --------
    >>> import automl_magic
    >>> table = automl_magic.load_data("titanic")
    >>> run = automl_magic.fit(table, target="survived", trials=1, models=["linear"], workers=0)
    >>> 0.5 < float(run.score) < 1.0
    True
    """
    clock = Stopwatch()
    share = test if isinstance(test, int | float | str) else None
    column, weights = weights_given(sample_weight)
    plan = Plan.create(target=target, test=share, sample_weight=column, **named(options))
    parts = {"y": y, "space": space, "test": _table_of(test), "baseline": baseline, "sample_weight": weights}
    run = begin(plan, data, **parts, clock=clock)
    result: RunResult = attended(run, panel)
    return result


def tune(
    function: Callable[[Any], float],
    space: Mapping[str, Any] | Any,
    *,
    maximize: bool = False,
    start: Mapping[str, Any] | None = None,
    panel: Any = None,
    **options: Any,
) -> TuneResult:
    """Search for the values that make a function small.

    Parameters
    ----------
    function : callable
        Called with a dict of the chosen values; returns one number.
    space : dict of holes or of hyperopt's ``hp.*`` nodes
        The keys are the labels.
    maximize : bool
        Make the function large instead.
    start : dict, optional
        Values to try first.
    panel : object with show(run) and close(result), optional
        Shown while the search runs.
    **options
        time, trials, seed, search, name, workers, lag, scheduler: the attributes of `Plan`. Under `time` one call may
        take half of it, so that one that never ends costs its own trial; `trials` alone sets no such limit.

    Returns
    -------
    TuneResult
        With `.best`, the dict that the function received, and `.score`, its value there.

    Examples
    --------
    >>> from automl_magic import Float, tune
    >>> run = tune(lambda values: (values["x"] - 2) ** 2, {"x": Float(-5, 5)}, trials=30, workers=0)
    >>> abs(run.best["x"] - 2) < 2
    True
    """
    run = begin_tune(Plan.create(**options), function, space, maximize=maximize, start=start)
    result: TuneResult = attended(run, panel)
    return result


def race(
    data: Any = None,
    target: str | None = None,
    *,
    search: str | Sequence[str] | Mapping[str, str] = ("grid", "random", "tpe"),
    repeats: int = 2,
    on: Any = None,
    files: Any = None,
    y: Any = None,
    space: Any = None,
    sample_weight: Any = None,
    maximize: bool = False,
    prune: bool = False,
    panel: Any = None,
    **options: Any,
) -> RaceResult:
    """Let two to six searchers race on the same folds, seeds and budget, and say who won, where that can be told.

    Parameters
    ----------
    data, target, y, space, sample_weight
        The table, as of `fit`.
    search : str, sequence of str, or mapping of str to str
        Searchers. One that is named twice draws twice; a mapping gives names of one's own.
    repeats : int
        How often. Repeat r has the seed ``seed + r``, for folds, draws and fits; within it all are alike.
    on : str or callable, optional
        A test function ("branin", "hartmann6", "rosenbrock5", "branches"; with the extra `teach` also networks that
        were trained beforehand, "nasbench201-cifar10", "nasbench201-cifar100", "nasbench201-imagenet") instead of a
        table, or a function of your own, with `space`.
    files : str, path, or list of them, optional
        Saved runs (``run.save(FILE)``) that are laid over one another; nothing is computed. A text may hold ``*``.
    maximize : bool
        Make the function large.
    prune : bool
        Let trials that fall behind end early, as `scheduler="forgiving"` does. By default each has all its folds.
    panel : object with show(race) and close(result), optional
        Shown while it goes.
    **options
        trials, time, metric, models, exclude, seed, cv, group, order, ignore, task, name, workers, lag, scheduler: the
        attributes of `Plan`. Neither trials nor time: 20 trials. `time` is that of the whole race.

    Returns
    -------
    RaceResult
        With `.verdict()`, `.table()`, `.runs`, `.plot()`.

    Examples
    --------
    >>> from automl_magic import race
    >>> found = race(on="branin", search="random,tpe", trials=10, repeats=1)
    >>> print(found.verdict())
    Too few to tell: 1 repeat was compared, and a difference can only be shown from 6 repeats on.
    """
    if files is not None:
        from automl_magic.saved_runs import lay_over

        return lay_over(files)
    if options.get("trials") is None and options.get("time") is None:
        options["trials"] = RACE_TRIALS
    column, weights = weights_given(sample_weight)
    plan = Plan.create(target=target, sample_weight=column, **named(options))
    given: dict[str, Any] = {"y": y, "space": space, "on": on, "maximize": maximize, "prune": prune}
    given["sample_weight"] = weights
    result: RaceResult = attended(begin_race(plan, data, search=search, repeats=repeats, **given), panel)
    return result


def begin_race(
    plan: Plan,
    data: Any = None,
    *,
    search: str | Sequence[str] | Mapping[str, str],
    repeats: int = 2,
    on: Any = None,
    y: Any = None,
    space: Any = None,
    sample_weight: Any = None,
    maximize: bool = False,
    prune: bool = False,
    names: Mapping[str, str | None] | None = None,
) -> Race:
    """Start a race in its own thread; parameters as of `race`, errors in the input raised at once."""
    from automl_magic.engine.room import need_a_point
    from automl_magic.race_course import function_course, table_course
    from automl_magic.racing import Race, entrants_of

    entrants, often = entrants_of(search), whole_number("repeats", repeats)
    if (data is None) == (on is None):
        raise OptionError(
            f"A race is run on a table or on a function. Got {'neither' if data is None else 'both'}.",
            'Example: race(df, target="survived"), or race(on="branin").',
        )
    if on is not None:
        course = function_course(plan, on, space, maximize=maximize)
    else:
        course = table_course(plan, data, often, y=y, space=space, sample_weight=sample_weight, names=names)
    for entrant in entrants:
        need_a_point(course.space, entrant.searcher())
    return Race(plan, entrants, often, course, prune).start()


def resume(
    run: str | os.PathLike[str],
    data: Any = None,
    *,
    y: Any = None,
    space: Any = None,
    test: Any = None,
    baseline: Any = None,
    sample_weight: Any = None,
    metric: Any = None,
    cv: Any = None,
    time: str | float | None = None,
    trials: int | None = None,
    workers: int | None = None,
    panel: Any = None,
) -> RunResult | TuneResult:
    """Go on with a run that broke off, was stopped, or is to have more time or trials.

    Trials that were running are tried once more; ended ones hold. With a budget of trials the run ends with the same
    trials as one that never broke off. A run that had ended gives its result again.

    Parameters
    ----------
    run : str or path
        The run's name (its folder in `.automl`), its folder, or the journal in it.
    data : table or callable
        What `fit` or `tune` was given: the record holds no data. A table that was read from a file is read again.
    y, space, test, baseline, sample_weight : optional
        As given to `fit` or `tune` at the time; a column of weights is known from the record.
    metric, cv : optional
        Those of your own, in a session that does not know them yet.
    time, trials : optional
        New limits of the whole run, what is past included.
    workers : int, optional
        Number of processes now.
    panel : object with show(run) and close(result), optional
        Shown while the search runs.

    Returns
    -------
    RunResult or TuneResult
        As of `fit` or `tune`.

    Raises
    ------
    ResumeError
        If the data or the space are not those of the run; it names what changed.
    JournalError
        If the run is being written by another process.
    OptionError
        If there is no such run, or the data are not given.
    """
    from automl_magic.continuing import begin_resume

    named({"metric": metric, "cv": cv})
    parts = {"y": y, "space": space, "test": _table_of(test), "baseline": baseline, "sample_weight": sample_weight}
    begun = begin_resume(run, data, **parts, time=time, trials=trials, workers=workers)
    result: RunResult | TuneResult = attended(begun, panel)
    return result


def rerun(
    run: str | os.PathLike[str],
    data: Any = None,
    *,
    y: Any = None,
    space: Any = None,
    test: Any = None,
    baseline: Any = None,
    sample_weight: Any = None,
    metric: Any = None,
    cv: Any = None,
    workers: int | None = None,
) -> Rerun:
    """Make a recorded run again, with the recorded seeds, and compare trial by trial and fold by fold.

    Under ``trials=N`` the searcher is asked again at each step, with the recorded edits of the space, the points that a
    person set and the trials that she skipped at the steps at which they came. Under ``time=`` the clock decided which
    trials were made: there the recorded ones alone are computed again.

    Parameters
    ----------
    run, data, y, space, test, baseline, sample_weight, metric, cv, workers
        As of `resume`.

    Returns
    -------
    Rerun
        With `.table()`, one row for each fold that was scored; `.trials()`, one for each trial; `.is_same` and
        `.same_config`; sentences as its text.

    Raises
    ------
    ResumeError, OptionError
        As of `resume`.
    """
    from automl_magic.making_again import compute_again

    named({"metric": metric, "cv": cv})
    parts = {"y": y, "space": space, "test": _table_of(test), "baseline": baseline, "sample_weight": sample_weight}
    return compute_again(run, data, **parts, workers=workers)


def _table_of(test: Any) -> Any:
    """Return the table that is kept apart; a share of the rows is part of the plan."""
    return None if isinstance(test, int | float | str) else test


def begin(
    plan: Plan,
    data: Any,
    *,
    y: Any = None,
    space: Any = None,
    test: Any = None,
    baseline: Any = None,
    sample_weight: Any = None,
    names: Mapping[str, str | None] | None = None,
    clock: Stopwatch | None = None,
) -> Run[RunResult]:
    """Start a search for a pipeline in its own thread; parameters as of `fit`, errors in the input raised at once.

    `names` are the variables or files that stand for data, y, test, baseline and sample_weight (values; a column is
    part of the plan); `resume` looks for them. The time of the run counts from now on, reading the table included, or
    from the start of `clock`.
    """
    clock = clock or Stopwatch()
    from automl_magic.table_run import begin_search

    parts = {"y": y, "space": space, "test": test, "baseline": baseline, "sample_weight": sample_weight}
    return begin_search(plan, data, **parts, names=names, clock=clock)


def begin_tune(
    plan: Plan,
    function: Callable[[Any], float],
    space: Any,
    *,
    maximize: bool = False,
    start: Mapping[str, Any] | None = None,
    name: str | None = None,
) -> Run[TuneResult]:
    """Start a search for the values of a function in its own thread; parameters as of `tune`, and its variable."""
    clock = Stopwatch()
    from automl_magic.function_run import begin_tuning

    return begin_tuning(plan, function, space, maximize=maximize, start=start, name=name, clock=clock)


def load_data(name: str = "titanic") -> Any:
    """Return one of the bundled tables as a DataFrame; see `automl_magic/data/README.md` for their sources."""
    from automl_magic.tabular.tables import load_data as load

    return load(name)


def attended(run: UnderWay[Any], panel: Any) -> Any:
    """Show a run in `panel` while it goes, and return its result; without a panel, warnings are Python's."""
    if panel is None:
        result = run.wait()
        for text in result.warnings:
            warnings.warn(text, AutoMLWarning, stacklevel=3)
        return result
    panel.show(run)
    result = None
    try:
        result = run.wait()
    finally:
        panel.close(result)
    return result
