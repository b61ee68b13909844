"""The published metrics of attributes and of lengths, computed anew from the published records and counts.

    reported combinations --encoded, collected--> candidates \
                                                              counts of each task's records --added up--> sums
    published records ---------------------------------------/

Shares no code with the evaluation: that joins tables of counts; this adds up bitmap counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F

from ctdc_spark.proof.candidates import Candidates
from ctdc_spark.proof.findings import Finding
from ctdc_spark.proof.marginals import Base, ColumnSets
from ctdc_spark.proof.reported import CHUNK, add_up, count_by_chunk, list_passes
from ctdc_spark.proof.terms import NOT_REPORTED

if TYPE_CHECKING:
    import numpy.typing as npt
    from pyspark.sql import DataFrame, Row

    from ctdc_spark.records.dictionary import Dictionary
    from ctdc_spark.records.records import Longs

SUMS = "kind string, number int, combinations bigint, present bigint, error double"
"""For the reported combinations of one length, with one attribute, or with any attribute of one column: how many there
are, how many of them occur in the records, and the sum of |synthetic - reported| / reported. For a set of columns: its
Cells."""

LENGTH, ATTRIBUTE, COLUMN, SET = "length", "attribute", "column", "set"

TOLERANCE = 1e-6
"""Allowed between two ways of adding up; a count that is off by one differs by more."""


@dataclass(frozen=True)
class Sums:
    """SUMS of one group."""

    combinations: int = 0
    present: int = 0
    error: float = 0.0

    def __add__(self, other: Sums) -> Sums:
        return Sums(self.combinations + other.combinations, self.present + other.present, self.error + other.error)

    @property
    def means(self) -> tuple[float | None, float | None]:
        """Presence and mean relative error; None where there is nothing to average."""
        if not self.combinations:
            return None, None
        return self.present / self.combinations, self.error / self.combinations


Groups = dict[tuple[str, int], Sums]
"""Sums by (kind, number)."""


@dataclass(frozen=True)
class Faithfulness:
    """What the published metrics should say.

    Attributes:
        reported: reported count of each single attribute that is reported.
        synthetic: records that hold each attribute.
        groups: the sums over longer combinations, and over single attributes as length 1.
        score: the k-marginal score by size of the sets of columns, and over all under None; empty if not requested.
    """

    reported: Mapping[int, int]
    synthetic: Mapping[int, int]
    groups: Groups
    score: Mapping[int | None, float]


def measure_anew(
    reported: DataFrame, records: DataFrame, dictionary: Dictionary, length: int, *, base: Base | None = None
) -> Faithfulness:
    """Compare reported combinations with the records.

    Args:
        reported: CODED_COUNTS, sound: it contains every attribute and every part of a combination.
        records: RECORD_ROWS of the published records.
        dictionary: the attributes; what is collected is bounded by their number, and by PASS_COMBINATIONS.
        length: longest combination that is reported.
        base: of the k-marginal score; None leaves the score out.
    """
    rows = reported.where(F.size("attributes") == 1).collect()
    said = {int(row["attributes"][0]): int(row["protected_count"]) for row in rows}
    held = records.select(F.explode("attributes").alias("attribute"), "weight").groupBy("attribute")
    made = {row["attribute"]: int(row["made"]) for row in held.agg(F.sum("weight").alias("made")).collect()}
    groups: Groups = {(LENGTH, 1): _sum_singles(said, made)}
    column_of = np.array(dictionary.column_of, np.int64)
    column_sets = None if base is None else ColumnSets(dictionary, base)
    for candidates in list_passes(reported, len(dictionary), length):
        if len(candidates):
            added = count_by_chunk(candidates, records).mapInArrow(SumAdder(candidates, column_of, column_sets), SUMS)
            for row in added.collect():
                key = (row["kind"], row["number"])
                groups[key] = groups.get(key, Sums()) + Sums(row["combinations"], row["present"], row["error"])
    cells = {n: (one.combinations, one.present, one.error) for (kind, n), one in groups.items() if kind == SET}
    return Faithfulness(said, made, groups, {} if column_sets is None else column_sets.score(cells))


def verify_attribute_metrics(published: DataFrame, right: Faithfulness, dictionary: Dictionary) -> Finding:
    """Check each row of the metrics of attributes and columns, and that none is missing.

    Args:
        published: rows of attribute_metrics; collected, bounded by the number of attributes.
        right: what they should say.
        dictionary: names the attributes.
    """
    expected: dict[tuple[str, str | None], tuple[Any, ...]] = {}
    for attribute, count in right.reported.items():
        column = dictionary.columns[dictionary.column_of[attribute]]
        sums = right.groups.get((ATTRIBUTE, attribute), Sums())
        counts = (count, right.synthetic.get(attribute, 0), sums.combinations)
        expected[column, dictionary.values[attribute]] = (*counts, *sums.means)
    for number in {dictionary.column_of[attribute] for attribute in right.reported}:
        sums = right.groups.get((COLUMN, number), Sums())
        expected[dictionary.columns[number], None] = (None, None, sums.combinations, *sums.means)
    rows = published.collect()
    wrong = [
        row["column"] for row in rows if not _same(_figures(row), expected.pop((row["column"], row["value"]), None))
    ]
    wrong += [column for column, _ in expected]
    return Finding("attribute_metrics", len(rows), len(wrong), columns=tuple(sorted(set(wrong))))


def verify_metrics(published: DataFrame, right: Faithfulness) -> Finding:
    """Check how many combinations of each length are reported and present, their mean error, and the k-marginal score.

    Releases of earlier versions have a different score, which is not computed from published rows and is not checked.

    Args:
        published: rows of evaluation_metrics.
        right: what they should say.
    """
    by_length = published.where((F.col("reference") == "reported") & F.col("count_from").isNull())
    said = {(row["metric"], row["length"]): row["value"] for row in by_length.collect()}
    wrong: list[int] = []
    asked = 0
    for (kind, length), sums in right.groups.items():
        if kind == LENGTH and sums.combinations:
            presence, error = sums.means
            right_values = {"combinations": sums.combinations, "presence": presence, "mean_relative_error": error}
            differing = [m for m, value in right_values.items() if not _same((said.get((m, length)),), (value,))]
            asked, wrong = asked + len(right_values), wrong + [length] * len(differing)
    scores = {length: value for (metric, length), value in said.items() if metric == "k_marginal"}
    if scores:
        sizes = {**scores, **right.score}
        differing_sizes = [size for size in sizes if not _same((scores.get(size),), (right.score.get(size),))]
        asked, wrong = asked + len(sizes), wrong + [size or 0 for size in differing_sizes]
    return Finding("metrics", asked, len(wrong), tuple(sorted({length for length in wrong if length})))


class SumAdder:
    """Add up the counts of each chunk and compare them with what is reported."""

    def __init__(self, candidates: Candidates, column_of: Longs, column_sets: ColumnSets | None) -> None:
        self._candidates = candidates
        self._column_of = column_of
        self._column_sets = column_sets

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield SUMS of each chunk."""
        for chunk, made in add_up(batches).items():
            yield _to_batch(self._sum(made, chunk * CHUNK))

    def _sum(self, made: Longs, start: int) -> Groups:
        said = self._candidates.expected[start : start + len(made)]
        numbers = np.flatnonzero(said != NOT_REPORTED)
        said, made = said[numbers], made[numbers]
        present, error = (made > 0).astype(np.int64), np.abs(made - said) / said
        groups: Groups = {}
        for mine, sets in self._candidates.sets_of(start + numbers):
            held = _Held(present[mine], error[mine])
            groups[LENGTH, sets.shape[1]] = Sums(int(mine.sum()), int(present[mine].sum()), float(error[mine].sum()))
            groups = _merge(groups, held.sum_by(ATTRIBUTE, sets), held.sum_by(COLUMN, self._column_of[sets]))
            if self._column_sets is not None:
                cells = self._column_sets.add_up(sets, said[mine], made[mine])
                groups = _merge(groups, {(SET, number): Sums(*of_set) for number, of_set in cells.items()})
        return groups


@dataclass(frozen=True)
class _Held:
    """Whether combinations are present, and how far off; shape (combinations,)."""

    present: Longs
    error: npt.NDArray[np.float64]

    def sum_by(self, kind: str, members: npt.NDArray[np.integer]) -> Groups:
        """Sums by member; `members` has a row for each combination; a member that occurs twice in it counts once."""
        ordered = np.sort(members, axis=1)
        first = np.column_stack([np.ones(len(ordered), np.bool_), np.diff(ordered, axis=1) > 0])
        row, number = np.nonzero(first)[0], ordered[first]
        count = np.bincount(number)
        present = np.bincount(number, self.present[row])
        error = np.bincount(number, self.error[row])
        return {(kind, int(n)): Sums(int(count[n]), int(present[n]), float(error[n])) for n in np.flatnonzero(count)}


def _merge(*parts: Groups) -> Groups:
    merged: Groups = {}
    for part in parts:
        for key, sums in part.items():
            merged[key] = merged.get(key, Sums()) + sums
    return merged


def _to_batch(groups: Groups) -> pa.RecordBatch:
    rows = [(*key, sums.combinations, sums.present, sums.error) for key, sums in groups.items()]
    types = (pa.string(), pa.int32(), pa.int64(), pa.int64(), pa.float64())
    names = ["kind", "number", "combinations", "present", "error"]
    return pa.record_batch([pa.array([row[i] for row in rows], kind) for i, kind in enumerate(types)], names=names)


def _sum_singles(reported: Mapping[int, int], made: Mapping[int, int]) -> Sums:
    errors = [abs(made.get(attribute, 0) - count) / count for attribute, count in reported.items()]
    return Sums(len(reported), sum(made.get(attribute, 0) > 0 for attribute in reported), sum(errors))


def _figures(row: Row) -> tuple[Any, ...]:
    names = ("protected_count", "synthetic_count", "combinations", "presence", "mean_relative_error")
    return tuple(row[name] for name in names)


def _same(said: tuple[Any, ...], right: tuple[Any, ...] | None) -> bool:
    """Whether all figures agree; None agrees with None alone."""
    if right is None:
        return False
    return all(
        a is b is None or (a is not None and b is not None and abs(a - b) <= TOLERANCE * max(1.0, abs(b)))
        for a, b in zip(said, right, strict=True)
    )
