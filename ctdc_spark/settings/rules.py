"""The rules that tie several keys of the settings together; each finds its conflicts by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ctdc_spark.errors import MOST_TOLD
from ctdc_spark.io import files
from ctdc_spark.settings.conflict import Conflict
from ctdc_spark.settings.noise_rules import check_noise
from ctdc_spark.settings.number_rules import check_numbers
from ctdc_spark.settings.places import find_sensitive_sibling, overlap

if TYPE_CHECKING:
    from ctdc_spark.settings.schema import SettingsFields

# The most names that a mistyped one is compared with.
_MOST_COMPARED = 1_000

# Columns of our own in the published table of synthetic records.
RESERVED_COLUMNS = ("release_id", "record_id")

# Folders and files beside those named after releases: published tables, and what is kept beside releases.
RESERVED_RELEASES = frozenset(
    {
        "synthetic_microdata",
        "aggregate_counts",
        "evaluation_metrics",
        "attribute_metrics",
        "codebook",
        "coverage",
        "releases",
        "privacy_budget",
        "release_salt.json",
        "release_ids",
    }
)


INPUTS = ("sensitive_microdata_path", "sensitive_microdata_table", "reported_aggregates_path")
"""Keys that name the input."""

# Keys that are addresses of files and folders.
_ADDRESSES = (
    "sensitive_microdata_path",
    "reported_aggregates_path",
    "output_dir",
    "sensitive_dir",
    "staging_dir",
    "report_logo",
)

# Keys that say how case records are read and prepared.
_ABOUT_CASES = (
    "sensitive_microdata_format",
    "sensitive_microdata_delimiter",
    "sensitive_microdata_encoding",
    "sensitive_microdata_header_line",
    "sensitive_microdata_sheet",
    "sensitive_microdata_escape",
    "extra_rows",
    "drop_rows",
    "subject_id",
    "one_row_per_subject",
    "record_limit",
    "sensitive_zeros",
    "missing_values",
    "column_missing_values",
    "bins",
    "decimal_commas",
    "thousands_separators",
    "group_rare_values",
    "into_existing",
    "time_zone",
)


def find_conflicts(settings: SettingsFields) -> list[Conflict]:
    """Return every conflict between keys: input, columns, protection, places."""
    rules = (
        _check_input,
        _check_reported_input,
        _check_columns,
        _check_column_keys,
        _check_groups,
        _check_protection,
        _check_step,
        _check_synthesis,
        _check_credentials,
        _check_places,
        check_numbers,
        check_noise,
    )
    return [conflict for rule in rules for conflict in rule(settings)]


def find_missing_input(settings: SettingsFields) -> list[Conflict]:
    """The conflict that no input is named; settings without one are valid where a DataFrame is the input."""
    if any(getattr(settings, key) is not None for key in INPUTS):
        return []
    return [Conflict(INPUTS, f"{', '.join(INPUTS)}: found none; allowed: exactly one of them")]


def name_columns(settings: SettingsFields) -> dict[str, list[str]]:
    """Return the columns that each key about columns names, except `use_columns`."""
    return {
        "multi_value_columns": list(settings.multi_value_columns),
        "sensitive_zeros": settings.sensitive_zeros,
        "column_missing_values": list(settings.column_missing_values),
        "bins": list(settings.bins),
        "decimal_commas": settings.decimal_commas or [],
        "thousands_separators": list(settings.thousands_separators or {}),
        "group_rare_values": list(settings.group_rare_values),
        "into_existing": settings.into_existing or [],
        "domain": list(settings.domain),
        "column_groups": [column for columns in settings.column_groups.values() for column in columns],
        "column_labels": list(settings.column_labels),
        "value_labels": list(settings.value_labels),
        "sensitive_columns": settings.sensitive_columns,
    }


def _check_input(settings: SettingsFields) -> Iterator[Conflict]:
    given = [key for key in INPUTS if getattr(settings, key) is not None]
    if len(given) > 1:
        yield Conflict(INPUTS, f"{', '.join(INPUTS)}: found {', '.join(given)}; allowed: exactly one of them")


def _check_reported_input(settings: SettingsFields) -> Iterator[Conflict]:
    """Without case records there is nothing to prepare, and no way to tell whether longer combinations are frequent."""
    key = "reported_aggregates_path"
    if settings.reported_aggregates_path is None:
        return
    needless = [name for name in _ABOUT_CASES if getattr(settings, name) != _default_of(settings, name)]
    if needless:
        yield Conflict((key,), f"{key}: found together with {', '.join(needless)}; allowed: only with case records")
    if settings.guarantee != settings.reporting_length or settings.synthesis_mode != "calibrated":
        yield Conflict(
            (key, "guarantee", "reporting_length", "synthesis_mode"),
            f"{key}: found with guarantee: {settings.guarantee}, reporting_length: {settings.reporting_length} and "
            f"synthesis_mode: {settings.synthesis_mode}; allowed: calibrated, and a guarantee that is the "
            "reporting_length (such as guarantee: 3 with reporting_length: 3), because reported counts promise no more",
        )


def _default_of(settings: SettingsFields, key: str) -> object:
    return type(settings).model_fields[key].get_default(call_default_factory=True)


def _check_columns(settings: SettingsFields) -> Iterator[Conflict]:
    counts = Counter(name.casefold() for name in settings.use_columns)
    for name, count in counts.items():
        if count > 1:
            yield Conflict(
                ("use_columns",),
                f"use_columns: found {name} {count} times; allowed: each column once (upper and lower case "
                "are the same)",
            )
    if settings.subject_id is not None and settings.one_row_per_subject:
        yield Conflict(
            ("subject_id", "one_row_per_subject"),
            "one_row_per_subject: found true together with subject_id, which joins rows; allowed: one of them",
        )
    if settings.subject_id is not None and settings.subject_id.casefold() in counts:
        yield Conflict(
            ("use_columns", "subject_id"),
            f"use_columns: found {settings.subject_id}, which is the subject_id; allowed: columns to "
            "publish, so take it out of use_columns",
        )


def _check_column_keys(settings: SettingsFields) -> Iterator[Conflict]:
    named = name_columns(settings)
    for key, columns in ({"use_columns": settings.use_columns} | named).items():
        for column in columns:
            if column.casefold() in RESERVED_COLUMNS:
                yield Conflict(
                    (key,),
                    f"{key}: found {column}; allowed: any other column name, because the published table "
                    f"has a column {column.casefold()} of its own; rename it in the data",
                )
    if not settings.use_columns:
        return
    used, hints = set(settings.use_columns), 0
    for key, columns in named.items():
        for column in dict.fromkeys(columns):
            if column not in used:
                hints += 1  # each takes time, and a file may name many columns
                nearest = (
                    get_close_matches(column, settings.use_columns[:_MOST_COMPARED], n=1) if hints < MOST_TOLD else []
                )
                hint = f"; did you mean {nearest[0]}?" if nearest else ""
                yield Conflict(
                    (key, "use_columns"),
                    f"{key}: found {column}, not in use_columns; allowed: columns named in use_columns{hint}",
                )


def _check_groups(settings: SettingsFields) -> Iterator[Conflict]:
    groups: dict[str, str] = {}
    for group, columns in settings.column_groups.items():
        for column in columns:
            first = groups.setdefault(column, group)
            if first != group:
                yield Conflict(
                    ("column_groups",),
                    f"column_groups: found {column} in {first} and in {group}; allowed: one group for each column",
                )


def _check_protection(settings: SettingsFields) -> Iterator[Conflict]:
    keys = ("reporting_resolution", "reporting_threshold", "reporting_precision")
    resolution, threshold, precision = (getattr(settings, key) for key in keys)
    if resolution is not None and (threshold is not None or precision is not None):
        yield Conflict(
            keys,
            "reporting_resolution: found together with reporting_threshold or reporting_precision; "
            "allowed: either reporting_resolution alone, or the other two",
        )
    elif (threshold is None) != (precision is None):
        given, other = keys[1:] if precision is None else keys[:0:-1]
        yield Conflict(
            keys[1:],
            f"{given}: found without {other}; allowed: both, or reporting_resolution instead of them",
        )
    elif threshold is not None and precision is not None and precision > threshold:
        yield Conflict(
            keys[1:],
            f"reporting_precision: found {precision}; allowed: a whole number from 1 to the "
            f"reporting_threshold, {threshold}",
        )


def _check_step(settings: SettingsFields) -> Iterator[Conflict]:
    """A step below the threshold gives small counts away, and must be accepted explicitly."""
    threshold, precision = settings.reporting_threshold, settings.reporting_precision
    if settings.reporting_resolution is not None or threshold is None or precision is None or precision >= threshold:
        return
    if settings.protection != "dp" and not settings.accept_derivable_counts:
        yield Conflict(
            ("reporting_threshold", "reporting_precision", "accept_derivable_counts", "protection"),
            f"reporting_precision: found {precision} with a reporting_threshold of {threshold}; allowed: {threshold}, "
            f"or reporting_resolution: {threshold} instead of both. With a smaller step, subtracting published counts "
            "from each other shows how many people share a combination that is withheld because they are fewer than "
            f"{threshold}, in many cases exactly; if that is acceptable, say so with accept_derivable_counts: true",
        )


def _check_synthesis(settings: SettingsFields) -> Iterator[Conflict]:
    length, guarantee = settings.reporting_length, settings.guarantee
    if isinstance(guarantee, int) and (length == -1 or guarantee < length):
        found = "all lengths" if length == -1 else str(length)
        yield Conflict(
            ("guarantee", "reporting_length"),
            f"guarantee: found {guarantee} with a reporting_length of {found}; allowed: strict, k_synthetic, or a "
            "number that is at least the reporting_length, because reported combinations must be frequent",
        )
    if settings.target_number_of_records is not None and settings.synthesis_mode != "calibrated":
        yield Conflict(
            ("target_number_of_records", "synthesis_mode"),
            f"target_number_of_records: found together with synthesis_mode {settings.synthesis_mode}; allowed: only "
            "with calibrated",
        )


def _check_credentials(settings: SettingsFields) -> Iterator[Conflict]:
    """Spark writes the addresses it receives to its logs, Delta to its history."""
    for key in _ADDRESSES:
        address = getattr(settings, key)
        if address is not None and files.holds_credentials(address):
            yield Conflict((key,), f"{key}: found {files.describe_credentials(address)}")


def _check_places(settings: SettingsFields) -> Iterator[Conflict]:
    output, sensitive = settings.output_dir, settings.sensitive_dir
    if output is None and settings.output_schema is None:
        yield Conflict(
            ("output_dir", "output_schema"),
            "output_dir, output_schema: found neither; allowed: at least one of them",
        )
    elif sensitive is None and output is None:
        yield Conflict(
            ("output_dir", "output_schema", "sensitive_dir"),
            "sensitive_dir: found nothing; allowed: a folder, which must be given when there is no output_dir to put "
            "it beside",
        )
    elif sensitive is None and output is not None and find_sensitive_sibling(output) is None:
        yield Conflict(
            ("output_dir", "sensitive_dir"),
            "sensitive_dir: found nothing; allowed: a folder, which must be given because none can be "
            f"made beside {files.hide_credentials(output)}",
        )
    if settings.release_id is not None and settings.release_id.lower() in RESERVED_RELEASES:
        yield Conflict(
            ("release_id",),
            f"release_id: found {settings.release_id}, which is the name of something else in the same folder; "
            "allowed: any other name",
        )
    staging = settings.staging_dir
    if settings.staging_group is not None and staging is None:
        yield Conflict(
            ("staging_dir", "staging_group"),
            f"staging_group: found {settings.staging_group} without staging_dir; allowed: only with a staging_dir, "
            "which lies apart from what only its owner may read",
        )
    for name, place in (("output_dir", output), ("sensitive_dir", sensitive)):
        if staging is not None and place is not None and overlap(place, staging):
            yield Conflict(
                (name, "staging_dir"),
                f"staging_dir: found {files.hide_credentials(staging)}, which is not apart from {name} "
                f"{files.hide_credentials(place)}; allowed: a folder neither inside {name} nor around it",
            )
    if output is not None and sensitive is not None and overlap(output, sensitive):
        yield Conflict(
            ("output_dir", "sensitive_dir"),
            f"sensitive_dir: found {files.hide_credentials(sensitive)}, which is not apart from output_dir "
            f"{files.hide_credentials(output)}; allowed: a folder neither inside output_dir nor around it",
        )
