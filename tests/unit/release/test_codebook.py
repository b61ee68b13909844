from __future__ import annotations

from ctdc_spark.records.dictionary import Dictionary
from ctdc_spark.release.codebook import codebook_rows
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
