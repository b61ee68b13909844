"""Each key by itself: what is accepted, what is refused, and in which words."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from pydantic import ValidationError

from ctdc_spark.errors import SettingsError
from ctdc_spark.settings import Bins, GroupRare, Settings, build_settings

NEEDED: dict[str, Any] = {"sensitive_microdata_path": "cases.csv", "output_dir": "out"}

ALL_OR_SOME = "-1 (all) or a whole number of at least 1"
ALL_LENGTHS = "-1 (all lengths) or a whole number of at least 1"
GROUP_SIZE = "a whole number of at least 2"
NAME = "letters, digits, - and _, the first a letter or digit"
RELEASE = "letters, digits, ., - and _, the first a letter or digit"
TABLE = "table, schema.table or catalog.schema.table"
COLUMN = "a column name, written as in the data"
COLUMNS = "a list of column names, such as [gender, ageBroad]"
TOKENS = "a list of tokens, such as [-99, unknown]"
WEB = "a full address of the web, without user and password"
TEXT = "text that is not empty"
ATTRIBUTE = "text other than 0 or nothing, which would mean absent"
EDGES = "a list of at least one number, each larger than the one before, such as [18, 30, 45]"
ONE_CHARACTER = 'one character, such as "," or "\\t" (in double quotes)'
ENCODING = "a text encoding that Python knows, such as utf-8 or latin-1"
NO_QUOTES = "; write numbers without quotes"
SEED = "a whole number from 0 to 9223372036854775807"

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"sensitive_microdata_path": " "}, 'sensitive_microdata_path: found " "; allowed: a file, a folder or'),
    ({"sensitive_microdata_path": 5}, "sensitive_microdata_path: found 5; allowed: a file, a folder or"),
    (
        {"reported_aggregates_path": "", "sensitive_microdata_path": None},
        'reported_aggregates_path: found ""; allowed: a file, a folder or',
    ),
    (
        {"sensitive_microdata_table": "a.b.c.d", "sensitive_microdata_path": None},
        f'sensitive_microdata_table: found "a.b.c.d"; allowed: {TABLE}',
    ),
    (
        {"sensitive_microdata_table": "cases; drop", "sensitive_microdata_path": None},
        f'sensitive_microdata_table: found "cases; drop"; allowed: {TABLE}',
    ),
    (
        {"sensitive_microdata_format": "xls"},
        'sensitive_microdata_format: found "xls"; allowed: csv, parquet, delta, xlsx or nothing (by the end',
    ),
    (
        {"sensitive_microdata_delimiter": "||"},
        f'sensitive_microdata_delimiter: found "||"; allowed: {ONE_CHARACTER}',
    ),
    (
        {"sensitive_microdata_delimiter": ""},
        f'sensitive_microdata_delimiter: found ""; allowed: {ONE_CHARACTER}',
    ),
    (
        {"sensitive_microdata_encoding": "utf-88"},
        f'sensitive_microdata_encoding: found "utf-88"; allowed: {ENCODING}',
    ),
    (
        {"sensitive_microdata_encoding": "hex"},
        f'sensitive_microdata_encoding: found "hex"; allowed: {ENCODING}',
    ),
    (
        {"sensitive_microdata_encoding": "a\0"},
        f'sensitive_microdata_encoding: found "a\\u0000"; allowed: {ENCODING}',
    ),
    ({"subject_id": ""}, f'subject_id: found ""; allowed: {COLUMN}'),
    ({"use_columns": "gender"}, f'use_columns: found "gender"; allowed: {COLUMNS}'),
    ({"use_columns": ["gender", ""]}, f'use_columns (item 2): found ""; allowed: {COLUMN}'),
    ({"use_columns": None}, f"use_columns: found nothing (null); allowed: {COLUMNS}"),
    ({"record_limit": 0}, f"record_limit: found 0; allowed: {ALL_OR_SOME}"),
    ({"record_limit": -2}, f"record_limit: found -2; allowed: {ALL_OR_SOME}"),
    ({"record_limit": "10"}, f'record_limit: found "10"; allowed: {ALL_OR_SOME}{NO_QUOTES}'),
    ({"record_limit": "ten"}, f'record_limit: found "ten"; allowed: {ALL_OR_SOME}'),
    (
        {"multi_value_columns": ["means"]},
        'multi_value_columns: found ["means"]; allowed: column names with their delimiters, such as {means:',
    ),
    (
        {"multi_value_columns": {"means": ""}},
        'multi_value_columns.means: found ""; allowed: the characters between two values, such as ";"',
    ),
    ({"sensitive_zeros": {"a": 1}}, f"sensitive_zeros: found a mapping with the keys a; allowed: {COLUMNS}"),
    ({"missing_values": -99}, f"missing_values: found -99; allowed: {TOKENS}"),
    ({"missing_values": [True]}, "missing_values (item 1): found true; allowed: text"),
    ({"column_missing_values": {"age": "-99"}}, f'column_missing_values.age: found "-99"; allowed: {TOKENS}'),
    ({"column_missing_values": {"": []}}, f'column_missing_values.: found ""; allowed: {COLUMN}'),
    ({"bins": {"age": [18, 30]}}, "bins.age: found [18, 30]; allowed: edges or quantiles, such as"),
    ({"bins": [18]}, "bins: found [18]; allowed: column names with edges or quantiles, such as"),
    ({"bins": {"age": {}}}, "bins.age: found neither edges nor quantiles; allowed: exactly one of them"),
    (
        {"bins": {"age": {"edges": [1], "quantiles": 4}}},
        "bins.age: found both edges and quantiles; allowed: exactly one of them",
    ),
    ({"bins": {"age": {"edges": []}}}, f"bins.age.edges: found an empty list; allowed: {EDGES}"),
    ({"bins": {"age": {"edges": [18, 18]}}}, f"bins.age.edges: found [18, 18]; allowed: {EDGES}"),
    ({"bins": {"age": {"edges": [30, 18]}}}, f"bins.age.edges: found [30, 18]; allowed: {EDGES}"),
    ({"bins": {"age": {"edges": [18, "x"]}}}, 'bins.age.edges (item 2): found "x"; allowed: a number'),
    ({"bins": {"age": {"edges": [True]}}}, "bins.age.edges (item 1): found true; allowed: a number"),
    ({"bins": {"age": {"edges": [float("inf")]}}}, "bins.age.edges (item 1): found Infinity; allowed: a n"),
    ({"bins": {"age": {"quantiles": 1}}}, "bins.age.quantiles: found 1; allowed: a whole number from 2 to"),
    ({"bins": {"age": {"quantiles": 101}}}, "bins.age.quantiles: found 101; allowed: a whole number from 2"),
    (
        {"bins": {"age": {"edges": [18], "labels": ["minor"]}}},
        "bins.age: found 1 labels for 1 edges; allowed: 2 labels, one for each range",
    ),
    (
        {"bins": {"age": {"quantiles": 2, "labels": ["low", "high"]}}},
        "bins.age: found labels with quantiles; allowed: labels only with edges",
    ),
    (
        {"bins": {"age": {"edges": [18], "labels": ["0", "adult"]}}},
        f'bins.age.labels (item 1): found "0"; allowed: {ATTRIBUTE}',
    ),
    ({"bins": {"age": {"edge": [18]}}}, "bins.age.edge: not a known key; did you mean edges?"),
    ({"bins": {"age": {"zzz": 1}}}, "bins.age.zzz: not a known key; the keys here are edges, quantiles, la"),
    (
        {"group_rare_values": {"c": {"below": 1}}},
        f"group_rare_values.c.below: found 1; allowed: {GROUP_SIZE}",
    ),
    ({"group_rare_values": {"c": {"into": ""}}}, f'group_rare_values.c.into: found ""; allowed: {ATTRIBUTE}'),
    ({"group_rare_values": {"c": 10}}, "group_rare_values.c: found 10; allowed: below and into, such as"),
    (
        {"group_rare_values": {"c": {"unto": "x"}}},
        "group_rare_values.c.unto: not a known key; did you mean in",
    ),
    ({"decimal_commas": "age"}, f'decimal_commas: found "age"; allowed: {COLUMNS}'),
    (
        {"thousands_separators": {"age": "x"}},
        'thousands_separators.age: found "x"; allowed: one of . , \' _ or a space',
    ),
    ({"into_existing": "age"}, f'into_existing: found "age"; allowed: {COLUMNS}'),
    ({"time_zone": "Mars"}, 'time_zone: found "Mars"; allowed: a zone of the tz database, such as Europe/Zurich'),
    ({"sensitive_microdata_header_line": 0}, "sensitive_microdata_header_line: found 0; allowed: a whole number of at"),
    (
        {"sensitive_microdata_escape": ""},
        'sensitive_microdata_escape: found ""; allowed: one character, such as "\\\\"',
    ),
    ({"extra_rows": "some"}, 'extra_rows: found "some"; allowed: drop or keep'),
    ({"drop_rows": ["Total"]}, 'drop_rows: found ["Total"]; allowed: column names with lists of texts'),
    ({"normalize_text": 3}, "normalize_text: found 3; allowed: true or false"),
    ({"one_row_per_subject": 3}, "one_row_per_subject: found 3; allowed: true or false"),
    ({"sensitive_microdata_sheet": ""}, f'sensitive_microdata_sheet: found ""; allowed: {TEXT}'),
    ({"column_groups": {"Means": "a"}}, f'column_groups.Means: found "a"; allowed: {COLUMNS}'),
    ({"column_groups": {" ": ["a"]}}, f'column_groups. : found " "; allowed: {TEXT}'),
    ({"sensitive_columns": "a"}, f'sensitive_columns: found "a"; allowed: {COLUMNS}'),
    ({"column_labels": {"age": ""}}, f'column_labels.age: found ""; allowed: {TEXT}'),
    ({"value_labels": {"age": ["x"]}}, 'value_labels.age: found ["x"]; allowed: values with labels, such as'),
    ({"value_labels": {"age": {"1": ""}}}, f'value_labels.age.1: found ""; allowed: {TEXT}'),
    ({"reporting_resolution": 1}, f"reporting_resolution: found 1; allowed: {GROUP_SIZE}"),
    ({"reporting_resolution": 10.0}, f"reporting_resolution: found 10.0; allowed: {GROUP_SIZE}"),
    (
        {"reporting_threshold": 1, "reporting_precision": 1},
        f"reporting_threshold: found 1; allowed: {GROUP_SIZE}",
    ),
    (
        {"reporting_threshold": 10, "reporting_precision": 0},
        "reporting_precision: found 0; allowed: a whole number of at least 1",
    ),
    ({"reporting_length": 0}, f"reporting_length: found 0; allowed: {ALL_LENGTHS}"),
    ({"reporting_length": True}, f"reporting_length: found true; allowed: {ALL_LENGTHS}"),
    ({"guarantee": "dp"}, 'guarantee: found "dp"; allowed: strict, k_synthetic, or a whole number from 1 to 64'),
    ({"guarantee": 0}, "guarantee: found 0; allowed: strict, k_synthetic, or"),
    ({"guarantee": 65}, "guarantee: found 65; allowed: strict, k_synthetic, or"),
    ({"guarantee": True}, "guarantee: found true; allowed: strict, k_synthetic, or"),
    ({"guarantee": "3"}, 'guarantee: found "3"; allowed: strict, k_synthetic, or'),
    ({"synthesis_mode": "unseeded"}, 'synthesis_mode: found "unseeded"; allowed: calibrated or row_seeded'),
    ({"target_number_of_records": 0}, "target_number_of_records: found 0; allowed: a whole number of at least 1"),
    ({"seed": -1}, f"seed: found -1; allowed: {SEED}"),
    ({"seed": 2**63}, f"seed: found 9223372036854775808; allowed: {SEED}"),
    ({"max_combinations": 0}, "max_combinations: found 0; allowed: a whole number of at least 1"),
    ({"output_dir": ""}, 'output_dir: found ""; allowed: a folder on any file system'),
    ({"output_schema": "a.b.c"}, 'output_schema: found "a.b.c"; allowed: schema or catalog.schema'),
    ({"prefix": "my release"}, f'prefix: found "my release"; allowed: {NAME}'),
    ({"prefix": "../x"}, f'prefix: found "../x"; allowed: {NAME}'),
    ({"prefix": ""}, f'prefix: found ""; allowed: {NAME}'),
    ({"sensitive_dir": 1}, "sensitive_dir: found 1; allowed: a folder on any file system"),
    ({"staging_dir": " "}, 'staging_dir: found " "; allowed: a folder on any file system'),
    ({"staging_dir": "waiting", "staging_group": ""}, f'staging_group: found ""; allowed: {TEXT}'),
    ({"keep_intermediates": 1}, "keep_intermediates: found 1; allowed: true or false"),
    ({"release_id": "2026/1"}, f'release_id: found "2026/1"; allowed: {RELEASE}'),
    ({"release_id": ".."}, f'release_id: found ".."; allowed: {RELEASE}'),
    ({"report_title": ""}, f'report_title: found ""; allowed: {TEXT}'),
    (
        {"report_logo": "logo.gif"},
        'report_logo: found "logo.gif"; allowed: a file that ends in .png, .jpg, .jpeg or .svg',
    ),
    ({"report_pages": {"Who": "gender"}}, 'report_pages.Who: found "gender"; allowed: a list of groups or columns'),
    ({"description": " "}, f'description: found " "; allowed: {TEXT}'),
    ({"publisher": ""}, f'publisher: found ""; allowed: {TEXT}'),
    ({"contact": ""}, f'contact: found ""; allowed: {TEXT}'),
    ({"licence": ""}, f'licence: found ""; allowed: {TEXT}'),
    ({"doi": "doi:10.1234/x"}, 'doi: found "doi:10.1234/x"; allowed: a DOI, such as 10.5281/zenodo'),
    ({"url": "www.example.org"}, f'url: found "www.example.org"; allowed: {WEB}'),
    ({"url": "javascript:alert(1)"}, f'url: found "javascript:alert(1)"; allowed: {WEB}'),
    ({"period": "2002-13"}, 'period: found "2002-13"; allowed: a year, a month or a day such as 2022-12-31, or two'),
    ({"places": "Kenya"}, 'places: found "Kenya"; allowed: a list of names, such as'),
    ({"protection": "none"}, 'protection: found "none"; allowed: k or dp'),
    ({"noise_epsilon": 0}, "noise_epsilon: found 0; allowed: a number above 0"),
    ({"noise_delta": 0.5}, "noise_delta: found 0.5; allowed: a number above 0 and at most 0.1"),
    ({"delta_factor": -1}, "delta_factor: found -1; allowed: a number above 0"),
    ({"domain": {"a": "x"}}, 'domain.a: found "x"; allowed: a list of values, such as'),
    ({"undeclared_into": "0"}, f'undeclared_into: found "0"; allowed: {ATTRIBUTE}'),
    ({"private_domain": 3}, "private_domain: found 3; allowed: true or false"),
    ({"rehearse_noise": 3}, "rehearse_noise: found 3; allowed: true or false"),
    ({"accept_derivable_counts": 3}, "accept_derivable_counts: found 3; allowed: true or false"),
    ({"domain_proportion": 1}, "domain_proportion: found 1; allowed: a number above 0 and below 0.5"),
    ({"budget_proportions": []}, "budget_proportions: found an empty list; allowed: a list of numbers above 0"),
    ({"number_of_records_epsilon_proportion": 0}, "number_of_records_epsilon_proportion: found 0; allowed: a number"),
    ({"percentile_percentage": 101}, "percentile_percentage: found 101; allowed: a number above 50"),
    ({"percentile_epsilon_proportion": 0}, "percentile_epsilon_proportion: found 0; allowed: a number above 0"),
    ({"privacy_account": ""}, f'privacy_account: found ""; allowed: {TEXT}'),
    ({"total_epsilon": 0}, "total_epsilon: found 0; allowed: a number above 0"),
    ({"report_lenght": 3}, "report_lenght: not a known key; did you mean reporting_length?"),
    ({"Reporting-Length": 3}, "Reporting-Length: not a known key; did you mean reporting_length?"),
    ({"zzz": 3}, "zzz: not a known key; the keys are listed in docs/reference/settings.md"),
]


@pytest.mark.parametrize(("keys", "problem"), REFUSED, ids=lambda value: str(value)[:40])
def test_a_wrong_value_is_refused_with_what_is_allowed(keys: dict[str, Any], problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        build_settings(NEEDED | keys)
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(problem)


def test_numbers_are_text_where_text_is_wanted_as_in_a_file() -> None:
    settings = build_settings(
        NEEDED
        | {
            "use_columns": [2019, "age"],
            "missing_values": [-99, 9.5],
            "column_missing_values": {2019: [0]},
            "value_labels": {"age": {1: "Yes"}},
            "group_rare_values": {"age": {"into": 99}},
        }
    )
    assert (settings.use_columns, settings.missing_values) == (["2019", "age"], ["-99", "9.5"])
    assert (settings.column_missing_values, settings.value_labels) == ({"2019": ["0"]}, {"age": {"1": "Yes"}})
    assert settings.group_rare_values["age"].into == "99"


def test_every_key_has_an_example_that_is_refused() -> None:
    assert {key for keys, _ in REFUSED for key in keys} >= set(Settings.model_fields)


def test_no_word_of_the_checking_library_reaches_the_user() -> None:
    for keys, _ in REFUSED:
        with pytest.raises(SettingsError) as caught:
            build_settings(NEEDED | keys)
        for word in ("pydantic", "Input should", "Value error", "http", "str type", "validation"):
            assert word not in str(caught.value)


ACCEPTED = [
    {"sensitive_microdata_path": None, "sensitive_microdata_table": "main.`my cases`.victims"},
    {"sensitive_microdata_path": None, "sensitive_microdata_table": "cases"},
    {"sensitive_microdata_format": "delta", "sensitive_microdata_delimiter": "\t"},
    {"sensitive_microdata_encoding": "Windows-1252"},
    {"use_columns": ["Jahr", "Größe", "a column: with; signs"]},
    {"record_limit": 1},
    {"multi_value_columns": {"means": ";"}, "sensitive_zeros": ["months"]},
    {"bins": {"age": {"edges": [0, 17.5], "labels": ["none", "young", "old"]}, "size": {"quantiles": 100}}},
    {"group_rare_values": {"country": {}}},
    {"reporting_threshold": 10, "reporting_precision": 5, "accept_derivable_counts": True},
    {"reporting_threshold": 10, "reporting_precision": 10},
    {"reporting_length": -1, "seed": 2**63 - 1, "max_combinations": 1},
    {"output_dir": None, "output_schema": "main.release", "sensitive_dir": "s3://hidden/x"},
    {"release_id": "2026.11-a_b", "prefix": "ctdc-2026_1"},
]


@pytest.mark.parametrize("keys", ACCEPTED, ids=lambda keys: str(keys)[:40])
def test_a_right_value_is_kept(keys: dict[str, Any]) -> None:
    settings = build_settings(NEEDED | keys)
    dumped = settings.model_dump(exclude_defaults=True)
    for key, value in keys.items():
        if key not in {"bins", "group_rare_values"} and value is not None:
            assert dumped[key] == value


def test_nested_values_are_models_of_their_own() -> None:
    settings = build_settings(NEEDED | {"bins": {"age": {"edges": [18]}}, "group_rare_values": {"c": {}}})
    assert settings.bins == {"age": Bins(edges=[18.0])}
    assert settings.group_rare_values == {"c": GroupRare(below=None, into="Other")}


def test_defaults() -> None:
    settings = build_settings(NEEDED)
    assert (settings.threshold, settings.precision, settings.reporting_length) == (10, 10, 3)
    assert (settings.guarantee, settings.synthesis_mode, settings.seed) == ("strict", "calibrated", None)
    assert (settings.record_limit, settings.max_combinations) == (-1, 50_000_000)
    assert (settings.prefix, settings.sensitive_microdata_encoding) == ("release", "utf-8")
    assert settings.sensitive_microdata_delimiter is None


@pytest.mark.parametrize("key", ["use_columns", "bins", "missing_values"])
def test_two_settings_share_no_default(key: str) -> None:
    first, second = build_settings(NEEDED), build_settings(NEEDED)
    assert getattr(first, key) is not getattr(second, key)


def test_settings_are_frozen() -> None:
    settings = build_settings(NEEDED)
    with pytest.raises(ValidationError, match="frozen"):
        settings.seed = 5  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        GroupRare().into = "Rest"  # type: ignore[misc]


def test_the_constructor_checks_too() -> None:
    with pytest.raises(SettingsError, match="found neither; allowed: at least one of them"):
        Settings(sensitive_microdata_path="cases.csv")
    with pytest.raises(ValidationError):
        Bins()


def test_a_secret_in_an_address_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        build_settings(NEEDED | {"use_columns": "s3a://key:secret@bucket/x", "release_id": "s3://k:secret@b"})
    assert "secret" not in str(caught.value)


def test_long_values_are_cut() -> None:
    with pytest.raises(SettingsError) as caught:
        build_settings(NEEDED | {"prefix": "x y" * 1000})
    assert len(caught.value.problems[0]) < 200


def test_the_constructor_says_everything_at_once_in_plain_words() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings(seed=-1, reporting_lenght=2, reporting_resolution="10", release_id="releases")
    assert sorted(caught.value.problems) == [
        "output_dir, output_schema: found neither; allowed: at least one of them",
        "release_id: found releases, which is the name of something else in the same folder; allowed: any other name",
        "reporting_lenght: not a known key; did you mean reporting_length?",
        'reporting_resolution: found "10"; allowed: a whole number of at least 2; write numbers without quotes',
        f"seed: found -1; allowed: {SEED}",
    ]


@pytest.mark.parametrize("key", ["self", "keys", "model_config"])
def test_the_constructor_takes_no_name_of_its_own(key: str) -> None:
    with pytest.raises(SettingsError, match=f"{key}: not a known key"):
        Settings(**NEEDED, **{key: 1})


def test_what_pydantic_does_with_settings_goes_on_working() -> None:
    settings = Settings(**NEEDED, bins={"age": {"edges": [18]}}, seed=3)
    assert Settings.model_validate(NEEDED | {"seed": 3, "bins": {"age": Bins(edges=[18])}}) == settings
    assert settings.model_copy() == settings
    assert copy.deepcopy(settings) == settings
    assert Settings(**settings.model_dump()) == settings
    assert settings.drawn(release_id="r1").fingerprint() == settings.fingerprint()
    with pytest.raises(SettingsError, match="seed: found"):
        Settings.model_validate(NEEDED | {"seed": -1})


def test_settings_without_an_input_are_right_for_a_dataframe_and_wrong_in_a_file() -> None:
    keys = {key: value for key, value in NEEDED.items() if key != "sensitive_microdata_path"}
    assert Settings(**keys) == build_settings(keys, needs_input=False)
    with pytest.raises(SettingsError, match=r"sensitive_microdata_table, .*: found none; allowed: exactly one of them"):
        build_settings(keys)
    with pytest.raises(SettingsError, match="found sensitive_microdata_path, sensitive_microdata_table; allowed"):
        Settings(**NEEDED, sensitive_microdata_table="cases")


@pytest.mark.parametrize("rest", ["me:word@example.org/", "me@example.org", 'example.org/"', "example.org/<b>", "a b/"])
def test_an_address_of_the_web_has_neither_password_nor_quotes(rest: str) -> None:
    keys = {"sensitive_microdata_path": "cases.csv", "output_dir": "out"}
    with pytest.raises(SettingsError, match="url: found"):
        build_settings({**keys, "url": f"https://{rest}"})
    assert build_settings({**keys, "url": "https://example.org/a?b=c#d"}).url == "https://example.org/a?b=c#d"
