"""What two releases reveal together: counted on a small pair of releases with known changes."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from ctdc_spark.errors import DataError
from ctdc_spark.release.contracts import AGGREGATE_COUNTS, COVERAGE, RELEASES
from ctdc_spark.release.difference import LengthChange, compare_releases
from ctdc_spark.release.publication import Publication
from ctdc_spark.release.reading import read_release
from ctdc_spark.release.table_location import TableLocation
from ctdc_spark.release.writer import write_release_rows
from tests.end_to_end.running import command

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

COUNTS = {
    "a": {"x:1": 50, "x:2": 20, "x:3": 30, "y:1": 40, "z:1": 90, "x:1;y:1": 20},
    "b": {"x:1": 50, "x:2": 30, "x:3": 90, "y:2": 10, "y:1;x:1": 20},
}
COLUMNS = {"a": ["x", "y", "z"], "b": ["x", "y"]}


@pytest.fixture(scope="module")
def place(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> TableLocation:
    folder = TableLocation(str(tmp_path_factory.mktemp("two releases")))
    for number, name in enumerate(COUNTS):
        publication = Publication(name, number)
        rows = []
        for text, count in COUNTS[name].items():
            pairs = [tuple(part.split(":")) for part in text.split(";")]
            rows.append((len(pairs), pairs, text, count))
        frame = spark.createDataFrame(rows, AGGREGATE_COUNTS.schema)
        write_release_rows(spark, frame, folder, AGGREGATE_COUNTS, publication)
        known: dict[str, Any] = {"protected_number_of_subjects": 100 + 10 * number, "number_of_synthetic_records": 9}
        known |= {"reporting_length": 2, "reporting_threshold": 10, "reporting_precision": 10, "guarantee": "strict"}
        known |= {"published_at": datetime(2026, 1, 1 + number, tzinfo=timezone.utc)}
        known |= {"settings": json.dumps({"use_columns": COLUMNS[name]})}
        ledger = spark.createDataFrame([tuple(map(known.get, RELEASES.names[1:]))], RELEASES.schema)
        write_release_rows(spark, ledger, folder, RELEASES, publication)
    return folder


def test_a_place_without_coverage_is_compared_without_it(spark: SparkSession, place: TableLocation) -> None:
    found = compare_releases(spark, place, "a", "b")
    assert found.coverage is None
    assert "coverage" not in found.describe()


def test_changes_are_counted_by_length_and_small_ones_are_told(spark: SparkSession, place: TableLocation) -> None:
    found = compare_releases(spark, place, "a", "b")
    # x:3 changed by 51 to 69 people; x:2 by 1 to 19; y:1 (40 to 49) became fewer than 10, which is 31 or more;
    # y:2 (fewer than 10) became 10 to 19; z is in one release only; the pair is the same in another order
    assert found.lengths == (LengthChange(1, 1, 2, 1, 1, 2), LengthChange(2, 1, 0, 0, 0, 0))
    assert found.columns == ("z",)
    assert found.terms == {"protected_number_of_subjects": (100, 110)}
    assert found.small == 2
    assert len(found.warnings()) == 2


def test_the_table_itself_refuses_a_count_that_is_none(spark: SparkSession, place: TableLocation) -> None:
    row = [(1, [("x", "9")], "x:9", 0)]
    frame = spark.createDataFrame(row, AGGREGATE_COUNTS.schema)
    with pytest.raises(Exception, match="DELTA_VIOLATE_CONSTRAINT"):
        write_release_rows(spark, frame, place, AGGREGATE_COUNTS, Publication("c", 1))


def test_a_release_does_not_differ_from_itself(spark: SparkSession, place: TableLocation) -> None:
    found = compare_releases(spark, place, "a", "a")
    assert (found.small, found.terms, found.columns, found.warnings()) == (0, {}, (), [])


def test_a_reader_gets_the_latest_complete_release_or_an_earlier_one(spark: SparkSession, place: TableLocation) -> None:
    unfinished = spark.createDataFrame([(1, [("x", "9")], "x:9", 10)], AGGREGATE_COUNTS.schema)
    write_release_rows(spark, unfinished, place, AGGREGATE_COUNTS, Publication("unfinished", 1))
    for release_id, expected in ((None, COUNTS["b"]), ("a", COUNTS["a"])):
        rows = read_release(spark, str(place.output_dir), AGGREGATE_COUNTS.name, release_id).collect()
        assert {row["combination_text"]: row["protected_count"] for row in rows} == expected
    with pytest.raises(DataError, match=r"found unfinished; complete releases in .*: b, a"):
        read_release(spark, str(place.output_dir), AGGREGATE_COUNTS.name, "unfinished")


def test_the_command_says_it(place: TableLocation, capfd: pytest.CaptureFixture[str]) -> None:
    assert command("compare", "a", "b", "--release", str(place.output_dir)) == 0
    said = capfd.readouterr().out
    assert re.search(r"a -> b\n  protected number of subjects: 100 -> 110\n", said)
    assert "warning: for 2 combinations the two counts allow that fewer than k = 10 people came or went" in said
    assert command("compare", "a", "c", "--release", str(place.output_dir)) == 2
    assert "release 'c' is not complete" in capfd.readouterr().err


def test_changes_of_coverage_are_counted_as_those_of_counts(spark: SparkSession, place: TableLocation) -> None:
    """Of x, 90 to 99 people became 100 to 109; of y, fewer than 10 had published values, and then 90 to 99."""
    numbers: dict[str, list[tuple[str, int, int | None]]] = {
        "a": [("x", 90, 90), ("y", 90, None), ("z", 10, 10)],
        "b": [("x", 100, 90), ("y", 90, 90)],
    }
    for number, (name, rows) in enumerate(numbers.items()):
        frame = spark.createDataFrame([(c, None, w, p, None, None) for c, w, p in rows], COVERAGE.schema)
        write_release_rows(spark, frame, place, COVERAGE, Publication(name, 10 + number))
    found = compare_releases(spark, place, "a", "b")
    assert found.coverage == LengthChange(0, 2, 1, 1, 0, 1)
    assert found.small_coverage == 1
    assert re.search(r"^ +coverage +2 +1 +1 +0 +1$", found.describe(), re.MULTILINE)
    assert any("for 1 numbers of people who have information" in warning for warning in found.warnings())
