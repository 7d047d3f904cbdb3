"""The layers hold: imports point down only, none goes in a circle, and the package itself loads nothing heavy."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "automl_magic"
FILES = sorted(path for path in PACKAGE.rglob("*.py"))
HEAVY = ("numpy", "scipy", "pandas", "sklearn", "hyperopt", "IPython", "matplotlib", "torch")
ALLOWED = {
    "base": set(),
    "engine": {"numpy", "scipy", "psutil", "cloudpickle", "hyperopt"},
    "tabular": {
        "numpy",
        "scipy",
        "psutil",
        "cloudpickle",
        "hyperopt",
        "sklearn",
        "pandas",
        "lightgbm",
        "xgboost",
        "catboost",
        "polars",
        "threadpoolctl",
        "pyarrow",
    },
    "networks": {
        "numpy",
        "scipy",
        "sklearn",
        "pandas",
        "cloudpickle",
        "threadpoolctl",
        "torch",
        "skorch",
        "safetensors",
    },
    "notebook": {
        "IPython",
        "ipywidgets",
        "anywidget",
        "matplotlib",
        "ipykernel",
        "traitlets",
        "pandas",
        "numpy",
        "sklearn",
        "hyperopt",
    },
    "top": {"numpy", "scipy", "pandas", "sklearn", "cloudpickle", "matplotlib"},
}
BELOW = {
    "base": {"base"},
    "engine": {"base", "engine"},
    "tabular": {"base", "engine", "tabular"},
    "networks": {"base", "engine", "tabular", "networks"},
    "top": {"base", "engine", "tabular", "networks", "top"},
    "notebook": {"base", "engine", "tabular", "networks", "top", "notebook"},
}


def layer_of(module: str) -> str:
    """Return the layer of a module of ours."""
    parts = module.split(".")
    if len(parts) > 1 and parts[1] in ("engine", "tabular", "networks", "notebook"):
        return parts[1]
    return "base" if parts[1:] in (["errors"], ["extend"]) else "top"


def module_of(path: Path) -> str:
    """Return the dotted name of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> list[tuple[str, bool]]:
    """Return (module, at the top of the file) for every import outside TYPE_CHECKING blocks."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: list[tuple[str, bool]] = []

    def visit(node: ast.AST, top: bool) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if isinstance(node, ast.Import):
            found.extend((alias.name, top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = {module_of(file) for file in FILES}
            for alias in node.names:
                deeper = f"{node.module}.{alias.name}"
                found.append((deeper if deeper in modules else node.module, top))
        inner = top and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for child in ast.iter_child_nodes(node):
            visit(child, inner)

    visit(tree, True)
    return found


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_imports_point_down_only(path: Path) -> None:
    module = module_of(path)
    layer = layer_of(module)
    lazily_up = module == "automl_magic" or module == "automl_magic.result"
    for name, top in imports_of(path):
        if name.startswith("automl_magic"):
            allowed = layer_of(name) in BELOW[layer] or (lazily_up and not top) or name == "automl_magic"
            assert allowed, f"{module} ({layer}) imports {name} ({layer_of(name)})"
        elif name.split(".")[0] not in sys.stdlib_module_names:
            assert name.split(".")[0] in ALLOWED[layer], f"{module} ({layer}) imports {name}"


def test_hyperopt_is_imported_inside_functions_only() -> None:
    for path in FILES:
        for name, top in imports_of(path):
            assert not (top and name.split(".")[0] == "hyperopt"), (
                f"{module_of(path)} imports hyperopt when it is imported"
            )


def test_no_import_goes_in_a_circle() -> None:
    ours = {module_of(path) for path in FILES}
    graph = {
        module_of(path): {name for name, top in imports_of(path) if top and name in ours and name != module_of(path)}
        for path in FILES
    }
    TopologicalSorter(graph).prepare()  # raises CycleError


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = f"import sys, automl_magic; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
