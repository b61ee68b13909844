from __future__ import annotations

from ctdc_spark.explorer.charts import CodebookEntry, plan_layout
from ctdc_spark.explorer.data import Attribute, Chart, Column

CODEBOOK = [
    CodebookEntry("age", "0--8", "0--8", "Person", "bin"),
    CodebookEntry("threats", "1", "1", "Means", "flag"),
    CodebookEntry("debt", "1", "Yes", "Means", "flag"),
    CodebookEntry("debt", "0", "No", "Means", "flag"),
    CodebookEntry("work", "farm", "Farm", None, "multi_value"),
    CodebookEntry("work", "house", "House", None, "multi_value"),
    CodebookEntry("gone", None, "", "Person", "withheld"),
]
ACTUAL = {("work", "house"): 50, ("work", "farm"): 20, ("threats", "1"): 30, ("age", "9--17"): 10}
LAYOUT = plan_layout(["age", "threats", "work", "debt", "gone", "new"], CODEBOOK, ACTUAL, {"threats": "Threats"})


def test_flags_of_a_group_share_a_chart_and_groups_stand_together() -> None:
    assert LAYOUT.charts == (
        Chart("age", "Person", "bin", (0,), 0, 2),
        Chart("gone", "Person", "withheld", (4,), 2, 2),
        Chart("Means", "Means", "flag", (1, 3), 2, 5),
        Chart("work", None, "multi_value", (2,), 5, 7),
        Chart("new", None, "category", (5,), 7, 7),
    )


def test_attributes_are_numbered_by_chart_the_largest_first() -> None:
    assert LAYOUT.attributes == (
        Attribute(0, "9--17", "9--17"),  # only a count names it
        Attribute(0, "0--8", "0--8"),
        Attribute(1, "1", "Threats"),  # a flag with one value is named by its column
        Attribute(3, "0", "debt: No"),
        Attribute(3, "1", "debt: Yes"),
        Attribute(2, "house", "House"),
        Attribute(2, "farm", "Farm"),
    )


def test_only_columns_of_several_values_are_not_exclusive() -> None:
    assert [column.name for column in LAYOUT.columns if not column.exclusive] == ["work"]
    assert LAYOUT.columns[1] == Column("threats", "Threats")
