"""The options of the cell, in one table: the parser, the help and the completion read it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from automl_magic.errors import OptionError, did_you_mean


@dataclass(frozen=True)
class Option:
    """One option: its name, what its value looks like ("" for a switch), and what it does."""

    name: str
    value: str
    says: str
    is_common: bool = False


OPTIONS = (
    Option("target", "COL", "the column to predict", True),
    Option("time", "60s", "how long to search (default 60s)", True),
    Option("trials", "N", "how many pipelines to try; without --time the run is repeatable", True),
    Option("metric", "NAME", "what is made good: auc, logloss, accuracy, f1, mae, rmse, r2 …", True),
    Option("models", "a,b", "the families to search", True),
    Option("out", "NAME", "the variable for the best pipeline (default best); the run is NAME_run", True),
    Option("seed", "N", "seeds the split, the search and every fit (default 0)", True),
    Option(
        "search",
        "NAME",
        "who proposes: tpe, random, sobol, grid, anneal, evolution, de, local, reinforce, hybrid, hyperopt; "
        "several with race",
        True,
    ),
    Option("task", "KIND", "auto, classification or regression"),
    Option("exclude", "a,b", "families to leave out"),
    Option("cv", "N", "number of folds, auto or holdout"),
    Option("group", "COL", "rows with the same value stay in one fold"),
    Option("order", "COL", "the order of time: train on the past, score on what follows"),
    Option("test", "0.2|DATA", "rows kept apart and scored once: a share, or a table"),
    Option("ignore", "a,b", "columns to leave out"),
    Option("baseline", "VAR", "the pipeline that you have today: the line to beat"),
    Option("name", "RUN", "a name for the run"),
    Option("workers", "N", "processes (default one each CPU; 0: none)"),
    Option("lag", "N", "steps that may be open when the next is decided, with --trials (default 4)"),
    Option(
        "scheduler",
        "NAME",
        "which trials end early: first_fold (default with a time), forgiving (without), median, halving, none",
    ),
    Option("ensemble", "", "the best may be a weighted mean of several pipelines (default)"),
    Option("no-ensemble", "", "a single pipeline"),
    Option("calibrate", "", "threshold or chances of the best may be calibrated for the metric (default)"),
    Option("no-calibrate", "", "rows are called by the largest chance, and chances stay as they are"),
    Option("nas", "", "on a table: networks (PyTorch) compete with the other families"),
    Option("max-latency", "50ms", "most time that the best may take to predict 1,000 rows (with nas: one row)"),
    Option("max-size", "10MB", "most space that the best may take as a pickle"),
    Option("max-fit", "20s", "most time that a fit on one fold may take"),
    Option("monotone", "a:1,b:-1", "columns along which predictions only rise (1) or only fall (-1)"),
    Option("class-weight", "balanced|a:3", "weights of the classes in each fit"),
    Option(
        "sample-weight", "COL", "what each row counts, in fits and scores: a column, or a variable beside the table"
    ),
    Option("epochs", "N", "with nas: epochs of training over all networks together; without --time it is repeatable"),
    Option("max-params", "50k", "with nas: most parameters of a network"),
    Option("max-macs", "2M", "with nas: most multiplications with an addition that one row may take"),
    Option("max-memory", "200MB", "with nas: most memory that training may take, estimated"),
    Option(
        "ablation", "", "with nas: is it worth it? training alone, architecture alone, both: a third of the time each"
    ),
    Option("input", "KIND", "with nas: what a row of X is: auto, table, sequence, image, text"),
    Option("background", "", "give the cell back at once; the variable comes when the search ends"),
    Option("quiet", "", "show nothing while it runs"),
    Option("maximize", "", "with tune: make the function large"),
    Option("speed", "10", "with replay: how many seconds of the run go by in one"),
    Option("repeats", "N", "with race: how often, each time with other folds and seeds (default 2)"),
    Option(
        "on",
        "FUNCTION",
        "with race: a test function instead of a table: branin, hartmann6, rosenbrock5, branches, or networks that "
        "were trained beforehand, nasbench201-cifar10, -cifar100, -imagenet",
    ),
    Option("from", "FILES", "with race: lay saved runs over one another, without computing"),
    Option("prune", "", "with race: let trials that fall behind end early, as --scheduler forgiving does"),
    Option("config", "FILE", "options from a TOML file, under their names"),
    Option("data", "NAME", "the table, where its name is a sub-command's"),
)
BY_NAME = {option.name: option for option in OPTIONS}
COMMANDS = {
    "demo": "put a ready cell on a bundled table below",
    "help": "this page",
    "tune": "search the values of a function: %%automl tune f --trials 50",
    "nas": "search a neural network, its layers, units and connections: %%automl nas X y --time 120s --out net",
    "runs": "the runs of this kernel",
    "status": "how the run is going",
    "pause": "start no new fit and stop the clock",
    "continue": "go on after a pause",
    "skip": "end the oldest running trial",
    "stop": "end the run and keep the best",
    "resume": "go on with a run after a crash or a stop: %automl resume RUN",
    "replay": "a recorded run again in its panel: %automl replay RUN|FILE --speed 10",
    "leaderboard": "the trials, the best first",
    "race": "let searchers race: %automl race df --target y --search grid,random,tpe --trials 40 --repeats 2",
    "code": "put the plain scikit-learn script of the best pipeline below (PyTorch of a network), or an editor's cell",
    "space": "edit the space by hand before the search: %automl space df --target y",
}
LATER = ("explain", "record")
EXAMPLE = "Example: %%automl df --target price --time 60s"


@dataclass(frozen=True)
class Request:
    """What an option line asks for: a sub-command or none, names, options by name."""

    command: str | None
    names: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


def parse_line(line: str, names: Mapping[str, Any]) -> Request:
    """Return what an option line asks for.

    Parameters
    ----------
    line : str
        As typed behind `%automl` or `%%automl`. `#` starts a comment.
    names : mapping
        The user's variables: `{name}` stands for the value of one. Nothing is evaluated.

    Raises
    ------
    OptionError
        For an option that is unknown, lacks its value, or is given twice.

    Examples
    --------
    >>> parse_line("df --target price --trials 5", {}).options
    {'target': 'price', 'trials': '5'}
    """
    try:
        words = shlex.split(line, comments=True)
    except ValueError as error:
        raise OptionError(f"The option line cannot be read: {str(error).lower()}.", EXAMPLE) from None
    words = [_filled(word, names) for word in words]
    plain: list[str] = []
    options: dict[str, Any] = {}
    while words:
        word = words.pop(0)
        if not word.startswith("--"):
            plain.append(word)
            continue
        name, equals, value = word[2:].partition("=")
        option = BY_NAME.get(name)
        if option is None:
            raise OptionError(f"No option --{name}.{did_you_mean(name, BY_NAME)}", "%%automl? lists them all.")
        if name in options:
            raise OptionError(f"--{name} is given twice.", "Keep one of them.")
        options[name] = _value_of(option, value if equals else None, words)
    command = plain.pop(0) if plain and plain[0] in (*COMMANDS, *LATER) else None
    return Request(command, tuple(plain), options)


def _value_of(option: Option, given: str | None, words: list[str]) -> Any:
    if not option.value:
        if given is not None:
            raise OptionError(f"--{option.name} takes no value. Got {given!r}.", f"Write --{option.name} alone.")
        return True
    if given is None:
        if not words or words[0].startswith("--"):
            raise OptionError(f"--{option.name} needs a value.", f"Example: --{option.name} {option.value}")
        given = words.pop(0)
    return given


def _filled(word: str, names: Mapping[str, Any]) -> str:
    """Return the word with `{name}` replaced by the text of that variable."""
    if not (word.startswith("{") or "={" in word) or not word.endswith("}"):
        return word
    before, _, name = word[:-1].rpartition("{")
    if not name.isidentifier():
        raise OptionError(
            f"{{{name}}} must be the name of a variable: nothing is computed in an option line.",
            "Compute it in a cell above, name it, and write that name in braces.",
        )
    if name not in names:
        raise OptionError(
            f'No variable named "{name}".{did_you_mean(name, visible(names))}', "Run the cell that makes it first."
        )
    return before + _as_text(name, names[name])


def _as_text(name: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        texts = [_as_text(name, part) for part in value]
        return ",".join(f'"{text}"' if "," in text else text for text in texts)
    if isinstance(value, str | int | float | os.PathLike):
        return str(value)
    raise OptionError(
        f"{{{name}}} must hold a text, a number or a list of them. Got {type(value).__name__} instead.",
        f"Write {name} without braces where the variable itself is meant.",
    )


def visible(names: Mapping[str, Any]) -> list[str]:
    """Return the names that a person gave herself."""
    return [
        name for name in names if not name.startswith("_") and name not in ("In", "Out", "get_ipython", "exit", "quit")
    ]


def help_text() -> str:
    """Return the help: the common options, then the rest, then the sub-commands."""

    def head(option: Option) -> str:
        return f"--{option.name} {option.value}".strip()

    width = 2 + max(len(head(option)) for option in OPTIONS)

    def rows(options: list[Option]) -> list[str]:
        return [f"    {head(option):<{width}}{option.says}" for option in options]

    common = rows([option for option in OPTIONS if option.is_common])
    more = rows([option for option in OPTIONS if not option.is_common])
    commands = [f"    {f'%automl {name}':<{width}}{says}" for name, says in COMMANDS.items()]
    lines = [
        "Search whole pipelines for a table; the best fitted one lands in a variable.",
        "",
        "    %%automl df --target survived --time 60s",
        "",
        "DATA is a variable (a DataFrame, an array, a Bunch), a pair `X y`, or a path to a CSV or Parquet file.",
        'The body is Python: space.models(…), space["hist_gb.learning_rate"] = Float(0.02, 0.2, log=True),',
        "space.rule(…), space.start(…); or its last value is a space of your own. An empty body searches the default.",
        "By sliders instead: %automl space df --target survived shows an editor that writes this body.",
        "",
        *common,
        "",
        "More:",
        *more,
        "",
        "Sub-commands:",
        *commands,
    ]
    return "\n".join(lines)
