"""Configurations of Synthetic Data Showcase, of any version, load as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ctdc_spark.settings import Settings

Load = Callable[..., tuple[Settings, list[str]]]
Complain = Callable[..., list[str]]

OLD: dict[str, Any] = {
    "sensitive_microdata_path": "./cases.tsv",
    "sensitive_microdata_delimiter": "\t",
    "sensitive_zeros": [],
    "reporting_threshold": 10,
    "reporting_precision": 5,
    "accept_derivable_counts": True,
    "reporting_length": 5,
    "seeded": True,
    "record_limit": -1,
    "parallel_jobs": 8,
    "memory_limit_pct": 95,
    "output_dir": "./cases_output",
    "prefix": "cases",
    "report_title": "Cases",
    "report_visuals": {"Means": ["threats:1", "debt:1", "threats:0"], "Who": ["gender:F", "debt:1"]},
    "report_pages": {"By age": ["age", "Means"]},
}
NEW: dict[str, Any] = {
    "sensitive_microdata_path": "cases.csv",
    "subject_id": "ID",
    "use_columns": ["age", "Gender", "means"],
    "multi_value_columns": {"means": ";"},
    "record_limit": 1000,
    "sensitive_zeros": ["gender"],
    "reporting_resolution": 10,
    "reporting_length": 4,
    "dp_aggregates": False,
    "noise_epsilon": 4.0,
    "sigma_proportions": [1.0, 0.5, 0.33, 0.25],
    "noise_threshold_values": {"2": 0.1},
    "delta_factor": None,
    "synthesis_mode": "value_seeded",
    "oversampling_ratio": 0.1,
    "oversampling_tries": 10,
    "parallel_jobs": 4,
    "cache_max_size": 10000,
    "output_dir": "out",
    "prefix": "example",
    "report_title": "example",
    "report_visuals": {},
    "report_pages": {},
}
MINIMAL: dict[str, Any] = {"sensitive_microdata_path": "/data/cases.tsv", "output_dir": "out"}


def test_an_old_configuration(load: Load) -> None:
    settings, warnings = load(OLD, "config.json")
    assert (settings.threshold, settings.precision, settings.reporting_length) == (10, 5, 5)
    assert (settings.sensitive_microdata_delimiter, settings.synthesis_mode) == ("\t", "row_seeded")
    assert (settings.prefix, settings.report_title, settings.output_dir) == (
        "cases",
        "Cases",
        "./cases_output",
    )
    assert settings.column_groups == {"Means": ["threats", "debt"], "Who": ["gender"]}
    assert settings.report_pages == {"By age": ["age", "threats", "debt"]}
    ignored = "keys of Synthetic Data Showcase that have no meaning here and are ignored"
    assert warnings == [
        f"{ignored} (use of the machine, which Spark decides): parallel_jobs, memory_limit_pct",
        "report_visuals is read as column_groups (Means, Who): its columns are shown together, whatever "
        "values it lists",
        "accept_derivable_counts: with a reporting_precision of 5, below k = 10, how many people share a combination "
        "that is withheld can often be worked out from the published counts, in many cases exactly; the release says "
        "so",
    ]


def test_an_old_configuration_with_a_step_below_the_threshold_is_refused(complain: Complain) -> None:
    old = {key: value for key, value in OLD.items() if key != "accept_derivable_counts"}
    (problem,) = complain(old, "config.json")
    assert problem.startswith("reporting_precision: found 5 with a reporting_threshold of 10; allowed: 10, or")
    assert problem.endswith("say so with accept_derivable_counts: true")


def test_the_acceptance_beside_an_old_configuration(load: Load) -> None:
    old = {key: value for key, value in OLD.items() if key != "accept_derivable_counts"}
    settings, _ = load(old, "config.json", overrides={"accept_derivable_counts": True})
    assert (settings.threshold, settings.precision, settings.prefix) == (10, 5, "cases")


def test_the_acceptance_alone_makes_no_file_ours(load: Load) -> None:
    settings, warnings = load(MINIMAL | {"accept_derivable_counts": True}, "config.json")
    assert settings.prefix == "my"
    assert "read as a configuration of Synthetic Data Showcase" in warnings[0]


def test_a_new_configuration(load: Load) -> None:
    settings, warnings = load(NEW, "config.json")
    assert (settings.threshold, settings.precision, settings.reporting_length) == (10, 10, 4)
    assert (settings.subject_id, settings.record_limit) == ("ID", 1000)
    assert settings.multi_value_columns == {"means": ";"}
    assert settings.sensitive_zeros == ["Gender"]
    assert (settings.synthesis_mode, settings.guarantee) == ("calibrated", "strict")
    assert settings.sensitive_microdata_delimiter == ","
    said = "\n".join(warnings)
    assert "parallel_jobs, cache_max_size" in said
    assert "oversampling_ratio, oversampling_tries" in said
    assert "ignored without dp_aggregates: noise_epsilon, sigma_proportions" in said
    assert "does without): noise_threshold_values" in said
    assert "value_seeded is read as synthesis_mode: calibrated" in said
    assert 'with its defaults: sensitive_microdata_delimiter = ","' in said


def test_the_copy_it_leaves_in_its_output_folder(load: Load) -> None:
    added = {
        "aggregate": True,
        "generate": True,
        "evaluate": True,
        "navigate": True,
        "reportable_aggregates_path": "out/a.tsv",
        "synthetic_microdata_path": "out/b.tsv",
        "sensitive_aggregates_path": "out/c.tsv",
        "expansion_ratio": 1.2,
    }
    settings, warnings = load(NEW | added, "config.json")
    assert settings.threshold == 10
    assert any(", ".join(added) in warning for warning in warnings)


def test_its_defaults_apply_to_its_files(load: Load) -> None:
    settings, warnings = load({"sensitive_microdata_path": "/data/cases.tsv"}, "config.json")
    assert (settings.sensitive_microdata_delimiter, settings.prefix, settings.output_dir) == (",", "my", "./")
    assert (settings.threshold, settings.reporting_length, settings.record_limit) == (10, 3, -1)
    assert warnings == [
        "read as a configuration of Synthetic Data Showcase, with its defaults: "
        'sensitive_microdata_delimiter = ",", output_dir = "./", prefix = "my"'
    ]


def test_a_json_file_with_a_key_of_ours_is_ours(load: Load) -> None:
    settings, warnings = load(MINIMAL | {"seed": 4}, "config.json")
    assert (settings.sensitive_microdata_delimiter, settings.prefix, warnings) == (None, "release", [])


def test_our_keys_may_be_added_to_its_file(load: Load) -> None:
    settings, _ = load(NEW | {"seed": 4, "missing_values": [-99]}, "config.json")
    assert (settings.seed, settings.missing_values, settings.prefix) == (4, ["-99"], "example")


def test_a_yaml_file_with_one_of_its_keys_is_its(load: Load) -> None:
    settings, warnings = load("sensitive_microdata_path: /data/cases.tsv\noutput_dir: out\nparallel_jobs: 4\n")
    assert (settings.prefix, settings.sensitive_microdata_delimiter) == ("my", ",")
    assert len(warnings) == 2


def test_an_output_schema_of_ours_takes_the_place_of_its_folder(load: Load) -> None:
    keys = {"sensitive_microdata_table": "cases", "output_schema": "x", "sensitive_dir": "s", "seeded": True}
    settings, _ = load(keys, "config.json")
    assert (settings.output_dir, settings.sensitive_microdata_delimiter) == (None, None)


@pytest.mark.parametrize(
    ("keys", "mode", "guarantee", "said"),
    [
        ({}, "calibrated", "strict", None),
        ({"seeded": True}, "row_seeded", "strict", None),
        ({"seeded": False}, "calibrated", "strict", "unseeded is read as"),
        ({"seeded": None}, "calibrated", "strict", None),
        ({"synthesis_mode": "row_seeded"}, "row_seeded", "strict", None),
        ({"synthesis_mode": "Row_Seeded"}, "row_seeded", "strict", None),
        ({"synthesis_mode": "seeded"}, "row_seeded", "strict", None),
        ({"synthesis_mode": "row_seeded", "seeded": False}, "row_seeded", "strict", None),
        ({"synthesis_mode": "unseeded"}, "calibrated", "strict", "unseeded is read as"),
        ({"synthesis_mode": "Value_Seeded"}, "calibrated", "strict", "value_seeded is read as"),
        ({"synthesis_mode": "aggregate_seeded"}, "calibrated", 3, "with guarantee: 3: records are made from the"),
        ({"synthesis_mode": "aggregate_seeded", "reporting_length": 4}, "calibrated", 4, "with guarantee: 4"),
        ({"synthesis_mode": "aggregate_seeded", "reporting_length": -1}, "calibrated", "strict", "strict, because"),
        ({"synthesis_mode": "seeded", "target_number_of_records": 9}, "row_seeded", "strict", "has no effect"),
    ],
    ids=str,
)
def test_every_mode_becomes_one_of_ours(
    load: Load, keys: dict[str, Any], mode: str, guarantee: str | int, said: str | None
) -> None:
    settings, warnings = load(MINIMAL | {"prefix": "a", "sensitive_microdata_delimiter": "\t"} | keys, "c.json")
    assert (settings.synthesis_mode, settings.guarantee) == (mode, guarantee)
    assert len(warnings) == (said is not None)
    assert all(str(said) in warning for warning in warnings)


def test_the_number_of_records_is_kept(load: Load) -> None:
    keys = {"synthesis_mode": "aggregate_seeded", "target_number_of_records": 5_000}
    assert load(MINIMAL | keys, "config.json")[0].target_number_of_records == 5_000


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"dp_aggregates": "yes"}, 'dp_aggregates: found "yes"; allowed: true or false'),
        ({"seeded": "no"}, 'seeded: found "no"; allowed: true or false'),
        (
            {"event_column": "e"},
            'event_column: found "e"; allowed: nothing, because only subjects are counted',
        ),
        ({"synthesis_mode": "magic", "seeded": True}, 'synthesis_mode: found "magic"; allowed: calibrated or row'),
        ({"reporting_resolution": 1}, "reporting_resolution: found 1; allowed: a whole number of at least 2"),
        ({"paralel_jobs": 1}, "paralel_jobs: not a known key; the keys are listed in"),
    ],
    ids=str,
)
def test_what_would_change_the_promise_is_refused(complain: Complain, keys: dict[str, Any], problem: str) -> None:
    (found,) = complain(MINIMAL | keys, "config.json")
    assert found.startswith(problem)


def test_its_problems_and_ours_are_said_together(complain: Complain) -> None:
    problems = complain(NEW | {"dp_aggregates": "maybe", "reporting_length": 0}, "config.json")
    assert [problem.partition(":")[0] for problem in problems] == ["dp_aggregates", "reporting_length"]


def test_noisy_aggregates_become_differential_privacy(load: Load) -> None:
    asked = {"dp_aggregates": True, "sigma_proportions": [1, 0.5, 0.25, 0.1], "percentile_percentage": 95}
    settings, warnings = load(MINIMAL | asked | {"reporting_length": 3}, "config.json")
    assert (settings.protection, settings.private_domain, settings.noise_epsilon) == ("dp", True, 4.0)
    assert settings.percentile_percentage == 95
    assert settings.budget_proportions == pytest.approx([1 / 21, 4 / 21, 16 / 21], abs=1e-5)
    said = "\n".join(warnings)
    assert "dp_aggregates is read as protection: dp" in said
    assert "sigma_proportions is read as budget_proportions" in said


def test_the_older_name_of_the_subject(load: Load) -> None:
    keys = MINIMAL | {"identifier_column": "id", "event_column": None}
    assert load(keys, "config.json")[0].subject_id == "id"
    assert load(keys | {"subject_id": "person"}, "config.json")[0].subject_id == "person"


@pytest.mark.parametrize("limit", [0, -1, -7])
def test_no_limit_as_it_writes_it(load: Load, limit: int) -> None:
    assert load(MINIMAL | {"record_limit": limit}, "config.json")[0].record_limit == -1


def test_null_means_not_given(load: Load) -> None:
    keys = {"use_columns": None, "sensitive_zeros": None, "prefix": None, "reporting_length": None}
    settings, _ = load(MINIMAL | keys, "config.json")
    assert (settings.use_columns, settings.prefix, settings.reporting_length) == ([], "my", 3)


def test_columns_not_in_use_are_passed_over(load: Load) -> None:
    keys = {"use_columns": ["id", "age"], "subject_id": "id", "sensitive_zeros": ["AGE", "x"]}
    settings, warnings = load(MINIMAL | keys | {"multi_value_columns": {"y": ";"}}, "config.json")
    assert (settings.use_columns, settings.sensitive_zeros) == (["age"], ["age"])
    assert settings.multi_value_columns == {}
    assert "use_columns: id is the subject_id and is not published" in warnings
    assert (
        "columns that are not in use_columns are passed over: x (sensitive_zeros), y (multi_value_columns)" in warnings
    )


def test_the_subject_as_only_column_does_not_become_all_columns(complain: Complain) -> None:
    (problem,) = complain(MINIMAL | {"use_columns": ["id"], "subject_id": "id"}, "config.json")
    assert problem.startswith("use_columns: found id, which is the subject_id")


@pytest.mark.parametrize("visuals", [{}, None, [], {"a": "b"}, {"a": [1]}, {"a": ["x:1"]}], ids=str)
def test_visuals_without_columns_in_use_make_no_group(load: Load, visuals: Any) -> None:
    settings, _ = load(MINIMAL | {"use_columns": ["age"], "report_visuals": visuals}, "config.json")
    assert settings.column_groups == {}


def test_groups_of_ours_go_before_its_visuals(load: Load) -> None:
    settings, _ = load(OLD | {"column_groups": {"Mine": ["age"]}}, "config.json")
    assert settings.column_groups == {"Mine": ["age"]}
