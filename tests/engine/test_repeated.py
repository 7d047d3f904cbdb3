"""A number of parts: labels that the numbers share, edits of the number and of a part, and what is made."""

from __future__ import annotations

from functools import partial

import cloudpickle
import numpy as np
import pytest

from automl_magic.engine.draft import SpaceDraft
from automl_magic.engine.holes import Build, Choice, Float, Int
from automl_magic.engine.hyperopt_space import config_to_vals, domain_of, vals_to_config
from automl_magic.engine.repeated import Repeated
from automl_magic.engine.space import SearchSpace, compile_space
from automl_magic.errors import SpaceError


def part(number: int, units: object = Choice(16, 32, 64)) -> dict[str, object]:
    return {"units": units, "skip": False, "kind": Choice(plain=1, wide=Build(dict, factor=Int(2, 4)))}


def net(layers: object, **more: object) -> dict[str, object]:
    return {"layers": layers, **more}


def stack(counts: object = Int(1, 3), **more: object) -> Build:
    return Build(net, layers=Repeated(counts, part, "layer", "depth"), **more)


def nets() -> SearchSpace:
    return compile_space(Choice(deep=stack(rate=Float(0, 1)), flat=stack(2)))


def test_a_part_has_one_label_and_counts_where_there_are_so_many() -> None:
    space = nets()
    assert [label for label in space.labels if label.startswith("deep.")] == [
        "deep.depth",
        *(f"deep.layer{k}.{name}" for k in (1, 2, 3) for name in ("units", "kind", "kind.wide.factor")),
        "deep.rate",
    ]
    for depth in (1, 2, 3):
        config = space.validate({"model": "deep", "deep.depth": depth})
        assert {label for label in config if label.endswith("units")} == {
            f"deep.layer{k}.units" for k in range(1, depth + 1)
        }
        assert len(space.make(config)["layers"]) == depth


def test_what_is_made_is_a_tuple_of_the_parts_in_order() -> None:
    first = {"deep.layer1.units": 64, "deep.layer1.kind": "plain"}
    second = {"deep.layer2.units": 16, "deep.layer2.kind": "wide", "deep.layer2.kind.wide.factor": 3}
    made = nets().make({"model": "deep", "deep.depth": 2, "deep.rate": 0.5, **first, **second})
    assert made == {
        "rate": 0.5,
        "layers": (
            {"units": 64, "skip": False, "kind": 1},
            {"units": 16, "skip": False, "kind": {"factor": 3}},
        ),
    }


def test_draws_hold_active_labels_only_and_every_number_is_drawn() -> None:
    space, rng = nets(), np.random.default_rng(0)
    drawn = [space.sample(rng) for _ in range(60)]
    assert all(space.contains(config) for config in drawn)
    assert {config["deep.depth"] for config in drawn if config["model"] == "deep"} == {1, 2, 3}
    assert space.grid_size(2) == len(list(space.grid(2)))


@pytest.mark.parametrize(
    ("line", "depths", "again"),
    [
        ('space["deep.depth"] = 2', {2}, 'space["deep.depth"] = 2'),
        ('space["deep.depth"] = Int(1, 2)', {1, 2}, 'space["deep.depth"] = Int(1, 2)'),
        ('space["deep.depth"] = Choice(2, 5)', {2, 5}, 'space["deep.depth"] = Choice(2, 5)'),
        ('space.narrow("deep.depth", options=[1, 3])', {1, 3}, 'space.narrow("deep.depth", options=[1, 3])'),
        ('space.rule("deep.depth <= 2")', {1, 2}, 'space.rule("deep.depth <= 2")'),
    ],
)
def test_the_number_is_edited_as_any_parameter(line: str, depths: set[int], again: str) -> None:
    space = written(line).models("deep")
    rng = np.random.default_rng(0)
    drawn = [space.sample(rng) for _ in range(40)]
    assert {config["deep.depth"] for config in drawn} == depths
    assert {len(space.make(config)["layers"]) for config in drawn} == depths
    assert written(line).to_code() == again
    assert written(again).fingerprint() == written(line).fingerprint() != nets().fingerprint()


def written(lines: str) -> SearchSpace:
    draft = SpaceDraft(nets())
    exec(lines, {"space": draft, "Choice": Choice, "Int": Int, "Float": Float})
    return draft.space


@pytest.mark.parametrize("first", [True, False])
def test_an_edited_part_stays_edited_when_the_number_changes(first: bool) -> None:
    lines = ['space["deep.layer2.units"] = Choice(7, 9)', 'space["deep.depth"] = Int(2, 4)']
    space = written("\n".join(lines if first else lines[::-1])).models("deep")
    assert space["deep.layer2.units"].options == (7, 9)
    assert space["deep.layer4.units"].options == (16, 32, 64)
    assert written(space.to_code()).fingerprint() == space.fingerprint()


def test_a_value_that_is_not_searched_is_named_in_each_part() -> None:
    space = nets().search("deep.layer2.skip", Choice(True, False))
    assert space.active({"model": "deep", "deep.depth": 1})[-1] != "deep.layer2.skip"
    made = space.make(space.validate({"model": "deep", "deep.depth": 3, "deep.layer2.skip": True}))
    assert [layer["skip"] for layer in made["layers"]] == [False, True, False]


def test_rules_about_a_part_hold_where_there_is_none() -> None:
    space = nets().models("deep").rule("deep.layer3.units <= 16")
    rng = np.random.default_rng(1)
    drawn = [space.sample(rng) for _ in range(40)]
    assert all(config.get("deep.layer3.units", 16) == 16 for config in drawn)
    assert {config["deep.depth"] for config in drawn} == {1, 2, 3}


def test_parts_nest() -> None:
    def block(number: int) -> Build:
        return Build(net, layers=Repeated(Int(1, 2), part, "layer", "depth"))

    space = compile_space(Build(net, layers=Repeated(Int(1, 2), block, "block", "times")))
    assert {"times", "block1.depth", "block2.layer2.units"} <= set(space.labels)
    config = space.validate({"times": 2, "block1.depth": 2, "block2.depth": 1})
    assert "block2.layer2.units" not in config
    assert [len(one["layers"]) for one in space.make(config)["layers"]] == [2, 1]


def test_hyperopt_has_the_same_space() -> None:
    space, rng = nets(), np.random.default_rng(0)
    assert {*domain_of(space).params} >= {"model", "deep.depth", "deep.layer3.units"}
    for _ in range(20):
        config = space.sample(rng)
        assert vals_to_config(space, config_to_vals(space, config)) == config


def test_a_space_of_parts_is_pickled() -> None:
    space = compile_space(Build(net, layers=Repeated(Int(1, 3), partial(part, units=Choice(1, 2)), "layer", "depth")))
    assert cloudpickle.loads(cloudpickle.dumps(space)).fingerprint() == space.fingerprint()


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (0, "from 1 to 64"),
        (Int(1, 65), "from 1 to 64"),
        (Choice(1, "2"), "whole number"),
        (Float(1, 2), "whole number"),
        ("2", "whole number"),
        (True, "whole number"),
        (2.5, "whole number"),
        (float("nan"), "whole number"),
        (Int(1, 2, name="n"), "without a name"),
    ],
)
def test_other_numbers_are_refused(counts: object, words: str) -> None:
    with pytest.raises(SpaceError, match=words):
        stack(counts)


def test_a_part_that_stands_unnamed_gives_its_labels_to_what_holds_it() -> None:
    class Unnamed(Build):
        unnamed = ("inner",)

    space = compile_space(Unnamed(dict, inner=Choice(a=stack(1), b={"x": Float(0, 1)}), other={"y": Int(1, 2)}))
    assert space.labels[0] == "model" and {"a.depth", "b.x", "other.y"} <= set(space.labels)
    assert space.fix("b.x", 0.5).make({"model": "b", "b.x": 0.5, "other.y": 1})["inner"] == {"x": 0.5}
    assert space.search("other.y", Int(3, 4))["other.y"].low == 3
