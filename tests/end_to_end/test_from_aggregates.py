"""Releases from reported counts alone, further records from a trained model, and what the records may depend on."""

from __future__ import annotations

import csv
import itertools
import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import yaml

from tests.end_to_end import random_sample
from tests.end_to_end.running import all_tables, command, microdata, published, write_settings, write_table
from tests.oracles.counting import read_rows, support

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

K = 5
LENGTH = 2
KEYS: dict[str, object] = {"reporting_resolution": K, "reporting_length": LENGTH}
Row = dict[str, "str | None"]


def case_rows(number: int = 400) -> list[Row]:
    rng = np.random.default_rng(11)
    rows: list[Row] = []
    for _ in range(number):
        group = int(rng.integers(3))
        row: Row = {"area": "NSE"[group], "kind": str(rng.choice(["a:b", "c d", "é"], p=[0.5, 0.3, 0.2]))}
        row |= {f"means{i}": "1" if rng.random() < 0.2 + 0.2 * ((i + group) % 3) else "0" for i in range(4)}
        rows.append(row)
    return rows


def attributes(row: Row) -> frozenset[tuple[str, str]]:
    return frozenset((column, value) for column, value in row.items() if value not in (None, "", "0"))


def holders(rows: list[Row], wanted: frozenset[tuple[str, str]]) -> int:
    return sum(wanted <= attributes(row) for row in rows)


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession) -> Path:
    """A release whose records need be frequent only up to the reporting length, and its exported counts."""
    folder = tmp_path_factory.mktemp("counted")
    data = write_table(folder / "cases.tsv", case_rows())
    settings = write_settings(folder, data, guarantee=LENGTH, **KEYS)
    assert command("run", settings) == 0
    export = ["export", "--release", str(folder / "release"), "--format", "sds", "--to", str(folder / "out")]
    assert command(*export) == 0
    return folder


def write_counted_settings(folder: Path, counts: Path, **keys: object) -> str:
    path = Path(write_settings(folder, "", guarantee=LENGTH, **KEYS))
    written = yaml.safe_load(path.read_text(encoding="utf-8"))
    del written["sensitive_microdata_path"]
    path.write_text(yaml.safe_dump(written | {"reported_aggregates_path": str(counts)} | keys), encoding="utf-8")
    return str(path)


def staged(spark: SparkSession, folder: Path, table: str) -> list[Row]:
    """The proven rows of a table, in no order."""
    rows = spark.read.parquet(str(folder / "sensitive/r1/staged" / table)).collect()
    return sorted((row.asDict(recursive=True) for row in rows), key=repr)


def test_flags_together_are_covered_as_one(spark: SparkSession, counted: Path) -> None:
    rows = case_rows()
    found = {row["column"]: row for row in published(spark, counted, "coverage").collect()}
    flags = [f"means{i}" for i in range(4)]
    assert set(found) == {"area", "kind", *flags, None}
    looked_at: list[tuple[str | None, list[str]]] = [(name, [name]) for name in (*flags, "area")]
    for column, names in [*looked_at, (None, flags)]:
        count = sum(any(row[name] not in (None, "0") for name in names) for row in rows)
        row = found[column]
        assert row["with_information"] == row["with_published_value"] == count // K * K
        assert (row["not_recorded"] or 0) == 400 - count // K * K
        assert row["withheld_as_too_rare"] is None


def test_from_the_reported_counts_alone_come_the_same_records(
    spark: SparkSession, counted: Path, tmp_path: Path
) -> None:
    settings = write_counted_settings(tmp_path, counted / "out" / "release_reportable_aggregates.tsv")
    assert command("check", settings) == 0
    for stage in ("cases", "combinations", "synthesis", "evaluation", "proof"):
        assert command(stage, settings) == 0
    for table in ("synthetic_microdata", "aggregate_counts"):
        assert staged(spark, tmp_path, table) == staged(spark, counted, table)
    made = microdata(spark, counted)
    pairs = {frozenset(pair) for record in made for pair in itertools.combinations(record, LENGTH)}
    assert pairs
    assert all(holders(case_rows(), pair) >= K for pair in pairs)


@pytest.mark.at_length("a whole release; publishing does not know where proven rows come from")
def test_a_release_from_reported_counts_alone_is_published(spark: SparkSession, counted: Path, tmp_path: Path) -> None:
    settings = write_counted_settings(tmp_path, counted / "out" / "release_reportable_aggregates.tsv")
    assert command("run", settings) == 0
    ours, theirs = all_tables(spark, counted / "release"), all_tables(spark, tmp_path / "release")
    for table in ("synthetic_microdata", "aggregate_counts"):
        assert ours[table] == theirs[table]


@pytest.mark.parametrize(
    ("text", "keys", "said"),
    [
        ("selections\tcount\na:1\t10\n", {}, "has the columns selections, count; allowed: selections, protected_count"),
        ("selections\tprotected_count\na:SECRET\t10\n", {}, "found 0 rows of record_count"),
        ("selections\tprotected_count\nrecord_count\t20\na:SECRET\t12\n", {}, "1 others .* multiple of 5"),
        ("selections\tprotected_count\nrecord_count\t20\nSECRET\t10\n", {}, "1 others .* column:value"),
        ("selections\tprotected_count\nrecord_count\t20\na:1\t10\n", {"use_columns": ["b"]}, "use_columns: found b"),
        ("", {"guarantee": "strict"}, "found with guarantee: strict"),
        ("", {"missing_values": ["-99"]}, "found together with missing_values"),
    ],
)
def test_counts_that_cannot_be_used_are_refused(
    spark: SparkSession,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    keys: dict[str, object],
    said: str,
) -> None:
    import re

    counts = tmp_path / "counts.tsv"
    counts.write_text(text, encoding="utf-8")
    assert command("run", write_counted_settings(tmp_path, counts, **keys)) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert re.search(said, told)
    assert "SECRET" not in told
    assert not (tmp_path / "release").exists()


def test_further_records_keep_the_guarantee_without_the_sensitive_data(
    finished_at_random: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Given are copies of what was published and of the model; nothing in them says where the rest lies."""
    model = tmp_path / "trained_model"
    shutil.copytree(finished_at_random / "sensitive/r1/restricted/trained_model", model)
    shutil.copytree(finished_at_random / "release", tmp_path / "release")
    rows = random_sample.random_rows(random_sample.SEED)
    people = read_rows(
        rows, sensitive_zeros=["children"], missing=["-99"], multi=random_sample.MULTI, subject="subject"
    )
    asked = ["sample", "--release", str(tmp_path / "release"), "--model", str(model), "--records", "1000"]
    drawn = {}
    for seed in ("1", "2"):
        path = tmp_path / f"{seed}.tsv"
        assert command(*asked, "--seed", seed, "-o", str(path)) == 0
        with path.open(encoding="utf-8") as file:
            drawn[seed] = list(csv.DictReader(file, delimiter="\t"))
    names = list(drawn["1"][0])
    assert names == ["record_id", *(column for column in rows[0] if column != "subject")]
    counts = {
        seed: Counter(frozenset((c, v) for c in names[1:] for v in row[c].split(";") if v) for row in records)
        for seed, records in drawn.items()
    }
    assert counts["1"] != counts["2"]
    for seed, records in drawn.items():
        assert len(records) == pytest.approx(1000, abs=5)
        assert len({row["record_id"] for row in records}) == len(records)
        assert all(support(people, record) >= random_sample.THRESHOLD for record in counts[seed])
    scale = 1000 / len(drawn["1"])
    for pair, number in Counter(pair for person in people for pair in person).items():
        made = sum(copies for record, copies in counts["1"].items() if pair in record)
        assert made / 1000 == pytest.approx(number / len(people) * scale, abs=0.2)

    assert command(*asked, "-o", str(tmp_path / "1.tsv")) == 2
    assert "exists already" in capsys.readouterr().err


def test_a_model_of_another_release_is_refused(
    spark: SparkSession, counted: Path, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["sample", "--release", str(counted / "release"), "-o", str(tmp_path / "x.tsv")]
    assert command(*asked, "--model", str(finished / "sensitive" / "r1")) == 2
    assert "not the one that was proven with release" in " ".join(capsys.readouterr().err.split())
    assert command(*asked, "--model", str(tmp_path / "nowhere")) == 2
    assert not (tmp_path / "x.tsv").exists()


@pytest.mark.at_length("two whole releases; tests/attacks/test_neighbours.py asks the same of two in the gate")
def test_what_changes_no_protected_count_and_no_answer_changes_nothing(spark: SparkSession, tmp_path: Path) -> None:
    rows = case_rows()
    added = next(row for row in rows if is_harmless(rows, attributes(row)))
    tables = {}
    for name, cases in (("before", rows), ("after", [*rows, added])):
        folder = tmp_path / name
        folder.mkdir()
        settings = write_settings(folder, write_table(tmp_path / "cases.tsv", cases), **KEYS)
        assert command("run", settings) == 0
        tables[name] = all_tables(spark, folder / "release")
    assert tables["before"] == tables["after"]


def is_harmless(rows: list[Row], added: frozenset[tuple[str, str]]) -> bool:
    """Whether one more subject like this leaves every protected count, and every answer "count >= k", as it is."""
    if len(added) < 3 or len(rows) % K == K - 1:
        return False
    parts = (frozenset(part) for n in range(1, len(added) + 1) for part in itertools.combinations(added, n))
    counts = [(len(part), holders(rows, part)) for part in parts]
    return all(count % K != K - 1 if length <= LENGTH else count != K - 1 for length, count in counts)
