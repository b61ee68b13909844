"""Verify a published release with differential privacy: what such a release promises, and nothing else.

No record is proven to be shared by anybody here. What can be verified is that the two artifacts agree, that they hold
nothing outside the domain, that the ledger of the budget adds up to the guarantee, and that the counts are not the
exact ones, for which the sensitive input is read anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from ctdc_spark.differential_privacy.allocation import read_budget_request
from ctdc_spark.differential_privacy.domain import declared_domain, read_declared
from ctdc_spark.proof.aggregates import check_rows, verify_aggregates
from ctdc_spark.proof.encoding import count_held
from ctdc_spark.proof.findings import Finding, Verification
from ctdc_spark.proof.published import code_combinations, find_unknown_values
from ctdc_spark.proof.spent import verify_costs, verify_delta, verify_guarantee, verify_noise_scales, verify_noisy
from ctdc_spark.proof.terms import Terms
from ctdc_spark.records.counts import ExactCounts
from ctdc_spark.records.dictionary import Dictionary
from ctdc_spark.release.contracts import AGGREGATE_COUNTS, CODEBOOK
from ctdc_spark.release.dp_tables import PRIVACY_BUDGET, TOTAL
from ctdc_spark.release.ledger import DIFFERENTIAL_PRIVACY, published_settings
from ctdc_spark.release.table_location import TableLocation
from ctdc_spark.verification.checks import (
    EncodedRecords,
    count_published,
    encode_published,
    verify_figures,
    verify_number,
)
from ctdc_spark.verification.coverage import check_noisy_coverage
from ctdc_spark.verification.published import PACKED_AGAIN, open_release, require_same_terms, scratch

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.cases.pack import PackedCases
    from ctdc_spark.io.parquet import Materialize
    from ctdc_spark.settings import Settings
    from ctdc_spark.verification.published import ReleaseTables

REMARK = "differential privacy is a promise about how counts were made; no smallest group is promised"

OTHER_NAMES = {
    "values": "domain",
    "reported_values": "reported_domain",
    "rare": "fabricated",
    "counts": "agreement",
    "complete": "left_out",
}
"""Checks that ask about the published records here what they ask about the sensitive ones elsewhere."""


def verify_dp_release(spark: SparkSession, settings: Settings) -> Verification:
    """Verify the published release with differential privacy that these settings name.

    Raises:
        DataError: there is no such release, or it was made with another protection or k.
    """
    release = open_release(spark, settings)
    terms = {"protection": DIFFERENTIAL_PRIVACY, "reporting_threshold": settings.threshold}
    require_same_terms(release.ledger, terms)
    counts = release.tables[AGGREGATE_COUNTS.name]
    place = TableLocation.of(settings)
    spent = place.read(spark, PRIVACY_BUDGET.name).where(F.col("release_id") == settings.resolved_release_id)
    budget = [row.asDict() for row in spent.collect()]  # a few rows per run
    with scratch(spark, settings) as materialize:
        findings = verify_agreement(release, settings, materialize)
        findings += verify_budget(budget, release.ledger, counts, settings)
        published = {row["run"] for row in budget if row["mechanism"] == TOTAL}
        singles_noise = [row for row in budget if row["purpose"] == "combinations" and row["length"] == 1]
        scale = next((row["scale"] for row in singles_noise if row["run"] in published), None)
        if scale is not None:
            compared, equal = count_equal(read_singles(counts), _count_values(spark, settings, materialize))
            findings.append(verify_noisy(compared, equal, scale))
    return Verification(tuple(findings), REMARK)


def verify_agreement(release: ReleaseTables, settings: Settings, materialize: Materialize) -> list[Finding]:
    """Check that records, counts, codebook and metrics agree, and hold what the domain has.

    Where a number of records was requested, they were drawn separately from those that were counted; then the counts
    are checked by themselves.
    """
    tables, ledger = release.tables, release.ledger
    codebook = [row.asDict() for row in tables[CODEBOOK.name].collect()]  # bounded as the domain
    packed = release.pack(published_settings(ledger["settings"])["use_columns"])
    domain = read_domain(codebook, packed)
    records = encode_published(packed, domain, materialize)
    terms = Terms(ledger["reporting_threshold"], ledger["reporting_precision"], ledger["reporting_length"])
    aggregates = tables[AGGREGATE_COUNTS.name]
    findings = [find_unknown_values(records.packed, domain), verify_declared(codebook, settings)]
    if settings.target_number_of_records is None:
        findings += verify_aggregates(aggregates, records.frame, (domain, count_records(records, len(domain))), terms)
    else:
        findings += check_rows(code_combinations(aggregates, domain), terms)
    findings.append(verify_number(records, ledger))
    counted = records.frame if settings.target_number_of_records is None else None
    findings += check_noisy_coverage(tables, ledger, (counted, domain), declared_domain(settings))
    if not any(finding.failed for finding in findings):
        findings += verify_figures(records, aggregates, tables, (domain, terms.reporting_length))
    return [replace(finding, check=OTHER_NAMES.get(finding.check, finding.check)) for finding in findings]


def verify_budget(
    budget: Sequence[Mapping[str, Any]], ledger: Mapping[str, Any], aggregates: DataFrame, settings: Settings
) -> list[Finding]:
    """Add up the ledger of the budget again, and check the guarantee and the counts' noise against it."""
    said = aggregates.select("length", "noise_scale").distinct().collect()  # one row per length
    scales = [(row["length"], row["noise_scale"]) for row in said]
    return [
        verify_costs(budget),
        verify_guarantee(budget, ledger["guarantee"], read_budget_request(settings).epsilon),
        verify_delta(budget, ledger["guarantee"], ledger["protected_number_of_subjects"] or 0),
        verify_noise_scales(scales, budget),
    ]


def verify_declared(codebook: Sequence[Mapping[str, Any]], settings: Settings) -> Finding:
    """Check that the codebook has only declared values in declared columns."""
    declared = {name: set(values) for name, values in declared_domain(settings).items()}
    named = [row for row in codebook if row["value"] is not None and row["column"] in declared]
    wrong = [row["column"] for row in named if row["value"] not in declared[row["column"]]]
    return Finding("declared", len(named), len(wrong), columns=tuple(sorted(set(wrong))))


def read_domain(codebook: Sequence[Mapping[str, Any]], packed: PackedCases) -> Dictionary:
    """The values in the codebook as a dictionary."""
    index = {name: i for i, name in enumerate(packed.columns)}
    named = [row for row in codebook if row["value"] is not None and row["column"] in index]
    pairs = sorted((index[row["column"]], row["value"]) for row in named)
    column_of, values = tuple(column for column, _ in pairs), tuple(value for _, value in pairs)
    return Dictionary(packed.columns, column_of, values, packed.multi_valued)


def count_records(records: EncodedRecords, attributes: int) -> ExactCounts:
    """How many published records there are, and how many hold each of this many attributes: nothing sensitive."""
    held = records.frame.select(F.explode("attributes").alias("attribute"), "weight").groupBy("attribute")
    counts = [0] * attributes
    for row in held.agg(F.sum("weight").alias("count")).collect():
        counts[row["attribute"]] = row["count"]
    return ExactCounts(tuple(counts), count_published(records.packed))


def read_singles(aggregates: DataFrame) -> DataFrame:
    """(column, value, protected_count) of the reported single attributes."""
    pair = F.col("combination")[0]
    single = aggregates.where(F.col("length") == 1)
    return single.select(pair["column"].alias("column"), pair["value"].alias("value"), "protected_count")


def count_equal(singles: DataFrame, truth: DataFrame) -> tuple[int, int]:
    """How many single attributes are reported, and for how many the count is the true one.

    Args:
        singles: (column, value, protected_count).
        truth: (column, value, count), sensitive; only the two numbers leave the executors.
    """
    row = (
        singles.join(truth, ["column", "value"], "left")
        .agg(F.count(F.lit(1)), F.count(F.when(F.col("protected_count") == F.col("count"), 1)))
        .collect()[0]
    )
    return int(row[0]), int(row[1])


def _count_values(spark: SparkSession, settings: Settings, materialize: Materialize) -> DataFrame:
    """(column, value, count) of the sensitive input, read anew."""
    packed = read_declared(spark, settings).pack(PACKED_AGAIN, materialize)
    names = spark.createDataFrame(list(enumerate(packed.columns)), "column_index int, `column` string")
    counted = count_held(packed)
    count = F.col("subjects").alias("count")
    return counted.join(F.broadcast(names), "column_index").select("column", "value", count)
