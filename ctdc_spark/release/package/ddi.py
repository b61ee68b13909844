"""`ddi.xml`: the release as a codebook of the Data Documentation Initiative, DDI Codebook 2.5.

Elements stand in the order that the schema of version 2.5 asks for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from ctdc_spark.release.package.about import NOT_PEOPLE, About
from ctdc_spark.release.package.citation import cite_text
from ctdc_spark.release.package.tables import INTEGER, NUMBER, Table
from ctdc_spark.version import __version__

NAMESPACE = "ddi:codebook:2_5"

# What XML 1.0 cannot hold, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_ddi(about: About, tables: Sequence[Table], codebook: Sequence[Mapping[str, Any]]) -> str:
    """The codebook, as XML.

    Args:
        about: the release.
        tables: its files.
        codebook: rows of the table `codebook`, in order.
    """
    root = ET.Element("codeBook", {"xmlns": NAMESPACE, "version": "2.5", "xml:lang": "en"})
    _describe_study(ET.SubElement(root, "stdyDscr"), about)
    for number, table in enumerate(tables, start=1):
        _describe_file(root, table, f"F{number}")
    _describe_variables(ET.SubElement(root, "dataDscr"), tables, codebook)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _add(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    """A new element; control characters that XML cannot hold become U+FFFD."""
    clean = {name: _FORBIDDEN.sub("\ufffd", value) for name, value in attributes.items()}
    element = ET.SubElement(parent, tag, clean)
    element.text = None if text is None else _FORBIDDEN.sub("\ufffd", text)
    return element


def _describe_study(study: ET.Element, about: About) -> None:
    _cite(_add(study, "citation"), about)
    info = _add(study, "stdyInfo")
    _add(info, "abstract", about.abstract)
    summary = _add(info, "sumDscr")
    if about.dates is not None:
        for event, date in zip(("start", "end"), about.dates, strict=True):
            _add(summary, "timePrd", date, event=event, date=date)
    for place in about.places:
        _add(summary, "geogCover", place)
    _add(summary, "anlyUnit", "Synthetic record")
    _add(summary, "dataKind", "Synthetic records and protected counts")
    _add(_add(study, "method"), "notes", "\n".join([NOT_PEOPLE, *about.promises]), type="guarantee")
    if about.licence or about.contact:
        use = _add(_add(study, "dataAccs"), "useStmt")
        if about.contact:
            _add_contact(use, about)
        if about.licence:
            address = f" ({about.licence_address})" if about.licence_address not in (None, about.licence) else ""
            _add(use, "conditions", f"{about.licence}{address}")


def _cite(citation: ET.Element, about: About) -> None:
    titles = _add(citation, "titlStmt")
    _add(titles, "titl", about.title)
    _add(titles, "IDNo", about.release_id)
    if about.doi:
        _add(titles, "IDNo", about.doi, agency="DOI")
    if about.publisher:
        _add(_add(citation, "rspStmt"), "AuthEnty", about.publisher)
    production = _add(citation, "prodStmt")
    if about.publisher:
        _add(production, "producer", about.publisher)
    _add(production, "prodDate", about.published, date=about.published)
    _add(production, "software", "ctdc-spark", version=__version__)
    distribution = _add(citation, "distStmt")
    if about.publisher:
        _add(distribution, "distrbtr", about.publisher)
    if about.contact:
        _add_contact(distribution, about)
    _add(distribution, "distDate", about.published, date=about.published)
    _add(_add(citation, "verStmt"), "version", about.release_id, date=about.published)
    _add(citation, "biblCit", cite_text(about))
    if about.address:
        _add(citation, "holdings", URI=about.address)


def _add_contact(parent: ET.Element, about: About) -> None:
    known = {"email": about.mail, "URI": about.contact_address}
    _add(parent, "contact", about.contact, **{name: value for name, value in known.items() if value})


def _describe_file(root: ET.Element, table: Table, name: str) -> None:
    described = ET.SubElement(root, "fileDscr", {"ID": name, "URI": table.csv.path})
    text = _add(described, "fileTxt")
    _add(text, "fileName", table.csv.path)
    _add(text, "fileCont", table.meaning)
    sizes = _add(text, "dimensns")
    _add(sizes, "caseQnty", str(table.rows))
    _add(sizes, "varQnty", str(len(table.flat)))
    _add(text, "fileType", table.csv.media_type)


def _describe_variables(data: ET.Element, tables: Sequence[Table], codebook: Sequence[Mapping[str, Any]]) -> None:
    values: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in codebook:
        if row["value"] is not None:
            values[row["column"]].append(row)
    for number, table in enumerate(tables, start=1):
        for position, column in enumerate(table.flat, start=1):
            name = f"F{number}V{position}"
            interval = "contin" if column.kind in (INTEGER, NUMBER) else "discrete"
            variable = _add(data, "var", ID=name, name=column.csv_name, files=f"F{number}", intrvl=interval)
            _add(variable, "labl", column.label or column.name)
            _add(variable, "txt", column.meaning)
            for row in values[column.name] if number == 1 else ():
                category = _add(variable, "catgry")
                _add(category, "catValu", row["value"])
                _add(category, "labl", row["label"] or row["value"])
            _add(variable, "varFormat", type="numeric" if interval == "contin" else "character")
