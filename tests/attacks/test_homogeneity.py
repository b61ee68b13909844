"""Whoever is in a group whose members all share an attribute has it: the number of these groups is reported."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ctdc_spark.combinations.protect import protect_count
from ctdc_spark.evaluation.homogeneity import (
    GROUPS,
    MOST_NAMED,
    SHARED,
    SharedAttribute,
    measure_homogeneity,
    name_shared,
)
from ctdc_spark.evaluation.metrics import METRICS
from ctdc_spark.proof.homogeneity import verify_homogeneity
from ctdc_spark.release.report import Published, write_html, write_markdown
from tests.end_to_end.running import command, write_settings, write_table

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

K, LENGTH = 3, 3
Counts = dict[tuple[int, ...], int]
NAMES = "combination array<struct<column:string,value:string>>, protected_count bigint"


def draw_counts(seed: int, precision: int) -> Counts:
    """Protected counts of random records in which some attributes come with others."""
    rng = np.random.default_rng(seed)
    counts: Counter[tuple[int, ...]] = Counter()
    for _ in range(80):
        record = {int(a) for a in np.flatnonzero(rng.random(7) < 0.45)}
        record |= {6} if 0 in record else set()
        for length in range(1, LENGTH + 1):
            counts.update(itertools.combinations(sorted(record), length))
    protected = {s: protect_count(n, K, precision) for s, n in counts.items()}
    return {s: n for s, n in protected.items() if n is not None}


def find_by_force(counts: Counts) -> list[tuple[tuple[int, ...], int, int]]:
    """(group, shared attribute, count) of every group."""
    every = {a for s in counts for a in s}
    return [(s, a, n) for s, n in counts.items() for a in every - set(s) if counts.get(tuple(sorted({*s, a}))) == n]


def to_attribute(number: int) -> dict[str, str]:
    """The first four attributes belong to one column."""
    return {"column": "many" if number < 4 else f"c{number}", "value": f"v{number}"}


@pytest.mark.parametrize(("seed", "precision"), [(0, K), (1, 1), (2, K)])
def test_groups_are_those_of_brute_force(spark: SparkSession, seed: int, precision: int) -> None:
    counts = draw_counts(seed, precision)
    right = find_by_force(counts)
    assert right
    reported = spark.createDataFrame(
        [(list(s), n) for s, n in counts.items()], "combination array<int>, protected_count bigint"
    ).repartition(3)
    rows = measure_homogeneity(reported, range(1, LENGTH))
    assert {reference for _, reference, *_ in rows} == {"reported"}
    found = {(metric, length): value for metric, _, length, _, _, value in rows}
    expected: dict[tuple[str, int], int] = {}
    for length in range(1, LENGTH):
        mine = [(s, a) for s, a, _ in right if len(s) == length]
        expected |= {(GROUPS, length): len({s for s, _ in mine}), (SHARED, length): len(mine)}
    assert found == expected

    published = spark.createDataFrame(rows, METRICS)
    coded = reported.withColumnRenamed("combination", "attributes")
    assert verify_homogeneity(published, coded, LENGTH).failed == 0
    wrong = [(*row[:5], row[5] + (row[2] == 2)) for row in rows]
    assert verify_homogeneity(spark.createDataFrame(wrong, METRICS), coded, LENGTH).lengths == (2,)
    assert verify_homogeneity(spark.createDataFrame([], METRICS), coded, LENGTH).failed == LENGTH - 1


def test_the_largest_groups_of_sensitive_columns_are_named(spark: SparkSession) -> None:
    counts = draw_counts(1, K)
    named = [([to_attribute(a) for a in s], n) for s, n in counts.items()]
    found = name_shared(spark.createDataFrame(named, NAMES), ["c6", "many"])

    def write(number: int) -> str:
        return ":".join(to_attribute(number).values())

    right = [
        (-n, len(s), ";".join(map(write, s)), write(a))
        for s, a, n in find_by_force(counts)
        if to_attribute(a)["column"] in ("c6", "many")
    ]
    assert [(s.group, s.shared, s.count) for s in found] == [(g, a, -n) for n, _, g, a in sorted(right)[:MOST_NAMED]]
    assert len(found) == min(MOST_NAMED, len(right)) > 0
    assert name_shared(spark.createDataFrame(named, NAMES), []) == []


@pytest.mark.parametrize(
    "sensitive", [pytest.param([], marks=pytest.mark.at_length("test_cli.py's first steps say it")), ["means"]]
)
def test_check_says_what_pairs_share(
    spark: SparkSession,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    sensitive: list[str],
) -> None:
    rows: list[dict[str, str | None]] = [{"work": "farm", "means": "debt", "sex": "f"} for _ in range(12)]
    rows += [{"work": "house", "means": "threat" if i % 2 else "debt", "sex": "m"} for i in range(24)]
    rows += [{"work": "hut", "means": "secret", "sex": "m"} for _ in range(4)]
    data = write_table(tmp_path / "cases.tsv", rows)
    settings = write_settings(tmp_path, data, reporting_length=2, sensitive_columns=sensitive)
    assert command("check", settings) == 0
    said = capfd.readouterr().err
    assert "attributes wholly share another one, as far as protected counts of pairs tell" in said
    named = "sensitive_columns: those with work:farm (reported: 10) all have means:debt, except for at most 9"
    assert (named in said) == bool(sensitive)
    assert ("name the columns that could do harm" in said) == (not sensitive)
    assert "secret" not in said
    assert "hut" not in said
    assert not list((tmp_path / "sensitive").glob("verify-*"))


def test_the_summary_says_it() -> None:
    ledger: dict[str, Any] = {
        "release_id": "r1",
        "title": "Cases",
        "published_at": datetime(2026, 11, 22, tzinfo=timezone.utc),
        "protected_number_of_subjects": 500,
        "number_of_synthetic_records": 400,
        "reporting_length": 3,
        "reporting_threshold": 10,
        "reporting_precision": 10,
        "guarantee": "strict",
        "synthesis_mode": "calibrated",
    }
    metrics = [{"metric": GROUPS, "length": length, "value": 7.0 * length} for length in (1, 2)]
    shared = [SharedAttribute("work:farm;sex:f", "means:<b>debt</b>", 40), SharedAttribute("work:farm", "means:x", 30)]
    text = write_markdown(Published(ledger, metrics, ["sex"], ["means"], shared))
    assert "**21 published groups** of up to 2 attributes wholly share a further attribute" in text
    assert "- those with work:farm;sex:f (reported: 40) all have means:\\<b\\>debt" in text
    assert "except for at most 9" in text
    page = write_html(text, "Cases")
    assert page.count("(reported: ") == 2
    assert "<li>those with work:farm (reported: 30)" in page
    assert "<b>debt" not in page
    noisy = write_markdown(Published(ledger | {"guarantee": "dp: epsilon 1, delta 1e-6"}, metrics, ["sex"]))
    assert "These counts are estimates, and so is this number" in noisy
    assert "The settings name no sensitive columns" in noisy
    assert "What whole groups have in common" not in write_markdown(Published(ledger, [], ["sex"]))
