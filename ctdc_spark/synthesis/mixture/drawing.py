"""The records of a mixture as a table: a few are drawn and repaired on the driver, many are drawn by tasks.

    mixture --deal--> records of each component and attribute --by ranges of components--> shuffled records

What is dealt has the size of the mixture, whatever the number of records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F

from ctdc_spark.differential_privacy.cells import Slots
from ctdc_spark.records.blocks import to_rows
from ctdc_spark.records.records import Longs
from ctdc_spark.synthesis.mixture.repair import can_repair, draw_records
from ctdc_spark.synthesis.mixture.sample import deal_records, distinct_records, shuffle_dealt
from ctdc_spark.synthesis.task import SYNTHETIC_RECORDS, frame_records

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.synthesis.mixture.mixture import Mixture

RANGE_RECORDS = 100_000
"""The number of records at which a range of components ends; a component is drawn whole."""

_DEALT = "first int, dealt binary"
"""A range of components: its first, and its rows of `deal_records`, int64."""


def draw_table(spark: SparkSession, mixture: Mixture, number: int, seed: Sequence[int]) -> DataFrame:
    """Records drawn from a mixture; a function of the mixture, their number and the seed.

    Args:
        spark: the session.
        mixture: the model.
        number: how many records.
        seed: of all random choices; the model is protected, so it need not be secret.

    Returns:
        SYNTHETIC_RECORDS, brought closer to the model if `can_repair` allows it.
    """
    rng = np.random.default_rng(seed)
    if can_repair(mixture.slots, number):
        return frame_records(spark, distinct_records(draw_records(mixture, number, rng)))
    dealt = deal_records(mixture, number, rng)
    rows = [(low, dealt[low:high].tobytes()) for low, high in cut_ranges(dealt[:, 0])]
    drawn = spark.createDataFrame(rows, _DEALT).mapInArrow(_Drawer(mixture.slots, tuple(seed)), SYNTHETIC_RECORDS)
    return drawn.groupBy("attributes").agg(F.sum("weight").alias("weight")).select("attributes", "weight")


def cut_ranges(sizes: Longs) -> list[tuple[int, int]]:
    """Consecutive ranges of components, each of no more than RANGE_RECORDS records before its last component."""
    before = np.cumsum(sizes) - sizes
    edges = np.flatnonzero(np.diff(before // RANGE_RECORDS, prepend=-1)).tolist()
    return list(zip(edges, [*edges[1:], len(sizes)], strict=True))


@dataclass(frozen=True)
class _Drawer:
    slots: Slots
    seed: tuple[int, ...]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield SYNTHETIC_RECORDS, distinct within a range."""
        width = 1 + self.slots.attributes + len(self.slots.sizes)
        for batch in batches:
            for first, packed in zip(batch.column(0).to_pylist(), batch.column(1), strict=True):
                dealt = np.frombuffer(packed.as_buffer(), np.int64).reshape(-1, width)
                rows = shuffle_dealt(dealt, self.slots, np.random.default_rng([*self.seed, first]))
                yield to_rows(distinct_records(rows))
