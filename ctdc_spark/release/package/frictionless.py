"""`datapackage.json`: a Data Package of Frictionless Data, whose tabular resources are the CSV files.

Source of the form: the specifications Data Package, Data Resource and Table Schema, version 1. Parquet files are
resources without a schema: it is that of the CSV file of the same name, with more in `schema.json`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ctdc_spark.release.contracts import SYNTHETIC_MICRODATA
from ctdc_spark.release.package.about import LICENCES, About
from ctdc_spark.release.package.tables import Table, to_json, without_nothing


def write_datapackage(about: About, tables: Sequence[Table]) -> str:
    """The description of a package, as JSON."""
    licence = without_nothing(
        {
            "name": about.licence if about.licence in LICENCES else None,
            "path": about.licence_address,
            "title": about.licence,
        }
    )
    publisher = without_nothing({"title": about.publisher, "email": about.mail, "path": about.url, "role": "publisher"})
    return to_json(
        without_nothing(
            {
                "profile": "data-package",
                "name": re.sub(r"[^a-z0-9._-]", "-", about.release_id.lower()),
                "id": about.doi_address or about.release_id,
                "title": about.title,
                "description": about.abstract,
                "homepage": about.url,
                "created": f"{about.published}T00:00:00Z",
                "licenses": [licence] if about.licence else None,
                "contributors": [publisher] if about.publisher else None,
                "resources": [one for table in tables for one in (_csv(table), _parquet(table))],
            }
        )
    )


def _csv(table: Table) -> dict[str, object]:
    schema: dict[str, object] = {
        "fields": [
            without_nothing({"name": one.csv_name, "type": one.kind, "title": one.label, "description": one.meaning})
            for one in table.flat
        ],
        "missingValues": [""],
    }
    if table.name == SYNTHETIC_MICRODATA:
        schema["primaryKey"] = ["record_id"]
    return {
        "name": table.name.replace("_", "-"),
        "profile": "tabular-data-resource",
        "path": table.csv.path,
        "title": table.meaning,
        "format": "csv",
        "mediatype": table.csv.media_type,
        "encoding": "utf-8",
        "bytes": table.csv.size,
        "hash": f"sha256:{table.csv.sha256}",
        "dialect": {"delimiter": ",", "quoteChar": '"', "doubleQuote": True, "header": True},
        "schema": schema,
    }


def _parquet(table: Table) -> dict[str, object]:
    return {
        "name": f"{table.name.replace('_', '-')}-parquet",
        "profile": "data-resource",
        "type": "file",
        "path": table.parquet.path,
        "title": table.meaning,
        "format": "parquet",
        "mediatype": table.parquet.media_type,
        "bytes": table.parquet.size,
        "hash": f"sha256:{table.parquet.sha256}",
    }
