"""What a release says about how many people share some attributes."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ctdc_spark.errors import ArgumentError
from ctdc_spark.io.display import html_result, html_text
from ctdc_spark.release.ledger import DIFFERENTIAL_PRIVACY, GROUP_SIZE

if TYPE_CHECKING:
    from collections.abc import Collection

MOST_NAMED = 20
"""The most columns or values named in one message."""

Attributes = tuple[tuple[str, str], ...]
"""The column and value of each attribute."""


class Answer:
    """What is said of some attributes, shown as a sentence."""

    attributes: Attributes
    meaning: str

    def __repr__(self) -> str:
        return f"{self._named} -> {self.meaning}"

    def _repr_html_(self) -> str:
        return html_result(self._named, html_text(self.meaning))

    @property
    def _named(self) -> str:
        return "; ".join(f"{column}: {value}" for column, value in self.attributes) or "all"


@dataclass(frozen=True, repr=False)
class ProtectedCount(Answer):
    """How many people have all of the given attributes, as far as a release says.

    Attributes:
        attributes: (column, value) of each.
        count: the protected count; None where there is none.
        low: at least this many people; None where no bounds are promised, as under differential privacy.
        high: at most this many; None likewise.
        status: "reported"; "withheld": fewer than k people, or nobody; "estimated": reported with noise; "absent":
            not reported, so noise leaves the number open; "not counted": longer than what was counted.
        meaning: the same in a sentence.
    """

    attributes: Attributes
    count: int | None
    low: int | None
    high: int | None
    status: str
    meaning: str


@dataclass(frozen=True)
class CountTerms:
    """How the counts of a release are to be read.

    Attributes:
        threshold: k.
        precision: the step between counts.
        length: of the longest combinations that were counted; None: all lengths were counted.
        protection: of the release; bounds follow from a count only under a smallest group.
    """

    threshold: int
    precision: int
    length: int | None
    protection: str = GROUP_SIZE

    def describe(self) -> str:
        """Describe them in a few words."""
        if self.protection != GROUP_SIZE:
            return "with noise" if self.protection == DIFFERENTIAL_PRIVACY else "protected as its guarantee says"
        step = "exact" if self.precision == 1 else f"rounded down to multiples of {self.precision}"
        return f"of at least {self.threshold} people, {step}"

    def read(self, attributes: Attributes, count: int | None, noise: float | None = None) -> ProtectedCount:
        """What a count, or its absence, means; noise: the scale of its noise, if it has any."""
        low = high = None
        if count is None and self.length is not None and len(attributes) > self.length:
            status, said = "not counted", f"only combinations of up to {self.length} attributes were counted"
            meaning = f"no count: {said}; this one has {len(attributes)}"
        elif self.protection == GROUP_SIZE and count is not None:
            status, low, high = "reported", count, count + self.precision - 1
            meaning = f"{low:,} to {high:,} people" if high > low else f"{low:,} people"
        elif self.protection == GROUP_SIZE:
            status, low, high = "withheld", 0, self.threshold - 1
            meaning = f"withheld: fewer than k = {self.threshold} people, or nobody"
        elif self.protection == DIFFERENTIAL_PRIVACY and count is not None:
            scale = "" if noise is None else f" (measured with noise of scale {noise:,.1f})"
            status, meaning = "estimated", f"about {count:,} people{scale}: an estimate, from which no bounds follow"
        elif self.protection == DIFFERENTIAL_PRIVACY:
            status, meaning = "absent", "no count: with noise this says little; any number of people may have them"
        else:
            status = "absent" if count is None else "reported"
            said = "no count" if count is None else f"{count:,} people"
            meaning = f"{said}; the release's guarantee says what follows from that"
        return ProtectedCount(attributes, count, low, high, status, meaning)


def name_attributes(
    combination: Mapping[str, Any],
    columns: Sequence[str],
    values: Mapping[str, Collection[str]],
    lists: Collection[str],
) -> Attributes:
    """The requested attributes, in the order of the columns.

    Args:
        combination: column -> value, or several values where a column may hold several.
        columns: those of the release.
        values: column -> its published values.
        lists: the columns that may hold several.

    Raises:
        ArgumentError: it names a column or value that the release does not have, and what is allowed.
    """
    if not isinstance(combination, Mapping):
        raise ArgumentError(
            f'combination: found a {type(combination).__name__}; allowed: a mapping such as {{"gender": "Woman"}}'
        )
    for column in combination:
        if column not in columns:
            raise ArgumentError(
                f"combination: found the column {column!r}, which the release does not have; " + _allow(column, columns)
            )
    found = []
    for column in columns:
        if column in combination:
            given = combination[column]
            several = given if isinstance(given, list | tuple | set | frozenset) else [given]
            if not several or (len(several) > 1 and column not in lists):
                raise ArgumentError(f"combination: found {len(several)} values of {column}; allowed: one")
            found += [(column, _name_value(column, value, values.get(column, ()))) for value in several]
    return tuple(dict.fromkeys(found))


def _name_value(column: str, value: object, known: Collection[str]) -> str:
    text = str(int(value)) if isinstance(value, bool) else str(value)
    if text not in known:
        raise ArgumentError(
            f"combination: found {text!r} in {column}, which is not one of its published values; "
            f"{_allow(text, known)}. Values that too few people have are not named"
        )
    return text


def _allow(found: object, known: Collection[str]) -> str:
    listed = [repr(name) for name in known]
    if len(listed) > MOST_NAMED:
        near = difflib.get_close_matches(str(found), list(known), n=3)
        listed = [repr(name) for name in near] or listed[:MOST_NAMED]
        return f"allowed: for example {', '.join(listed)} ({len(known):,} in all)"
    return f"allowed: {', '.join(listed) or 'none'}"
