"""`%%automl nas`: its defaults, the words of its body, and the search over networks that a cell asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from automl_magic.errors import OptionError
from automl_magic.network_plan import NetworkPlan
from automl_magic.notebook import cell as cells
from automl_magic.notebook.attend import Wishes
from automl_magic.notebook.options import Request
from automl_magic.notebook.resumed import names_of
from automl_magic.notebook.watching import Watched, copied
from automl_magic.running import Run

DEFAULTS = {"out": "net"}
REFUSED = ("baseline", "no-ensemble", "no-calibrate", "maximize")


def with_defaults(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options with those of a search over networks beneath them.

    Raises
    ------
    OptionError
        For an option that means nothing to networks.
    """
    for name in REFUSED:
        if name in options:
            raise OptionError(f"--{name} means nothing to a search over networks.", "%automl help lists what does.")
    return {**DEFAULTS, **options}


def vocabulary() -> dict[str, Any]:
    """Return the builders that a body may use: mlp, conv, cell, …"""
    from automl_magic import networks

    return {name: getattr(networks, name) for name in networks.BUILDERS}


def labels_for(options: Mapping[str, Any], X: Any, y: Any) -> list[str]:
    """Return the labels of the default space for such rows."""
    from automl_magic.networks.architecture import candidate_space, default_template
    from automl_magic.networks.reading import read_inputs

    kind = None if options.get("input") in (None, "auto") else options["input"]
    data = read_inputs(X, y, target=options.get("target"), input=kind, task=options.get("task", "auto"))
    return list(candidate_space(default_template(data.inputs), data.inputs, rows=len(data.y)).labels)


def ablate(
    request: Request, options: Mapping[str, Any], plan: NetworkPlan, space: Any, wishes: Wishes, shell: Any
) -> Any:
    """Make the three searches that tell whether that for an architecture is worth it; bind and return what came of it.

    Raises
    ------
    OptionError
        If it is to go on in the background.
    """
    from automl_magic.network_ablation import ablation_of
    from automl_magic.notebook.live import LivePanel

    if wishes.in_background:
        raise OptionError("--ablation makes three searches, one after the other, and not in the background.")
    X, y = cells.data_of(request, options, shell.user_ns)
    test = cells.test_data(options, shell.user_ns)
    panel = None if wishes.is_quiet else LivePanel
    found = ablation_of(plan, X, y, space=space, test=test, repeats=options.get("repeats", 1), panel=panel)
    shell.user_ns[wishes.out] = found
    return None if wishes.is_quiet else found


def begin(
    request: Request, options: Mapping[str, Any], plan: NetworkPlan, space: Any, wishes: Wishes, names: dict[str, Any]
) -> tuple[Run[Any], Wishes]:
    """Start the search that a cell asks for; return it with what the cell wishes besides."""
    from automl_magic.network_search import begin_nas

    X, y = cells.data_of(request, options, names)
    test = cells.test_data(options, names)
    if wishes.in_background:
        wishes = replace(wishes, watched=tuple(Watched.of(name, names) for name in request.names))
        X, y = copied(X), copied(y)
    return begin_nas(plan, X, y, space=space, test=test, names=names_of(request, options)), wishes
