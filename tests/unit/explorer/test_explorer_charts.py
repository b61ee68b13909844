from __future__ import annotations

import pytest

from ctdc_spark.explorer.charts import CodebookEntry, Counts, fill_charts, plan_charts
from ctdc_spark.explorer.data import Bar, Chart, PageData, Release


def entry(column: str, value: str, group: str | None = None, kind: str = "category") -> CodebookEntry:
    return CodebookEntry(column, value, value, group, kind)


def test_flag_columns_of_one_group_share_a_chart() -> None:
    codebook = [
        entry("threats", "1", "Means", "flag"),
        entry("debt", "1", "Means", "flag"),
        entry("violence", "1", "Other means", "flag"),
    ]
    charts = plan_charts(["threats", "debt", "violence"], codebook, {})
    assert [(chart.title, chart.columns) for chart in charts] == [
        ("Means", ("threats", "debt")),
        ("Other means", ("violence",)),
    ]


def test_flag_columns_without_a_group_share_a_chart_that_the_page_names() -> None:
    charts = plan_charts(["a", "b"], [entry("a", "1", None, "flag"), entry("b", "1", None, "flag")], {})
    assert [(chart.title, chart.group, chart.columns) for chart in charts] == [(None, None, ("a", "b"))]


def test_charts_of_a_group_stand_together_in_order_of_their_first_column() -> None:
    codebook = [entry("year", "1", "Case"), entry("age", "1", "Person"), entry("place", "1", "Case")]
    charts = plan_charts(["year", "unknown", "age", "place"], codebook, {"age": "Age"})
    assert [(chart.title, chart.group) for chart in charts] == [
        ("year", "Case"),
        ("place", "Case"),
        ("unknown", None),
        ("Age", "Person"),
    ]


def test_other_columns_of_a_group_with_flags_keep_their_own_chart() -> None:
    codebook = [entry("threats", "1", "Means", "flag"), entry("worst", "x", "Means")]
    assert [chart.columns for chart in plan_charts(["threats", "worst"], codebook, {})] == [
        ("threats",),
        ("worst",),
    ]


def test_bars_are_the_union_of_codebook_and_counts() -> None:
    codebook = [CodebookEntry("age", "a", "Young", None, "category")]
    counts = Counts({("age", "b"): 12}, {("age", "c"): 20}, {0: 12})
    [chart] = fill_charts(plan_charts(["age"], codebook, {}), counts, codebook, {})
    assert set(chart.bars) == {
        Bar("age", "a", "Young", 0, None),
        Bar("age", "b", "b", 12, None),
        Bar("age", "c", "c", 0, 20),
    }
    assert chart.information == 12


def test_a_flag_is_called_by_its_column_and_by_its_value_only_if_it_has_two() -> None:
    codebook = [
        entry("threats", "1", "Means", "flag"),
        entry("debt", "1", "Means", "flag"),
        entry("debt", "0", "Means", "flag"),
    ]
    charts = plan_charts(["threats", "debt"], codebook, {})
    [chart] = fill_charts(charts, Counts({}, {}, {}), codebook, {"threats": "Threats", "debt": "Debt"})
    assert [bar.label for bar in chart.bars] == ["Threats", "Debt: 1", "Debt: 0"]


def test_a_bar_cannot_have_an_actual_count_of_zero() -> None:
    with pytest.raises(ValueError, match="positive or None"):
        Bar("age", "a", "a", 0, 0)


def test_a_chart_refuses_a_bar_of_another_column() -> None:
    with pytest.raises(ValueError, match="does not cover"):
        Chart("Age", None, "category", ("age",), 5, (Bar("sex", "a", "a", 1, None),))


def test_a_chart_refuses_more_records_in_a_bar_than_have_information() -> None:
    with pytest.raises(ValueError, match="more records than have information"):
        Chart("Age", None, "category", ("age",), 5, (Bar("age", "a", "a", 6, None),))


def test_a_page_refuses_more_records_with_information_than_there_are() -> None:
    release = Release("r", "r", None, None, 4, 3, 10, 10, "strict", "row_seeded")
    with pytest.raises(ValueError, match="than the release has records"):
        PageData(release, (Chart("Age", None, "category", ("age",), 5, ()),), ())


@pytest.mark.parametrize(("threshold", "precision"), [(0, 1), (5, 6), (5, 0)])
def test_a_release_refuses_impossible_thresholds(threshold: int, precision: int) -> None:
    with pytest.raises(ValueError, match="precision between 1 and the threshold"):
        Release("r", "r", None, None, 4, 3, threshold, precision, "strict", "row_seeded")


def test_a_column_without_a_published_value_stays_in_its_group_and_has_no_bars() -> None:
    codebook = [entry("sex", "f", "Person"), CodebookEntry("name", None, "", "Person", "withheld")]
    charts = fill_charts(plan_charts(["sex", "name"], codebook, {}), Counts({}, {}, {}), codebook, {})
    assert [(chart.title, chart.group, len(chart.bars)) for chart in charts] == [
        ("sex", "Person", 1),
        ("name", "Person", 0),
    ]
