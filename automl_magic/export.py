"""The winner as a plain scikit-learn script: nothing of this package is imported, and it predicts the same."""

from __future__ import annotations

import copy
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from automl_magic.expressions import WIDTH, Name, Rounds, Writer, quoted
from automl_magic.pasting import paste
from automl_magic.tabular.calibrating import WORN, Calibration
from automl_magic.tabular.converting import numbers_from
from automl_magic.tabular.ensemble import EnsembleClassifier, EnsembleRegressor
from automl_magic.tabular.evaluate import set_seeds
from automl_magic.tabular.stopping import booster_in, most_rounds_of, with_rounds
from automl_magic.tabular.vote import VoteClassifier, VoteRegressor
from automl_magic.tabular.weighted_fits import weights_for

if TYPE_CHECKING:
    from automl_magic.tabular.splits import Splits
    from automl_magic.tabular.task import Table

READERS = {".parquet": "read_parquet", ".pq": "read_parquet", ".tsv": "read_csv", ".tab": "read_csv"}
SHORT_NAMES = {"numpy": "np", "pandas": "pd"}


@dataclass(frozen=True)
class Apart:
    """How rows were kept apart: their share, the seed, and whether each class had its share.

    The column of the order, or of the groups, goes before chance.
    """

    share: float
    seed: int
    stratified: bool


@dataclass(frozen=True)
class Part:
    """A member of an ensemble: its name, the estimator, the seed of each fold, and its weight.

    `rounds` are those of each fold where its booster was stopped early; 0 where it had all of them.
    """

    name: str
    pipeline: Any
    seeds: Mapping[int, int]
    weight: float = 1.0
    rounds: Mapping[int, int] = field(default_factory=dict)

    @property
    def has_rounds(self) -> bool:
        """Whether its folds were stopped early."""
        return any(self.rounds.values())

    def made(self, seeds: str, rounds: str) -> str:
        """Return the code of a list with one pipeline for each fold."""
        if not self.has_rounds:
            return f"[make_{self.name}(seed) for seed in {seeds}]"
        return f"[make_{self.name}(*drawn) for drawn in zip({seeds}, {rounds}, strict=True)]"


def script(
    pipeline: Any,
    table: Table,
    splits: Splits,
    seeds: Mapping[int, int] | Sequence[int] = (),
    rounds: Mapping[int, int] | None = None,
    *,
    source: str | None = None,
    group: str | None = None,
    order: str | None = None,
    apart: Apart | None = None,
    remarks: Sequence[str] = (),
    calibration: Calibration | None = None,
) -> str:
    """Return a script that makes the winner again with scikit-learn, pandas and numpy (and the booster that won,
    or PyTorch).

    Run on the same rows, it predicts exactly what the winner predicts.

    Parameters
    ----------
    pipeline : estimator or sequence of Part
        The winning configuration as an estimator (``space.make(config)``), or the members of an ensemble; whether they
        are fitted does not matter.
    table : Table
        What was searched on: names of the columns, target and task.
    splits : Splits
        The folds of the run.
    seeds : mapping from fold to int, or sequence
        The seed with which each fold's model was fitted; parts have their own.
    rounds : mapping from fold to int, optional
        After how many rounds each fold's booster was stopped; parts have their own.
    source : str, optional
        Path of the CSV or Parquet file; without it the script starts from a DataFrame `df`.
    group, order : str, optional
        Names of the columns that keep rows together, or order them in time.
    apart : Apart, optional
        How the rows were drawn that were kept apart.
    remarks : sequence of str
        Sentences for the head of the script: score, metric.
    calibration : Calibration, optional
        What of the winner was calibrated.

    Returns
    -------
    str
        Python source; lines that it makes are at most 100 columns wide.
    """
    writer = Writer()
    writer.imports.add(("pandas", ""))
    by_fold = dict(seeds) if isinstance(seeds, Mapping) else dict(enumerate(seeds))
    is_one = not (isinstance(pipeline, list | tuple) and all(isinstance(part, Part) for part in pipeline))
    parts = [Part("pipeline", pipeline, by_fold, 1.0, rounds or {})] if is_one else list(pipeline)
    body = [
        *_make_lines(writer, parts),
        *_data_lines(writer, table, source, group, order),
        *_apart_lines(writer, apart, group, order, table),
        "",
        *(_fit_lines if is_one else _fit_all_lines)(writer, table, splits, parts, calibration),
        "",
        "print(best.predict(X.head()))",
    ]
    return "\n".join([*_head_lines(writer, table, remarks), *_needs(writer), "", "", *body]) + "\n"


def _as_pipeline(model: Any) -> Any:
    from sklearn.pipeline import Pipeline

    return Pipeline([("model", model)])


def _head_lines(writer: Writer, table: Table, remarks: Sequence[str]) -> list[str]:
    plain = f"plain scikit-learn{' and PyTorch' if writer.written else ''}"
    said = [f'The pipeline that predicts "{table.task.target}", found by a search; {plain}.', *remarks]
    return [
        *(f"# {line}" for sentence in said for line in str(sentence).splitlines()),
        "from __future__ import annotations",
        "",
    ]


def _make_lines(writer: Writer, parts: Sequence[Part]) -> list[str]:
    """Return a function for each part that makes its pipeline."""
    lines: list[str] = []
    for part in parts:
        seeded = set_seeds(copy.deepcopy(part.pipeline), Name())
        if part.has_rounds:
            seeded = with_rounds(seeded, Rounds())
        if isinstance(seeded, tuple) or not hasattr(seeded, "steps"):
            seeded = _as_pipeline(seeded)
        code = writer.write(seeded, indent=4, used=len("return "))
        lines += [
            f"def make_{part.name}(seed{', rounds' if part.has_rounds else ''}):",
            '    """Return the pipeline, not fitted; `seed` goes to every step that draws random numbers."""',
            f"    return {code}",
            "",
            "",
        ]
    return lines


def _data_lines(writer: Writer, table: Table, source: str | None, group: str | None, order: str | None) -> list[str]:
    """Return the lines that make X, y (and groups) as the search had them."""
    target = quoted(str(table.task.target))
    weights = _weights_column(table)
    if source is None:
        held = "" if table.weights is None else f", and what each row counts in the column {quoted(weights)}"
        lines = [f"# df: your DataFrame, with the target in the column {target}{held}"]
    else:
        suffix = PurePath(source).suffix.lower()
        tabs = ', sep="\\t"' if suffix in (".tsv", ".tab") else ""
        lines = [f"df = pd.{READERS.get(suffix, 'read_csv')}({quoted(source)}{tabs})"]
        if table.weights is not None and table.weighted_by is None:
            lines.append(f"# df needs what each row counts, too, in the column {quoted(weights)}")
    if not all(isinstance(name, str) for name in table.X.columns):
        lines.append("df = df.set_axis(df.columns.astype(str), axis=1)")
    kind = np.asarray(table.y).dtype.kind
    there = f'pd.to_numeric(df[{target}]).abs() < float("inf")' if kind == "f" else f"df[{target}].notna()"
    if table.weights is not None:
        there = f"({there}) & (pd.to_numeric(df[{quoted(weights)}]) != 0)"
    lines.append(f"df = df[{there}].reset_index(drop=True)")
    if order is not None:
        key = _order_key(writer, table, order)
        lines.append(f'df = df.sort_values({quoted(order)}, key={key}, kind="stable").reset_index(drop=True)')
    names = Writer().write([str(name) for name in table.X.columns], used=len("X = df[]"))
    values = {"O": "dtype=object", "b": "dtype=bool"}.get(kind, "")
    y = f"pd.to_numeric(df[{target}]).to_numpy(dtype=float)" if kind == "f" else f"df[{target}].to_numpy({values})"
    lines += [f"X = df[{names}]", f"y = {y}"]
    if group is not None:
        lines.append(f"groups = pd.factorize(df[{quoted(group)}], use_na_sentinel=False)[0]")
    if table.weights is not None:
        lines.append(f"row_weights = pd.to_numeric(df[{quoted(weights)}]).to_numpy(dtype=float)")
    return lines


def _weights_column(table: Table) -> str:
    """Return the column that holds the weights of the rows; where they were given apart, one that is free."""
    if table.weighted_by is not None:
        return table.weighted_by
    taken, name = {*map(str, table.X.columns), *table.left_out}, "sample_weight"
    while name in taken:
        name += "_"
    return name


def _apart_lines(writer: Writer, apart: Apart | None, group: str | None, order: str | None, table: Table) -> list[str]:
    """Return the lines that leave out the rows that were kept apart."""
    if apart is None:
        return []
    drawn = f"test_size={apart.share!r}, random_state={apart.seed}"
    if order is not None:
        lines = [f"kept = np.arange(len(y) - max(1, round({apart.share!r} * len(y))))  # the last rows are kept apart"]
    elif group is not None:
        writer.imports.add(("sklearn.model_selection", "GroupShuffleSplit"))
        lines = [f"kept = np.sort(next(GroupShuffleSplit(1, {drawn}).split(X, groups=groups))[0])"]
    else:
        writer.imports.add(("sklearn.model_selection", "train_test_split"))
        strata = ", stratify=y" if apart.stratified else ""
        lines = [f"kept = np.sort(train_test_split(np.arange(len(y)), {drawn}{strata})[0])"]
    writer.imports.add(("numpy", ""))
    lines.append("X, y = X.iloc[kept].reset_index(drop=True), y[kept]")
    lines += ["groups = groups[kept]"] if group is not None else []
    return [*lines, "row_weights = row_weights[kept]"] if table.weights is not None else lines


def _order_key(writer: Writer, table: Table, order: str) -> str:
    """Return the function that turns the column of the order into what it is sorted by."""
    column = next((column for column in table.columns if column.name == order), None)
    if column is not None and column.role == "ordered":
        places = {level: place for place, level in enumerate(column.order)}
        return f"lambda levels: levels.astype(str).map({Writer().write(places)})"
    if np.asarray(table.order).dtype.kind != "M":
        if column is None or column.layout is None:
            return "pd.to_numeric"
        return f"lambda amounts: {writer.name_of(numbers_from)}(amounts, {quoted(column.layout)})"
    layout = getattr(column, "layout", None) or "ISO8601"
    return f"lambda when: pd.to_datetime(when, format={quoted(layout)}, utc=True)"


def _fit_lines(
    writer: Writer, table: Table, splits: Splits, parts: Sequence[Part], calibration: Calibration | None
) -> list[str]:
    """Return the lines that split, fit and vote."""
    part = parts[0]
    voters = [fold for fold in splits.voters if fold in part.seeds]
    seeds, groups = [int(part.seeds[fold]) for fold in voters], ", groups" if splits.uses == "groups" else ""
    lines = [f"folds = {writer.write(splits.splitter, used=len('folds = '))}"]
    places = [splits.places[fold] for fold in voters]
    rounds = _rounds_of(part, voters)
    if len(voters) == 1:
        writer.imports.add(("threadpoolctl", "threadpool_limits"))  # a vote sees to that itself
        own = f", {rounds[0]}" if part.has_rounds else ""
        made = f"make_{part.name}({seeds[0]}{own})"
        fitted, handed = f"best = {made}", _weights_handed(table, part)
        if calibration is not None:
            name, best = _best(writer, "", "estimator", calibration)
            lines += [f"estimator = {made}", f"best = {best}"]
            fitted, handed = "best", "" if table.weights is None else f", {name}__sample_weight=row_weights[train]"
        return [
            *lines,
            f"train, test = list(folds.split(X, y{groups}))[{places[0]}]",
            "with threadpool_limits(1):  # as in the search: several threads round sums in another way",
            f"    {fitted}.fit(X.iloc[train], y[train]{handed})",
        ]
    more, cv = _cv_lines(splits, places, groups)
    lines += [
        *more,
        f"seeds = {writer.write(seeds, used=len('seeds = '))}",
        *([f"rounds = {writer.write(rounds, used=len('rounds = '))}"] if part.has_rounds else []),
        f"pipelines = {part.made('seeds', 'rounds')}",
        *_best_lines(writer, "vote", f"{_vote(writer, table)}(pipelines, cv={cv})", calibration, table, groups),
    ]
    return lines


def _handed(table: Table, step: str, groups: str) -> str:
    """Return the further arguments of the fit of a pipeline of one step, which takes groups and weights of rows."""
    told = f", {step}__groups=groups" if groups else ""
    return told if table.weights is None else f"{told}, {step}__sample_weight=row_weights"


def _weights_handed(table: Table, part: Part) -> str:
    """Return the arguments that hand the weights of the rows to learn from on to the steps that take them."""
    made = part.pipeline if hasattr(part.pipeline, "steps") else _as_pipeline(part.pipeline)
    names = list(weights_for(made, table.weights))
    if all(name.isidentifier() for name in names):
        return "".join(f", {name}=row_weights[train]" for name in names)
    return f", **{{{', '.join(f'{quoted(name)}: row_weights[train]' for name in names)}}}"


def _rounds_of(part: Part, folds: Sequence[int]) -> list[int]:
    """Return the rounds of each fold; those of which none are told have as many as the model may have."""
    found = booster_in(part.pipeline)
    if found is None:
        return []
    most = most_rounds_of(*found)
    return [part.rounds.get(fold) or most for fold in folds]


def _fit_all_lines(
    writer: Writer, table: Table, splits: Splits, parts: Sequence[Part], calibration: Calibration | None
) -> list[str]:
    """Return the lines that split, fit each member, vote over its folds, and weigh."""
    voters = [fold for fold in splits.voters if all(fold in part.seeds for part in parts)]
    groups = ", groups" if splits.uses == "groups" else ""
    more, cv = _cv_lines(splits, [splits.places[fold] for fold in voters], groups)
    ensemble = EnsembleRegressor if table.task.kind == "regression" else EnsembleClassifier
    lines = [f"folds = {writer.write(splits.splitter, used=len('folds = '))}", *more, "", "members = ["]
    for part in parts:
        seeds = writer.write([int(part.seeds[fold]) for fold in voters], indent=8, used=8)
        made = part.made(seeds, writer.write(_rounds_of(part, voters), indent=8, used=8))
        lines.append(f"    ({quoted(part.name)}, {_vote(writer, table)}({made}, cv={cv})),")
    weights = writer.write([part.weight for part in parts], used=len("weights = "))
    return [
        *lines,
        "]",
        f"weights = {weights}",
        *_best_lines(writer, "ensemble", f"{writer.name_of(ensemble)}(members, weights)", calibration, table, groups),
    ]


def _best_lines(
    writer: Writer, name: str, code: str, calibration: Calibration | None, table: Table, groups: str
) -> list[str]:
    """Return the lines that make and fit the result out of one estimator."""
    name, made = _best(writer, name, code, calibration)
    lines = [f"best = {made}"]
    if len(lines[0]) > WIDTH:
        lines = [f"estimator = {code}", f"best = {_best(writer, name, 'estimator', calibration)[1]}"]
    return [*lines, f"best.fit(X, y{_handed(table, name, groups)})"]


def _best(writer: Writer, name: str, code: str, calibration: Calibration | None) -> tuple[str, str]:
    """Return the name of the last step of the result, and the code of the pipeline that holds it."""
    writer.imports.add(("sklearn.pipeline", "Pipeline"))
    if calibration is not None:
        name, kind = calibration.kind, writer.name_of(WORN[calibration.kind])
        code = f"{kind}({code}, {name}={calibration.value!r})"
    return name, f'Pipeline([("{name}", {code})])'


def _vote(writer: Writer, table: Table) -> str:
    return writer.name_of(VoteRegressor if table.task.kind == "regression" else VoteClassifier)


def _cv_lines(splits: Splits, places: list[int], groups: str) -> tuple[list[str], str]:
    """Return the lines that choose the folds that vote, and the name under which they stand."""
    if places == list(range(folds_of(splits))):
        return [], "folds"
    kept = f"kept = [parts[place] for place in {places}]"
    return [f"parts = list(folds.split(X, y{groups}))", kept], "kept"


def folds_of(splits: Splits) -> int:
    """Return how many pairs the splitter makes, those that could not be used included."""
    try:
        return int(splits.splitter.get_n_splits())
    except (TypeError, ValueError):  # of a person's own, which asks for the rows first
        return max(splits.places) + 1


def _needs(writer: Writer) -> list[str]:
    """Return the import lines and the pasted sources."""
    pasted = paste(writer.own.values())
    classes = [value.source_of_class(name) for value, name in writer.written.items()]
    sources = [*pasted.sources, *(source for _, source in classes)]
    lines = set(pasted.imports)
    by_module: dict[str, set[str]] = {}
    for module, name in writer.imports.union(*(needed for needed, _ in classes)):
        if name:
            by_module.setdefault(module, set()).add(name)
        else:
            lines.add(f"import {module} as {SHORT_NAMES[module]}" if module in SHORT_NAMES else f"import {module}")
    for line in [line for line in lines if line.startswith("from ") and " as " not in line]:
        module, name = line.removeprefix("from ").split(" import ")
        lines.discard(line)
        by_module.setdefault(module, set()).add(name)
    lines.discard("from __future__ import annotations")
    by_module.pop("__future__", None)
    lines |= {_from_line(module, sorted(names)) for module, names in by_module.items()}
    standard = sorted(line for line in lines if line.split()[1].split(".")[0] in sys.stdlib_module_names)
    others = sorted(lines - set(standard), key=lambda line: (line.startswith("from "), line))
    own = [f"# Also needed: your own {name}" for name in sorted(writer.foreign)]
    gap = [""] if standard and others else []
    return [*standard, *gap, *others, *own, *(line for text in sources for line in ("", "", *text.splitlines()))]


def _from_line(module: str, names: list[str]) -> str:
    flat = f"from {module} import {', '.join(names)}"
    if len(flat) <= 100:
        return flat
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")"
