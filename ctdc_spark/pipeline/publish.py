"""The stages that publish: the staged rows by their contracts, the ledger's row that makes them a release, the page.

Nothing sensitive is read here, and nothing here knows where it lies: a context of publication has no settings and no
workspace, only what waits to be published, the destination and the name. Waiting rows are checked against their seal
before anything is written, and written rows before the ledger says that they count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from ctdc_spark.engine.concurrency import run_concurrently
from ctdc_spark.engine.sql_names import quote_name
from ctdc_spark.errors import AlreadyPublishedError, DataError, PrivacyGateError
from ctdc_spark.io import files
from ctdc_spark.release import contracts
from ctdc_spark.release.documents import documents_folder, page_path
from ctdc_spark.release.dp_tables import NOISY_AGGREGATES, publish_spent, with_noise_scale
from ctdc_spark.release.publication import Publication, require_committed, require_latest
from ctdc_spark.release.seal import Seal
from ctdc_spark.release.staged_rows import digest_rows, schema_of, staged_tables
from ctdc_spark.release.table_location import TableLocation, find_release
from ctdc_spark.release.writer import claim_release, write_release_rows
from ctdc_spark.storage.staging import Staging

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.settings import Settings
    from ctdc_spark.storage.stage_results import StageFigures

SMALL_TABLES = (contracts.EVALUATION_METRICS, contracts.ATTRIBUTE_METRICS, contracts.CODEBOOK)

ROWS_A_FILE = 1_000_000
"""Rows of one published file: some tens of megabytes."""


@dataclass(frozen=True)
class PublishingTerms:
    """What the settings say about publication, and nothing else from them.

    Attributes:
        privacy_account: names the data whose budget is spent, under differential privacy.
        total_epsilon: the most that the account may spend.
        report_logo: image for the page.
        keep_staged: leave the staged rows where they are.
    """

    privacy_account: str
    total_epsilon: float | None
    report_logo: str | None
    keep_staged: bool


@dataclass(frozen=True)
class PublishingContext:
    """What a publishing stage receives.

    Attributes:
        spark: the session.
        release_id: the release's name.
        terms: what the settings say about publication.
        staging: where proven rows wait.
        place: where they are published.
        report: tells a person about progress.
        force: replace a release that is complete.
    """

    spark: SparkSession
    release_id: str
    terms: PublishingTerms
    staging: Staging
    place: TableLocation
    report: Callable[[str], None]
    force: bool = False

    @staticmethod
    def of(
        spark: SparkSession, settings: Settings, report: Callable[[str], None], *, force: bool = False
    ) -> PublishingContext:
        """The context of a release whose settings have their id."""
        terms = PublishingTerms(
            settings.privacy_account, settings.total_epsilon, settings.report_logo, settings.keep_intermediates
        )
        staging, place = Staging.of(spark, settings), TableLocation.of(settings)
        return PublishingContext(spark, settings.resolved_release_id, terms, staging, place, report, force)


def run_release(context: PublishingContext) -> StageFigures:
    """Publish the staged rows; the ledger's row comes last and makes the release complete.

    Raises:
        AlreadyPublishedError: the release became complete meanwhile, and `force` is not set.
        PrivacyGateError: the rows are not those that were proven.
        TakenOverError: another run began to publish it later.
    """
    spark, place, seal = context.spark, context.place, Seal.read(context.staging)
    publication = Publication.begin(context.release_id)
    if not context.force:
        require_unpublished(spark, place, publication.release_id)
    staged = staged_tables(context.staging, seal.columns)
    found = digest_rows(staged, _number_of_rows(seal))
    context.staging.require_digests(seal.name, seal.digests, found, context.staging.root)
    if seal.noise is not None:
        publish_spent(spark, place, (context.terms, publication), seal.noise.spent)
    claim_release(spark, place, publication)
    try:
        _publish_rows(context, seal, publication)
    except Exception:
        context.staging.require_sealed(seal.name)
        raise
    if not context.terms.keep_staged:
        _remove_staged(context)
    return {"synthetic_records": seal.ledger["number_of_synthetic_records"], "place": place.name("<table>")}


def _publish_rows(context: PublishingContext, seal: Seal, publication: Publication) -> None:
    """Replace the rows of the release in every table, side by side; the ledger's when all the others are there."""
    spark, place, ledger = context.spark, context.place, seal.ledger
    staged, made = staged_tables(context.staging, seal.columns), ledger["number_of_synthetic_records"]
    by_length = ("length", F.desc("protected_count"), "combination_text")
    tables = (
        (contracts.microdata_contract(seal.columns), _spread(staged[contracts.SYNTHETIC_MICRODATA], made, "record_id")),
        _add_noise_scale(seal, _spread(staged[contracts.AGGREGATE_COUNTS.name], seal.combinations, *by_length)),
        *((table, _sort_all(staged[table.name])) for table in SMALL_TABLES),
    )
    run_concurrently([partial(write_release_rows, rows, place, contract, publication) for contract, rows in tables])
    context.staging.require_sealed(seal.name)
    _require_published_as_proven(context, seal, publication, [contract for contract, _ in tables])
    said = {**ledger, "published_at": datetime.now(timezone.utc)}
    row = tuple(said.get(name) for name in contracts.RELEASES.names[1:])
    complete = spark.createDataFrame([row], schema_of(contracts.RELEASES))
    write_release_rows(complete, place, contracts.RELEASES, publication.next())
    require_committed(spark, place, publication.next())


def _require_published_as_proven(
    context: PublishingContext,
    seal: Seal,
    publication: Publication,
    written: Sequence[contracts.Contract],
) -> None:
    """Check the published rows, as readers get them, against the seal; if they differ they are taken out again.

    They may have been changed while they waited, after they were checked, or on the way.
    """
    spark, place = context.spark, context.place
    mine = F.col(contracts.RELEASE_ID.name) == context.release_id
    staged = staged_tables(context.staging, seal.columns)
    published = {
        name: place.read(spark, name).where(mine).select(*(F.col(quote_name(c)).alias(c) for c in rows.columns))
        for name, rows in staged.items()
    }
    try:
        found = digest_rows(published, _number_of_rows(seal))
        context.staging.require_digests(seal.name, seal.digests, found, place.name("<table>"))
    except PrivacyGateError as error:
        require_latest(spark, place, publication)  # else they are another run's
        nothing = partial(write_release_rows, place=place, publication=publication.next())
        for contract in written:
            nothing(spark.createDataFrame([], schema_of(contract)), contract=contract)
        where = place.output_schema or files.hide_credentials(str(place.output_dir))
        raise PrivacyGateError(
            f"{error}. They were taken out of the tables, but Delta's files hold them until `ctdc-spark tidy {where} "
            "--retain-hours 0`: share nothing before that"
        ) from error


def _number_of_rows(seal: Seal) -> int:
    """Rows of the two large tables together."""
    return int(seal.ledger["number_of_synthetic_records"]) + seal.combinations


def _remove_staged(context: PublishingContext) -> None:
    """Remove what was published from staging; a publisher who may only read there leaves it to the next run."""
    try:
        context.staging.remove()
    except DataError as error:
        context.report(f"           the rows stay where they waited: {error}")


def run_explore(context: PublishingContext) -> StageFigures:
    """Write the page, the summary and the codebook from the published tables alone.

    Raises:
        DataError: the release is not complete.
    """
    from ctdc_spark.explorer.write import page_of
    from ctdc_spark.release.documents import write_documents
    from ctdc_spark.release.reading import release_tables
    from ctdc_spark.release.small_rows import collect_small_rows

    spark, place, release_id = context.spark, context.place, context.release_id
    path, folder = page_path(place, release_id), documents_folder(place, release_id)
    if path is None or folder is None:
        context.report("no page: the settings name an output_schema but no output_dir")
        return {"page": None}
    complete = place.exists(spark, contracts.RELEASES.name)
    tables = release_tables(spark, place, release_id) if complete else {}
    small = collect_small_rows(tables) if complete else None
    if small is None or not small.ledger:
        raise DataError(
            f"release '{release_id}' is not complete in {place.name(contracts.RELEASES.name)}: "
            "run `ctdc-spark release` or `ctdc-spark run` first"
        )
    files.write_text(path, page_of(tables, small, logo=context.terms.report_logo))
    write_documents(tables, folder, small)
    return {"page": path}


def _add_noise_scale(seal: Seal, counts: DataFrame) -> tuple[contracts.Contract, DataFrame]:
    """The aggregates' contract and rows; noisy ones say how much noise was measured with."""
    if seal.noise is None:
        return contracts.AGGREGATE_COUNTS, counts
    return NOISY_AGGREGATES, with_noise_scale(counts, seal.noise.scales)


def require_unpublished(spark: SparkSession, place: TableLocation, release_id: str) -> None:
    """Refuse to touch a release that is complete.

    Raises:
        AlreadyPublishedError: it is.
    """
    if find_release(spark, place, release_id):
        raise AlreadyPublishedError(
            f"release '{release_id}' is already complete in {place.name('releases')}; nothing was changed. "
            "Give the new release an id of its own (release_id), or replace the old one (force)",
            parameters=["release_id", "force"],
        )


def _spread(rows: DataFrame, number: int, *order: Any) -> DataFrame:
    """Sorted rows in files of bounded size; neither the files nor the order reveal how the rows were made.

    The file of a row follows from the last column of the order, which no two rows share: file boundaries estimated from
    samples would depend on how counting was split, and so on exact counts.
    """
    parts = 1 + number // ROWS_A_FILE
    spread = rows.coalesce(1) if parts == 1 else rows.repartition(parts, order[-1])
    return spread.sortWithinPartitions(*order)


def _sort_all(rows: DataFrame) -> DataFrame:
    """A small table in one file, in the order of its columns."""
    return rows.coalesce(1).sortWithinPartitions(*rows.columns)
