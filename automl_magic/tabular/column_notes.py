"""What was done with the columns of a table, in sentences: left out, read as something else, cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from automl_magic.tabular.columns import RUNNING, Column
from automl_magic.tabular.converting import quoted
from automl_magic.tabular.written import parts_of


def notes_on(columns: Sequence[Column]) -> list[str]:
    """Say which columns were left out or read as something else."""

    def named(role: str, is_it: Callable[[Column], bool]) -> list[str]:
        return [column.name for column in columns if column.role == role and is_it(column)]

    found = [
        (named("constant", lambda column: column.levels == 0), "Left out, since they are empty: {}."),
        (named("constant", lambda column: column.levels == 1), "Left out, since they hold one value only: {}."),
        (
            named("number", lambda column: column.is_converted and column.layout is None),
            "Numbers written as text were read as numbers: {}.",
        ),
        (named("date", lambda column: column.is_converted), "Dates written as text were read as dates: {}."),
        (named("boolean", lambda column: column.is_converted), "Read as true and false: {}."),
        (named("category", lambda column: column.is_converted), "Values of several types were read as categories: {}."),
        ([column.name for column in columns if column.is_infinite], "Infinite values were read as missing: {}."),
        ([column.name for column in columns if column.is_huge], "Numbers beyond 1e30 were cut to 1e30: {}."),
    ]
    said = [said.format(quoted(names)) for names, said in found if names]
    return [*_identifiers_note(columns), *_written_notes(columns), *said]


def _identifiers_note(columns: Sequence[Column]) -> list[str]:
    """Say which columns were left out as identifiers, and how to keep one."""
    keys = [column for column in columns if column.role == "id"]
    if not keys:
        return []
    name, kind = keys[0].name, "float" if keys[0].why == RUNNING else '"category"'
    return [
        f"Left out as identifiers: {quoted([column.name for column in keys])}. "
        f"To learn from one all the same: df[{name!r}] = df[{name!r}].astype({kind})."
    ]


def _written_notes(columns: Sequence[Column]) -> list[str]:
    """Say which columns were read as numbers, and what was taken away from their texts."""
    layouts = [column.layout for column in columns if column.role == "number" and column.layout is not None]
    notes = []
    for layout in dict.fromkeys(layouts):
        names = [column.name for column in columns if column.role == "number" and column.layout == layout]
        writing = parts_of(layout)
        gone = [f'"{mark}"' for mark in (writing.before, writing.thousands.strip(), writing.after) if mark]
        gone += ["blanks"] * (writing.thousands == " ")
        said = [f"{' and '.join(gone)} {'was' if len(gone) == 1 else 'were'} taken away"] if gone else []
        said += ['"," was taken for the decimal point'] if writing.decimal == "," else []
        verb = "is read as numbers" if len(names) == 1 else "are read as numbers"
        notes.append(f"{quoted(names)} {verb}: {', and '.join(said)}.")
    return notes
