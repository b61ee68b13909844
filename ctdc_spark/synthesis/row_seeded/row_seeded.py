"""Row-seeded synthesis: sub-records of the sensitive records, each shared by at least k subjects, in multiples of k.

One round grows a prefix tree over the slots in a random order: within a group of records that agree so far, a value is
kept if at least k subjects have it; otherwise the slot is dropped for those records. Every leaf is therefore a set of
attributes that at least k subjects hold together (strict), and is published floor(subjects / k) * k times, so that its
multiplicity reveals no more than a protected count does. What a round does not use, attributes and subjects alike, goes
into the next one.

A *slot* is a column, or a single attribute where a column may hold several values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ctdc_spark.records.records import Ids, Longs, Records, concatenate, offsets_of

ROUNDS = 24
"""The most rounds; the last ones find little, as ever fewer attributes are left."""

ABSENT = -1


@dataclass(frozen=True)
class _Table:
    """Records as a table: `cells[i, slot]` is an attribute id or ABSENT. Shapes (records, slots) and (records,)."""

    cells: Ids
    weights: Longs


def slots_of(column_of: npt.NDArray[np.integer], multi_valued: frozenset[int]) -> Ids:
    """The slot of each attribute: one per single-valued column, and one per attribute of the other columns.

    Args:
        column_of: column index of each attribute. Shape (attributes,).
        multi_valued: columns in which one record may hold several values.

    Returns:
        Slot numbers 0, 1, ... ordered by each slot's lowest attribute, so the order of columns makes no difference.
        Shape (attributes,).
    """
    keys = [(int(c), i if int(c) in multi_valued else -1) for i, c in enumerate(column_of)]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys], np.int32)


def synthesize_rows(records: Records, slots: Ids, threshold: int, rng: np.random.Generator) -> Records:
    """Make synthetic records from a block of sensitive ones.

    Args:
        records: distinct weighted records.
        slots: slot of each attribute, from `slots_of`. Shape (attributes,).
        threshold: k; every result is contained in at least k subjects' records.
        rng: decides the order of the slots in each round.

    Returns:
        Distinct records whose weight, a multiple of k, is the number of copies.
    """
    table = _to_table(records, slots)
    found: list[Records] = []
    for _ in range(ROUNDS):
        if not len(table.weights):
            break
        kept = _grow(table, rng.permutation(table.cells.shape[1]), threshold)
        emitted, table = _emit(table, kept, threshold)
        if not len(emitted):
            break
        found.append(emitted)
    return concatenate(found).distinct()


def _to_table(records: Records, slots: Ids) -> _Table:
    cells = np.full((len(records), int(slots.max(initial=-1)) + 1), ABSENT, np.int32)
    cells[np.repeat(np.arange(len(records)), records.lengths), slots[records.attributes]] = records.attributes
    return _merge(cells, records.weights)


def _grow(table: _Table, order: npt.NDArray[np.integer], threshold: int) -> npt.NDArray[np.bool_]:
    """Which cells the prefix tree keeps. Shape (records, slots)."""
    kept = np.zeros(table.cells.shape, np.bool_)
    group = np.zeros(len(table.weights), np.int64)
    for slot in order:
        value = table.cells[:, slot].astype(np.int64)
        low = ABSENT
        span = int(value.max()) - low + 1
        _, branch = np.unique(group * span + (value - low), return_inverse=True)
        subjects = np.bincount(branch, table.weights)
        frequent = (subjects[branch] >= threshold) & (value != ABSENT)
        kept[:, slot] = frequent
        # rare values share one branch with the absent ones: the slot is dropped for all of them
        _, group = np.unique(np.where(frequent, group * span + (value - low), group * span), return_inverse=True)
    return kept


def _emit(table: _Table, kept: npt.NDArray[np.bool_], threshold: int) -> tuple[Records, _Table]:
    """Take out floor(subjects / k) * k copies of every leaf; return them and the remaining table."""
    leaves = np.where(kept, table.cells, ABSENT)
    distinct, leaf = np.unique(leaves, axis=0, return_inverse=True)
    leaf = leaf.ravel()
    subjects = np.bincount(leaf, table.weights).astype(np.int64)
    copies = subjects // threshold * threshold
    copies[np.all(distinct == ABSENT, axis=1)] = 0
    taken = _take_first(leaf, table.weights, copies)
    rest = np.where(kept, ABSENT, table.cells)
    left = _merge(np.concatenate([rest, table.cells]), np.concatenate([taken, table.weights - taken]))
    used = np.flatnonzero(copies)
    return _to_records(distinct[used], copies[used]), left


def _take_first(leaf: npt.NDArray[np.integer], weights: Longs, copies: Longs) -> Longs:
    """How many subjects of each record are used if each leaf uses its first `copies` subjects. Shape (records,)."""
    order = np.argsort(leaf, kind="stable")
    ends = np.cumsum(weights[order])
    starts = ends - weights[order]
    first_of_leaf = np.concatenate([[0], np.cumsum(np.bincount(leaf, weights).astype(np.int64))[:-1]])
    taken = np.empty_like(weights)
    taken[order] = np.clip(copies[leaf[order]] - (starts - first_of_leaf[leaf[order]]), 0, weights[order])
    return taken


def _merge(cells: Ids, weights: Longs) -> _Table:
    """Identical records merged, without those that hold nothing or stand for nobody, in order of their contents."""
    alive = (weights > 0) & (cells != ABSENT).any(axis=1) if cells.size else np.zeros(len(weights), np.bool_)
    if not alive.any():
        return _Table(cells[:0], weights[:0])
    distinct, index = np.unique(cells[alive], axis=0, return_inverse=True)
    return _Table(distinct, np.bincount(index.ravel(), weights[alive]).astype(np.int64))


def _to_records(cells: Ids, copies: Longs) -> Records:
    present = cells != ABSENT
    ordered = np.sort(np.where(present, cells, np.iinfo(np.int32).max), axis=1)
    lengths = present.sum(axis=1)
    return Records(ordered[np.arange(cells.shape[1]) < lengths[:, None]], offsets_of(lengths), copies)
