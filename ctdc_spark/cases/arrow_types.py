"""Types of Parquet files that Arrow reads: what each becomes in Spark, and how its values get there.

Those that Spark knows stay as they are. Of the others, points in time of nanoseconds become microseconds; times of day
and universal identifiers become text; half precision becomes single.
"""

from __future__ import annotations

import re
import uuid

import pyarrow as pa
import pyarrow.compute as pc

NOTHING = "void"
"""The type of a column without any value: it goes with every other type."""


def name_type(kind: pa.DataType) -> str | None:
    """The type in Spark for values of an Arrow type; None: they are not single values.

    Example:
        >>> name_type(pa.timestamp("ns")), name_type(pa.time64("us")), name_type(pa.duration("s"))
        ('timestamp_ntz', 'string', None)
    """
    if pa.types.is_dictionary(kind):
        return name_type(kind.value_type)
    if pa.types.is_timestamp(kind):
        return "timestamp" if kind.tz else "timestamp_ntz"
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})" if kind.precision <= 38 else None
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        inner = name_type(kind.value_type)
        return f"array<{inner}>" if inner in ("string", "bigint", "double", "boolean", "date") else None
    tests = {
        NOTHING: pa.types.is_null,
        "boolean": pa.types.is_boolean,
        "decimal(20,0)": pa.types.is_uint64,
        "bigint": pa.types.is_integer,
        "float": lambda kind: pa.types.is_float16(kind) or pa.types.is_float32(kind),
        "double": pa.types.is_float64,
        "date": pa.types.is_date,
        "string": lambda kind: pa.types.is_time(kind) or _is_text(kind) or is_uuid(kind),
    }
    return next((name for name, holds in tests.items() if holds(kind)), None)


def arrow_type(name: str) -> pa.DataType:
    """The Arrow type in which Spark takes values of a type that `name_type` names."""
    found = re.fullmatch(r"decimal\((\d+),(\d+)\)|array<(\w+)>", name)
    if found and found[3]:
        return pa.list_(arrow_type(found[3]))
    if found:
        return pa.decimal128(int(found[1]), int(found[2]))
    return {
        "boolean": pa.bool_(),
        "bigint": pa.int64(),
        "float": pa.float32(),
        "double": pa.float64(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", "UTC"),
        "timestamp_ntz": pa.timestamp("us"),
    }.get(name, pa.string())


def is_uuid(kind: pa.DataType) -> bool:
    """Whether a type is that of universal identifiers."""
    return getattr(kind, "extension_name", "") == "arrow.uuid"


def is_cut(kind: pa.DataType) -> bool:
    """Whether values lose digits: points in time of nanoseconds."""
    return bool(pa.types.is_timestamp(kind) and kind.unit == "ns")


def convert(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    """The values in the Arrow type of their type in Spark."""
    kind = column.type
    if is_uuid(kind):
        texts = [None if value is None else str(_as_uuid(value)) for value in column.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])
    if pa.types.is_dictionary(kind):
        return convert(column.cast(kind.value_type), wanted)
    if pa.types.is_time(kind):
        text = column.cast(pa.string())
        return pc.replace_substring_regex(pc.replace_substring_regex(text, r"(\.\d*?)0+$", r"\1"), r"\.$", "")
    if pa.types.is_float16(kind):
        return column.cast(pa.float32())
    return column.cast(wanted, safe=not is_cut(kind))


def _as_uuid(value: object) -> uuid.UUID:
    return value if isinstance(value, uuid.UUID) else uuid.UUID(bytes=value)  # type: ignore[arg-type]


def _is_text(kind: pa.DataType) -> bool:
    is_view = getattr(pa.types, "is_string_view", None)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or (is_view is not None and is_view(kind)))
