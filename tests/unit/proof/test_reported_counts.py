"""Counting reported combinations and all that could be missing: against brute force."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from ctdc_spark.proof import bitmaps
from ctdc_spark.proof.bitmaps import count_candidates
from ctdc_spark.proof.candidates import Candidates, list_candidates
from ctdc_spark.proof.terms import NOT_REPORTED
from ctdc_spark.records.records import Records
from tests.oracles.counting import count_all
from tests.oracles.random_records import random_records

THRESHOLD, WIDTH = 5, 14


def frequent(written_out: list[list[int]], longest: int) -> dict[tuple[int, ...], int]:
    counted = count_all(written_out, longest)
    return {tuple(sorted(s)): count for s, count in counted.items() if count >= THRESHOLD}


def to_records(counts: dict[tuple[int, ...], int]) -> Records:
    return Records.from_lists([list(s) for s in counts], list(counts.values()))


def write_out(candidates: Candidates) -> list[tuple[int, ...]]:
    """The candidates in the order of their numbers."""
    found = []
    for level in candidates.levels:
        for row, members in enumerate(level.sets):
            found += [(*members.tolist(), int(level.sets[row + 1 + step, -1])) for step in range(int(level.fan[row]))]
    return found


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize("seed", range(30))
def test_every_candidate_is_counted_as_by_brute_force(seed: int, small: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if small:
        monkeypatch.setattr(bitmaps, "TABLE_CELLS", 40)
        monkeypatch.setattr(bitmaps, "STEP_BYTES", 24)
        monkeypatch.delattr(np, "bitwise_count", raising=False)
    records, written_out = random_records(seed)
    reported = frequent(written_out, 4)
    candidates = list_candidates(to_records(reported), 4, WIDTH)
    sets = write_out(candidates)
    assert len(set(sets)) == len(sets) == len(candidates)
    truth = count_all(written_out, 4)
    assert count_candidates(records, candidates).tolist() == [truth[frozenset(s)] for s in sets]
    assert candidates.expected.tolist() == [reported.get(s, NOT_REPORTED) for s in sets]
    assert {s for s in reported if len(s) > 1} <= set(sets)
    assert not any(candidates.orphans.values())
    assert not any(candidates.repeated.values())


@pytest.mark.parametrize("seed", range(1, 20))
def test_whatever_is_left_out_something_frequent_is_an_unreported_candidate(seed: int) -> None:
    _, written_out = random_records(seed)
    reported = frequent(written_out, 3)
    longer = [s for s in reported if len(s) > 1]
    rng = np.random.default_rng(seed)
    left_out = {longer[i] for i in rng.choice(len(longer), len(longer) // 3, replace=False)} if longer else set()
    kept = {s: count for s, count in reported.items() if s not in left_out}
    candidates = list_candidates(to_records(kept), 3, WIDTH)
    unreported = {s for s, count in zip(write_out(candidates), candidates.expected, strict=True) if count < 0}
    shortest = {s for s in left_out if not any(set(t) < set(s) for t in left_out)}
    assert shortest <= unreported
    without_parts = [s for s in kept if any(t not in kept for n in (1, 2) for t in combinations(s, n) if n < len(s))]
    assert bool(without_parts) >= bool(sum(candidates.orphans.values()))


def test_a_set_without_its_parts_and_one_said_twice_are_told_apart() -> None:
    reported = Records.from_lists([[0], [1], [2], [0, 1], [0, 1], [0, 1, 2]], [9] * 6)
    candidates = list_candidates(reported, 3, 3)
    assert candidates.orphans == {2: 0, 3: 1}
    assert candidates.repeated == {1: 0, 2: 1, 3: 0}


def test_nothing_reported_has_no_candidates() -> None:
    candidates = list_candidates(Records.from_lists([[0, 1]], [9]), 3, 3)
    assert len(candidates) == 0
    assert candidates.orphans == {2: 1, 3: 0}


@pytest.mark.parametrize("seed", [1, 4, 9])
def test_roots_divide_the_candidates(seed: int) -> None:
    records, written_out = random_records(seed)
    reported = frequent(written_out, 4)
    whole = list_candidates(to_records(reported), 4, WIDTH)
    together = dict(zip(write_out(whole), count_candidates(records, whole), strict=True))
    found: dict[tuple[int, ...], int] = {}
    for roots in (range(3), range(3, 4), range(4, WIDTH)):
        mine = {s: c for s, c in reported.items() if len(s) == 1 or s[0] in roots}
        part = list_candidates(to_records(mine), 4, WIDTH, roots)
        found |= dict(zip(write_out(part), count_candidates(records, part), strict=True))
    assert found == together


def test_what_the_named_candidates_are_made_of() -> None:
    candidates = list_candidates(Records.from_lists([[0], [2], [5], [0, 2], [0, 5]], [9] * 5), 3, 6)
    assert write_out(candidates) == [(0, 2), (0, 5), (2, 5), (0, 2, 5)]
    lengths, attributes = candidates.attributes_of(np.array([1, 3]))
    assert lengths.tolist() == [2, 3]
    assert attributes.tolist() == [0, 2, 5]
