"""Numbers written for people: with thousands separators, a decimal comma, a currency or a unit.

How they are written is told by the number 1234.5 in that writing: "$1,234.5", "1.234,5 €", "1234.5 kg". Exported
scripts hold the source of what reads them, so nothing of ours is imported here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

EXAMPLE = re.compile(r"(?P<before>[^\d ]*) ?1(?P<thousands>\D?)234(?P<decimal>\D)5 ?(?P<after>.*)")
BLANKS = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'", "\u2212": "-"})
SHAPE = re.compile(
    r"(?P<sign>[+-]?)\s*(?P<before>[^\d\s.,'()+-]{0,4})\s*[+-]?\s*"
    r"(?P<body>[.,]?\d[\d.,' ]*?)(?P<gap>\s*)(?P<after>[^\d\s.,'()+-][^,+()]{0,15})?"
)
MARKS = ((",", "."), (".", ","), ("'", "."), (" ", ","), (" ", "."), ("'", ","))  # of thousands, of decimals
LOOKED, MANY = 20, 2_000  # words that are looked at before all are; words that are enough where the others agree
MONEY = (
    "usd eur gbp chf jpy cny inr aud cad nzd sek nok dkk pln czk huf ron bgn brl mxn zar krw rub try sgd hkd ils "
    "us$ r$ a$ c$ au$ ca$ nz$ hk$ s$ rs kr kr. zł kč sfr"
)
UNITS = """
% ‰ ° °c °f c f k mm cm dm m km nm µm μm in ft yd mi m² m2 m^2 qm sqm ft² ft2 sqft km² km2 ha ml cl dl l hl m³ m3
ccm cc gal oz mg µg μg g kg t lb lbs ms s sec min h hr hrs d mo yr yrs km/h kmh kph mph m/s kn w kw mw gw wh kwh mwh
j kj cal kcal v mv kv a ma ah mah hz khz mhz ghz b kb mb gb tb kib mib gib pa hpa kpa mpa bar mbar psi hp ps bhp rpm
px dpi ppm ppb db mpg l/100km mmol/l mg/dl g/l g/km kg/m² kg/m2 sq.ft. sq.ft
"""
ATTACHED = "mglthsd"  # units of one letter that may follow a number without a blank
WORD = re.compile(r"[a-z]{2,15}")


class Writing(NamedTuple):
    """The parts of the writing of a number: what stands before and after it, and its separators."""

    before: str
    thousands: str
    decimal: str
    after: str


def parts_of(layout: str) -> Writing:
    """Return the parts of the number 1234.5 in some writing."""
    found = EXAMPLE.fullmatch(layout)
    if found is None:
        raise ValueError(f"No writing of the number 1234.5. Got {layout!r} instead.")
    return Writing(**found.groupdict())


def amounts_from(words: Sequence[str], layout: str) -> np.ndarray[Any, Any]:
    """Return texts as 64-bit floats, shape (n_words,), what is no number in this writing as NaN.

    What stands before and after may be left out, and so may separators of thousands.

    Parameters
    ----------
    words : sequence of str
        The texts.
    layout : str
        The number 1234.5 as they write it.

    Examples
    --------
    >>> amounts_from(["$1,200", "-$3.5", "7", "n/a"], "$1,234.5").tolist()
    [1200.0, -3.5, 7.0, nan]
    """
    writing = parts_of(layout)
    thousands = writing.thousands or ("," if writing.decimal == "." else ".")
    number = number_in(thousands, writing.decimal)
    before, after = (f"(?:{re.escape(unit)})?" for unit in (writing.before, writing.after))
    if writing.after[-1:] == "s" and len(writing.after) > 2:  # 1 year, 2 years
        after = f"(?:{re.escape(writing.after[:-1])}s?)?"
    fullmatch = re.compile(rf"\s*([+-]?)\s*{before}\s*([+-]?)\s*({number})\s*{after}\s*", re.IGNORECASE).fullmatch
    found = np.full(len(words), np.nan)
    for place, word in enumerate(words):
        match = fullmatch(word if word.isascii() else word.translate(BLANKS))
        if match is not None:
            first, second, digits = match.groups()
            value = float(digits.replace(thousands, "").replace(writing.decimal, "."))
            found[place] = -value if "-" in (first, second) else value
    return found


def number_in(thousands: str, decimal: str) -> str:
    """Return the regular expression of a number without sign; codes that begin with 0 are none."""
    split, point = re.escape(thousands), re.escape(decimal)
    whole = rf"(?:[1-9]\d?\d?(?:{split}\d{{3}})+|0|[1-9]\d*)"
    return rf"(?:{whole}(?:{point}\d*)?|{point}\d+)"


# -- how a column is written -------------------------------------------------------------------------------------------


def writing_of(words: Sequence[str]) -> str | None:
    """Return how numbers are written in texts, None where they are none or can be read in two ways.

    Parameters
    ----------
    words : sequence of str
        The texts that differ, none of them missing.

    Examples
    --------
    >>> writing_of(["1.234,50 €", "12 €"]), writing_of(["A-12", "A-13"])
    ('1.234,5 €', None)
    """
    if len(words) == 0 or (len(words) > LOOKED and _shapes(words[:LOOKED]) is None):
        return None
    if len(words) > MANY:
        layout = _writing(words[:MANY])
        if layout is not None and not np.isnan(amounts_from(words, layout)).any():
            return layout
    return _writing(words)


def _writing(words: Sequence[str]) -> str | None:
    """Return how numbers are written in texts, by all of them."""
    shapes = _shapes(words)
    unit = None if shapes is None else _unit(shapes)
    if shapes is None or unit is None:
        return None
    bodies = [shape["body"] for shape in shapes]
    has_unit = any(unit)
    marks = _marks(bodies, is_bare=not has_unit, is_signed=any(shape["sign"] == "+" for shape in shapes))
    if marks is None:
        return None
    thousands, decimal = marks
    seen = thousands if any(thousands in body for body in bodies) else ""
    before, after = unit
    return f"{before}1{seen}234{decimal}5{' ' if after and after[0] not in '%‰°' else ''}{after}"


def _shapes(words: Sequence[str]) -> list[re.Match[str]] | None:
    """Return each text taken apart; None where one has no number in its middle."""
    shapes = []
    for word in words:
        shape = SHAPE.fullmatch(word.translate(BLANKS).strip())
        if shape is None:
            return None
        shapes.append(shape)
    return shapes


def _unit(shapes: Sequence[re.Match[str]]) -> tuple[str, str] | None:
    """Return what stands before and after each number, one of them empty; None where that is no one unit."""
    before = {shape["before"] for shape in shapes}
    after = {shape["after"] or "" for shape in shapes}
    if before - {""} and after - {""}:
        return None
    if before == {""}:
        unit = _one_of(after)
        if unit is None or (unit and not (_is_money(unit) or _is_unit(unit, shapes))):
            return None
        return "", unit
    unit = _one_of(before)
    return (unit, "") if unit and _is_money(unit) else None


def _one_of(found: set[str]) -> str | None:
    """Return the one unit that is used, whether as one or as many; None where there are more."""
    known = sorted(found - {""}, key=len)
    if not known:
        return ""
    last = known[-1]
    singular = last[:-1].casefold() if last[-1:] == "s" and len(last) > 2 else last.casefold()
    return last if {unit.casefold() for unit in known} <= {last.casefold(), singular} else None


def _is_money(unit: str) -> bool:
    return unit.casefold() in MONEY.split() or all(unicodedata.category(letter) == "Sc" for letter in unit)


def _is_unit(unit: str, shapes: Sequence[re.Match[str]]) -> bool:
    """Whether all numbers but 0 have this unit, and it is a measure or a word, not the end of a code."""
    if any(not shape["after"] and shape["body"].strip("0.,") for shape in shapes):
        return False
    is_apart = all(shape["gap"] for shape in shapes if shape["after"])
    if unit.replace(" ", "").casefold() in UNITS.split():
        is_letter = len(unit) == 1 and unit not in ATTACHED and unit.isalpha()  # 1001B may be a code
        return is_apart or not is_letter or any("." in shape["body"] or "," in shape["body"] for shape in shapes)
    return is_apart and WORD.fullmatch(unit) is not None


def _marks(bodies: Sequence[str], is_bare: bool, is_signed: bool) -> tuple[str, str] | None:
    """Return the separators of thousands and of decimals; None where none fit, or two do and say different numbers."""
    fitting = []
    for thousands, decimal in MARKS:
        number = re.compile(number_in(thousands, decimal))
        if all(number.fullmatch(body) for body in bodies):
            fitting.append((thousands, decimal))
    read = {
        marks: tuple(float(body.replace(marks[0], "").replace(marks[1], ".")) for body in bodies) for marks in fitting
    }
    if not fitting:
        return None
    marks = fitting[0]
    if len(set(read.values())) > 1:  # 1,234 is likely 1234, where longer numbers without a comma do not contradict it
        is_grouped = not any(re.search(r"\d{4}", body) for body in bodies)
        if marks != (",", ".") or not any("," in body for body in bodies) or not is_grouped:
            return None
    is_like_a_code = marks[0] != "," and not any(marks[1] in body for body in bodies)  # 600 123 456, 10.100.200.100
    lengths = {len(body.replace(marks[0], "")) for body in bodies}
    if is_bare and is_like_a_code and (len(lengths) == 1 or (is_signed and marks[0] == " ")):
        return None
    return marks
