"""The membership attack finds copies, and finds nothing where there is nothing."""

from __future__ import annotations

import numpy as np

from ctdc_spark.assessment.membership import NOBODY, attack_membership, choose_threshold, nearest_distances
from tests.unit.assessment.population import copied, drawn_anew


def test_distances_are_those_of_a_plain_comparison() -> None:
    rng = np.random.default_rng(5)
    targets, candidates = (rng.integers(0, 3, (n, 9)).astype(np.int32) for n in (40, 4_500))
    plain = [(candidates != target).sum(axis=1).min() for target in targets]
    assert nearest_distances(targets, candidates).tolist() == plain


def test_the_threshold_is_where_members_and_others_differ_most() -> None:
    assert choose_threshold(np.array([0, 0, 1, 3], np.int32), np.array([1, 2, 3, 3], np.int32)) == 0
    assert choose_threshold(np.array([1, 2, 2, 9], np.int32), np.array([1, 3, 9, 9], np.int32)) == 2
    nearly_all = np.repeat([0, 1], [19, 1]).astype(np.int32)
    assert choose_threshold(np.zeros(4, np.int32), nearly_all) == NOBODY


def test_copies_give_their_people_away() -> None:
    found = attack_membership(copied(), 250)
    assert found.attempts == 250
    assert found.attack_rate == 1
    assert found.risk_low > 0.6


def test_records_of_other_people_give_nobody_away() -> None:
    found = attack_membership(drawn_anew(), 250)
    assert found.risk_low == 0
    assert abs(found.attack_rate - found.holdout_rate) < 0.15
