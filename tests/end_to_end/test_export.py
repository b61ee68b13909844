"""Plain files from a release: named as promised, equal to the tables, and in the peer's own form."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from ctdc_spark.release.contracts import RELEASES, TABLES
from tests.end_to_end.running import all_tables, command
from tests.end_to_end.sample import COLUMNS, MARKER

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Rows = list[dict[str, Any]]
EXPORTED = [table for table in TABLES if table != RELEASES.name]


@pytest.fixture(scope="module")
def tables(spark: SparkSession, finished: Path) -> dict[str, Rows]:
    """The rows of the finished release."""
    return {name: list(map(json.loads, rows)) for name, rows in all_tables(spark, finished / "release").items()}


def export(finished: Path, target: Path, file_format: str, *more: str) -> list[str]:
    """Export the finished release; return the names of what is in the target folder."""
    place = ["--release", str(finished / "release"), "--to", str(target)]
    assert command("export", *place, "--format", file_format, *more) == 0
    return sorted(path.name for path in target.iterdir())


def read_delimited(path: Path, delimiter: str) -> tuple[list[str], Rows]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter=delimiter)
        return list(reader.fieldnames or ()), list(reader)


def comparable(rows: Rows) -> list[str]:
    """Rows as text, numbers as numbers and absent values as nothing, in any order."""
    plain = [
        {k: float(v) if k == "value" and _is_number(v) else "" if v is None else str(v) for k, v in row.items()}
        for row in rows
    ]
    return sorted(json.dumps(row, sort_keys=True) for row in plain)


def _is_number(value: object) -> bool:
    return isinstance(value, float) or re.fullmatch(r"-?\d+\.\d+(E-?\d+)?", str(value)) is not None


@pytest.mark.parametrize(("file_format", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_delimited_files_equal_the_tables(
    finished: Path,
    tables: dict[str, Rows],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    file_format: str,
    delimiter: str,
) -> None:
    assert export(finished, tmp_path / "out", file_format) == sorted(f"{t}.{file_format}" for t in EXPORTED)
    assert sorted(capfd.readouterr().out.split()) == sorted(str(p) for p in (tmp_path / "out").iterdir())
    for table in EXPORTED:
        names, rows = read_delimited(tmp_path / "out" / f"{table}.{file_format}", delimiter)
        expected = [{k: row[k] for k in row if k not in ("release_id", "combination")} for row in tables[table]]
        assert set(names) == set(expected[0])
        assert comparable(rows) == comparable(expected)


def test_parquet_files_equal_the_tables(finished: Path, tables: dict[str, Rows], tmp_path: Path) -> None:
    assert export(finished, tmp_path / "out", "parquet") == sorted(f"{t}.parquet" for t in EXPORTED)
    for table in EXPORTED:
        rows = pq.read_table(tmp_path / "out" / f"{table}.parquet").to_pylist()
        expected = [{k: v for k, v in row.items() if k != "release_id"} for row in tables[table]]
        assert comparable(rows) == comparable(expected)
    assert tuple(pq.read_schema(tmp_path / "out" / "synthetic_microdata.parquet").names) == ("record_id", *COLUMNS)


def test_sds_writes_the_files_of_the_peer(finished: Path, tables: dict[str, Rows], tmp_path: Path) -> None:
    names = ["my_reportable_aggregates.tsv", "my_synthetic_microdata.tsv"]
    assert export(finished, tmp_path / "new" / "folder", "sds", "--prefix", "my") == names
    aggregates, microdata = (tmp_path / "new" / "folder" / name for name in names)

    first, header, *lines = aggregates.read_text(encoding="utf-8").splitlines()
    assert (first, header) == ("selections\tprotected_count", "record_count\t160")
    counts = [(line.rpartition("\t")[0], int(line.rpartition("\t")[2])) for line in lines]
    expected = {
        ";".join(f"{pair['column']}:{pair['value']}" for pair in row["combination"]): row
        for row in tables["aggregate_counts"]
    }
    selections = {_unquote(text): count for text, count in counts}
    assert selections == {text: row["protected_count"] for text, row in expected.items()}
    order = [(expected[_unquote(text)]["length"], -count) for text, count in counts]
    assert order == sorted(order)

    columns, rows = read_delimited(microdata, "\t")
    assert tuple(columns) == COLUMNS
    assert comparable(rows) == comparable(
        [{name: row[name] for name in COLUMNS} for row in tables["synthetic_microdata"]]
    )
    assert MARKER not in microdata.read_text(encoding="utf-8") + aggregates.read_text(encoding="utf-8")


def _unquote(text: str) -> str:
    return next(csv.reader([text], delimiter="\t"))[0]


def test_a_package_holds_the_tables_twice_and_the_same_bytes_each_time(
    finished: Path, tables: dict[str, Rows], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    export(finished, tmp_path / "out", "package")
    said = capfd.readouterr().out.split()
    out = tmp_path / "out"
    assert sorted(said) == sorted(str(path) for path in out.rglob("*") if path.is_file())
    assert said
    for table in EXPORTED:
        rows = pq.read_table(out / "data" / f"{table}.parquet").to_pylist()
        assert comparable(rows) == comparable(
            [{k: v for k, v in r.items() if k != "release_id"} for r in tables[table]]
        )
        names, cells = read_delimited(out / "data" / f"{table}.csv", ",")
        flat = [{k: row[k] for k in row if k != "combination"} for row in rows]
        assert (set(names), comparable(cells)) == (set(flat[0]), comparable(flat))
    for line in (out / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ", 1)
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest, name
    assert not any(MARKER.encode() in path.read_bytes() for path in out.rglob("*") if path.is_file())
    promises = tables["releases"][0]["proof"]["promises"]
    readme = (out / "README.md").read_text(encoding="utf-8")
    assert all(f'> "{text}"' in readme for text in promises.values())
    assert "a count of 20 stands for an interval, 20 to 24 people" in readme

    assert export(finished, tmp_path / "zipped", "package", "--to", str(tmp_path / "zipped" / "r1.zip")) == ["r1.zip"]
    with zipfile.ZipFile(tmp_path / "zipped" / "r1.zip") as archive:
        zipped = {name.removeprefix("r1/"): archive.read(name) for name in archive.namelist()}
    assert zipped == {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_json_stat_has_each_published_count_in_its_cell_and_a_status_in_all_others(
    finished: Path, tables: dict[str, Rows], tmp_path: Path
) -> None:
    assert export(finished, tmp_path / "out", "json-stat") == ["counts.json"]
    said = json.loads((tmp_path / "out" / "counts.json").read_text(encoding="utf-8"))
    published = {
        frozenset((one["column"], one["value"]) for one in row["combination"]): row["protected_count"]
        for row in tables["aggregate_counts"]
        if len({one["column"] for one in row["combination"]}) == row["length"]  # not two values of one column
    }
    found = {}
    for cube in said["link"]["item"]:
        keys = [[(name, value) for value in cube["dimension"][name]["category"]["index"]] for name in cube["id"]]
        for place, cell in enumerate(itertools.product(*keys)):
            assert (cube["value"][place] is None) == (cube.get("status", {}).get(str(place)) == "w")
            if cube["value"][place] is not None:
                found[frozenset(cell)] = cube["value"][place]
    assert found == published


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--format", "package", "--plain"], "--plain: found with format package; allowed: with csv, tsv and sds"),
        (["--format", "package", "--to", "{tmp}/full.zip"], "--to: .*full.zip exists; choose a new file"),
        (["--release", "{tmp}/nothing"], "--release: .*nothing holds no published release"),
        (["--release", "nowhere"], "--release: nowhere holds no published release"),
        (["--release-id", "r9"], "--release-id: found r9; complete releases in .*: r1"),
        (["--to", "{tmp}/full"], "--to: .*full exists and is not an empty folder"),
        (["--to", "s3://bucket/x"], "--to: s3://bucket/x is not a local folder"),
    ],
)
def test_an_export_that_cannot_be_made_is_refused(
    finished: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("")
    (tmp_path / "full.zip").write_text("")
    given = [argument.format(tmp=tmp_path) for argument in arguments]
    usual = ["--release", str(finished / "release"), "--to", str(tmp_path / "out"), "--format", "csv"]
    assert command("export", *usual, *given) == 2
    assert re.search(f"error: {says}", capfd.readouterr().err)
    assert not (tmp_path / "out").exists()
