"""Rates of success and the risk in excess of held-out people, on figures computed by hand."""

from __future__ import annotations

import pytest

from ctdc_spark.assessment.rates import Rate, compare_successes, risk_above, wilson_rate


def test_wilsons_interval_is_that_of_the_textbook() -> None:
    rate = wilson_rate(8, 10)  # Wilson 1927: 0.490 to 0.943
    assert rate.value - rate.error == pytest.approx(0.490, abs=5e-4)
    assert rate.value + rate.error == pytest.approx(0.943, abs=5e-4)


def test_risk_is_what_is_gained_of_what_was_left() -> None:
    risk, low, high = risk_above(Rate(0.6, 0.03), Rate(0.2, 0.04))
    assert risk == pytest.approx(0.5)
    # sqrt((0.03 / 0.8)^2 + (0.04 * 0.4 / 0.64)^2)
    assert high - risk == pytest.approx(0.045069, abs=1e-6)
    assert risk - low == pytest.approx(high - risk)


def test_an_attack_that_does_worse_on_members_is_no_risk() -> None:
    found = compare_successes(("membership", None), (40, 60), 100, None)
    assert (found.risk, found.risk_low, found.risk_high) == (0.0, 0.0, 0.0)
    assert (found.attack_rate, found.holdout_rate) == (0.4, 0.6)
