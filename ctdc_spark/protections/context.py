"""What a stage on the sensitive side is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.release.table_location import TableLocation
    from ctdc_spark.settings import Settings
    from ctdc_spark.storage.staging import Staging
    from ctdc_spark.storage.workspace import Workspace


@dataclass(frozen=True)
class StageContext:
    """What every stage on the sensitive side is given; those that publish have a context of their own.

    Attributes:
        spark: the session.
        settings: what was requested, with id and seed.
        workspace: the sensitive place.
        staging: where proven rows wait to be published.
        place: where they will be published; under differential privacy its budget is checked.
        report: reports progress to a person; publishable figures only.
    """

    spark: SparkSession
    settings: Settings
    workspace: Workspace
    staging: Staging
    place: TableLocation
    report: Callable[[str], None]
