"""Does permutation importance tell the truth about columns? `python -m tests.benchmarks.column_truth [tables]`.

Planted: the target hangs on "strong", "weak" and the twins "twin" and "copy" (correlation .99, one of which counts);
"noise", "words" and "gaps" tell nothing. On each fresh table the importance over folds is measured as a run does it.
Its expectation is the mean over all tables. Printed for each kind of task, size and number of folds:

noise    share of intervals of columns that tell nothing which hold 0 (95 % is wanted)
cover    share of intervals of the others, the twins' group included, which hold the expectation
twins    share of tables on which the twins were found as a group, and cost more together than each alone; a line
         knows which of them counts, so there it is a matter of chance
first    share of tables on which the columns that count stand before those that do not, and all beyond noise
"""

from __future__ import annotations

import sys
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd

from automl_magic.column_importance import ColumnImportance
from automl_magic.engine.space import compile_space
from automl_magic.extend import MODELS
from automl_magic.measuring_columns import _measured
from automl_magic.plan import Plan
from automl_magic.problem import read_problem

TRUE = ("strong", "weak", "twin + copy")
FALSE = ("noise", "words", "gaps")


def planted(rows: int, kind: str, seed: int) -> pd.DataFrame:
    """Return a table whose target "y" hangs on some of its columns."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, 5)), columns=["strong", "weak", "twin", "noise", "gaps"])
    frame["copy"] = frame["twin"] + 0.14 * rng.normal(size=rows)
    frame["words"] = rng.choice(["red", "green", "blue", "none of these"], rows)
    frame.loc[rng.random(rows) < 0.3, "gaps"] = np.nan
    value = 1.5 * frame["strong"] + 0.7 * frame["weak"] + frame["twin"] + rng.normal(size=rows)
    return frame.assign(y=value if kind == "regression" else np.where(value > 0, "high", "low"))


def measured(rows: int, kind: str, cv: Any, family: str, seed: int) -> ColumnImportance:
    """Return what a run would tell of the columns with one family's first values."""
    plan = Plan.create(target="y", trials=1, cv=cv, seed=seed)
    problem = read_problem(plan, planted(rows, kind, seed))
    space = compile_space(MODELS.get(family)(problem.table))
    models = {}
    for fold, (train, _) in enumerate(problem.splits.pairs):
        model = space.make(space.default()).fit(problem.table.X.iloc[train], problem.table.y[train])
        models[fold] = lambda model=model: model
    found = _measured(problem, models, seed=seed, repeats=max(1, round(10 / len(models))), rows=2_500 // len(models))
    assert found is not None
    return found


def row_of(rows: int, kind: str, cv: Any, family: str, tables: int) -> str:
    """Return a row of the table."""
    found = [measured(rows, kind, cv, family, seed) for seed in range(tables)]
    by_name = [{worth.name: worth for worth in one.worths} for one in found]
    mean = {name: np.mean([table[name].loss for table in by_name if name in table]) for name in TRUE}
    noise = [table[name].low <= 0 <= table[name].high for table in by_name for name in FALSE]
    cover = [table[name].low <= mean[name] <= table[name].high for table in by_name for name in TRUE if name in table]
    twins = [
        TRUE[2] in table and table[TRUE[2]].loss > max(table["twin"].loss, table["copy"].loss) for table in by_name
    ]
    first = [
        {worth.name for worth in one.leading[:3]} == set(TRUE) and all(worth.stands_out for worth in one.leading[:3])
        for one in found
    ]
    shares = "".join(f"{np.mean(part):>8.3f}" for part in (noise, cover, twins, first))
    return f"{kind:<16}{family:<10}{rows:>6}{cv!s:>9}{shares}"


def main(arguments: list[str]) -> None:
    """Print the table."""
    tables = int(arguments[0]) if arguments else 40
    warnings.simplefilter("ignore")
    print(f"{'':<16}{'family':<10}{'rows':>6}{'folds':>9}{'noise':>8}{'cover':>8}{'twins':>8}{'first':>8}")
    begun = time.perf_counter()
    for kind in ("classification", "regression"):
        for family in ("linear", "hist_gb"):
            for rows, cv in ((400, 3), (400, "auto"), (1500, 5), (1500, "holdout")):
                print(row_of(rows, kind, cv, family, tables), flush=True)
    print(f"{tables} tables each, {time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
