"""The ledger of a privacy budget, accounted anew: a sound one passes, and each kind of fault is found."""

from __future__ import annotations

import math
import random

import pytest

from ctdc_spark.differential_privacy.accounting import epsilon_of
from ctdc_spark.differential_privacy.budget import largest_delta, margin_of_subjects
from ctdc_spark.proof.spent import (
    TOTAL,
    verify_costs,
    verify_delta,
    verify_guarantee,
    verify_noise_scales,
    verify_noisy,
)
from ctdc_spark.release.dp_tables import Cost

DELTA = 1e-6
RHO = 0.125 + 9 / 800 + 27 / 5_000
EPSILON = epsilon_of(RHO, DELTA)


def use(mechanism: str, sensitivity: float, scale: float, rho: float, length: int | None = None) -> dict[str, object]:
    purpose = "number of subjects" if length is None else "combinations"
    row = {"run": "a", "mechanism": mechanism, "purpose": purpose, "length": length, "sensitivity": sensitivity}
    return {**row, "scale": scale, "rho": rho, "delta": 0.0, "epsilon": None}


def sound() -> list[dict[str, object]]:
    """A Laplace count with epsilon 1/2, and two Gaussian ones with squared sensitivities of 9 and 27."""
    return [
        use("discrete Laplace", 1.0, 2.0, 0.125),
        use("discrete Gaussian", 3.0, 20.0, 9 / 800, 1),
        use("discrete Gaussian", math.sqrt(27), 50.0, 27 / 5_000, 2),
        {**use(TOTAL, 0.0, 0.0, RHO), "delta": DELTA, "epsilon": EPSILON},
    ]


def test_a_sound_ledger_passes() -> None:
    guarantee = Cost(RHO, DELTA, EPSILON).guarantee
    assert verify_costs(sound()).failed == 0
    assert verify_guarantee(sound(), guarantee, EPSILON).failed == 0
    assert verify_noise_scales([(1, 20.0), (2, 50.0), (3, None)], sound()).failed == 0


@pytest.mark.parametrize(
    ("row", "column", "value", "failed"),
    [(1, "scale", 10.0, 1), (1, "rho", 0.001, 2), (0, "sensitivity", 2.0, 1), (3, "epsilon", EPSILON - 0.01, 1)],
    ids=["less noise", "a lower cost", "more changed by one subject", "a lower total"],
)
def test_a_cost_that_is_not_that_of_its_noise_is_seen(row: int, column: str, value: float, failed: int) -> None:
    budget = sound()
    budget[row][column] = value
    assert verify_costs(budget).failed == failed


def test_a_run_without_uses_and_a_use_that_is_left_out_are_seen() -> None:
    assert verify_costs(sound()[3:]).failed == 1
    assert verify_costs(sound()[1:]).failed == 1


def test_a_guarantee_that_no_run_comes_to_is_seen() -> None:
    guarantee = Cost(RHO, DELTA, EPSILON).guarantee
    assert verify_guarantee(sound(), "dp: epsilon = 0.1, delta = 1e-06", EPSILON).failed == 1
    assert verify_guarantee(sound(), guarantee, EPSILON / 2).failed == 1
    assert verify_guarantee([], guarantee, EPSILON).failed == 1


@pytest.mark.parametrize(("subjects", "failed"), [(90_000, 0), (110_000, 1)])
def test_a_delta_that_is_too_large_for_so_many_subjects_is_seen(subjects: int, failed: int) -> None:
    guarantee = Cost(RHO, DELTA, EPSILON).guarantee
    assert verify_delta(sound(), guarantee, subjects).failed == failed
    assert verify_delta(sound()[1:], guarantee, subjects).failed == 1  # the noise of their count is not stated
    assert verify_delta(sound(), "dp: epsilon = 0.1, delta = 1e-06", subjects).failed == 1


def test_delta_is_held_against_the_most_subjects_there_may_be() -> None:
    guarantee, most = Cost(RHO, DELTA, EPSILON).guarantee, round(largest_delta(1) / DELTA)
    assert verify_delta(sound(), guarantee, most - margin_of_subjects(2.0)).failed == 0
    assert verify_delta(sound(), guarantee, most - margin_of_subjects(2.0) + 1).failed == 1


def test_another_noise_than_the_ledger_has_is_seen() -> None:
    found = verify_noise_scales([(1, 20.0), (2, 49.0), (3, 50.0)], sound())
    assert (found.failed, found.lengths) == (2, (2, 3))
    assert verify_noise_scales([(1, None)], sound()).failed == 1


def test_counts_that_equal_the_truth_too_often_are_seen() -> None:
    assert verify_noisy(13, 13, 9.0).failed == 13
    assert verify_noisy(100, 60, 9.0).failed == 60
    assert verify_noisy(13, 3, 9.0).failed == 0
    assert verify_noisy(100, 100, 0.5).failed == 0  # with so little noise equal counts are to be expected


@pytest.mark.parametrize(
    ("epsilon", "delta", "said"),
    [
        (1.00001, 1.21e-7, "dp: epsilon = 1.001, delta = 1.3e-07"),
        (1.0000000001, 1e-6, "dp: epsilon = 1, delta = 1e-06"),
        (0.99991, 9.91e-8, "dp: epsilon = 1, delta = 1e-07"),
        (0.12341, 0.5, "dp: epsilon = 0.1235, delta = 0.5"),
        (12.3456, 1.25e-5, "dp: epsilon = 12.35, delta = 1.3e-05"),
        (1234.1, 2.000000001e-9, "dp: epsilon = 1235, delta = 2e-09"),
    ],
)
def test_a_guarantee_says_no_less_than_is_true(epsilon: float, delta: float, said: str) -> None:
    """Formerly, the nearest figure was stated, which is too low in half of all cases."""
    total = {**use(TOTAL, 0.0, 0.0, RHO), "delta": delta, "epsilon": epsilon}
    assert Cost(RHO, delta, epsilon).guarantee == said
    assert verify_guarantee([total], said, epsilon).failed == 0
    nearest = f"dp: epsilon = {epsilon:.4g}, delta = {delta:.2g}"
    assert verify_guarantee([total], nearest, epsilon).failed == (nearest != said)


def test_run_and_proof_round_alike() -> None:
    draw = random.Random(3)
    for _ in range(3_000):
        epsilon, delta = 10 ** draw.uniform(-2, 2), 10 ** draw.uniform(-12, -1)
        total = {**use(TOTAL, 0.0, 0.0, RHO), "delta": delta, "epsilon": epsilon}
        guarantee = Cost(RHO, delta, epsilon).guarantee
        assert verify_guarantee([total], guarantee, epsilon).failed == 0
        said = [float(part.split(" = ")[1]) for part in guarantee.removeprefix("dp: ").split(", ")]
        assert said[0] >= epsilon * (1 - 1e-9)
        assert said[1] >= delta * (1 - 1e-9)
