"""Which families of models can be made here."""

from __future__ import annotations

from importlib.util import find_spec

from automl_magic.extend import MODELS
from automl_magic.plan import NETWORK
from automl_magic.tabular import boosters

MISSING = (*boosters.missing(), *(() if find_spec("torch") else (NETWORK,)))
FAMILIES = tuple(key for key in MODELS if key not in MISSING)
