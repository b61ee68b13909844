"""Compare and Relations: two selections side by side, pairs, years and countries, all equal to brute force."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.oracles.explorer_sample import VALUES, Sample

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import OpenPage

Pair = tuple[str, str]
WOMAN, MAN = ("gender", "Woman"), ("gender", "Man")
BOTH = "#compare?s=gender%3AWoman&b=gender%3AMan"


def share(sample: Sample, selected: Pair, pair: Pair) -> float:
    inside = [row for row in sample.rows if selected in row]
    informed = [row for row in inside if any(column == pair[0] for column, _ in row)]
    return sum(pair in row for row in informed) / len(informed)


def test_shares_and_differences_of_two_groups(open_page: OpenPage, sample: Sample) -> None:
    opened = open_page(sample.data, BOTH)
    rows = opened.page.locator("#compare-cards li[data-column=country]").all()
    assert {row.get_attribute("data-value") for row in rows} == set(VALUES["country"])
    for row in rows:
        pair = ("country", row.get_attribute("data-value") or "")
        one, other = share(sample, WOMAN, pair), share(sample, MAN, pair)
        a, b, difference = (text.split(": ")[1] for text in row.locator(".count").all_text_contents())
        assert (a, b) == (f"{100 * one:.1f}%".replace("0.0%", "0%"), f"{100 * other:.1f}%".replace("0.0%", "0%"))
        assert float(difference.removesuffix(" pt")) == pytest.approx(100 * (other - one), abs=0.051)
    assert opened.console == []


def test_the_sentence_has_both_totals(open_page: OpenPage, sample: Sample) -> None:
    sentence = open_page(sample.data, BOTH).page.locator("#compare-status").inner_text()
    for name, pair in (("A", WOMAN), ("B", MAN)):
        assert (
            f"{name}: {sample.estimate({pair})} synthetic records, actual: {sample.actual[frozenset({pair})]}"
            in sentence
        )


def test_the_table_behind_a_comparison_has_actual_counts(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, BOTH).page
    page.locator("#compare").get_by_role("button", name="country: show as table").click()
    for row in page.locator("#compare-cards tbody tr").all():
        pair = ("country", row.locator("th").inner_text())
        cells = row.locator("td").all_inner_texts()
        assert cells[0] == str(sample.estimate({WOMAN, pair}))
        count = sample.actual.get(frozenset({WOMAN, pair}))
        assert cells[2] == ("fewer than 10, or none" if count is None else str(count))


def test_groups_are_filled_by_typing_and_can_be_swapped(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#compare").page
    page.locator("#add-b").fill("nothing of the kind")
    page.locator("#add-b").press("Enter")
    assert "Choose an attribute" in page.locator(".group.b").inner_text()
    page.locator("#add-b").fill("gender: Woman")
    page.locator("#add-b").press("Enter")
    assert page.locator(".group.b .chip").inner_text().startswith("gender: Woman")
    page.get_by_role("button", name="Swap A and B").click()
    assert page.locator(".group.a .chip").inner_text().startswith("gender: Woman")
    assert page.url.endswith("#compare?s=gender%3AWoman")


def chart_number(page: Page, title: str) -> str:
    return (
        page.locator("#relations-body select").first.locator("option", has_text=title).first.get_attribute("value")
        or ""
    )


@pytest.mark.parametrize("kind", ["estimated", "actual"])
def test_every_cell_of_the_heatmap(open_page: OpenPage, sample: Sample, kind: str) -> None:
    opened = open_page(sample.data, f"#relations?s=work%3Afarm&kind={kind}")
    page = opened.page
    page.locator("#relations select").nth(0).select_option(chart_number(page, "gender"))
    page.locator("#relations select").nth(1).select_option(chart_number(page, "country"))
    heads = page.locator("#heatmap thead th").all_inner_texts()[1:]
    assert set(heads) == set(VALUES["country"])
    for row in page.locator("#heatmap tbody tr").all():
        gender = row.locator("th").inner_text()
        for country, cell in zip(heads, row.locator("td").all_inner_texts(), strict=True):
            combination = {("work", "farm"), ("gender", gender), ("country", country)}
            actual = sample.actual.get(frozenset(combination))
            said = "< 10 or none" if actual is None else str(actual)
            assert cell == (said if kind == "actual" else str(sample.estimate(combination)))
    page.locator("#heatmap td button").first.click()
    assert page.locator("#explore").is_visible()
    assert page.locator("#selection .chip").count() == 3
    assert opened.console == []


def test_years_become_lines_with_a_table_behind_them(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#relations").page
    page.locator("#relations select").nth(0).select_option(chart_number(page, "Year"))
    page.locator("#relations select").nth(1).select_option(chart_number(page, "gender"))
    assert page.locator("#figure-lines polyline").count() == len(VALUES["gender"])
    reported = [c for c in sample.actual if {column for column, _ in c} == {"year", "gender"}]
    assert page.locator("#figure-lines circle").count() == len(reported)
    page.get_by_role("button", name="gender by Year: show as table").click()
    rows = {tuple(row.locator("th, td").all_inner_texts()[:3]) for row in page.locator("#figure-lines tbody tr").all()}
    years = {c for row in sample.data.layout.attributes if (c := row.value) in VALUES["year"]}
    assert rows == {(y, g, str(sample.estimate({("year", y), ("gender", g)}))) for y in years for g in VALUES["gender"]}


def test_the_map_selects_countries_and_names_those_it_lacks(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#relations").page
    assert "Not on the map: SGP" in page.locator(".map-card").inner_text()
    page.locator(".land[data-code=BRA]").click()
    assert page.locator("#relations .chip").inner_text().startswith("country: BRA")
    assert "chosen" in (page.locator(".land[data-code=BRA]").get_attribute("class") or "")
    page.locator(".map-card").get_by_role("button", name="FRA").press("Enter")
    assert page.locator("#relations .chip").inner_text().startswith("country: FRA")
    counts = page.locator(".map-card tbody tr", has_text="PHL").locator("td").all_inner_texts()
    assert counts[0] == str(sample.estimate({("country", "PHL")}))
