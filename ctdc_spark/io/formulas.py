"""Cells that a spreadsheet would take for formulas: quoted where a file is written, unquoted where it is read.

An apostrophe is put before a part of a cell that begins with = + - @ or one of their full-width forms, and before a
cell that begins with a tab or a line break. Parts begin with the cell and after a comma, semicolon, tab or line break,
where some spreadsheets begin another cell. Apostrophes before these signs are skipped, so a part that has some gets one
more: the way back is unambiguous. Plain numbers such as -5 are not formulas and stay as they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

QUOTE = "'"

# The same in Python, Java and JavaScript (explorer/page_parts/files/formulas.js).
_SIGNS = "=+\\-@\\uFF1D\\uFF0B\\uFF0D\\uFF20"
_AFTER = ",;\\t\\r\\n"
_NUMBER = f"[+\\-]?[0-9]+(?:\\.[0-9]+)?(?:[eE][+\\-]?[0-9]+)?(?![^{_AFTER}])"
FORMULA = f"(?:^(?='*[{_SIGNS}\\t\\r\\n])|(?<=[{_AFTER}])(?='*[{_SIGNS}]))(?!{_NUMBER})"
"""Matches the empty place where a quote belongs."""
QUOTED = f"(?:^'(?='*[{_SIGNS}\\t\\r\\n])|(?<=[{_AFTER}])'(?='*[{_SIGNS}]))"
"""Matches a quote."""


def quote_text(text: str) -> str:
    """A text as a cell that no spreadsheet takes for a formula.

    Example:
        >>> quote_text("=1+1"), quote_text("'=1+1"), quote_text("a;@b"), quote_text("-5")
        ("'=1+1", "''=1+1", "a;'@b", '-5')
    """
    return re.sub(FORMULA, QUOTE, text)


def unquote_text(text: str) -> str:
    """The text from which `quote_text` made a cell."""
    return re.sub(QUOTED, "", text)


def quote_formulas(frame: DataFrame) -> DataFrame:
    """The frame with its texts, and the names of its columns, as cells."""
    texts = {name for name, kind in frame.dtypes if kind == "string"}
    names = frame.columns
    positions = frame.toDF(*(f"c{i}" for i in range(len(names))))
    cells = [
        (F.regexp_replace(f"c{i}", FORMULA, QUOTE) if name in texts else F.col(f"c{i}")).alias(quote_text(name))
        for i, name in enumerate(names)
    ]
    return positions.select(*cells)


def unquote_formulas(cell: Column) -> Column:
    """The text from which `quote_formulas` made a cell."""
    return F.regexp_replace(cell, QUOTED, "")
