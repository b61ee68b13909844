"""Distances between distributions, against the definition on records written out."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from ctdc_spark.evaluation import marginals
from ctdc_spark.evaluation.marginals import (
    MOST_SETS,
    SIDES,
    Cells,
    choose_column_sets,
    join_cells,
    measure_distances,
    split_in_half,
    tabulate,
)
from ctdc_spark.records.records import Records, concatenate
from tests.oracles.random_records import random_records

COLUMN_OF = np.array([0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4], np.int32)
SETS = [*combinations(range(5), 2), *combinations(range(5), 3)]


def distance(first: list[list[int]], second: list[list[int]], columns: tuple[int, ...]) -> float:
    """Half the sum of the differences of shares, straight from the definition."""
    shares = []
    for rows in (first, second):
        cells = Counter(tuple(tuple(a for a in row if COLUMN_OF[a] == c) for c in columns) for row in rows)
        shares.append({cell: number / len(rows) for cell, number in cells.items()})
    return sum(abs(shares[0].get(cell, 0) - shares[1].get(cell, 0)) for cell in {*shares[0], *shares[1]}) / 2


def on_side(records: Records, side: int) -> Cells:
    weights = np.zeros((len(records), SIDES), np.int64)
    weights[:, side] = records.weights
    return tabulate(records, COLUMN_OF, SETS, weights)


@pytest.mark.parametrize("most_codes", [0, marginals.MOST_CODES])
@pytest.mark.parametrize("seed", range(1, 9))
def test_distances_equal_the_definition_however_records_are_divided(
    seed: int, most_codes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marginals, "MOST_CODES", most_codes)  # counted in a table, or sorted
    (first, rows), (second, others) = random_records(seed), random_records(seed + 50)
    half = len(first) // 2
    parts = [first.take(np.arange(half)), first.take(np.arange(half, len(first)))]
    cells = join_cells([on_side(part, 0) for part in parts if len(part)] + [on_side(second, 1)]).merged()
    expected = [distance(rows, others, chosen) for chosen in SETS]
    assert measure_distances(cells)[:, 0] == pytest.approx(expected)


def test_two_halves_are_everybody_and_do_not_depend_on_the_order() -> None:
    records, _ = random_records(5)
    first, second = split_in_half(records, 7)
    assert (first + second).tolist() == records.weights.tolist()
    assert min(first.min(), second.min()) >= 0
    order = np.arange(len(records))[::-1]
    assert split_in_half(records.take(order), 7)[0].tolist() == first[::-1].tolist()
    assert split_in_half(records, 8)[0].tolist() != first.tolist()


def test_halves_are_even() -> None:
    records = Records.from_lists([[i] for i in range(500)], [40] * 500)
    first, _ = split_in_half(records, 1)
    # 20,000 subjects: six standard deviations are 425
    assert abs(int(first.sum()) - 10_000) < 425
    assert 2.5 < float(first.std()) < 3.9


def test_few_columns_are_all_looked_at_and_many_are_drawn_the_same_ones_always() -> None:
    assert choose_column_sets(5) == SETS
    many = choose_column_sets(51)
    assert len(many) == len(set(many)) == 2 * MOST_SETS
    assert many == choose_column_sets(51)
    assert many[:2] == [(0, 1), (0, 5)]


def test_the_same_records_are_not_apart() -> None:
    records, _ = random_records(3)
    cells = join_cells([on_side(records, 0), on_side(concatenate([records, records]), 1)]).merged()
    assert measure_distances(cells)[:, 0] == pytest.approx(0)
