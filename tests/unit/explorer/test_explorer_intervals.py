"""Intervals of estimates: learnt from combinations with both numbers, right on those kept out, wider past the end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ctdc_spark.explorer import PageData
from ctdc_spark.explorer.data import Layout, Reported
from ctdc_spark.explorer.intervals import COVERED, LEAST_IN_CLASS, Intervals, learn_intervals
from ctdc_spark.records.records import Records
from tests.oracles.explorer_sample import make_release

K = 10


def draw_block(rng: np.random.Generator, number: int, length: int, spread: float) -> Reported:
    """Actual counts from 10 up, rounded to 10, and estimates off by a factor of about e^spread, some of them none."""
    truth = np.exp(rng.uniform(np.log(K), np.log(5000), number))
    estimated = np.rint(truth * np.exp(rng.normal(-spread / 2, spread, number))).astype(np.int64)
    estimated[rng.random(number) < 0.05] = 0
    ids = np.arange(number * length, dtype=np.int32).reshape(number, length) % 7
    return Reported(np.sort(ids, axis=1), truth.astype(np.int64) // K * K, estimated)


def make_page(*blocks: Reported, **changes: object) -> PageData:
    release = replace(make_release(1000, 1000), precision=K, length=len(blocks), **changes)  # type: ignore[arg-type]
    return PageData(release, Layout((), (), ()), Records.empty(), blocks, ())


@pytest.fixture
def learnt() -> Intervals:
    rng = np.random.default_rng(1)
    page = object.__new__(PageData)  # the numbers alone matter here, so no layout is needed
    for name, value in (
        ("release", replace(make_release(1000, 1000), precision=K, length=3)),
        ("reported", tuple(draw_block(rng, 4000, length, 0.2 * length) for length in (1, 2, 3))),
    ):
        object.__setattr__(page, name, value)
    return learn_intervals(page)


def test_four_in_five_of_the_combinations_kept_out_lie_inside(learnt: Intervals) -> None:
    for length in learnt.lengths[:3]:
        assert length.checked is not None
        assert 0.75 <= length.checked <= 0.85


def test_fresh_combinations_lie_inside_as_often(learnt: Intervals) -> None:
    for length in (1, 2, 3):
        block = draw_block(np.random.default_rng(length + 10), 3000, length, 0.2 * length)
        found = [(learnt.read(int(e), length), int(a)) for e, a in zip(block.estimated, block.actual, strict=True) if e]
        inside = np.mean([interval.low <= actual and actual + K - 1 <= interval.high for interval, actual in found])
        assert abs(inside - COVERED) < 0.05


def test_past_the_counted_lengths_intervals_only_widen_and_are_marked(learnt: Intervals) -> None:
    assert [length.extrapolated for length in learnt.lengths[:5]] == [False, False, False, True, True]
    assert all(length.checked is None for length in learnt.lengths[3:])
    for one, other in zip(learnt.lengths[2:], learnt.lengths[3:], strict=False):
        for known, beyond in zip(one.classes, other.classes, strict=True):
            assert beyond.low <= known.low
            assert beyond.high >= known.high


def test_no_interval_passes_its_bound_or_begins_below_k(learnt: Intervals) -> None:
    for synthetic in (1, 7, 50, 900, 10_000):
        for bound in (10, 35, 400, 20_000):
            found = learnt.read(synthetic, 4, bound)
            assert K <= found.low <= found.high <= bound


def test_a_wide_interval_is_not_to_be_used(learnt: Intervals) -> None:
    grades = {learnt.read(synthetic, 1).grade for synthetic in (200, 1000, 3000)}
    assert "useless" not in grades
    assert learnt.read(900, 8).grade == "useless"


def test_without_combinations_nothing_is_learnt() -> None:
    empty = Reported(np.empty((0, 1), np.int32), np.empty(0, np.int64), np.empty(0, np.int64))
    for page in (make_page(), make_page(empty)):
        found = learn_intervals(page)
        assert found.lengths == ()
        assert found.read(5, 2, 30) == replace(found.read(5, 2, 30), low=0, high=30, grade="useless")


def test_classes_hold_enough_combinations_to_learn_from(learnt: Intervals) -> None:
    for length in learnt.lengths[:3]:
        assert all(found.learnt >= LEAST_IN_CLASS for found in length.classes)
