"""Tables of very many columns: nothing grows with the square of their number, no expression nests once a column."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ctdc_spark.cases.pack import pack_cases
from ctdc_spark.cases.prepared_input import prepare_input
from ctdc_spark.pipeline.check import check_data
from ctdc_spark.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROWS = 60


def write_wide(path: Path, columns: int) -> Path:
    """A file of quoted flags and letters, most of them absent."""
    draw = random.Random(9)
    cells = [[draw.choice(['""'] * 6 + ['"1"', '"a"']) for _ in range(columns)] for _ in range(ROWS)]
    header = ",".join(f'"q{i}"' for i in range(columns))
    path.write_text("\n".join([header, *(",".join(row) for row in cells)]) + "\n", encoding="utf-8")
    return path


def pack(spark: SparkSession, settings: Settings) -> int:
    given = prepare_input(spark, settings)
    with given.checked():
        return int(pack_cases(given.cases).frame.selectExpr("sum(subjects)").collect()[0][0])


def test_a_few_of_many_columns_are_read(spark: SparkSession, tmp_path: Path) -> None:
    path = write_wide(tmp_path / "a.csv", 800)
    wanted = [f"q{i}" for i in (799, 3, 400)]
    settings = Settings(sensitive_microdata_path=str(path), output_dir="out", use_columns=wanted)
    assert pack(spark, settings) == ROWS


@pytest.mark.at_length("a minute on a busy machine")
@pytest.mark.parametrize("used", [0, 20])
def test_two_thousand_columns_are_checked_and_packed(spark: SparkSession, tmp_path: Path, used: int) -> None:
    settings = Settings(
        sensitive_microdata_path=str(write_wide(tmp_path / "a.csv", 2000)),
        output_dir=str(tmp_path / "out"),
        use_columns=[f"q{i}" for i in range(used)],
        reporting_length=2,
    )
    assert pack(spark, settings) == ROWS
    assert check_data(spark, settings)
