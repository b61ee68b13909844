"""Whole records drawn from a mixture, with as little randomness as possible.

Components and the attributes within a component get their shares of the records to within one record (systematic
sampling, Madow 1949); chance decides only which attributes of different slots meet.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ctdc_spark.differential_privacy.cells import Slots
from ctdc_spark.records.records import Longs, Records, offsets_of
from ctdc_spark.synthesis.mixture.mixture import Mixture

ABSENT = -1

ROUNDED_AWAY = 1e-5
"""A chance of absence this small is only a rounding error of single precision."""


def sample_records(mixture: Mixture, number: int, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """Draw records.

    Args:
        mixture: the model.
        number: how many records.
        rng: decides; what it draws from is protected, so it need not be secret.

    Returns:
        The attribute of each slot, or ABSENT. Shape (number, slots).
    """
    return shuffle_dealt(deal_records(mixture, number, rng), mixture.slots, rng)


def deal_records(mixture: Mixture, number: int, rng: np.random.Generator) -> Longs:
    """How many of `number` records each component gets, how many of these have each attribute, and how many none.

    Returns:
        Shape (components, 1 + attributes + slots): a component's records; those with each attribute; those in which
        each slot is absent.
    """
    sizes = np.bincount(allot(mixture.weights, number, rng), minlength=len(mixture.weights))
    slots = [_deal_slot(mixture.chances[:, low:high], sizes) for low, high in pairwise(mixture.slots.bounds.tolist())]
    present, absent = [slot[:, :-1] for slot in slots], [slot[:, -1:] for slot in slots]
    return np.concatenate([sizes[:, None], *present, *absent], axis=1)


def shuffle_dealt(dealt: Longs, slots: Slots, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """The records of some components: within each, chance decides which attributes of different slots meet.

    Args:
        dealt: rows of `deal_records`.
        slots: the shape of the records.
        rng: decides.

    Returns:
        The attribute of each slot, or ABSENT. Shape (records, slots).
    """
    component = np.repeat(np.arange(len(dealt)), dealt[:, 0])
    columns = []
    for slot, (low, high) in enumerate(pairwise(slots.bounds.tolist())):
        values = np.append(np.arange(low, high), ABSENT).astype(np.int32)
        counts = np.column_stack([dealt[:, 1 + low : 1 + high], dealt[:, 1 + slots.attributes + slot]])
        ordered = np.repeat(np.tile(values, len(dealt)), counts.ravel())
        columns.append(ordered[np.lexsort((rng.random(len(ordered)), component))])
    return np.stack(columns, axis=1)


def allot(weights: npt.NDArray[np.floating], number: int, rng: np.random.Generator) -> Longs:
    """Indices in ascending order, `number` of them, each as often as its weight implies, to within one."""
    edges = np.cumsum(weights, dtype=np.float64)
    points = (np.arange(number) + rng.random()) * (edges[-1] / max(1, number))
    chosen: Longs = np.minimum(np.searchsorted(edges, points, side="right"), len(weights) - 1)
    return chosen


def _deal_slot(chances: npt.NDArray[np.float32], sizes: Longs) -> Longs:
    """Records of each component with each attribute of a slot, and without any in the last column."""
    absent = 1 - chances.sum(axis=1, dtype=np.float64)
    whole = np.column_stack([chances.astype(np.float64), np.where(absent > ROUNDED_AWAY, absent, 0)])
    used = whole.any(axis=0)
    dealt = np.zeros(whole.shape, np.int64)
    dealt[:, used] = _round_rows(sizes[:, None] * whole[:, used], sizes)
    return dealt


def _round_rows(wanted: npt.NDArray[np.float64], totals: Longs) -> Longs:
    """Whole numbers near `wanted` with these row sums; each row makes up for what the previous one rounded away."""
    rounded = np.zeros(wanted.shape, np.int64)
    owed = np.zeros(wanted.shape[1])
    for row, total in enumerate(totals.tolist()):
        owed += wanted[row]
        given = np.floor(np.clip(owed, 0, total)).astype(np.int64)
        spare = total - int(given.sum())
        order = np.argsort(owed - given)
        if spare >= 0:
            given[order[::-1][:spare]] += 1  # fewer than there are values, up to rounding
        while spare < 0:
            holders = order[given[order] > 0][:-spare]
            given[holders] -= 1
            spare += len(holders)
        given[order[-1]] += total - int(given.sum())
        rounded[row] = given
        owed -= given
    return rounded


def distinct_records(rows: npt.NDArray[np.int32]) -> Records:
    """Distinct weighted records from one attribute (or ABSENT) per slot."""
    present = rows != ABSENT
    records = Records(rows[present], offsets_of(present.sum(axis=1)), np.ones(len(rows), np.int64))
    return records.distinct()
