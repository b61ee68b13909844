"""Noise added to the counts of a frame, on the executors.

A frame with noise is computed anew, with new noise, at each evaluation: evaluate it once, by writing or collecting it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ctdc_spark.differential_privacy.noise import gaussian_adder, laplace_adder

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.records.records import Longs


def add_gaussian(counted: DataFrame, scale: float) -> DataFrame:
    """Integer Gaussian noise on each value of the column `count`; one row per count."""
    return counted.mapInArrow(_Adder(gaussian_adder, scale), counted.schema)


def add_laplace(counted: DataFrame, scale: float) -> DataFrame:
    """Integer Laplace noise on each value of the column `count`; one row per count."""
    return counted.mapInArrow(_Adder(laplace_adder, scale), counted.schema)


class _Adder:
    def __init__(self, make: Callable[[float], Callable[[Longs], Longs]], scale: float) -> None:
        self._make, self._spread = make, scale

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the batches with noise on `count`."""
        add = self._make(self._spread)
        for batch in batches:
            place = batch.schema.get_field_index("count")
            counts = np.asarray(batch.column(place).fill_null(0)).astype(np.int64)
            yield batch.set_column(place, "count", pa.array(add(counts)))
