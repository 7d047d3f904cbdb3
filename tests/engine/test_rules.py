"""Rules: read, refused, and held to the values that parameters really get."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from automl_magic.engine.holes import Choice, Int
from automl_magic.engine.rules import Rule, parse_rule
from automl_magic.engine.space import compile_space
from automl_magic.errors import SpaceError

VALUES = {"a.depth": 10, "a.trees": 300, "kernel": "rbf", "flag": True, "limit": None, "x": -2.0}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("a.depth * a.trees <= 2000", False),
        ("a.depth * a.trees <= 3000", True),
        ("1 < a.depth < 11", True),
        ("1 < a.depth < 10", False),
        ("kernel == 'rbf'", True),
        ("kernel != 'rbf' or a.depth > 5", True),
        ("not (kernel == 'rbf' and a.depth > 5)", False),
        ("flag == True", True),
        ("flag", True),
        ("not flag", False),
        ("limit == None", True),
        ("limit != None", False),
        ("-x == 2", True),
        ("x ** 2 == 4", True),
        ("a.trees / 100 - 1 == +2", True),
        ("a.depth + x > 7", True),
    ],
)
def test_a_rule_is_computed_as_python_would(text, holds) -> None:
    assert parse_rule(text).holds(VALUES) is holds


@pytest.mark.parametrize(
    "text",
    [
        "b.depth > 99",
        "a.depth > 99 or b.depth == 1",
        "kernel == 'linear' and b.depth == 1",
        "limit > 99",
        "limit * 2 == 1",
        "-limit == 1",
    ],
)
def test_a_rule_that_meets_an_inactive_label_or_none_holds_as_a_whole(text) -> None:
    assert parse_rule(text).holds(VALUES)


@pytest.mark.parametrize("text", ["a.depth / (x + 2) > 0", "x ** 0.5 > 0", "a.trees ** a.trees > 0"])
def test_a_rule_that_cannot_be_computed_refuses(text) -> None:
    assert not parse_rule(text).holds(VALUES)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('x') == 0",
        "a.depth[0] > 1",
        "a.depth in (1, 2)",
        "a.depth is None",
        "a.depth % 2 == 0",
        "a.depth if flag else x",
        "[a.depth]",
        "lambda: a.depth",
        "(a := 1) > 0",
        "f'{a.depth}' == '1'",
        "a.depth > 1j",
        "a.depth >",
        "",
        "1 < 2",
        "a.depth > 1; x",
        "(" * 300 + "a" + ")" * 300,
    ],
)
def test_what_is_no_rule_is_refused_when_it_is_written(text) -> None:
    with pytest.raises(SpaceError):
        parse_rule(text)


def test_arithmetic_with_text_says_so() -> None:
    with pytest.raises(SpaceError, match="cannot be computed"):
        parse_rule("kernel * 2 == 4").holds(VALUES)
    with pytest.raises(SpaceError, match="cannot be computed"):
        parse_rule("kernel < 2").holds(VALUES)


def test_a_rule_knows_its_labels() -> None:
    rule = parse_rule("a.depth * a.trees <= 2000 or kernel == 'rbf' and flag")
    assert rule.labels == ("a.depth", "a.trees", "kernel", "flag")
    assert rule.numeric_labels == ("a.depth", "a.trees")


def test_a_function_is_a_rule_too() -> None:
    def shallow(values) -> bool:
        return values["a.depth"] < 5

    assert parse_rule(shallow).text == "shallow"
    assert not parse_rule(shallow).holds(VALUES)
    with pytest.raises(SpaceError, match="text or a function"):
        parse_rule(3)


def test_a_rule_may_read_the_configuration_and_not_what_its_options_stand_for() -> None:
    space = compile_space({"size": Choice(None, Int(3, 30))})
    seen: list[object] = []

    def small(config: Mapping[str, object]) -> bool:
        seen.append(config["size"])
        return config.get("size.value", 0) != 30

    ruled = space.rule(Rule("small", small, reads_config=True))
    assert ruled.contains({"size": "value", "size.value": 7})
    assert seen == ["value"], "the key of the option, not the number behind it"
    assert [rule.text for rule in ruled.broken_rules({"size": "value", "size.value": 30})] == ["small"]
