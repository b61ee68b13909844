"""Records of a mixture drawn by tasks: they have the shares that were dealt, whatever the partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ctdc_spark.differential_privacy.cells import lay_out
from ctdc_spark.records.records import Records
from ctdc_spark.synthesis.mixture import drawing as mixture_drawing
from ctdc_spark.synthesis.mixture import repair as mixture_repair
from ctdc_spark.synthesis.mixture.drawing import cut_ranges, draw_table
from ctdc_spark.synthesis.mixture.sample import deal_records
from tests.unit.synthesis.mixtures import SLOTS, make_mixture

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.synthesis.mixture.mixture import Mixture

SEED = (3, 4)
NUMBER = 5_000


def draw(
    spark: SparkSession, mixture: Mixture, number: int, seed: tuple[int, ...] = SEED
) -> dict[tuple[int, ...], int]:
    rows = draw_table(spark, mixture, number, seed).collect()
    found = {tuple(row["attributes"]): row["weight"] for row in rows}
    assert len(found) == len(rows), "distinct"
    return found


def count_single(records: dict[tuple[int, ...], int]) -> list[int]:
    packed = Records.from_lists([list(record) for record in records], list(records.values()))
    weights = np.repeat(packed.weights, packed.lengths)
    counts: list[int] = np.bincount(packed.attributes, weights, SLOTS.attributes).astype(int).tolist()
    return counts


@pytest.fixture
def too_many_to_repair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixture_repair, "MOST_VALUES", 6)  # one record
    monkeypatch.setattr(mixture_drawing, "RANGE_RECORDS", 400)


def test_many_records_hold_what_was_dealt_out(spark: SparkSession, too_many_to_repair: None) -> None:
    mixture = make_mixture(np.random.default_rng(1), 30, NUMBER)
    dealt = deal_records(mixture, NUMBER, np.random.default_rng(SEED))
    assert len(cut_ranges(dealt[:, 0])) > 5
    records = draw(spark, mixture, NUMBER)
    assert sum(records.values()) == NUMBER
    assert count_single(records) == dealt[:, 1 : 1 + SLOTS.attributes].sum(axis=0).tolist()
    assert all(len({int(SLOTS.slot_of[a]) for a in record}) == len(record) for record in records)
    # chance acts within a component: pairs are as expected, to within the square root of their number
    block = mixture.count_block(next(b for b in lay_out(SLOTS, 2) if b.second[0] == 0))
    both = sum(weight for record, weight in records.items() if {0, 4} <= {*record})
    assert both == pytest.approx(block[0, 4 - SLOTS.bounds[1]], abs=5 * np.sqrt(NUMBER) / 2)


def test_they_follow_the_seed_and_nothing_else(spark: SparkSession, too_many_to_repair: None) -> None:
    mixture = make_mixture(np.random.default_rng(2), 30, NUMBER)
    assert draw(spark, mixture, NUMBER) == draw(spark, mixture, NUMBER)
    assert draw(spark, mixture, NUMBER) != draw(spark, mixture, NUMBER, (3, 5))


@pytest.mark.parametrize("number", [0, 1, 7])
def test_few_records_can_be_drawn_too(spark: SparkSession, number: int) -> None:
    mixture = make_mixture(np.random.default_rng(3), 30, NUMBER)
    assert sum(draw(spark, mixture, number).values()) == number


def test_ranges_hold_every_component_once_and_few_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixture_drawing, "RANGE_RECORDS", 10)
    sizes = np.array([3, 3, 3, 3, 0, 25, 0, 1, 9, 9])
    ranges = cut_ranges(sizes)
    assert [place for low, high in ranges for place in range(low, high)] == list(range(len(sizes)))
    assert all(sizes[low : high - 1].sum() <= 10 for low, high in ranges)
    assert cut_ranges(np.zeros(4, np.int64)) == [(0, 4)]
