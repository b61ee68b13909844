"""Settings of a session that change what is read: those that we do not fix ourselves must have their usual values.

Values are written as text by expressions that do not depend on the session's time zone, its calendar or its ANSI mode,
and files are read with options of ours. What is left is looked at before anything is read: an attached session is
somebody else's, and we change nothing in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdc_spark.errors import SparkSetupError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ALLOWED = {
    # names that differ by upper and lower case only would be columns of their own
    "spark.sql.caseSensitive": ("false",),
    # records would be passed over in silence
    "spark.sql.files.ignoreCorruptFiles": ("false",),
    "spark.sql.files.ignoreMissingFiles": ("false",),
    # short records would not be noticed
    "spark.sql.csv.parser.columnPruning.enabled": ("true",),
    # dates and times would be others
    "spark.sql.parquet.inferTimestampNTZ.enabled": ("true",),
    "spark.sql.parquet.int96TimestampConversion": ("false",),
    "spark.sql.parquet.datetimeRebaseModeInRead": ("corrected", "exception"),
    "spark.sql.parquet.int96RebaseModeInRead": ("corrected", "exception"),
    "spark.sql.legacy.parquet.nanosAsLong": ("false",),
    # bytes would be taken for text
    "spark.sql.parquet.binaryAsString": ("false",),
}
"""The values that each setting may have, the usual one first."""


def require_usual_reading(spark: SparkSession) -> None:
    """Refuse a session in which the same data would be read as other values.

    Raises:
        SparkSetupError: it is; names the settings, what was found and what is allowed.
    """
    found = {key: _get(spark, key, allowed[0]) for key, allowed in ALLOWED.items()}
    odd = [
        f"{key}: found {value}; allowed: {' or '.join(ALLOWED[key])}"
        for key, value in found.items()
        if value.lower() not in ALLOWED[key]
    ]
    if odd:
        raise SparkSetupError(
            "this session reads data otherwise than usual. " + ". ".join(odd) + ". Set them so for this session"
        )


def _get(spark: SparkSession, key: str, usual: str) -> str:
    """A setting's value; the usual one where a session does not tell, as on serverless compute."""
    try:
        return spark.conf.get(key, usual) or usual
    except Exception:
        return usual
