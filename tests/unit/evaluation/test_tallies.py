"""Sums over combinations and their counts, and the metrics that follow, by hand."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from ctdc_spark.errors import PrivacyGateError
from ctdc_spark.evaluation.attributes import measure_attributes
from ctdc_spark.evaluation.evaluate import evaluate_restricted, require_zeros
from ctdc_spark.evaluation.reported_marginals import CellAdder, Whole, adder_of, score_sets
from ctdc_spark.evaluation.tallies import OUTSIDE, Tallier, Tallies, Tally, bin_starts, read_tallies, sums_of_sets
from ctdc_spark.records.dictionary import Dictionary

K = 10

Row = tuple[list[int], int | None, int | None, int | None]
"""Of COUNTS."""


def tally(*batches: list[Row], column_of: tuple[int, ...] = (0, 1, 2), cells: CellAdder | None = None) -> Tallies:
    types = (pa.list_(pa.int32()), pa.int64(), pa.int64(), pa.int64())
    frames = [
        pa.record_batch(
            [pa.array([row[i] for row in rows], kind) for i, kind in enumerate(types)],
            names=["combination", "exact", "reported", "made"],
        )
        for rows in batches
    ]
    made = list(Tallier(K, np.array(column_of, np.int32), cells)(frames))
    return read_tallies(tuple(row.values()) for batch in made for row in batch.to_pylist())


def metrics(pairs: list[tuple[int, int, int]]) -> dict[tuple[str, int | None, int | None], float]:
    """The metrics against exact counts of (length, exact, synthetic)."""
    rows: list[Row] = [(list(range(length)), a, None, b) for length, a, b in pairs]
    found = evaluate_restricted(tally(rows), K)
    return {(metric, length, low): value for metric, _, length, low, _, value in found}


def test_metrics_follow_their_formulas() -> None:
    # frequent kept, frequent missing, frequent doubled
    found = metrics([(1, 10, 5), (1, 20, 0), (1, 40, 80)])
    assert found["presence", 1, None] == pytest.approx(2 / 3)
    assert found["suppression", 1, None] == pytest.approx(1 / 3)
    assert found["preservation", 1, None] == pytest.approx((0.5 + 0 + 1) / 3)
    assert found["mean_relative_error", 1, None] == pytest.approx((0.5 + 1 + 1) / 3)
    assert found["mean_absolute_error", 1, None] == pytest.approx((5 + 20 + 40) / 3)
    assert found["combinations", 1, None] == 3
    assert found["rare", 1, None] == found["leakage", 1, None] == found["fabrication", 1, None] == 0


def test_planted_faults_are_counted() -> None:
    # rare but drowned, leaked, fabricated
    found = metrics([(2, 9, 50), (2, 3, 4), (2, 0, 30), (2, 10, 10)])
    assert found["rare", 2, None] == 2
    assert found["leakage", 2, None] == 1
    assert found["fabrication", 2, None] == 1
    assert found["preservation", 2, None] == pytest.approx((1 + 1 + 0 + 1) / 4)


def test_bins_double_from_k_and_their_edges_are_exact() -> None:
    counts = [0, 9, 10, 19, 20, 39, 40, 79, 80, 10 * 2**20 - 1, 10 * 2**20]
    assert bin_starts(np.array(counts), K).tolist() == [0, 0, 10, 10, 20, 20, 40, 40, 80, 10 * 2**19, 10 * 2**20]


def test_lengths_and_bins_are_told_apart() -> None:
    found = metrics([(1, 10, 10), (1, 25, 0), (2, 10, 0)])
    assert found["presence", 1, 10] == 1
    assert found["presence", 1, 20] == 0
    assert found["presence", 1, None] == 0.5
    assert found["presence", 2, None] == 0


def test_what_is_not_frequent_is_only_counted_until_its_exact_count_is_known() -> None:
    found = tally([([0], 20, 20, 5), ([0, 1], None, None, 3), ([1], None, None, 7)])
    assert found[OUTSIDE, 0, 0].frequent == 2
    assert {(kind, number) for kind, number, _ in found if kind == "exact"} == {("exact", 1)}


def test_sums_do_not_depend_on_how_rows_are_divided() -> None:
    draw = random.Random(2)
    rows: list[Row] = [
        (sorted(draw.sample(range(9), 2)), draw.randint(10, 9999), draw.randint(10, 9999), draw.randint(0, 9999))
        for _ in range(5_000)
    ]
    found = []
    for parts in (1, 3, 7):
        draw.shuffle(rows)
        found.append(tally(*(rows[part::parts] for part in range(parts)), column_of=(0, 0, 1, 1, 2, 2, 3, 3, 4)))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ((2, 9, 50), "privacy gate: found rare 1 at length 2; allowed: 0 each"),
        ((2, 3, 4), "found leakage 1 at length 2, rare 1 at length 2"),
        ((3, 0, 30), "found fabrication 1 at length 3"),
    ],
)
def test_a_planted_fault_closes_the_gate(pair: tuple[int, int, int], message: str) -> None:
    length, exact, made = pair
    found = evaluate_restricted(tally([([0], 10, None, 10), (list(range(length)), exact, None, made)]), K)
    with pytest.raises(PrivacyGateError, match=message):
        require_zeros(found)


def test_without_a_fault_the_gate_is_open() -> None:
    require_zeros(evaluate_restricted(tally([([0], 10, None, 10), ([0, 1], 20, None, 0)]), K))


def test_what_was_lost_and_distorted_is_told_by_attribute_and_by_column() -> None:
    dictionary = Dictionary(("sex", "means"), (0, 1, 1), ("f", "debt", "lies"), frozenset({1}))
    reported = [([0], 50), ([1], 30), ([2], 20), ([0, 1], 20), ([0, 2], 10), ([1, 2], 10), ([0, 1, 2], 10)]
    made = {(0,): 60, (1,): 30, (0, 1): 10, (1, 2): 10}
    rows: list[Row] = [(members, None, count, made.get(tuple(members))) for members, count in reported]
    found = measure_attributes(tally(rows, column_of=dictionary.column_of), dictionary)
    figures: dict[object, tuple[object, ...]] = {(row[0], row[1]): row[2:] for row in found}
    assert figures == {
        ("sex", "f"): (50, 60, 3, pytest.approx(1 / 3), pytest.approx((0.5 + 1 + 1) / 3)),
        ("means", "debt"): (30, 30, 3, pytest.approx(2 / 3), pytest.approx((0.5 + 0 + 1) / 3)),
        ("means", "lies"): (20, 0, 3, pytest.approx(1 / 3), pytest.approx((1 + 0 + 1) / 3)),
        ("sex", None): (None, None, 3, pytest.approx(1 / 3), pytest.approx((0.5 + 1 + 1) / 3)),
        # each combination once, even if it holds two values of the column
        ("means", None): (None, None, 4, pytest.approx(2 / 4), pytest.approx((0.5 + 1 + 0 + 1) / 4)),
    }


def test_the_published_score_is_that_of_the_published_counts() -> None:
    dictionary = Dictionary(("a", "b", "c"), (0, 1, 1, 2), ("x", "y", "z", "w"))
    rows: list[Row] = [
        ([0], None, 90, None),
        ([0, 1], None, 40, 8),
        ([0, 2], None, 50, 10),
        ([1, 2], None, 10, None),
        ([0, 1, 3], None, 40, 4),
        ([2, 3], None, None, 7),
    ]
    whole = Whole(subjects=100, records=20, precision=1)
    found = tally(rows[:3], rows[3:], column_of=dictionary.column_of, cells=adder_of(dictionary, whole))
    scored = score_sets(sums_of_sets(found), len(dictionary.columns), whole)
    assert {(metric, reference) for metric, reference, *_ in scored} == {("k_marginal", "reported")}
    # columns a and b: shares .4, .5, rest .1 in both; a, b and c: .4 against .2; what lies in b twice is no cell
    by_size = {length: value for _, _, length, _, _, value in scored}
    assert by_size == pytest.approx({2: 1000, 3: 800, None: 900}, abs=1e-6)


def test_nothing_is_scored_where_no_pair_is_reported() -> None:
    dictionary, whole = Dictionary(("a", "b"), (0, 1), ("x", "y")), Whole(90, 90, 10)
    found = tally([([0], None, 90, 90)], column_of=dictionary.column_of, cells=adder_of(dictionary, whole))
    assert score_sets(sums_of_sets(found), len(dictionary.columns), whole) == []


def test_tallies_add_up() -> None:
    assert Tally(1, 2) + Tally(3, 4, 5) == Tally(4, 6, 5)
