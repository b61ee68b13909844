"""From packed values to distinct weighted records of attribute ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ctdc_spark.cases.coverage import COVERED, attach, count_covered, join_covered
from ctdc_spark.engine.partitioning import partition_by_unit
from ctdc_spark.records.blocks import ENCODED_RECORDS, STORED_CELLS, UNIT_BLOCKS, pack_block, pack_pieces, unpack_blocks
from ctdc_spark.records.in_order import group_in_order
from ctdc_spark.records.records import Ids, Records, concatenate, narrow, offsets_of, rows_by_number, unpack_numbers

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.cases.pack import PackedCases
    from ctdc_spark.records.coverage import Scope
    from ctdc_spark.records.dictionary import Dictionary

PART_CELLS = 4_000_000
"""Cells (subjects x columns) of the records that are brought together as one part: some 100 MB meanwhile."""

NOT_FREQUENT = -1

ArrowKernel = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]


def encode_cases(packed: PackedCases, dictionary: Dictionary, subjects: int, scopes: Sequence[Scope] = ()) -> DataFrame:
    """Replace values by attribute ids and count identical records once.

    Args:
        packed: the cases.
        dictionary: the attributes; other values are left out.
        subjects: about how many there are; decides in how many parts equal records are brought together.
        scopes: columns for which subjects with a value are counted in the same pass.

    Returns:
        ENCODED_RECORDS, each record once. A subject without any frequent attribute is an empty record: it still counts
        as a subject. With scopes the column COVERED is beside them.
    """
    cells = subjects * len(packed.columns)
    parts = 1 + cells // PART_CELLS
    encode, join = encoder(dictionary, parts, scopes), partial(join_covered, join=join_parts) if scopes else join_parts
    block, record = (f"{kind}, {COVERED}" if scopes else kind for kind in (UNIT_BLOCKS, ENCODED_RECORDS))
    blocks = packed.frame.select("subjects", "values", "rows", "codes")
    if parts == 1:
        return blocks.coalesce(1).mapInArrow(lambda batches: join(encode(batches)), record)
    # one row per block -> (part, its records of one block) -> one row or a few per part
    return partition_by_unit(blocks.mapInArrow(encode, block), parts).mapInArrow(join, record)


def encoder(dictionary: Dictionary, parts: int, scopes: Sequence[Scope] = ()) -> ArrowKernel:
    """A kernel that encodes blocks of PACKED_CASES (subjects, values, rows, codes) by this dictionary.

    It yields UNIT_BLOCKS, with COVERED beside them if there are scopes; identical records belong to one part, whichever
    block they come from.
    """
    ids: list[dict[str, int]] = [{} for _ in dictionary.columns]
    for attribute, (column, value) in enumerate(zip(dictionary.column_of, dictionary.values, strict=True)):
        ids[column][value] = attribute

    def encode(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for block in batch.to_pylist():
                held = [unpack_numbers(rows) for rows in block["rows"]]
                cells = [
                    _look_up(values, rows, unpack_numbers(codes), of_column)
                    for values, rows, codes, of_column in zip(block["values"], held, block["codes"], ids, strict=True)
                ]
                records = _to_records(cells, block["subjects"]).condense()
                packed = map(pack_block, range(parts), _split(records, parts))
                if not scopes:
                    yield from packed
                    continue
                yield from attach(packed, count_covered(held, [row for row, _ in cells], block["subjects"], scopes))

    return encode


def join_parts(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Bring together the records of each part, which arrive together: from UNIT_BLOCKS to ENCODED_RECORDS."""
    for _, blocks in group_in_order(unpack_blocks(batches), key=lambda block: block[0]):
        records = concatenate([records for _, records in blocks]).distinct()
        yield from pack_pieces(records, 1 + len(records.attributes) // STORED_CELLS)


def _split(records: Records, parts: int) -> list[Records]:
    """Split records by content: the part a record belongs to is a function of its attributes."""
    if parts == 1:
        return [records]
    part = (records.content_hash(1) % np.uint64(parts)).astype(np.int64)
    return [records.take(rows) for rows in rows_by_number(part, parts)]


def _look_up(
    values: list[str], row: npt.NDArray[np.integer], code: npt.NDArray[np.integer], ids: dict[str, int]
) -> tuple[npt.NDArray[np.integer], Ids]:
    """The (row, attribute id) of each frequent value of a column in a block."""
    found = np.array([ids.get(value, NOT_FREQUENT) for value in values], np.int32)[code]
    frequent = found != NOT_FREQUENT
    return row[frequent], found[frequent]


def _to_records(cells: list[tuple[npt.NDArray[np.integer], Ids]], rows: int) -> Records:
    """Records of these cells, sorted by row and attribute: two radix sorts where both have few bits."""
    row, attribute = (np.concatenate(parts) for parts in zip(*cells, strict=True))
    order = np.lexsort((narrow(attribute), narrow(row)))
    offsets = offsets_of(np.bincount(row, minlength=rows))
    return Records(attribute[order], offsets, np.ones(rows, np.int64))
