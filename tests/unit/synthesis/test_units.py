from __future__ import annotations

import numpy as np

from ctdc_spark.records.records import Records, concatenate
from ctdc_spark.synthesis.calibrated.units import (
    MOST_BYTES,
    MOST_SUBJECTS,
    most_subjects,
    share_units,
    split_units,
)
from ctdc_spark.synthesis.oracle.bitmap_support import BitmapSupport
from ctdc_spark.synthesis.oracle.bitmaps import to_bitmaps
from ctdc_spark.synthesis.oracle.unit_records import choose_part
from tests.oracles.random_records import random_records


def many_records(seed: int, number: int = 4_000) -> Records:
    rng = np.random.default_rng(seed)
    return Records.from_lists([np.flatnonzero(rng.random(12) < 0.5).tolist() for _ in range(number)]).distinct()


def test_only_units_of_very_many_subjects_hold_a_part() -> None:
    protected = np.array([10, 20_000, 300_000, 4_000_000, 9_000_000])
    unit_of = split_units(protected)
    shares = share_units(protected, unit_of, 10_000_000)
    held = np.bincount(unit_of, protected)
    assert (shares[held <= MOST_SUBJECTS] == 1).all()
    assert (shares * np.minimum(held, 10_000_000) <= MOST_SUBJECTS).all()
    assert shares.min() == MOST_SUBJECTS / 9_000_000
    assert (share_units(protected // 100, unit_of, 100_000) == 1).all()


def test_units_of_many_attributes_hold_fewer_subjects() -> None:
    assert most_subjects(10) == most_subjects(800) == MOST_SUBJECTS
    assert 2_000 * most_subjects(2_000) / 8 <= MOST_BYTES


def test_a_part_has_about_its_share_however_the_records_are_divided() -> None:
    records = many_records(1)
    part = choose_part(records, 0.25)
    assert abs(len(part) / len(records) - 0.25) < 0.03
    halves = [records.take(np.arange(start, len(records), 2)) for start in (0, 1)]
    apart = concatenate([choose_part(half, 0.25) for half in halves]).distinct()
    assert np.array_equal(apart.attributes, part.distinct().attributes)
    assert choose_part(records, 1.0) is records


def test_what_a_part_allows_all_records_allow() -> None:
    """Otherwise a candidate could be grown that the proof refuses."""
    k, refused, allowed = 5, 0, 0
    for seed in range(10):
        records, _ = random_records(seed)
        whole, part = (BitmapSupport(to_bitmaps(asked, 40), k) for asked in (records, choose_part(records, 0.5)))
        for first in range(12):
            for second in range(first):
                for oracle in (whole, part):
                    oracle.begin(1)
                pair = np.array([first]), np.array([second])
                of_whole, of_part = (
                    all(oracle.add(np.array([0]), attribute)[0] for attribute in pair) for oracle in (whole, part)
                )
                assert of_whole or not of_part
                allowed += of_part
                refused += of_whole and not of_part
    assert allowed, "a part answers yes too"
    assert refused, "a part is smaller"
