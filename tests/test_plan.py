"""The plan: what is accepted, and what is answered to what cannot be meant."""

from __future__ import annotations

from typing import Any

import pytest

from automl_magic.errors import OptionError
from automl_magic.network_plan import NetworkPlan
from automl_magic.notebook.cell import plan_of
from automl_magic.notebook.options import parse_line
from automl_magic.option_values import EXAMPLES, bytes_of, example, seconds_of
from automl_magic.plan import Plan


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("2m", 120), ("1m30s", 90), ("1h", 3600), ("500ms", 0.5), (60, 60), (0.5, 0.5)]
)
def test_a_duration_is_read_in_every_usual_form(text: Any, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    "text", ["soon", "", "5x", "-3s", "0s", 0, -1, float("nan"), float("inf"), True, None, "1s junk", "60"]
)
def test_a_duration_that_cannot_be_meant_is_refused_with_an_example(text: Any) -> None:
    with pytest.raises(OptionError) as caught:
        seconds_of(text)
    assert "time" in caught.value.message and caught.value.hint is not None and "2m" in caught.value.hint


def test_without_a_limit_a_run_takes_sixty_seconds() -> None:
    assert Plan.create(target="y").time == 60.0
    assert Plan.create(target="y", trials=5).time is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tirals": 3}, 'Did you mean "trials"'),
        ({"trials": 0}, "at least 1"),
        ({"trials": "many"}, "whole number"),
        ({"trials": 2.5}, "whole number"),
        ({"test": 1.5}, "share between 0 and 1"),
        ({"cv": 1}, "at least 2"),
        ({"cv": "holdoot"}, "number of folds"),
        ({"task": "clasification"}, 'Did you mean "classification"'),
        ({"search": "tbe"}, 'Did you mean "tpe"'),
        ({"name": "../evil"}, "letters"),
        ({"workers": -1}, "at least 0"),
        ({"ensemble": "yes"}, "must be True or False"),
        ({"calibrate": 1}, "must be True or False"),
        ({"nas": "yes"}, "nas must be True or False"),
        ({"max_latency": "soon"}, "max_latency must be a duration with a unit"),
        ({"max_fit": 0}, "max_fit must be above 0"),
        ({"max_size": "10 tons"}, "max_size must be a size"),
        ({"max_size": 0}, "at least a byte"),
    ],
)
def test_an_option_that_cannot_be_meant_is_refused_and_says_why(options: dict[str, Any], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        Plan.create(target="y", **options)


def test_networks_compete_where_they_are_asked_for_or_named_and_not_left_out() -> None:
    assert Plan.create(nas=True).has_networks and Plan.create(models="linear,network").has_networks
    assert not Plan.create(nas=False).has_networks and not Plan.create(nas=True, exclude="network").has_networks
    assert Plan.from_json(Plan.create(nas=True).to_json()).nas


@pytest.mark.parametrize(
    ("text", "size"), [("10MB", 10**7), ("1.5 kB", 1500), ("2KiB", 2048), ("70b", 70), ("1000", 1000), (2048, 2048)]
)
def test_a_size_is_read_in_every_usual_form(text: Any, size: int) -> None:
    assert bytes_of(text) == size


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "repeats"])
def test_the_example_of_an_option_works_in_python_and_in_a_cell(name: str) -> None:
    python, cell = example(name).removeprefix("For example ").removesuffix(" in a cell.").split(" in Python, or ")
    given = eval(f"dict({python})")
    assert list(given) == [name]
    kind = Plan if name in vars(Plan()) else NetworkPlan
    written = plan_of(parse_line(f"df --target y {cell}", {}).options, {}, None, kind)
    assert getattr(written, name) == getattr(kind.create(target="y", **given), name)


def test_a_plan_survives_json() -> None:
    limits = {"max_latency": "50ms", "max_size": "10MB", "max_fit": "20s"}
    plan = Plan.create(target="y", trials=7, models="linear,hist_gb", cv=4, test="20%", **limits)
    assert (plan.max_latency, plan.max_size, plan.max_fit) == (0.05, 10_000_000, 20.0)
    assert Plan.from_json(plan.to_json()) == plan
    assert plan.test == 0.2 and plan.models == ("linear", "hist_gb")
