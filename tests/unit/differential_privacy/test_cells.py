from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from ctdc_spark.differential_privacy.cells import Slots, lay_out, locate_cells, valid_cells


@pytest.mark.parametrize("sizes", [(2, 3, 4), (1,) * 30, (5, 30, 1, 1, 2, 14), (40, 3)])
@pytest.mark.parametrize("length", [2, 3])
def test_every_set_of_attributes_of_different_slots_has_one_valid_cell(sizes: tuple[int, ...], length: int) -> None:
    slots = Slots(sizes)
    wanted = [s for s in combinations(range(slots.attributes), length) if len({slots.slot_of[a] for a in s}) == length]
    blocks = lay_out(slots, length)
    assert sum(int(valid_cells(slots, block).sum()) for block in blocks) == len(wanted) == slots.count_cells(length)
    if not wanted:
        return
    block, place = locate_cells(slots, np.array(wanted))
    for number, found in enumerate(blocks):
        here = np.flatnonzero(block == number)
        flat = valid_cells(slots, found).ravel()
        assert flat[place[here]].all()
        attributes = np.stack(np.unravel_index(place[here], found.shape), axis=1) + [low for low, _ in found.ranges]
        assert attributes.tolist() == [list(wanted[i]) for i in here]


def test_blocks_hold_few_cells_besides() -> None:
    slots = Slots((8, 9, 16, 7, 15, 6, 5, 2, 23, 48, 10, 42, 2))
    for length in (2, 3):
        laid_out = sum(int(np.prod(block.shape)) for block in lay_out(slots, length))
        assert slots.count_cells(length) <= laid_out <= 1.2 * slots.count_cells(length)
