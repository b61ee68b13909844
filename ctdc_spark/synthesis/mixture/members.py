"""The members of a mixture, each fitted by a task of its own, so that the driver holds only the result.

    NOISY_CELLS x members --by member--> all cells of one member --fit--> MEMBERS

A task holds every cell once, in about 20 bytes: at most 400 MB (MOST_CELLS of two lengths).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ctdc_spark.differential_privacy.cells import Slots
from ctdc_spark.differential_privacy.selection import MeasuredSubsets
from ctdc_spark.records.in_order import group_in_order
from ctdc_spark.synthesis.mixture.fit import DEFAULT_EFFORT, Effort, Measured, fit_member
from ctdc_spark.synthesis.mixture.mixture import Mixture, pool_mixtures
from ctdc_spark.synthesis.mixture.tables import read_tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row

MEMBERS = "member bigint, weights binary, chances binary"
"""A fitted member: float32 of each component, and of each (component, attribute)."""


@dataclass(frozen=True)
class FittingTask:
    """The task of every member.

    Attributes:
        slots: the public shape.
        subsets: what was measured of each length.
        records: noisy number of records.
        deviation: standard deviation of its noise.
        scales: of the noise, by length.
        seed: of the members' starting points and splits; what they read is protected, so it need not be secret.
        effort: how much work; every task fits one member.
    """

    slots: Slots
    subsets: MeasuredSubsets
    records: int
    deviation: float
    scales: Mapping[int, float]
    seed: int
    effort: Effort = DEFAULT_EFFORT


def fit_members(cells: DataFrame, task: FittingTask) -> Mixture:
    """Fit all members on the executors and pool them.

    What is collected is protected, and bounded by components x attributes.

    Args:
        cells: NOISY_CELLS.
        task: the shape, the noise and the effort.
    """
    number = task.effort.members
    members = cells.sparkSession.range(number).withColumnRenamed("id", "member")
    spread = cells.crossJoin(members).repartitionByRange(number, "member").sortWithinPartitions("member")
    rows = spread.select("member", "length", "block", "counts").mapInArrow(_Fitter(task), MEMBERS).collect()
    return pool_mixtures([_unpack(task.slots, row) for row in sorted(rows, key=lambda row: int(row["member"]))])


def _unpack(slots: Slots, row: Row) -> Mixture:
    weights, chances = (np.frombuffer(bytes(row[name]), np.float32) for name in ("weights", "chances"))
    return Mixture(slots, weights, chances.reshape(len(weights), slots.attributes))


class _Fitter:
    def __init__(self, task: FittingTask) -> None:
        self._task = task

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield MEMBERS."""
        task = self._task
        rows = (row for batch in batches for row in zip(*(c.to_pylist() for c in batch.columns), strict=True))
        for member, group in group_in_order(rows, key=lambda row: row[0]):
            tables = read_tables(task.subsets, (row[1:] for row in group), task.scales)
            rng = np.random.default_rng([task.seed, member])
            fitted = fit_member(
                Measured(task.slots, task.subsets, task.records, task.deviation, tables), rng, task.effort
            )
            parts = [pa.array([part.tobytes()]) for part in (fitted.weights, fitted.chances)]
            yield pa.record_batch([pa.array([member]), *parts], names=["member", "weights", "chances"])
