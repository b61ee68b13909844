"""Delta's commit conflicts, told apart without its Python package.

Which class such an error has depends on where Spark runs: one of Delta's own where its Python package is loaded, one of
Spark's elsewhere and over Spark Connect. Their names and conditions are the same everywhere.
"""

from __future__ import annotations

import re

from ctdc_spark.engine.failures import error_condition

OVERTAKEN = frozenset({"ConcurrentTransactionException", "DELTA_CONCURRENT_TRANSACTION"})
"""Another commit has used the same application id: a later attempt has begun."""

IN_THE_WAY = OVERTAKEN | {
    "ConcurrentAppendException",
    "ConcurrentDeleteDeleteException",
    "ConcurrentDeleteReadException",
    "ConcurrentWriteException",
    "DeltaConcurrentModificationException",
    "MetadataChangedException",
    "ProtocolChangedException",
    "DELTA_CONCURRENT_APPEND",
    "DELTA_CONCURRENT_DELETE_DELETE",
    "DELTA_CONCURRENT_DELETE_READ",
    "DELTA_CONCURRENT_WRITE",
    "DELTA_METADATA_CHANGED",
    "DELTA_PROTOCOL_CHANGED",
}
"""Another commit came between; a retry may succeed."""

_JAVA_CLASS = re.compile(r"\b(?:io\.delta\.exceptions|org\.apache\.spark\.sql\.delta)\.(\w+Exception)\b")


def conflict_names(error: Exception) -> set[str]:
    """Every name that an error goes by: its condition, its Python classes and the classes of Delta it mentions."""
    condition = error_condition(error).partition(".")[0]
    return {condition, *(kind.__name__ for kind in type(error).__mro__), *_JAVA_CLASS.findall(str(error))}
