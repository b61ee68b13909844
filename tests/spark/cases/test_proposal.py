"""A proposed settings file loads as it is, fits the data, and reveals nothing of them."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ctdc_spark.cases.prepare import prepare_cases
from ctdc_spark.cases.profile import profile_columns, suspicious
from ctdc_spark.cases.proposal import propose_settings
from ctdc_spark.cases.proposed_bins import round_edges
from ctdc_spark.cases.source import load_cases
from ctdc_spark.errors import DataError
from ctdc_spark.settings import Settings, load_settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NAMES = ["case", "age", "income", "größe #1", "means", "note", "nothing", "same", "Record_ID", "flag", "place", "kids"]


def records(count: int = 600) -> list[list[str]]:
    draw = random.Random(3)
    return [
        [
            f"ZZ{i:05d}",
            str(draw.randint(1, 89)),
            f"{draw.lognormvariate(10, 1):.2f}",
            draw.choice(["klein", "groß"]),
            "|".join(draw.sample(["threat", "debt", "papers"], draw.randint(0, 3))),
            f"met someone called Quirinus{i} at the station, and then went away",
            "",
            "gleich",
            str(i),
            draw.choice("01"),
            f"village{int(draw.expovariate(0.02))}",
            draw.choice("0123"),
        ]
        for i in range(count)
    ]


def write(path: Path, delimiter: str = ";", encoding: str = "utf-8") -> Path:
    lines = [delimiter.join(row) for row in [NAMES, *records()]]
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return path


def accept(spark: SparkSession, text: str, folder: Path) -> Settings:
    """Load the proposal as it is and use it."""
    (folder / "proposal.yaml").write_text(text, encoding="utf-8")
    settings, warnings = load_settings(str(folder / "proposal.yaml"))
    assert warnings == []
    cases, _ = load_cases(spark, settings)
    assert suspicious(profile_columns(spark, cases, settings), settings) == []
    assert prepare_cases(cases, settings).frame.count() == 600
    return settings


@pytest.mark.parametrize(
    ("name", "delimiter", "encoding", "found"),
    [
        ("a.csv", ";", "utf-8", "utf-8"),
        ("a.csv", "\t", "windows-1252", "windows-1252"),
        ("a.tsv", "\t", "utf-16", "utf-16"),
        ("a b.txt", ",", "utf-8-sig", "utf-8"),
    ],
)
def test_proposal_is_accepted_as_it_is(
    spark: SparkSession, tmp_path: Path, name: str, delimiter: str, encoding: str, found: str
) -> None:
    path = write(tmp_path / name, delimiter, encoding)
    if delimiter == ",":  # the notes hold commas
        path.write_bytes(path.read_bytes().replace(b"station, and", b"station and"))
    settings = accept(spark, propose_settings(spark, str(path)), tmp_path)
    assert settings.sensitive_microdata_path == str(path)
    assert settings.sensitive_microdata_format == "csv"
    assert settings.sensitive_microdata_delimiter == delimiter
    assert settings.sensitive_microdata_encoding == found
    assert settings.use_columns == ["age", "income", "größe #1", "means", "flag", "place", "kids"]
    assert settings.multi_value_columns == {"means": "|"}
    assert list(settings.group_rare_values) == ["place"]
    assert list(settings.bins) == ["age", "income"]
    assert (settings.threshold, settings.reporting_length) == (10, 3)
    assert (settings.output_dir, settings.sensitive_dir) == ("release", "release_sensitive")


def test_windows_text_below_a_plain_header(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\n" + "ä,x\né,y\n".encode("windows-1252") * 20)
    assert 'sensitive_microdata_encoding: "windows-1252"' in propose_settings(spark, str(tmp_path / "a.csv"))


def test_delimiter_that_is_told_is_not_guessed(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a:b,c\n1:x,2\n2:y,3\n")
    text = propose_settings(spark, str(tmp_path / "a.csv"), delimiter=":")
    assert 'sensitive_microdata_delimiter: ":"' in text
    assert '- "b,c"' in text


def test_proposal_says_why_columns_are_left_out(spark: SparkSession, tmp_path: Path) -> None:
    text = propose_settings(spark, str(write(tmp_path / "a.csv")))
    assert '# subject_id: "case"  # if it tells the subjects apart' in text
    assert '  # - "case"  # left out: looks like an identifier' in text
    assert '  # - "note"  # left out: looks like free text' in text
    assert '  # - "nothing"  # left out: holds no value' in text
    assert '  # - "same"  # left out: holds the same value everywhere' in text
    assert '  # - "Record_ID"  # left out: has a name that the published tables need' in text
    assert '  - "flag"  # flag, in ' in text
    assert '  - "größe #1"  # category, 2 values' in text
    assert '# sensitive_zeros: ["kids"]' in text


def test_proposal_holds_no_value(spark: SparkSession, tmp_path: Path) -> None:
    text = propose_settings(spark, str(write(tmp_path / "a.csv")))
    for value in ("ZZ0", "klein", "groß", "threat", "Quirinus", "gleich", "village"):
        assert value not in text
    incomes = {row[2] for row in records()}
    edges = re.findall(r'"income": \{edges: \[(.*)\]\}', text)[0].split(", ")
    assert len(edges) >= 3
    assert not incomes.intersection(edges)
    assert all(len(edge.strip("0")) <= 2 for edge in edges)


def test_parquet_with_arrays_and_columns_that_cannot_be_used(spark: SparkSession, tmp_path: Path) -> None:
    rows = [(["a", "b"][: i % 3], {"x": 1}, "yes" if i % 2 else "no") for i in range(600)]
    frame = spark.createDataFrame(rows, "means array<string>, extra map<string,int>, answer string")
    frame.write.parquet(str(tmp_path / "cases"))
    text = propose_settings(spark, str(tmp_path / "cases"), output_dir="out", sensitive_dir="secret")
    settings = accept(spark, text, tmp_path)
    assert settings.sensitive_microdata_format == "parquet"
    assert settings.use_columns == ["means", "answer"]
    assert settings.multi_value_columns == {"means": "|"}
    assert (settings.output_dir, settings.sensitive_dir) == ("out", "secret")
    assert '  # - "extra"  # left out: is of a type that is not one value' in text


def test_delta_is_recognised_by_its_log(spark: SparkSession, tmp_path: Path) -> None:
    spark.sql("select 'x' as a, 'y' as b union all select 'z', 'w'").write.format("delta").save(str(tmp_path / "d"))
    assert 'sensitive_microdata_format: "delta"' in propose_settings(spark, str(tmp_path / "d"))


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("", "is empty"),
        ("a,b\n1,2\n3\n", r"1 record\(s\) that do not have 2 fields"),
        ("a,a\n1,2\n", "columns of the same name"),
        ("a,b\nx,\nx,\n", "no column that could be published: a holds the same value everywhere; b holds no value"),
    ],
)
def test_data_without_a_proposal(spark: SparkSession, tmp_path: Path, content: str, match: str) -> None:
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(DataError, match=match):
        propose_settings(spark, str(tmp_path / "a.csv"))


@pytest.mark.parametrize(
    ("quantiles", "edges"),
    [
        ([18, 24, 31, 38, 47, 69], [25, 30, 40, 50]),
        ([250, 1262, 1900, 2852, 4720, 12000], [1500, 2000, 3000, 5000]),
        ([2002, 2006, 2010, 2014, 2018, 2022], [2006, 2010, 2014, 2018]),
        ([-50, -20, 0, 10, 30, 60], [-20, 0, 10, 30]),
        ([0.01, 0.1, 0.2, 0.3, 0.4, 0.5], [0.1, 0.2, 0.3, 0.4]),
        ([5, 5, 5, 5, 5, 5], []),
        ([], []),
    ],
)
def test_edges_are_round(quantiles: list[float], edges: list[float]) -> None:
    assert round_edges([float(value) for value in quantiles]) == edges


def test_the_proposed_length_is_no_longer_than_the_columns(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\n".join(["sex,flag", *(f"{'fm'[i % 2]},{i % 2}" for i in range(60))]))
    assert "reporting_length: 2\n" in propose_settings(spark, str(tmp_path / "a.csv"))
