"""One grammar says what a number is, for bins, quantiles, profiles and proposals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.sql import functions as F

from ctdc_spark.cases.numbers import PLAIN, NumberForm, read_number
from ctdc_spark.cases.prepare import prepare_cases
from ctdc_spark.cases.profile import profile_columns
from ctdc_spark.cases.proposal import propose_settings
from ctdc_spark.errors import DataError
from ctdc_spark.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NUMBERS = {"12": 12, "-0.5": -0.5, "+3": 3, ".5": 0.5, "7.": 7, "1e3": 1000, "1E-2": 0.01, "007": 7}
NO_NUMBERS = [
    "1D", "2F", "3d", "4f", "5L", "NaN", "Infinity", "-inf", "0x1p3", "0x10", "1_000", "1,5", "1.234,5", "1 000",
    "1e999", "1e", "--1", "1\n", "\u0661", "\u22125", "", ".", "$5", "5%", "true", "1.2.3",
]  # fmt: skip


def read(spark: SparkSession, texts: list[str], form: NumberForm = PLAIN) -> list[float | None]:
    frame = spark.createDataFrame([(i, text) for i, text in enumerate(texts)], "i int, v string")
    return [row["n"] for row in frame.orderBy("i").select(read_number(F.col("v"), form).alias("n")).collect()]


def test_numbers_are_read_and_nothing_else_is_one(spark: SparkSession) -> None:
    assert read(spark, list(NUMBERS)) == list(NUMBERS.values())
    assert read(spark, NO_NUMBERS) == [None] * len(NO_NUMBERS)


FORMS = {
    "decimal comma": (NumberForm(","), {"1,5": 1.5, "-2": -2, "1.5": None, "1.234,5": None}),
    "point and comma": (
        NumberForm(",", "."),
        {"1.234,5": 1234.5, "1234,5": 1234.5, "12.34": None, "1.234.567": 1234567},
    ),
    "comma and point": (NumberForm(".", ","), {"1,234.5": 1234.5, "1,2345": None, ",123": None}),
    "space": (NumberForm(",", " "), {"1\u202f234,5": 1234.5, "1 234\u00a0567": 1234567, "12 34": None}),
}


@pytest.mark.parametrize(("form", "texts"), FORMS.values(), ids=FORMS)
def test_a_column_may_be_written_in_another_way(
    spark: SparkSession, form: NumberForm, texts: dict[str, float | None]
) -> None:
    assert read(spark, list(texts), form) == list(texts.values())


def prepared(spark: SparkSession, values: list[str], **keys: Any) -> list[str | None]:
    settings = Settings(sensitive_microdata_path="unused.csv", output_dir="unused", **keys)
    frame = prepare_cases(spark.createDataFrame([(v,) for v in values], "v string"), settings).frame
    return [row[0] for row in frame.collect()]


@pytest.mark.parametrize("bins", [{"edges": [2]}, {"quantiles": 2}], ids=["edges", "quantiles"])
def test_bins_refuse_what_only_java_takes_for_a_number(spark: SparkSession, bins: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=r"bins\.v: 2 values are not numbers such as 12") as caught:
        prepared(spark, ["1D", "2F", "7"] * 1, bins={"v": bins})
    assert "1D" not in str(caught.value)


def test_bins_say_where_a_decimal_comma_stands_and_read_it_if_told(spark: SparkSession) -> None:
    values = ["1.234,5", "12,5", "3"]
    with pytest.raises(DataError, match=r"Of these, 2 in v look like .*decimal_commas.*thousands_separators"):
        prepared(spark, values, bins={"v": {"edges": [100]}})
    keys: dict[str, Any] = {"decimal_commas": ["v"], "thousands_separators": {"v": "."}}
    assert prepared(spark, values, bins={"v": {"edges": [100]}}, **keys) == [">= 100", "< 100", "< 100"]


def test_profiles_and_proposals_take_codes_with_a_letter_for_codes(spark: SparkSession, tmp_path: Path) -> None:
    rows = [f"{'fm'[i % 2]},{i % 50}{'dDfF'[i % 4]}" for i in range(2000)]
    (tmp_path / "a.csv").write_text("\n".join(["sex,dose", *rows]))
    frame = spark.createDataFrame([tuple(row.split(",")) for row in rows], "sex string, dose string")
    settings = Settings(sensitive_microdata_path="unused.csv", output_dir="unused")
    assert profile_columns(spark, frame, settings)[1].numeric == 0
    assert "bins:" not in propose_settings(spark, str(tmp_path / "a.csv"))
