"""Drawn records brought closer to their model: values are exchanged until few counts are off.

A draw is off by about the square root of each count, as values of different slots meet by chance. Two records exchange
their values of a slot if that brings the counts of pairs and triples closer to the model's; single counts stay the
same. The model is protected, so this is post-processing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt

from ctdc_spark.differential_privacy.cells import Slots, lay_out
from ctdc_spark.records.records import Longs
from ctdc_spark.synthesis.mixture.mixture import Floats, Mixture
from ctdc_spark.synthesis.mixture.sample import ABSENT, sample_records

MOST_CELLS = 60_000_000
"""Room for triples of up to 390 attributes, 240 MB; wider draws stay as they are."""

MOST_WORK = 2_000_000_000
"""Counts examined in a sweep, about a minute; larger draws stay as they are."""

MOST_VALUES = 12_000_000
"""Records times slots: room for 300 MB of records; larger draws stay as they are."""

SWEEPS = 2

PAIR_WEIGHT = 4.0
"""Weight of a squared error of a pair's count relative to a triple's."""

FEWEST_AT_ONCE, MOST_AT_ONCE = 20, 200
"""Exchanges weighed together: with more, too many would ignore what the others do to the same counts."""

Rows = npt.NDArray[np.int32]


def draw_records(mixture: Mixture, number: int, rng: np.random.Generator) -> Rows:
    """Records drawn from a mixture and repaired: the attribute of each slot, or ABSENT. Shape (number, slots)."""
    return repair_records(mixture, sample_records(mixture, number, rng), rng)


def repair_records(mixture: Mixture, rows: Rows, rng: np.random.Generator) -> Rows:
    """Exchange values between records.

    Args:
        mixture: the model that they were drawn from.
        rows: the attribute of each slot, or ABSENT. Shape (records, slots).
        rng: decides which records meet.

    Returns:
        Rows of the same shape and the same values in each slot; the given ones where `can_repair` says no.
    """
    if not can_repair(mixture.slots, len(rows)):
        return rows
    absent = mixture.slots.attributes
    repair = Repair(mixture, np.where(rows == ABSENT, absent, rows))
    best, lowest = rows, repair.cost()
    for _ in range(SWEEPS):
        repair.sweep(rng)
        cost = repair.cost()
        if cost >= lowest:
            break
        best, lowest = repair.rows.copy(), cost
    return np.where(best == absent, ABSENT, best).astype(np.int32)


def can_repair(slots: Slots, records: int) -> bool:
    """Whether this many records can be repaired within the limits of time and memory."""
    cells, width = (slots.attributes + 1) ** 3, len(slots.sizes)
    work = records * width**3  # 2 width^2 counts of each exchange, records / 2 of them for each slot
    return min(records, width) > 1 and cells <= MOST_CELLS and work <= MOST_WORK and records * width <= MOST_VALUES


class Places:
    """The places of the counts that a slot's value is part of, with values of the other slots: pairs, then triples."""

    def __init__(self, slot: int, slots: int, width: int) -> None:
        self.others = np.delete(np.arange(slots), slot)
        first, second = np.triu_indices(slots - 1, 1)
        self.first, self.second = self.others[first], self.others[second]
        pair, triple = np.array([width, 1]), np.array([width**2, width, 1])
        before = (self.first < slot).astype(int) + (self.second < slot)
        self._own = np.concatenate([pair[(self.others < slot).astype(int)], triple[before]])
        self._other = pair[(slot < self.others).astype(int)]
        self._first = triple[(slot < self.first).astype(int)]
        self._second = triple[1 + (slot < self.second).astype(int)]
        self._pairs_at = width**3

    def of(self, rows: Longs, values: Longs) -> Longs:
        """Places of all counts that records with these values of the slot contribute to. Shape (records, counts)."""
        pairs = rows[:, self.others] * self._other + self._pairs_at
        triples = rows[:, self.first] * self._first + rows[:, self.second] * self._second
        places: Longs = np.concatenate([pairs, triples], axis=1)
        places += values[:, None] * self._own
        return places


class Repair:
    """The records, and how far each count falls short of the model's: triples at (a, b, c), then pairs at (a, b).

    An absent value is the attribute `absent`, whose counts are kept at 0.
    """

    def __init__(self, mixture: Mixture, rows: npt.NDArray[np.integer]) -> None:
        self.rows: Longs = rows.astype(np.int64)
        self._absent = mixture.slots.attributes
        width = self._absent + 1
        self._short = np.zeros(width**3 + width**2, np.float32)
        self._triples = self._short[: width**3].reshape(width, width, width)
        self._pairs = self._short[width**3 :].reshape(width, width)
        self._fill(mixture)
        slots = self.rows.shape[1]
        self._places = [Places(slot, slots, width) for slot in range(slots)]
        triples = (slots - 1) * (slots - 2) // 2
        self._weights = np.concatenate([np.full(slots - 1, PAIR_WEIGHT), np.ones(triples)]).astype(np.float32)
        counted = sum(float(np.prod(sizes)) for sizes in combinations(mixture.slots.sizes, 3))
        self._at_once = int(np.clip(counted / (64 * len(self._weights)), FEWEST_AT_ONCE, MOST_AT_ONCE))

    def cost(self) -> float:
        """Sum of the weighted squares of the shortfalls."""
        return float(PAIR_WEIGHT * np.vdot(self._pairs, self._pairs) + np.vdot(self._triples, self._triples))

    def sweep(self, rng: np.random.Generator) -> None:
        """Let each record meet one other for each slot."""
        for slot in rng.permutation(self.rows.shape[1]).tolist():
            order = rng.permutation(len(self.rows))
            half = len(order) // 2
            for low in range(0, half, self._at_once):
                high = min(half, low + self._at_once)
                self._exchange(slot, order[low:high], order[half + low : half + high])

    def _exchange(self, slot: int, one: Longs, other: Longs) -> None:
        differ = self.rows[one, slot] != self.rows[other, slot]
        one, other = one[differ], other[differ]
        mine, theirs = self.rows[one], self.rows[other]
        a, b = mine[:, slot], theirs[:, slot]
        places = self._places[slot]
        lost = np.stack([places.of(mine, a), places.of(theirs, b)])
        won = np.stack([places.of(mine, b), places.of(theirs, a)])
        slope = 2 * ((self._short[lost] - self._short[won]).sum(axis=0) @ self._weights)
        better = slope + self._rise(slot, mine, theirs) < 0
        np.add.at(self._short, lost[:, better].ravel(), np.float32(1))
        np.subtract.at(self._short, won[:, better].ravel(), np.float32(1))
        self.rows[one[better], slot], self.rows[other[better], slot] = b[better], a[better]
        self._clear_absent()

    def _rise(self, slot: int, mine: Longs, theirs: Longs) -> npt.NDArray[np.float64]:
        """What an exchange costs if no count is off: 1, weighted, for every count that it changes by one."""
        held, alike = (mine != self._absent, theirs != self._absent), mine == theirs
        values = held[0][:, slot].astype(float) + held[1][:, slot]
        of_both = [np.delete(who, slot, axis=1).sum(axis=1) for who in (*held, alike & held[0])]
        pairs = of_both[0] + of_both[1] - 2 * of_both[2]
        triples = sum(sign * number * (number - 1) / 2 for sign, number in zip((1, 1, -2), of_both, strict=True))
        rise: npt.NDArray[np.float64] = values * (PAIR_WEIGHT * pairs + triples)
        return rise

    def _fill(self, mixture: Mixture) -> None:
        scale = np.float32(len(self.rows) / mixture.records)
        for expected, places in _expect(mixture):
            (self._pairs if expected.ndim == 2 else self._triples)[places] = expected * scale
        edges = list(pairwise(mixture.slots.bounds.tolist()))
        for table, length in ((self._pairs, 2), (self._triples, 3)):
            for chosen in combinations(range(len(edges)), length):
                part = self.rows[:, chosen]
                part = part[(part != self._absent).all(axis=1)] - [edges[slot][0] for slot in chosen]
                shape = [edges[slot][1] - edges[slot][0] for slot in chosen]
                counts = np.bincount(np.ravel_multi_index(tuple(part.T), shape), minlength=int(np.prod(shape)))
                table[tuple(slice(*edges[slot]) for slot in chosen)] -= counts.reshape(shape)

    def _clear_absent(self) -> None:
        self._pairs[self._absent], self._pairs[:, self._absent] = 0, 0
        self._triples[self._absent], self._triples[:, self._absent], self._triples[:, :, self._absent] = 0, 0, 0


def _expect(mixture: Mixture) -> Iterator[tuple[Floats, tuple[slice, ...]]]:
    """The model's counts of pairs and triples, block by block, and where each block lies."""
    slots = mixture.slots
    for length in (2, 3):
        for block in lay_out(slots, length):
            yield mixture.count_block(block), tuple(slice(*part) for part in block.ranges)
