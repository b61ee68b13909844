"""The published k-marginal score, by both of its implementations, against the formula on counts written out."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest

from ctdc_spark.evaluation.marginals import MOST_SETS, choose_column_sets, rank_columns
from ctdc_spark.evaluation.reported_marginals import CellAdder, Whole, measure_distance
from ctdc_spark.proof.marginals import Base, Cells, ColumnSets
from ctdc_spark.records.dictionary import Dictionary
from tests.oracles.random_records import random_records

# not in the order of their names; column 3 holds several values of a subject
DICTIONARY = Dictionary(
    ("d", "a", "c", "many", "b"),
    (0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4),
    tuple(f"v{i}" for i in range(14)),
    frozenset({3}),
)
THRESHOLD = PRECISION = 5
Counts = dict[tuple[int, ...], int]


def count_all(rows: list[list[int]]) -> Counts:
    counts: Counts = {}
    for row in rows:
        for size in (1, 2, 3):
            for held in combinations(sorted(row), size):
                counts[held] = counts.get(held, 0) + 1
    return counts


def published(seed: int) -> tuple[Counts, Counts, Whole]:
    """Protected counts of one set of random records, exact counts of another, and the sizes of both."""
    (_, rows), (_, made) = random_records(seed), random_records(seed + 50)
    reported = {s: n // PRECISION * PRECISION for s, n in count_all(rows).items() if n >= THRESHOLD}
    return reported, count_all(made), Whole(len(rows) // PRECISION * PRECISION, len(made), PRECISION)


def by_definition(reported: Counts, made: Counts, whole: Whole, columns: tuple[int, ...]) -> float | None:
    cells = [s for s in reported if tuple(sorted(DICTIONARY.column_of[a] for a in s)) == tuple(sorted(columns))]
    if not cells:
        return None
    p = [(reported[s] + (PRECISION - 1) / 2) / (whole.subjects + (PRECISION - 1) / 2) for s in cells]
    q = [made.get(s, 0) / whole.records for s in cells]
    rest = abs(max(0, 1 - sum(p)) - max(0, 1 - sum(q)))
    return (sum(abs(x - y) for x, y in zip(p, q, strict=True)) + rest) / (2 * max(1, sum(p), sum(q)))


def expected_scores(seed: int) -> dict[int | None, float]:
    reported, made, whole = published(seed)
    found: dict[int | None, list[float]] = {}
    for size in (2, 3):
        for columns in combinations(range(5), size):
            distance = by_definition(reported, made, whole, columns)
            for key in (size, None) if distance is not None else ():
                found.setdefault(key, []).append(float(distance or 0))
    return {key: 1000 * (1 - sum(distances) / len(distances)) for key, distances in found.items()}


@pytest.mark.parametrize("batches", [1, 3])
@pytest.mark.parametrize("seed", range(1, 7))
def test_the_score_follows_its_formula_however_counts_are_divided(seed: int, batches: int) -> None:
    reported, made, whole = published(seed)
    column_sets = choose_column_sets(5)
    longer = [s for s in reported if len(s) > 1]
    adder = CellAdder(column_sets, rank_columns(DICTIONARY), whole)
    sums: dict[int, list[int]] = {}
    for part in np.array_split(np.arange(len(longer)), batches):
        chosen = [longer[i] for i in part]
        columns = [
            pa.array([list(s) for s in chosen], pa.list_(pa.int32())),
            pa.array([reported[s] for s in chosen], pa.int64()),
            pa.array([made.get(s, 0) for s in chosen], pa.int64()),
        ]
        for batch in adder([pa.record_batch(columns, names=["combination", "protected_count", "count"])]):
            for number, *parts in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                sums[number] = [a + b for a, b in zip(sums.get(number, [0, 0, 0]), parts, strict=True)]
    for size, score in expected_scores(seed).items():
        distances = [
            float(measure_distance(of_set, whole)) for n, of_set in sums.items() if size in (None, len(column_sets[n]))
        ]
        assert 1000 * (1 - sum(distances) / len(distances)) == pytest.approx(score, abs=1e-5)


@pytest.mark.parametrize("seed", range(1, 7))
def test_the_proof_computes_the_same(seed: int) -> None:
    reported, made, whole = published(seed)
    column_sets = ColumnSets(DICTIONARY, Base(whole.subjects, whole.records, whole.precision))
    cells: dict[int, Cells] = {}
    for size in (1, 2, 3):
        chosen = [s for s in reported if len(s) == size]
        said, held = ([counts.get(s, 0) for s in chosen] for counts in (reported, made))
        cells |= column_sets.add_up(np.array(chosen, np.int32).reshape(-1, size), np.array(said), np.array(held))
    assert column_sets.score(cells) == pytest.approx(expected_scores(seed))


def test_both_draw_the_same_sets_of_many_columns() -> None:
    many = Dictionary(tuple(f"c{i:02}" for i in range(51)), (0,), ("v",))
    assert choose_column_sets(51) == ColumnSets(many, Base(1, 1, 1)).sets
    assert len(set(choose_column_sets(51))) == 2 * MOST_SETS


def test_the_same_distribution_gets_a_thousand_and_nothing_in_common_nothing() -> None:
    dictionary = Dictionary(("a", "b"), (0, 0, 1), ("x", "y", "z"))
    column_sets = ColumnSets(dictionary, Base(100, 1000, 1))
    sets = np.array([[0, 2], [1, 2]], np.int32)
    same = column_sets.add_up(sets, np.array([60, 40]), np.array([600, 400]))
    assert column_sets.score(same) == {2: 1000.0, None: 1000.0}
    nothing = column_sets.add_up(sets, np.array([60, 40]), np.array([0, 0]))
    assert column_sets.score(nothing) == {2: 0.0, None: 0.0}
