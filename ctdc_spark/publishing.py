"""The stage that publishes: the staged rows by their contracts, and the ledger's row that makes them a release.

Nothing sensitive is read here: the rows were proven and sealed before.
"""

from __future__ import annotations

from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from ctdc_spark.errors import AlreadyPublishedError
from ctdc_spark.proving import schema_of, staged_tables
from ctdc_spark.release import contracts
from ctdc_spark.release.noisy import NOISY_AGGREGATES, Spent, publish_spent, with_noise_scale
from ctdc_spark.release.place import Place, find_release
from ctdc_spark.release.publication import Publication, require_committed
from ctdc_spark.release.writer import claim_release, write_release_rows
from ctdc_spark.together import run_together

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.progress import Facts
    from ctdc_spark.stages import StageContext

ROWS_A_FILE = 1_000_000
"""Rows of one published file: some tens of megabytes."""


def run_release(context: StageContext) -> Facts:
    """Publish the staged rows; the ledger's row comes last and makes the release complete.

    Raises:
        AlreadyPublishedError: the release became complete meanwhile, and nobody asked to replace it.
        TakenOverError: another run began to publish it later.
    """
    spark, place, sealed = context.spark, context.place, context.staging.facts()
    publication = Publication.begin(context.settings.resolved_release_id)
    if not context.force:
        require_unpublished(spark, place, publication.release_id)
    if "noise" in sealed:
        publish_spent(spark, place, (context.settings, publication), Spent.from_facts(sealed["noise"]))
    claim_release(spark, place, publication)
    try:
        _publish_rows(context, sealed, publication)
    except Exception:
        context.staging.require_sealed(sealed["seal"])
        raise
    if not context.settings.keep_intermediates:
        context.staging.remove()
    return {"synthetic_records": sealed["ledger"]["number_of_synthetic_records"], "place": place.name("<table>")}


def _publish_rows(context: StageContext, sealed: dict[str, Any], publication: Publication) -> None:
    """Replace the rows of the release in every table, side by side; the ledger's when all the others are there."""
    spark, place, ledger, columns = context.spark, context.place, sealed["ledger"], tuple(sealed["columns"])
    staged = staged_tables(context, list(columns))
    made, found = ledger["number_of_synthetic_records"], sealed["combinations"]
    by_length = ("length", F.desc("protected_count"), "combination_text")
    tables = (
        (contracts.microdata_contract(columns), _spread(staged[contracts.SYNTHETIC_MICRODATA], made, "record_id")),
        _add_noise_scale(sealed, _spread(staged[contracts.AGGREGATE_COUNTS.name], found, *by_length)),
        (contracts.EVALUATION_METRICS, staged[contracts.EVALUATION_METRICS.name].coalesce(1)),
        (contracts.ATTRIBUTE_METRICS, staged[contracts.ATTRIBUTE_METRICS.name].coalesce(1)),
        (contracts.CODEBOOK, staged[contracts.CODEBOOK.name].coalesce(1)),
    )
    run_together([partial(write_release_rows, rows, place, contract, publication) for contract, rows in tables])
    context.staging.require_sealed(sealed["seal"])
    row = tuple(ledger.get(name, datetime.now(timezone.utc)) for name in contracts.RELEASES.names[1:])
    complete = spark.createDataFrame([row], schema_of(contracts.RELEASES))
    write_release_rows(complete, place, contracts.RELEASES, publication.next())
    require_committed(spark, place, publication.next())


def _add_noise_scale(sealed: dict[str, Any], counts: DataFrame) -> tuple[contracts.Contract, DataFrame]:
    """The aggregates' contract and rows; noisy ones say how much noise was measured with."""
    if "noise" not in sealed:
        return contracts.AGGREGATE_COUNTS, counts
    scales = {int(length): scale for length, scale in sealed["noise"]["scales"].items()}
    return NOISY_AGGREGATES, with_noise_scale(counts, scales)


def require_unpublished(spark: SparkSession, place: Place, release_id: str) -> None:
    """Refuse to touch a release that is complete.

    Raises:
        AlreadyPublishedError: it is.
    """
    if find_release(spark, place, release_id):
        raise AlreadyPublishedError(
            f"release '{release_id}' is already complete in {place.name('releases')}; nothing was changed. "
            "Give the new release an id of its own (--release-id), or replace the old one whole (--force)"
        )


def _spread(rows: DataFrame, number: int, *order: Any) -> DataFrame:
    """Sorted rows in files of bounded size; the order says nothing of how they were made."""
    parts = 1 + number // ROWS_A_FILE
    spread = rows.repartition(1) if parts == 1 else rows.repartitionByRange(parts, *order)
    return spread.sortWithinPartitions(*order)
