"""Delta itself refuses rows that no release has, from the moment a table is there."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.sql import functions as F

from ctdc_spark.release import contracts
from ctdc_spark.release.dp_tables import PRIVACY_BUDGET
from ctdc_spark.release.table_location import TableLocation
from ctdc_spark.release.writer import CONSTRAINT, create_table

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MICRODATA = contracts.microdata_contract(("sex", "age, in years"))
ROWS: dict[str, tuple[contracts.Contract, dict[str, Any], list[dict[str, Any]]]] = {
    "microdata": (MICRODATA, {"release_id": "r1", "record_id": "x"}, [{"record_id": None}]),
    "aggregates": (
        contracts.AGGREGATE_COUNTS,
        {"length": 1, "combination": [{"column": "sex", "value": "f"}], "protected_count": 10},
        [{"protected_count": 0}, {"length": 2}, {"protected_count": None}],
    ),
    "metrics": (
        contracts.EVALUATION_METRICS,
        {"release_id": "r1", "metric": "presence", "reference": "proof", "value": 1.0},
        [{"reference": "guessed"}, {"metric": None}],
    ),
    "attribute metrics": (
        contracts.ATTRIBUTE_METRICS,
        {"release_id": "r1", "column": "sex", "presence": 1.0},
        [{"presence": 1.5}, {"protected_count": 0}, {"synthetic_count": -1}, {"column": None}],
    ),
    "codebook": (
        contracts.CODEBOOK,
        {"release_id": "r1", "column": "sex", "value": "f", "kind": "flag"},
        [{"kind": "guess"}, {"value": None}, {"release_id": None}],
    ),
    "ledger": (
        contracts.RELEASES,
        {
            "release_id": "r1",
            "published_at": datetime(2026, 1, 1, tzinfo=timezone.utc),
            "reporting_threshold": 10,
            "reporting_precision": 10,
            "number_of_synthetic_records": 1,
            "guarantee": "strict",
        },
        [{"reporting_threshold": 0}, {"guarantee": None}, {"number_of_synthetic_records": -1}, {"published_at": None}],
    ),
    "budget": (
        PRIVACY_BUDGET,
        {"release_id": "r1", "run": "a", "mechanism": "discrete Laplace", "scale": 2.0, "sensitivity": 1.0}
        | {"rho": 0.1, "delta": 0.0},
        [{"rho": -0.1}, {"scale": 0.0}, {"run": None}],
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_sound_row_passes_and_each_bad_one_is_refused(spark: SparkSession, name: str) -> None:
    contract, sound, faults = ROWS[name]
    schema = ", ".join(f"`{column.name}` {column.type}" for column in contract.columns)
    rows = [dict.fromkeys(contract.names) | sound | fault for fault in ({}, *faults)]
    frame = spark.createDataFrame([tuple(row[column] for column in contract.names) for row in rows], schema)
    passes = F.coalesce(F.expr(contract.check), F.lit(False))
    assert [row[0] for row in frame.select(passes).collect()] == [True] + [False] * len(faults)


def test_a_table_has_its_condition_from_its_first_commit(spark: SparkSession, tmp_path: Path) -> None:
    place = TableLocation(str(tmp_path))
    create_table(spark, place, contracts.CODEBOOK)
    assert place.history(spark, contracts.CODEBOOK.name, 9).count() == 1
    detail = spark.sql(f"DESCRIBE DETAIL {place.in_sql(contracts.CODEBOOK.name)}")
    assert CONSTRAINT in detail.select(F.map_keys("properties")).collect()[0][0]
    schema = place.read(spark, contracts.CODEBOOK.name).schema
    row = spark.createDataFrame([("r1", "sex", "f", "f", None, "guess")], schema)
    with pytest.raises(Exception, match=r"(?i)CHECK constraint ctdc_spark_row"):
        row.write.format("delta").mode("append").save(place.path(contracts.CODEBOOK.name))
