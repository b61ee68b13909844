"""The stages that publish: the staged rows by their contracts, the ledger's row that makes them a release, the page.

Nothing sensitive is read here, and nothing here knows where it lies: a context of publication has no settings and no
workspace, only what waits to be published, the destination and the name. Waiting rows are checked against their seal
before anything is written, and written rows before the ledger says that they count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from ctdc_spark.engine.concurrency import run_concurrently
from ctdc_spark.errors import AlreadyPublishedError, DataError, PrivacyGateError
from ctdc_spark.io import files
from ctdc_spark.release import contracts
from ctdc_spark.release.direct_tables import arrow_schema
from ctdc_spark.release.documents import documents_folder, page_path
from ctdc_spark.release.dp_tables import NOISE_SCALE, NOISY_AGGREGATES, publish_spent, with_noise_scale
from ctdc_spark.release.ledger import find_release
from ctdc_spark.release.publication import Publication, require_latest
from ctdc_spark.release.row_digests import digest_rows
from ctdc_spark.release.rows import read_published, select, sort_all, spread
from ctdc_spark.release.seal import Seal
from ctdc_spark.release.staged_rows import rows_at_hand, staged_tables
from ctdc_spark.release.table_location import TableLocation
from ctdc_spark.release.writer import claim_release, write_release_rows, write_to_ledger
from ctdc_spark.storage.staging import Staging

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.release.rows import Rows
    from ctdc_spark.settings import Settings
    from ctdc_spark.storage.stage_results import StageFigures

SMALL_TABLES = (contracts.EVALUATION_METRICS, contracts.ATTRIBUTE_METRICS, contracts.CODEBOOK, contracts.COVERAGE)


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
    staged = _read_staged(context, seal)
    found = digest_rows(staged, _number_of_rows(seal))
    context.staging.require_digests(seal.name, seal.digests, found, context.staging.root)
    if seal.noise is not None:
        publish_spent(spark, place, (context.terms, publication), seal.noise.spent)
    claim_release(spark, place, publication)
    try:
        _publish_rows(context, seal, staged, publication)
    except Exception:
        context.staging.require_sealed(seal.name)
        raise
    if not context.terms.keep_staged:
        _remove_staged(context)
    return {"synthetic_records": seal.ledger["number_of_synthetic_records"], "place": place.name("<table>")}


def _read_staged(context: PublishingContext, seal: Seal) -> Mapping[str, Rows]:
    """The rows that wait: at hand, if they are few and they and their destination are on this machine."""
    at_hand: Mapping[str, Rows] = {}
    if context.place.here(context.spark, contracts.RELEASES.name) is not None:
        at_hand = rows_at_hand(context.staging, seal.columns, _number_of_rows(seal), seal.digests)
    return at_hand or staged_tables(context.staging, seal.columns, seal.digests)


def _publish_rows(context: PublishingContext, seal: Seal, staged: Mapping[str, Rows], publication: Publication) -> None:
    """Replace the rows of the release in every table, side by side; the ledger's when all the others are there."""
    spark, place, ledger = context.spark, context.place, seal.ledger
    made = ledger["number_of_synthetic_records"]
    by_length = [("length", "ascending"), ("protected_count", "descending"), ("combination_text", "ascending")]
    by_name = [("record_id", "ascending")]
    tables = (
        (contracts.microdata_contract(seal.columns), spread(staged[contracts.SYNTHETIC_MICRODATA], made, by_name)),
        _add_noise_scale(seal, spread(staged[contracts.AGGREGATE_COUNTS.name], seal.combinations, by_length)),
        *((table, sort_all(staged[table.name])) for table in SMALL_TABLES if table.name in staged),
    )
    run_concurrently(
        [partial(write_release_rows, spark, rows, place, contract, publication) for contract, rows in tables]
    )
    context.staging.require_sealed(seal.name)
    _require_published_as_proven(context, seal, publication, [contract for contract, _ in tables])
    said = {**ledger, "published_at": datetime.now(timezone.utc)}
    row = {name: said.get(name) for name in contracts.RELEASES.names[1:]}
    complete = pa.Table.from_pylist([row], schema=arrow_schema(contracts.RELEASES))
    write_to_ledger(spark, complete, place, publication.next())


def _require_published_as_proven(
    context: PublishingContext,
    seal: Seal,
    publication: Publication,
    written: Sequence[contracts.Contract],
) -> None:
    """Check the published rows, as readers get them, against the seal; if they differ they are taken out again.

    They may have been changed while they waited, after they were checked, or on the way.
    """
    spark, place, number = context.spark, context.place, _number_of_rows(seal)
    columns = {contract.name: [c for c in contract.names[1:] if c != NOISE_SCALE] for contract in written}
    published = {
        name: select(read_published(spark, place, name, context.release_id), mine) for name, mine in columns.items()
    }
    try:
        found = digest_rows(published, number)
        context.staging.require_digests(seal.name, seal.digests, found, place.name("<table>"))
    except PrivacyGateError as error:
        require_latest(spark, place, publication)  # else they are another run's
        for contract in written:
            nothing = arrow_schema(contract).empty_table()
            write_release_rows(spark, nothing, place, contract, publication.next())
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
    from ctdc_spark.release.reading import lacks, read_table
    from ctdc_spark.release.small_rows import collect_small_rows

    spark, place, release_id = context.spark, context.place, context.release_id
    path, folder = page_path(place, release_id), documents_folder(place, release_id)
    if path is None or folder is None:
        context.report("no page: the settings name an output_schema but no output_dir")
        return {"page": None}
    complete = place.exists(spark, contracts.RELEASES.name)
    present = [name for name in contracts.TABLES if not lacks(spark, place, name)] if complete else []
    tables = {name: read_published(spark, place, name, release_id) for name in present}
    small = collect_small_rows(tables) if complete else None
    if small is None or not small.ledger:
        raise DataError(
            f"release '{release_id}' is not complete in {place.name(contracts.RELEASES.name)}: "
            "run `ctdc-spark release` or `ctdc-spark run` first"
        )
    files.write_text(path, page_of(tables, small, logo=context.terms.report_logo))
    aggregates = partial(read_table, spark, place, contracts.AGGREGATE_COUNTS.name, release_id)
    write_documents(aggregates, folder, small)
    return {"page": path}


def _add_noise_scale(seal: Seal, counts: Rows) -> tuple[contracts.Contract, Rows]:
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
