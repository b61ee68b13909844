"""What each asked record has in common with each sensitive one, for the k-synthetic test. Pure kernel.

A record r is k-synthetic exactly when its short combinations are frequent and, for every sensitive record s, the part
that r and s have in common is held by at least k subjects: every combination of r that occurs at all lies within such a
part, and is held by all who hold the part.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ctdc_spark.records.records import Ids, Records, offsets_of

TABLE_CELLS = 1 << 25
"""Cells of the membership table held at once (one byte each)."""


def intersect(sensitive: Records, asked: Records) -> Iterator[Records]:
    """The distinct non-empty parts that each asked record has in common with the sensitive ones.

    Args:
        sensitive: weighted records.
        asked: records; their weights are not used.

    Yields:
        For each asked record and block of sensitive ones, the parts as records with weight 1.
    """
    if not len(sensitive) or not len(asked):
        return
    width = 1 + int(max(asked.attributes.max(initial=0), sensitive.attributes.max(initial=0)))
    step = max(1, TABLE_CELLS // width)
    for low in range(0, len(sensitive), step):
        part = sensitive.take(np.arange(low, min(low + step, len(sensitive))))
        holds = np.zeros((len(part), width), np.bool_)
        holds[np.repeat(np.arange(len(part)), part.lengths), part.attributes] = True
        for row in range(len(asked)):
            yield _intersect_one(holds, asked.attributes[asked.offsets[row] : asked.offsets[row + 1]])


def _intersect_one(holds: np.ndarray[tuple[int, int], np.dtype[np.bool_]], record: Ids) -> Records:
    common = np.packbits(holds[:, record], axis=1)
    distinct = np.unpackbits(np.unique(common, axis=0), axis=1, count=len(record)).astype(np.bool_)
    distinct = distinct[distinct.any(axis=1)]
    lengths = distinct.sum(axis=1)
    flat = np.broadcast_to(record, distinct.shape)[distinct]
    return Records(flat.astype(np.int32), offsets_of(lengths), np.ones(len(lengths), np.int64))
