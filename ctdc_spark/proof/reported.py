"""Whether reported counts are the protected true counts, and whether any is missing: exact, over all sensitive records.

    reported combinations --encoded, collected--> candidates  \
                                                               counts of each task's records --added up--> checked
    sensitive records -----------------------------------------/

Only the tasks that check see the true counts; they return how many failed and where.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F

from ctdc_spark.proof.bitmaps import count_candidates
from ctdc_spark.proof.candidates import Candidates, list_candidates
from ctdc_spark.proof.gathering import gather
from ctdc_spark.proof.terms import NOT_REPORTED, Terms
from ctdc_spark.records.blocks import UNIT_BLOCKS, collect_blocks, pack_block
from ctdc_spark.records.records import Longs, Records, concatenate

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.records.counts import ExactCounts
    from ctdc_spark.records.dictionary import Dictionary

CODED_COUNTS = "attributes array<int>, protected_count bigint"
"""Reported combinations: attribute ids ascending."""

PARTIAL = "chunk int, counts binary"
FAULTS = "fault string, length int, failed bigint, attributes array<int>, checked bigint"

CHUNK = 1 << 16
"""Candidates whose counts travel together: half a megabyte."""

PASS_COMBINATIONS = 1_000_000
"""Reported combinations that the driver and every task hold at once: some tens of megabytes."""

FAULT_KINDS = ("rare", "counts", "complete")


@dataclass(frozen=True)
class Fault:
    """How many combinations of some lengths fail one check, and which attributes occur in them (never shown)."""

    failed: int = 0
    lengths: tuple[int, ...] = ()
    attributes: tuple[int, ...] = ()

    def __add__(self, other: Fault) -> Fault:
        return Fault(
            self.failed + other.failed,
            tuple(sorted({*self.lengths, *other.lengths})),
            tuple(sorted({*self.attributes, *other.attributes})),
        )

    @staticmethod
    def by_length(failed: dict[int, int]) -> Fault:
        """Numbers of failed combinations, by length."""
        return Fault(sum(failed.values()), tuple(sorted(length for length, number in failed.items() if number)))


@dataclass(frozen=True)
class CheckedCounts:
    """The result for combinations of two or more attributes.

    Attributes:
        checked: combinations that were counted, reported or not.
        faults: by kind: the FAULT_KINDS, `parts` and `repeated`.
    """

    checked: int
    faults: dict[str, Fault]


def check_reported(reported: DataFrame, sensitive: DataFrame, dictionary: Dictionary, terms: Terms) -> CheckedCounts:
    """Count every reported combination and every one that could be missing, and check the counts.

    Args:
        reported: CODED_COUNTS; what is collected of it is public, and bounded at any time by PASS_COMBINATIONS or by
            the combinations that begin with one attribute.
        sensitive: ENCODED_RECORDS.
        dictionary: the attributes that at least k subjects hold; each must be among the reported ones.
        terms: how counts are protected.
    """
    checked, faults = 0, {kind: Fault() for kind in (*FAULT_KINDS, "parts", "repeated")}
    for candidates in list_passes(reported, len(dictionary), terms.reporting_length):
        faults["parts"] += Fault.by_length(candidates.orphans)
        # single attributes are in every pass, and checked by `check_singles`
        faults["repeated"] += Fault.by_length({n: failed for n, failed in candidates.repeated.items() if n > 1})
        checked += len(candidates)
        _check_pass(candidates, sensitive, terms, faults)
    return CheckedCounts(checked, faults)


def list_passes(reported: DataFrame, attributes: int, length: int) -> Iterator[Candidates]:
    """The candidates that follow from reported combinations, in passes of bounded size.

    Args:
        reported: CODED_COUNTS.
        attributes: how many there are.
        length: longest combination that is reported.
    """
    singles = _collect(reported.where(F.size("attributes") == 1))
    first = F.col("attributes")[0]
    for roots in split_roots(reported, attributes):
        mine = reported.where((F.size("attributes") > 1) & first.between(roots.start, roots.stop - 1))
        yield list_candidates(concatenate([singles, _collect(mine)]), length, attributes, roots)


def split_roots(reported: DataFrame, attributes: int) -> list[range]:
    """Ranges of lowest attributes with about PASS_COMBINATIONS reported combinations each."""
    counted = reported.groupBy(F.col("attributes")[0].alias("root")).count().collect()  # a row an attribute
    number = np.zeros(attributes, np.int64)
    for row in counted:
        number[row["root"]] = row["count"]
    group = np.cumsum(number) // PASS_COMBINATIONS
    edges = [0, *(1 + np.flatnonzero(np.diff(group))).tolist(), attributes]
    return [range(low, high) for low, high in itertools.pairwise(edges)]


def _check_pass(candidates: Candidates, sensitive: DataFrame, terms: Terms, faults: dict[str, Fault]) -> None:
    if not len(candidates):
        return
    # (attributes, weight) -> (chunk, counts within one task) -> (fault, length, failed, attributes, checked)
    found = count_by_chunk(candidates, sensitive).mapInArrow(CountChecker(candidates, terms), FAULTS).collect()
    if sum(row["checked"] for row in found) != len(candidates):
        raise AssertionError("not every candidate was checked")
    for row in found:
        if row["failed"]:
            faults[row["fault"]] += Fault(row["failed"], (row["length"],), tuple(row["attributes"]))


def count_by_chunk(candidates: Candidates, records: DataFrame) -> DataFrame:
    """PARTIAL: the counts of each task's records, the parts of one chunk adjacent in one partition."""
    chunks = -(-len(candidates) // CHUNK)
    partial = records.mapInArrow(CandidateCounter(candidates), PARTIAL)
    return partial.repartition(min(chunks, 64), "chunk").sortWithinPartitions("chunk")


def check_singles(reported: DataFrame, counts: ExactCounts, terms: Terms) -> dict[str, Fault]:
    """Check the reported single attributes against their true counts.

    Args:
        reported: CODED_COUNTS; its single attributes are collected, as many as the dictionary has at most.
        counts: of the attributes that at least k subjects hold.
        terms: how counts are protected.
    """
    rows = reported.where(F.size("attributes") == 1).collect()
    said: dict[int, int] = {row["attributes"][0]: row["protected_count"] for row in rows}
    right = terms.protect(np.array(counts.of_attribute, np.int64)).tolist()
    wrong = tuple(i for i, count in said.items() if count != right[i])
    missing = tuple(i for i, count in enumerate(right) if count != NOT_REPORTED and i not in said)
    return {
        "counts": Fault(len(wrong), (1,) * bool(wrong), wrong),
        "complete": Fault(len(missing), (1,) * bool(missing), missing),
        "repeated": Fault.by_length({1: len(rows) - len(said)}),
    }


class CandidateCounter:
    """Count the candidates in the records of one partition."""

    def __init__(self, candidates: Candidates) -> None:
        self._candidates = candidates

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield PARTIAL."""
        counts = np.zeros(len(self._candidates), np.int64)
        for records in gather(batches):
            counts += count_candidates(records, self._candidates)
        for chunk, low in enumerate(range(0, len(counts), CHUNK)):
            part = pa.array([counts[low : low + CHUNK].tobytes()], pa.binary())
            yield pa.record_batch([pa.array([chunk], pa.int32()), part], names=["chunk", "counts"])


class CountChecker:
    """Add up the counts of each chunk and check the reported counts against them."""

    def __init__(self, candidates: Candidates, terms: Terms) -> None:
        self._candidates = candidates
        self._terms = terms

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield FAULTS: for each chunk, a row with the number checked, and one for each kind and length."""
        rows: list[tuple[str, int, int, list[int], int]] = []
        for chunk, total in add_up(batches).items():
            rows.append(("", 0, 0, [], len(total)))
            for kind, numbers in self._check(total, chunk * CHUNK).items():
                lengths, attributes = self._candidates.attributes_of(numbers)
                rows += [
                    (kind, int(length), int((lengths == length).sum()), attributes.tolist(), 0)
                    for length in np.unique(lengths)
                ]
        names = ("fault", "length", "failed", "attributes", "checked")
        types = (pa.string(), pa.int32(), pa.int64(), pa.list_(pa.int32()), pa.int64())
        yield pa.record_batch(
            [pa.array([row[i] for row in rows], kind) for i, kind in enumerate(types)], names=list(names)
        )

    def _check(self, true: Longs, start: int) -> dict[str, Longs]:
        """Numbers of the candidates that fail, by kind."""
        reported = self._candidates.expected[start : start + len(true)]
        right = self._terms.protect(true)
        rare = (reported != NOT_REPORTED) & (true < self._terms.threshold)
        failed = {
            "rare": rare,
            "counts": (reported != NOT_REPORTED) & (reported != right) & ~rare,
            "complete": (reported == NOT_REPORTED) & (right != NOT_REPORTED),
        }
        return {kind: start + np.flatnonzero(mask) for kind, mask in failed.items()}


def add_up(batches: Iterable[pa.RecordBatch]) -> dict[int, Longs]:
    """The total counts of each chunk, from PARTIAL."""
    totals: dict[int, Longs] = {}
    for batch in batches:
        for chunk, counts in zip(batch.column(0).to_pylist(), batch.column(1), strict=True):
            part = np.frombuffer(counts.as_buffer(), np.int64)
            totals[chunk] = totals[chunk] + part if chunk in totals else part
    return totals


def _collect(reported: DataFrame) -> Records:
    """Reported combinations on the driver; they travel as a few rows of bytes."""
    return concatenate(collect_blocks(reported.mapInArrow(_pack, UNIT_BLOCKS)))


def _pack(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for records in gather(batches):
        yield pack_block(0, records)
