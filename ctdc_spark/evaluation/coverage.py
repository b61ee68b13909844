"""How many of the fitted records say something in a column: coverage with differential privacy.

The fitted records come from noisy counts alone, so no budget is spent on it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F

from ctdc_spark.records.blocks import gather
from ctdc_spark.records.coverage import Coverage

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.records.coverage import Scope
    from ctdc_spark.records.dictionary import Dictionary

HOLDERS = "scope int, records bigint"


def estimate_coverage(
    fitted: DataFrame, dictionary: Dictionary, scopes: Sequence[Scope], subjects: int, declared: Collection[str]
) -> tuple[Coverage, ...]:
    """What is published of each scope.

    Args:
        fitted: the fitted records, as RECORD_ROWS.
        dictionary: the domain.
        scopes: what is counted.
        subjects: their noisy number.
        declared: columns whose domain is declared: it has every value of theirs. Of the others it is not known how many
            subjects have values that noise did not name.
    """
    # (attributes, weight) -> (scope, records of one batch) -> (scope, records)
    counted = fitted.mapInArrow(HolderCounter(dictionary, scopes), HOLDERS).groupBy("scope").agg(F.sum("records"))
    records = {row[0]: row[1] for row in counted.collect()}
    found = []
    for place, scope in enumerate(scopes):
        listed = int(records.get(place, 0))
        if all(dictionary.columns[column] in declared for column in scope):
            found.append(Coverage(scope, listed, listed, max(0, subjects - listed), 0))
        else:
            found.append(Coverage(scope, None, listed, None, None))
    return tuple(found)


class HolderCounter:
    """The kernel of `estimate_coverage`: from RECORD_ROWS to HOLDERS."""

    def __init__(self, dictionary: Dictionary, scopes: Sequence[Scope]) -> None:
        self._is_in = np.zeros((len(scopes), len(dictionary.columns)), bool)
        for place, scope in enumerate(scopes):
            self._is_in[place, list(scope)] = True
        self._column_of = np.array(dictionary.column_of, np.int64)

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield HOLDERS."""
        for records in gather(batches):
            says = np.zeros((len(records), self._is_in.shape[1]), bool)  # (record, column)
            row = np.repeat(np.arange(len(records)), records.lengths)
            says[row, self._column_of[records.attributes]] = True
            numbers = [int(records.weights[says[:, columns].any(axis=1)].sum()) for columns in self._is_in]
            places = pa.array(range(len(numbers)), pa.int32())
            yield pa.record_batch([places, pa.array(numbers, pa.int64())], names=["scope", "records"])
