"""A file without a header line does not have its first person published as names of columns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ctdc_spark.cases.plain import pack_plain_files
from ctdc_spark.cases.profile import ColumnProfile, profile_columns
from ctdc_spark.cases.proposal import propose_settings
from ctdc_spark.cases.source import load_cases
from ctdc_spark.cases.values_as_names import ask_header, ask_names, find_kind, require_names
from ctdc_spark.errors import DataError
from ctdc_spark.pipeline.check import check_data
from ctdc_spark.settings import Settings, build_settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

VALUES = {
    "number": [
        "34",
        "-3",
        "+0.5",
        "\u22127",
        "1,5",
        "1.234,50",
        "1'000",
        ".5",
        "1e-5",
        "1.5E+10",
        "12%",
        "2019",
        "0170 123456",
    ],
    "date or time": [
        *(
            "1980-03-12",
            "1980/3/12",
            "12.03.1980",
            "12/03/80",
            "3-12-1980",
            "1980-03",
            "03/1980",
            "12 Mar 1980",
            "12-MAR-80",
        ),
        *("1. Januar 1980", "March 12, 1980", "Mar 12th 1980", "1980年3月12日", "10:30", "10:30:15 PM"),
        *("1980-03-12T10:30:00Z", "1980-03-12 10:30:00.123+01:00", "12/03/1980 10:30"),
    ],
    "e-mail address": ["mary.jones@example.org"],
    "universal identifier": ["123e4567-e89b-12d3-a456-426614174000"],
    "word for nothing, true or false": ["NULL", "\\N", "True"],
    "code without letters": ["123-45-6789", "+49 (170) 12", "18-24", "$5", "#12", "<18", "(1)"],
}
NAMES = [
    *(
        "age",
        "a0",
        "_c0",
        "Q1",
        "1st visit",
        "income>50K",
        "größe #1",
        "age, in years",
        "x2019",
        "2019 sales",
        "sales 2019",
    ),
    *(
        "may",
        "March",
        "Sep",
        "date",
        "10:30 visit",
        "means_of_control",
        "年龄",
        "возраст",
        "עמודה",
        "№",
        "?",
        "%",
        "NA",
        "no",
        "none",
    ),
    *(
        "12 kg or more",
        "12 month follow up 24",
        "jan_2019",
        "V1.1",
        "rs123456789",
        "e-mail",
        "name@home",
        "e5",
        "1a",
        "Unnamed: 0",
    ),
]
PERSON = "Xanthippe"
WORDS = [f"{('female', 'male')[i % 2]},{('blue', 'red', 'green')[i % 3]},{('AB', 'CD')[i // 7 % 2]}" for i in range(60)]
"""Records of words only: the first cannot be told from a header automatically."""


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in VALUES.items() for value in values])
def test_a_value_is_told_from_a_name(kind: str, value: str) -> None:
    assert find_kind(value) == kind
    assert find_kind(f" {value} ") == kind


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_not_taken_for_a_value(name: str) -> None:
    assert find_kind(name) is None


def test_a_refusal_counts_and_holds_no_value() -> None:
    with pytest.raises(DataError) as caught:
        require_names([PERSON, "34", "-1.5", "12/03/1980", "mary@example.org"], "cases.csv")
    said = str(caught.value)
    assert "cases.csv: the first line must name the columns, but 4 of the 5 names in it look like values" in said
    assert "(2 x number, 1 x date or time, 1 x e-mail address)" in said
    assert "Put a header line into the file" in said
    assert "use_columns" in said
    assert not any(value in said for value in (PERSON, "34", "1.5", "1980", "mary"))


@pytest.mark.parametrize(
    ("holding", "columns", "asked"),
    [(0, 3, False), (1, 3, True), (1, 4, False), (2, 4, True), (2, 400, True), (0, 0, False)],
)
def test_names_that_are_values_of_their_columns_are_asked_about(holding: int, columns: int, asked: bool) -> None:
    profiles = [
        ColumnProfile(f"{PERSON}{i}", "category", 2, 1.0, 0.0, 0.5, 0.0, 0.0, holds_its_name=i < holding)
        for i in range(columns)
    ]
    questions = ask_header(profiles)
    assert len(questions) == asked
    assert all(PERSON not in question for question in questions)


def test_the_names_that_will_be_published_are_said_in_a_line() -> None:
    said = ask_names([*(f"c{i}" for i in range(100)), "2019", "two\nlines", "long" * 30])
    assert said.startswith("these column names will be published: 2019, c0, c1, ")
    assert "c38 and 63 more" in said
    said = ask_names(["two\nlines", "long" * 30])
    assert "\n" not in said
    assert len(said) < 300


def asked(path: Path, **keys: Any) -> Settings:
    return Settings(sensitive_microdata_path=str(path), output_dir="published", **keys)


def write(path: Path, *lines: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_a_file_without_a_header_is_refused_by_all_ways_to_read(spark: SparkSession, tmp_path: Path) -> None:
    records = [f"{PERSON},{i % 5 + 20},{word}" for i, word in enumerate(WORDS)]
    file = write(tmp_path / "a.csv", *records)
    write(tmp_path / "parts/1.csv", "name,age,sex,colour,code", *records)
    write(tmp_path / "parts/2.csv", *records)
    for way in (
        lambda: load_cases(spark, asked(file)),
        lambda: pack_plain_files(spark, asked(file)),
        lambda: load_cases(spark, asked(file.parent / "parts")),
        lambda: propose_settings(spark, str(file)),
    ):
        with pytest.raises(DataError, match=r"1 of the 5 names in it look like values \(1 x number\)") as caught:
            way()
        assert PERSON not in str(caught.value)
        assert caught.value.exit_code == 2


def test_years_are_names_where_the_settings_say_so(spark: SparkSession, tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", "sex,2019,2020", *WORDS)
    named = ["sex", "2019", "2020"]
    assert load_cases(spark, asked(file, use_columns=named))[1].columns == tuple(named)
    assert pack_plain_files(spark, asked(file, use_columns=named)) is not None


def test_a_header_of_words_is_asked_about(spark: SparkSession, tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", *WORDS)
    keys = {"sensitive_microdata_path": str(file), "output_dir": str(tmp_path / "out"), "reporting_length": 2}
    said = check_data(spark, build_settings({**keys, "sensitive_dir": str(tmp_path / "sensitive")}))
    assert any(text.startswith("these column names will be published: female, blue, AB. ") for text in said)
    assert any(text.startswith("3 of the 3 names of columns are also values in their own columns") for text in said)
    proposed = propose_settings(spark, str(file))
    assert "# 3 of the 3 names of columns are also values in their own columns" in proposed


def test_a_header_is_not_asked_about(spark: SparkSession, tmp_path: Path) -> None:
    settings = asked(write(tmp_path / "a.csv", "sex,colour,code", *WORDS))
    assert ask_header(profile_columns(spark, load_cases(spark, settings)[0], settings)) == []
