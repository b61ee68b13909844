"""Files beside the published tables for people: the summary and the codebook, made from published tables alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ctdc_spark.evaluation.homogeneity import name_shared
from ctdc_spark.io import files
from ctdc_spark.io.formulas import quote_text
from ctdc_spark.release.coverage_words import state_coverage
from ctdc_spark.release.ledger import published_settings
from ctdc_spark.release.report import Published, escape_markdown, write_html, write_markdown

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.release.small_rows import SmallRows
    from ctdc_spark.release.table_location import TableLocation

LAST_DOCUMENT = "codebook.md"
"""Written last: where it exists, a release has its page and its documents."""

CODEBOOK_COLUMNS = ("column", "column_label", "value", "label", "group", "kind")


def page_path(place: TableLocation, release_id: str) -> str | None:
    """Where the page of a release lies; None without an output folder."""
    return None if place.output_dir is None else files.join(place.output_dir, f"{release_id}.html")


def documents_folder(place: TableLocation, release_id: str) -> str | None:
    """Where the summary and the codebook of a release lie; None without an output folder."""
    return None if place.output_dir is None else files.join(place.output_dir, release_id)


def write_documents(aggregates: Callable[[], DataFrame], folder: str, small: SmallRows) -> list[str]:
    """Write summary.md, summary.html, codebook.csv and codebook.md of one release.

    Args:
        aggregates: gives its rows of `aggregate_counts`; called where the settings name sensitive columns.
        folder: where to write.
        small: what was collected from them.

    Returns:
        The addresses of the files.
    """
    ledger = small.ledger[0]
    settings = published_settings(ledger["settings"])
    sensitive = settings.get("sensitive_columns") or []
    shared = name_shared(aggregates(), sensitive) if sensitive else []
    metrics = [row for row in small.metrics if row["count_from"] is None]
    release = Published(ledger, metrics, settings["use_columns"], sensitive, shared)
    rows = list_codebook(small.codebook, settings)
    summary = write_markdown(release)
    contents = {
        "summary.md": summary,
        "summary.html": write_html(summary, ledger["title"]),
        "codebook.csv": write_codebook_csv(rows),
        LAST_DOCUMENT: write_codebook_markdown(rows, ledger["title"], state_coverage(small.coverage, ledger)),
    }
    for name, text in contents.items():  # LAST_DOCUMENT comes last
        files.write_text(files.join(folder, name), text)
    return [files.join(folder, name) for name in contents]


def list_codebook(rows: Sequence[Mapping[str, Any]], settings: Mapping[str, Any]) -> list[dict[str, str]]:
    """Rows of CODEBOOK_COLUMNS, in the order of the columns and then of the values; empty where there is nothing."""
    order = {name: place for place, name in enumerate(settings["use_columns"])}
    labels = settings.get("column_labels") or {}
    ordered = sorted(rows, key=lambda row: (order.get(row["column"], len(order)), row["value"] or ""))
    return [
        {name: str({**row, "column_label": labels.get(row["column"])}[name] or "") for name in CODEBOOK_COLUMNS}
        for row in ordered
    ]


def write_codebook_csv(rows: Sequence[Mapping[str, str]]) -> str:
    """The codebook as CSV, one row per value; no cell is a formula."""
    text = io.StringIO()
    writer = csv.DictWriter(text, CODEBOOK_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: quote_text(cell) for name, cell in row.items()} for row in rows)
    return text.getvalue()


def write_codebook_markdown(
    rows: Sequence[Mapping[str, str]], title: str, information: Mapping[str, str] = MappingProxyType({})
) -> str:
    """The codebook as Markdown: a heading for each column, how many people have information there, its values."""
    parts = [f"# Codebook: {escape_markdown(title)}", "An empty cell means unknown, not applicable, or withheld."]
    for column in dict.fromkeys(row["column"] for row in rows):
        mine = [row for row in rows if row["column"] == column]
        label, group = mine[0]["column_label"], mine[0]["group"]
        parts.append(f"## {escape_markdown(column)}")
        about = [escape_markdown(label)] * bool(label) + [f"Group: {escape_markdown(group)}"] * bool(group)
        parts += [". ".join(about) + "."] * bool(about)
        parts += [text for text in [information.get(column)] if text is not None]
        if mine[0]["kind"] == "withheld":
            parts.append("No value of this column is published: it is empty, or none of its values may be.")
            continue
        cells = [f"| {escape_markdown(row['value'])} | {escape_markdown(row['label'])} |" for row in mine]
        parts.append("\n".join(["| value | meaning |", "|---|---|", *cells]))
    return "\n\n".join(parts) + "\n"
