"""`dcat.jsonld`: the release as a dcat:Dataset, for catalogues of open data (DCAT version 3, W3C)."""

from __future__ import annotations

from collections.abc import Sequence

from ctdc_spark.release.package.about import About
from ctdc_spark.release.package.tables import CSV, Table, list_files, to_json, without_nothing

_XSD_DATES = {4: "xsd:gYear", 7: "xsd:gYearMonth", 10: "xsd:date"}

CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def write_dcat(about: About, tables: Sequence[Table]) -> str:
    """The description, as JSON-LD."""
    said = {
        "@context": CONTEXT,
        "@id": about.address,
        "@type": "dcat:Dataset",
        "dct:title": about.title,
        "dct:description": about.abstract,
        "dct:identifier": about.doi_address or about.release_id,
        "dct:issued": _date(about.published),
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": about.publisher} if about.publisher else None,
        "dcat:contactPoint": _contact(about),
        "dcat:landingPage": {"@id": about.url} if about.url else None,
        "dct:license": _licence(about),
        "dct:temporal": _period(about),
        "dct:spatial": [{"@type": "dct:Location", "rdfs:label": place} for place in about.places],
        "dcat:version": about.release_id,
        "dcat:distribution": [
            without_nothing(
                {
                    "@type": "dcat:Distribution",
                    "dct:title": file.path,
                    "dct:description": table.meaning,
                    "dct:license": _licence(about),
                    "dcat:downloadURL": {"@id": file.path},
                    "dcat:accessURL": {"@id": about.address or file.path},
                    "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{file.media_type}"},
                    "dct:format": "CSV" if file.media_type == CSV else "Parquet",
                    "dcat:byteSize": {"@value": str(file.size), "@type": "xsd:nonNegativeInteger"},
                    "spdx:checksum": {
                        "@type": "spdx:Checksum",
                        "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
                        "spdx:checksumValue": {"@value": file.sha256, "@type": "xsd:hexBinary"},
                    },
                }
            )
            for table, file in list_files(tables)
        ],
    }
    return to_json(without_nothing(said))


def _date(text: str) -> dict[str, str]:
    return {"@value": text, "@type": _XSD_DATES[len(text)]}


def _licence(about: About) -> dict[str, str] | None:
    if about.licence is None:
        return None
    address = about.licence_address
    return {"@id": address} if address else {"@type": "dct:LicenseDocument", "rdfs:label": about.licence}


def _contact(about: About) -> dict[str, object] | None:
    if about.contact is None:
        return None
    mail, address = about.mail, about.contact_address
    return without_nothing(
        {
            "@type": "vcard:Kind",
            "vcard:fn": about.publisher or about.contact,
            "vcard:hasEmail": {"@id": f"mailto:{mail}"} if mail else None,
            "vcard:hasURL": {"@id": address} if address else None,
            "vcard:note": None if mail or address else about.contact,
        }
    )


def _period(about: About) -> dict[str, object] | None:
    if about.dates is None:
        return None
    begin, end = about.dates
    return {"@type": "dct:PeriodOfTime", "dcat:startDate": _date(begin), "dcat:endDate": _date(end)}
