"""Spark's errors in our own words.

Spark's messages may quote a record or a value, so none of their text reaches the user: only what is known about the
kind of error, and the class names of its causes.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

from ctdc_spark.errors import CtdcError, DataError, SparkSetupError

# Spark 4 prints an error's message, with values of the data, before anybody can catch it
for _name in ("DataFrameQueryContextLogger", "SQLQueryContextLogger"):
    logging.getLogger(_name).disabled = True

_SPARK_PACKAGES = ("pyspark", "py4j", "grpc")
_MOST_KINDS = 3
_JAVA_CLASS = re.compile(r"\b(?:[a-z][a-z0-9_]*\.){2,}[A-Z]\w*(?:Exception|Error|Failure)\b")

NOT_THERE = "does not exist where Spark runs; check sensitive_microdata_path"

# Conditions of Spark and Delta -> what to say.
_EXPLAINED = {
    "PATH_NOT_FOUND": NOT_THERE,
    "TABLE_OR_VIEW_NOT_FOUND": (
        "is not a table that this session can see; give table, schema.table or catalog.schema.table"
    ),
    "SCHEMA_NOT_FOUND": "is in a schema that this session cannot see; check sensitive_microdata_table",
    "PARSE_SYNTAX_ERROR": "is not a table name; put parts with special characters into backticks",
    "UNABLE_TO_INFER_SCHEMA": "holds no file of that format; check sensitive_microdata_format",
    "COLUMN_ALREADY_EXISTS": "has columns whose names differ only by upper and lower case; rename them",
    "CANNOT_MERGE_SCHEMAS": "has files in which a column has different types; write them with the same types",
    "DELTA_TABLE_NOT_FOUND": "is not a Delta table; check sensitive_microdata_format",
    "DELTA_MISSING_DELTA_TABLE": "is not a Delta table; check sensitive_microdata_format",
    "DELTA_PATH_DOES_NOT_EXIST": NOT_THERE,
    "INVALID_PARAMETER_VALUE.CHARSET": (
        "is in an encoding that this Spark does not read; save it as UTF-8 and change sensitive_microdata_encoding"
    ),
}
_NO_PARQUET = "has a file that is not Parquet; check sensitive_microdata_format"
_OTHER_STREAM = re.compile("not a gzip file|incorrect header check|not in the BZip2 format|BZip2 magic", re.IGNORECASE)
_NOT_COMPRESSED = (
    "has a name that ends in .gz or .bz2, but is not compressed in this way; rename the file to what it is, or "
    "compress it"
)
_ADVICE_ON_INPUT = re.compile(r"; [^;]*\bsensitive_microdata_\w+$")  # of no use where something else is read
_FORBIDDEN = "may not be read by this user; ask for the right to read it"
_NO_JAR = "needs a file system or format that this Spark does not have; install its jar"
_FAR = "lies on a host that cannot be reached; check the address and the network"
# Causes by the name of their Java class -> what to say.
_CAUSES = {
    "AccessControlException": _FORBIDDEN,
    "AccessDeniedException": _FORBIDDEN,
    "FileNotFoundException": "has files that do not exist or may not be read by this user",
    "ClassNotFoundException": _NO_JAR,
    "UnsupportedFileSystemException": _NO_JAR,
    "UnknownHostException": _FAR,
    "ConnectException": _FAR,
    "OutOfMemoryError": "needs more memory to be read than Spark's executors have; see spark.executor.memory",
    "URISyntaxException": "has a colon in the name of a file or folder, which Hadoop does not read; rename it",
    "ChecksumException": (
        "has a file that was changed after Hadoop wrote it: a hidden .crc file beside it holds another checksum. If "
        "the change is meant, remove that .crc file"
    ),
    "ZipException": "has a compressed file that is damaged",
    "EOFException": "has a file that ends too early; it may be damaged or still being written",
}


@contextmanager
def explained_failures(place: str, parameter: str | None = None) -> Iterator[None]:
    """Turn Spark's errors inside the block into ours, without any of Spark's words, which could quote data.

    Args:
        place: what is being read, as the message names it.
        parameter: the parameter that gave it, which goes before it.

    Raises:
        DataError: in place of any error of Spark.
        SparkSetupError: Spark lacks Delta.
    """
    try:
        yield
    except CtdcError:
        raise
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in _SPARK_PACKAGES:
            raise
        explained = _explain(error, place, parameter)
        explained.parameters = frozenset([parameter] if parameter else [])
        raise explained from None


def error_condition(error: Exception) -> str:
    """Return the name that Spark gives to the kind of an error, such as PATH_NOT_FOUND, or nothing."""
    for method in ("getCondition", "getErrorClass"):  # the first since Spark 4
        ask = getattr(error, method, None)
        if ask is not None:
            return str(ask() or "")
    return ""


def _explain(error: Exception, address: str, parameter: str | None) -> CtdcError:
    condition, text = error_condition(error), str(error)
    place = address if parameter is None else f"{parameter}: {address}"
    if condition == "DATA_SOURCE_NOT_FOUND":
        return SparkSetupError(f"{place}: this Spark cannot read Delta tables; start it with Delta's jar")
    kinds = list(dict.fromkeys(name.rpartition(".")[2] for name in _JAVA_CLASS.findall(text)))
    known = [_NO_PARQUET] if "is not a Parquet file" in text else []
    known += [_NOT_COMPRESSED] if _OTHER_STREAM.search(text) else []
    known += [_EXPLAINED[name] for name in (condition, condition.partition(".")[0]) if name in _EXPLAINED]
    known += [_CAUSES[kind] for kind in kinds if kind in _CAUSES]
    if known:
        return DataError(f"{place} {known[0] if parameter is None else _ADVICE_ON_INPUT.sub('', known[0])}")
    named = ", ".join([condition] * bool(condition) + kinds[:_MOST_KINDS]) or type(error).__name__
    return DataError(
        f"{place} could not be read by Spark ({named}). Its own message is withheld because it may quote "
        "records; check that the files are complete, of the stated format and encoding, and readable by this "
        "user"
    )
