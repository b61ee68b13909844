"""The verifier on a good release, and on the same release with one thing planted: each is caught by its own check.

Each fault has its place in the tables, so that all can be planted together and counted; at length each is planted alone
and shown to the checks that can see it. That all checks run, and find nothing in a good release, is shown by
`test_a_good_release_passes_and_leaves_nothing_behind`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.sql import functions as F

from ctdc_spark.errors import PrivacyGateError
from ctdc_spark.records.blocks import unpack_rows
from ctdc_spark.release.contracts import TABLES
from ctdc_spark.settings import Settings, load_settings
from ctdc_spark.verification.checks import CHECKS, PublishedSide, RecordsSide, verify
from ctdc_spark.verification.external_files import ExternalFiles, read_aggregates_file, read_microdata_file
from ctdc_spark.verification.group_size import read_case_records, read_published_side
from ctdc_spark.verification.published import ReleaseTables, scratch
from tests.conftest import copy_finished
from tests.end_to_end.running import command, published
from tests.end_to_end.sample import CITY, COLUMNS, COUNTRY, KEYS, MARKER, MEANS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Tables = dict[str, "DataFrame"]


@dataclass(frozen=True)
class Release:
    """The finished release with the sensitive data."""

    sensitive: RecordsSide
    tables: Tables
    ledger: dict[str, Any]
    settings: Settings

    def failed(self, tables: Tables, *checks: str, **ledger: object) -> dict[str, int]:
        """The checks, of these or of all, that fail on these tables, and how often."""
        changed = ReleaseTables({**self.tables, **tables}, {**self.ledger, **ledger})
        side = read_published_side(changed, self.sensitive.dictionary.columns)
        verification = verify(self.sensitive, side, self.settings, checks or None)
        assert MARKER not in verification.describe() + verification.to_json()
        return {finding.check: finding.failed for finding in verification.failed}


@pytest.fixture(scope="module")
def folder(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the finished release, as verification writes temporary files beside it."""
    return copy_finished(finished, tmp_path_factory.mktemp("verified"))


@pytest.fixture(scope="module")
def release(spark: SparkSession, folder: Path) -> Iterator[Release]:
    settings, _ = load_settings(str(folder / "settings.yaml"))
    tables = {name: published(spark, folder, name) for name in TABLES}
    with scratch(spark, settings) as materialize:
        sensitive = read_case_records(spark, settings, materialize)
        yield Release(sensitive, tables, tables["releases"].collect()[0].asDict(), settings)


def add_rows(table: str, rows: list[dict[str, object]]) -> Callable[[Tables], Tables]:
    def plant(tables: Tables) -> Tables:
        frame = tables[table]
        more = frame.sparkSession.createDataFrame([{"release_id": "r1", **row} for row in rows], frame.schema)
        return {table: frame.unionByName(more)}

    return plant


def reported(count: int, *pairs: tuple[str, str], length: int | None = None) -> dict[str, object]:
    combination = [{"column": column, "value": value} for column, value in pairs]
    return {"length": length or len(pairs), "combination": combination, "protected_count": count}


def nth(tables: Tables, length: int, place: int) -> str:
    """The combination of this length that stands at this place, by its text."""
    texts = tables["aggregate_counts"].where(F.col("length") == length).select("combination_text").collect()
    named: list[str] = sorted(row[0] for row in texts if row[0] is not None)
    return named[place]


def change_count(amount: int, length: int, place: int = 0) -> Callable[[Tables], Tables]:
    """Change one count of combinations of this length."""

    def plant(tables: Tables) -> Tables:
        frame, count = tables["aggregate_counts"], F.col("protected_count")
        named = F.col("combination_text").eqNullSafe(nth(tables, length, place))
        return {"aggregate_counts": frame.withColumn("protected_count", F.when(named, count + amount).otherwise(count))}

    return plant


def repeat(length: int, place: int) -> Callable[[Tables], Tables]:
    """Report one combination of this length twice."""

    def plant(tables: Tables) -> Tables:
        frame = tables["aggregate_counts"]
        again = frame.where(F.col("combination_text") == nth(tables, length, place))
        return {"aggregate_counts": frame.unionByName(again)}

    return plant


def change_metric(table: str, where: str, **columns: object) -> Callable[[Tables], Tables]:
    """Change columns of the rows of a table of metrics that a condition names."""

    def plant(tables: Tables) -> Tables:
        frame, named = tables[table], F.coalesce(F.expr(where), F.lit(False))
        for name, value in columns.items():
            frame = frame.withColumn(name, F.when(named, F.lit(value)).otherwise(F.col(name)))
        return {table: frame}

    return plant


def leave_out(length: int) -> Callable[[Tables], Tables]:
    """Leave out one combination of this length that is part of no longer one."""

    def plant(tables: Tables) -> Tables:
        last = nth(tables, length, -1)
        return {"aggregate_counts": tables["aggregate_counts"].where(~F.col("combination_text").eqNullSafe(last))}

    return plant


RARE_VALUE: dict[str, object] = {"record_id": "x", COUNTRY: f"{MARKER} of four"}

RECORDS, COUNTS, NAMED, METRICS = ("records", "number_of_records"), ("counts",), ("named_values",), ("metrics",)
COVERED = ("coverage",)

MUTANTS: dict[str, tuple[Callable[[Tables], Tables], tuple[str, ...], dict[str, int]]] = {
    "a value of four subjects": (
        add_rows("synthetic_microdata", [RARE_VALUE]),
        RECORDS,
        {"values": 1, "number_of_records": 1},
    ),
    "a value of four subjects among several": (
        add_rows("synthetic_microdata", [{"record_id": "x", MEANS: f"<threats>|{MARKER} means 0"}]),
        RECORDS,
        {"values": 1, "number_of_records": 1},
    ),
    "a record that is nobody's": (
        add_rows(
            "synthetic_microdata",
            [
                {
                    "record_id": "x",
                    COUNTRY: "AA\\A",
                    MEANS: "<threats>|debt; bonds",
                    "sex": "f",
                    "children": "2",
                    "city": "elsewhere",
                }
            ],
        ),
        RECORDS,
        {"records": 1, "number_of_records": 1},
    ),
    "a count one step too high": (change_count(5, 1), COUNTS, {"counts": 1}),
    "a count one step too low, of a pair": (change_count(-5, 2), COUNTS, {"counts": 1}),
    "a count off by one": (change_count(1, 2, 1), COUNTS, {"precision": 1, "counts": 1}),
    "a combination of nobody": (
        add_rows("aggregate_counts", [reported(5, (COUNTRY, "AA\\A"), (COUNTRY, "BB:B"))]),
        COUNTS,
        {"rare": 1},
    ),
    "a rare value that is reported": (
        add_rows("aggregate_counts", [reported(5, (COUNTRY, f"{MARKER} of four"))]),
        COUNTS,
        {"reported_values": 1},
    ),
    "a count below the threshold": (
        add_rows("aggregate_counts", [reported(0, (COUNTRY, "AA\\A"), (COUNTRY, "CC;C"))]),
        COUNTS,
        {"threshold": 1, "rare": 1},
    ),
    "a combination longer than the reporting length": (
        add_rows("aggregate_counts", [reported(5, ("sex", "f"), ("children", "0"), ("city", "North"))]),
        COUNTS,
        {"form": 1},
    ),
    "a length that is not the combination's": (
        add_rows("aggregate_counts", [reported(5, ("sex", "f"), ("children", "1"), length=1)]),
        COUNTS,
        {"form": 1},
    ),
    "a pair that is not reported": (leave_out(2), COUNTS, {"complete": 1}),
    "a pair that is reported twice": (repeat(2, 2), COUNTS, {"repeated": 1}),
    "a rare value in the codebook": (
        add_rows("codebook", [{"column": "city", "value": f"{MARKER} city 0", "kind": "category"}]),
        NAMED,
        {"named_values": 1},
    ),
    "a column with more information than it has": (
        change_metric("coverage", "`column` = 'sex'", with_information=155),
        COVERED,
        {"coverage": 1},
    ),
    "a column in which others are said to be withheld": (
        change_metric("coverage", f"`column` = '{CITY}'", withheld_as_too_rare=5),
        COVERED,
        {"coverage": 1},
    ),
    "the coverage of a column that is not there": (
        add_rows("coverage", [{"column": "age", "with_information": 100}]),
        COVERED,
        {"coverage": 1},
    ),
    "an attribute with another number of synthetic records": (
        change_metric("attribute_metrics", "value = 'f'", synthetic_count=1),
        METRICS,
        {"attribute_metrics": 1},
    ),
    "an attribute that is said to be kept better": (
        change_metric("attribute_metrics", "value = 'm'", mean_relative_error=0.0),
        METRICS,
        {"attribute_metrics": 1},
    ),
    "a column that is said to be wholly present": (
        change_metric("attribute_metrics", "column = 'sex' and value is null", presence=1.5),
        METRICS,
        {"attribute_metrics": 1},
    ),
    "a metric by length that is too good": (
        change_metric(
            "evaluation_metrics",
            "reference = 'reported' and metric = 'mean_relative_error' and length = 2 and count_from is null",
            value=0.0,
        ),
        METRICS,
        {"metrics": 1},
    ),
    "a k-marginal score that is too good": (
        change_metric("evaluation_metrics", "metric = 'k_marginal' and length = 2", value=990.0),
        METRICS,
        {"metrics": 1},
    ),
    "a rare value in the metrics of attributes": (
        add_rows("attribute_metrics", [{"column": "city", "value": f"{MARKER} city 11"}]),
        NAMED,
        {"named_values": 1},
    ),
}


@pytest.mark.at_length("one verification for each; in the gate they are planted together and counted")
@pytest.mark.parametrize("name", MUTANTS)
def test_what_is_planted_is_caught(release: Release, name: str) -> None:
    plant, checks, expected = MUTANTS[name]
    assert release.failed(plant(release.tables), *checks) == expected


def plant_together(tables: Tables, *, metrics: bool) -> tuple[Tables, dict[str, int]]:
    """The tables with all that is planted in the metrics, or elsewhere, and how often each check finds something."""
    found: Counter[str] = Counter()
    for plant, checks, expected in MUTANTS.values():
        if (checks == METRICS) == metrics:
            tables = {**tables, **plant(tables)}
            found.update(expected)
    return tables, {check: 1 if check == "number_of_records" else number for check, number in found.items()}


def test_everything_that_is_planted_at_once_is_caught_by_all_checks(release: Release) -> None:
    """No finding of one check keeps another from running, except for the figures of wrong tables."""
    tables, expected = plant_together(release.tables, metrics=False)
    assert release.failed(tables, protected_number_of_subjects=155) == {**expected, "subjects": 1}


def test_all_that_is_planted_in_the_metrics_is_caught(release: Release) -> None:
    tables, expected = plant_together(release.tables, metrics=True)
    assert release.failed(tables, *METRICS) == expected == {"attribute_metrics": 3, "metrics": 2}


def test_every_check_is_shown_something_that_it_finds() -> None:
    tried = {check for _, checks, _ in MUTANTS.values() for check in checks}
    assert tried | {"subjects"} == CHECKS.keys()


def test_a_single_attribute_left_out_leaves_its_pairs_without_a_part(release: Release) -> None:
    found = release.failed(leave_out(1)(release.tables), *COUNTS)
    assert found["complete"] == 1
    assert found["parts"] > 1


def test_another_number_of_subjects_is_caught(release: Release) -> None:
    assert release.failed({}, "subjects", protected_number_of_subjects=155) == {"subjects": 1}


def test_coverage_that_was_left_out_is_caught_unless_the_release_was_proven_before_there_was_any(
    release: Release,
) -> None:
    nothing = {"coverage": release.tables["coverage"].limit(0)}
    assert release.failed(nothing, *COVERED) == {"coverage": len(COLUMNS)}
    proof = json.loads(release.ledger["proof"])
    assert "coverage" in {check["check"] for check in proof["checks"]}
    before = {**proof, "checks": [check for check in proof["checks"] if check["check"] != "coverage"]}
    assert release.failed(nothing, *COVERED, proof=json.dumps(before)) == {}
    # what is there is verified, whatever the proof says
    wrong = change_metric("coverage", "`column` = 'sex'", not_recorded=5)(release.tables)
    assert release.failed(wrong, *COVERED, proof=json.dumps(before)) == {"coverage": 1}


def test_a_rare_combination_longer_than_the_reporting_length_is_caught(release: Release) -> None:
    """All its pairs are frequent, so only a proof over every length can see it."""
    long = unpack_rows(release.sensitive.records).where(F.size("attributes") >= 4)
    record = long.orderBy("weight", F.desc(F.size("attributes"))).collect()[0]["attributes"]
    dictionary = release.sensitive.dictionary
    row: dict[str, object] = {"record_id": "x"}
    for attribute in record:
        column = dictionary.columns[dictionary.column_of[attribute]]
        value = dictionary.values[attribute]
        row[column] = f"{row[column]}|{value}" if column in row else value
    found = release.failed(add_rows("synthetic_microdata", [row])(release.tables), *RECORDS)
    assert found == {"records": 1, "number_of_records": 1}


def test_values_in_a_column_of_another_release_are_refused(release: Release) -> None:
    wider = release.tables["synthetic_microdata"].withColumn("other", F.lit("x"))
    with pytest.raises(PrivacyGateError, match="some of 1 columns"):
        release.failed({"synthetic_microdata": wider})


def test_a_promise_of_lengths_is_verified_too(release: Release) -> None:
    longer = release.settings.model_copy(update={"guarantee": 2})
    assert replace(release, settings=longer).failed({}, *RECORDS) == {}


def test_a_good_release_passes_and_leaves_nothing_behind(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = {path.name for path in (folder / "sensitive").iterdir()}
    assert command("verify", str(folder / "settings.yaml"), "--json") == 0
    outcome = json.loads(capfd.readouterr().out)
    assert outcome["verified"] is True
    asked = {check["check"]: check["asked"] for check in outcome["checks"]}
    assert min(asked.values()) > 0
    assert all(check["failed"] == 0 for check in outcome["checks"])
    assert {path.name for path in (folder / "sensitive").iterdir()} == before


def test_exported_files_and_files_of_others_are_verified(
    finished: Path, folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings, place = str(folder / "settings.yaml"), str(folder / "release")
    assert command("export", "--release", place, "--format", "csv", "--to", str(tmp_path)) == 0
    microdata, counts = tmp_path / "synthetic_microdata.csv", tmp_path / "aggregate_counts.csv"
    assert command("verify", settings, "--microdata", str(microdata), "--aggregates", str(counts)) == 0
    assert re.search(r"verified: all \d+ checks hold", capfd.readouterr().out)

    # a count that is wrong, and the input itself, which is not synthetic data
    lines = counts.read_text(encoding="utf-8").splitlines()
    counts.write_text("\n".join([*lines[:-1], lines[-1] + "0"]) + "\n", encoding="utf-8")
    asked = ("--microdata", str(finished / "cases.csv"), "--aggregates", str(counts))
    assert command("verify", settings, *asked) == 3
    said = capfd.readouterr()
    assert re.search(r"FAILED +1 reported counts that are not the protected true count", said.out)
    assert re.search(r"error: privacy gate: verification found .*1 reported counts", said.err)
    assert re.search(r"values in the synthetic records that fewer than k subjects have.*columns: ", said.out)
    assert MARKER not in said.out + said.err


def test_files_in_the_form_of_the_peer_are_verified_with_names_that_hold_its_signs(
    release: Release, folder: Path, tmp_path: Path
) -> None:
    assert all(sign in COUNTRY for sign in ";:")
    assert command("export", "--release", str(folder / "release"), "--format", "sds", "--to", str(tmp_path)) == 0
    paths = [str(tmp_path / f"release_{name}.tsv") for name in ("synthetic_microdata", "reportable_aggregates")]
    given, spark, dictionary = (
        ExternalFiles(paths[0], paths[1]),
        release.tables["releases"].sparkSession,
        release.sensitive.dictionary,
    )
    known = [(dictionary.columns[c], v) for c, v in zip(dictionary.column_of, dictionary.values, strict=True)]
    side = PublishedSide(
        read_microdata_file(spark, given, release.settings, dictionary.columns),
        read_aggregates_file(spark, given, release.settings, known),
    )
    assert verify(release.sensitive, side, release.settings).failed == ()


def test_settings_of_another_release_are_refused(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = (folder / "settings.yaml").read_text(encoding="utf-8")
    assert KEYS["reporting_resolution"] == 5
    (tmp_path / "settings.yaml").write_text(text.replace("reporting_resolution: 5", "reporting_resolution: 6"))
    assert command("verify", str(tmp_path / "settings.yaml")) == 2
    assert "release 'r1' has reporting_threshold 5, the settings 6" in capfd.readouterr().err
    assert command("verify", str(folder / "settings.yaml"), "--release-id", "r9") == 2
    assert "release 'r9' is not complete" in capfd.readouterr().err
