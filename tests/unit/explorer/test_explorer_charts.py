from __future__ import annotations

import pytest

from ctdc_spark.explorer.charts import CodebookEntry, plan_layout
from ctdc_spark.explorer.data import Attribute, Chart, Column
from ctdc_spark.explorer.names import spell_column

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
        Chart("Age", "Person", "bin", (0,), 0, 2),
        Chart("Gone", "Person", "withheld", (4,), 2, 2),
        Chart("Means", "Means", "flag", (1, 3), 2, 5),
        Chart("Work", None, "multi_value", (2,), 5, 7),
        Chart("New", None, "category", (5,), 7, 7),
    )


def test_attributes_are_numbered_by_chart_the_largest_first() -> None:
    assert LAYOUT.attributes == (
        Attribute(0, "9--17", "9\N{EN DASH}17"),  # only a count names it
        Attribute(0, "0--8", "0\N{EN DASH}8"),
        Attribute(1, "1", "Threats"),  # a flag with one value is named by its column
        Attribute(3, "0", "Debt: No"),
        Attribute(3, "1", "Debt: Yes"),
        Attribute(2, "house", "House"),
        Attribute(2, "farm", "Farm"),
    )


def test_only_columns_of_several_values_are_not_exclusive() -> None:
    assert [column.name for column in LAYOUT.columns if not column.exclusive] == ["work"]
    assert LAYOUT.columns[1] == Column("threats", "Threats")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("yearOfRegistration", "Year of registration"),
        ("CountryOfExploitation", "Country of exploitation"),
        ("meansAbusePsyPhySex", "Means abuse psy phy sex"),
        ("date_UTC", "Date UTC"),
        ("HTTPServer2", "HTTP server 2"),
        ("gender", "Gender"),
        ("age, in years", "age, in years"),
        ("__proto__", "__proto__"),
    ],
)
def test_a_column_without_a_label_is_named_in_words(name: str, said: str) -> None:
    assert spell_column(name) == said


def test_a_label_of_the_settings_or_the_codebook_stays_as_it_is() -> None:
    codebook = [CodebookEntry("ageBroad", "0--8", "0--8 years", None, "bin")]
    layout = plan_layout(["ageBroad"], codebook, {}, {"ageBroad": "ageBroad"})
    assert layout.columns[0].label == "ageBroad"
    assert layout.attributes[0].label == "0--8 years"
