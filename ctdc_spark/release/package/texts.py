"""What people read first in a package: README.md, and METHOD.md on how it was made and where its limits are."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ctdc_spark.release.contracts import COVERAGE
from ctdc_spark.release.dp_report import is_noisy
from ctdc_spark.release.ledger import GROUP_SIZE, protection_of
from ctdc_spark.release.package.about import NOT_PEOPLE, About
from ctdc_spark.release.package.citation import cite_text
from ctdc_spark.release.package.tables import Table
from ctdc_spark.release.report import (
    Published,
    describe_absence,
    describe_closeness,
    describe_promises,
    escape_markdown,
)

DOCUMENTS = {
    "METHOD.md": "how records and counts were made, how close the records are, and what is not guaranteed",
    "codebook.md": "every column and value with its meaning",
    "schema.json": "every column of every table: type, meaning, and which files have it",
    "release.json": "the release's own row: settings, versions of software, what was verified",
    "LICENCE.txt": "terms of use",
    "citation.txt": "how to cite, as text",
    "citation.bib": "the same for BibTeX",
    "CITATION.cff": "the same in the Citation File Format 1.2.0",
    "datapackage.json": "metadata: Frictionless Data Package",
    "croissant.json": "metadata: Croissant 1.1",
    "dataset.jsonld": "metadata: schema.org Dataset",
    "dcat.jsonld": "metadata: DCAT",
    "ddi.xml": "metadata: DDI Codebook 2.5",
    "SHA256SUMS": "checksums of all other files",
}
"""Files that a package may have beside README.md, in the order of the README, with what they are."""


def write_readme(about: About, tables: Sequence[Table], names: Sequence[str]) -> str:
    """The README of a package, in Markdown.

    Args:
        about: the release.
        tables: its files.
        names: which of DOCUMENTS there are.
    """
    parts = [
        f"# {escape_markdown(about.title)}",
        *([escape_markdown(about.description)] if about.description else []),
        f"**{NOT_PEOPLE}**",
        "\n".join(_list_facts(about)),
        "## Files",
        "Each table is there as CSV, for spreadsheets, and as Parquet, for programs, with the same rows.",
        "\n".join(
            [
                "| file | rows | what |",
                "|---|---|---|",
                *(
                    f"| `{one.csv.path}`, `.parquet` | {one.rows:,} | {_first_sentence(one.meaning)} |"
                    for one in tables
                ),
                *(f"| `{name}` | | {what} |" for name, what in DOCUMENTS.items() if name in names),
            ]
        ),
        "## How to read the data",
        "\n".join(_list_readings(about, tables)),
        "## What is guaranteed",
        *(f'> "{escape_markdown(text)}"' for text in about.promises),
        "What is not guaranteed is in `METHOD.md`.",
        "## How to cite",
        f"> {escape_markdown(cite_text(about))}",
        "## How to check that the files are whole",
        "`sha256sum --check SHA256SUMS`, in this folder.",
    ]
    return "\n\n".join(parts) + "\n"


def write_method(about: About, release: Published) -> str:
    """How the release was made and what its limits are, in Markdown."""
    ledger = about.ledger
    versions = json.loads(str(ledger["versions"]))
    made = escape_markdown(", ".join(f"{name} {version}" for name, version in sorted(versions.items())))
    parts = [
        f"# Method and limits: {escape_markdown(about.title)}",
        "## How it was made",
        _describe_making(about),
        f"Made with {made}. The published settings are in `release.json`.",
        *describe_promises(ledger),
        *describe_closeness(release),
        "## How to read the data",
        *describe_absence(ledger),
        "- **The people are those who were identified and reported.** They are not a random sample, and nothing here "
        "says how common something is in a population.",
    ]
    return "\n\n".join(parts) + "\n"


def _list_facts(about: About) -> list[str]:
    said = {
        "Release": f"`{about.release_id}`, published {about.published}",
        "Publisher": about.publisher and escape_markdown(about.publisher),
        "Contact": about.contact and escape_markdown(about.contact),
        "Licence": about.licence and escape_markdown(about.licence),
        "DOI": about.doi and escape_markdown(about.doi),
        "Web page": about.url and escape_markdown(about.url),
        "Period": about.period,
        "Places": escape_markdown(", ".join(about.places)),
    }
    return [f"- {name}: {text}" for name, text in said.items() if text]


def _list_readings(about: About, tables: Sequence[Table]) -> list[str]:
    """How a count, its absence, an estimate, an empty cell and a percentage are to be read."""
    coverage = next((one for one in tables if one.name == COVERAGE.name), None)
    return [
        *_explain_counts(about),
        *describe_absence(about.ledger),
        "- **A number taken from the synthetic records is an estimate**, rougher the more attributes it combines; how "
        "far estimates lie from the counts is in `METHOD.md`. Use a published count where there is one.",
        *(
            [
                "- **Percentages** are of the people with information in the column: `with_information` in "
                f"`{coverage.csv.path}`, not of all people."
            ]
            if coverage and coverage.rows
            else []
        ),
        "- **In CSV files an apostrophe** stands before what a spreadsheet would take for a formula; Parquet files "
        "hold all texts as they are.",
    ]


def _explain_counts(about: About) -> list[str]:
    ledger = about.ledger
    k, precision = ledger["reporting_threshold"], ledger["reporting_precision"]
    if is_noisy(ledger):
        return [
            "- **A count is an estimate with random noise**: its standard deviation is the metric `noise_scale`. About "
            "19 of 20 counts lie within twice that."
        ]
    found = [f"- **k = {k}** is the smallest group of people that is described."]
    if precision == 1:
        return [*found, "- **Counts are exact.**"]
    return [
        *found,
        f"- **Counts are rounded down to a multiple of {precision}**, the precision: a count of {4 * k} stands for an "
        f"interval, {4 * k} to {4 * k + precision - 1} people.",
    ]


def _describe_making(about: About) -> str:
    """How records and counts were made, by protection and way of synthesis."""
    ledger = about.ledger
    length, k, precision = ledger["reporting_length"], ledger["reporting_threshold"], ledger["reporting_precision"]
    if is_noisy(ledger):
        return (
            f"Combinations of up to {length} attributes were counted with random noise. A model was fitted to these "
            "noisy counts; the published counts and the synthetic records come from the model alone."
        )
    if protection_of(ledger) != GROUP_SIZE:
        return "How is said in the guarantee."
    counted = (
        f"Counts are of people with combinations of up to {length} attributes; counts below {k} were left out, the "
        f"others rounded down to a multiple of {precision}."
    )
    made = {
        "calibrated": "Synthetic records were put together from attributes and weighted so that they agree with these "
        "counts as well as they can.",
        "row_seeded": "Synthetic records were cut from the original ones until no rare combination was left.",
    }.get(ledger["synthesis_mode"], "The synthetic records were made by a program of the publisher's own.")
    return f"{counted} {made} Every count and every record was verified before publication."


def _first_sentence(text: str) -> str:
    return escape_markdown(text.partition(". ")[0].rstrip("."))
