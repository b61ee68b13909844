"""Delta is the chance that the promise fails: noise on the number of subjects must not make it large."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from ctdc_spark.differential_privacy.accounting import margin_of_laplace
from ctdc_spark.differential_privacy.budget import (
    BOUND_CHANCE,
    SMALLEST_FACTOR,
    BudgetRequest,
    choose_delta,
    most_delta,
    plan_subjects,
)
from ctdc_spark.errors import DataError, SettingsError
from ctdc_spark.settings import build_settings, noise_rules

SUBJECTS = (50, 100, 300, 1_000, 3_000)
EPSILONS = (0.1, 0.5, 1.0, 2.0)
SHARES = (0.15, 0.3, 0.55)
REACH = 30
"""Scales of the noise that are considered on either side: noise beyond has a chance of less than 1e-12."""


def wish(epsilon: float, delta: float | None = None, factor: float | None = None) -> BudgetRequest:
    return BudgetRequest(epsilon, delta, factor, 0.02, 0.01, 0.2, SHARES)


def noisy_numbers(subjects: int, scale: float) -> Iterator[tuple[int, float]]:
    """Every possible noisy number of subjects, with its chance."""
    falling = math.exp(-1 / scale)
    for noise in range(-round(REACH * scale), round(REACH * scale) + 1):
        yield subjects + noise, (1 - falling) / (1 + falling) * falling ** abs(noise)


def allowed_delta(budget_request: BudgetRequest, noisy: int) -> float:
    """Delta, or 0 if the release is refused."""
    try:
        return choose_delta(budget_request, noisy)
    except DataError:
        return 0.0


def chance_of_large(budget_request: BudgetRequest, subjects: int) -> float:
    """The exact chance of a release whose delta is above 1 / (10 x number of subjects)."""
    numbers = noisy_numbers(subjects, plan_subjects(budget_request).scale)
    return math.fsum(
        chance for noisy, chance in numbers if allowed_delta(budget_request, noisy) * 10 * subjects > 1 + 1e-9
    )


@pytest.mark.parametrize("epsilon", EPSILONS)
@pytest.mark.parametrize("subjects", SUBJECTS)
def test_delta_is_hardly_ever_large(subjects: int, epsilon: float) -> None:
    """Formerly, it was 0.1 in 3 to 46 per cent of the releases of small data."""
    assert chance_of_large(wish(epsilon), subjects) <= BOUND_CHANCE
    assert chance_of_large(wish(epsilon, factor=10.0), subjects) <= BOUND_CHANCE


@pytest.mark.parametrize("delta", [1e-2, 1e-3, 2e-4, 1e-5, 1e-9])
@pytest.mark.parametrize("subjects", SUBJECTS)
def test_a_declared_delta_is_hardly_ever_large(subjects: int, delta: float) -> None:
    for epsilon in EPSILONS:
        assert chance_of_large(wish(epsilon, delta=delta), subjects) <= BOUND_CHANCE


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_data_of_a_usual_size_are_released(epsilon: float) -> None:
    """The bound costs little: delta stays within a factor of two of what the true number would give."""
    margin = margin_of_laplace(plan_subjects(wish(epsilon)).scale, BOUND_CHANCE)
    subjects = 3 * margin
    refused = math.fsum(
        chance
        for noisy, chance in noisy_numbers(subjects, plan_subjects(wish(epsilon)).scale)
        if not allowed_delta(wish(epsilon), noisy)
    )
    assert refused < 1e-9
    assert choose_delta(wish(epsilon), 50_000) > 0.4 / (max(10, math.log(50_000)) * 50_000)


def test_the_margin_is_that_of_the_noise_which_is_drawn() -> None:
    """Its tail is that of OpenDP's integer Laplace noise, in thousands of draws."""
    from ctdc_spark.differential_privacy.noise import laplace_adder

    scale, draws = 50.0, 40_000
    noise = laplace_adder(scale)(np.zeros(draws, np.int64))
    for chance in (0.1, 0.01):
        margin = margin_of_laplace(scale, chance)
        found = np.mean(noise <= -margin)
        falling = math.exp(-1 / scale)
        exact = falling**margin / (1 + falling)
        assert exact <= chance < exact / falling
        assert abs(found - exact) < 6 * math.sqrt(exact / draws)


@pytest.mark.parametrize("noisy", [-5_000, -1, 0, 60, 656, 657])
def test_a_number_that_may_be_noise_alone_is_refused_with_advice(noisy: int) -> None:
    with pytest.raises(DataError, match=r"the noise can reach 657.*Raise\s+number_of_records_epsilon_prop") as e:
        choose_delta(wish(1.0), noisy)
    assert "noise_epsilon" in str(e.value)
    assert "declare a noise_delta" in str(e.value)
    choose_delta(wish(1.0), 658)
    choose_delta(wish(1.0, delta=1e-9), noisy)  # declared: not derived from the number


def test_a_declared_delta_that_is_large_for_so_many_is_refused() -> None:
    with pytest.raises(DataError, match=r"noise_delta: found 0.001; allowed: at most 1.9e-05, one in 10 times"):
        choose_delta(wish(1.0, delta=1e-3), 4_666)


def test_a_small_factor_is_refused_before_anything_is_read() -> None:
    assert noise_rules.SMALLEST_FACTOR == SMALLEST_FACTOR
    keys = {"sensitive_microdata_path": "a.csv", "output_dir": "out", "protection": "dp", "noise_epsilon": 1.0}
    with pytest.raises(SettingsError, match="delta_factor: found 2; allowed with protection: dp: at least 10"):
        build_settings({**keys, "domain": {"a": ["x"]}, "use_columns": ["a"], "delta_factor": 2})
    assert choose_delta(wish(1.0, factor=2.0), 5_000) == choose_delta(wish(1.0, factor=10.0), 5_000)


@pytest.mark.parametrize(
    "budget_request", [wish(1.0), wish(0.1), wish(1.0, factor=50.0), wish(1.0, delta=1e-7)], ids=str
)
def test_what_is_asked_of_the_budget_before_the_count_holds_after_it(budget_request: BudgetRequest) -> None:
    most = most_delta(budget_request)
    for noisy in (*range(-100, 10_000, 7), 100_000, 10_000_000):
        assert allowed_delta(budget_request, noisy) <= most
