"""Text that looks the same is the same, in names, values and settings, by both ways of reading files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ctdc_spark.cases.pack import pack_cases
from ctdc_spark.cases.plain import pack_plain_files
from ctdc_spark.cases.prepare import prepare_cases
from ctdc_spark.cases.reported_counts import open_reported
from ctdc_spark.cases.source import load_cases
from ctdc_spark.errors import DataError, SettingsError
from ctdc_spark.settings import Settings
from tests.spark.cases.test_plain import is_plain, records

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ONE, TWO = "Z\u00fcrich", "Zu\u0308rich"
NAME_ONE, NAME_TWO = "r\u00e9gion", "re\u0301gion"


def asked(path: Path, **keys: Any) -> Settings:
    return Settings(sensitive_microdata_path=str(path), output_dir="published", reporting_length=1, **keys)


def write(folder: Path, kind: str, name: str, values: list[str]) -> Path:
    path = folder / f"cases.{kind}"
    if kind == "csv":
        path.write_text("\n".join([f"a,{name}", *(f"1,{value}" for value in values)]), encoding="utf-8")
    else:
        pq.write_table(pa.table({"a": ["1"] * len(values), name: values}), path)
    return path


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize(("name", "other"), [(NAME_ONE, NAME_TWO), (NAME_TWO, NAME_ONE)], ids=["nfc", "nfd"])
def test_both_forms_are_one_in_names_values_and_settings(
    spark: SparkSession, tmp_path: Path, kind: str, name: str, other: str
) -> None:
    path = write(tmp_path, kind, name, [ONE, TWO, "Bern", "inconnu\u0301"])
    settings = asked(path, use_columns=[other], column_missing_values={other: ["inconn\u00fa"]})
    cases = prepare_cases(load_cases(spark, settings)[0], settings)
    assert cases.columns == (NAME_ONE,)
    assert Counter(row[0] for row in cases.frame.collect()) == {ONE: 2, "Bern": 1, None: 1}


def test_the_short_way_brings_them_into_the_same_form(spark: SparkSession, tmp_path: Path) -> None:
    settings = asked(write(tmp_path, "csv", NAME_TWO, [ONE, TWO, TWO]), missing_values=["1"])
    plain = pack_plain_files(spark, settings)
    assert plain is not None
    assert is_plain(plain)
    assert plain.packed.columns == ("a", NAME_ONE)
    usual = records(pack_cases(prepare_cases(load_cases(spark, settings)[0], settings)))
    assert records(plain.packed) == usual == {(None, ONE): 3}


def test_text_stays_as_it_is_if_the_settings_say_so(spark: SparkSession, tmp_path: Path) -> None:
    path = write(tmp_path, "csv", NAME_TWO, [ONE, TWO])
    settings = asked(path, use_columns=[NAME_TWO], normalize_text=False)
    cases, _ = load_cases(spark, settings)
    assert [row[0] for row in cases.collect()] == [ONE, TWO]
    plain = pack_plain_files(spark, settings)
    assert plain is not None
    assert set(records(plain.packed)) == {(ONE,), (TWO,)}


def test_columns_that_look_the_same_are_told_apart_or_refused(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text(f"{NAME_ONE},{NAME_TWO}\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"columns of the same name: .* by more than the Unicode form of their letters"):
        load_cases(spark, asked(path))
    _, summary = load_cases(spark, asked(path, normalize_text=False))
    assert summary.columns == (NAME_ONE, NAME_TWO)
    assert "differ in the code points of their names" in summary.remarks[0]


def test_a_header_that_comes_again_in_the_other_form_is_no_person(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text(f"a,{NAME_ONE}\n1,x\na,{NAME_TWO}\na,{NAME_ONE}\n", encoding="utf-8")
    assert load_cases(spark, asked(path))[1].rows == 1


def test_reported_counts_are_brought_into_one_form(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "counts.tsv"
    path.write_text(f"selections\tprotected_count\nrecord_count\t20\n{NAME_TWO}:{TWO}\t10\n", encoding="utf-8")
    settings = Settings(reported_aggregates_path=str(path), output_dir="published", reporting_length=1, guarantee=1)
    ((row,),) = [open_reported(spark, settings)[0].select("combination").collect()]
    assert row[0] == [(NAME_ONE, ONE)]


def test_two_settings_of_one_column_are_refused() -> None:
    labels = {NAME_ONE: "Region", NAME_TWO: "Area"}
    with pytest.raises(SettingsError, match="two keys that differ in code points only"):
        Settings(sensitive_microdata_path="cases.csv", output_dir="published", column_labels=labels)


def test_addresses_stay_as_they_are() -> None:
    settings = Settings(sensitive_microdata_path=f"{NAME_TWO}.csv", output_dir=NAME_TWO, use_columns=[NAME_TWO])
    assert settings.sensitive_microdata_path == f"{NAME_TWO}.csv"
    assert (settings.output_dir, settings.use_columns) == (NAME_TWO, [NAME_ONE])
