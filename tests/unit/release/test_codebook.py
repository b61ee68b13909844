from __future__ import annotations

import pytest

from ctdc_spark.records.dictionary import Dictionary
from ctdc_spark.release.codebook import codebook_rows, list_scopes
from ctdc_spark.settings.loading import build_settings

SETTINGS = build_settings(
    {
        "sensitive_microdata_path": "cases.csv",
        "output_dir": "out",
        "column_groups": {"Person": ["sex", "name"]},
        "value_labels": {"sex": {"f": "Female"}},
    }
)
DICTIONARY = Dictionary(("sex", "name", "flag", "means"), (2, 3, 0), ("1", "debt", "f"), frozenset({3}))


def test_rows_come_in_the_order_of_columns_and_name_what_is_withheld_last() -> None:
    assert codebook_rows(DICTIONARY, range(3), SETTINGS) == [
        ("sex", "f", "Female", "Person", "category"),
        ("flag", "1", "1", None, "flag"),
        ("means", "debt", "debt", None, "multi_value"),
        ("name", None, None, "Person", "withheld"),
    ]


def test_a_column_of_which_nothing_may_be_named_is_withheld() -> None:
    rows = codebook_rows(DICTIONARY, [0, 2], SETTINGS)
    assert [row[:2] for row in rows] == [("sex", "f"), ("flag", "1"), ("name", None), ("means", None)]


@pytest.mark.parametrize(("flags", "protection", "said"), [(2, "k", False), (3, "k", True), (2, "dp", True)])
def test_coverage_says_nothing_of_two_flags_together(flags: int, protection: str, said: bool) -> None:
    """Of 20 and 24 people 9 share both: published would be 20, 20 and, of the 35 with either, 30.

    So at least 20 + 20 - 39 share both, and as no count says so, fewer than 10.
    """
    columns = tuple(f"flag{i}" for i in range(flags))
    dictionary = Dictionary(columns, tuple(range(flags)), ("1",) * flags, frozenset())
    more = {"noise_epsilon": 3.0, "noise_delta": 1e-6} if protection == "dp" else {}
    settings = build_settings(
        {"sensitive_microdata_path": "cases.csv", "output_dir": "out", "protection": protection, **more}
    )
    together = [scope for scope in list_scopes(dictionary, range(flags), settings) if len(scope) > 1]
    assert together == ([tuple(range(flags))] if said else [])
