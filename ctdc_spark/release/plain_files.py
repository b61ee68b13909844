"""Plain files: rows of a table as one CSV, TSV or Parquet file."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ctdc_spark.io.formulas import quote_formulas

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

DELIMITERS = {"csv": ",", "tsv": "\t", "sds": "\t"}


def write_file(frame: DataFrame, path: Path, file_format: str, *, plain: bool) -> str:
    """Write one file, beside its place first, so that a half-written one is never taken for whole.

    Args:
        frame: its rows.
        path: its place.
        file_format: one of DELIMITERS, or parquet.
        plain: leave unchanged the texts that a spreadsheet would take for formulas, as parquet does.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as scratch:
        parts = Path(scratch) / "parts"
        if file_format == "parquet":
            frame.coalesce(1).write.parquet(str(parts))
        else:
            cells = frame if plain else quote_formulas(frame)
            as_they_are = {"ignoreLeadingWhiteSpace": "false", "ignoreTrailingWhiteSpace": "false", "emptyValue": ""}
            writer = cells.coalesce(1).write.options(**as_they_are)
            writer.csv(str(parts), header=True, sep=DELIMITERS[file_format], escape='"')
        written = [part for part in parts.iterdir() if part.name.startswith("part-")]
        shutil.move(written[0], path)
    return str(path)
