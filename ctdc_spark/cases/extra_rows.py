"""Lines of delimited files that are no people: nothing but delimiters, the header once more, tags, or as told.

Spreadsheets and scripts leave them. Each is recognised by itself alone, so that no record affects how another is read:

    blank      nothing in any field; the end-of-file sign of DOS
    header     the names of the header, in every field
    tags       nothing but tags of the Humanitarian Exchange Language, such as #adm1+name
    named      a text that the settings name for its column (`drop_rows`)
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from ctdc_spark.cases.opened import SPACE, join_sql, trim_space

if TYPE_CHECKING:
    from pyspark.sql import Column

    from ctdc_spark.settings import Settings

CELLS = "cells"
EXTRA = "extra"
"""The column that says of which kind a line is; null: a record."""

BETWEEN = "\x1f"
END_OF_FILE = "\x1a"
TAG = r"#[A-Za-z][\w+ -]*"
"""Of the Humanitarian Exchange Language."""

KINDS = {
    "blank": "line(s) of delimiters only",
    "header": "line(s) that repeat the header",
    "tags": "line(s) of tags (HXL)",
    "named": "line(s) with a text that drop_rows names",
}

_TOTALS = (
    "(?i)(?:(?:grand |sub)?[- ]?totals?|sums?|overall|summe|gesamt|gesamtsumme|insgesamt|somme|total g\u00e9n\u00e9ral"
    "|totale|suma|summa|totaal|\u0438\u0442\u043e\u0433\u043e|\u5408\u8ba1|\u603b\u8ba1)[:.]?"
)
"""What the first cell of a line below a table says, in several languages."""


def classify_rows(names: Sequence[str], delimiter: str, settings: Settings) -> Column:
    """The kind of each line, or null.

    Args:
        names: of the columns `c<i>`, which hold trimmed text. Beside them are `cells`, the text of all fields that have
            a name with BETWEEN between two, and `raw`, the whole record where it has another number of fields, else
            null. Only columns that the settings name are looked at one by one: there may be thousands.
        delimiter: as the whole record has it.
        settings: what else is no person.
    """
    named = _is_named(names, settings)
    if settings.extra_rows == "keep":
        return F.when(named, "named")
    raw, cells = F.col("raw"), F.col(CELLS)
    whole = trim_space(F.translate(F.coalesce(raw, cells), delimiter + BETWEEN + END_OF_FILE, ""))
    kinds = F.when(whole == "", "blank").when(named, "named")
    if len(names) > 1:
        # white space around each cell goes, and so do empty cells
        filled = trim_space(F.regexp_replace(cells, f"[{SPACE}]*{BETWEEN}[{SPACE}]*", BETWEEN))
        forms = [unicodedata.normalize(form, BETWEEN.join(names)) for form in ("NFC", "NFD")]
        begins_alike = whole.startswith(names[0][:1]) | ~F.lit(names[0][:1].isascii())
        kinds = kinds.when(raw.isNull() & begins_alike & filled.isin(BETWEEN.join(names), *forms), "header")
        is_tags = filled.rlike(rf"^{TAG}(?:{BETWEEN}{TAG})+\z")
        kinds = kinds.when(raw.isNull() & whole.startswith("#") & is_tags, "tags")
    return kinds


def _is_named(names: Sequence[str], settings: Settings) -> Column:
    found = F.lit(False)
    for column, texts in (settings.drop_rows or {}).items():
        if column in names:
            found = found | F.col(f"c{names.index(column)}").isin([text.strip() for text in texts])
    return F.coalesce(found, F.lit(False))


def measure_rows(chosen: Sequence[str]) -> list[Column]:
    """Aggregates over all lines, for `describe_rows`: lines of each kind, and records that look odd.

    Args:
        chosen: the columns of trimmed text that are used.
    """

    def count(condition: Column) -> Column:
        return F.count(F.when(condition, 1))

    is_record, cells = F.col(EXTRA).isNull(), join_sql(BETWEEN, chosen)
    at_both_ends = cells.rlike(f'(?s)(?:^|{BETWEEN})"[^{BETWEEN}]*"(?:{BETWEEN}|\\z)')
    quoted = cells.contains('"') & (at_both_ends | cells.contains('\\"'))
    return [
        *(count(F.col(EXTRA) == kind).alias(f"extra_{kind}") for kind in KINDS),
        count(is_record & quoted).alias("quoted"),
        count(is_record & F.col(chosen[0]).rlike(f"^{_TOTALS}\\z")).alias("totals"),
    ]


def describe_rows(found: Mapping[str, Any]) -> Iterator[str]:
    """What is to be said of the lines, by the values of `measure_rows`; no value of the data."""
    dropped = [f"{found[f'extra_{kind}']:,} {what}" for kind, what in KINDS.items() if found.get(f"extra_{kind}")]
    if dropped:
        keep = (
            ""
            if set(KINDS) - {"named"} == set()
            else "; with extra_rows: keep, those that drop_rows does not name count as records"
        )
        yield f"found {', '.join(dropped)}, which are taken for no people and left out{keep}"
    if found.get("quoted"):
        yield (
            f"found {found['quoted']:,} record(s) with quotes that are read as part of a value, at both its ends or "
            "after a backslash. If quotes within quotes are written with a backslash, set sensitive_microdata_escape: "
            '"\\\\"'
        )
    if found.get("totals"):
        yield (
            f"found {found['totals']:,} record(s) that begin with a word for a total. If they are no people, name the "
            "word under drop_rows, such as drop_rows: {column: [Total]}"
        )


def name_kinds(found: Mapping[str, Any]) -> str | None:
    """The kinds of lines that were left out, without how many there are; None: none."""
    kinds = [what.replace("line(s)", "lines") for kind, what in KINDS.items() if found.get(f"extra_{kind}")]
    return f"left out, as no people: {', '.join(kinds)}; `check` counts them" if kinds else None
