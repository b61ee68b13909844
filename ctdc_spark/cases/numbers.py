"""What counts as a number in text: one strict grammar for bins, quantiles, profiles and proposals.

    [+-] digits [. digits] [e [+-] digits]        12   -0.5   .5   1e3

Spark's own cast also takes Java's suffixes (`1D`, `2f`), `NaN` and `Infinity`, and depends on the session. So only text
of this grammar is cast. A column may be written in another way, if the settings say so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column

    from ctdc_spark.settings import Settings

_EXPONENT = r"(?:[eE][+-]?\d{1,3})?"
_SPACES = r"[ \u00a0\u2009\u202f]"


@dataclass(frozen=True)
class NumberForm:
    """How the numbers of a column are written.

    Attributes:
        decimal: the character before decimals.
        thousands: the character between groups of three digits; None: there is none.

    Example:
        >>> NumberForm(",", ".").pattern.fullmatch("1.234,5") is not None
        True
    """

    decimal: str = "."
    thousands: str | None = None

    @property
    def pattern(self) -> re.Pattern[str]:
        """The grammar. Groups have three digits each, except the first."""
        point = re.escape(self.decimal)
        whole = rf"\d+|\d{{1,3}}(?:{self.separator}\d{{3}})+" if self.thousands else r"\d+"
        return re.compile(rf"[+-]?(?:(?:{whole})(?:{point}\d*)?|{point}\d+){_EXPONENT}", re.ASCII)

    @property
    def separator(self) -> str:
        """A pattern of what stands between groups of digits; a space may be a narrow or a protected one."""
        return _SPACES if self.thousands == " " else re.escape(self.thousands or "")


PLAIN = NumberForm()

_OTHER_FORMS = (NumberForm(","), NumberForm(",", "."), NumberForm(",", " "), NumberForm(".", ","), NumberForm(".", "'"))


def form_of(column: str, settings: Settings) -> NumberForm:
    """How the settings say that the numbers of a column are written."""
    decimal = "," if column in (settings.decimal_commas or ()) else "."
    return NumberForm(decimal, (settings.thousands_separators or {}).get(column))


def read_number(text: Column, form: NumberForm = PLAIN) -> Column:
    """The finite number that a trimmed text is, as a double; null for every other text."""
    bare = F.when(_matches(text, form), text)
    if form.thousands:
        bare = F.regexp_replace(bare, form.separator, "")
    if form.decimal != ".":
        bare = F.replace(bare, F.lit(form.decimal), F.lit("."))
    number = bare.cast("double")
    return F.when(F.abs(number) < float("inf"), number)


def is_written_otherwise(text: Column) -> Column:
    """Whether a text is a number with a decimal comma or with separators of thousands."""
    return F.coalesce(text.rlike(_whole("|".join(form.pattern.pattern for form in _OTHER_FORMS))), F.lit(False))


def _matches(text: Column, form: NumberForm) -> Column:
    return text.rlike(_whole(form.pattern.pattern))


def _whole(pattern: str) -> str:
    return rf"^(?:{pattern})\z"
