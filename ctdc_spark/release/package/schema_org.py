"""`dataset.jsonld`: the release as a Dataset of schema.org, which search engines for data read."""

from __future__ import annotations

from collections.abc import Sequence

from ctdc_spark.release.package.about import About
from ctdc_spark.release.package.citation import cite_text
from ctdc_spark.release.package.tables import Table, list_files, to_json, without_nothing


def write_schema_org(about: About, tables: Sequence[Table]) -> str:
    """The description, as JSON-LD."""
    records = tables[0]
    return to_json(
        without_nothing(
            {
                "@context": "https://schema.org/",
                "@type": "Dataset",
                **say_what(about),
                "identifier": [about.doi_address, about.release_id] if about.doi else about.release_id,
                "version": about.release_id,
                "citation": cite_text(about),
                "temporalCoverage": about.period,
                "spatialCoverage": [{"@type": "Place", "name": place} for place in about.places],
                "measurementTechnique": "Synthetic records and protected counts",
                "variableMeasured": [
                    without_nothing(
                        {"@type": "PropertyValue", "name": one.label or one.name, "alternateName": one.name}
                    )
                    for one in records.columns
                    if one.name in about.columns
                ],
                "distribution": [
                    {
                        "@type": "DataDownload",
                        "name": file.path,
                        "description": table.meaning,
                        "contentUrl": file.path,
                        "encodingFormat": file.media_type,
                        "contentSize": f"{file.size} B",
                        "sha256": file.sha256,
                    }
                    for table, file in list_files(tables)
                ],
            }
        )
    )


def say_what(about: About) -> dict[str, object]:
    """What schema.org and Croissant have in common."""
    organisation = {"@type": "Organization", "name": about.publisher} if about.publisher else None
    contact = without_nothing(
        {
            "@type": "ContactPoint",
            "email": about.mail,
            "url": about.contact_address,
            "name": None if about.mail or about.contact_address else about.contact,
        }
    )
    if organisation and about.contact:
        organisation["contactPoint"] = contact  # type: ignore[assignment] # JSON
    licence = about.licence_address or ({"@type": "CreativeWork", "name": about.licence} if about.licence else None)
    return without_nothing(
        {
            "name": about.title,
            "description": about.abstract,
            "url": about.address,
            "license": licence,
            "creator": organisation,
            "publisher": organisation,
            "datePublished": about.published,
        }
    )
