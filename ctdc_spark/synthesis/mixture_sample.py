"""Whole records drawn from a mixture, with as little chance in them as can be.

Components and the attributes within a component get their shares of the records up to one (systematic sampling, Madow
1949); chance decides only which attributes of different slots meet.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ctdc_spark.cases.records import Longs, Records, offsets_of
from ctdc_spark.synthesis.mixture import Mixture

ABSENT = -1

ROUNDED_AWAY = 1e-5
"""A chance of absence that is no more than what single precision loses."""


def sample_records(mixture: Mixture, number: int, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """Draw records.

    Args:
        mixture: the model.
        number: how many records.
        rng: decides; what it draws from is protected, so it needs no secrecy.

    Returns:
        The attribute of each slot, or ABSENT. Shape (number, slots).
    """
    component = allot(mixture.weights, number, rng)
    bounds = mixture.slots.bounds
    columns = [_draw_slot(mixture.chances[:, low:high], component, rng, low) for low, high in pairwise(bounds.tolist())]
    return np.stack(columns, axis=1)


def allot(weights: npt.NDArray[np.floating], number: int, rng: np.random.Generator) -> Longs:
    """Indices in ascending order, `number` of them, each as often as its weight says up to one."""
    edges = np.cumsum(weights, dtype=np.float64)
    points = (np.arange(number) + rng.random()) * (edges[-1] / max(1, number))
    chosen: Longs = np.minimum(np.searchsorted(edges, points, side="right"), len(weights) - 1)
    return chosen


def _draw_slot(
    chances: npt.NDArray[np.float32], component: Longs, rng: np.random.Generator, low: int
) -> npt.NDArray[np.int32]:
    """One slot's attribute of each record: dealt out in order within a component, then shuffled within it."""
    size = np.bincount(component, minlength=len(chances))
    absent = 1 - chances.sum(axis=1, dtype=np.float64)
    whole = np.column_stack([chances.astype(np.float64), np.where(absent > ROUNDED_AWAY, absent, 0)])
    values = np.append(low + np.arange(chances.shape[1]), ABSENT).astype(np.int32)
    used = whole.any(axis=0)
    dealt = _round_rows(size[:, None] * whole[:, used], size)
    values = values[used]
    drawn = np.repeat(np.tile(values, len(size)), dealt.ravel())
    return drawn[np.lexsort((rng.random(len(drawn)), component))]


def _round_rows(wanted: npt.NDArray[np.float64], totals: Longs) -> Longs:
    """Whole numbers near `wanted` with these row sums; what a row rounds away the next one makes up for."""
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


def pack_records(rows: npt.NDArray[np.int32]) -> Records:
    """Distinct weighted records from one attribute (or ABSENT) a slot."""
    present = rows != ABSENT
    records = Records(rows[present], offsets_of(present.sum(axis=1)), np.ones(len(rows), np.int64))
    return records.distinct()
