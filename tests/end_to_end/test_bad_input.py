"""Unusable input is refused: with the right exit code, in helpful words, without a value of the data."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.running import command, write_settings
from tests.end_to_end.sample import MARKER

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

HEADER = "sex,land,age,note"
LINES = [f"{'fm'[i % 2]},{'AB'[i % 3 == 0]},{20 + i % 3},{'x' if i % 4 else 'y'}" for i in range(40)]
SECRET = f"f,A,20,{MARKER}"


def csv(*lines: str, header: str = HEADER) -> str:
    """Forty good records, one with a rare value, and these lines."""
    return "\n".join([header, *LINES, SECRET, *lines]) + "\n"


@dataclass(frozen=True)
class Bad:
    """Bad input, and what the message must say."""

    says: str
    data: str | bytes | None = field(default_factory=csv)
    keys: dict[str, object] = field(default_factory=dict)


def many(**keys: object) -> Bad:
    """Keys that each name a column the data do not have; all of them must be named."""
    lines = (rf"cases\.csv: {key} names no_{key}, which is not a column of the data" for key in keys)
    return Bad("(?s)" + ".*".join(lines), keys=keys)


DATA_ERRORS = {
    "missing file": Bad(r"cases\.csv does not exist where Spark runs; check sensitive_microdata_path", None),
    "empty file": Bad(r"cases\.csv is empty: found no line", ""),
    "header only": Bad("found no records, only a header", HEADER + "\n"),
    "ragged row": Bad(r"1 record\(s\) that do not have 4 fields as the header", csv(f"f,{MARKER},A")),
    "duplicate column": Bad("columns of the same name: note, Note", csv(header="sex,land,note,Note")),
    "reserved column": Bad(
        "column record_id has a name that the published tables need", csv(header="sex,record_id,c,d")
    ),
    "unknown columns": many(
        multi_value_columns={"no_multi_value_columns": ";"},
        sensitive_zeros=["no_sensitive_zeros"],
        column_missing_values={"no_column_missing_values": ["-99"]},
        bins={"no_bins": {"quantiles": 2}},
        group_rare_values={"no_group_rare_values": {}},
        column_groups={"Group": ["no_column_groups"]},
        column_labels={"no_column_labels": "Label"},
        value_labels={"no_value_labels": {"1": "Yes"}},
        subject_id="no_subject_id",
    ),
    "unknown use_columns": Bad("use_columns names sexx, .*; did you mean sex", keys={"use_columns": ["sexx", "land"]}),
    "wrong encoding": Bad(r"cannot be decoded as utf-8: note \(1\)", csv(f"f,A,20,{MARKER}é").encode("latin-1")),
    "k above the subjects": Bad("fewer subjects than the resolution k = 99", keys={"reporting_resolution": 99}),
    "length above the columns": Bad("reporting_length: found 5, but 4 columns are used", keys={"reporting_length": 5}),
    "subjects without id": Bad(
        r"2 record\(s\) without a value in the subject_id note", csv("f,A,20,", "m,B,21,"), {"subject_id": "note"}
    ),
    "words in bins": Bad(r"bins\.note: 41 values are not numbers", keys={"bins": {"note": {"edges": [1, 2]}}}),
    "nothing frequent": Bad(
        "no attribute is held by at least k = 30 subjects",
        keys={"reporting_resolution": 30, "use_columns": ["sex", "age"]},
    ),
    "missing logo": Bad(
        r"report_logo: cannot read nologo\.png: there is no such file", keys={"report_logo": "nologo.png"}
    ),
    "two errors at once": Bad(
        r"(?s)1 record\(s\) that do not have 4 fields.*2 record\(s\) without a value in the subject_id note",
        csv("f,A,20", "m,B,21,"),
        {"subject_id": "note"},
    ),
}

SETTINGS_ERRORS = {
    "k below 2": Bad(
        "reporting_resolution: found 1; allowed: a whole number of at least 2", keys={"reporting_resolution": 1}
    ),
    "length below 1": Bad("reporting_length: found 0; allowed: -1 .* at least 1", keys={"reporting_length": 0}),
    "unknown encoding": Bad(
        'sensitive_microdata_encoding: found "utf-9"', keys={"sensitive_microdata_encoding": "utf-9"}
    ),
    "misspelt key": Bad("reporting_lenght.*did you mean reporting_length", keys={"reporting_lenght": 3}),
    "reserved name": Bad(
        "use_columns: found release_id; allowed: any other", keys={"use_columns": ["sex", "release_id"]}
    ),
    "sensitive inside output": Bad(
        "sensitive_dir: found .*allowed: a folder neither inside", keys={"sensitive_dir": "{out}/x"}
    ),
    "output inside sensitive": Bad(
        "sensitive_dir: found .*allowed: a folder neither inside", keys={"sensitive_dir": "{out}/.."}
    ),
    "three errors at once": Bad(
        "(?s)reporting_resolution: .*reporting_length: .*seed: ",
        keys={"reporting_length": 0, "reporting_resolution": 1, "seed": -1},
    ),
}


def fails(capfd: pytest.CaptureFixture[str], code: int, says: str, *arguments: str) -> None:
    """The command fails with this exit code and one message, without a value of the data or a traceback."""
    capfd.readouterr()
    assert command(*arguments) == code
    out, err = capfd.readouterr()
    assert re.search(says, err), err
    assert MARKER not in out + err
    assert not re.search(r"Traceback|\bat (org|java|io)\.|Py4J|\.py\"", out + err)
    assert err.count("error: ") + err.count("crash: ") == 1


@pytest.mark.parametrize("name", DATA_ERRORS)
def test_data_that_cannot_be_used_are_refused(
    spark: SparkSession, tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    bad = DATA_ERRORS[name]
    data = tmp_path / "cases.csv"
    if bad.data is not None:
        data.write_bytes(bad.data if isinstance(bad.data, bytes) else bad.data.encode())
    settings = write_settings(tmp_path, data, **{"reporting_length": 2, **bad.keys})
    fails(capfd, 2, bad.says, "run", settings)
    assert not (tmp_path / "release").exists()


@pytest.mark.parametrize("name", SETTINGS_ERRORS)
def test_settings_that_cannot_be_used_are_refused_before_spark_is_asked(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("ctdc_spark.cli.options.open_session", never)
    bad = SETTINGS_ERRORS[name]
    keys = {k: str(v).format(out=tmp_path / "release") if "{out}" in str(v) else v for k, v in bad.keys.items()}
    fails(capfd, 2, bad.says, "run", write_settings(tmp_path, tmp_path / "cases.csv", **keys))
    assert not (tmp_path / "release").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "settings file: cannot read .*settings.yaml: there is no such file"),
        ("", "found an empty file"),
        ("output_dir: [out\nseed: 1\n", "settings.yaml, line 2"),
        ("- seed\n", "found a list; allowed: keys with values"),
        (b"output_dir: \xff\n", "not UTF-8"),
    ],
    ids=["missing", "empty", "malformed", "a list", "not text"],
)
def test_a_settings_file_that_cannot_be_read_is_refused(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    text: str | bytes | None,
    says: str,
) -> None:
    monkeypatch.setattr("ctdc_spark.cli.options.open_session", never)
    path = tmp_path / "settings.yaml"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    fails(capfd, 2, says, "run", str(path))


def occupy_with_files(spark: SparkSession, output: Path) -> None:
    (output / "aggregate_counts").mkdir(parents=True)
    (output / "aggregate_counts" / "notes.txt").write_text(MARKER)


def occupy_with_another_table(spark: SparkSession, output: Path) -> None:
    spark.range(3).withColumnRenamed("id", "number").write.format("delta").save(str(output / "codebook"))


def occupy_with_a_table_like_ours(spark: SparkSession, output: Path) -> None:
    spark.range(3).selectExpr("'r0' as release_id", "id").write.format("delta").save(str(output / "releases"))


def occupy_with_one_file(spark: SparkSession, output: Path) -> None:
    output.write_text(MARKER)


@pytest.mark.parametrize(
    ("occupy", "says"),
    [
        (occupy_with_files, "output place: .*aggregate_counts holds files that are not a table of ctdc-spark"),
        (occupy_with_another_table, "output place: .*codebook is a table of something else"),
        (occupy_with_a_table_like_ours, "output place: .*releases is a table of something else"),
        (occupy_with_one_file, "output_dir: .*release is a file; choose a folder"),
    ],
)
def test_a_place_that_holds_something_else_is_refused(
    spark: SparkSession,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    occupy: Callable[[SparkSession, Path], None],
    says: str,
) -> None:
    (tmp_path / "cases.csv").write_text(csv())
    occupy(spark, tmp_path / "release")
    settings = write_settings(tmp_path, tmp_path / "cases.csv")
    for name in ("run", "check"):
        fails(capfd, 2, says, name, settings)
    assert not (tmp_path / "sensitive").exists()


def test_an_output_schema_that_is_not_there_is_refused(
    spark: SparkSession, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = write_settings(tmp_path, tmp_path / "cases.csv", output_schema="nowhere")
    fails(capfd, 2, r"output_schema: nowhere is not a schema .*it first \(CREATE SCHEMA `nowhere`\)", "run", settings)


def test_a_sensitive_place_below_a_file_is_refused(
    spark: SparkSession, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    settings = write_settings(tmp_path, tmp_path / "cases.csv", sensitive_dir=str(tmp_path / "file" / "x"))
    fails(capfd, 2, "sensitive_dir: .*lies below .*file, which is a file; choose a folder", "check", settings)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["publish"], "No such command 'publish'"),
        (["run"], "Missing argument 'SETTINGS'"),
        (["run", "s.yaml", "--fast"], "No such option:? '?--fast"),
        (["export", "--release", "x", "--to", "y", "--format", "pdf"], "'pdf' is not one of"),
    ],
)
def test_a_command_that_is_not_understood_says_how_to_ask(
    capfd: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert command(*arguments) == 2
    err = capfd.readouterr().err
    assert re.search(says, err)
    assert "Usage: " in err


def never(*arguments: object, **named: object) -> None:
    raise AssertionError("Spark was asked for before the settings were checked")
