from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest

from ctdc_spark.records.records import Records
from ctdc_spark.synthesis.oracle import bitmaps
from ctdc_spark.synthesis.oracle.bitmaps import (
    Words,
    join_bitmaps,
    pack_bitmaps,
    split_subjects,
    to_bitmaps,
    unpack_rows,
)
from tests.oracles.random_records import random_records

WIDTH = 40


def read_bits(words: Words) -> list[tuple[int, ...]]:
    """The attributes of each subject, in ascending order, without subjects that hold nothing and padding."""
    bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")
    subjects = [tuple(np.flatnonzero(column).tolist()) for column in bits.T]
    return sorted(subject for subject in subjects if subject)


def written_out(records: Records) -> list[tuple[int, ...]]:
    rows = [tuple(row) for row in records.to_arrow().to_pylist()]
    return sorted(row for row, weight in zip(rows, records.weights.tolist(), strict=True) for _ in range(weight) if row)


@pytest.mark.parametrize("seed", range(10))
def test_bits_are_the_subjects(seed: int) -> None:
    records, _ = random_records(seed)
    assert read_bits(to_bitmaps(records, WIDTH)) == written_out(records)


@pytest.mark.parametrize("most", [1, 7, 64, 100_000])
def test_parts_hold_each_subject_once(most: int) -> None:
    records = Records.from_lists([[0, 3], [], [1], [2, 5], [4]], [5, 2, 70, 1, 3])
    parts = list(split_subjects(records, most))
    assert all(0 < part.weights.sum() <= most and (part.weights > 0).all() for part in parts)
    assert len(parts) == -(-81 // most)
    assert sorted(row for part in parts for row in written_out(part)) == written_out(records)
    assert sum(int(part.weights.sum()) for part in parts) == 81


def test_nobody_has_no_rows() -> None:
    assert list(pack_bitmaps(0, Records.empty(), WIDTH)) == []


@pytest.mark.parametrize("seed", range(5))
def test_what_travels_in_many_rows_comes_together(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bitmaps, "PART_BYTES", WIDTH * 8)  # 64 subjects
    units = {3: random_records(seed)[0], 5: Records.from_lists([[1, 2], [39]], [1_000, 1])}
    batches = [batch for unit, records in units.items() for batch in pack_bitmaps(unit, records, WIDTH)]
    assert len(batches) > 1 + 1_001 // 64
    found = {
        unit: join_bitmaps([part for _, part in rows], WIDTH)
        for unit, rows in groupby(unpack_rows(batches), key=lambda row: row[0])
    }
    assert {unit: read_bits(words) for unit, words in found.items()} == {
        unit: written_out(records) for unit, records in units.items()
    }
