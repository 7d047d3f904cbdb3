"""Holes: bounds, scales, defaults and keys are checked where they are written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from automl_magic.engine.holes import Build, Choice, Float, Int, as_hole, key_of
from automl_magic.engine.keys import order_of, plain, same_key
from automl_magic.engine.parameters import parameter_of
from automl_magic.errors import SpaceError

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Float(2, 1), "low must not be above high"),
        (lambda: Float(0, 1, log=True), "above 0 with log=True"),
        (lambda: Int(-3, 5, log=True), "above 0 with log=True"),
        (lambda: Float(0, 1, default=2), "default must lie between 0.0 and 1.0. Got 2.0"),
        (lambda: Float(0, float("inf")), "finite number. Got inf"),
        (lambda: Float("a", 1), "finite number. Got 'a'"),
        (lambda: Float(False, True), "finite number. Got False"),
        (lambda: Int(1.5, 3), "whole number. Got 1.5"),
        (lambda: Int(1, 3, default=1.2), "whole number. Got 1.2"),
        (lambda: Float(0, 1, prior=3), "prior must be"),
        (lambda: Float(1, 2, log=True, prior=(-1, 1)), "prior must be"),
        (lambda: Float(0, 1, name=""), "name must be a text"),
        (lambda: Choice(), "at least one option"),
        (lambda: Choice("a", "b", default="c"), "default must be one of 'a', 'b'"),
        (lambda: Choice(SVC(), SVC(C=2)), "different keys. Got 'svc' twice"),
        (lambda: Choice(1, 1.0), "different keys"),
        (lambda: Choice(lambda: 1), "no name that lasts"),
        (lambda: Build("SVC"), "something to call"),
        (lambda: as_hole(stats.norm(0, 1)), "loguniform, uniform or randint"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_reason(make, says) -> None:
    with pytest.raises(SpaceError, match=says):
        make()


def test_a_hole_says_itself_in_code_that_makes_it_again() -> None:
    for hole in (
        Float(0, 1),
        Float(1e-3, 1, log=True, default=0.5),
        Int(1, 9, default=1, name="n"),
        Float(0, 2, prior=(1, 0.5)),
    ):
        assert eval(repr(hole)) == hole
    choice = Choice("a", None, Int(1, 3), small=50, default="small", name="c")
    again = eval(repr(choice))
    assert (again.keys, again.default, again.name) == (("a", None, "value", "small"), "small", "c")


def test_numbers_of_numpy_are_taken_as_bounds_and_options() -> None:
    assert Int(np.int64(1), np.int64(5)) == Int(1, 5)
    assert Float(np.float32(0.5), 1) == Float(0.5, 1)
    assert [type(key) for key in Choice(np.int64(3), np.bool_(True), np.str_("a")).keys] == [int, bool, str]


@pytest.mark.parametrize(
    ("option", "key"),
    [
        ("rbf", "rbf"),
        (0.5, 0.5),
        (True, True),
        (None, None),
        (Float(0, 1), "value"),
        (stats.uniform(0, 1), "value"),
        (Choice(1, 2), "value"),
        (SVC(C=Float(1, 2)), "svc"),
        (make_pipeline(StandardScaler(), SVC()), "svc"),
        (StandardScaler(), "standard_scaler"),
        (Build(SVC, C=1), "svc"),
        ((50, 50), "(50, 50)"),
        (float("nan"), "nan"),
        (key_of, "key_of"),
    ],
)
def test_an_option_has_the_key_that_the_grammar_gives_it(option, key) -> None:
    found = key_of(option)
    assert same_key(found, key)


def test_true_and_one_are_different_keys_and_order_has_no_part_in_them() -> None:
    assert Choice(True, 1, "1", "True").keys == (True, 1, "1", "True")
    assert sorted(["b", 2, True, None, 1.5], key=order_of) == [None, True, 1.5, 2, "b"]
    assert not same_key(True, 1) and same_key(1, 1.0) and not same_key(None, False)
    assert plain(np.float64(0.5)) == 0.5


def test_a_keyword_is_the_key_even_where_the_option_has_one() -> None:
    choice = Choice(hist_gb=SVC(), default="hist_gb")
    assert choice.keys == ("hist_gb",)
    assert Choice.of([("case 1", 1), ("case 2", 2)], default=2).default == "case 2"


def test_none_as_default_means_the_option_none_where_there_is_one() -> None:
    assert Choice("a", None, default=None).default is None
    assert Choice("a", "b", default=None).default == "a"
    assert Choice("a", None).default == "a"


@pytest.mark.parametrize(
    ("hole", "default"),
    [(Float(0, 1), 0.5), (Float(1e-4, 1, log=True), 0.01), (Int(1, 100, log=True), 10), (Int(1, 4), 2), (Int(3, 3), 3)],
)
def test_without_a_default_the_middle_on_the_scale_is_tried_first(hole, default) -> None:
    assert parameter_of("x", hole, ()).default == default


def test_frozen_distributions_of_scipy_are_holes_with_inclusive_bounds() -> None:
    assert as_hole(stats.loguniform(1e-3, 10)) == Float(1e-3, 10, log=True)
    assert as_hole(stats.uniform(2, 3)) == Float(2, 5)
    assert as_hole(stats.uniform(loc=-1, scale=2)) == Float(-1, 1)
    assert as_hole(stats.randint(1, 10)) == Int(1, 9)
    with pytest.raises(SpaceError):
        as_hole(stats.loguniform(1, 2, loc=1))


def test_writing_holes_loads_neither_numpy_nor_hyperopt() -> None:
    code = (
        "import sys, automl_magic.engine.holes; print([n for n in ('numpy', 'scipy', 'hyperopt') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
