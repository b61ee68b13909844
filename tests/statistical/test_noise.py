"""The noise as a release draws it: never seeded, so thresholds leave one false alarm in a million runs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ctdc_spark.differential_privacy.noise import gaussian_adder, laplace_adder

DRAWS = 40_000
ONE_IN_A_MILLION = 1e-6


def goodness(drawn: np.ndarray, scale: float) -> float:
    """p of a chi-squared test against the discrete Gaussian of this scale, cells of at least 20 expected draws."""
    reach = int(10 * scale)
    values = np.arange(-reach, reach + 1)
    mass = np.exp(-(values**2) / (2 * scale**2))
    edges = np.searchsorted(np.cumsum(mass) / mass.sum(), np.linspace(0.001, 0.999, 60))
    edges = np.unique(edges)
    expected = np.add.reduceat(mass / mass.sum(), np.concatenate([[0], edges + 1])) * DRAWS
    places = np.searchsorted(values[edges], drawn, side="left")
    observed = np.bincount(places, minlength=len(expected))
    assert expected.min() >= 20
    return float(stats.chisquare(observed, expected).pvalue)


@pytest.fixture(scope="module")
def drawn() -> np.ndarray:
    return gaussian_adder(7.5)(np.zeros(DRAWS, np.int64))


def test_gaussian_noise_has_the_distribution_and_scale_said(drawn: np.ndarray) -> None:
    assert goodness(drawn, 7.5) > ONE_IN_A_MILLION


@pytest.mark.parametrize("wrong", [7.1, 7.9])
def test_a_wrong_scale_is_noticed(drawn: np.ndarray, wrong: float) -> None:
    assert goodness(drawn, wrong) < ONE_IN_A_MILLION


def test_rounded_floating_point_noise_of_another_shape_is_noticed() -> None:
    rng = np.random.default_rng(0)
    assert goodness(np.rint(rng.laplace(0, 7.5 / np.sqrt(2), DRAWS)).astype(int), 7.5) < ONE_IN_A_MILLION


def test_measured_counts_are_unbiased(drawn: np.ndarray) -> None:
    assert abs(drawn.mean()) < 5 * 7.5 / np.sqrt(DRAWS)
    large = gaussian_adder(7.5)(np.full(DRAWS, 10**12)) - 10**12
    assert abs(large.mean()) < 5 * 7.5 / np.sqrt(DRAWS)


def test_noise_is_in_whole_numbers_and_never_the_same_twice() -> None:
    add = gaussian_adder(50.0)
    one, other = add(np.zeros(100, np.int64)), add(np.zeros(100, np.int64))
    assert one.dtype == np.int64
    assert (one != other).any()


def test_laplace_noise_has_the_scale_said() -> None:
    drawn = laplace_adder(20.0)(np.zeros(20_000, np.int64))
    assert np.abs(drawn).mean() == pytest.approx(20.0, rel=0.05)
