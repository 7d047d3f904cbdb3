"""The option line and the body: what they are read as, and what is refused with what to write instead."""

from __future__ import annotations

import builtins
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from automl_magic.engine.holes import Choice, Float
from automl_magic.errors import AutoMLError, OptionError, SpaceError
from automl_magic.notebook.body import BodySyntaxError, body_of, template_of
from automl_magic.notebook.cell import Cap, cap_of, checked_out, data_named, data_of, plan_of, test_data, with_config
from automl_magic.notebook.options import COMMANDS, OPTIONS, help_text, parse_line

NO_DEFAULTS: dict[str, Any] = {"time": "60s"}
test_data.__test__ = False  # type: ignore[attr-defined]  # its name is the option's


def plan(line: str, cap: Cap | None = None, **names: Any) -> Any:
    """Return the plan of an option line."""
    return plan_of(with_config(parse_line(line, names)), NO_DEFAULTS, cap)


def test_a_comment_quotes_and_equals_signs_are_read_as_a_shell_does() -> None:
    request = parse_line('df --target "my column" --cv=holdout  # a remark --trials 3', {})
    assert request.names == ("df",) and request.options == {"target": "my column", "cv": "holdout"}


@pytest.mark.parametrize(("text", "seconds"), [("60s", 60), ("2m", 120), ("1h", 3600), ("1m30s", 90), ("90 s", 90)])
def test_a_duration_has_a_unit(text: str, seconds: float) -> None:
    assert plan(f'df --target y --time "{text}"').time == seconds


@pytest.mark.parametrize("text", ["60", "0s", "-5s", "nan", "soon", "1x", "", "1m30"])
def test_a_duration_without_a_meaning_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(OptionError, match="--time 60s"):
        plan(f"df --target y --time '{text}'")


@pytest.mark.parametrize("name", ["ensemble", "calibrate"])
def test_what_is_on_is_switched_off_by_a_no_before_it_and_not_both(name: str) -> None:
    assert getattr(plan("df --target y"), name) is getattr(plan(f"df --target y --{name}"), name) is True
    assert getattr(plan(f"df --target y --no-{name}"), name) is False
    with pytest.raises(OptionError, match=f"--{name} and --no-{name} exclude each other"):
        plan(f"df --target y --{name} --no-{name}")


def test_the_default_is_a_minute_and_trials_alone_set_no_time() -> None:
    assert plan("df --target y").time == 60
    assert plan("df --target y --trials 5").time is None and plan("df --target y --trials 5").is_repeatable


def test_a_cap_shortens_the_time_and_leaves_a_repeatable_plan_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    cap = Cap(30.0, "a hub")
    assert plan("df --time 2m", cap).time == 30 and plan("df --time 10s", cap).time == 10
    assert plan("df --trials 9", cap).is_repeatable
    monkeypatch.setenv("AUTOML_MAX_SECONDS", "20")
    assert cap_of(50.0) == Cap(20.0, "AUTOML_MAX_SECONDS") and cap_of(5.0) == Cap(5.0, "AutoMLMagics.max_time")
    monkeypatch.setenv("AUTOML_MAX_SECONDS", "a while")
    with pytest.raises(OptionError, match="AUTOML_MAX_SECONDS must be a number of seconds"):
        cap_of(None)
    monkeypatch.delenv("AUTOML_MAX_SECONDS")
    assert cap_of(None) is None


@pytest.mark.parametrize(("share", "value"), [("0.2", 0.2), ("25%", 0.25)])
def test_rows_apart_are_a_share_or_a_table(share: str, value: float) -> None:
    assert plan(f"df --target y --test {share}").test == value
    options = {"test": "later"}
    assert plan_of(options, NO_DEFAULTS, None).test is None
    assert test_data(options, {"later": 7}) == 7 and test_data({"test": share}, {}) is None


def test_names_in_braces_stand_for_values_and_nothing_is_evaluated() -> None:
    names = {"column": "a b", "kept": ["linear", "knn"], "n": 3, "frame": pd.DataFrame()}
    request = parse_line("df --target {column} --models {kept} --trials {n}", names)
    assert request.options == {"target": "a b", "models": "linear,knn", "trials": "3"}
    with pytest.raises(OptionError, match="nothing is computed"):
        parse_line("df --target {n+1}", names)
    with pytest.raises(OptionError, match='Did you mean "column"'):
        parse_line("df --target {colum}", names)
    with pytest.raises(OptionError, match=r"\{frame\} must hold a text.*Got DataFrame"):
        parse_line("df --test {frame}", names)


def test_a_file_holds_options_beneath_those_of_the_line(tmp_path: Path) -> None:
    file = tmp_path / "search.toml"
    file.write_text('target = "y"\ntrials = 7\nmodels = ["linear", "knn"]\ntest = 0.2\n')
    found = plan(f"df --trials 3 --config {file}")
    assert (found.target, found.trials, found.models, found.test) == ("y", 3, ("linear", "knn"), 0.2)
    file.write_text("time = 60\n")
    with pytest.raises(OptionError, match="--time 60s"):
        plan(f"df --config {file}")
    file.write_text("taget = 'y'\n")
    with pytest.raises(OptionError, match='Did you mean "target"'):
        plan(f"df --config {file}")
    with pytest.raises(OptionError, match="cannot be read"):
        plan(f"df --config {tmp_path / 'none.toml'}")


def test_data_are_a_variable_a_pair_or_a_path_and_our_words_come_first() -> None:
    names = {"X": 1, "y": 2, "status": 3}
    assert data_of(parse_line("X y", names), {}, names) == (1, 2)
    assert parse_line("status", names).command == "status"
    assert data_of(parse_line("", names), {"data": "status"}, names) == (3, None)
    assert data_named("tables/x.csv", names) == "tables/x.csv"
    for line, said in (("", "No data"), ("X y z", "Too many"), ("Z", "No variable")):
        with pytest.raises(OptionError, match=said):
            data_of(parse_line(line, names), {}, names)


@pytest.mark.parametrize("name", ["1x", "a-b", "class", "None", "print", "In", "_", "math", "frame", "Thing", "new"])
def test_the_variable_to_write_must_hide_nothing(name: str) -> None:
    names = {"math": re, "frame": pd.DataFrame({"a": [1]}), "Thing": int, "new_run": pd.DataFrame({"a": [1]})}
    with pytest.raises(OptionError, match="--out"):
        checked_out(name, names)
    assert checked_out("best", {"best": LogisticRegression()}) == "best"


def test_the_help_shows_eight_options_before_the_rest() -> None:
    first, rest = help_text().split("More:")
    assert first.count("    --") == 8 and all(f"--{option.name}" in first + rest for option in OPTIONS)


def test_what_an_option_does_stands_in_one_column_of_the_help() -> None:
    lines = [line for line in help_text().splitlines() if line.startswith(("    --", "    %automl "))]
    says = {
        **{f"--{option.name}": option.says for option in OPTIONS},
        **{f"%automl {name}": COMMANDS[name] for name in COMMANDS},
    }
    told = [(line, next(text for head, text in says.items() if line.strip().startswith(f"{head} "))) for line in lines]
    assert len(lines) == len(says) and len({len(line) - len(text) for line, text in told}) == 1
    assert all(line.endswith(f"  {text}") for line, text in told)


# -- the body --------------------------------------------------------------------------------------------------------


def test_a_body_of_comments_is_none_and_names_are_not_written_back() -> None:
    assert body_of("\n  # nothing\n", "df", {}) is None
    names = {"n": 2}
    body = body_of("n = 5\nm = n * 2\nm", "df", names)
    assert body is not None and body(None) == 10 and names == {"n": 2}


def test_the_body_has_space_and_holes_and_hyperopts_hp() -> None:
    body = body_of("space.append(Float(0, 1)); hp.uniform('x', 0, 1)", "df", {"space": "mine"})
    draft: list[Any] = []
    assert body is not None and body(draft) is not None and isinstance(draft[0], Float)


def test_functions_in_the_body_see_each_other_and_the_users_names() -> None:
    body = body_of("def f(): return k\ndef g(): return [f() for _ in range(2)]\ng()", "df", {"k": 3})
    assert body is not None and body(None) == [3, 3]


def test_what_is_no_python_is_told_with_its_line() -> None:
    with pytest.raises(BodySyntaxError, match=r"line 3") as caught:
        body_of("a = 1\nb = (2", "df", {})
    assert isinstance(caught.value, AutoMLError)


def test_blank_lines_above_the_cell_count() -> None:
    body = "x = (1"
    shell = SimpleNamespace(history_manager=SimpleNamespace(input_hist_raw=["", f"\n\n%%automl df\n{body}"]))
    shell.compile = SimpleNamespace(cache=lambda source, number: "cell")
    shell.execution_count = 1
    with pytest.raises(BodySyntaxError, match=r"line 4"):
        body_of(body, "df", {}, shell)


def test_an_estimator_or_a_choice_is_a_space_and_look_alikes_are_refused() -> None:
    made = LogisticRegression(C=Float(0.1, 1))
    choice = Choice(made, None)
    assert template_of(made) is made and template_of(choice) is choice
    assert template_of(None) is None and template_of("words") is None
    for value, said in (
        (LogisticRegression, r"LogisticRegression\(\)"),
        ([made], "Choice"),
        ({"C": 1}, "tune"),
        (Float(0, 1), "estimator"),
    ):
        with pytest.raises(SpaceError, match=said):
            template_of(value)


def test_nothing_of_the_line_reaches_eval(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("evaluated")

    monkeypatch.setattr(builtins, "eval", refuse)
    for line in ("{__import__('os')}", "df --target {().__class__}", "--data {a[0]}", "df --out {f()}"):
        with pytest.raises(OptionError):
            parse_line(line, {"a": [1], "f": refuse})
