from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from ctdc_spark.combinations import kernel, pairs
from ctdc_spark.combinations.frontier import Cells, Frontier, block_by_behind
from ctdc_spark.combinations.kernel import count_frequent
from ctdc_spark.records.records import Records
from tests.oracles.counting import count_all
from tests.oracles.random_records import random_records


def counted(records: Records, threshold: int, max_length: int, **options: tuple[int, int]) -> dict[frozenset[int], int]:
    found: dict[frozenset[int], int] = {}
    for block in count_frequent(records, threshold, max_length, **options):
        for combination, count in zip(block.combinations.tolist(), block.counts.tolist(), strict=True):
            assert combination == sorted(combination)
            assert frozenset(combination) not in found, "a combination was counted twice"
            found[frozenset(combination)] = count
    return found


@pytest.mark.parametrize("seed", range(60))
def test_counts_equal_brute_force(seed: int) -> None:
    records, written_out = random_records(seed)
    threshold, length = 1 + seed % 5, 1 + seed % 6
    expected = {s: c for s, c in count_all(written_out, length).items() if c >= threshold}
    assert counted(records.distinct(), threshold, length) == expected


@pytest.mark.parametrize("cells", [1, 7, 50])
@pytest.mark.parametrize("seed", range(12))
def test_small_groups_and_pieces_change_nothing(seed: int, cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    records, written_out = random_records(seed)
    monkeypatch.setattr(kernel, "GROUP_CELLS", cells)
    expected = {s: c for s, c in count_all(written_out, 4).items() if c >= 2}
    assert counted(records, 2, 4) == expected


@pytest.mark.parametrize(
    "in_pairs",
    [lambda places: places < 0, lambda places: places >= 0, lambda places: places % 2 == 0],
    ids=["none", "all", "every second"],
)
@pytest.mark.parametrize("seed", range(12))
def test_prefixes_counted_in_pairs_and_step_by_step_give_the_same(
    seed: int, in_pairs: Callable[[npt.NDArray[np.intp]], npt.NDArray[np.bool_]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def choose(frontier: Frontier, _cells: Cells, _most: int) -> npt.NDArray[np.bool_]:
        return in_pairs(np.arange(len(frontier.prefixes)))

    monkeypatch.setattr(kernel, "pays_in_pairs", choose)
    records, written_out = random_records(seed)
    for length in (3, 4, 5):
        expected = {s: c for s, c in count_all(written_out, length).items() if c >= 2}
        assert counted(records, 2, length) == expected


def test_tables_of_pairs_are_small_and_would_be_filled() -> None:
    few, many = Records.from_lists([[0, 1, 2, 3]] * 5), Records.from_lists([[0, 1, 2, 3]] * 6)
    wide = Records.from_lists([[0, *range(90, 100)]] * 720)
    for records, most, expected in ((few, 99, False), (many, 99, True), (many, 8, False), (wide, 9_801, True)):
        chosen = pairs.pays_in_pairs(first_frontier(records), Cells(records), most)
        # behind the first attribute: 3 others, 6 ways each record, in a table of 9; or 99, 55 ways, 9,801
        assert bool(chosen[0]) is expected
    assert not pairs.pays_in_pairs(first_frontier(wide), Cells(wide), 9_800)[0]


def first_frontier(records: Records) -> Frontier:
    """The prefix of attribute 0, which all these records hold first."""
    starts = records.offsets[:-1]
    blocks = block_by_behind(np.zeros(len(records), np.intp), starts, Cells(records).behind(starts))
    return Frontier(np.zeros((1, 1), np.int32), blocks)


@pytest.mark.parametrize("seed", range(20))
def test_ranges_of_first_attributes_partition_the_combinations(seed: int) -> None:
    records, _ = random_records(seed)
    whole = counted(records, 2, 3)
    width = max(records.attributes.max(initial=0) + 1, 1)
    parts: dict[frozenset[int], int] = {}
    for low in range(0, width, 3):
        part = counted(records, 2, 3, first=(low, min(low + 3, width)))
        assert not part.keys() & parts.keys()
        parts |= part
    assert parts == whole


def test_counts_beyond_32_bits_stay_exact() -> None:
    weight = 2**40 + 1
    records = Records.from_lists([[0, 1], [0]], [weight, weight])
    assert counted(records, 1, 2) == {
        frozenset({0}): 2 * weight,
        frozenset({1}): weight,
        frozenset({0, 1}): weight,
    }


def test_no_records_and_empty_records_hold_no_combination() -> None:
    assert counted(Records.empty(), 1, 3) == {}
    assert counted(Records.from_lists([[], []]), 1, 3) == {}
