"""What prepares the rows of a network, as source with plain data: means and deviations, tokens, levels."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from automl_magic.errors import AutoMLError
from automl_magic.networks.graph import Inputs
from automl_magic.networks.preparing import TOKEN, PrepareArray, PrepareText
from automl_magic.networks.preparing_tables import PrepareTable
from automl_magic.tabular import converting
from automl_magic.tabular.steps import CYCLES, PARTS

WIDTH = 100


@dataclass(frozen=True)
class Preparation:
    """Imports and lines of a script that define `prepare(X)`."""

    imports: tuple[str, ...]
    lines: tuple[str, ...]


def preparation_of(prepare: Any, inputs: Inputs) -> Preparation:
    """Return the source of a fitted preparation; without one, rows are taken as they are.

    Raises
    ------
    AutoMLError
        If it cannot be told in plain data: another class, or a table with columns of free text.
    """
    if prepare is None:
        return Preparation((), _AS_IT_IS)
    for kind, write in _WRITERS:
        if isinstance(prepare, kind):
            return write(prepare, inputs)
    raise AutoMLError(
        f"A preparation of the class {type(prepare).__name__} cannot be written as plain data.",
        "Leave prepare out: the script then takes prepared rows, as pipeline[:-1].transform(X) makes them.",
    )


def data_line(name: str, value: Any) -> list[str]:
    """Return the lines that give plain data a name, at most 100 columns wide where it can be broken."""
    flat = f"{name} = {value!r}"
    if len(flat) <= WIDTH or not isinstance(value, list | dict):
        return [flat]
    parts = [f"{key!r}: {part!r}" for key, part in value.items()] if isinstance(value, dict) else map(repr, value)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    filled: list[str] = []
    for part in parts:
        if filled and len(filled[-1]) + len(part) + 2 <= WIDTH:
            filled[-1] += f" {part},"
        else:
            filled.append(f"    {part},")
    return [f"{name} = {opening}", *filled, closing]


def plain_numbers(values: Any) -> list[float]:
    """Return an array of numbers as a list; each comes back exactly."""
    return [float(value) for value in np.asarray(values).ravel()]


_AS_IT_IS = (
    "def prepare(X):",
    '    """Return rows that are prepared already, as float32."""',
    "    return np.asarray(X, dtype=np.float32)",
)


def _of_array(prepare: PrepareArray, inputs: Inputs) -> Preparation:
    return Preparation(
        (),
        (
            f"SHAPE = {tuple(prepare.shape)!r}  # of one row, channels last",
            *data_line("MEAN", plain_numbers(prepare.mean_)),
            *data_line("SCALE", plain_numbers(prepare.scale_)),
            "",
            "",
            "def prepare(X):",
            '    """Return rows as float32 of the shape (rows, *SHAPE), scaled channel by channel."""',
            "    values = np.asarray(X).reshape(len(X), *SHAPE)",
            "    return np.asarray((values - np.array(MEAN)) / np.array(SCALE), dtype=np.float32)",
        ),
    )


def _of_text(prepare: PrepareText, inputs: Inputs) -> Preparation:
    split = "TOKEN.findall(text.lower())" if prepare.unit == "word" else "list(text.lower())"
    pattern = [f"TOKEN = re.compile({TOKEN.pattern!r})"] if prepare.unit == "word" else []
    return Preparation(
        ("import re",) if pattern else (),
        (
            *pattern,
            f"LENGTH = {int(prepare.length)}  # codes of a text",
            *data_line("TOKENS", [str(token) for token in prepare.tokens_]),
            "CODES = {token: code for code, token in enumerate(TOKENS, 2)}  # 0 is padding, 1 an unknown token",
            "",
            "",
            "def prepare(X):",
            '    """Return the codes of texts, shape (rows, LENGTH)."""',
            "    codes = np.zeros((len(X), LENGTH), dtype=np.float32)",
            "    for row, text in enumerate(X):",
            '        text = text if isinstance(text, str) else ""  # a missing one',
            f"        found = [CODES.get(token, 1) for token in {split}[:LENGTH]]",
            "        codes[row, : len(found)] = found",
            "    return codes",
        ),
    )


def _of_table(prepare: PrepareTable, inputs: Inputs) -> Preparation:
    clean = prepare.clean_
    if clean.texts:
        raise AutoMLError(
            f'The columns of free text ("{clean.texts[0]}") cannot be written as plain data.',
            "Leave prepare out: the script then takes prepared rows, as pipeline[:-1].transform(X) makes them.",
        )
    used: list[Callable[..., Any]] = [converting.word_of, converting.levels_of]
    lines: list[str] = []
    reading: list[str] = []
    if clean.numbers:
        used.append(converting.numbers_from)
        lines += data_line("NUMBERS", [str(name) for name in clean.numbers])
        reading.append("columns += [np.where(np.isinf(one), np.nan, one).clip(-LARGEST, LARGEST) for one in")
        reading.append("            (numbers_from(frame[name]) for name in NUMBERS)]")
    if clean.booleans:
        used.append(converting.flags_from)
        lines += data_line("BOOLEANS", [str(name) for name in clean.booleans])
        reading.append("columns += [flags_from(frame[name]) for name in BOOLEANS]")
    if clean.ordered:
        used.append(converting.places_from)
        lines += data_line("ORDERED", {str(name): list(map(str, order)) for name, order in clean.ordered.items()})
        reading.append("columns += [places_from(frame[name], order) for name, order in ORDERED.items()]")
    if clean.dates:
        used.append(converting.dates_from)
        lines += data_line("DATES", dict(clean.dates))
        reading.append("columns += [part for name, layout in DATES.items() for part in parts_of(frame[name], layout)]")
    amounts = [*clean.numbers, *clean.booleans, *(clean.ordered or {})]
    lines += data_line("FLAGGED", [amounts.index(name) for name in prepare.flagged])
    lines += data_line("FILL", plain_numbers(prepare.fill_))
    lines += data_line("CENTER", plain_numbers(prepare.center_))
    lines += data_line("SCALE", plain_numbers(prepare.scale_))
    lines += data_line("LEVELS", {str(name): list(map(str, levels)) for name, levels in prepare.levels_.items()})
    sources = [line for function in used for line in ("", "", *_source(function))]
    if clean.dates:
        sources += ["", "", *_parts_of_dates()]
    flags = [f"FLAGS = {converting.FLAGS!r}"] if clean.booleans else []
    largest = [f"LARGEST = {converting.LARGEST!r}"] if clean.numbers else []
    return Preparation(
        ("from typing import Any", "import pandas as pd"),
        (*flags, *largest, *lines, *sources, "", "", *_table_lines(reading, bool(amounts or clean.dates), prepare)),
    )


def _table_lines(reading: list[str], has_numbers: bool, prepare: PrepareTable) -> list[str]:
    """Return the function that prepares a table, of a few lines."""
    body = ["columns = []", *reading] if has_numbers else []
    if has_numbers:
        body += [
            "numbers = np.column_stack(columns)",
            "gaps = np.isnan(numbers)",
            "numbers = np.where(gaps, np.array(FILL), numbers)",
            "z = (numbers - np.array(CENTER)) / np.array(SCALE)",
            "made = [z / np.sqrt(1 + (z / 3) ** 2), gaps[:, FLAGGED]]",
        ]
    else:
        body += ["made = []"]
    if prepare.levels_:
        body += [
            "for name, levels in LEVELS.items():",
            "    code_of = {level: code for code, level in enumerate(levels, 1)}  # 0: missing or not known",
            "    made.append(np.array([code_of.get(word, 0) for word in words_from(frame[name])]))",
        ]
    return [
        *(_source(converting.words_from) + ["", ""] if prepare.levels_ else []),
        "def prepare(frame):",
        '    """Return the numbers of a table, filled and scaled, and the codes of its categories."""',
        *(f"    {line}" for line in body),
        "    return np.asarray(np.column_stack(made), dtype=np.float32)",
    ]


def _source(function: Callable[..., Any]) -> list[str]:
    return textwrap.dedent(inspect.getsource(function)).rstrip().splitlines()


def _parts_of_dates() -> list[str]:
    """Return the function that takes dates apart, as `DateParts` does."""
    cycles = {PARTS[part]: length for part, length in CYCLES.items()}
    return [
        "def parts_of(series, layout):",
        '    """Return days since 1970, the year, and day of the year, weekday and hour on a circle."""',
        "    dates = pd.Series(dates_from(series, layout))",
        "    days = (dates - pd.Timestamp(0)).dt.total_seconds().to_numpy() / 86_400",
        "    parts = [days, dates.dt.year.to_numpy(dtype=float)]",
        f"    for part, length in {cycles!r}.items():",
        "        turn = 2 * np.pi * np.asarray(getattr(dates.dt, part), dtype=float) / length",
        "        parts += [np.sin(turn), np.cos(turn)]",
        "    return parts",
    ]


_WRITERS: tuple[tuple[type, Callable[[Any, Inputs], Preparation]], ...] = (
    (PrepareArray, _of_array),
    (PrepareText, _of_text),
    (PrepareTable, _of_table),
)
