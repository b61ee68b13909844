"""What columns look like, and the advice on those that should not be published as they are."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any

import pytest

from ctdc_spark.cases.profile import ColumnProfile, profile_columns, suspicious
from ctdc_spark.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import SparkSession

ROWS = 400
_RANDOM = random.Random(7)

MAKERS: dict[str, tuple[Callable[[int], str | None], str]] = {
    "flag": (lambda i: str(i % 2), "flag"),
    "flag with blanks": (lambda i: "1" if i % 5 == 0 else None, "flag"),
    "tick": (lambda i: "x" if i % 3 else "", "flag"),
    "category": (lambda i: ["north", "south", "0"][i % 3], "category"),
    "years": (lambda i: str(2002 + i % 21), "category"),
    "age": (lambda i: str(i % 97), "number"),
    "amount": (lambda i: f"{i * 1.37 + 10:.2f}", "number"),
    "case number": (lambda i: str(100_000 + i), "identifier"),
    "case code": (lambda i: f"C-{i:05d}", "identifier"),
    "text": (lambda i: f"a long story about what happened to the person called number {i}", "free_text"),
    "constant": (lambda _: "same", "constant"),
    "empty": (lambda i: "" if i % 2 else None, "empty"),
    "zeros": (lambda _: "0", "empty"),
    "joined": (lambda i: ";".join(_RANDOM.sample(["a", "b", "c", "d"], 1 + i % 3)), "multi_value"),
    "joined by commas": (lambda i: ["a", "b", "c", "a, b", "a, c", "b, c"][i % 6], "multi_value"),
    "commas in words": (lambda i: ["food, drink", "wood, paper", "none"][i % 3], "category"),
    "many rare": (lambda i: f"place {i % 200}", "category"),
    "dots.and `ticks`": (lambda i: "yes" if i % 2 else "no", "category"),
}


def profile(spark: SparkSession, **keys: Any) -> dict[str, ColumnProfile]:
    rows = [tuple(make(i) for make, _ in MAKERS.values()) for i in range(ROWS)]
    schema = ", ".join("`" + name.replace("`", "``") + "` string" for name in MAKERS)
    settings = Settings(sensitive_microdata_path="cases.csv", output_dir="published", **keys)
    found = profile_columns(spark, spark.createDataFrame(rows, schema), settings)
    return {column.name: column for column in found}


@pytest.fixture(scope="module")
def profiles(spark: SparkSession) -> dict[str, ColumnProfile]:
    return profile(spark)


@pytest.mark.parametrize("name", MAKERS)
def test_kind(profiles: dict[str, ColumnProfile], name: str) -> None:
    assert profiles[name].kind == MAKERS[name][1]


def test_every_column_is_described_in_order(profiles: dict[str, ColumnProfile]) -> None:
    assert list(profiles) == list(MAKERS)


def test_shares(profiles: dict[str, ColumnProfile]) -> None:
    tick, category, age, rare = (profiles[name] for name in ("tick", "category", "age", "many rare"))
    assert (tick.distinct, tick.present, tick.numeric, tick.most_frequent) == (1, 0.67, 0.0, 0.67)
    assert (category.distinct, category.present, category.most_frequent, category.zeros) == (2, 0.67, 0.34, 0.33)
    assert (age.distinct, age.numeric, age.present) == (96, 1.0, 0.99)
    assert (rare.distinct, rare.rare) == (200, 1.0)
    assert profiles["joined"].delimiter == ";"
    assert profiles["joined by commas"].delimiter == ","


def test_subject_is_left_out_and_settings_decide_what_is_absent(spark: SparkSession) -> None:
    found = profile(
        spark,
        subject_id="case number",
        sensitive_zeros=["zeros"],
        missing_values=["north"],
        column_missing_values={"tick": ["x"]},
        multi_value_columns={"commas in words": ","},
    )
    assert "case number" not in found
    assert found["zeros"].kind == "constant"
    assert found["category"].distinct == 1
    assert found["tick"].kind == "empty"
    assert found["commas in words"].kind == "multi_value"


def test_no_records(spark: SparkSession) -> None:
    settings = Settings(sensitive_microdata_path="cases.csv", output_dir="published")
    (found,) = profile_columns(spark, spark.createDataFrame([], "a string"), settings)
    assert (found.kind, found.distinct, found.present) == ("empty", 0, 0.0)


def test_sentences_say_what_to_do(profiles: dict[str, ColumnProfile]) -> None:
    settings = Settings(sensitive_microdata_path="cases.csv", output_dir="published")
    sentences = suspicious(list(profiles.values()), settings)
    expected = {
        "case number": "looks like an identifier: .* name it as subject_id",
        "case code": "looks like an identifier",
        "age": r'looks like a free number \(about 96 different\)\. .* bins: \{"age": \{quantiles: 5\}\}, or',
        "amount": r'bins: \{"amount": ',
        "text": "looks like free text .* Leave it out of use_columns",
        "joined": r'multi_value_columns: \{"joined": ";"\}',
        "joined by commas": r'multi_value_columns: \{"joined by commas": ","\}',
        "many rare": r'group_rare_values: \{"many rare": \{into: Other\}\}',
    }
    assert len(sentences) == len(expected)
    for name, said in expected.items():
        assert any(re.match(f"column {name} .*{said}", line) for line in sentences), name


def test_sentences_hold_no_value(profiles: dict[str, ColumnProfile]) -> None:
    settings = Settings(sensitive_microdata_path="cases.csv", output_dir="published")
    text = " ".join(suspicious(list(profiles.values()), settings))
    for value in ("100000", "C-0", "story", "place ", "north", "10.00"):
        assert value not in text


def test_columns_that_are_treated_are_not_suspicious(profiles: dict[str, ColumnProfile]) -> None:
    settings = Settings(
        sensitive_microdata_path="cases.csv",
        output_dir="published",
        bins={"age": {"edges": [18.0]}, "amount": {"quantiles": 4}},
        group_rare_values={"many rare": {}},
        multi_value_columns={"joined": ";", "joined by commas": ","},
    )
    sentences = suspicious(list(profiles.values()), settings)
    assert [line.split(" looks")[0] for line in sentences] == ["column case number", "column case code", "column text"]


def test_number_with_strangers_is_said_to_need_a_missing_value(spark: SparkSession) -> None:
    settings = Settings(sensitive_microdata_path="cases.csv", output_dir="published")
    rows = [(str(i % 60) if i % 50 else "unknown",) for i in range(ROWS)]
    (found,) = profile_columns(spark, spark.createDataFrame(rows, "a string"), settings)
    assert found.kind == "number"
    assert 0.95 < found.numeric < 1
    assert "must be listed in column_missing_values" in suspicious([found], settings)[0]
