"""Grow candidates from seeds, at each step by the most promising attribute, thousands at a time.

The gain of an attribute b for a set r is the sum, over the combinations S within r, of the worth of one more copy of S
with b. It is kept for all attributes at once and updated as sets grow. A combination that is not reported counts as
minus infinity, so no set ever holds one. An oracle decides what else is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ctdc_spark.records.records import Ids, Records, offsets_of
from ctdc_spark.synthesis.calibrated.lattice import EMPTY, Lattice
from ctdc_spark.synthesis.calibrated.seeds import BARRED
from ctdc_spark.synthesis.oracle.questions import SupportOracle

Floats = npt.NDArray[np.float32]

NEVER = np.float32(-1e30)

LONGEST = 64
"""The most attributes of a set. A record of 64 attributes holds 43,744 combinations of up to three."""

CHUNK = 2_000
"""Seeds whose random choices are drawn together: a fixed number, so that these depend on nothing else."""

HELD_BYTES = 1 << 26
"""What an oracle may remember of the sets that grow together."""

STOPPED_SHARE = 0.2
"""Share of the sets that stop at a random length: short records are needed as well as long ones."""

STOPPED_LENGTH = 12


class Gains:
    """The worth of one more copy of each combination, laid out for growing."""

    def __init__(self, lattice: Lattice, worth: npt.NDArray[np.floating]) -> None:
        self.lattice = lattice
        # (combinations below max_length + 1, attributes)
        self.table: Floats = np.append(worth.astype(np.float32), NEVER)[lattice.extensions]


@dataclass(frozen=True)
class Chances:
    """Random choices of each seed: a factor for each attribute, and the length at which it stops."""

    factor: Floats  # (seeds, attributes)
    limit: npt.NDArray[np.int64]  # (seeds,)

    def take(self, places: npt.NDArray[np.intp]) -> Chances:
        """Those of the given seeds."""
        return Chances(self.factor[places], self.limit[places])


@dataclass
class _Batch:
    """Sets that grow together."""

    number: npt.NDArray[np.intp]  # (sets,): which seed each came from
    gain: Floats  # (sets, attributes)
    members: Ids  # (sets, LONGEST), in the order of growing, padded with -1
    size: npt.NDArray[np.intp]  # (sets,)
    within: list[npt.NDArray[np.intp]]  # combinations of length 0, 1, .. max_length - 2 in each set, padded with -1


def grow(seeds: Ids, gains: Gains, oracle: SupportOracle, key: tuple[int, ...]) -> Records:
    """Grow every seed until no allowed attribute improves it, or to a random length.

    Args:
        seeds: attribute ids; -1 for nothing, BARRED - a for an attribute a that may not be added. Shape (seeds, width).
        gains: worth of each combination.
        oracle: decides which sets are allowed.
        key: seeds the random choices, such as (seed, round, unit).

    Returns:
        Distinct sets with weight 1. A seed that is not itself allowed is left out.
    """
    grown: list[Ids] = []
    together = int(np.clip(HELD_BYTES // max(1, oracle.bytes_a_set), 16, CHUNK))
    for chunk, low in enumerate(range(0, len(seeds), CHUNK)):
        mine = seeds[low : low + CHUNK]
        chances = _draw(len(mine), gains.lattice.attributes, np.random.default_rng([*key, chunk]))
        for first in range(0, len(mine), together):
            places = np.arange(len(mine))[first : first + together]
            grown.append(_grow_batch(mine[places], gains, oracle, chances.take(places)))
    return _to_records(grown)


def _draw(seeds: int, attributes: int, rng: np.random.Generator) -> Chances:
    """The choices of each seed; how much its gains are perturbed, from not at all to wholly, is drawn as well."""
    spread = rng.random((seeds, 1), np.float32) ** 2
    factor = 1 - spread * rng.random((seeds, attributes), np.float32)
    stopped = rng.random(seeds) < STOPPED_SHARE
    return Chances(factor, np.where(stopped, rng.integers(1, STOPPED_LENGTH + 1, seeds), LONGEST))


def _grow_batch(seeds: Ids, gains: Gains, oracle: SupportOracle, chances: Chances) -> Ids:
    """Grow some seeds. Shape (seeds, LONGEST), padded with -1; all -1 for a seed that is not allowed."""
    done = np.full((len(seeds), LONGEST), -1, np.int32)
    batch = _begin(seeds, gains, oracle)
    chances = chances.take(batch.number)
    while len(batch.number):
        # a perturbed gain keeps its sign
        best = np.argmax(batch.gain * np.where(batch.gain > 0, chances.factor, np.float32(1)), axis=1)
        rows = np.arange(len(best))
        growing = (batch.gain[rows, best] > 0) & (batch.size < chances.limit)
        if not growing.all():
            done[batch.number[~growing]] = batch.members[~growing]
            kept = np.flatnonzero(growing)
            oracle.keep(kept)
            batch, chances, best, rows = _take(batch, kept), chances.take(kept), best[kept], np.arange(len(kept))
        allowed = oracle.add(rows, best.astype(np.int32))
        batch.gain[rows, best] = NEVER
        _extend(batch, np.flatnonzero(allowed), best[allowed], gains)
    return done


def _begin(seeds: Ids, gains: Gains, oracle: SupportOracle) -> _Batch:
    """A batch that holds the seeds, built up from empty sets."""
    sets = len(seeds)
    oracle.begin(sets)
    deepest = max(1, gains.lattice.max_length - 1)
    batch = _Batch(
        np.arange(sets),
        np.repeat(gains.table[EMPTY][None, :], sets, axis=0),
        np.full((sets, LONGEST), -1, np.int32),
        np.zeros(sets, np.intp),
        [np.zeros((sets, 1), np.intp)] + [np.zeros((sets, 0), np.intp) for _ in range(deepest - 1)],
    )
    alive = np.ones(sets, np.bool_)
    for position in range(seeds.shape[1]):
        rows = np.flatnonzero((seeds[:, position] >= 0) & alive)
        attributes = seeds[rows, position]
        allowed = oracle.add(rows, attributes) & (batch.gain[rows, attributes] > NEVER / 2)
        alive[rows[~allowed]] = False
        batch.gain[rows, attributes] = NEVER
        _extend(batch, rows[allowed], attributes[allowed], gains)
    barring, place = np.nonzero(seeds <= BARRED)
    batch.gain[barring, BARRED - seeds[barring, place]] = NEVER
    kept = np.flatnonzero(alive & (batch.size > 0))
    oracle.keep(kept)
    return _take(batch, kept)


def _extend(batch: _Batch, rows: npt.NDArray[np.intp], added: npt.NDArray[np.integer], gains: Gains) -> None:
    """Put an attribute into each given set; update its gains and the combinations within it."""
    if not len(rows):
        return
    lattice = gains.lattice
    batch.members[rows, batch.size[rows]] = added
    batch.size[rows] += 1
    fresh = []  # by length 1, 2, ...: the combinations of each set that hold the added attribute
    for numbers in batch.within:
        shorter = numbers[rows]
        longer = lattice.extensions[lattice.row_of(shorter), added[:, None]]
        fresh.append(np.where(shorter < 0, -1, longer).astype(np.intp))
    if lattice.max_length > 1:
        batch.gain[rows] += _sum_rows(fresh, gains)
        np.maximum(batch.gain, NEVER, out=batch.gain)
    for length in range(1, len(batch.within)):
        batch.within[length] = _put_behind(batch.within[length], rows, fresh[length - 1])


def _sum_rows(fresh: list[npt.NDArray[np.intp]], gains: Gains) -> Floats:
    """What each set's combinations add to the gain of every attribute. Shape (sets, attributes)."""
    total = np.zeros((len(fresh[0]), gains.lattice.attributes), np.float32)
    for numbers in fresh:
        for column in numbers.T:
            some = np.flatnonzero(column >= 0)
            if len(some) == len(column):
                total += gains.table[gains.lattice.row_of(column)]
            elif len(some):
                total[some] += gains.table[gains.lattice.row_of(column[some])]
    return total


def _put_behind(
    old: npt.NDArray[np.intp], rows: npt.NDArray[np.intp], new: npt.NDArray[np.intp]
) -> npt.NDArray[np.intp]:
    """Append to the given rows; both arrays hold their numbers first and -1 behind them."""
    used = (old[rows] >= 0).sum(axis=1)
    more = (new >= 0).sum(axis=1)
    width = max(old.shape[1], int((used + more).max()))
    wide = np.full((len(old), width), -1, np.intp)
    wide[:, : old.shape[1]] = old
    row, column = np.nonzero(new >= 0)
    wide[rows[row], used[row] + column] = new[row, column]
    return wide


def _take(batch: _Batch, kept: npt.NDArray[np.intp]) -> _Batch:
    within = [numbers[kept] for numbers in batch.within]
    return _Batch(batch.number[kept], batch.gain[kept], batch.members[kept], batch.size[kept], within)


def _to_records(grown: list[Ids]) -> Records:
    """Distinct non-empty sets as records."""
    if not grown:
        return Records.empty()
    members = np.concatenate(grown)
    lengths = (members >= 0).sum(axis=1)
    members, lengths = members[lengths > 0], lengths[lengths > 0]
    ordered = np.sort(np.where(members < 0, np.iinfo(np.int32).max, members), axis=1)
    flat = ordered[np.arange(LONGEST) < lengths[:, None]]
    made = Records(flat, offsets_of(lengths), np.ones(len(lengths), np.int64)).distinct()
    return Records(made.attributes, made.offsets, np.ones(len(made), np.int64))
