"""Put a package together: documents beside the files of the tables, checksums of all, in a folder or a zip file."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ctdc_spark.release.documents import list_codebook, write_codebook_markdown
from ctdc_spark.release.package.about import About, read_about
from ctdc_spark.release.package.citation import cite_bibtex, cite_cff, cite_text
from ctdc_spark.release.package.croissant import write_croissant
from ctdc_spark.release.package.dcat import write_dcat
from ctdc_spark.release.package.ddi import write_ddi
from ctdc_spark.release.package.frictionless import write_datapackage
from ctdc_spark.release.package.schema_org import write_schema_org
from ctdc_spark.release.package.tables import describe_file, describe_tables, to_json, write_schema
from ctdc_spark.release.package.texts import write_method, write_readme
from ctdc_spark.release.report import Published
from ctdc_spark.release.small_rows import SmallRows

CHECKSUMS = "SHA256SUMS"

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first time that a zip file can hold: the same release gives the same bytes
_FILE_MODE = 0o644 << 16


def write_documents_of(root: Path, small: SmallRows) -> None:
    """Write everything but the tables into the folder of a package, whose folder `data` is there.

    Args:
        root: folder of the package.
        small: what was collected from the published tables.

    Raises:
        DataError: the ledger does not have the form that ctdc-spark writes.
    """
    ledger = small.ledger[0]
    about = read_about(ledger)
    for name, text in _write_all(root, about, small).items():
        (root / name).write_text(text, encoding="utf-8", newline="\n")
    (root / CHECKSUMS).write_text(_sum_files(root), encoding="utf-8", newline="\n")


def _write_all(root: Path, about: About, small: SmallRows) -> dict[str, str]:
    tables = describe_tables(root, about.columns, about.labels)
    codebook = list_codebook(small.codebook, {"use_columns": about.columns, "column_labels": about.labels})
    values = [{key: text or None for key, text in row.items()} for row in codebook]
    metrics = [row for row in small.metrics if row["count_from"] is None]
    licence = "\n".join(dict.fromkeys(text for text in (about.licence, about.licence_address) if text))
    texts = {
        "METHOD.md": write_method(about, Published(about.ledger, metrics, about.columns)),
        "codebook.md": write_codebook_markdown(codebook, about.title),
        "schema.json": write_schema(tables),
        "release.json": to_json(_plain_ledger(about.ledger)),
        "LICENCE.txt": f"{licence}\n" if licence else None,
        "citation.txt": f"{cite_text(about)}\n",
        "citation.bib": cite_bibtex(about),
        "CITATION.cff": cite_cff(about),
        "datapackage.json": write_datapackage(about, tables),
        "croissant.json": write_croissant(about, tables),
        "dataset.jsonld": write_schema_org(about, tables),
        "dcat.jsonld": write_dcat(about, tables),
        "ddi.xml": write_ddi(about, tables, values),
    }
    written = {name: text for name, text in texts.items() if text is not None}
    return {"README.md": write_readme(about, tables, [*written, CHECKSUMS]), **written}


def _plain_ledger(ledger: Mapping[str, Any]) -> dict[str, Any]:
    """The ledger's row as JSON has it, with the texts that are JSON themselves opened."""
    opened = {key: json.loads(ledger[key]) for key in ("settings", "versions", "proof") if ledger.get(key)}
    times = {"published_at", "published_seconds"}
    plain = {key: value for key, value in ledger.items() if key not in times and value is not None}
    return {**plain, "published_seconds": ledger["published_seconds"], **opened}


def _sum_files(root: Path) -> str:
    """The checksums of all files, as `sha256sum` writes and checks them."""
    names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    return "".join(f"{describe_file(root, name, '').sha256}  {name}\n" for name in names if name != CHECKSUMS)


def zip_folder(root: Path, path: Path, name: str) -> None:
    """Write a folder into a zip file, under a folder of this name; equal folders give equal bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for file in sorted(one for one in root.rglob("*") if one.is_file()):
            entry = zipfile.ZipInfo(f"{name}/{file.relative_to(root).as_posix()}", _EPOCH)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, _FILE_MODE, 3
            entry.file_size = file.stat().st_size  # decides whether the entry needs the larger form
            with file.open("rb") as source, archive.open(entry, "w") as target:
                while chunk := source.read(1 << 20):
                    target.write(chunk)
