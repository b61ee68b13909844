"""Settings files: YAML and JSON as people write them, and the messages if they cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ctdc_spark.errors import SettingsError
from ctdc_spark.settings import Settings, load_settings
from ctdc_spark.settings.loading import build_settings, find_warnings

Load = Callable[..., tuple[Settings, list[str]]]
Complain = Callable[..., list[str]]

NEEDED = "sensitive_microdata_path: cases.csv\noutput_dir: out\n"


def test_a_yaml_file(load: Load) -> None:
    settings, warnings = load(NEEDED + "bins:\n  age: {edges: [18, 1e2], labels: [a, b, c]}\nseed: 7\n")
    assert (settings.seed, settings.bins["age"].edges, warnings) == (7, [18.0, 100.0], [])


@pytest.mark.parametrize("name", ["release.json", "release.yaml", "release.conf"])
def test_a_json_file_by_its_ending_or_its_content(load: Load, name: str) -> None:
    keys = {
        "sensitive_microdata_path": "cases.csv",
        "output_dir": "out",
        "seed": 7,
        "missing_values": [-99, None, False, 1.0, "x"],
        "bins": {"age": {"edges": [1, 2.5]}},
    }
    settings, warnings = load(keys, name)
    assert (settings.seed, settings.bins["age"].edges, warnings) == (7, [1.0, 2.5], [])
    assert settings.missing_values == ["-99", "null", "false", "1.0", "x"]
    assert settings.sensitive_microdata_delimiter is None


def test_braces_of_yaml_are_not_taken_for_json(load: Load) -> None:
    settings, _ = load("{sensitive_microdata_path: cases.csv, output_dir: out}")
    assert settings.output_dir == "out"


def test_what_is_wrong_in_braces_of_yaml_is_said_once(complain: Complain) -> None:
    text = '{"sensitive_microdata_path": a.csv, "output_dir": "out", "bins": {"age": {"edges": [1]}}, "seed": x}'
    twice = text.replace('"edges": [1]', '"edges": [1], "edges": [1]').replace("a.csv", '"a.csv"')
    assert [problem.partition(":")[0] for problem in complain(twice)] == ["edges", "seed"]


def test_tokens_and_names_stay_as_written(load: Load) -> None:
    settings, _ = load(
        """
        sensitive_microdata_path: cases.csv
        output_dir: out
        use_columns: [1990, on, null, 010, 2026-01-01, 1:30]
        missing_values: [-99, NULL, no, 1.0, ~, 0x1F, "", 'yes']
        column_missing_values: {1990: [1_000, .5]}
        value_labels: {on: {1: Yes, no: No, NULL: 5}}
        column_labels: {on: true}
        multi_value_columns: {null: 0}
        group_rare_values: {on: {into: off}}
        bins: {010: {edges: [1], labels: [1, 2.50]}}
        subject_id: 42
        prefix: 2026
        release_id: 2026.10
        report_title: no
        """
    )
    assert settings.use_columns == ["1990", "on", "null", "010", "2026-01-01", "1:30"]
    assert settings.missing_values == ["-99", "NULL", "no", "1.0", "~", "0x1F", "", "yes"]
    assert settings.column_missing_values == {"1990": ["1_000", ".5"]}
    assert settings.value_labels == {"on": {"1": "Yes", "no": "No", "NULL": "5"}}
    assert settings.column_labels == {"on": "true"}
    assert settings.multi_value_columns == {"null": "0"}
    assert settings.group_rare_values["on"].into == "off"
    assert settings.bins["010"].labels == ["1", "2.50"]
    assert (settings.subject_id, settings.prefix) == ("42", "2026")
    assert (settings.release_id, settings.report_title) == ("2026.10", "no")


@pytest.mark.parametrize("written", ["null", "~", "", "Null"])
def test_null_means_not_given_where_a_key_may_be_left_out(load: Load, written: str) -> None:
    settings, _ = load(NEEDED + f"subject_id: {written}\nreporting_resolution: {written}\n")
    assert (settings.subject_id, settings.reporting_resolution) == (None, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("prefix:\n", "prefix: found nothing (null); allowed: letters"),
        ("value_labels: {a: {1: NULL}}\n", "value_labels.a.1: found nothing (null); allowed: text"),
        ("use_columns:\n", "use_columns: found nothing (null); allowed: a list of column names"),
    ],
)
def test_null_is_refused_where_something_is_needed(complain: Complain, text: str, problem: str) -> None:
    (found,) = complain(NEEDED + text)
    assert found.startswith(problem)


def test_null_in_quotes_is_a_name(load: Load) -> None:
    assert load(NEEDED + 'subject_id: "null"\n')[0].subject_id == "null"


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("010", '"010"'),
        ("1:30", '"1:30"'),
        ("0x10", '"0x10"'),
        ("yes", "true"),
        ("10.0", "10.0"),
        ("1e1", '"1e1"'),
        ('"10"', '"10"'),
        ("[10]", "[10]"),
        ("2026-01-01", '"2026-01-01"'),
    ],
)
def test_what_only_looks_like_a_whole_number_is_refused(complain: Complain, written: str, found: str) -> None:
    (problem,) = complain(NEEDED + f"reporting_resolution: {written}\n")
    assert problem.startswith(f"reporting_resolution: found {found}; allowed: a whole number of at least 2")
    assert problem.endswith("without quotes") == (written == '"10"')


def test_underscores_in_long_numbers_are_read(load: Load) -> None:
    assert load(NEEDED + "max_combinations: 1_000_000\n")[0].max_combinations == 1_000_000


def test_anchors_and_merges_are_read(load: Load) -> None:
    settings, _ = load(
        NEEDED + "bins:\n  a: &quarter {quantiles: 4}\n  b: *quarter\n  c: {<<: *quarter, quantiles: 5}\n"
    )
    assert [settings.bins[column].quantiles for column in "abc"] == [4, 4, 5]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "found an empty file; allowed: keys with values, such as output_dir: out"),
        (" \n\n", "found an empty file"),
        ("# only a comment\n", "found nothing; allowed: keys with values"),
        ("- a\n- b\n", "found a list; allowed: keys with values, such as output_dir: out"),
        ("just words\n", "found a single value; allowed: keys with values"),
        (
            "a: b: c\n",
            ", line 1, column 5: found a colon where none is allowed; put text that holds a colon in q",
        ),
        ("seed: 1\nprefix\nb: 1\n", ", line 3, column 1: expected a colon after the key"),
        ("bins:\n\tage: 1\n", ", line 2, column 1: found a tab; indent with spaces"),
        (
            "bins:\n    a: 1\n  b: 2\n",
            ", line 3, column 3: expected the end of this part; check the indentation",
        ),
        ("a: [1, 2\nb: 3\n", ", line 2, column 2: expected a comma or ] in the list"),
        ("a: {b: 1\nc: 3}\n", ", line 2, column 2: expected a comma or } in the mapping"),
        ('a: "b\n', ", line 2, column 1: expected a closing quote before the end of the file"),
        ("a: *x\n", ", line 1, column 4: found a name after * that no & defines"),
        ("a: 1\n---\nb: 2\n", ", line 2, column 1: expected one document; take out the line ---"),
        ("a: !env X\n", ", line 1, column 4: found the tag !env; allowed: no tags"),
        ("a: !!python/object:os.system x\n", ", line 1, column 4: found the tag !!python/object:os.system"),
        ("? [a, b]\n: 1\n", ", line 1, column 3: expected a name before the colon"),
        ("a: &x [*x]\n", ", line 1, column 8: found a name after * within what that name stands for"),
        ("a: 1\nb: \x07\n", ", line 2: found a character that YAML does not allow"),
    ],
)
def test_yaml_that_cannot_be_read(complain: Complain, text: str, problem: str) -> None:
    (found,) = complain(text)
    assert "release.yaml" in found
    assert problem in found
    assert "\n" not in found


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "release.json: found an empty file"),
        ("[1]", "release.json: found a list; allowed: keys with values"),
        ("5", "release.json: found a single value"),
        (
            '{"seed": 1\n "prefix": "a"}',
            "release.json, line 2, column 2: this is not JSON: Expecting ',' del",
        ),
        ('{"seed": NaN}', "release.json, line 1, column 10: this is not JSON: NaN is not JSON"),
    ],
)
def test_json_that_cannot_be_read(complain: Complain, text: str, problem: str) -> None:
    (found,) = complain(text, "release.json")
    assert problem in found


def test_a_key_given_twice_is_refused_with_its_lines(complain: Complain) -> None:
    problems = complain(NEEDED + "seed: 1\nbins:\n  age: {edges: [1]}\n  age: {quantiles: 0}\nseed: 2\n")
    assert problems == [
        "seed: found on lines 3 and 7; allowed: once",
        "age: found on lines 5 and 6; allowed: once",
        "bins.age.quantiles: found 0; allowed: a whole number from 2 to 100",
    ]


def test_a_key_given_twice_in_json_is_refused(complain: Complain) -> None:
    text = '{"sensitive_microdata_path": "a.csv", "output_dir": "o", "seed": 1, "seed": 2}'
    assert complain(text, "release.json") == ["seed: found 2 times in the same place; allowed: once"]


def test_a_missing_file() -> None:
    with pytest.raises(SettingsError, match=r"^settings file: cannot read none\.yaml: there is no such file; gi"):
        load_settings("none.yaml")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "release.yaml").write_bytes(b"prefix: \xff")
    with pytest.raises(SettingsError, match="not UTF-8 text at position 8; save the file as UTF-8"):
        load_settings(str(tmp_path / "release.yaml"))


def test_overrides_replace_what_the_file_says(load: Load) -> None:
    settings, _ = load(NEEDED + "seed: 1\n", overrides={"seed": 2, "prefix": "x", "output_dir": None})
    assert (settings.seed, settings.prefix, settings.output_dir) == (2, "x", "out")


ACCEPTED = {"accept_derivable_counts": True}


@pytest.mark.parametrize(
    ("text", "overrides", "expected"),
    [
        ("reporting_resolution: 5\n", ACCEPTED | {"reporting_threshold": 9, "reporting_precision": 3}, (9, 3)),
        ("reporting_threshold: 9\nreporting_precision: 9\n", {"reporting_resolution": 5}, (5, 5)),
        ("reporting_threshold: 9\nreporting_precision: 3\n", ACCEPTED | {"reporting_precision": 2}, (10, 2)),
    ],
)
def test_overriding_one_way_drops_the_other(
    load: Load, text: str, overrides: dict[str, Any], expected: tuple[int, int]
) -> None:
    settings, _ = load(NEEDED + text, overrides=overrides)
    assert (settings.threshold, settings.precision) == expected


def test_overriding_the_path_with_a_table(load: Load) -> None:
    settings, _ = load(NEEDED, overrides={"sensitive_microdata_table": "cases"})
    assert (settings.sensitive_microdata_path, settings.sensitive_microdata_table) == (None, "cases")


def test_overrides_are_checked_like_the_file(complain: Complain) -> None:
    problems = complain(NEEDED + "seed: -1\n", overrides={"sed": 1, "reporting_length": "4"})
    assert problems == [
        'reporting_length: found "4"; allowed: -1 (all lengths) or a whole number of at least 1; write '
        "numbers without quotes",
        "seed: found -1; allowed: a whole number from 0 to 9223372036854775807",
        "sed: not a known key; did you mean seed?",
    ]


@pytest.mark.parametrize(
    ("path", "warned"),
    [("out/cases.csv", True), ("out/part-*.csv", True), ("out2/cases.csv", False), ("cases.csv", False)],
)
def test_sensitive_data_inside_the_output_is_warned_of(load: Load, path: str, warned: bool) -> None:
    _, warnings = load(f"sensitive_microdata_path: {path}\noutput_dir: out\n")
    assert bool(warnings) == warned
    assert all("sensitive_microdata_path lies inside output_dir" in warning for warning in warnings)


def test_a_threshold_that_no_count_can_have_is_raised_with_a_warning() -> None:
    keys = {"sensitive_microdata_path": "a.csv", "output_dir": "o", "reporting_threshold": 10, "reporting_precision": 7}
    settings = build_settings(ACCEPTED | keys)
    assert settings.threshold == 14
    raised, derivable = find_warnings(settings)
    assert "the smallest count that can be reported is 14" in raised
    assert "with a reporting_precision of 7, below k = 14, how many people share a combination" in derivable
