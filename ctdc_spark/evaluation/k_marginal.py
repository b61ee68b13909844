"""The k-marginal score against the sensitive records themselves. Restricted: it stays in the sensitive place.

score = 1000 * (1 - mean total variation distance over sets of 2 and 3 columns), as in NIST's SDNist. It comes with the
score of two random halves of the sensitive data against each other, which shows what is lost by chance alone. Both are
computed from exact records, and a reader who knew them, even rounded, could work back to single people's values
(`tests/attacks/test_k_marginal.py`). What is published is `reported_marginals`, from protected counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ctdc_spark.evaluation.marginals import (
    SIDES,
    Cells,
    choose_column_sets,
    join_cells,
    measure_distances,
    rank_columns,
    split_in_half,
    tabulate,
)
from ctdc_spark.records.blocks import gather
from ctdc_spark.records.records import Records

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row

    from ctdc_spark.evaluation.metrics import MetricRow
    from ctdc_spark.records.dictionary import Dictionary

Chunks = list[list[tuple[int, ...]]]
"""Sets of columns in groups of CHUNK."""

TABLES = "chunk int, sets binary, keys binary, weights binary"
DISTANCES = "size int, synthetic double, halves double"

CHUNK = 50
"""Sets of columns whose cells travel together."""

SYNTHETIC, SENSITIVE = 0, 1


def score_marginals(synthetic: DataFrame, sensitive: DataFrame, dictionary: Dictionary, seed: int) -> list[MetricRow]:
    """The score by size of the sets and over both sizes, and the same for two halves of the sensitive records.

    Args:
        synthetic: SYNTHETIC_RECORDS.
        sensitive: ENCODED_RECORDS.
        dictionary: states which column each attribute belongs to.
        seed: draws the halves.

    Returns:
        Rows of METRICS, none of which may be published; empty with fewer than two columns.
    """
    column_sets = choose_column_sets(len(dictionary.columns))
    if not column_sets:
        return []
    chunks = [column_sets[low : low + CHUNK] for low in range(0, len(column_sets), CHUNK)]
    column_of = rank_columns(dictionary)
    # (attributes, weight) -> (chunk, cells of one task) -> (size of the set, two distances)
    cells = [
        records.mapInArrow(Tabulator(chunks, column_of, (side, seed)), TABLES)
        for records, side in ((synthetic, SYNTHETIC), (sensitive, SENSITIVE))
    ]
    gathered = cells[0].unionByName(cells[1]).repartition(len(chunks), "chunk").sortWithinPartitions("chunk")
    distances = gathered.mapInArrow(DistanceMeasurer(chunks), DISTANCES)
    rows = distances.collect()  # one for each set of columns
    table = [
        (size, *_add_up(row for row in rows if row["size"] == size)) for size in sorted({row["size"] for row in rows})
    ]
    everything = (None, len(column_sets), *_add_up(rows)[1:])
    return [
        (name, "sensitive", size, None, None, 1000 * (1 - total / number))
        for size, number, made, halves in [*table, everything]
        for name, total in (("k_marginal", made), ("k_marginal_half_split", halves))
    ]


def _add_up(rows: Iterable[Row]) -> tuple[int, float, float]:
    """How many sets there are, and the sums of both distances, independent of the order of the rows."""
    pairs = [(row["synthetic"], row["halves"]) for row in rows]
    return len(pairs), math.fsum(made for made, _ in pairs), math.fsum(halves for _, halves in pairs)


class Tabulator:
    """Count the cells of all column sets in the records of one partition."""

    def __init__(
        self,
        chunks: list[list[tuple[int, ...]]],
        column_of: np.ndarray[tuple[int], np.dtype[np.int32]],
        of: tuple[int, int],
    ) -> None:
        self._chunks = chunks
        self._column_of = column_of
        self._side, self._seed = of

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield TABLES."""
        for records in gather(batches):
            weights = self._weigh(records)
            for chunk, column_sets in enumerate(self._chunks):
                cells = tabulate(records, self._column_of, column_sets, weights)
                parts = (cells.column_set, cells.key, cells.weights)
                columns = [pa.array([chunk], pa.int32()), *(pa.array([part.tobytes()], pa.binary()) for part in parts)]
                yield pa.record_batch(columns, names=["chunk", "sets", "keys", "weights"])

    def _weigh(self, records: Records) -> npt.NDArray[np.int64]:
        weights = np.zeros((len(records), SIDES), np.int64)
        weights[:, self._side] = records.weights
        if self._side == SENSITIVE:
            weights[:, 2], weights[:, 3] = split_in_half(records, self._seed)
        return weights


class DistanceMeasurer:
    """Add up the cells of each chunk and measure its sets."""

    def __init__(self, chunks: Chunks) -> None:
        self._chunks = chunks

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield DISTANCES."""
        totals: dict[int, Cells] = {}
        for batch in batches:
            for row in range(batch.num_rows):
                chunk, part = batch.column(0)[row].as_py(), _read(batch, row)
                totals[chunk] = join_cells([totals[chunk], part]).merged() if chunk in totals else part.merged()
        for chunk, cells in totals.items():
            distances = measure_distances(cells)
            sizes = pa.array([len(column_set) for column_set in self._chunks[chunk]], pa.int32())
            columns = [sizes, pa.array(distances[:, 0]), pa.array(distances[:, 1])]
            yield pa.record_batch(columns, names=["size", "synthetic", "halves"])


def _read(batch: pa.RecordBatch, row: int) -> Cells:
    sets, keys, weights = (batch.column(i)[row].as_buffer() for i in (1, 2, 3))
    return Cells(
        np.frombuffer(sets, np.int64),
        np.frombuffer(keys, np.uint64),
        np.frombuffer(weights, np.int64).reshape(-1, SIDES),
    )
