from __future__ import annotations

import html as html_text
import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from explorer_sample import CHARTS, DATA, HOSTILE, RELEASE, YEARS

from ctdc_spark.explorer import Bar, Metric, PageData, build_page

if TYPE_CHECKING:
    from browser_document import Element
    from conftest import OpenPage

SEARCH = """
const field = document.getElementById("search");
field.value = %r;
field.dispatchEvent(new Event("input", {bubbles: true}));
"""


def click(selector: str) -> str:
    return f"document.querySelector({selector!r}).click();\n"


def cards_of(document: Element) -> list[Element]:
    return [card for card in document.only(id="cards").find(class_="card") if "hidden" not in card.attributes]


def title_of(card: Element) -> str:
    return card.find("h3")[0].text


def bars_of(card: Element) -> dict[tuple[str, str], tuple[str, str, str]]:
    """What a reader sees: (column, value) -> (name, estimated, actual)."""
    bars = {}
    for bar in card.find("li", "bar"):
        name = bar.only(class_="name").text
        estimated, actual = (count.visible().text for count in bar.find(class_="count"))
        bars[bar.attributes["data-column"], bar.attributes["data-value"]] = (name, estimated, actual)
    return bars


def shown(bar: Bar) -> tuple[str, str, str]:
    return (bar.label, f"{bar.estimated:,}", "withheld" if bar.actual is None else f"{bar.actual:,}")


def lengths_of(bar: Element) -> dict[str, str]:
    """Kind of line -> its length; a withheld count has a line without length."""
    lines = bar.only(class_="lines").children
    return {line.attributes["class"]: line.attributes.get("style", "") for line in lines}


def test_every_bar_says_its_numbers(open_page: OpenPage) -> None:
    opened = open_page(build_page(DATA), click("#chart-1 .more"))
    cards = cards_of(opened.document)
    assert [title_of(card) for card in cards] == [chart.title for chart in CHARTS]
    for card, chart in zip(cards, CHARTS, strict=True):
        assert bars_of(card) == {(bar.column, bar.value): shown(bar) for bar in chart.bars}
        information = f"{chart.information:,} of 12,500 synthetic records"
        assert information in card.only(class_="card-foot").text
    assert opened.console == ()


def test_bars_are_as_long_as_their_numbers(open_page: OpenPage) -> None:
    card = cards_of(open_page(build_page(DATA)).document)[2]
    threats, debt = card.find("li", "bar")
    assert lengths_of(threats) == {
        "line estimated": "inline-size: 100%;",
        "line actual": "inline-size: 99.67%;",
    }
    assert lengths_of(debt) == {"line estimated": "inline-size: 33.33%;", "line none": ""}


def test_header_says_what_the_numbers_are(open_page: OpenPage) -> None:
    document = open_page(build_page(DATA)).document
    facts = {fact.attributes["data-fact"]: fact for fact in document.only(id="facts").find("div")}
    figures = {name: fact.only(class_="figure").text for name, fact in facts.items()}
    assert figures == {"subjects": "12,340", "records": "12,500", "k": "10", "length": "3"}
    protected = "protected count: rounded down to a multiple of 5, below 10 withheld"
    assert protected in facts["subjects"].text
    assert protected in document.only(id="key").text
    assert document.only("h1").text == RELEASE.title
    assert document.only(id="byline").text == "Release demo-1a2b3c4d, published 22 November 2026"
    assert "shared by at least 10 subjects" in document.only(id="guarantee").text


def test_hostile_values_are_text_and_nothing_else(open_page: OpenPage) -> None:
    opened = open_page(build_page(DATA))
    assert opened.document.only("title").text == RELEASE.title
    assert not opened.document.find("img")
    assert len(opened.document.find("script")) == 2
    card = cards_of(opened.document)[3]
    assert title_of(card) == HOSTILE[0]
    assert {name for name, _, _ in bars_of(card).values()} == set(HOSTILE)
    assert opened.console == ()


def test_unknown_facts_are_said_to_be_unknown(open_page: OpenPage) -> None:
    release = replace(RELEASE, subjects=None, published_at=None, length=-1, guarantee="other")
    opened = open_page(build_page(PageData(release, (), ())))
    facts = opened.document.only(id="facts")
    assert facts.only("div", data_fact="subjects").only(class_="figure").text == "withheld"
    assert facts.only("div", data_fact="length").only(class_="figure").text == "all"
    assert "“other”" in opened.document.only(id="guarantee").text
    assert "Not stated" in opened.document.only("div", data_metric="rare").text
    assert "no evaluation metrics" in opened.document.only(id="quality").text
    assert opened.console == ()


@pytest.mark.parametrize(
    ("guarantee", "said"),
    [
        ("strict", "however long"),
        ("4", "of up to 4 attributes in a synthetic record"),
        ("k_synthetic", "longer ones by at least 10 or by nobody"),
    ],
)
def test_the_page_says_which_guarantee_was_given(open_page: OpenPage, guarantee: str, said: str) -> None:
    opened = open_page(build_page(PageData(replace(RELEASE, guarantee=guarantee, threshold=10), (), ())))
    assert said in opened.document.only(id="guarantee").text
    assert opened.console == ()


def test_a_column_without_published_values_says_so(open_page: OpenPage) -> None:
    card = cards_of(open_page(build_page(DATA)).document)[4]
    assert "all are withheld" in card.only(class_="body").text


def test_years_stand_in_their_order_and_other_values_by_count(open_page: OpenPage) -> None:
    cards = cards_of(open_page(build_page(DATA)).document)
    assert [name for name, _, _ in bars_of(cards[0]).values()] == [bar.label for bar in YEARS]
    assert [name for name, _, _ in bars_of(cards[1]).values()] == [f"Country {i}" for i in range(10)]
    assert cards[1].only("button", "more").text == "Show all 1,000"


def test_sorting_by_name_counts_numbers_in_names(open_page: OpenPage) -> None:
    act = """
    const order = document.getElementById("sort");
    order.value = "name";
    order.dispatchEvent(new Event("input", {bubbles: true}));
    """
    cards = cards_of(open_page(build_page(DATA), act).document)
    assert [name for name, _, _ in bars_of(cards[1]).values()][:3] == ["Country 0", "Country 1", "Country 2"]
    assert [name for name, _, _ in bars_of(cards[2]).values()] == ["Débt bondage", "Threats"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("debt", ["Means of control"]),  # without case and accents
        ("means THREATS", ["Means of control"]),  # every word, in the group or in the attribute
        ("c999", ["Country"]),  # by value as well as by label
        ("<script>", [HOSTILE[0]]),
        ("no such thing", []),
    ],
)
def test_search_keeps_what_matches_every_word(open_page: OpenPage, words: str, found: list[str]) -> None:
    document = open_page(build_page(DATA), SEARCH % words).document
    assert [title_of(card) for card in cards_of(document)] == found
    links = [link.text for link in document.only(id="index").visible().find("a") if link.text]
    assert links == found
    status = document.only(id="status").text
    assert f"in {len(found)} of 5 charts" in status if found else "No attribute matches" in status


def test_hiding_small_counts_looks_at_both_counts(open_page: OpenPage) -> None:
    act = """
    const least = document.getElementById("smallest");
    least.value = "80";
    least.dispatchEvent(new Event("input", {bubbles: true}));
    """
    card = cards_of(open_page(build_page(DATA), act).document)[0]
    kept = {bar.value for bar in YEARS if max(bar.estimated, bar.actual or 0) >= 80}
    assert {value for _, value in bars_of(card)} == kept
    assert 0 < len(kept) < len(YEARS)


def test_tables_hold_every_attribute_with_its_code_share_and_difference(open_page: OpenPage) -> None:
    opened = open_page(build_page(DATA), click("#tables"))
    years, countries, means, *_ = cards_of(opened.document)
    assert len(countries.only("tbody").find("tr")) == 1000
    rows = [[cell.text for cell in row.children if cell.tag in {"th", "td"}] for row in means.only("tbody").find("tr")]
    assert rows == [
        ["Threatsthreats = 1", "3,000", "50.0%", "2,990", "+10"],
        ["Débt bondagedebt = 1", "1,000", "16.7%", "withheld", ""],
    ]
    assert years.only("caption").text == "Year: estimated and actual counts"
    assert opened.document.only(id="tables").attributes["aria-pressed"] == "true"
    assert opened.console == ()


def test_one_chart_can_be_turned_into_its_table_and_back(open_page: OpenPage) -> None:
    toggle = click("#chart-0 button.small")
    years, countries, *_ = cards_of(open_page(build_page(DATA), toggle).document)
    assert years.find("table")
    assert not countries.find("table")
    assert not cards_of(open_page(build_page(DATA), toggle + toggle).document)[0].find("table")


def test_reset_brings_back_the_first_view(open_page: OpenPage) -> None:
    act = f"{{ {SEARCH % 'debt'} }} {click('#tables')} {click('#reset')}"
    document = open_page(build_page(DATA), act).document
    assert len(cards_of(document)) == len(CHARTS)
    assert not document.only(id="cards").find("table")


@pytest.mark.parametrize(
    ("fragment", "view"),
    [
        ("", "explore"),
        ("#quality", "quality"),
        ("#about", "about"),
        ("#chart-2", "explore"),
        ("#%E0%A4", "explore"),
    ],
)
def test_the_address_names_the_view(open_page: OpenPage, fragment: str, view: str) -> None:
    opened = open_page(build_page(DATA), fragment=fragment)
    views = opened.document.find("section", "view")
    assert [each.attributes["id"] for each in views if "hidden" not in each.attributes] == [view]
    assert opened.document.only("a", aria_current="page").attributes["href"] == f"#{view}"
    assert opened.console == ()


def test_quality_tells_the_proofs_outcome_and_the_metrics_by_length(open_page: OpenPage) -> None:
    quality = open_page(build_page(DATA)).document.only(id="quality")
    for metric, figure in {"rare": "0", "leakage": "0", "fabrication": "0", "strict_share": "100%"}.items():
        tile = quality.only("div", "tile", data_metric=metric)
        assert tile.only(class_="figure").text == figure
        assert "Proved" in tile.only(class_="badge").text
    figures = {
        row.attributes["data-metric"]: [cell.text for cell in row.find("td")]
        for row in quality.only("table").find("tr")
        if "data-metric" in row.attributes
    }
    assert figures == {
        "combinations": ["\u2013", "43,210"],  # a dash: not stated for this length
        "presence": ["100%", "99.98%"],  # not rounded to all
        "preservation": ["98.7%", "87.6%"],
        "mean_relative_error": ["1.2%", "150.0%"],
    }
    expansion = quality.only("article", data_metric="record_expansion")
    assert expansion.only(class_="figure").text == "-1.3%"


def test_an_outcome_that_is_not_as_it_must_be_is_not_called_proved(open_page: OpenPage) -> None:
    metrics = (Metric("rare", "proof", 1, 0.0), Metric("rare", "proof", 2, 3.0))
    tile = open_page(build_page(PageData(RELEASE, (), metrics))).document.only("div", data_metric="rare")
    assert tile.only(class_="figure").text == "3"
    assert "Not met" in tile.only(class_="badge").text


def test_every_control_is_reachable_and_has_a_name(open_page: OpenPage) -> None:
    document = open_page(build_page(DATA)).document
    labelled = {label.attributes["for"] for label in document.find("label")}
    for field in [*document.find("input"), *document.find("select")]:
        assert field.attributes["id"] in labelled
    for control in [*document.find("button"), *document.find("a")]:
        assert control.text or control.attributes.get("aria-label")
        assert control.attributes.get("tabindex") != "-1"
    ids = [element.attributes["id"] for element in document.walk() if "id" in element.attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("view", ["explore", "quality", "about"])
def test_no_width_needs_sideways_scrolling(open_page: OpenPage, view: str) -> None:
    widths = (1440, 1024, 390, 320)
    frame = html_text.escape(build_page(DATA))
    frames = "".join(f'<iframe width="{width}" height="900" srcdoc="{frame}"></iframe>' for width in widths)
    measure = """
    <script>
      addEventListener("load", () => {
        for (const frame of Array.from(window)) frame.location.hash = "%s";
        setTimeout(() => {
          document.title = JSON.stringify(Array.from(window, (frame) => [
            frame.document.querySelector(".view:not([hidden])").id,
            frame.innerWidth,
            frame.document.documentElement.scrollWidth <= frame.innerWidth,
          ]));
        }, 500);
      });
    </script>
    """
    opened = open_page(f"<!doctype html><title></title>{frames}{measure % view}")
    measured = json.loads(opened.document.find("title")[0].text)
    assert measured == [[view, width, True] for width in widths]


@pytest.mark.parametrize("switches", [(), ("--force-dark-mode",)])
def test_page_can_be_pictured_in_light_and_dark(open_page: OpenPage, tmp_path: Path, switches: tuple[str, ...]) -> None:
    picture = tmp_path / "page.png"
    opened = open_page(build_page(DATA), switches=("--window-size=1440,1000", f"--screenshot={picture}", *switches))
    content = picture.read_bytes()
    assert struct.unpack(">II", content[16:24])[0] == 1440
    assert len(content) > 50_000  # an empty page has a few thousand bytes
    assert opened.console == ()
