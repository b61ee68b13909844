from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ctdc_spark.cases import encode
from ctdc_spark.cases.dictionary import count_attributes
from ctdc_spark.cases.encode import encode_cases
from ctdc_spark.cases.pack import pack_cases
from ctdc_spark.cases.prepare import prepare_cases
from ctdc_spark.errors import DataError
from ctdc_spark.records.blocks import unpack_rows
from ctdc_spark.records.counts import ExactCounts
from ctdc_spark.settings import build_settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.cases.prepare import PreparedCases
    from ctdc_spark.settings import Settings

Value = str | None


def settings(**keys: object) -> Settings:
    return build_settings({"sensitive_microdata_path": "unused.csv", "output_dir": "unused", **keys})


def prepare(spark: SparkSession, rows: dict[str, list[Value]], **keys: object) -> PreparedCases:
    names = ", ".join(f"`{name}` string" for name in rows)
    frame = spark.createDataFrame(list(zip(*rows.values(), strict=True)), names)
    return prepare_cases(frame, settings(**keys))


def values(prepared: PreparedCases, index: int = 0) -> list[object]:
    found = [row[0] for row in prepared.frame.select(f"c{index}").collect()]
    return [sorted(v) if isinstance(v, list) else v for v in found]


def test_absent_values_become_null(spark: SparkSession) -> None:
    column: list[Value] = ["a", "", None, "0", " ", "-99", " b ", "n/a", "0.0", "-0"]
    prepared = prepare(spark, {"x": column}, missing_values=["-99"], column_missing_values={"x": ["n/a"]})
    assert values(prepared) == ["a", None, None, None, None, None, "b", None, None, None]


def test_zero_is_an_attribute_only_where_it_is_said(spark: SparkSession) -> None:
    prepared = prepare(spark, {"x": ["0", "1"], "y": ["0", "1"]}, sensitive_zeros=["y"])
    assert values(prepared, 0) == [None, "1"]
    assert values(prepared, 1) == ["0", "1"]


@pytest.mark.parametrize("delimiter", [";", "|", ".", "||", "\\"])
def test_multi_value_columns_are_split_on_their_delimiter_as_written(spark: SparkSession, delimiter: str) -> None:
    column: list[Value] = [delimiter.join(["a", " b", "a", "0", ""]), "c", None, "0"]
    prepared = prepare(spark, {"x": column}, multi_value_columns={"x": delimiter})
    assert values(prepared) == [["a", "b"], ["c"], [], []]


def test_rows_of_one_subject_are_joined(spark: SparkSession) -> None:
    rows: dict[str, list[Value]] = {"id": ["1", "2", "1"], "x": ["a", "b", "c"], "m": ["p;q", None, "q;r"]}
    prepared = prepare(spark, rows, subject_id="id", multi_value_columns={"m": ";"})
    found = {(tuple(sorted(r["c0"])), tuple(sorted(r["c1"]))) for r in prepared.frame.collect()}
    assert found == {(("a", "c"), ("p", "q", "r")), (("b",), ())}


def test_numbers_fall_into_bins_with_readable_open_ended_labels(spark: SparkSession) -> None:
    column: list[Value] = ["17", "18", "29.9", "30", "-5", None, "1e2"]
    prepared = prepare(spark, {"age": column}, bins={"age": {"edges": [18, 30]}})
    assert values(prepared) == ["< 18", "18 to < 30", "18 to < 30", ">= 30", "< 18", None, ">= 30"]


def test_ranges_keep_the_newborn_unless_zero_is_said_to_mean_absent(spark: SparkSession) -> None:
    column: list[Value] = ["0", "3", "12", "", None]
    bins = {"age": {"edges": [9]}}
    assert values(prepare(spark, {"age": column}, bins=bins)) == ["< 9", "< 9", ">= 9", None, None]
    absent = prepare(spark, {"age": column}, bins=bins, column_missing_values={"age": ["0"]})
    assert values(absent) == [None, "< 9", ">= 9", None, None]


def test_own_labels_of_bins(spark: SparkSession) -> None:
    prepared = prepare(spark, {"age": ["3", "44"]}, bins={"age": {"edges": [18], "labels": ["child", "adult"]}})
    assert values(prepared) == ["child", "adult"]


def test_quantile_edges_are_round_so_that_no_exact_value_is_told(spark: SparkSession) -> None:
    column: list[Value] = [str(1000.5 + 37.25 * i) for i in range(100)]
    prepared = prepare(spark, {"income": column}, bins={"income": {"quantiles": 4}})
    labels = set(values(prepared))
    assert labels == {"< 2000", "2000 to < 2900", "2900 to < 3900", ">= 3900"}


def test_quantiles_count_subjects_and_not_their_rows(spark: SparkSession) -> None:
    # one person has most of the rows; by rows the middle would be 90
    person: list[Value] = [*["p0"] * 200, *(f"p{i}" for i in range(1, 101))]
    age: list[Value] = [*["90"] * 200, *(str(i) for i in range(1, 101))]
    prepared = prepare(spark, {"person": person, "age": age}, subject_id="person", bins={"age": {"quantiles": 2}})
    assert {label for row in values(prepared) if isinstance(row, list) for label in row} == {"< 51", ">= 51"}


def test_quantiles_of_too_few_numbers_are_refused(spark: SparkSession) -> None:
    with pytest.raises(DataError, match="quantiles were requested for age, but fewer than k = 10 subjects have"):
        prepare(spark, {"age": ["30"] * 9 + [None] * 20}, bins={"age": {"quantiles": 2}})


def test_words_among_numbers_are_refused_without_naming_them(spark: SparkSession) -> None:
    with pytest.raises(DataError, match=r"bins\.age: 2 values are not numbers") as caught:
        prepare(spark, {"age": ["18", "SECRET", "NaN"]}, bins={"age": {"edges": [18]}})
    assert "SECRET" not in str(caught.value)


def test_rare_values_are_grouped_under_one_name(spark: SparkSession) -> None:
    column: list[Value] = [*["a"] * 5, "b", "c", None]
    prepared = prepare(spark, {"x": column}, group_rare_values={"x": {"into": "Other"}}, reporting_resolution=3)
    assert values(prepared) == ["a"] * 5 + ["Other", "Other", None]


def test_rare_values_of_lists_are_grouped_and_counted_once(spark: SparkSession) -> None:
    column: list[Value] = ["a;b", "a;c", "a", "b;c"]
    keys = {"multi_value_columns": {"x": ";"}, "group_rare_values": {"x": {"below": 2}}, "reporting_resolution": 3}
    assert values(prepare(spark, {"x": column}, **keys)) == [["Other", "a"], ["Other", "a"], ["a"], ["Other"]]


@pytest.mark.parametrize("part_cells", [4, 1_000])
def test_encoding_drops_rare_attributes_and_counts_identical_records_once(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, part_cells: int
) -> None:
    monkeypatch.setattr(encode, "PART_CELLS", part_cells)
    monkeypatch.setattr(encode, "STORED_CELLS", 2)
    rows: dict[str, list[Value]] = {"x": ["a", "a", "a", "b", None], "y": ["1", "1", "rare", "1", None]}
    prepared = prepare(spark, rows)
    packed = pack_cases(prepared)
    dictionary, exact = count_attributes(packed, 2, 2)
    names = [(dictionary.columns[c], v) for c, v in zip(dictionary.column_of, dictionary.values, strict=True)]
    assert names == [("x", "a"), ("y", "1")]
    assert exact == ExactCounts((3, 3), 5)
    records = unpack_rows(encode_cases(packed, dictionary, exact.subjects)).collect()
    assert sorted((row["attributes"], row["weight"]) for row in records) == [([], 1), ([0], 1), ([0, 1], 2), ([1], 1)]


def test_nothing_frequent_is_refused(spark: SparkSession) -> None:
    with pytest.raises(DataError, match="no attribute is held by at least k = 2 subjects"):
        count_attributes(pack_cases(prepare(spark, {"x": ["a", "b", "c"]})), 2, 2)
    with pytest.raises(DataError, match="fewer subjects than the resolution k = 4"):
        count_attributes(pack_cases(prepare(spark, {"x": ["a", "a", "a"]})), 4, 4)


def test_rare_values_do_not_become_a_value_that_is_there_unless_that_is_meant(spark: SparkSession) -> None:
    column: list[Value] = [*["A"] * 12, *["B"] * 12, "rare", "Other"]
    for into in ("A", "Other"):
        rule = {"x": {"into": into}}
        with pytest.raises(
            DataError, match=r"group_rare_values\.x: found a value that is written like .*into_existing"
        ):
            prepare(spark, {"x": column}, group_rare_values=rule)
        prepared = prepare(spark, {"x": column}, group_rare_values=rule, into_existing=["x"])
        assert values(prepared).count(into) == {"A": 14, "Other": 2}[into]
