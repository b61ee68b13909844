"""The stage between the sensitive side and publication: write out what readers will get, verify it, seal it.

The verifier reads the staged rows and what it checks them against, but nothing that earlier stages left. Rows that fail
are removed.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ctdc_spark.protections.reading import same_reading
from ctdc_spark.protections.rows import stage_tables
from ctdc_spark.release.row_digests import digest_rows
from ctdc_spark.release.seal import Seal
from ctdc_spark.release.staged_rows import rows_at_hand, staged_tables
from ctdc_spark.verification.published import PACKED_AGAIN, ReleaseTables

if TYPE_CHECKING:
    from ctdc_spark.protections.context import StageContext
    from ctdc_spark.protections.protection import Protection
    from ctdc_spark.storage.stage_results import StageFigures


def run_proof(protection: Protection, context: StageContext) -> StageFigures:
    """Stage the rows to be published, verify them as the protection requires, and seal them.

    Raises:
        PrivacyGateError: a promise is broken; the staged rows are removed.
    """
    settings, workspace, staging = context.settings, context.workspace, context.staging
    workspace.require_complete("evaluation")
    staging.begin()
    rows = protection.rows(context)
    stage_tables(context, rows)
    with staging.removed_unless_proven():
        columns, number = rows.dictionary.columns, rows.ledger["number_of_synthetic_records"] + rows.combinations
        tables = staged_tables(staging, columns)
        # taken before verification: exactly these rows are proven
        digests = digest_rows(rows_at_hand(staging, columns, number) or tables, number)
        try:
            release = ReleaseTables(tables, rows.ledger)
            verification = protection.verify(context.spark, settings, release, same_reading(context))
        finally:
            workspace.discard(PACKED_AGAIN)  # it held rare values
        verification.require()
    workspace.require_claim()
    proof = json.dumps(json.loads(verification.to_json()) | rows.proof, ensure_ascii=False)
    ledger = {**rows.ledger, "proof": proof}
    Seal(rows.dictionary.columns, rows.combinations, digests, ledger, rows.noise).close(staging)
    if not settings.keep_intermediates:
        workspace.remove()
    return {"checks": len(verification.findings), **rows.figures}
