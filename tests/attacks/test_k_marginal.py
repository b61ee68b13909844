"""An attack that found hidden values in the k-marginal scores of exact records finds nothing in the published one.

The attacker knows the whole table except one value of one person, repeats the computation for each possible value, and
keeps those that give the published result. With the score of two random halves, rounded to whole numbers, this rules
out values that the protected counts leave open; that score was published once and is restricted now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import combinations

import numpy as np
import pyarrow as pa

from ctdc_spark.evaluation.marginals import SIDES, choose_column_sets, measure_distances, split_in_half, tabulate
from ctdc_spark.evaluation.reported_marginals import CellAdder, Whole, measure_distance
from ctdc_spark.records.records import Records

K, COLUMNS, VALUES, PEOPLE = 10, 10, 3, 150
SETS = choose_column_sets(COLUMNS)
COLUMN_OF = np.repeat(np.arange(COLUMNS, dtype=np.int32), VALUES)
Table = tuple[tuple[int, ...], ...]
"""The value of each person in each column, 0 for none."""


def draw_table(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    return tuple(tuple(row) for row in (rng.integers(0, 5, (PEOPLE, COLUMNS)) % (VALUES + 1)).tolist())


def with_value(table: Table, person: int, column: int, value: int) -> Table:
    row = (*table[person][:column], value, *table[person][column + 1 :])
    return (*table[:person], row, *table[person + 1 :])


def attributes_of(row: tuple[int, ...]) -> list[int]:
    return [VALUES * column + value - 1 for column, value in enumerate(row) if value]


@cache
def protected_counts(table: Table) -> frozenset[tuple[tuple[int, ...], int]]:
    """Everything in the aggregate data."""
    counts = Counter(s for row in table for size in (1, 2, 3) for s in combinations(attributes_of(row), size))
    return frozenset((s, count // K * K) for s, count in counts.items() if count >= K)


def exact_half_split(table: Table) -> int:
    """What was published once: the score of two random halves, rounded, with the former default seed."""
    records = Records.from_lists([attributes_of(row) for row in table]).distinct()
    weights = np.zeros((len(records), SIDES), np.int64)
    weights[:, 1] = records.weights
    weights[:, 2], weights[:, 3] = split_in_half(records, 0)
    return round(
        1000 * (1 - float(measure_distances(tabulate(records, COLUMN_OF, SETS, weights).merged())[:, 1].mean()))
    )


def published_score(table: Table, synthetic: Table) -> float:
    """What is published now, for the same synthetic records."""
    made = Counter(s for row in synthetic for size in (2, 3) for s in combinations(attributes_of(row), size))
    reported = sorted((s, count) for s, count in protected_counts(table) if len(s) > 1)
    columns = [
        pa.array([list(s) for s, _ in reported], pa.list_(pa.int32())),
        pa.array([count for _, count in reported], pa.int64()),
        pa.array([made[s] for s, _ in reported], pa.int64()),
    ]
    whole = Whole(len(table) // K * K, len(synthetic), K)
    batch = pa.record_batch(columns, names=["combination", "protected_count", "count"])
    distances = [
        measure_distance(sums, whole)
        for part in CellAdder(SETS, COLUMN_OF, whole)([batch])
        for sums in zip(*(column.to_pylist() for column in part.columns[1:]), strict=True)
    ]
    return float(1000 * (1 - sum(distances) / len(distances)))


def guesses(table: Table, number: int) -> Iterator[Table]:
    """Tables that differ in one value of one person and have the true table's protected counts."""
    rng, found = np.random.default_rng(1), 0
    while found < number:
        person, column, value = int(rng.integers(PEOPLE)), int(rng.integers(COLUMNS)), int(rng.integers(VALUES + 1))
        guess = with_value(table, person, column, value)
        if guess != table and protected_counts(guess) == protected_counts(table):
            found += 1
            yield guess


def test_the_score_of_exact_records_rules_out_values_that_the_counts_leave_open() -> None:
    table = draw_table(1)
    truth = exact_half_split(table)
    assert sum(exact_half_split(guess) != truth for guess in guesses(table, 12)) >= 3


def test_the_published_score_rules_out_no_value_that_the_counts_leave_open() -> None:
    table, synthetic = draw_table(1), draw_table(2)
    score = published_score(table, synthetic)
    assert {published_score(guess, synthetic) for guess in guesses(table, 12)} == {score}
    other = with_value(table, 0, 0, 0)
    for person in range(40):  # and it does follow the counts
        other = with_value(other, person, 0, 1)
    assert published_score(other, synthetic) != score
