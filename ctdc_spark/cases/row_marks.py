"""What is noted beside each record of a file: where it stood, and what was odd about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column


RAGGED = "ragged"
BROKEN_LINE = "broken_line"
TRAILING = "trailing"
MISREAD = "misread"
FILE_NAME = "file_name"
FILE_PATH = "file_path"
BLOCK = "block"
POSITION = "position"


def mark_order() -> list[Column]:
    """Return the columns that sort the records of files as they stand in the files.

    A file's splits are read from front to back, and the id grows within a split, so the order does not depend
    on how the file was split.
    """
    return [
        F.col("_metadata.file_path").alias(FILE_PATH),
        F.col("_metadata.file_block_start").alias(BLOCK),
        F.monotonically_increasing_id().alias(POSITION),
    ]
