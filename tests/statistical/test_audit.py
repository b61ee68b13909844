"""An audit of epsilon: what an attacker learns from many runs on two neighbouring tables.

The attacker adds up the noisy counts of all cells that one person's record holds and says "in" above a cut. If a
mechanism is (epsilon, delta)-DP, then P[says in | in] <= e^epsilon P[says in | out] + delta, and the same for "out".
Clopper-Pearson bounds on both chances turn numbers of runs into a lower bound on epsilon that is wrong once in ten
thousand audits.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from ctdc_spark.differential_privacy.accounting import epsilon_of
from ctdc_spark.differential_privacy.budget import BudgetRequest, plan_combinations
from ctdc_spark.differential_privacy.noise import gaussian_adder

RUNS = 12_000
ERROR = 1e-4
REQUEST = BudgetRequest(2.0, 1e-5, None, 0.02, 0.01, 0.0, (0.15, 0.3, 0.55))
HELD = 3

Planned = tuple[dict[int, float], float, float]
"""The scale of the noise by length, delta, and the epsilon that is claimed."""


def bound_epsilon(inside: np.ndarray, outside: np.ndarray, delta: float) -> float:
    """The largest lower bound over some cuts and both directions; each takes its part of ERROR."""
    cuts = np.quantile(np.concatenate([inside, outside]), np.linspace(0.02, 0.98, 13))
    part, best = ERROR / (4 * len(cuts)), 0.0
    for cut in cuts:
        for one, other in ((inside > cut, outside > cut), (outside <= cut, inside <= cut)):
            hits, alarms = int(one.sum()), int(other.sum())
            low = stats.beta.ppf(part, hits, RUNS - hits + 1) if hits else 0.0
            high = stats.beta.ppf(1 - part, alarms + 1, RUNS - alarms) if alarms < RUNS else 1.0
            if low > delta:
                best = max(best, math.log((low - delta) / high))
    return best


def attack(scales: dict[int, float], count: int) -> np.ndarray:
    """The best guess from all cells that the person is in: each one's excess over 100, weighted by its information."""
    guess = np.zeros(RUNS)
    for length, scale in scales.items():
        for _ in range(math.comb(HELD, length)):  # a record changes this many cells of the length
            guess += (gaussian_adder(scale)(np.full(RUNS, count)) - 100) / scale**2
    return guess


def audit(scales: dict[int, float], delta: float) -> float:
    """The bound from a table of 100 equal records and the same with one more."""
    return bound_epsilon(attack(scales, 101), attack(scales, 100), delta)


@pytest.fixture(scope="module")
def planned() -> Planned:
    mechanisms = plan_combinations(REQUEST, 1e-5, HELD, (1, 2, 3))
    claimed = epsilon_of(sum(mechanism.rho for mechanism in mechanisms), 1e-5)
    return {int(m.length or 0): m.scale for m in mechanisms}, 1e-5, claimed


def test_the_audit_finds_no_more_than_what_is_claimed(planned: Planned) -> None:
    scales, delta, claimed = planned
    found = audit(scales, delta)
    assert 0.15 * claimed < found <= claimed  # an audit that finds nothing could find no fault either


def test_a_quarter_of_the_noise_is_caught(planned: Planned) -> None:
    scales, delta, claimed = planned
    assert audit({length: scale / 4 for length, scale in scales.items()}, delta) > claimed
