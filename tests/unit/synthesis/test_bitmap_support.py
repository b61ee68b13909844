from __future__ import annotations

import numpy as np
import pytest

from ctdc_spark.synthesis.oracle.bitmap_support import BitmapSupport, count_bits
from ctdc_spark.synthesis.oracle.bitmaps import to_bitmaps
from tests.oracles.counting import support
from tests.oracles.random_records import random_records

WIDTH = 40


@pytest.mark.parametrize("own", [True, False])
def test_bits_of_words(own: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not own:  # before NumPy 2
        monkeypatch.delattr(np, "bitwise_count", raising=False)
    drawn = np.random.default_rng(1).integers(0, 2**64 - 1, 100, np.uint64)
    words = np.append(drawn, np.array([0, 2**64 - 1], np.uint64))
    assert count_bits(words).tolist() == [bin(word).count("1") for word in words.tolist()]


@pytest.mark.parametrize("seed", range(20))
def test_yes_where_at_least_k_subjects_hold_the_set(seed: int) -> None:
    """Sets that start, grow, are refused and are forgotten in any order, against the oracle."""
    records, rows = random_records(seed)
    rng, k = np.random.default_rng(seed), 3
    oracle = BitmapSupport(to_bitmaps(records, WIDTH), k)
    answers = set()
    for _ in range(3):
        sets: list[frozenset[int]] = [frozenset()] * 30
        oracle.begin(len(sets))
        for _ in range(12):
            named = np.sort(rng.choice(len(sets), rng.integers(1, len(sets) + 1), replace=False))
            added = rng.integers(0, 14, len(named)).astype(np.int32)
            longer = [sets[place] | {int(attribute)} for place, attribute in zip(named, added, strict=True)]
            allowed = oracle.add(named, added)
            assert allowed.tolist() == [support(rows, one) >= k for one in longer]
            for place, one, yes in zip(named.tolist(), longer, allowed.tolist(), strict=True):
                sets[place] = one if yes else sets[place]
                answers.add((len(one) > 2, yes))
            kept = np.flatnonzero(rng.random(len(sets)) < 0.95)
            oracle.keep(kept)
            sets = [sets[place] for place in kept.tolist()]
    assert {(False, True), (False, False)} <= answers
