"""`croissant.json`: the release in the format Croissant, version 1.1, for programs that learn from data.

Source of the form: the specification of MLCommons. Records are read from the Parquet files, which hold texts as they
are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ctdc_spark.release.contracts import SYNTHETIC_MICRODATA
from ctdc_spark.release.package.about import About
from ctdc_spark.release.package.citation import cite_text
from ctdc_spark.release.package.schema_org import say_what
from ctdc_spark.release.package.tables import INTEGER, NUMBER, STRING, Table, list_files, to_json, without_nothing

CONFORMS_TO = "http://mlcommons.org/croissant/1.1"

DATA_TYPES = {STRING: "sc:Text", INTEGER: "sc:Integer", NUMBER: "sc:Float"}

_TERMS = re.findall(
    r"\w+",
    "annotation arrayShape citeAs column containedIn equivalentProperty excludes extract field "
    "fileProperty fileObject fileSet format includes isArray isLiveDataset jsonPath key md5 parentField "
    "path recordSet references regex readLines repeated replace samplingRate sdVersion separator source "
    "subField transform unArchive value ",
)
"""Names in the namespace of Croissant."""

CONTEXT: dict[str, object] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in _TERMS},
}


def write_croissant(about: About, tables: Sequence[Table]) -> str:
    """The description, as JSON-LD."""
    return to_json(
        without_nothing(
            {
                "@context": CONTEXT,
                "@type": "sc:Dataset",
                "conformsTo": CONFORMS_TO,
                **say_what(about),
                "citeAs": cite_text(about),
                "distribution": [
                    {
                        "@type": "cr:FileObject",
                        "@id": file.path,
                        "name": file.path,
                        "description": table.meaning,
                        "contentUrl": file.path,
                        "contentSize": f"{file.size} B",
                        "encodingFormat": file.media_type.replace("vnd.apache.parquet", "x-parquet"),
                        "sha256": file.sha256,
                    }
                    for table, file in list_files(tables)
                ],
                "recordSet": [_record_set(table) for table in tables],
            }
        )
    )


def _record_set(table: Table) -> dict[str, object]:
    ids = [
        f"{table.name}/{position}-{re.sub('[^A-Za-z0-9_-]', '-', one.name)}" for position, one in enumerate(table.flat)
    ]
    fields = [
        without_nothing(
            {
                "@type": "cr:Field",
                "@id": name,
                "name": one.name,
                "description": one.meaning if one.label is None else f"{one.label}. {one.meaning}",
                "dataType": DATA_TYPES[one.kind],
                "source": {"fileObject": {"@id": table.parquet.path}, "extract": {"column": one.name}},
            }
        )
        for name, one in zip(ids, table.flat, strict=True)
    ]
    found: dict[str, object] = {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": table.meaning,
    }
    if table.name == SYNTHETIC_MICRODATA:
        found["key"] = {"@id": ids[0]}
    return {**found, "field": fields}
