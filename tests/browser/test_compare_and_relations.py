"""Compare and Relations: two selections side by side, pairs, years and countries, all equal to brute force."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ctdc_spark.explorer.intervals import ROUGH
from tests.oracles.explorer_quantities import read_known
from tests.oracles.explorer_sample import COUNTRY_NAMES, VALUES, K, Sample

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import OpenPage

Pair = tuple[str, str]
CODES = {name: code for code, name in COUNTRY_NAMES.items()}
WOMAN, MAN = ("gender", "Woman"), ("gender", "Man")
BOTH = "#compare?s=gender%3AWoman&b=gender%3AMan"


def share(sample: Sample, selected: Pair, pair: Pair) -> float | None:
    count = sample.actual.get(frozenset({selected, pair}))
    return None if count is None else count / sample.actual[frozenset({selected})]


def test_shares_and_differences_of_two_groups_are_actual_ones(open_page: OpenPage, sample: Sample) -> None:
    opened = open_page(sample.data, BOTH)
    rows = opened.page.locator("#compare-cards li[data-column=country]").all()
    assert {row.get_attribute("data-value") for row in rows} == set(VALUES["country"])
    for row in rows:
        pair = ("country", row.get_attribute("data-value") or "")
        heard = row.locator(".hear").all_text_contents()
        shares = [share(sample, group, pair) for group in (WOMAN, MAN)]
        for said, known, group in zip(heard, shares, (WOMAN, MAN), strict=False):
            most = (K - 1) / sample.actual[frozenset({group})]
            right = f"Withheld, at most {100 * most:.1f}%, or none" if known is None else f"Actual, {100 * known:.1f}%"
            assert said.split(": ")[1] == right
        difference = row.locator(".count").last.text_content() or ""
        if None in shares:
            assert difference.endswith("\N{EN DASH}")
        else:
            apart = 100 * ((shares[1] or 0) - (shares[0] or 0))
            assert float(difference.split(": ")[1].removesuffix(" pt")) == pytest.approx(apart, abs=0.051)
    assert opened.console == []


def test_shares_beyond_the_counted_length_are_marked_as_estimates(open_page: OpenPage, sample: Sample) -> None:
    three = "s=gender%3AWoman&s=work%3Afarm&s=debt%3A1"
    page = open_page(sample.data, f"#compare?{three}&b=gender%3AWoman").page
    kinds = page.evaluate(
        """() => [...document.querySelectorAll("#compare-cards li[data-column=country] .hear")]
          .map((heard) => heard.textContent.split(": ")[1].split(/[ ,]/)[0])"""
    )
    assert set(kinds[0::3]) <= {"Estimate", "Withheld", "Not"}
    assert "Estimate" in kinds[0::3]
    assert set(kinds[1::3]) <= {"Actual", "Withheld"}
    assert page.locator("#compare-cards .line.side-a.estimate, #compare-cards .line.side-a.useless").count() > 0
    assert page.locator("#compare-cards .line.side-b.estimate").count() == 0


def test_the_sentence_has_both_totals(open_page: OpenPage, sample: Sample) -> None:
    sentence = open_page(sample.data, BOTH).page.locator("#compare-status").inner_text()
    for name, pair in (("A", WOMAN), ("B", MAN)):
        assert f"{name}: {sample.actual[frozenset({pair})]} subjects." in sentence


def test_the_table_behind_a_comparison_has_actual_counts(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, BOTH).page
    page.locator("#compare").get_by_role("button", name="country: show as table").click()
    for row in page.locator("#compare-cards tbody tr").all():
        pair = ("country", CODES[row.locator("th").inner_text()])
        cells = row.locator("td").all_inner_texts()
        count = sample.actual.get(frozenset({WOMAN, pair}))
        assert cells[0] == ("fewer than 10, or none" if count is None else str(count))


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


@pytest.mark.parametrize("selected", [{("work", "farm")}, {("work", "farm"), ("debt", "1")}])
def test_every_cell_of_the_heatmap(open_page: OpenPage, sample: Sample, selected: set[Pair]) -> None:
    asked = "&".join(f"s={column}%3A{value}" for column, value in sorted(selected))
    opened = open_page(sample.data, f"#relations?{asked}")
    page = opened.page
    page.locator("#relations select").nth(0).select_option(chart_number(page, "gender"))
    page.locator("#relations select").nth(1).select_option(chart_number(page, "country"))
    heads = page.locator("#heatmap thead th").all_inner_texts()[1:]
    assert set(heads) == set(CODES)
    for row in page.locator("#heatmap tbody tr").all():
        gender = row.locator("th").inner_text()
        for country, cell in zip(heads, row.locator("td").all(), strict=True):
            known = read_known(sample, frozenset({*selected, ("gender", gender), ("country", CODES[country])}))
            assert known.kind in (cell.get_attribute("class") or "").split()
            used = known.kind == "actual" or known.high / max(1, known.low) <= ROUGH
            written = {"actual": str(known.value), "estimate": f"≈ {known.value}{'' if used else '?'}"}
            assert cell.inner_text() == written.get(
                known.kind, "< 10 or none" if known.kind == "withheld" else "\N{EN DASH}"
            )
    page.locator("#heatmap td button").first.click()
    assert page.locator("#explore").is_visible()
    assert page.locator("#selection .chip").count() == len(selected) + 2
    assert opened.console == []


def test_a_group_with_itself_shows_what_goes_together_and_how_often_against_chance(
    open_page: OpenPage, sample: Sample
) -> None:
    means = chart_number(open_page(sample.data, "#relations").page, "Means of control")
    counts = open_page(sample.data, f"#relations?rows={means}&columns={means}").page
    lifts = open_page(sample.data, f"#relations?rows={means}&columns={means}&figure=lift").page
    names = {"Threats": "threats", "debt": "debt", "lies": "lies"}
    heads = counts.locator("#heatmap thead th").all_inner_texts()[1:]
    assert set(heads) == set(names)
    for page in (counts, lifts):
        for row in page.locator("#heatmap tbody tr").all():
            one = names[row.locator("th").inner_text()]
            for head, cell in zip(heads, row.locator("td").all_inner_texts(), strict=True):
                other = names[head]
                both, a, b = (
                    sample.actual[frozenset((name, "1") for name in pair)] for pair in ({one, other}, {one}, {other})
                )
                if page is counts:
                    assert cell == str(both)
                elif one == other:
                    assert cell == "\N{EN DASH}"
                else:
                    assert float(cell.strip("\N{MULTIPLICATION SIGN}")) == pytest.approx(
                        both * 640 / (a * b), abs=0.051
                    )
    alone = chart_number(counts, "gender")
    page = open_page(sample.data, f"#relations?rows={alone}&columns={alone}").page
    assert "at most one value of this column" in page.locator("#relations-body").inner_text()


def test_years_become_lines_of_actual_counts_with_a_table_behind_them(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#relations").page
    page.locator("#relations select").nth(0).select_option(chart_number(page, "Year"))
    page.locator("#relations select").nth(1).select_option(chart_number(page, "gender"))
    reported = [c for c in sample.actual if {column for column, _ in c} == {"year", "gender"}]
    assert page.locator("#figure-lines .dot.actual").count() == len(reported)
    assert page.locator("#figure-lines .estimate").count() == 0
    page.get_by_role("button", name="gender by Year: show as table").click()
    rows = {tuple(row.locator("th, td").all_inner_texts()[:3]) for row in page.locator("#figure-lines tbody tr").all()}
    years = {c for row in sample.data.layout.attributes if (c := row.value) in VALUES["year"]}
    counts = {
        (y, g): sample.actual.get(frozenset({("year", y), ("gender", g)})) for y in years for g in VALUES["gender"]
    }
    assert rows == {
        (*pair, "fewer than 10, or none" if count is None else str(count)) for pair, count in counts.items()
    }


def test_a_line_is_dashed_where_it_joins_an_estimate_and_solid_between_actual_counts(
    open_page: OpenPage, sample: Sample
) -> None:
    for fragment, wanted in (("#relations", {False}), ("#relations?s=work%3Afarm&s=work%3Ahouse", {False, True})):
        page = open_page(sample.data, fragment).page
        page.locator("#relations select").nth(0).select_option(chart_number(page, "Year"))
        page.locator("#relations select").nth(1).select_option(chart_number(page, "work"))
        dashed = [piece.get_attribute("stroke-dasharray") for piece in page.locator("#figure-lines .trend").all()]
        assert {dashes is not None for dashes in dashed} == wanted
        estimates = page.locator("#figure-lines .dot.estimate").count()
        assert (estimates > 0) == (True in wanted)


def test_the_map_selects_countries_and_names_those_it_lacks(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#relations").page
    assert "Not on the map: Singapore" in page.locator(".map-card").inner_text()
    page.locator(".land[data-code=BRA]").click()
    assert page.locator("#relations .chip").inner_text().startswith("country: Brazil")
    assert "chosen" in (page.locator(".land[data-code=BRA]").get_attribute("class") or "")
    page.locator(".map-card").get_by_role("button", name="France").press("Enter")
    assert page.locator("#relations .chip").inner_text().startswith("country: France")
    counts = page.locator(".map-card tbody tr", has_text="Philippines").locator("td").all_inner_texts()
    assert counts[0] == str(sample.actual[frozenset({("country", "PHL")})])
    assert page.locator(".map-card .legend.withheld, .map-card .legend.none").count() > 0
