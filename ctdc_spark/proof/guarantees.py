"""The gate for each guarantee: every synthetic record keeps the promise, or nothing is published.

    strict        every combination of any length is frequent: the record itself is (`gate.examine_strict`)
    a length m    every combination of up to m attributes is frequent (k^m-anonymity, Terrovitis et al. 2008)
    k_synthetic   those of up to L attributes are frequent, and longer ones absent or frequent

All three come down to one question, asked of different sets: how many subjects hold a set of attributes?
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import functions as F

from ctdc_spark.errors import PrivacyGateError
from ctdc_spark.proof.gate import Proof, check_support, examine_strict, measure_support
from ctdc_spark.proof.gathering import gather, merge_equal
from ctdc_spark.proof.intersections import intersect
from ctdc_spark.proof.subsets import cut_to_length
from ctdc_spark.records.records import Records, concatenate

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.records.counts import AttributeCounts
    from ctdc_spark.records.dictionary import Dictionary
    from ctdc_spark.settings import Settings

SETS = "attributes array<int>"
"""Sets of attributes to ask about."""

MOST_COLLECTED = 1_000_000
"""Synthetic records that are not strict, collected and sent to every task; nothing sensitive, about 50 MB."""


@dataclass(frozen=True)
class Promise:
    """What is promised of every synthetic record.

    Attributes:
        guarantee: strict, k_synthetic, or the length up to which every combination must be frequent.
        threshold: k.
        reporting_length: L.
    """

    guarantee: str | int
    threshold: int
    reporting_length: int

    @staticmethod
    def of(settings: Settings, reporting_length: int) -> Promise:
        """The promise of these settings, with the reporting length as it was resolved."""
        return Promise(settings.guarantee, settings.threshold, reporting_length)


def prove(
    synthetic: DataFrame, sensitive: DataFrame, known: tuple[Dictionary, AttributeCounts], promise: Promise
) -> Proof:
    """Establish that every synthetic record keeps the promise.

    Args:
        synthetic: SYNTHETIC_RECORDS.
        sensitive: ENCODED_RECORDS.
        known: the attributes, to name the columns of what fails, and their counts, to split the work.
        promise: what was promised.

    Raises:
        PrivacyGateError: a record breaks it; states how many sets failed, of which lengths and columns, never values.
    """
    dictionary, counts = known
    return _require(examine(synthetic, sensitive, counts, promise), dictionary, promise)


def prove_reported(synthetic: DataFrame, reported: DataFrame, dictionary: Dictionary, promise: Promise) -> Proof:
    """Like `prove`, from reported counts alone; see `examine_reported`.

    Raises:
        PrivacyGateError: a record holds a combination of up to the reporting length that is not reported.
    """
    return _require(examine_reported(synthetic, reported, promise), dictionary, promise)


def examine(synthetic: DataFrame, sensitive: DataFrame, counts: AttributeCounts, promise: Promise) -> Proof:
    """Establish whether every synthetic record keeps the promise; like `prove`, but returns failures."""
    if promise.guarantee == "strict":
        return examine_strict(synthetic, sensitive, counts, promise.threshold)
    support = measure_support(synthetic.select("attributes"), sensitive, counts)
    row = support.agg(
        F.count(F.lit(1)).alias("checked"), F.count(F.when(F.col("subjects") >= promise.threshold, 1)).alias("strict")
    ).collect()[0]
    length = promise.reporting_length if isinstance(promise.guarantee, str) else promise.guarantee
    proof = _ask(cut_sets(synthetic, length), sensitive, counts, promise)
    if promise.guarantee == "k_synthetic" and not proof.failed:
        others = support.where(F.col("subjects") < promise.threshold).select("attributes")
        proof = _ask(common_sets(others, sensitive), sensitive, counts, promise)
    return proof if proof.failed else Proof(row["checked"], 0, row["strict"])


def examine_reported(synthetic: DataFrame, reported: DataFrame, promise: Promise) -> Proof:
    """Establish a guarantee up to the reporting length from reported counts alone, where there are no case records.

    Args:
        synthetic: SYNTHETIC_RECORDS.
        reported: COMBINATION_COUNTS, complete up to the reporting length.
        promise: its guarantee is the reporting length.
    """
    counted = reported.select(F.col("combination").alias("attributes"), F.col("count").alias("subjects"))
    proof = check_support(cut_sets(synthetic, promise.reporting_length), counted, promise.threshold)
    if proof.failed:
        return replace(proof, sets="combinations within synthetic records")
    return Proof(synthetic.count(), 0)


def cut_sets(synthetic: DataFrame, length: int) -> DataFrame:
    """SETS: every combination of `length` attributes within a record, or the record if it is shorter."""
    return (
        synthetic.select("attributes", "weight")
        .mapInArrow(EachBlock(lambda r: cut_to_length(r, length)), SETS)
        .distinct()
    )


def common_sets(asked: DataFrame, sensitive: DataFrame) -> DataFrame:
    """SETS: what each record in question has in common with each sensitive one.

    Raises:
        PrivacyGateError: there are too many records to check, so nothing is established.
    """
    rows = asked.limit(MOST_COLLECTED + 1).collect()
    if len(rows) > MOST_COLLECTED:
        raise PrivacyGateError(
            f"privacy gate: more than {MOST_COLLECTED:,} distinct synthetic records are not strict, too many to be "
            "proven k-synthetic. Nothing was published; guarantee: strict can be proven for any number"
        )
    records = Records.from_lists([sorted(row["attributes"]) for row in rows])
    found = sensitive.mapInArrow(EachBlock(lambda part: intersect(part, records)), SETS)
    return found.distinct()


class EachBlock:
    """Apply a kernel to blocks of records and merge what it yields, as rows of SETS."""

    def __init__(self, kernel: Callable[[Records], Iterator[Records]]) -> None:
        self._kernel = kernel

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield SETS, nearly all distinct within each batch."""
        for block in gather(batches):
            waiting: list[Records] = []
            cells = 0
            for part in self._kernel(block):
                waiting.append(part)
                cells += len(part.attributes)
                if cells > 1_000_000:
                    yield _to_batch(waiting)
                    waiting, cells = [], 0
            if waiting:
                yield _to_batch(waiting)


def _to_batch(parts: list[Records]) -> pa.RecordBatch:
    return pa.record_batch([merge_equal(concatenate(parts)).to_arrow()], names=["attributes"])


def _ask(sets: DataFrame, sensitive: DataFrame, counts: AttributeCounts, promise: Promise) -> Proof:
    """Ask whether every set is held by at least k subjects."""
    proof = check_support(sets, measure_support(sets, sensitive, counts), promise.threshold)
    return replace(proof, sets="combinations within synthetic records")


def _require(proof: Proof, dictionary: Dictionary, promise: Promise) -> Proof:
    if proof.failed:
        raise PrivacyGateError(
            f"privacy gate: guarantee {promise.guarantee}: {proof.failed:,} of {proof.checked:,} {proof.sets} are "
            f"shared by fewer than k = {promise.threshold} subjects (of {', '.join(map(str, proof.lengths))} "
            f"attributes; columns: {', '.join(proof.columns(dictionary))}). Nothing was published"
        )
    return proof
