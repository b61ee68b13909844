"""The kernels behind a page: encoding of rows, counting of reported combinations, packing of arrays, limits."""

from __future__ import annotations

import base64
import zlib

import numpy as np
import pyarrow as pa
import pytest

from ctdc_spark.explorer import estimates, limits
from ctdc_spark.explorer.arrays import PackedArrays, fold_signs, pack_arrays, wrap_differences
from ctdc_spark.explorer.encoding import combinations_encoder, records_encoder
from ctdc_spark.explorer.estimates import count_reported
from ctdc_spark.explorer.payload import sort_records
from ctdc_spark.records.blocks import unpack_blocks
from ctdc_spark.records.records import Records
from tests.oracles.explorer_sample import COLUMNS, Sample
from tests.oracles.random_records import random_records


def test_rows_become_the_records_they_say(sample: Sample) -> None:
    cells = [{c: "|".join(sorted(v for k, v in row if k == c)) or None for c in COLUMNS} for row in sample.rows]
    batches = [
        pa.RecordBatch.from_pylist(part, pa.schema([(c, pa.string()) for c in COLUMNS]))
        for part in (cells[:250], cells[250:])
    ]
    encode = records_encoder(sample.data.layout, ["|" if c == "work" else None for c in COLUMNS])
    records = [records for _, records in unpack_blocks(encode(batches))]
    assert as_bag(*records) == as_bag(sample.data.records)


def test_combinations_become_ascending_ids(sample: Sample) -> None:
    rows = [
        {"combination": [{"column": c, "value": v} for c, v in sorted(pairs)], "n": n}
        for pairs, n in sample.actual.items()
    ]
    pair = pa.struct([("column", pa.string()), ("value", pa.string())])
    batch = pa.RecordBatch.from_pylist(rows, pa.schema([("combination", pa.list_(pair)), ("n", pa.int64())]))
    [(_, found)] = unpack_blocks(combinations_encoder(sample.data.layout)([batch]))
    expected = {
        tuple(c): n
        for block in sample.data.reported
        for c, n in zip(block.combinations.tolist(), block.actual, strict=True)
    }
    lists = np.split(found.attributes, found.offsets[1:-1])
    assert {tuple(ids.tolist()): n for ids, n in zip(lists, found.weights, strict=True)} == expected


def test_a_value_that_nobody_published_is_told_by_its_column(sample: Sample) -> None:
    batch = pa.RecordBatch.from_pylist(
        [{**dict.fromkeys(COLUMNS), "gender": "?"}], pa.schema([(c, pa.string()) for c in COLUMNS])
    )
    [(_, records)] = unpack_blocks(records_encoder(sample.data.layout, [None] * len(COLUMNS))([batch]))
    assert records.attributes.tolist() == [len(sample.data.layout.attributes) + COLUMNS.index("gender")]


def as_bag(*parts: Records) -> dict[tuple[int, ...], int]:
    bag: dict[tuple[int, ...], int] = {}
    for records in parts:
        lists = np.split(records.attributes, records.offsets[1:-1])
        for ids, weight in zip(lists, records.weights, strict=True):
            bag[tuple(ids.tolist())] = bag.get(tuple(ids.tolist()), 0) + int(weight)
    return bag


def test_estimates_are_those_counted_one_by_one(sample: Sample) -> None:
    tables = {block.combinations.shape[1]: block.combinations for block in sample.data.reported}
    counted = count_reported(sample.data.records, tables)
    for block in sample.data.reported:
        assert counted[block.combinations.shape[1]].tolist() == block.estimated.tolist()


@pytest.mark.parametrize("cells", [estimates.TABLE_CELLS, 0], ids=["table", "bisection"])
def test_estimates_of_any_combinations_whatever_their_prefixes(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    monkeypatch.setattr(estimates, "TABLE_CELLS", cells)
    rng = np.random.default_rng(2)
    rows = [sorted(rng.choice(14, rng.integers(0, 9), replace=False).tolist()) for _ in range(200)]
    weights = rng.integers(1, 5, len(rows)).tolist()
    tables = {}
    for length in (1, 2, 4, 5):  # no length 3: prefixes that are not counted themselves; 14 and 15 occur nowhere
        drawn = {tuple(sorted(rng.choice(16, length, replace=False).tolist())) for _ in range(60)}
        tables[length] = np.array(sorted(drawn), np.int32)
    counted = count_reported(Records.from_lists(rows, weights), tables)
    for length, table in tables.items():
        expected = [sum(w for row, w in zip(rows, weights, strict=True) if set(c) <= set(row)) for c in table.tolist()]
        assert counted[length].tolist() == expected


def test_estimates_without_records_are_nought() -> None:
    assert count_reported(Records.empty(), {1: np.array([[0]], np.int32)})[1].tolist() == [0]


def unpack(packed: PackedArrays) -> dict[str, list[int]]:
    """As the page's script does it."""
    data = zlib.decompress(base64.b64decode(packed.text), -15)
    arrays, at = {}, 0
    for name, (width, length) in packed.directory.items():
        planes = np.frombuffer(data[at : at + width * length], np.uint8).reshape(width, length)
        arrays[name] = sum(planes[i].astype(np.int64) << 8 * i for i in range(width)).tolist() if length else []
        at += width * length
    return arrays


def test_packed_arrays_can_be_unpacked() -> None:
    arrays = {"small": [0, 255], "none": [], "wide": [65536, 0, 2**32 - 1], "middle": [256, 3]}
    packed = pack_arrays({name: np.array(values, np.int64) for name, values in arrays.items()})
    assert unpack(packed) == arrays
    assert {name: width for name, (width, _) in packed.directory.items()} == {
        "small": 1,
        "none": 1,
        "wide": 4,
        "middle": 2,
    }


@pytest.mark.parametrize("number", [-1, 2**32])
def test_numbers_that_the_page_cannot_hold_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match=r"array a: numbers must lie between 0 and 2\^32 - 1"):
        pack_arrays({"a": np.array([number])})


def test_differences_and_folded_signs_can_be_undone() -> None:
    numbers = np.array([7, 7, 65535, 0, 300])
    assert np.cumsum(wrap_differences(numbers, 2), dtype=np.uint16).tolist() == numbers.tolist()
    assert fold_signs(np.array([0, -1, 1, -2, 2])).tolist() == [0, 1, 2, 3, 4]


def test_records_are_sorted_by_what_they_hold() -> None:
    records = sort_records(random_records(3)[0])
    lists = [ids.tolist() for ids in np.split(records.attributes, records.offsets[1:-1])]
    assert lists == sorted(lists)


def test_longer_lengths_go_before_a_page_grows_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_COMBINATIONS", 100)
    assert limits.choose_length({1: 10, 2: 50, 3: 40}, 3) == 3
    assert limits.choose_length({1: 10, 2: 50, 3: 41, 4: 1}, 4) == 2
    assert limits.choose_length({1: 101}, 3) == 1
    assert limits.choose_length({}, -1) == 1
    assert limits.choose_length({1: 10, 2: 50}, -1) == 2
    assert limits.choose_length({}, 3) == 3  # nothing is reported, so all of it is on the page
    assert limits.choose_length({1: 10}, 3) == 3


def test_a_sample_is_about_as_large_as_allowed() -> None:
    assert limits.sampling_bound(limits.MAX_RECORDS) is None
    bound = limits.sampling_bound(4 * limits.MAX_RECORDS)
    assert bound is not None
    assert int(bound, 16) == 2**30
