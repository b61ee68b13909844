"""Whole releases of random tables, checked against the definitions by brute force."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ctdc_spark.combinations.protect import protect_count
from tests.end_to_end.random_sample import KEYS, MULTI, RULES, SEED, random_rows
from tests.end_to_end.running import aggregates, command, microdata, published, write_settings, write_table
from tests.oracles.counting import count_all, read_rows, support

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

REAL_DATA = os.environ.get("CTDC_SPARK_TEST_DATA", "")

MORE = pytest.mark.at_length("further releases; subjects of several rows and all lengths are in the gate")


@MORE
@pytest.mark.parametrize(
    ("seed", "keys"),
    [
        (0, {"reporting_resolution": 5, "reporting_length": 3}),
        (1, {"reporting_resolution": 3, "reporting_length": 2, "subject_id": "subject"}),
        (2, {**KEYS, "reporting_length": 3}),
        (3, {"reporting_resolution": 10, "reporting_length": -1}),
    ],
)
def test_further_releases_keep_every_definition(
    spark: SparkSession, tmp_path: Path, seed: int, keys: dict[str, Any]
) -> None:
    rows = random_rows(seed)
    if "subject_id" not in keys:
        rows = [{c: v for c, v in row.items() if c != "subject"} for row in rows]
    settings = write_settings(tmp_path, write_table(tmp_path / "cases.tsv", rows), **{**RULES, **keys})
    assert command("run", settings) == 0
    require_definitions(spark, tmp_path, rows, keys)


def test_a_release_keeps_every_definition(spark: SparkSession, finished_at_random: Path) -> None:
    require_definitions(spark, finished_at_random, random_rows(SEED), KEYS)


def require_definitions(
    spark: SparkSession, folder: Path, rows: list[dict[str, str | None]], keys: dict[str, Any]
) -> None:
    """What was published is what the definitions say, by brute force."""
    subject = keys.get("subject_id")
    records = read_rows(rows, sensitive_zeros=["children"], missing=["-99"], multi=MULTI, subject=subject)
    threshold = int(keys.get("reporting_resolution") or keys["reporting_threshold"])
    precision = int(keys.get("reporting_precision") or threshold)
    longest = max(len(r) for r in records) if keys["reporting_length"] == -1 else int(keys["reporting_length"])
    protected = {s: protect_count(c, threshold, precision) for s, c in count_all(records, longest).items()}
    assert aggregates(spark, folder) == {s: c for s, c in protected.items() if c is not None}

    joined = MULTI if subject is None else dict.fromkeys(rows[0], ";")
    made = microdata(spark, folder, joined)
    assert made
    for record in set(made):
        assert support(records, record) >= threshold
    check_metrics(spark, folder, made, longest)
    check_coverage(spark, folder, records, [name for name in rows[0] if name != subject], (threshold, precision))
    ledger = published(spark, folder, "releases").collect()
    assert [row["protected_number_of_subjects"] for row in ledger] == [
        protect_count(len(records), threshold, precision)
    ]
    assert [row["number_of_synthetic_records"] for row in ledger] == [len(made)]
    summary = (folder / "release" / "r1" / "summary.md").read_text(encoding="utf-8")
    said = json.loads(ledger[0]["proof"])["promises"]
    assert set(said) == {"records", "copies", "counts"}
    assert all(sentence in summary for sentence in said.values())
    assert ("can often be worked out from the published counts" in said["counts"]) == (precision < threshold)


def check_coverage(
    spark: SparkSession,
    folder: Path,
    records: list[set[tuple[str, str]]],
    columns: list[str],
    resolution: tuple[int, int],
) -> None:
    """The subjects with a value in each column, and with one that is published, are counted and rounded."""
    counts = count_all(records, 1)
    listed = {next(iter(one)) for one, count in counts.items() if protect_count(count, *resolution) is not None}
    subjects = protect_count(len(records), *resolution)
    assert subjects is not None
    rows = {row["column"]: row for row in published(spark, folder, "coverage").collect()}
    assert set(rows) == set(columns)
    for column, row in rows.items():
        informed = sum(any(name == column for name, _ in record) for record in records)
        known = sum(any(name == column and (name, value) in listed for name, value in record) for record in records)
        numbers = [protect_count(count, *resolution) for count in (informed, known)]
        assert [row["with_information"], row["with_published_value"]] == numbers
        whole, part = (number or 0 for number in numbers)
        assert [row["not_recorded"] or 0, row["withheld_as_too_rare"] or 0] == [subjects - whole, whole - part]


def check_metrics(spark: SparkSession, folder: Path, made: list[frozenset[tuple[str, str]]], longest: int) -> None:
    """Every published metric by length equals its formula, computed from the published tables."""
    reported = aggregates(spark, folder)
    synthetic = count_all(made, longest)
    assert {frozenset([attribute]) for record in made for attribute in record} <= reported.keys()
    rows = published(spark, folder, "evaluation_metrics").where("length is not null and count_from is null").collect()
    assert {row["length"] for row in rows} == {len(s) for s in reported}
    for length in {len(s) for s in reported}:
        value = {row["metric"]: row["value"] for row in rows if row["length"] == length}
        a = {s: c for s, c in reported.items() if len(s) == length}
        errors = [abs(synthetic.get(s, 0) - c) for s, c in a.items()]
        either = a.keys() | {s for s in synthetic if len(s) == length}
        kept = [min(synthetic.get(s, 0) / a[s], 1) if s in a else 0 for s in either]
        assert value["rare"] == value["leakage"] == value["fabrication"] == 0
        assert value["combinations"] == len(a)
        assert value["presence"] == pytest.approx(np.mean([s in synthetic for s in a]))
        assert value["suppression"] == pytest.approx(1 - value["presence"])
        assert value["preservation"] == pytest.approx(np.mean(kept))
        assert value["mean_absolute_error"] == pytest.approx(np.mean(errors))
        assert value["mean_relative_error"] == pytest.approx(
            np.mean([e / c for e, c in zip(errors, a.values(), strict=True)])
        )


@pytest.mark.skipif(not REAL_DATA, reason="CTDC_SPARK_TEST_DATA names no folder with german.tsv and adult.tsv")
@pytest.mark.parametrize("name", ["german", "adult"])
def test_real_files_keep_every_definition(spark: SparkSession, tmp_path: Path, name: str) -> None:
    data = Path(REAL_DATA) / f"{name}.tsv"
    assert command("run", write_settings(tmp_path, data)) == 0
    header, *lines = data.read_text(encoding="utf-8").splitlines()
    rows = [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]
    counts = count_all(read_rows(rows), 3)
    assert aggregates(spark, tmp_path) == {s: c // 10 * 10 for s, c in counts.items() if c >= 10}
    proof = {
        r["metric"]: r["value"]
        for r in published(spark, tmp_path, "evaluation_metrics").where("reference = 'proof'").collect()
    }
    assert proof == {"rare": 0, "leakage": 0, "fabrication": 0, "failed_checks": 0, "strict_share": 1}
