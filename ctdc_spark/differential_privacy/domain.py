"""Which values a column may have: declared by the user, and so public, or chosen by their noisy counts.

A declared value stays in the domain even if nobody has it. An undeclared value is refused, or replaced by one named
value. With a private domain, the values of columns without declared ones are those whose noisy count reaches a
threshold that a single subject's value hardly ever reaches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import chain, groupby
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import functions as F

from ctdc_spark.cases.binning import bin_labels
from ctdc_spark.cases.dictionary import ALL_SUBJECTS, count_values
from ctdc_spark.cases.pack import pack_cases
from ctdc_spark.cases.prepare import PreparedCases
from ctdc_spark.cases.prepared_input import PreparedInput, prepare_input
from ctdc_spark.differential_privacy.cells import Slots
from ctdc_spark.differential_privacy.noisy_counts import add_gaussian, add_laplace
from ctdc_spark.errors import DataError
from ctdc_spark.records.dictionary import MOST_ATTRIBUTES, Dictionary

if TYPE_CHECKING:
    from pyspark.sql import Column, SparkSession

    from ctdc_spark.cases.pack import PackedCases
    from ctdc_spark.differential_privacy.budget import Mechanism
    from ctdc_spark.settings import Settings

Domain = Mapping[str, tuple[str, ...]]


def declared_domain(settings: Settings) -> Domain:
    """The declared values of each column, ascending: those of `domain`, and the labels of bins with edges."""
    declared = {name: {value.strip() for value in values} for name, values in settings.domain.items()}
    for name, bins in settings.bins.items():
        if bins.edges is not None:
            declared.setdefault(name, set(bins.labels or bin_labels(bins.edges)))
    if settings.undeclared_into is not None:
        declared = {name: values | {settings.undeclared_into} for name, values in declared.items()}
    return {name: tuple(sorted(values)) for name, values in declared.items()}


def require_declared(prepared: PreparedCases, settings: Settings) -> None:
    """Refuse columns without declared values, unless a private domain is requested.

    With one, a subject may have at most one value of such a column, as the noise on its values assumes.

    Raises:
        DataError: some columns may not be used; names them.
    """
    declared = declared_domain(settings)
    missing = [name for name in prepared.columns if name not in declared]
    several = [name for i, name in enumerate(prepared.columns) if i in prepared.multi_valued and name not in declared]
    if missing and not settings.private_domain:
        raise DataError(
            f"domain: found no values for {', '.join(missing)}; allowed with protection: dp: the values of every used "
            "column, from a codebook and not from the data. Declare them, leave the columns out with use_columns, or "
            "spend part of the budget on finding them (private_domain: true)"
        )
    if several:
        raise DataError(
            f"private_domain: found no declared values for {', '.join(several)}, in which one subject may have any "
            "number of values; allowed: a domain for columns of several values, and for all with subject_id"
        )


def require_domain(prepared: PreparedCases, settings: Settings) -> None:
    """Refuse data that a release with differential privacy would refuse; nothing is measured.

    Raises:
        DataError: as in `require_declared` and `refuse_undeclared`.
    """
    require_declared(prepared, settings)
    refuse_undeclared(pack_cases(put_undeclared(prepared, settings)), declared_domain(settings))


def read_declared(spark: SparkSession, settings: Settings) -> PreparedInput:
    """The case records that the settings name, prepared, with undeclared values replaced as the settings state.

    Raises:
        DataError: the data cannot be read or used.
    """
    given = prepare_input(spark, settings)
    return replace(given, cases=put_undeclared(given.cases, settings))


def put_undeclared(prepared: PreparedCases, settings: Settings) -> PreparedCases:
    """Replace undeclared values by the value that the settings name for them, if any."""
    if settings.undeclared_into is None:
        return prepared
    into = F.lit(settings.undeclared_into)
    put: dict[str, Column] = {}
    domain = declared_domain(settings)
    for index, name in enumerate(prepared.columns):
        if name not in domain:
            continue
        value, known = F.col(f"c{index}"), list(domain[name])
        if index in prepared.multi_valued:
            put[f"c{index}"] = F.array_distinct(F.transform(value, partial(_keep_known, known, into)))
        else:
            put[f"c{index}"] = F.when(value.isNotNull(), _keep_known(known, into, value))
    frame = prepared.frame.withColumns(put) if put else prepared.frame
    return PreparedCases(frame, prepared.columns, prepared.multi_valued)


def _keep_known(known: list[str], into: Column, value: Column) -> Column:
    return F.when(value.isin(known), value).otherwise(into)


def refuse_undeclared(packed: PackedCases, domain: Domain) -> None:
    """Refuse data with values that are not in the domain.

    Raises:
        DataError: there are some; names the columns, never the values.
    """
    known = [domain.get(name) for name in packed.columns]
    found = packed.frame.select("values").mapInArrow(_StrangerFinder(known), "column_index int").distinct().collect()
    if found:
        names = ", ".join(packed.columns[i] for i in sorted(row["column_index"] for row in found))
        raise DataError(
            f"domain: found values that are not declared in {names}; allowed: declared values only. Complete the "
            "codebook, name what means absent (missing_values), or replace them by one value (undeclared_into). Do not "
            "copy them from the data unless they are public"
        )


def count_subjects(packed: PackedCases, mechanism: Mechanism) -> int:
    """The noisy number of subjects; the exact one does not leave the executors."""
    subjects = packed.frame.agg(F.sum("subjects").cast("bigint").alias("count"))
    return int(add_laplace(subjects, mechanism.scale).collect()[0]["count"])


def name_values(packed: PackedCases, columns: Iterable[int], mechanism: Mechanism, threshold: int) -> Domain:
    """The values of these columns whose noisy count reaches the threshold.

    What is collected is protected and bounded by MOST_ATTRIBUTES.

    Raises:
        DataError: too many values reach it.
    """
    wanted = F.col("column_index").isin(list(columns)) & (F.col("column_index") != ALL_SUBJECTS)
    noisy = add_gaussian(count_values(packed).where(wanted), mechanism.scale)
    rows = noisy.where(F.col("count") >= threshold).limit(MOST_ATTRIBUTES + 1).collect()
    if len(rows) > MOST_ATTRIBUTES:
        raise DataError(f"private_domain: found over {MOST_ATTRIBUTES:,} values; leave out or bin large columns")
    named: dict[str, tuple[str, ...]] = {packed.columns[i]: () for i in columns}
    for row in sorted(rows, key=lambda row: (row["column_index"], row["value"])):
        named[packed.columns[row["column_index"]]] += (row["value"],)
    return named


def number_attributes(packed: PackedCases, domain: Domain) -> Dictionary:
    """The domain as a dictionary: attributes by column, then value.

    Raises:
        DataError: the domain has no value at all.
    """
    pairs = [(index, value) for index, name in enumerate(packed.columns) for value in domain[name]]
    if not pairs:
        raise DataError("private_domain: no value passed the threshold; raise noise_epsilon or declare the domain")
    return Dictionary(
        packed.columns,
        tuple(column for column, _ in pairs),
        tuple(value for _, value in pairs),
        packed.multi_valued,
    )


def slots_of(dictionary: Dictionary) -> Slots:
    """A slot for each column, and for each value of a column that may hold several."""
    columns = groupby(dictionary.column_of)
    return lay_slots((len(list(values)), column in dictionary.multi_valued) for column, values in columns)


def lay_slots(columns: Iterable[tuple[int, bool]]) -> Slots:
    """The slots of columns given as (number of values, whether a record may hold several)."""
    sizes = [(1,) * values if several else (values,) for values, several in columns]
    return Slots(tuple(chain.from_iterable(sizes)))


class _StrangerFinder:
    """Turns (values) of PACKED_CASES into the indices of columns with a value outside their domain."""

    def __init__(self, known: list[tuple[str, ...] | None]) -> None:
        self._known = [None if values is None else frozenset(values) for values in known]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield (column_index)."""
        for batch in batches:
            for columns in batch.column(0).to_pylist():
                strange = [
                    index
                    for index, (values, known) in enumerate(zip(columns, self._known, strict=True))
                    if known is not None and not known.issuperset(values)
                ]
                yield pa.record_batch([pa.array(strange, pa.int32())], names=["column_index"])
