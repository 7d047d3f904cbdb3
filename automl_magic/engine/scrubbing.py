"""Take values of the data out of the text of an exception, before it reaches a record, a log or a message.

What may stay is what is known without the data: words of the source that raised it, of the configuration, the names
of columns, and plain words of error messages. The rest becomes "…". The whole text stays in the traceback, which is
kept in memory and never written.
"""

from __future__ import annotations

import builtins
import functools
import linecache
import re
import sys
import types
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

GONE = "…"
LONGEST_TEXT = 2000  # characters that are looked at
LONGEST_FILE = 30_000  # lines
SMALL = frozenset((0.0, 1.0, 2.0, 10.0))  # numbers that tell nothing
TYPES = frozenset(("NoneType", "ndarray", "DataFrame", "Series", "csr_matrix", "float32", "float64", "int32", "int64"))
QUOTED = re.compile(r"""(?<!\w)(["'`])(.*?)\1(?!\w)""")
CHUNK = re.compile(r"[+-]?\w+(?:[-+.@/:'’\\]+\w+)*")
WORD = re.compile(r"[^\W\d_]+")
NUMBER = re.compile(r"[+-]?\d+(?:_\d+)*(?:\.\d*)?(?:[eE][+-]?\d+)?")
LITERAL = re.compile(r"""(["'])([^"'\n\\]{1,60})\1""")
MANY = re.compile(rf"{GONE}(?:[\s,;:()\[\]{{}}|=<>*#-]*{GONE})+")
PLAIN_TEXT = """
a about above after all allocate allocated allocation already also an and any argument arguments array arrays as
assertion at attribute attributes available axis bad base be because been before below between big boolean boost
both bound bounds broadcast buffer but by call callable called can cannot cast category characters check class
classes code column columns compare concatenate conditions contain contained contains conversion convert converted
core corrupted could data date datetime deep default define defined depth determine dict did different dimension
dimensional dimensions directory division do does dtype duplicate during each either element elements empty
encountered end error every exceeded exception exist expected fail failed failure feature features few file find
fit fitted flag float floats for format found from full function generator get got greater had has have if
implemented import in incompatible inconsistent index indices inf infinite infinity initialized input instance
instead int integer integers into invalid is it item items iterable iterate iterations its key keyword known label
labels large larger latin least length less libraries library like list literal load local long lower many match
matching math matmul matrix max maximum memory method min minimum mismatch missing mode model module more most must
name named names nan near negative no none nonetype not nothing null number numbers numeric object objects of on
one only operand operands operation operator optional or order ordinal other out output outside overflow owner
parameter parameters parse parsed path permission point position positional positive possible process provide
provided quantile range read reached recursion referenced reduction required result return returned returns row
rows runtime same sample samples scalar scale sequence sequences set setting shape shapes should signature singular
size sized slice small smaller solve space specified start step stop str string subscriptable such support
supported supports syntax system takes target than that the there these this time timed times to together too true
false tuple type types unable undefined underflow unexpected unhashable uninitialized unique unknown unpack
unrecognized unsupported unterminated up use used using valid value values variable was were what when where which
while will with within without would write wrong you your zero
"""
PLAIN = frozenset(PLAIN_TEXT.split())


class Known:
    """What may be told.

    Parameters
    ----------
    values : iterable
        Texts and numbers that are no secret, also nested: names of columns, counts, a configuration.
    """

    def __init__(self, values: Iterable[Any] = ()) -> None:
        self.names: set[str] = {*dir(builtins), *TYPES}
        self.words: set[str] = set(PLAIN)
        self.numbers: set[float] = set(SMALL)
        for value in values:
            self._take(value)

    def _take(self, value: Any) -> None:
        if isinstance(value, Mapping):
            for key, part in value.items():
                self._take(key)
                self._take(part)
        elif isinstance(value, list | tuple | set | frozenset):
            for part in value:
                self._take(part)
        elif isinstance(value, str):
            self.names.add(value)
            self.words.update(_words(value))
            for part in value.split("."):
                self.names.add(part)
        elif isinstance(value, int | float):
            with suppress(OverflowError):
                self.numbers.add(float(value))

    def add_source(self, error: BaseException) -> None:
        """Take what the code says through which an exception came."""
        for frame in frames_of(error):
            for file in {frame.f_code.co_filename, _file_of_owner(frame)}:
                words, names = _of_file(file)
                self.words |= words
                self.names |= names
            for constant in _constants(frame.f_code):
                self._take(constant)

    def has(self, chunk: str) -> bool:
        """Return whether a piece of text without spaces is known, whole or in all its parts."""
        if chunk in self.names or self._has_number(chunk):
            return True
        parts = [part for part in re.split(r"[\W_]+", chunk) if part]
        return all(self._has_number(part) or (part.isalpha() and part.lower() in self.words) for part in parts)

    def _has_number(self, text: str) -> bool:
        return NUMBER.fullmatch(text) is not None and abs(float(text)) in {abs(number) for number in self.numbers}


def scrubbed(text: str, known: Known) -> str:
    """Return `text` with "…" for what is not known.

    Examples
    --------
    >>> scrubbed("could not convert string to float: 'Mr. Smith'", Known())
    "could not convert string to float: '…'"
    >>> scrubbed("column 'age' contains 41", Known(["age"]))
    "column 'age' contains …"
    """
    pieces, end = [], 0
    for found in QUOTED.finditer(text[:LONGEST_TEXT]):
        mark, inside = found.group(1), found.group(2)
        pieces.append(_without_unknown(text[end : found.start()], known))
        is_known = not inside or inside in known.names or known._has_number(inside)
        pieces.append(f"{mark}{inside if is_known else GONE}{mark}")
        end = found.end()
    pieces.append(_without_unknown(text[end:LONGEST_TEXT], known))
    return MANY.sub(GONE, "".join(pieces))


def place_of_raise(error: BaseException) -> str:
    """Return the function in which an exception was raised, as "fit in _logistic.py, line 12"; or an empty string."""
    last = None
    step = error.__traceback__
    while step is not None:
        last, step = step, step.tb_next
    if last is None:
        return ""
    code = last.tb_frame.f_code
    file = re.split(r"[\\/]", code.co_filename)[-1]
    return f"{code.co_name} in {file}, line {last.tb_lineno}"


def frames_of(error: BaseException) -> Iterator[types.FrameType]:
    """Yield the frames through which an exception came, that which raised it last."""
    step = error.__traceback__
    while step is not None:
        yield step.tb_frame
        step = step.tb_next


def _without_unknown(text: str, known: Known) -> str:
    return CHUNK.sub(lambda found: found.group() if known.has(found.group()) else GONE, text)


def _words(text: str) -> Iterator[str]:
    return (word.lower() for word in WORD.findall(text))


def _file_of_owner(frame: types.FrameType) -> str:
    """Return the source of the class whose method a frame is, or an empty string: it may lie in another file."""
    code = frame.f_code
    owner = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None
    module = sys.modules.get(type(owner).__module__)
    return str(getattr(module, "__file__", None) or "")


def _constants(code: types.CodeType) -> Iterator[Any]:
    """Yield what a function and those within it name and hold."""
    yield from (code.co_names, code.co_varnames, code.co_freevars, code.co_name)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _constants(constant)
        else:
            yield constant


@functools.lru_cache(maxsize=256)
def _of_file(name: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the words of a source file, and what stands in it in quotes."""
    try:
        text = "".join(linecache.getlines(name)[:LONGEST_FILE])
    except Exception:  # a file that cannot be read tells nothing
        return frozenset(), frozenset()
    return frozenset(_words(text)), frozenset(found.group(2) for found in LITERAL.finditer(text))
