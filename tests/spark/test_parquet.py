"""Intermediate tables are stored so that readers with little memory can read them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from ctdc_spark.io.parquet import BLOCKS_A_FILE, materialize_below
from ctdc_spark.records.blocks import UNIT_BLOCKS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROWS = 2 * BLOCKS_A_FILE + 1


def rows_by_file(folder: Path) -> list[int]:
    return sorted(pq.ParquetFile(path).metadata.num_rows for path in folder.glob("*.parquet"))


def test_of_rows_that_are_blocks_a_file_has_few(spark: SparkSession, tmp_path: Path) -> None:
    materialize = materialize_below(spark, str(tmp_path))
    rows = [(unit, b"1234", b"56", b"7") for unit in range(ROWS)]
    kept = materialize("blocks", spark.createDataFrame(rows, UNIT_BLOCKS).coalesce(1), UNIT_BLOCKS)
    assert rows_by_file(tmp_path / "blocks") == [1, BLOCKS_A_FILE, BLOCKS_A_FILE]
    assert sorted((row["unit"], *map(bytes, row[1:])) for row in kept.collect()) == rows


def test_other_rows_share_a_file_and_replace_what_was_there(spark: SparkSession, tmp_path: Path) -> None:
    materialize = materialize_below(spark, str(tmp_path))
    for count in (3, ROWS):
        materialize("records", spark.range(count).coalesce(1), "id bigint")
    assert rows_by_file(tmp_path / "records") == [ROWS]
