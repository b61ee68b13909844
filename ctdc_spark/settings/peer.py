"""Configurations of Synthetic Data Showcase, accepted as they are.

Its keys, old and new, are all known: the present ones (`reporting_resolution`, `synthesis_mode`), the older ones
(`reporting_threshold` and `reporting_precision`, `seeded`, `identifier_column`) and those it adds to the copy
it leaves in its output folder. Keys that have no effect here are named in a warning; keys that would change what is
promised are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from ctdc_spark.settings.explain import show_value
from ctdc_spark.settings.noise_rules import MEASURED_LENGTHS
from ctdc_spark.settings.schema import SettingsFields

# Its defaults for missing keys, where they differ from ours.
PEER_DEFAULTS: dict[str, Any] = {"sensitive_microdata_delimiter": ",", "output_dir": "./", "prefix": "my"}

PEER_EPSILON = 4.0
"""The epsilon that it spends where none is given."""

IGNORED_KEYS: dict[str, tuple[str, ...]] = {
    "use of the machine, which Spark decides": ("parallel_jobs", "memory_limit_pct", "cache_max_size"),
    "tuning of other ways to synthesize": (
        "oversampling_ratio",
        "oversampling_tries",
        "use_synthetic_counts",
        "weight_selection_percentile",
        "aggregate_counts_scale_factor",
        "aggregate_seeded_counts_scale_factor",
        "aggregate_seeded_target_number_of_records",
    ),
    "thresholds on noisy counts, which a fitted model does without": ("noise_threshold_type", "noise_threshold_values"),
    "stages and files of one of its runs": (
        "aggregate",
        "generate",
        "evaluate",
        "navigate",
        "reportable_aggregates_path",
        "synthetic_microdata_path",
        "sensitive_aggregates_path",
        "expansion_ratio",
    ),
}
TRANSLATED_KEYS = (
    "seeded",
    "identifier_column",
    "event_column",
    "dp_aggregates",
    "sigma_proportions",
    "report_visuals",
)
PEER_ONLY_KEYS = frozenset(TRANSLATED_KEYS) | {key for keys in IGNORED_KEYS.values() for key in keys}

# Its keys of differential privacy that are also ours; without effect unless that is switched on.
NOISE_KEYS = (
    "noise_epsilon",
    "noise_delta",
    "delta_factor",
    "percentile_percentage",
    "percentile_epsilon_proportion",
    "number_of_records_epsilon_proportion",
)

# Keys that it has as well; a JSON file with any other key of ours is ours.
_KEYS_IN_COMMON = {
    "sensitive_microdata_path",
    "sensitive_microdata_delimiter",
    "subject_id",
    "use_columns",
    "multi_value_columns",
    "record_limit",
    "sensitive_zeros",
    "reporting_resolution",
    "reporting_threshold",
    "reporting_precision",
    "accept_derivable_counts",  # ours alone, but may be added to one of its configurations
    "reporting_length",
    "synthesis_mode",
    "target_number_of_records",
    "output_dir",
    "prefix",
    "report_title",
    "report_pages",
    *NOISE_KEYS,
}
_OWN_KEYS = SettingsFields.model_fields.keys() - _KEYS_IN_COMMON
_ROW_SEEDED = ("row_seeded", "seeded")
_OTHER_MODES = ("unseeded", "value_seeded")
_FROM_AGGREGATES = "aggregate_seeded"


def is_peer_config(keys: Mapping[str, Any], path: str) -> bool:
    """Tell whether a file is a configuration of Synthetic Data Showcase.

    It is when it has a key that only Synthetic Data Showcase has, or is a `.json` file without any key that
    only we have.
    """
    if PEER_ONLY_KEYS & keys.keys():
        return True
    return PurePosixPath(path).suffix.lower() == ".json" and not _OWN_KEYS & keys.keys()


def translate_peer_config(keys: Mapping[str, Any]) -> tuple[dict[str, Any], list[str], list[str]]:
    """Translate its keys into our own.

    Args:
        keys: the keys of the file with their values.

    Returns:
        Our keys; warnings about what has no effect or changes; problems that make the file unusable.
    """
    ours = {key: value for key, value in keys.items() if value is not None and key not in PEER_ONLY_KEYS}
    warnings = _list_ignored(keys)
    problems: list[str] = []
    _translate_subject(keys, ours, problems)
    _translate_mode(keys, ours, warnings, problems)
    _translate_columns(ours, warnings)
    _translate_visuals(keys, ours, warnings)
    _translate_pages(keys, ours)
    _assume_defaults(ours, warnings)
    _translate_noise(keys, ours, warnings, problems)
    if isinstance(ours.get("record_limit"), int) and ours["record_limit"] < 1:
        ours["record_limit"] = -1  # it takes every number below one for "all"
    return ours, warnings, problems


def _list_ignored(keys: Mapping[str, Any]) -> list[str]:
    warnings = []
    for reason, group in IGNORED_KEYS.items():
        present = [key for key in group if key in keys]
        if present:
            warnings.append(
                f"keys of Synthetic Data Showcase that have no meaning here and are ignored ({reason}): "
                f"{', '.join(present)}"
            )
    return warnings


def _assume_defaults(ours: dict[str, Any], warnings: list[str]) -> None:
    """Put in what it assumes for missing keys, unless one of our own keys takes their place."""
    replaced_by = {
        "output_dir": "output_schema",
        "sensitive_microdata_delimiter": "sensitive_microdata_table",
    }
    assumed = {
        key: value for key, value in PEER_DEFAULTS.items() if key not in ours and replaced_by.get(key) not in ours
    }
    if assumed:
        ours.update(assumed)
        shown = ", ".join(f"{key} = {show_value(value)}" for key, value in assumed.items())
        warnings.append(f"read as a configuration of Synthetic Data Showcase, with its defaults: {shown}")


def _translate_subject(keys: Mapping[str, Any], ours: dict[str, Any], problems: list[str]) -> None:
    if keys.get("identifier_column") is not None:
        ours.setdefault("subject_id", keys["identifier_column"])
    if keys.get("event_column") is not None:
        problems.append(
            f"event_column: found {show_value(keys['event_column'])}; allowed: nothing, because only "
            "subjects are counted here, not events; take the key out and name the subjects with subject_id"
        )


def _translate_mode(keys: Mapping[str, Any], ours: dict[str, Any], warnings: list[str], problems: list[str]) -> None:
    """Map its modes to ours; `synthesis_mode` takes precedence over the older `seeded`."""
    seeded = keys.get("seeded")
    if not isinstance(seeded, bool | None):
        problems.append(f"seeded: found {show_value(seeded)}; allowed: true or false")
    requested = ours.pop("synthesis_mode", None)
    if requested is None and isinstance(seeded, bool):
        requested = "row_seeded" if seeded else "unseeded"
    mode = str(requested).lower()
    if requested is None:
        return
    if mode in _ROW_SEEDED:
        ours["synthesis_mode"] = "row_seeded"
        if ours.pop("target_number_of_records", None) is not None:
            warnings.append("target_number_of_records has no effect with row_seeded and is ignored")
    elif mode in _OTHER_MODES:
        ours["synthesis_mode"] = "calibrated"
        warnings.append(f"{mode} is read as synthesis_mode: calibrated, which fits all reported combinations")
    elif mode == _FROM_AGGREGATES:
        _translate_aggregate_seeded(ours, warnings)
    else:
        ours["synthesis_mode"] = requested  # refused with the others, in the same words


def _translate_aggregate_seeded(ours: dict[str, Any], warnings: list[str]) -> None:
    """Candidates from the reported combinations alone: a guarantee up to the reporting length."""
    length = ours.setdefault("reporting_length", 3)
    ours["synthesis_mode"] = "calibrated"
    if isinstance(length, int) and length >= 1:
        ours["guarantee"] = length
        said = f"guarantee: {length}: records are made from the reported combinations alone"
    else:
        said = "guarantee: strict, because a guarantee up to a length needs a reporting_length"
    warnings.append(f"{_FROM_AGGREGATES} is read as synthesis_mode: calibrated with {said}")


def _translate_noise(keys: Mapping[str, Any], ours: dict[str, Any], warnings: list[str], problems: list[str]) -> None:
    """Its noisy aggregates: differential privacy, with values found in the data as it does."""
    requested, proportions = keys.get("dp_aggregates"), keys.get("sigma_proportions")
    if not isinstance(requested, bool | None):
        problems.append(f"dp_aggregates: found {show_value(requested)}; allowed: true or false")
    if requested is not True:
        passed_over = [key for key in (*NOISE_KEYS, "sigma_proportions") if keys.get(key) is not None]
        for key in passed_over:
            ours.pop(key, None)
        if passed_over:
            warnings.append(f"keys of differential privacy are ignored without dp_aggregates: {', '.join(passed_over)}")
        return
    ours |= {"protection": "dp", "private_domain": True}
    ours.setdefault("noise_epsilon", PEER_EPSILON)
    warnings.append(
        f"dp_aggregates is read as protection: dp with private_domain and noise_epsilon: {ours['noise_epsilon']}; the "
        "synthetic records are differentially private as well"
    )
    if isinstance(proportions, list) and all(isinstance(p, int | float) and p > 0 for p in proportions):
        shares = [1 / p**2 for p in proportions][:MEASURED_LENGTHS]
        ours["budget_proportions"] = [round(share / sum(shares), 6) for share in shares]
        warnings.append("sigma_proportions is read as budget_proportions, which are as 1 / sigma^2")


def _translate_columns(ours: dict[str, Any], warnings: list[str]) -> None:
    """Read names of columns as it does: in any case of letters, passing over columns not in use."""
    columns = ours.get("use_columns")
    if not isinstance(columns, list) or not columns:
        return
    subject = ours.get("subject_id")
    used = {name.casefold(): name for name in columns if isinstance(name, str) and name != subject}
    published = [name for name in columns if name != subject]
    if published and len(published) < len(columns):  # an empty list would mean all columns
        ours["use_columns"] = published
        warnings.append(f"use_columns: {subject} is the subject_id and is not published")
    passed_over: list[str] = []
    for key in ("sensitive_zeros", "multi_value_columns"):
        named = ours.get(key)
        if isinstance(named, list | dict):
            passed_over += [f"{name} ({key})" for name in named if str(name).casefold() not in used]
        if isinstance(named, list):
            ours[key] = [used[str(name).casefold()] for name in named if str(name).casefold() in used]
        elif isinstance(named, dict):
            ours[key] = {used[name.casefold()]: cut for name, cut in named.items() if name.casefold() in used}
    if passed_over:
        warnings.append(f"columns that are not in use_columns are passed over: {', '.join(passed_over)}")


def _translate_visuals(keys: Mapping[str, Any], ours: dict[str, Any], warnings: list[str]) -> None:
    """Read a visual, a name with a list of `column:value`, as a group of its columns."""
    visuals = keys.get("report_visuals")
    if not isinstance(visuals, dict) or not visuals or "column_groups" in ours:
        return
    used = ours.get("use_columns") or None
    groups: dict[str, list[str]] = {}
    taken: set[str] = set()
    for name, pairs in visuals.items():
        texts = [pair for pair in pairs if isinstance(pair, str)] if isinstance(pairs, list) else []
        for column in (text.partition(":")[0] for text in texts):
            if column not in taken and (used is None or column in used):
                groups.setdefault(name, []).append(column)
                taken.add(column)
    if groups:
        ours["column_groups"] = groups
        warnings.append(
            f"report_visuals is read as column_groups ({', '.join(groups)}): its columns are shown "
            "together, whatever values it lists"
        )


def _translate_pages(keys: Mapping[str, Any], ours: dict[str, Any]) -> None:
    """Read a page, a name with a list of visuals and columns, as the columns that it shows."""
    pages, visuals = keys.get("report_pages"), keys.get("report_visuals")
    if not isinstance(pages, dict):
        return
    columns_of = {
        name: [pair.partition(":")[0] for pair in pairs if isinstance(pair, str)]
        for name, pairs in (visuals if isinstance(visuals, dict) else {}).items()
        if isinstance(pairs, list)
    }
    ours["report_pages"] = {
        name: list(dict.fromkeys(column for member in members for column in columns_of.get(member, [member])))
        if isinstance(members, list) and all(isinstance(member, str) for member in members)
        else members
        for name, members in pages.items()
    }
