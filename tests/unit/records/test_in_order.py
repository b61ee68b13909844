"""A kernel whose rows arrive out of order fails loudly: its numbers would be wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import ctdc_spark
from ctdc_spark.cases.encode import join_parts
from ctdc_spark.combinations.counting import Counter
from ctdc_spark.combinations.plan import CountingPlan, Limits, Unit
from ctdc_spark.proof.encoding import join_equal
from ctdc_spark.proof.gate import _marked, count_unit_support
from ctdc_spark.records.blocks import pack_block
from ctdc_spark.records.in_order import OutOfOrderError, group_in_order
from ctdc_spark.records.records import Records, offsets_of

Kernel = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]

ROOT = Path(ctdc_spark.__file__).parent

GROUPS_ITSELF = {
    "records/in_order.py",
    "proof/gathering.py",
    "differential_privacy/measuring.py",  # mechanisms, which are in memory
    "differential_privacy/domain.py",  # the dictionary
    "synthesis/mixture/loss.py",  # tables, which are in memory
}
"""Modules that call `itertools.groupby`."""


def make_records(*rows: list[int]) -> Records:
    lengths = np.array([len(row) for row in rows], np.int64)
    attributes = np.array([attribute for row in rows for attribute in row], np.int32)
    return Records(attributes, offsets_of(lengths), np.ones(len(rows), np.int64))


def block(unit: int) -> pa.RecordBatch:
    return pack_block(unit, make_records([0, 1], [1]))


PLAN = CountingPlan((Unit((), 0, 1), Unit((), 1, 2)), Limits(1, 2), attributes=2, records=2, cost=3.0, largest_unit=3)

KERNELS: dict[str, Kernel] = {
    "counting": Counter(PLAN),
    "encoding": join_parts,
    "encoding of the proof": join_equal,
}


@pytest.mark.parametrize("name", KERNELS)
def test_units_out_of_order_are_refused(name: str) -> None:
    assert list(KERNELS[name]([block(0), block(0), block(1)]))
    for units in ([1, 0], [0, 1, 0]):
        with pytest.raises(RuntimeError, match="rows of unit 0 came after those of unit 1"):
            list(KERNELS[name]([block(unit) for unit in units]))


def test_questions_of_the_gate_come_before_the_records() -> None:
    question, records = _marked(block(0), asked=True), _marked(block(0), asked=False)
    (answered,) = count_unit_support([question, records])
    assert answered.column(1).to_pylist() == [1, 2]
    with pytest.raises(RuntimeError, match="questions of unit 0 came after its records"):
        list(count_unit_support([records, question]))
    with pytest.raises(RuntimeError, match="rows of unit 0 came after those of unit 1"):
        list(count_unit_support([_marked(block(1), asked=True), question]))


def test_keys_may_be_tuples_and_have_to_ascend() -> None:
    rows = [(1, 0), (1, 1), (2, 0)]
    assert [key for key, _ in group_in_order(rows, lambda row: row)] == rows
    with pytest.raises(OutOfOrderError):
        list(group_in_order([(1, 1), (1, 0)], lambda row: row))


def test_no_other_module_trusts_the_order_of_rows() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        if re.search(r"(?<![\w.])groupby\(", path.read_text(encoding="utf-8"))
    }
    assert found == GROUPS_ITSELF
