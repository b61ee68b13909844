from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from ctdc_spark.proof import intersections, subsets
from ctdc_spark.proof.intersections import intersect
from ctdc_spark.proof.subsets import cut_to_length
from ctdc_spark.records.records import Records
from tests.oracles.random_records import random_records


def written(records: Records) -> list[tuple[int, ...]]:
    edges = zip(records.offsets[:-1], records.offsets[1:], strict=True)
    return [tuple(records.attributes[a:b].tolist()) for a, b in edges]


@pytest.mark.parametrize("cells", [7, 4_000_000])
@pytest.mark.parametrize("length", [1, 2, 3, 5])
@pytest.mark.parametrize("seed", range(6))
def test_cut_sets_are_those_of_brute_force(seed: int, length: int, cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subsets, "MOST_CELLS", cells)
    records, _ = random_records(seed)
    expected = {part for row in written(records) if row for part in combinations(row, min(length, len(row)))}
    assert {row for part in cut_to_length(records, length) for row in written(part)} == expected


@pytest.mark.parametrize("cells", [20, 1 << 25])
@pytest.mark.parametrize("seed", range(6))
def test_common_parts_are_those_of_brute_force(seed: int, cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intersections, "TABLE_CELLS", cells)
    records, _ = random_records(seed)
    asked = records.take(np.arange(0, len(records), 7))
    expected = {tuple(sorted(set(a) & set(s))) for a in written(asked) for s in written(records)} - {()}
    assert {row for part in intersect(records, asked) for row in written(part)} == expected


def test_nothing_in_common_with_nobody() -> None:
    assert list(intersect(Records.empty(), Records.from_lists([[0]]))) == []
    assert [len(part) for part in intersect(Records.from_lists([[1]]), Records.from_lists([[0]]))] == [0]
