"""How many subjects say something in each column, counted anew and compared with what is published of it.

Of what is published the definition is followed here by code of the proof's own: rounded down, bounded for the flags of
a group by the numbers of its columns, and everything else as differences.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F

from ctdc_spark.proof.findings import Finding
from ctdc_spark.proof.gathering import gather, sort_distinct
from ctdc_spark.proof.terms import NOT_REPORTED
from ctdc_spark.records.coverage import Coverage
from ctdc_spark.records.records import unpack_numbers

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.cases.pack import PackedCases
    from ctdc_spark.proof.terms import Terms
    from ctdc_spark.records.coverage import Scope
    from ctdc_spark.records.dictionary import Dictionary
    from ctdc_spark.records.records import Longs

SAYING = "scope int, informed bigint, listed bigint"
"""How many subjects have a value in the columns of a scope, by its place, and how many an attribute."""

NUMBERS = ("with_information", "with_published_value", "not_recorded", "withheld_as_too_rare")


def count_saying(packed: PackedCases, dictionary: Dictionary, scopes: Sequence[Scope]) -> list[tuple[int, int]]:
    """For each scope, how many subjects have a value in one of its columns, and how many an attribute."""
    blocks = packed.frame.select("subjects", "values", "rows", "codes")
    return _add_up(blocks.mapInArrow(_CaseCounter(dictionary, scopes), SAYING), len(scopes))


def count_saying_of_records(records: DataFrame, dictionary: Dictionary, scopes: Sequence[Scope]) -> list[int]:
    """For each scope, how many of these records have an attribute in one of its columns.

    Args:
        records: RECORD_ROWS.
        dictionary: their attributes.
        scopes: what is counted.
    """
    counted = records.mapInArrow(_RecordCounter(dictionary, scopes), SAYING)
    return [listed for _, listed in _add_up(counted, len(scopes))]


def _add_up(counted: DataFrame, scopes: int) -> list[tuple[int, int]]:
    rows = counted.groupBy("scope").agg(F.sum("informed").alias("informed"), F.sum("listed").alias("listed")).collect()
    found = {row["scope"]: (row["informed"], row["listed"]) for row in rows}
    return [found.get(place, (0, 0)) for place in range(scopes)]


def protect_saying(
    counted: Sequence[tuple[int, int]], scopes: Sequence[Scope], subjects: int, terms: Terms
) -> list[Coverage]:
    """What may be published of these counts and of the number of subjects, single columns first."""
    rounded = terms.protect(np.array([*counted, (subjects, 0)], np.int64))
    rounded = np.where(rounded == NOT_REPORTED, 0, rounded)
    everybody, below = int(rounded[-1, 0]), dict(zip(scopes, rounded[:-1].tolist(), strict=True))
    for scope in scopes:
        if len(scope) > 1:
            of_columns = np.array([below[column,] for column in scope])
            listed = min(below[scope][1], int(of_columns[:, 1].sum()))
            rare_alone = min(below[scope][0] - listed, int((of_columns[:, 0] - of_columns[:, 1]).sum()))
            below[scope] = [listed + rare_alone, listed]
    found = []
    for scope, (informed, listed) in below.items():
        numbers = (informed, listed, everybody - informed, informed - listed)
        found.append(Coverage(scope, *(number if number > 0 else None for number in numbers)))
    return found


def verify_coverage(
    said: Iterable[Mapping[str, Any]], right: Iterable[Coverage], columns: Sequence[str], groups: Mapping[str, str]
) -> Finding:
    """Compare published rows with the right ones; a row too many or too few is wrong as well.

    Args:
        said: rows of the table `coverage`.
        right: what they must be.
        columns: names of the columns.
        groups: the group of each column that has one.
    """
    expected = Counter(
        (
            columns[one.scope[0]] if len(one.scope) == 1 else None,
            groups.get(columns[one.scope[0]]),
            *(getattr(one, name) for name in NUMBERS),
        )
        for one in right
    )
    found = Counter((row["column"], row["group"], *(row[name] for name in NUMBERS)) for row in said)
    wrong = (found - expected) + (expected - found)
    of_columns = {row[:2] for row in wrong}
    named = sorted({column for column, _ in of_columns if column is not None and column in columns})
    return Finding("coverage", max(found.total(), expected.total()), len(of_columns), columns=tuple(named))


class _CaseCounter:
    """The kernel of `count_saying`: SAYING of each block of PACKED_CASES."""

    def __init__(self, dictionary: Dictionary, scopes: Sequence[Scope]) -> None:
        self._scopes = tuple(scopes)
        self._known = [set[str]() for _ in dictionary.columns]
        for column, value in zip(dictionary.column_of, dictionary.values, strict=True):
            self._known[column].add(value)

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield SAYING."""
        for batch in batches:
            for block in batch.to_pylist():
                held, known = [], []
                for values, rows, codes, of_column in zip(
                    block["values"], block["rows"], block["codes"], self._known, strict=True
                ):
                    subject, code = (unpack_numbers(part).astype(np.int64) for part in (rows, codes))
                    held.append(subject)
                    known.append(subject[np.array([value in of_column for value in values], bool)[code]])
                yield _rows_of([[_count_distinct(of, scope) for of in (held, known)] for scope in self._scopes])


class _RecordCounter:
    """The kernel of `count_saying_of_records`."""

    def __init__(self, dictionary: Dictionary, scopes: Sequence[Scope]) -> None:
        self._column_of = np.array(dictionary.column_of, np.int64)
        self._scopes = tuple(scopes)

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield SAYING."""
        for records in gather(batches):
            column = self._column_of[records.attributes]
            record = np.repeat(np.arange(len(records)), records.lengths)
            holders = [sort_distinct(record[np.isin(column, scope)]) for scope in self._scopes]
            yield _rows_of([[int(records.weights[rows].sum())] * 2 for rows in holders])


def _count_distinct(subjects: Sequence[Longs], scope: Scope) -> int:
    return len(sort_distinct(np.concatenate([subjects[column] for column in scope])))


def _rows_of(numbers: Sequence[Sequence[int]]) -> pa.RecordBatch:
    columns = (range(len(numbers)), *zip(*numbers, strict=True)) if numbers else ((), (), ())
    kinds = (pa.int32(), pa.int64(), pa.int64())
    arrays = [pa.array(list(column), kind) for column, kind in zip(columns, kinds, strict=True)]
    return pa.record_batch(arrays, names=["scope", "informed", "listed"])
