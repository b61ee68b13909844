"""What changed between two releases, and where their difference may concern a small group.

Each release keeps its guarantee by itself. From two releases of overlapping data a reader can subtract the counts: with
precision p, counts P and Q mean P..P+p-1 and Q..Q+p-1 people, so between Q - P - (p - 1) and Q - P + (p - 1) came or
went. Where the counts differ and that range reaches below k people, the two together may single out a few.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from ctdc_spark.errors import DataError
from ctdc_spark.io.display import html_list, html_result, html_table
from ctdc_spark.release.contracts import AGGREGATE_COUNTS, COVERAGE, RELEASES
from ctdc_spark.release.ledger import list_releases, published_settings
from ctdc_spark.release.reading import read_or_nothing

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession

    from ctdc_spark.release.table_location import TableLocation

TERMS = (
    "reporting_threshold",
    "reporting_precision",
    "reporting_length",
    "guarantee",
    "protected_number_of_subjects",
    "number_of_synthetic_records",
)
"""Columns of the ledger that are compared."""


@dataclass(frozen=True)
class LengthChange:
    """How the reported combinations of one length changed.

    Attributes:
        length: number of attributes.
        same: reported with the same count in both.
        changed: reported in both with different counts.
        appeared: reported only in the second.
        vanished: reported only in the first.
        small: changed, appeared or vanished so little that fewer than k people may have come or gone.
    """

    length: int
    same: int
    changed: int
    appeared: int
    vanished: int
    small: int


@dataclass(frozen=True)
class Difference:
    """What changed between two releases.

    Attributes:
        releases: their names.
        terms: name -> (in the first, in the second), where they differ.
        columns: columns that only one of them has.
        lengths: changes by length, over the columns and lengths that both have.
        threshold: the larger k of the two.
        coverage: changes of how many people have information in the columns that both have, and how many of them
            something that is published; None: not both releases say it.
    """

    releases: tuple[str, str]
    terms: dict[str, tuple[Any, Any]]
    columns: tuple[str, ...]
    lengths: tuple[LengthChange, ...]
    threshold: int
    coverage: LengthChange | None = None

    @property
    def small(self) -> int:
        """Combinations whose change may concern fewer than k people."""
        return sum(change.small for change in self.lengths)

    @property
    def small_coverage(self) -> int:
        """Numbers of people with information whose change may concern fewer than k people."""
        return self.coverage.small if self.coverage is not None else 0

    def describe(self) -> str:
        """A table and warnings, for people to read."""
        first, second = self.releases
        lines = [f"{first} -> {second}"]
        lines += [f"  {name.replace('_', ' ')}: {old} -> {new}" for name, (old, new) in self.terms.items()]
        lines += [f"  columns of one release only: {', '.join(self.columns)}"] * bool(self.columns)
        head = ("attributes", "same", "changed", "appeared", "vanished", f"by fewer than {self.threshold}, perhaps")
        widths = [max(12, len(name) + 2) for name in head]
        lines.append("  " + "".join(f"{name:>{width}}" for name, width in zip(head, widths, strict=True)))
        for row in self._rows():
            lines.append("  " + "".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)))
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings())])

    def __repr__(self) -> str:
        return self.describe()

    def _repr_html_(self) -> str:
        head = ("attributes", "same", "changed", "appeared", "vanished", f"by fewer than {self.threshold}, perhaps")
        terms = [(name.replace("_", " "), f"{old} -> {new}") for name, (old, new) in self.terms.items()]
        terms += [("columns of one release only", ", ".join(self.columns))] * bool(self.columns)
        parts = (html_table(terms), html_table(self._rows(), head), html_list(self.warnings()))
        return html_result(" -> ".join(self.releases), *parts)

    def _rows(self) -> list[list[str]]:
        """The changes by length, then those of coverage, as text."""
        named = [(str(n.length), n) for n in self.lengths]
        named += [("coverage", self.coverage)] if self.coverage is not None else []
        return [
            [name, *(f"{number:,}" for number in (n.same, n.changed, n.appeared, n.vanished, n.small))]
            for name, n in named
        ]

    def warnings(self) -> list[str]:
        """What two releases of overlapping data reveal together that neither reveals alone."""
        found = []
        if self.small:
            found.append(
                f"for {self.small:,} combinations the two counts allow that fewer than k = {self.threshold} people "
                "came or went. If the data overlap, whoever knows who was added or removed learns about them; publish "
                "in batches that are large compared with k, or do not publish both"
            )
        if self.small_coverage:
            found.append(
                f"the same for {self.small_coverage:,} numbers of people who have information, or something that is "
                "published, in a column"
            )
        if {"reporting_threshold", "reporting_precision"} & self.terms.keys():
            found.append(
                "threshold or precision differ: for the same people, both roundings together are narrower than either"
            )
        if self.columns:
            found.append("columns differ: both releases together describe more about the same people than either")
        return found


def compare_releases(spark: SparkSession, place: TableLocation, first: str, second: str) -> Difference:
    """Compare two complete releases of one place; published tables alone are read.

    Raises:
        DataError: one of them is not complete there.
    """
    complete = list_releases(spark, place)
    missing = [name for name in (first, second) if name not in complete]
    if missing:
        raise DataError(f"release '{missing[0]}' is not complete in {place.name(RELEASES.name)}: nothing to compare")
    ledger = place.read(spark, RELEASES.name).where(F.col("release_id").isin(first, second)).collect()
    rows = {row["release_id"]: row for row in ledger}
    old, new = rows[first], rows[second]
    terms = {name: (old[name], new[name]) for name in TERMS if old[name] != new[name]}
    columns = [set(published_settings(row["settings"])["use_columns"]) for row in (old, new)]
    both = _pair(place.read(spark, AGGREGATE_COUNTS.name), (first, second), columns[0] & columns[1])
    longest = min(old["reporting_length"], new["reporting_length"])
    threshold = max(old["reporting_threshold"], new["reporting_threshold"])
    lengths = _count_changes(both.where(F.col("length") <= longest), old, new)
    both = _pair_coverage(read_or_nothing(spark, place, COVERAGE.name), (first, second), columns[0] & columns[1])
    (coverage,) = _count_changes(both, old, new) or (None,)
    return Difference((first, second), terms, tuple(sorted(columns[0] ^ columns[1])), lengths, threshold, coverage)


def _pair_coverage(coverage: DataFrame, releases: tuple[str, str], columns: set[str]) -> DataFrame:
    # -> (length = 0, key, before, after): each number of the columns that both have, null where it is withheld
    of_column = coverage.where(F.col("column").isin(sorted(columns)))
    said = F.array(
        *(
            F.struct(F.concat("column", F.lit(f"\x00{name}")).alias("key"), F.col(name).alias("count"))
            for name in ("with_information", "with_published_value")
        )
    )
    before, after = (
        of_column.where(F.col("release_id") == release)
        .select(F.inline(said))
        .select(F.lit(0).alias("length"), "key", F.col("count").alias(name))
        for release, name in zip(releases, ("before", "after"), strict=True)
    )
    return before.join(after, ["length", "key"])


def _pair(counts: DataFrame, releases: tuple[str, str], columns: set[str]) -> DataFrame:
    # -> (length, combination_text, before, after): null where one of them does not report it
    common = F.array(*(F.lit(name) for name in sorted(columns))).cast("array<string>")
    inside = F.forall("combination", lambda pair: F.array_contains(common, pair["column"]))
    # column orders may differ: the same set in another order is the same combination
    key = F.array_join(F.array_sort(F.transform("combination", _as_text)), "\x00")
    before, after = (
        counts.where((F.col("release_id") == release) & inside).select(
            "length", key.alias("key"), F.col("protected_count").alias(name)
        )
        for release, name in zip(releases, ("before", "after"), strict=True)
    )
    return before.join(after, ["length", "key"], "full_outer")


def _as_text(pair: Any) -> Any:
    return F.concat(pair["column"], F.lit("\x01"), pair["value"])


def _count_changes(pairs: DataFrame, old: Row, new: Row) -> tuple[LengthChange, ...]:
    """Count by length what changed, and what changed by perhaps fewer than k people."""
    before, after = F.col("before"), F.col("after")
    k = max(old["reporting_threshold"], new["reporting_threshold"])
    # what is not reported is held by 0 to k - 1 people
    low = [F.coalesce(count, F.lit(0)) for count in (before, after)]
    high = [
        F.coalesce(count + row["reporting_precision"] - 1, F.lit(row["reporting_threshold"] - 1))
        for count, row in ((before, old), (after, new))
    ]
    least = F.greatest(low[1] - high[0], low[0] - high[1], F.lit(0))
    differs = ~before.eqNullSafe(after)
    numbers = {
        "same": ~differs,
        "changed": differs & before.isNotNull() & after.isNotNull(),
        "appeared": differs & before.isNull(),
        "vanished": differs & after.isNull(),
        "small": differs & (least < k),
    }
    counted = pairs.groupBy("length").agg(*(F.count(F.when(is_so, 1)).alias(name) for name, is_so in numbers.items()))
    return tuple(LengthChange(*row) for row in counted.orderBy("length").collect())
