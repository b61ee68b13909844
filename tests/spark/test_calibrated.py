"""The calibrated synthesizer on Spark: the same records on any partitions, and those of the kernels without Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ctdc_spark.combinations.counting import COMBINATION_COUNTS, count_combinations, plan_counting
from ctdc_spark.combinations.plan import Limits
from ctdc_spark.combinations.protect import protect_combinations, protect_counts
from ctdc_spark.records.counts import ExactCounts
from ctdc_spark.records.dictionary import Dictionary
from ctdc_spark.records.records import Records
from ctdc_spark.settings import Settings
from ctdc_spark.synthesis.calibrated import problem, training, units
from ctdc_spark.synthesis.calibrated.calibrated import synthesize_calibrated
from ctdc_spark.synthesis.calibrated.model import collect_model, read_model
from ctdc_spark.synthesis.calibrated.problem import choose_length
from ctdc_spark.synthesis.oracle.records_oracle import RecordsOracle
from ctdc_spark.synthesis.task import SynthesisSettings, SynthesisTask
from tests.spark.frames import encoded_frame
from tests.unit.synthesis.table import written

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

K = 5


@pytest.fixture(autouse=True)
def _little_effort(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = training.Effort(rounds=2, from_combinations=300, from_candidates=300, work=1e6)
    monkeypatch.setattr(training, "Effort", lambda: quick)
    monkeypatch.setattr(units, "UNIT_SUBJECTS", 400)


def sensitive_records() -> Records:
    rng = np.random.default_rng(3)
    chances = np.sort(rng.beta(0.8, 1.2, 14))
    rows = [np.flatnonzero(rng.random(14) < chances).tolist() for _ in range(400)]
    return Records.from_lists([row for row in rows if row]).distinct()


def dictionary_of(records: Records) -> Dictionary:
    attributes = int(records.attributes.max()) + 1
    return Dictionary(tuple(f"v{i}" for i in range(attributes)), tuple(range(attributes)), ("1",) * attributes)


def counts_of(records: Records) -> ExactCounts:
    counts = np.bincount(records.attributes, np.repeat(records.weights, records.lengths)).astype(int)
    return ExactCounts(tuple(counts.tolist()), int(records.weights.sum()))


def synthesize(
    spark: SparkSession, place: Path, partitions: int = 2, **settings: object
) -> tuple[list[tuple[tuple[int, ...], int]], list[str], dict[str, DataFrame]]:
    records = sensitive_records()
    frame = encoded_frame(spark, records, partitions)
    said: list[str] = []
    kept: dict[str, DataFrame] = {}

    def materialize(table: str, rows: DataFrame, schema: str) -> DataFrame:
        rows.write.mode("overwrite").parquet(str(place / table))
        kept[table] = spark.read.schema(schema).parquet(str(place / table))
        return kept[table]

    asked = Settings.model_validate(
        {"sensitive_microdata_path": "x", "output_dir": "y", "reporting_resolution": K, "seed": 0} | settings
    )
    counts = count_combinations(frame, plan_counting(frame, Limits(K, 3)))
    task = SynthesisTask(
        dictionary=dictionary_of(records),
        reported=protect_combinations(materialize("counts", counts, COMBINATION_COUNTS), K, K),
        counts=protect_counts(counts_of(records), asked),
        max_length=3,
        oracle=RecordsOracle(frame, K, asked.max_combinations, materialize),
        settings=SynthesisSettings.of(asked),
        materialize=materialize,
        report=said.append,
    )
    made = synthesize_calibrated(task).collect()
    return sorted((tuple(row["attributes"]), row["weight"]) for row in made), said, kept


def holders(row: tuple[int, ...]) -> int:
    records = sensitive_records()
    edges = zip(records.offsets[:-1], records.offsets[1:], records.weights, strict=True)
    return sum(int(w) for a, b, w in edges if set(row) <= set(records.attributes[a:b].tolist()))


def test_the_same_on_any_partitions_and_strict(spark: SparkSession, tmp_path: Path) -> None:
    one, said, kept = synthesize(spark, tmp_path / "1", 1)
    seven, _, _ = synthesize(spark, tmp_path / "7", 7)
    assert one == seven
    assert all(holders(row) >= K for row, _ in one)
    assert [text.split(":")[0].strip() for text in said] == ["round 1", "round 2"]
    guarantee, model = read_model(collect_model(kept["trained_model"]), dictionary_of(sensitive_records()))
    assert guarantee == "strict"
    assert len(model.trace) == 2
    # all that the model may draw was returned to be proven, whether drawn or not
    assert {row for row, _ in one} == {tuple(row) for row in written(model.candidates)}
    assert min(copies for _, copies in one) == 0 < sum(copies for _, copies in one)


def test_from_aggregates_alone_no_record_is_read(spark: SparkSession, tmp_path: Path) -> None:
    made, _, kept = synthesize(spark, tmp_path, guarantee=3)
    assert "growth_bitmaps" not in kept
    assert any(holders(row) < K for row, _ in made)


def test_a_guarantee_beyond_the_reporting_length(spark: SparkSession, tmp_path: Path) -> None:
    from itertools import combinations

    made, _, kept = synthesize(spark, tmp_path, guarantee=5)
    assert "growth_bitmaps" not in kept
    assert all(holders(part) >= K for row, _ in made for part in combinations(row, min(5, len(row))))


def test_what_does_not_fit_is_said(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problem, "MOST_ATTRIBUTES", 10)
    monkeypatch.setattr(problem, "TABLE_CELLS", 150)
    made, said, _ = synthesize(spark, tmp_path)
    assert "combinations of up to 2 of the 10 most frequent attributes" in said[0]
    assert all(holders(row) >= K for row, _ in made)
    assert min(min(row) for row, _ in made) >= 4


def test_as_many_records_as_asked_for(spark: SparkSession, tmp_path: Path) -> None:
    made, _, _ = synthesize(spark, tmp_path, target_number_of_records=250)
    assert sum(copies for _, copies in made) == 250


@pytest.mark.parametrize(
    ("sizes", "attributes", "length"),
    [({1: 5, 2: 8, 3: 4}, 5, 3), ({}, 3, 1), ({1: 2_000, 2: 999_000}, 2_000, 1), ({1: 90, 2: 4_000, 3: 90_000}, 90, 3)],
)
def test_as_many_lengths_as_fit(sizes: dict[int, int], attributes: int, length: int) -> None:
    assert choose_length(sizes, attributes) == length
