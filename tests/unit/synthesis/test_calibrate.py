from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from ctdc_spark.records.records import Records
from ctdc_spark.synthesis.calibrated.calibrate import calibrate
from ctdc_spark.synthesis.calibrated.incidence import Incidence, find_combinations
from ctdc_spark.synthesis.calibrated.targets import Objective, Prices, expect_counts, make_objective
from tests.oracles.counting import count_all
from tests.oracles.random_records import random_records
from tests.unit.synthesis.table import Table, make_table, written


def solve_exactly(matrix: np.ndarray, objective: Objective) -> float:
    """The same programme by an LP solver: variables w, over, under, absent."""
    rows, columns = matrix.shape
    one = np.eye(rows)
    result = linprog(
        np.concatenate([np.zeros(columns), objective.over, objective.under, objective.absence]),
        A_eq=np.hstack([matrix, -one, one, 0 * one]),
        b_eq=objective.target,
        A_ub=np.hstack([-matrix, 0 * one, 0 * one, -one]),
        b_ub=-np.ones(rows),
        method="highs",
    )
    assert result.status == 0
    return float(result.fun)


def candidates_of(table: Table) -> Records:
    """All frequent combinations as candidates."""
    members = [row[row >= 0].tolist() for row in table.lattice.members[1:]]
    return Records.from_lists(members)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("records", [None, 40])
def test_the_optimum_is_that_of_an_lp_solver(seed: int, records: int | None) -> None:
    table = make_table(random_records(seed)[0], 3)
    assert table is not None
    objective = make_objective(table.lattice, table.target, Prices(), records)
    incidence = Incidence(table.lattice, candidates_of(table))
    columns = [incidence.count(np.eye(len(table.lattice) - 1)[i]) for i in range(len(table.lattice) - 1)]
    zeros = np.zeros(len(columns), np.float32), np.zeros(len(table.lattice), np.float32)
    fit = calibrate(incidence, objective, zeros, 6_000)
    best = solve_exactly(np.stack(columns, axis=1).astype(float), objective)
    assert fit.value >= best - 1e-4 * (1 + abs(best))
    assert fit.value <= best + 0.01 * abs(best) + 1e-3
    assert (fit.weights >= 0).all()


@pytest.mark.parametrize("seed", range(20))
def test_combinations_within_candidates_are_those_of_brute_force(seed: int) -> None:
    table = make_table(random_records(seed)[0], 2)
    if table is None:
        pytest.skip("nothing is frequent")
    candidates = candidates_of(table)
    names = [tuple(row[row >= 0].tolist()) for row in table.lattice.members]
    found, offsets = find_combinations(table.lattice, candidates)
    for number, candidate in enumerate(written(candidates)):
        mine = sorted(names[i] for i in found[offsets[number] : offsets[number + 1]])
        assert mine == sorted([(), *(tuple(sorted(c)) for c in count_all([candidate], 3))])


def test_a_combination_that_is_not_reported_is_refused() -> None:
    table = make_table(Records.from_lists([[0, 1], [0, 2], [1]], [1, 5, 5]), 3)
    assert table is not None
    with pytest.raises(ValueError, match="not reported"):
        Incidence(table.lattice, Records.from_lists([[0, 1]]))


@pytest.mark.parametrize("precision", [1, 3, 10])
def test_expected_counts_lie_in_their_bucket_and_are_right_on_average(precision: int) -> None:
    exact = np.maximum(10, np.random.default_rng(1).pareto(1.2, 40_000) * 10 + 10).astype(np.int64)
    protected = exact // precision * precision
    expected = expect_counts(protected, precision)
    assert (expected >= protected).all()
    assert (expected <= protected + precision - 1).all()
    assert abs((expected - exact).mean()) < 0.05 * precision


def test_expected_counts_follow_from_protected_counts_alone() -> None:
    exact = np.random.default_rng(2).integers(10, 500, 300)
    other = exact // 10 * 10 + 3
    assert (expect_counts(exact // 10 * 10, 10) == expect_counts(other // 10 * 10, 10)).all()


def test_the_first_copy_counts_more() -> None:
    objective = Objective(np.array([10.0]), np.array([0.1]), np.array([0.1]), np.array([0.5]))
    values = [objective.value(np.array([copies])) for copies in (0, 1, 2, 10, 11)]
    assert values == pytest.approx([1.5, 0.9, 0.8, 0.0, 0.1])


@pytest.mark.parametrize("most", [10**6, 10**7, 10**10, 10**15])
def test_counts_of_many_millions_are_expected_within_their_buckets(most: int) -> None:
    """The number of subjects alone, and with counts of every size."""
    for protected in (np.array([most]), np.array([10, 10, 30, 5_000, most // 100, most])):
        expected = expect_counts(protected, 10)
        assert ((protected <= expected) & (expected <= protected + 9)).all()
    alone = expect_counts(np.array([most]), 10)
    assert alone[0] - most == expect_counts(np.array([1_000]), 10)[0] - 1_000
