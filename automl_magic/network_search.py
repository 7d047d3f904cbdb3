"""What the magic and a Python program call to search a neural network: `nas` and `begin_nas`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from automl_magic.api import attended
from automl_magic.engine.budget import Stopwatch
from automl_magic.network_plan import NetworkPlan
from automl_magic.own_parts import named

if TYPE_CHECKING:
    from automl_magic.network_result import NetworkResult
    from automl_magic.running import Run


def nas(
    X: Any,
    y: Any = None,
    target: str | None = None,
    *,
    space: Any = None,
    test: Any = None,
    panel: Any = None,
    **options: Any,
) -> NetworkResult:
    """Search for the best neural network: its layers, units and connections, and how it is trained.

    Parameters
    ----------
    X : DataFrame, ndarray, or sequence of str
        One row for each example. A DataFrame, or an array of shape (n_rows, n_columns), is a table; an array of shape
        (n_rows, n_steps, n_channels) holds sequences, one of shape (n_rows, height, width) or (n_rows, height, width,
        n_channels) images; texts are short texts. The rows of a plain array of 16 columns and more are read as
        sequences of one channel as well.
    y : array-like of shape (n_rows,), optional
        The target: classes of any type, or numbers.
    target : str, optional
        Name of the target column where `X` is a DataFrame that holds it.
    space : builder, Choice of builders, SearchSpace, or callable, optional
        What is searched; the builders are `mlp`, `residual_mlp`, `conv`, `recurrent`, `cell`, `repeat` and `bag`, and
        ``Build(MyModule, width=Int(8, 64))`` for a class of your own. A callable is given a draft of the default space.
        Default: chosen by the shape of `X`.
    test : float or (X_test, y_test), optional
        Rows kept apart, scored once: a share (default 0.15), or rows of their own.
    panel : object with show(run) and close(result), optional
        Shown while the search runs.
    **options
        The attributes of `NetworkPlan`: time, epochs, trials, metric, models, seed, search, max_params, max_macs,
        max_latency (of one row), max_memory, input, workers, name …

    Returns
    -------
    NetworkResult
        With `.best`, a fitted scikit-learn Pipeline around a skorch estimator, and `.score`, on the rows kept apart.

    Raises
    ------
    OptionError, DataError, SpaceError
        If the data, an option or the space cannot be meant.
    RunError
        If torch or skorch are not installed, or no network was trained.
    """
    clock = Stopwatch()
    if isinstance(test, int | float | str):
        options["test"], test = test, None
    plan = NetworkPlan.create(target=target, **named(options))
    result: NetworkResult = attended(begin_nas(plan, X, y, space=space, test=test, clock=clock), panel)
    return result


def begin_nas(
    plan: NetworkPlan,
    X: Any,
    y: Any = None,
    *,
    space: Any = None,
    test: Any = None,
    names: Mapping[str, str | None] | None = None,
    clock: Stopwatch | None = None,
) -> Run[NetworkResult]:
    """Start `nas` in its own thread; parameters as there, errors in the input raised at once.

    `names` are the variables or files that stand for data, y and test; `resume` looks for them.
    """
    clock = clock or Stopwatch()
    from automl_magic.network_run import begin_networks

    return begin_networks(plan, X, y, space=space, test=test, names=names, clock=clock)
