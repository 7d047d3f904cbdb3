"""AutoML that a person can see, steer and take home, inside the notebook.

In a notebook::

    %load_ext automl_magic
    %%automl df --target survived --time 60s

In Python::

    import automl_magic
    run = automl_magic.fit(df, target="survived", time=60)
    run.best.predict(new_rows)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_PLACES = {
    "fit": "automl_magic.api",
    "tune": "automl_magic.api",
    "load_data": "automl_magic.api",
    "nas": "automl_magic.network_search",
    "nas_ablation": "automl_magic.network_ablation",
    "read_record": "automl_magic.records",
    "replay": "automl_magic.notebook.replaying",
    "race": "automl_magic.api",
    "rerun": "automl_magic.api",
    "resume": "automl_magic.api",
    "AutoMLClassifier": "automl_magic.estimators",
    "AutoMLRegressor": "automl_magic.estimators",
    "RaceResult": "automl_magic.race_result",
    "RunResult": "automl_magic.result",
    "NetworkPlan": "automl_magic.network_plan",
    "NetworkResult": "automl_magic.network_result",
    "Plan": "automl_magic.plan",
    "AutoMLError": "automl_magic.errors",
    "Float": "automl_magic.engine.holes",
    "Int": "automl_magic.engine.holes",
    "Choice": "automl_magic.engine.holes",
    "Build": "automl_magic.engine.holes",
    "SearchSpace": "automl_magic.engine.space",
    "compile_space": "automl_magic.engine.space",
    "LivePanel": "automl_magic.notebook.live",
    "SpaceDraft": "automl_magic.engine.draft",
    "SpaceEditor": "automl_magic.notebook.editor",
}
__all__ = [
    "AutoMLClassifier",
    "AutoMLError",
    "AutoMLRegressor",
    "Build",
    "Choice",
    "Float",
    "Int",
    "LivePanel",
    "NetworkPlan",
    "NetworkResult",
    "Plan",
    "RaceResult",
    "RunResult",
    "SearchSpace",
    "SpaceDraft",
    "SpaceEditor",
    "__version__",
    "compile_space",
    "fit",
    "load_data",
    "load_ipython_extension",
    "nas",
    "nas_ablation",
    "race",
    "read_record",
    "replay",
    "rerun",
    "resume",
    "tune",
    "unload_ipython_extension",
]

if TYPE_CHECKING:
    from automl_magic.api import fit, load_data, race, rerun, resume, tune
    from automl_magic.engine.draft import SpaceDraft
    from automl_magic.engine.holes import Build, Choice, Float, Int
    from automl_magic.engine.space import SearchSpace, compile_space
    from automl_magic.errors import AutoMLError
    from automl_magic.estimators import AutoMLClassifier, AutoMLRegressor
    from automl_magic.network_ablation import nas_ablation
    from automl_magic.network_plan import NetworkPlan
    from automl_magic.network_result import NetworkResult
    from automl_magic.network_search import nas
    from automl_magic.notebook.editor import SpaceEditor
    from automl_magic.notebook.live import LivePanel
    from automl_magic.notebook.replaying import replay
    from automl_magic.plan import Plan
    from automl_magic.race_result import RaceResult
    from automl_magic.records import read_record
    from automl_magic.result import RunResult


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `import automl_magic` itself loads nothing heavy."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_PLACES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(ipython: Any) -> None:
    """Register `%automl` and `%%automl`; called by ``%load_ext automl_magic``."""
    from automl_magic.notebook.magic import load

    load(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """Undo `load_ipython_extension`; called by ``%unload_ext automl_magic``."""
    from automl_magic.notebook.magic import unload

    unload(ipython)
