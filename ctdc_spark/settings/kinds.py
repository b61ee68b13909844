"""The kinds of values that settings are made of: each says in words what is allowed, and checks it.

The words (`Allowed`) go with the type, so that the message for a wrong value and the check cannot drift
apart. Whole numbers are strict: `true` and `"10"` are not numbers.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from os import PathLike
from typing import Annotated, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

from ctdc_spark.io.patterns import DOI, PERIOD, WEB_ADDRESS
from ctdc_spark.settings.modes import is_mode, list_modes

T = TypeVar("T")

# Values that mean "absent" in every column and so can name no attribute.
ABSENT_VALUES = ("", "0")
LARGEST_SEED = 2**63 - 1  # the seed takes part in arithmetic on 64-bit integers

LONGEST_GUARANTEED = 64  # synthetic records have no more attributes


@dataclass(frozen=True)
class Allowed:
    """What a setting may be, in words that complete the sentence "allowed: ..."."""

    words: str


class AllowedModes(Allowed):
    """The available synthesizers; a program may have registered more."""

    def __init__(self) -> None:
        """The words are made only when they are read."""

    @property
    def words(self) -> str:
        """Their names."""
        *others, last = list_modes()
        return f"{', '.join(others)} or {last}"


def _holds(test: Callable[[T], bool]) -> AfterValidator:
    """Refuse the values for which a test is false; the message comes from `Allowed`."""

    def check(value: T) -> T:
        if not test(value):
            raise ValueError
        return value

    return AfterValidator(check)


def _matches(pattern: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def is_match(text: str) -> bool:
        return compiled.fullmatch(text) is not None

    return _holds(is_match)


def _check_guarantee(value: object) -> int | str:
    is_length = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LONGEST_GUARANTEED
    if not (is_length or value in ("strict", "k_synthetic")):
        raise ValueError
    return value  # type: ignore[return-value] # one of the two, as was just checked


def _is_text_encoding(name: str) -> bool:
    try:
        codecs.lookup(name)
        "a".encode(name)  # refuses codecs that are not text encodings, such as hex
    except (LookupError, ValueError):
        return False
    return True


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return False
    return "/" in name or name == "UTC"  # abbreviations mean several zones


def _is_ascending(numbers: list[float]) -> bool:
    return bool(numbers) and all(low < high for low, high in pairwise(numbers))


def _path_as_text(value: object) -> object:
    return value.__fspath__() if isinstance(value, PathLike) else value


def _number_as_text(value: object) -> object:
    """A number as a settings file would have it: programs may give -99 where a token, a value or a name is text."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    is_decimal = isinstance(value, float) and re.fullmatch(r"-?\d+\.\d+", repr(value))
    return str(value) if is_whole or is_decimal else value


_Text = Annotated[str, BeforeValidator(_number_as_text)]

_Path = Annotated[str, BeforeValidator(_path_as_text)]
"""Programs may give an object of pathlib as well."""

_TABLE_PART = r"(?:[\w$-]+|`[^`]+`)"

AllOrSome = Annotated[
    int,
    _holds(lambda number: number == -1 or number >= 1),
    Allowed("-1 (all) or a whole number of at least 1"),
]
AllLengthsOrSome = Annotated[
    int,
    _holds(lambda number: number == -1 or number >= 1),
    Allowed("-1 (all lengths) or a whole number of at least 1"),
]
GroupSize = Annotated[int, Field(ge=2), Allowed("a whole number of at least 2")]
Positive = Annotated[int, Field(ge=1), Allowed("a whole number of at least 1")]
Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED), Allowed(f"a whole number from 0 to {LARGEST_SEED}")]
Edges = Annotated[
    list[Annotated[float, Field(allow_inf_nan=False), Allowed("a number")]],
    _holds(_is_ascending),
    Allowed("a list of at least one number, each larger than the one before, such as [18, 30, 45]"),
]
QuantileCount = Annotated[int, Field(ge=2, le=100), Allowed("a whole number from 2 to 100")]

Text = Annotated[_Text, Allowed("text")]
FilledText = Annotated[_Text, _holds(lambda text: text.strip() != ""), Allowed("text that is not empty")]
ColumnName = Annotated[_Text, _holds(lambda text: text.strip() != ""), Allowed("a column name, written as in the data")]
AttributeText = Annotated[
    _Text,
    _holds(lambda text: text.strip() not in ABSENT_VALUES),
    Allowed("text other than 0 or nothing, which would mean absent"),
]
FolderOrUri = Annotated[_Path, _holds(lambda text: text.strip() != ""), Allowed("a folder on any file system")]
InputPath = Annotated[
    _Path,
    _holds(lambda text: text.strip() != ""),
    Allowed("a file, a folder or a pattern such as data/part-*.csv"),
]
ImagePath = Annotated[
    _Path,
    _matches(r".*\.(?:png|jpe?g|svg|PNG|JPE?G|SVG)"),
    Allowed("a file that ends in .png, .jpg, .jpeg or .svg"),
]
Doi = Annotated[str, _matches(DOI), Allowed("a DOI, such as 10.5281/zenodo.1234567")]
WebAddress = Annotated[
    str,
    _matches(WEB_ADDRESS),
    Allowed("a full address of the web, without user and password"),
]
Period = Annotated[
    str,
    _matches(PERIOD),
    Allowed("a year, a month or a day such as 2022-12-31, or two of them with a slash between, such as 2002/2022"),
]
TableName = Annotated[
    str,
    _matches(rf"{_TABLE_PART}(?:\.{_TABLE_PART}){{0,2}}"),
    Allowed("table, schema.table or catalog.schema.table"),
]
SchemaName = Annotated[str, _matches(rf"{_TABLE_PART}(?:\.{_TABLE_PART})?"), Allowed("schema or catalog.schema")]
InputFormat = Annotated[
    Literal["csv", "parquet", "delta", "xlsx"],
    Allowed("csv, parquet, delta, xlsx or nothing (by the ending of the name)"),
]
Delimiter = Annotated[
    str,
    _holds(lambda text: len(text) == 1),
    Allowed('one character, such as "," or "\\t" (in double quotes)'),
]
Escape = Annotated[str, _holds(lambda text: len(text) == 1 and text != '"'), Allowed('one character, such as "\\\\"')]
ExtraRows = Annotated[Literal["drop", "keep"], Allowed("drop or keep")]
ValueDelimiter = Annotated[
    str, Field(min_length=1), Allowed('the characters between two values, such as ";" (in quotes)')
]
Thousands = Annotated[Literal[".", ",", " ", "'", "\u2019", "_"], Allowed("one of . , ' _ or a space, in quotes")]
Encoding = Annotated[
    str, _holds(_is_text_encoding), Allowed("a text encoding that Python knows, such as utf-8 or latin-1")
]
TimeZone = Annotated[str, _holds(_is_time_zone), Allowed("a zone of the tz database, such as Europe/Zurich, or UTC")]
Prefix = Annotated[
    str,
    _matches(r"[A-Za-z0-9][A-Za-z0-9_-]*"),
    Allowed("letters, digits, - and _, the first a letter or digit"),
]
ReleaseId = Annotated[
    str,
    _matches(r"[A-Za-z0-9][A-Za-z0-9._-]*"),
    Allowed("letters, digits, ., - and _, the first a letter or digit"),
]
Guarantee = Annotated[
    int | str,
    PlainValidator(_check_guarantee),
    Allowed("strict, k_synthetic, or a whole number from 1 to 64: the length up to which combinations are frequent"),
]
SynthesisMode = Annotated[str, _holds(is_mode), AllowedModes()]
Protection = Annotated[Literal["k", "dp"], Allowed("k or dp")]
PositiveNumber = Annotated[float, Field(gt=0, allow_inf_nan=False), Allowed("a number above 0")]
Delta = Annotated[float, Field(gt=0, le=0.1), Allowed("a number above 0 and at most 0.1, such as 1e-6")]
Share = Annotated[float, Field(gt=0, lt=0.5), Allowed("a number above 0 and below 0.5")]
Percentage = Annotated[float, Field(gt=50, le=100), Allowed("a number above 50 and at most 100")]
Shares = Annotated[
    list[Annotated[float, Field(gt=0, allow_inf_nan=False), Allowed("a number above 0")]],
    _holds(lambda shares: bool(shares)),
    Allowed("a list of numbers above 0, one for each length up to 3, such as [1, 2, 4]"),
]
Switch = Annotated[bool, Allowed("true or false")]
