"""The attackers of anonymeter, in the environment that `make install-assess` makes; skipped if it is missing."""

from __future__ import annotations

import pytest

from ctdc_spark.assessment.outside_attacks import attack_inference, attack_linkability, require_anonymeter
from ctdc_spark.assessment.rates import wilson_rate
from tests.unit.assessment.population import copied, drawn_anew

anonymeter = pytest.importorskip("anonymeter", reason="anonymeter is not here: see make test-assess")


def test_copies_can_be_linked_and_others_cannot() -> None:
    require_anonymeter()
    worst, good = (attack_linkability(samples, 300) for samples in (copied(), drawn_anew()))
    assert worst.risk_low > 0.2
    assert good.risk_low == 0
    assert worst.naive_rate is not None
    assert worst.naive_rate < 0.3


def test_copies_give_away_what_others_do_not() -> None:
    worst, good = (attack_inference(samples, 4, "means", 300) for samples in (copied(), drawn_anew()))
    assert worst.target == "means"
    assert worst.attack_rate > 0.9
    assert worst.risk_low > 0.5
    assert good.risk_low == 0
    assert good.naive_rate == pytest.approx(0.2, abs=0.1)
    assert good.holdout_rate is not None
    assert good.naive_rate is not None
    assert good.holdout_rate > good.naive_rate + 0.2  # people are predictable: not the release's fault


def test_our_intervals_are_those_of_the_library() -> None:
    from anonymeter.stats.confidence import residual_success, success_rate

    from ctdc_spark.assessment.rates import risk_above

    theirs = [success_rate(200, n, 0.95) for n in (90, 60)]
    ours = [wilson_rate(n, 200) for n in (90, 60)]
    assert [(r.value, r.error) for r in ours] == [pytest.approx((r.value, r.error), abs=1e-6) for r in theirs]
    risk = residual_success(*theirs).to_risk()
    assert risk_above(*ours) == pytest.approx((risk.value, *risk.ci), abs=1e-6)
