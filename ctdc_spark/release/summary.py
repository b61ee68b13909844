"""A few lines for the end of a run: where the artifacts lie and what was achieved; from published tables only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdc_spark.release.contracts import AGGREGATE_COUNTS, EVALUATION_METRICS, SYNTHETIC_MICRODATA
from ctdc_spark.release.documents import page_path
from ctdc_spark.release.dp_report import is_noisy, state_budget
from ctdc_spark.release.ledger import GROUP_SIZE, protection_of, read_row
from ctdc_spark.release.promises import has_derivable_counts, own_promises
from ctdc_spark.release.rows import collect_rows, read_published

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.release.small_rows import Row
    from ctdc_spark.release.table_location import TableLocation

SHOWN = (
    ("combinations", "reported combinations", "{:,.0f}"),
    ("presence", "present in the synthetic data", "{:.1%}"),
    ("preservation", "preservation (1 is best)", "{:.3f}"),
    ("mean_relative_error", "mean relative error", "{:.3f}"),
    ("rare", "rare combinations published", "{:.0f}"),
    ("leakage", "leaked combinations", "{:.0f}"),
    ("fabrication", "fabricated combinations", "{:.0f}"),
    ("noise_scale", "noise on a count (deviation)", "{:.1f}"),
    ("expected_absolute_error", "expected error of a count", "{:.1f}"),
    ("expected_fabrication", "expected to be held by nobody", "{:.1%}"),
    ("expected_suppression", "expected to be missing", "{:.1%}"),
)


def summarize_release(spark: SparkSession, place: TableLocation, release_id: str) -> str:
    """The summary of a complete release, ready to print."""
    page = page_path(place, release_id)
    release = read_row(spark, place, release_id)
    rows = collect_rows(read_published(spark, place, EVALUATION_METRICS.name, release_id))
    metrics = [row for row in rows if row["count_from"] is None]
    lengths = sorted({row["length"] for row in metrics if row["length"] is not None})
    records, subjects = release["number_of_synthetic_records"], release["protected_number_of_subjects"]
    lines = [
        "",
        f"Release {release_id} is complete.",
        f"  synthetic microdata   {place.name(SYNTHETIC_MICRODATA)}   {records:,} records",
        f"  aggregate data        {place.name(AGGREGATE_COUNTS.name)}   about {subjects:,} subjects",
        f"  page to explore both  {page or 'not written: no output_dir'}",
        f"  summary and codebook  {page.removesuffix('.html') if page else 'not written: no output_dir'}",
        "",
        "  " + f"{'combinations of length':<32}" + "".join(f"{length:>12}" for length in lengths),
    ]
    found = {row["metric"] for row in metrics}
    lines += [_line(name, title, form, (metrics, lengths)) for name, title, form in SHOWN if name in found]
    k, guarantee = release["reporting_threshold"], release["guarantee"]
    if is_noisy(release):
        spent = state_budget(release)
        return "\n".join([*lines, f"  differential privacy, {spent}; no smallest group is promised"])
    if protection_of(release) != GROUP_SIZE:
        return "\n".join([*lines, *(f"  {text}" for text in own_promises(release).values())])
    proven = {
        "strict": f"shared by at least k = {k} subjects, proven: 100% of the synthetic records",
        "k_synthetic": f"k-synthetic with k = {k}, proven: 100% of the synthetic records",
    }
    by_length = f"all combinations of up to {guarantee} attributes shared by at least k = {k} subjects, proven"
    lines.append(f"  {proven.get(guarantee, by_length)}")
    if has_derivable_counts(release):
        lines.append(
            f"  counts go in steps of {release['reporting_precision']}, below k: those of fewer than {k} subjects can "
            "often be worked out, as the settings accept"
        )
    return "\n".join(lines)


def _line(name: str, title: str, form: str, table: tuple[list[Row], list[int]]) -> str:
    metrics, lengths = table
    value = {row["length"]: row["value"] for row in metrics if row["metric"] == name}
    cells = "".join(f"{form.format(value[length]) if length in value else '-':>12}" for length in lengths)
    return f"  {title:<32}{cells}"
