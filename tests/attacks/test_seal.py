"""Rows changed after the proof are not published, whenever they were changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ctdc_spark.pipeline import publish
from ctdc_spark.release.contracts import TABLES
from ctdc_spark.release.ledger import find_release
from ctdc_spark.release.row_digests import digest_rows
from ctdc_spark.release.table_location import TableLocation
from ctdc_spark.release.writer import claim_release
from tests.end_to_end.running import all_tables, command, file_contents

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PLANTED = "Jane Rare, born 1 May 1990"
MICRODATA, COUNTS, CODEBOOK = "synthetic_microdata", "aggregate_counts", "codebook"

Change = Callable[[pa.Table], pa.Table]


def plant(table: pa.Table) -> pa.Table:
    """One value of the first column becomes that of a person."""
    name = "c0" if "c0" in table.column_names else "value"
    values = [PLANTED, *table.column(name).to_pylist()[1:]]
    return table.set_column(table.column_names.index(name), name, pa.array(values, pa.string()))


def lower(table: pa.Table) -> pa.Table:
    """One count becomes that of three people."""
    place = table.column_names.index("protected_count")
    counts = [3, *table.column(place).to_pylist()[1:]]
    return table.set_column(place, "protected_count", pa.array(counts, pa.int64()))


def repeat(table: pa.Table) -> pa.Table:
    """One row is duplicated, and another is missing."""
    return pa.concat_tables([table.slice(0, 1), table.slice(0, 1), table.slice(2)])


def change_staged(folder: Path, table: str, change: Change) -> None:
    """Replace a staged table, as anybody who can write there may; the seal stays as it is."""
    files = sorted((folder / "sensitive/r1/staged" / table).glob("*.parquet"))
    rows = pa.concat_tables([pq.read_table(file) for file in files])
    assert rows.num_rows > 2
    for file in (folder / "sensitive/r1/staged" / table).iterdir():
        file.unlink()
    pq.write_table(change(rows), files[0])


def files_with_planted(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and PLANTED.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("table", "change"), [(MICRODATA, plant), (MICRODATA, repeat), (COUNTS, lower), (CODEBOOK, plant)]
)
def test_rows_that_were_replaced_after_the_proof_are_refused(
    copied: Path, capfd: pytest.CaptureFixture[str], table: str, change: Change
) -> None:
    change_staged(copied, table, change)
    before = file_contents(copied / "release")
    assert command("release", str(copied / "settings.yaml"), "--force") == 3
    said = capfd.readouterr().err
    assert f"the rows of {table} in " in said
    assert "are not those that were proven" in said
    assert PLANTED not in said
    assert file_contents(copied / "release") == before


def change_late(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace a staged table after it was compared with the seal."""

    def late(*given: Any) -> None:
        change_staged(folder, MICRODATA, plant)
        claim_release(*given)

    monkeypatch.setattr(publish, "claim_release", late)


def test_rows_that_are_replaced_when_they_were_read_are_not_published(
    spark: SparkSession, copied: Path, finished_tables: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    change_late(copied, monkeypatch)
    assert command("release", str(copied / "settings.yaml"), "--force") == 0
    assert all_tables(spark, copied / "release") == finished_tables


@pytest.mark.usefixtures("by_spark")
def test_rows_that_are_replaced_while_they_are_published_do_not_count_and_are_taken_out(
    spark: SparkSession,
    finished: Path,
    copied: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings, place = str(copied / "settings.yaml"), TableLocation(str(copied / "release"))
    staged, proven = copied / "sensitive/r1/staged", copied / "proven"
    shutil.copytree(staged, proven)
    with monkeypatch.context() as meanwhile:
        change_late(copied, meanwhile)
        assert command("release", settings, "--force") == 3
    said = capfd.readouterr().err
    assert "are not those that were proven" in said
    assert f"until `ctdc-spark tidy {copied / 'release'} --retain-hours 0`" in said  # Delta's files still hold them
    assert not find_release(spark, place, "r1")
    assert all(place.read(spark, name).isEmpty() for name in TABLES)
    shutil.rmtree(staged, ignore_errors=True)
    shutil.move(proven, staged)
    assert command("release", settings) == 0  # and nothing is in the way of the right ones
    assert all_tables(spark, copied / "release") == all_tables(spark, finished / "release")


def test_a_seal_without_digests_is_none(copied: Path, capfd: pytest.CaptureFixture[str]) -> None:
    seal = copied / "sensitive/r1/staged/seal.json"
    facts = json.loads(seal.read_text(encoding="utf-8"))
    del facts["digests"]
    seal.write_text(json.dumps(facts), encoding="utf-8")
    assert command("release", str(copied / "settings.yaml"), "--force") == 2
    assert "sealed by an earlier version, without a digest" in capfd.readouterr().err


HOSTILE = ["", '"', "\\", "a\\u001f", *map(chr, range(0x21)), "\x7f\x80\u2028\ufeff", "é", "e\u0301", "𝄞", "</script>"]


def test_the_digest_is_the_same_by_spark_and_at_hand(spark: SparkSession) -> None:
    numbers = [0.0, -0.0, 0.1, -1e-310, 1e300, float("nan"), float("inf"), float("-inf"), None]
    rows = [
        {
            "a b": text,
            'q"': HOSTILE[i - 1] if i % 3 else None,
            "n": None if i % 5 == 0 else i * 2**33 - 2**40,
            "i": i,
            "x": numbers[i % len(numbers)],
            "pairs": [{"column": text, "value": HOSTILE[-i]}] * (i % 3) + [{"column": "c", "value": None}] * (i % 2),
            "none": None,
        }
        for i, text in enumerate(HOSTILE)
    ]
    schema = '`a b` string, `q"` string, n bigint, i int, x double, pairs array<struct<column:string,value:string>>'
    frame = spark.createDataFrame([tuple(row.values()) for row in rows], f"{schema}, none string")
    pair = pa.struct([("column", pa.string()), ("value", pa.string())])
    kinds = [pa.string(), pa.string(), pa.int64(), pa.int32(), pa.float64(), pa.list_(pair), pa.string()]
    here = pa.Table.from_pylist(rows, schema=pa.schema(zip(rows[0], kinds, strict=True)))
    expected = digest_rows({"t": frame, "empty": frame.limit(0)})
    assert digest_rows({"t": here, "empty": here.slice(0, 0)}) == expected
    assert digest_rows({"t": pa.concat_tables([here.slice(7), here.slice(0, 7)]), "empty": frame.limit(0)}) == expected
    assert digest_rows({"t": here.set_column(3, "i", pa.array([1] * len(here), pa.int32()))})["t"] != expected["t"]


def test_a_digest_names_the_rows_and_nothing_of_how_they_lie(spark: SparkSession) -> None:
    schema = "a string, b string, n bigint, x double, pairs array<struct<column:string,value:string>>"
    rows: list[tuple[Any, ...]] = [
        ("u", "v", 1, 0.1, [("c", "d")]),
        ("u", "v", 1, 0.1, [("c", "d")]),
        (None, "", None, None, []),
        ("v", "u", 2, 1e-300, [("d", "c"), ("e", "f")]),
    ]

    def digest(*changed: tuple[Any, ...], schema: str = schema) -> str:
        frame = spark.createDataFrame(list(changed), schema)
        return digest_rows({"t": frame})["t"]

    right = digest(*rows)
    assert right.startswith("4 ")
    assert digest(*reversed(rows)) == right
    frame = spark.createDataFrame(rows, schema).select("x", "pairs", "b", "n", "a").repartition(3)
    assert digest_rows({"t": frame, "other": frame.limit(0)})["t"] == right
    others = [
        rows[1:],  # one of two equal rows is gone
        [*rows, rows[2]],
        [*rows[:2], ("", "", None, None, []), rows[3]],  # nothing is not empty text
        [*rows[:2], (None, "", None, None, None), rows[3]],
        [*rows[:2], (None, "", None, 0.0, []), rows[3]],
        [*rows[:3], ("v", "u", 2, 1.0000000000000001e-300 * (1 + 2**-52), [("d", "c"), ("e", "f")])],
        [*rows[:3], ("v", "u", 2, 1e-300, [("e", "f"), ("d", "c")])],
    ]
    assert len({right, *(digest(*changed) for changed in others)}) == 1 + len(others)
    assert digest(*rows, schema=schema.replace("a string, b", "b string, a")) != right
