"""A release with differential privacy, from the settings file to the published tables."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pyspark.sql import functions as F

from ctdc_spark.combinations.counting import COMBINATION_COUNTS
from ctdc_spark.differential_privacy import selection as parts
from ctdc_spark.differential_privacy.measuring import NOISY_CELLS
from ctdc_spark.proof.spent import verify_noisy
from ctdc_spark.settings import load_settings
from ctdc_spark.verification.differential_privacy import count_equal, read_singles, verify_agreement
from ctdc_spark.verification.published import open_release, scratch
from tests.end_to_end.noisy_sample import DOMAIN, KEYS, SUBJECTS, sample_rows
from tests.end_to_end.running import (
    aggregates,
    command,
    microdata,
    published,
    run_without_page,
    work_table,
    write_settings,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

STAGE_FILES = ("stage_cases.json", "stage_combinations.json", "stage_synthesis.json", "dictionary.json")


def names_number(text: str, number: int) -> bool:
    """Whether a text contains a whole number by itself, not as digits of a fraction, a time or a hash."""
    return re.search(rf"(?<![\w.]){number}(?:\.0+)?(?![\w.])", text) is not None


TRUTH = [
    {(column, part) for column, cell in row.items() for part in (cell or "").split(";") if part}
    for row in sample_rows()
]
"""The attributes of each subject."""


def errors_of(counts: dict[frozenset[tuple[str, str]], int]) -> list[int]:
    """The error of each published count."""
    return [count - sum(attributes <= subject for subject in TRUTH) for attributes, count in counts.items()]


@pytest.fixture(scope="module")
def data(finished_with_noise: Path) -> Path:
    return finished_with_noise / "cases.tsv"


@pytest.fixture(scope="module")
def noisy(finished_with_noise: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the finished release, which these tests change."""
    folder = tmp_path_factory.mktemp("noisy")
    shutil.copytree(finished_with_noise, folder, dirs_exist_ok=True)
    write_settings(folder, finished_with_noise / "cases.tsv", **KEYS)
    return folder


def test_the_aggregates_are_the_counts_of_the_records(spark: SparkSession, noisy: Path) -> None:
    counts, records = aggregates(spark, noisy), microdata(spark, noisy, {"means": ";"})
    for attributes, count in counts.items():
        assert count == sum(attributes <= record for record in records)
        assert count >= 10
    assert {len(attributes) for attributes in counts} == {1, 2, 3}


def test_they_are_close_to_the_truth_and_not_the_truth(spark: SparkSession, noisy: Path) -> None:
    errors = errors_of(aggregates(spark, noisy))
    assert sum(abs(error) for error in errors) / len(errors) < 40
    assert sum(error != 0 for error in errors) > 0.8 * len(errors)
    (ledger,) = published(spark, noisy, "releases").collect()
    assert ledger["protected_number_of_subjects"] == pytest.approx(SUBJECTS, abs=400)
    assert ledger["guarantee"].startswith("dp: epsilon = 3, delta = ")


def test_the_budget_says_every_use_and_comes_to_what_was_asked_for(spark: SparkSession, noisy: Path) -> None:
    rows = published(spark, noisy, "privacy_budget").collect()
    uses, total = [row for row in rows if row["epsilon"] is None], [row for row in rows if row["epsilon"] is not None]
    assert [row["purpose"] for row in sorted(uses, key=lambda row: (row["purpose"], row["length"] or 0))] == [
        *["combinations"] * 3,
        "number of subjects",
        "records by length",
    ]
    assert len(total) == 1
    assert sum(row["rho"] for row in uses) == pytest.approx(total[0]["rho"])
    assert total[0]["epsilon"] == pytest.approx(3.0, rel=1e-6)
    scales = {row["length"]: row["scale"] for row in uses if row["purpose"] == "combinations"}
    counts = published(spark, noisy, "aggregate_counts").select("length", "noise_scale").distinct().collect()
    assert {row["length"]: row["noise_scale"] for row in counts} == scales


def test_the_noise_was_foreseen_without_the_data(
    spark: SparkSession, noisy: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (ledger,) = published(spark, noisy, "releases").collect()
    uses = published(spark, noisy, "privacy_budget").where("purpose = 'combinations'").collect()
    asked = ("--subjects", str(ledger["protected_number_of_subjects"]), "--set", "sensitive_microdata_path=nowhere.csv")
    capfd.readouterr()
    assert command("plan", str(noisy / "settings.yaml"), *asked, "--json") == 0
    foreseen = json.loads(capfd.readouterr().out)
    (work,) = (noisy / "sensitive/r1/work").iterdir()
    held = json.loads((work / "stage_combinations.json").read_text())["facts"]["max_attributes"]
    for use in uses:
        (expected,) = (one for one in foreseen["lengths"] if one["length"] == use["length"])
        fewer = math.comb(held, use["length"]) / math.comb(foreseen["held"], use["length"])
        assert use["scale"] == pytest.approx(expected["scale"] * math.sqrt(fewer), rel=1e-3)
    assert command("plan", str(noisy / "settings.yaml"), *asked) == 0
    assert "nothing was read or spent" in capfd.readouterr().out


def test_coverage_is_that_of_the_fitted_records_and_costs_nothing(spark: SparkSession, noisy: Path) -> None:
    """Every value is declared, so nothing is withheld; who has no value is what is left of the noisy number."""
    records = microdata(spark, noisy, {"means": ";"})
    (ledger,) = published(spark, noisy, "releases").collect()
    rows = {row["column"]: row for row in published(spark, noisy, "coverage").collect()}
    assert set(rows) == set(DOMAIN)
    for column, row in rows.items():
        count = sum(any(name == column for name, _ in record) for record in records)
        assert row["with_information"] == row["with_published_value"] == count
        assert row["not_recorded"] == max(0, ledger["protected_number_of_subjects"] - count)
        assert row["withheld_as_too_rare"] == 0
        truth = sum(any(name == column for name, _ in subject) for subject in TRUTH)
        assert count == pytest.approx(truth, abs=400)


def find_subjects(spark: SparkSession, folder: Path) -> list[str]:
    """The published tables and the stages' facts that name the exact number of subjects."""
    (work,) = (folder / "sensitive/r1/work").iterdir()
    texts = {name: (work / name).read_text() for name in STAGE_FILES}
    for table in ("releases", "privacy_budget", "evaluation_metrics", "codebook"):
        rows = published(spark, folder, table).collect()
        texts[table] = json.dumps([row.asDict(recursive=True) for row in rows], default=str)
    assert not (work / "packed_cases").exists()
    return [name for name, text in texts.items() if names_number(text, SUBJECTS)]


def test_no_exact_count_is_left_where_the_release_is(
    spark: SparkSession, data: Path, noisy: Path, tmp_path: Path
) -> None:
    """A number that is leaked is in every release; one that noise happens to make, in one out of twenty."""
    found = find_subjects(spark, noisy)
    for again in ("second", "third"):
        if found:
            (tmp_path / again).mkdir()
            assert command("run", write_settings(tmp_path / again, data, **KEYS)) == 0
            found = find_subjects(spark, tmp_path / again)
    assert found == []


def test_it_says_how_far_off_its_counts_probably_are(spark: SparkSession, noisy: Path) -> None:
    """The expectation, found without the data, is of the size of the errors recorded in the sensitive place."""
    metrics = {
        (row["metric"], row["length"]): row["value"]
        for row in published(spark, noisy, "evaluation_metrics").where("count_from is null").collect()
    }
    expected = [metrics["expected_absolute_error", length] for length in (1, 2, 3)]
    truth = spark.read.parquet(str(noisy / "sensitive/r1/restricted/sensitive_metrics"))
    of_errors = truth.where("metric = 'mean_absolute_error' and count_from is null").collect()
    actual = {row["length"]: row["value"] for row in of_errors}
    for length, error in enumerate(expected, start=1):
        assert actual[length] / 4 < error < 4 * actual[length]
    shares = [metrics[f"expected_{what}", n] for what in ("fabrication", "suppression") for n in (1, 2, 3)]
    assert all(0 <= share < 0.5 for share in shares)


def test_such_a_release_is_verified_by_what_it_promises(noisy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("verify", str(noisy / "settings.yaml"), "--json") == 0
    outcome = json.loads(capsys.readouterr().out)
    asked = {check["check"]: check["asked"] for check in outcome["checks"]}
    assert outcome["verified"] is True
    assert {"domain", "declared", "agreement", "left_out", "costs", "guarantee", "noisy", "metrics"} <= {*asked}
    assert min(asked.values()) > 0
    assert not {"records", "counts", "rare", "subjects"} & {*asked}  # nobody promised that
    assert command("verify", str(noisy / "settings.yaml"), "--microdata", str(noisy / "cases.tsv")) == 2
    assert "files are verified against a smallest group" in capsys.readouterr().err


def test_counts_and_records_that_do_not_agree_are_found(spark: SparkSession, noisy: Path) -> None:
    settings, _ = load_settings(str(noisy / "settings.yaml"))
    release = open_release(spark, settings)
    tables = release.tables

    def failed(**changed: DataFrame) -> dict[str, int]:
        with scratch(spark, settings) as materialize:
            findings = verify_agreement(replace(release, tables={**tables, **changed}), settings, materialize)
        return {finding.check: finding.failed for finding in findings if finding.failed}

    counts, records = tables["aggregate_counts"], tables["synthetic_microdata"]
    count = F.col("protected_count")
    first = F.col("combination_text") == counts.agg(F.min("combination_text")).collect()[0][0]
    raised = counts.withColumn("protected_count", F.when(first, count + 1).otherwise(count))
    value = tables["codebook"].where("value = 'north'").withColumn("value", F.lit("nowhere"))
    planted = {"aggregate_counts": raised, "codebook": tables["codebook"].unionByName(value)}
    assert failed(**planted) == {"agreement": 1, "declared": 1}
    more = tables["coverage"].withColumn("with_information", F.col("with_information") + 1)
    assert failed(coverage=more) == {"coverage": len(DOMAIN)}
    strange = records.limit(1).withColumn("region", F.lit("nowhere")).withColumn("age", F.lit(None).cast("string"))
    found = failed(synthetic_microdata=records.unionByName(strange))
    assert (found["domain"], found["number_of_records"]) == (1, 1)


def test_what_does_not_agree_is_never_sealed(
    spark: SparkSession, noisy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (ledger,) = published(spark, noisy, "releases").collect()
    proof = json.loads(ledger["proof"])
    assert proof["verified"] is True
    assert "agreement" in {check["check"] for check in proof["checks"]}
    (work,) = (noisy / "sensitive/r1/work").iterdir()
    counts = spark.read.parquet(str(work / "fitted_counts")).collect()
    planted = [(row["combination"], row["count"] + (number == 0)) for number, row in enumerate(counts)]
    frame = spark.createDataFrame(planted, COMBINATION_COUNTS)
    frame.write.mode("overwrite").parquet(str(work / "fitted_counts"))
    assert (noisy / "sensitive/r1/staged").exists()
    capsys.readouterr()
    assert command("proof", str(noisy / "settings.yaml"), "--force") == 3
    assert "reported counts that are not those of the synthetic records" in capsys.readouterr().err
    assert not (noisy / "sensitive/r1/staged").exists()


def test_exact_counts_are_found(spark: SparkSession, noisy: Path) -> None:
    truth = Counter(pair for subject in TRUTH for pair in subject)
    rows = [(*pair, number) for pair, number in truth.items()]
    frame = spark.createDataFrame(rows, "`column` string, value string, count long")
    settings, _ = load_settings(str(noisy / "settings.yaml"))
    singles = read_singles(open_release(spark, settings).tables["aggregate_counts"])
    asked, equal = count_equal(singles, frame)
    assert asked >= len(truth)  # noise may report a value that nobody has
    assert verify_noisy(asked, equal, 9.0).failed == 0
    exact = frame.withColumnRenamed("count", "protected_count")
    assert verify_noisy(*count_equal(exact, frame), 9.0).failed == len(truth)


def test_no_page_promises_a_smallest_group(noisy: Path) -> None:
    (summary,) = (noisy / "release").rglob("summary.md")
    text = summary.read_text(encoding="utf-8")
    assert "Differential privacy with epsilon = 3, delta = " in text
    assert "at least 10 people" not in text
    assert "verified before publication" not in text


@pytest.mark.usefixtures("spark")
def test_values_that_nobody_declared_are_refused_without_being_named(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    narrow = {**DOMAIN, "region": ["north", "east"]}
    for verb in ("check", "run"):
        assert command(verb, write_settings(tmp_path, data, **{**KEYS, "domain": narrow})) == 2
        said = capsys.readouterr().err
        assert "found values that are not declared in region" in said
        assert "south" not in said
    assert not (tmp_path / "release").exists()


def test_a_release_past_the_total_is_refused_and_what_was_spent_stays(
    spark: SparkSession, noisy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = write_settings(noisy, noisy / "cases.tsv", **KEYS, total_epsilon=3.5, rehearse_noise=False)
    capsys.readouterr()
    account = noisy / "sensitive" / "_privacy_account"
    draws = sorted(account.iterdir())
    assert command("run", more, "--release-id", "r2") == 2
    assert "1 earlier runs of the account 'default' and this one come to epsilon" in capsys.readouterr().err
    assert command("run", more, "--force") == 2  # replacing a release does not give its budget back
    assert published(spark, noisy, "privacy_budget").select("run").distinct().count() == 1
    assert [row["release_id"] for row in published(spark, noisy, "releases").collect()] == ["r1"]
    assert sorted(account.iterdir()) == draws  # nothing was drawn


@pytest.fixture(scope="module")
def private(spark: SparkSession, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release whose values are found by noise, and which has more cells than are measured."""
    folder = tmp_path_factory.mktemp("private")
    asked = {"domain": {"means": DOMAIN["means"]}, "private_domain": True, "rehearse_noise": False}
    with pytest.MonkeyPatch.context() as meanwhile:
        meanwhile.setattr(parts, "MOST_CELLS", 60)
        run_without_page(write_settings(folder, data, **{**KEYS, **asked}))
    return folder


def test_a_private_domain_finds_frequent_values_and_pays_for_them(spark: SparkSession, private: Path) -> None:
    rows = published(spark, private, "privacy_budget").collect()
    (named,) = [row for row in rows if row["purpose"] == "values of columns"]
    (total,) = [row for row in rows if row["mechanism"] == "total"]
    assert named["sensitivity"] == pytest.approx(2.0)  # four columns of one value each
    assert named["delta"] == pytest.approx(total["delta"] / 2)
    assert total["epsilon"] == pytest.approx(3.0, rel=1e-6)
    values = {(row["column"], row["value"]) for row in published(spark, private, "codebook").collect()}
    assert {("region", "north"), ("work", "farm"), ("means", "debt"), ("flag", "1")} <= values
    assert ("region", "west") not in values  # nobody has it
    assert all(len(record) <= 7 for record in microdata(spark, private, {"means": ";"}))
    # how many have a value that noise did not name, nobody knows
    covered = {row["column"]: row for row in published(spark, private, "coverage").collect()}
    assert {column for column, row in covered.items() if row["with_information"] is not None} == {"means"}
    assert all(row["with_published_value"] > 0 for row in covered.values())
    assert covered["region"]["not_recorded"] is covered["region"]["withheld_as_too_rare"] is None
    assert json.loads((published(spark, private, "releases").collect()[0])["settings"])["private_domain"] is True


def test_where_cells_are_too_many_those_of_frequent_attributes_are_measured(spark: SparkSession, private: Path) -> None:
    facts = json.loads(Path(work_table(private, "stage_combinations.json")).read_text(encoding="utf-8"))
    measured = facts["facts"]["subsets"]
    assert [len(measured[length]) for length in "123"] == sorted((len(measured[n]) for n in "123"), reverse=True)
    assert len(measured["1"]) == len({pair for subject in TRUTH for pair in subject})  # values that somebody has
    assert 3 < len(measured["3"]) < len(measured["1"])
    cells = spark.read.schema(NOISY_CELLS).parquet(work_table(private, "noisy_cells")).collect()
    assert {row["length"] for row in cells} == {1, 2, 3}
    triples = [np.frombuffer(bytes(row["counts"]), np.int64) for row in cells if row["length"] == 3]
    assert 30 < np.count_nonzero(np.concatenate(triples)) <= 60  # noise is seldom 0
    (total,) = published(spark, private, "privacy_budget").where("mechanism = 'total'").collect()
    assert total["epsilon"] == pytest.approx(3.0, rel=1e-6)
    assert np.abs(errors_of(aggregates(spark, private))).mean() < 80
