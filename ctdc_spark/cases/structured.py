"""Parquet, Delta and tables: typed columns become the text that a person would have typed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from ctdc_spark.addresses import hide_credentials
from ctdc_spark.cases.dataframe import NAME, is_dataframe
from ctdc_spark.cases.location import list_files, require_no_part_of_a_table, require_readable_address
from ctdc_spark.cases.opened import OpenedData, trim_space
from ctdc_spark.cases.parquet_by_arrow import read_by_arrow
from ctdc_spark.cases.row_marks import BROKEN_LINE, FILE_NAME, FILE_PATH, MISREAD, RAGGED, mark_order
from ctdc_spark.cases.unicode_form import list_lookalikes, normalize_names
from ctdc_spark.engine.failures import error_condition, explained_failures
from ctdc_spark.engine.sql_names import quote_name, quote_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column, DataFrame, SparkSession

    from ctdc_spark.settings import Settings

_WHOLE_TO_BIGINT = 1e15
"""Doubles below this are written out digit by digit; each whole one is exact."""

UTC = "UTC"
_MICROS_A_DAY = 86_400_000_000
_NEEDS_ARROW = re.compile("PARQUET_TYPE|UNSUPPORTED_TIME|UNSUPPORTED_DATATYPE|[Mm]erg(?:e|ing)|MERGE")
"""What Spark says of types that it does not know, and of files in which a column has different types."""
_LONGEST_TYPE = 40
_NO_FOLDER_VALUE = "__HIVE_DEFAULT_PARTITION__"  # Hive's name of the folder of rows without a value
_PLAIN = (T.StringType, T.ByteType, T.ShortType, T.IntegerType, T.LongType, T.DateType, T.NullType)


def open_table(spark: SparkSession, settings: Settings) -> OpenedData:
    """Open a table of the session's catalogs.

    Raises:
        DataError: there is no such table, or it cannot be read.
    """
    name = str(settings.sensitive_microdata_table)
    place = NAME if is_dataframe(settings) else f"table {name}"
    with explained_failures(place):
        return _open_frame(spark.table(quote_table(name)), place, settings)


def open_delta(spark: SparkSession, settings: Settings) -> OpenedData:
    """Open a Delta table by its folder.

    Raises:
        DataError: there is none, or it cannot be read.
        SparkSetupError: this Spark lacks Delta.
    """
    path = str(settings.sensitive_microdata_path)
    require_readable_address(path)
    with explained_failures(hide_credentials(path)):
        return _open_frame(spark.read.format("delta").load(path), hide_credentials(path), settings)


def open_parquet(spark: SparkSession, settings: Settings) -> OpenedData:
    """Open Parquet files; those with different columns are put together by name.

    Raises:
        DataError: there are none, they cannot be read, or they belong to a table of Delta, Iceberg or Hudi, whose
            folder also holds files with deleted records.
    """
    path = str(settings.sensitive_microdata_path)
    place = hide_credentials(path)
    actual, names = list_files(spark, path, partitioned=True)
    require_no_part_of_a_table(spark, place, names)
    with explained_failures(place):
        folders = _list_folder_columns(spark, actual, names)
        try:
            frame = _read_parquet(spark, actual, folders)
            return _open_frame(frame, place, settings, in_files=True, folders=folders)
        except Exception as error:
            said = f"{error_condition(error)} {error}"
            if "is not a Parquet file" in said or not _NEEDS_ARROW.search(said):
                raise
        found = read_by_arrow(spark, actual, folders)
        opened = _open_frame(found.frame, place, settings, refused=found.refused)
        return replace(opened, remarks=(*opened.remarks, *found.remarks))


def _list_folder_columns(spark: SparkSession, path: str, files: list[str]) -> list[str]:
    """The columns that Spark finds in the names of folders, such as `code` in `code=07`, from the outermost inwards."""
    in_folders = any("=" in name.rpartition("/")[0] for name in files)
    return spark.read.text(path).columns[1:] if in_folders else []


def _read_parquet(spark: SparkSession, path: str, folders: list[str]) -> DataFrame:
    """The files at a path; values in folder names, such as `code=07`, are read as text.

    Spark would guess a type from the names of all folders, so that one folder decides how the others are read.
    """
    reader = spark.read.option("mergeSchema", value=True)
    frame = reader.parquet(path)
    if not folders:
        return frame
    types = {name: T.StringType() for name in folders}
    fields = [T.StructField(f.name, types.get(f.name, f.dataType)) for f in frame.schema.fields]
    return reader.schema(T.StructType(fields)).parquet(path)


def _is_misread(folders: Sequence[str]) -> Column:
    """Whether a value that Spark took from a folder's name differs from that name, which is read here once more.

    Names with a percent sign that is not part of an escape are passed over.
    """
    parts = F.split(F.col(f"_metadata.{FILE_PATH}"), "/")
    differs = F.lit(False)
    for place, name in enumerate(folders):
        written = F.element_at(parts, place - len(folders) - 1)
        value = _unescape(_unescape(F.substring_index(F.regexp_replace(written, "^[^=]*=", ""), "/", 1)))
        value = F.when(value != _NO_FOLDER_VALUE, value)
        odd = F.regexp_replace(written, "%25", "%").rlike("%(?![0-9A-Fa-f]{2})")
        differs = differs | (~odd & ~value.eqNullSafe(F.col(quote_name(name)).cast("string")))
    return differs


def _unescape(text: Column) -> Column:
    valid = F.when(~text.rlike("%(?![0-9A-Fa-f]{2})"), text)
    return F.url_decode(F.replace(valid, F.lit("+"), F.lit("%2B")))


def _open_frame(
    frame: DataFrame,
    place: str,
    settings: Settings,
    *,
    in_files: bool = False,
    folders: Sequence[str] = (),
    refused: Mapping[str, str] | None = None,
) -> OpenedData:
    fields, zone = frame.schema.fields, settings.time_zone or UTC
    names = normalize_names(frame.columns, settings)
    as_named = dict(zip(names, frame.columns, strict=True))
    delimiters = {as_named.get(name, name): cut for name, cut in settings.multi_value_columns.items()}
    known = refused or {}
    reasons = [known.get(field.name) or _refuse(field, delimiters) for field in fields]
    unusable = {i: reason for i, reason in enumerate(reasons) if reason}
    arrays = [i for i, field in enumerate(fields) if _is_list(field.dataType)]
    joined = tuple(i for i in arrays if i not in unusable)
    texts = [
        (F.lit(None).cast("string") if i in unusable else _text(field, delimiters, zone)).alias(f"c{i}")
        for i, field in enumerate(fields)
    ]
    clashes = [_clash(fields[i], delimiters, zone).alias(f"clash{i}") for i in joined]
    marks = [F.lit(False).alias(RAGGED), F.lit(False).alias(BROKEN_LINE), F.lit("").alias(FILE_NAME)]
    ordered = in_files and not any(field.name.lower() == "_metadata" for field in fields)  # it hides Spark's own
    in_folders = tuple(folders) if ordered else ()
    misread = [_is_misread(in_folders).alias(MISREAD)] * bool(in_folders)
    return OpenedData(
        place=place,
        names=names,
        frame=frame.select(*texts, *clashes, *misread, *marks, *(mark_order() if ordered else [])),
        ordered=ordered,
        refused=unusable,
        undelimited=tuple(i for i in arrays if i in unusable),
        joined=joined,
        in_folders=in_folders,
        remarks=tuple(list_lookalikes(names)),
    )


def _refuse(field: T.StructField, delimiters: Mapping[str, str]) -> str | None:
    """Return why a column cannot be used, or None."""
    kind = field.dataType
    name = kind.simpleString() if len(kind.simpleString()) <= _LONGEST_TYPE else kind.typeName()
    if _is_scalar(kind) or (_is_list(kind) and field.name in delimiters):
        return None
    if _is_list(kind):
        return f'column {field.name} is of type {name}; give it a delimiter in multi_value_columns, such as ";"'
    return f"column {field.name} is of type {name}, not one value; leave it out with use_columns, or cast it"


def _is_list(kind: T.DataType) -> bool:
    return isinstance(kind, T.ArrayType) and _is_scalar(kind.elementType)


def _is_scalar(kind: T.DataType) -> bool:
    others = (T.BooleanType, T.FloatType, T.DoubleType, T.DecimalType, T.TimestampType, T.TimestampNTZType)
    return isinstance(kind, (*_PLAIN, *others)) or kind.typeName() in ("char", "varchar")


def _text(field: T.StructField, delimiters: Mapping[str, str], zone: str) -> Column:
    value, kind = F.col(quote_name(field.name)), field.dataType
    if not isinstance(kind, T.ArrayType):
        return trim_space(write_value(value, kind, zone))
    element = kind.elementType
    parts = F.transform(value, lambda part: trim_space(write_value(part, element, zone)))
    return trim_space(F.array_join(parts, delimiters[field.name]))


def _clash(field: T.StructField, delimiters: Mapping[str, str], zone: str) -> Column:
    """Tell whether a part of an array holds the delimiter, and so would be taken for several."""
    kind = field.dataType.elementType  # type: ignore[attr-defined]
    delimiter = delimiters[field.name]
    value = F.col(quote_name(field.name))
    return F.coalesce(F.exists(value, lambda part: write_value(part, kind, zone).contains(delimiter)), F.lit(False))


def write_value(value: Column, kind: T.DataType, zone: str = UTC) -> Column:
    """Return a typed value as text, the same in every session.

    Whole numbers are digits (3.0 is "3"), true and false are "1" and "0", decimals have no zeros at the end,
    not-a-number is absent, dates are ISO 8601, and so are timestamps, in this zone, with fractions of a second
    where there are any, and without the time where it is midnight.
    """
    if isinstance(kind, T.BooleanType):
        return F.when(value, "1").when(~value, "0")
    if isinstance(kind, T.FloatType | T.DoubleType):
        whole = (value == F.floor(value)) & (F.abs(value) < _WHOLE_TO_BIGINT)
        return (
            F.when(F.isnan(value), None)
            .when(whole, value.cast("bigint").cast("string"))
            .otherwise(value.cast("string"))
        )
    if isinstance(kind, T.DecimalType):
        text = value.cast("string")
        short = F.regexp_replace(F.regexp_replace(text, r"0+$", ""), r"\.$", "")
        return F.when(value == 0, "0").when(text.contains("."), short).otherwise(text)
    if isinstance(kind, T.TimestampType):
        return _write_point_in_time(value, zone)
    if isinstance(kind, T.TimestampNTZType):
        text = value.cast("string")  # 2020-02-29 13:05:09.25, whatever the session's zone
        return F.replace(F.regexp_replace(text, " 00:00:00$", ""), F.lit(" "), F.lit("T"))
    return value.cast("string")


def _write_point_in_time(value: Column, zone: str) -> Column:
    """The date and time that clocks of a zone show. Formatting and casting would use the session's zone."""
    shown = F.unix_micros(F.from_utc_timestamp(value, zone))  # as if the zone's clocks showed UTC
    of_day = F.pmod(shown, F.lit(_MICROS_A_DAY))
    day = F.date_from_unix_date(F.round((shown - of_day) / _MICROS_A_DAY).cast("int")).cast("string")
    seconds, micros = F.floor(of_day / 1_000_000), F.pmod(of_day, F.lit(1_000_000))
    parts = [F.floor(seconds / 3600), F.pmod(F.floor(seconds / 60), F.lit(60)), F.pmod(seconds, F.lit(60))]
    time = F.concat_ws(":", *(F.lpad(part.cast("string"), 2, "0") for part in parts))
    decimals = F.regexp_replace(F.lpad(micros.cast("string"), 6, "0"), "0+$", "")
    fraction = F.when(micros == 0, "").otherwise(F.concat(F.lit("."), decimals))
    return F.when(of_day == 0, day).otherwise(F.concat(day, F.lit("T"), time, fraction))
