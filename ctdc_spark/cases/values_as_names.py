"""Names of columns that look like values: the sign of a file without a header line.

The names of all used columns are published. Where a file has no header line, its first record would be taken for one,
and a whole person would be published without protection. What the names alone show is refused before anything is read,
unless the settings name the columns; about the rest `ctdc-spark check` asks. No refusal message holds a name.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ctdc_spark.errors import DataError

if TYPE_CHECKING:
    from ctdc_spark.cases.profile import ColumnProfile

_MOST_LISTED = 40
_MOST_CHARACTERS = 40  # of one name
_SURE = 2  # this many names that are values of their own columns lead to a question, or a third of them

_MONTHS = (
    "jan|feb|fév|fev|mar|mär|mae|mrt|apr|avr|abr|may|mai|mag|mei|maj|jun|jui|giu|jul|lug|aug|aoû|aou|ago|"
    "sep|set|oct|okt|out|ott|nov|dec|dez|déc|dic"
)
_MONTH = rf"(?:{_MONTHS})[^\W\d_]*\.?"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[ap]\.?m\.?)?\s*(?:z|utc|gmt)?(?:[+-]\d{2}:?\d{2})?"
_DAY = "|".join(
    (
        r"\d{4}(?P<a>[-/.])\d{1,2}(?P=a)\d{1,2}",
        r"\d{1,2}(?P<b>[-/.])\d{1,2}(?P=b)(?:\d{4}|\d{2})",
        r"\d{4}-\d{2}|\d{1,2}/\d{4}",
        rf"\d{{1,2}}(?:st|nd|rd|th|\.)?[ /-]*{_MONTH}[ ,/-]*(?:\d{{4}}|\d{{2}})",
        rf"{_MONTH}[ ]*\d{{1,2}}(?:st|nd|rd|th)?[ ,]+\d{{4}}",
        r"\d{4}年\d{1,2}月(?:\d{1,2}日)?",
    )
)
_HEX = "[0-9a-f]"
_NUMBER = r"[+\-\u2212]?(?:\d[\d.,'\u2019 \u00a0\u202f]*%?|[.,]\d+|\d+(?:[.,]\d*)?e[+-]?\d+)"
_KINDS = {  # the first that fits: 12.03.1980 is not a number
    "date or time": re.compile(rf"(?:{_DAY})(?:[T ]\s*{_CLOCK})?|{_CLOCK}", re.IGNORECASE),
    "number": re.compile(_NUMBER, re.IGNORECASE),
    "e-mail address": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+"),
    "universal identifier": re.compile(rf"\{{?{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}\}}?", re.IGNORECASE),
    "word for nothing, true or false": re.compile(r"null|\\N|true|false", re.IGNORECASE),
}
_CODE = "code without letters"


def find_kind(name: str) -> str | None:
    """Return what kind of value a name looks like; None: it may well be a name.

    Example:
        >>> find_kind("34"), find_kind("12.03.1980"), find_kind("income>50K")
        ('number', 'date or time', None)
    """
    name = name.strip()
    for kind, pattern in _KINDS.items():
        if pattern.fullmatch(name):
            return kind
    has_digit, has_letter = any(map(str.isnumeric, name)), any(map(str.isalpha, name))
    return _CODE if has_digit and not has_letter else None


def require_names(names: Sequence[str], place: str) -> None:
    """Refuse a header in which a name looks like a value.

    Raises:
        DataError: saying how many do, and of which kinds; no name.
    """
    kinds = Counter(kind for kind in map(find_kind, names) if kind is not None)
    if kinds:
        found = ", ".join(f"{number} x {kind}" for kind, number in kinds.items())
        raise DataError(
            f"{place}: the first line must name the columns, but {kinds.total()} of the {len(names)} names in it look "
            f"like values ({found}), as if the file had no header line. Names of columns are published. Put a header "
            "line into the file; or, if these really are names, such as the years of a wide table, list the columns "
            "under use_columns in the settings"
        )


def ask_names(columns: Sequence[str]) -> str:
    """Return the question whether all that will be published as names are names; those that look like values first."""
    ordered = sorted(columns, key=lambda name: find_kind(name) is None)
    listed = ", ".join(map(_show, ordered[:_MOST_LISTED]))
    more = f" and {len(columns) - _MOST_LISTED} more" if len(columns) > _MOST_LISTED else ""
    return (
        f"these column names will be published: {listed}{more}. Are all of them names, and none a value of the "
        "data, as happens when a file has no header line?"
    )


def ask_header(profiles: Sequence[ColumnProfile]) -> list[str]:
    """Return a question if names are among the values of their own columns; it holds no name."""
    found = sum(profile.holds_its_name for profile in profiles)
    if found < _SURE and not 0 < len(profiles) <= 3 * found:
        return []
    return [
        f"{found} of the {len(profiles)} names of columns are also values in their own columns. Does the input have a "
        "header line, and only one? Without one its first record is taken for names, and names are published: put a "
        "header line into the file"
    ]


def _show(name: str) -> str:
    short = name if len(name) <= _MOST_CHARACTERS else f"{name[:_MOST_CHARACTERS]}..."
    return short if short.isprintable() else json.dumps(short)
