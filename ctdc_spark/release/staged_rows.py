"""The rows of a release as they wait in staging, under the names they will be published with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.combinations.protect import READABLE_COMBINATIONS
from ctdc_spark.evaluation.metrics import METRICS
from ctdc_spark.release import contracts
from ctdc_spark.release.direct_tables import arrow_schema
from ctdc_spark.release.rows import MOST_AT_HAND

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from ctdc_spark.storage.staging import Staging

AS_PUBLISHED = (contracts.ATTRIBUTE_METRICS, contracts.CODEBOOK, contracts.COVERAGE)
"""Small tables that are staged as they will be published."""


def staged_tables(
    staging: Staging, columns: Sequence[str], names: Collection[str] = contracts.TABLES
) -> dict[str, DataFrame]:
    """The staged rows under the names of their published columns.

    Args:
        staging: where they wait.
        columns: of the microdata.
        names: tables that are there; an earlier version staged fewer.
    """
    schema = ", ".join(["record_id string", *(f"c{i} string" for i in range(len(columns)))])
    positions = staging.read(contracts.SYNTHETIC_MICRODATA, schema)
    named = [F.col(f"c{i}").alias(name) for i, name in enumerate(columns)]
    return {
        contracts.SYNTHETIC_MICRODATA: positions.select("record_id", *named),
        contracts.AGGREGATE_COUNTS.name: staging.read(contracts.AGGREGATE_COUNTS.name, READABLE_COMBINATIONS),
        contracts.EVALUATION_METRICS.name: staging.read(contracts.EVALUATION_METRICS.name, METRICS),
        **{table.name: staging.read(table.name, table.schema) for table in AS_PUBLISHED if table.name in names},
    }


def rows_at_hand(
    staging: Staging, columns: Sequence[str], number: int, names: Collection[str] = contracts.TABLES
) -> dict[str, pa.Table]:
    """The same as tables of Arrow, where they are few and the staging place is on this machine; else none.

    Args:
        staging: where they wait.
        columns: of the microdata.
        number: about how many rows there are together.
        names: as above.
    """
    if number > MOST_AT_HAND or not staging.is_here:
        return {}
    small = (contracts.AGGREGATE_COUNTS, contracts.EVALUATION_METRICS, *AS_PUBLISHED)
    wanted = {table.name: (table.names[1:], arrow_schema(table)) for table in small if table.name in names}
    schema = arrow_schema(contracts.microdata_contract(tuple(columns)))
    wanted[contracts.SYNTHETIC_MICRODATA] = ["record_id", *(f"c{i}" for i in range(len(columns)))], schema
    return {name: staging.read_rows(name, *columns_of) for name, columns_of in wanted.items()}
