"""How many subjects hold all attributes of a given record: the question every guarantee comes down to. Pure kernel.

The asked records form a prefix tree. From its root, pairs (node, sensitive record that holds the node's prefix) are
carried down level by level; a pair survives in a child if the sensitive record holds the child's attribute too.
This shares no code with the counting engine or the synthesizer, so a fault in those cannot hide here.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ctdc_spark.records.records import Ids, Longs, Records

TABLE_CELLS = 1 << 25
"""Cells of the membership table held at once (one byte each)."""

STEP_PAIRS = 1 << 15
"""Pairs carried down in one step. A level holds about 40 bytes for each, and a record of 27 attributes has 27 levels.

This few stay in the processor's cache: a million at once took three times as long, and 600 MB.
"""

PADDING = -1


@dataclass(frozen=True)
class _Level:
    """Nodes of one depth: the attribute that leads to each, and which nodes of the next level are its children."""

    attribute: Ids  # (nodes,)
    first_child: npt.NDArray[np.intp]  # (nodes,)
    children: npt.NDArray[np.intp]  # (nodes,)
    asked: npt.NDArray[np.intp]  # (nodes,): the asked record that ends here, or PADDING


def count_support(sensitive: Records, asked: Records) -> Longs:
    """Count the subjects whose record contains each asked record.

    Args:
        sensitive: weighted records.
        asked: distinct records of at least one attribute; their weights are not used.

    Returns:
        Subjects for each asked record. Shape (asked,).
    """
    counts = np.zeros(len(asked), np.int64)
    if not len(asked) or not len(sensitive):
        return counts
    if int(asked.lengths.min()) == 0:
        raise ValueError("an asked record needs at least one attribute")
    levels = _build_tree(asked)
    width = 1 + int(max(asked.attributes.max(), sensitive.attributes.max(initial=0)))
    step = max(1, TABLE_CELLS // width)
    for low in range(0, len(sensitive), step):
        part = sensitive.take(np.arange(low, min(low + step, len(sensitive))))
        holds = np.zeros((len(part), width), np.bool_)
        holds[np.repeat(np.arange(len(part)), part.lengths), part.attributes] = True
        for node, attribute in enumerate(levels[0].attribute):
            rows = np.flatnonzero(holds[:, attribute])
            _descend(levels, 0, (np.full(len(rows), node), rows), (holds, part.weights, counts))
    return counts


def _descend(
    levels: list[_Level],
    depth: int,
    pairs: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]],
    into: tuple[npt.NDArray[np.bool_], Longs, Longs],
) -> None:
    """Count the asked records that end at this depth, then carry the pairs (node, sensitive record) down."""
    node, row = pairs
    holds, weights, counts = into
    level = levels[depth]
    ends = level.asked[node]
    here = ends != PADDING
    if here.any():
        np.add.at(counts, ends[here], weights[row[here]])
    total = np.cumsum(level.children[node])
    if not len(total) or not total[-1]:
        return
    cuts = np.searchsorted(total, np.arange(STEP_PAIRS, int(total[-1]), STEP_PAIRS))
    edges = np.unique(np.concatenate([[0], cuts, [len(node)]]))
    for low, high in itertools.pairwise(edges):
        some = slice(int(low), int(high))
        fan = level.children[node[some]]
        starts = np.cumsum(fan) - fan
        child = np.arange(int(fan.sum())) + np.repeat(level.first_child[node[some]] - starts, fan)
        below = np.repeat(row[some], fan)
        held = holds[below, levels[depth + 1].attribute[child]]
        _descend(levels, depth + 1, (child[held], below[held]), into)


def _build_tree(asked: Records) -> list[_Level]:
    """The prefix tree of the asked records, level by level, nodes in lexicographic order."""
    lengths = asked.lengths
    longest = int(lengths.max())
    padded = np.full((len(asked), longest), PADDING, np.int64)
    padded[np.repeat(np.arange(len(asked)), lengths), _position_in_record(asked)] = asked.attributes
    order = np.lexsort(padded.T[::-1])
    padded, lengths = padded[order], lengths[order]
    levels: list[_Level] = []
    differs = np.zeros(len(asked), np.bool_)
    differs[0] = True
    node_of = np.full(len(asked), 0)  # (asked,): the node of the level above, to which each record belongs
    for depth in range(longest):
        differs[1:] |= padded[1:, depth] != padded[:-1, depth]
        present = padded[:, depth] != PADDING
        starts = np.flatnonzero(differs & present)
        if levels:
            above = node_of[starts]
            children = np.bincount(above, minlength=len(levels[-1].attribute))
            levels[-1] = _Level(levels[-1].attribute, np.cumsum(children) - children, children, levels[-1].asked)
        number = np.cumsum(differs & present) - 1
        ends = np.full(len(starts), PADDING)
        last = np.flatnonzero(lengths == depth + 1)
        ends[number[last]] = order[last]
        none = np.zeros(len(starts), np.intp)
        levels.append(_Level(padded[starts, depth].astype(np.int32), none, none, ends))
        node_of = number
    return levels


def _position_in_record(records: Records) -> npt.NDArray[np.intp]:
    """For each cell its position within its record. Shape (cells,)."""
    return np.arange(len(records.attributes)) - np.repeat(records.offsets[:-1], records.lengths)
