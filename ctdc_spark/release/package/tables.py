"""The files of a package's tables, with what each column is; types are read from the Parquet files themselves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ctdc_spark.io.formulas import quote_text
from ctdc_spark.release.contracts import (
    AGGREGATE_COUNTS,
    ATTRIBUTE_METRICS,
    CODEBOOK,
    COVERAGE,
    EVALUATION_METRICS,
    SYNTHETIC_MICRODATA,
    Contract,
    microdata_contract,
)

DATA = "data"
"""The folder of the tables."""

CSV, PARQUET = "text/csv", "application/vnd.apache.parquet"
"""Media types."""

STRING, INTEGER, NUMBER, LIST = "string", "integer", "number", "array"
"""Kinds of columns."""

_CONTRACTS = {one.name: one for one in (AGGREGATE_COUNTS, EVALUATION_METRICS, ATTRIBUTE_METRICS, CODEBOOK, COVERAGE)}
_CHUNK = 1 << 20  # bytes read at once


@dataclass(frozen=True)
class Column:
    """A column of a table in a package.

    Attributes:
        name: as in Parquet.
        kind: string, integer, number or array; arrays are in the Parquet file alone.
        meaning: in words.
        label: its readable name; None if there is no other.
    """

    name: str
    kind: str
    meaning: str
    label: str | None = None

    @property
    def csv_name(self) -> str:
        """Its name in the CSV file, where no cell is a formula."""
        return quote_text(self.name)


@dataclass(frozen=True)
class DataFile:
    """A file of a package: its path within, media type, size in bytes and SHA-256 in hex."""

    path: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Table:
    """A table of a package, which has two files of the same rows."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    rows: int
    csv: DataFile
    parquet: DataFile

    @property
    def flat(self) -> list[Column]:
        """The columns that both files have."""
        return [column for column in self.columns if column.kind != LIST]


def describe_tables(root: Path, columns: Sequence[str], labels: Mapping[str, str]) -> list[Table]:
    """The tables whose files lie in the folder `data` of a package, the records first.

    Args:
        root: folder of the package.
        columns: of the records.
        labels: readable names of these.
    """
    contracts = {SYNTHETIC_MICRODATA: microdata_contract(tuple(columns)), **_CONTRACTS}
    present = [name for name in contracts if (root / DATA / f"{name}.parquet").exists()]
    return [_describe_table(root, contracts[name], labels if name == SYNTHETIC_MICRODATA else {}) for name in present]


def _describe_table(root: Path, contract: Contract, labels: Mapping[str, str]) -> Table:
    path = root / DATA / f"{contract.name}.parquet"
    meanings = {column.name: column.comment for column in contract.columns}
    schema = pq.read_schema(path)
    return Table(
        contract.name,
        contract.comment,
        tuple(Column(one.name, _kind_of(one.type), meanings.get(one.name, ""), labels.get(one.name)) for one in schema),
        pq.read_metadata(path).num_rows,
        describe_file(root, f"{DATA}/{contract.name}.csv", CSV),
        describe_file(root, f"{DATA}/{contract.name}.parquet", PARQUET),
    )


def _kind_of(kind: pa.DataType) -> str:
    if pa.types.is_integer(kind):
        return INTEGER
    if pa.types.is_floating(kind):
        return NUMBER
    return LIST if pa.types.is_list(kind) else STRING


def describe_file(root: Path, path: str, media_type: str) -> DataFile:
    """Size and digest of a file of a package."""
    digest = hashlib.sha256()
    with (root / path).open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return DataFile(path, media_type, (root / path).stat().st_size, digest.hexdigest())


def list_files(tables: Sequence[Table]) -> list[tuple[Table, DataFile]]:
    """Every file of the tables, with its table."""
    return [(table, file) for table in tables for file in (table.csv, table.parquet)]


def write_schema(tables: Sequence[Table]) -> str:
    """One schema for all tables, as JSON: each column with its type and meaning, and which files have it."""
    said = {
        table.name: {
            "meaning": table.meaning,
            "rows": table.rows,
            "files": [table.csv.path, table.parquet.path],
            "columns": [
                {
                    "name": column.name,
                    **({"label": column.label} if column.label else {}),
                    **({"name_in_csv": column.csv_name} if column.csv_name != column.name else {}),
                    "type": column.kind,
                    "in": ["parquet"] if column.kind == LIST else ["csv", "parquet"],
                    "meaning": column.meaning,
                }
                for column in table.columns
            ],
        }
        for table in tables
    }
    return to_json(said)


def to_json(said: object) -> str:
    """JSON to read: indented, in the order given, text as it is."""
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"


def without_nothing(said: Mapping[str, object]) -> dict[str, object]:
    """The entries that say something."""
    return {key: value for key, value in said.items() if value not in (None, "", [], {})}
