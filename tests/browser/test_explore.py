"""Explore: the page shows what brute force counts, whatever is selected."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ctdc_spark.explorer import PageData
from ctdc_spark.explorer.charts import CodebookEntry, plan_layout
from ctdc_spark.explorer.data import Metric, Reported
from ctdc_spark.explorer.intervals import ROUGH
from ctdc_spark.records.records import Records
from tests.oracles.explorer_quantities import read_known
from tests.oracles.explorer_sample import COUNTRY_NAMES, HOSTILE, LENGTH, VALUES, K, Sample, make_release

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import OpenPage

Pair = tuple[str, str]
MULTIPLE = {"work"}
FLAGS = {"threats", "debt", "lies"}
WITHHELD = f"fewer than {K}, or none"

READ_BARS = """() => [...document.querySelectorAll("#cards button.bar")].map((bar) =>
  [bar.dataset.column, bar.dataset.value, bar.dataset.kind, bar.querySelector(".hear").textContent.split(": ")[1]])"""


def read_bars(page: Page) -> dict[Pair, tuple[str, str]]:
    """What each bar is and says: (column, value) -> (kind, figure)."""
    return {(column, value): (kind, said) for column, value, kind, said in page.evaluate(READ_BARS)}


def select(page: Page, pair: Pair) -> None:
    bars = page.locator("#cards button.bar")
    found = bars.evaluate_all(
        "(bars, pair) => bars.findIndex((b) => b.dataset.column === pair[0] && b.dataset.value === pair[1])", list(pair)
    )
    bars.nth(found).click()


def toggled(selected: set[Pair], pair: Pair) -> set[Pair]:
    if pair in selected:
        return selected - {pair}
    column = pair[0]
    return {p for p in selected if column in MULTIPLE or p[0] != column} | {pair}


def combined(selected: set[Pair], pair: Pair) -> set[Pair]:
    """The combination a bar stands for: in a chart of one single-valued column, it replaces the selected one."""
    column = pair[0]
    others = {p for p in selected if column in MULTIPLE | FLAGS or p[0] != column}
    return others | {pair}


def expected(sample: Sample, selected: set[Pair], pair: Pair) -> tuple[str, str]:
    known = read_known(sample, frozenset(combined(selected, pair)))
    if known.value is None:
        return known.kind, WITHHELD if known.kind == "withheld" else "not counted, and not in the synthetic records"
    if known.kind == "actual":
        return "actual", f"{known.value:,}"
    used = known.high / max(1, known.low) <= ROUGH
    said = f"usually {known.low:,} to {known.high:,}"
    return "estimate", f"about {known.value:,}{'' if used else ', too uncertain to use'} ({said})"


def test_every_bar_says_the_counts_of_any_selection(open_page: OpenPage, sample: Sample) -> None:
    opened = open_page(sample.data)
    rng = random.Random(3)
    selected: set[Pair] = set()
    for step in range(12):
        bars = read_bars(opened.page)
        assert len(bars) == len(sample.data.layout.attributes)
        assert bars == {pair: expected(sample, selected, pair) for pair in bars}, selected
        # the fewer records are left, the likelier something is deselected
        likely = sorted(bars, key=lambda pair: -sample.estimate(combined(selected, pair)))
        pair = rng.choice(sorted(selected)) if len(selected) > 3 else rng.choice(likely[:15])
        select(opened.page, pair)
        selected = toggled(selected, pair)
        assert opened.page.locator("#selection .chip").count() == len(selected), step
    assert opened.console == []


def test_the_sentence_says_where_actual_counts_end(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data).page
    sentence = page.locator("#sentence")
    assert "all 640 subjects" in sentence.inner_text()
    chosen: set[Pair] = set()
    for pair in [("gender", "Woman"), ("work", "farm"), ("work", "house"), ("threats", "1")]:
        select(page, pair)
        chosen.add(pair)
        known = read_known(sample, frozenset(chosen))
        said = f"Actual count: {known.value}" if len(chosen) <= LENGTH else f"Estimate: about {known.value}"
        assert said in sentence.inner_text()
        assert ("only estimates are available" in sentence.inner_text()) == (len(chosen) >= LENGTH)
        assert ("to see actual counts" in sentence.inner_text()) == (len(chosen) >= LENGTH)
    assert "Drop “threats” and others, 2 in all" in sentence.inner_text().replace("Threats", "threats")


def test_what_is_not_reported_is_never_nought(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#explore?s=country%3ASGP&s=gender%3ATrans").page
    bars = read_bars(page)
    assert ("withheld", WITHHELD) in set(bars.values())
    assert "0" not in {said for _, said in bars.values()}
    assert f"< {K} or none" in page.locator("#cards").inner_text()


def test_percentages_are_of_the_subjects_selected(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#explore?shares=1").page
    share = 100 * sample.actual[frozenset({("threats", "1")})] / 640
    assert read_bars(page)["threats", "1"] == ("actual", f"{share:.1f}%")
    assert "Percentages are of the 640 subjects selected" in page.locator("#cards").inner_text()


def test_an_actual_share_is_that_of_two_actual_counts(open_page: OpenPage, sample: Sample) -> None:
    """Actual counts divided by a number of synthetic records came to more than 100 %."""
    page = open_page(sample.data, "#explore?s=work%3Afarm&s=debt%3A1&shares=1").page
    both = sample.actual[frozenset({("work", "farm"), ("debt", "1")})]
    for pair, (kind, said) in read_bars(page).items():
        if kind == "actual":
            count = sample.actual[frozenset(combined({("work", "farm"), ("debt", "1")}, pair))]
            assert float(said.strip("%")) == pytest.approx(100 * count / both, abs=0.051)
            assert float(said.strip("%")) <= 100
        else:
            assert said.startswith("at most ")


def test_a_chart_with_a_selected_value_counts_what_the_others_leave(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#explore?s=gender%3AWoman&s=work%3Afarm").page
    farm = sample.actual[frozenset({("work", "farm")})]
    note = page.locator("#cards .card", has=page.locator("button[data-column=gender]")).locator(".card-foot .note")
    assert f"of the {farm} subjects" in note.inner_text()


def test_clear_undo_and_the_address(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data).page
    select(page, ("gender", "Woman"))
    select(page, ("what", HOSTILE[0]))
    before = read_bars(page)
    address = page.url
    page.get_by_role("button", name="Clear").click()
    assert page.locator("#selection .chip").count() == 0
    page.get_by_role("button", name="Undo").click()
    assert read_bars(page) == before
    again = open_page(sample.data, "#" + address.split("#")[1]).page
    assert read_bars(again) == before


def test_an_address_of_another_release_is_harmless(open_page: OpenPage, sample: Sample) -> None:
    fragment = "#explore?s=no%3Asuch&s=gender%3AMan&page=99&sort=%3Cscript%3E&rows=-1&smallest=x&s=__proto__"
    opened = open_page(sample.data, fragment)
    assert opened.page.locator("#selection .chip").count() == 1
    assert opened.console == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("debt", ["Means of control"]),
        ("means THREATS", ["Means of control"]),
        ("phl", ["country"]),
        ("Nigeria", ["country"]),
        ("women", ["gender"]),
        ("person-gender", ["gender"]),
        ("<script>", [HOSTILE[0]]),
        ("no such thing", []),
    ],
)
def test_search_keeps_what_matches_every_word(
    open_page: OpenPage, sample: Sample, words: str, found: list[str]
) -> None:
    page = open_page(sample.data).page
    page.locator("#search").fill(words)
    titles = page.locator("#cards .card:visible h3").all_inner_texts()
    assert titles == found
    assert ("No attribute matches" in page.locator("#status").inner_text()) == (not found)


def test_order_and_hiding_of_small_ones(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data).page
    names = page.locator("#cards .card:has(button[data-column=country]) .name")
    page.locator("#sort").select_option("name")
    assert names.all_inner_texts() == sorted(COUNTRY_NAMES.values())
    page.locator("#sort").select_option("count")
    by_count = sorted(VALUES["country"], key=lambda v: -sample.actual.get(frozenset({("country", v)}), 0))
    assert names.all_inner_texts() == [COUNTRY_NAMES[v] for v in by_count]
    page.locator("#smallest").fill("90")
    large = [v for v in by_count if sample.actual.get(frozenset({("country", v)}), 0) >= 90]
    assert names.all_inner_texts() == [COUNTRY_NAMES[v] for v in large]


def test_pages_show_their_groups_and_columns(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data).page
    page.locator("#page").select_option(label="Means")
    assert page.locator("#cards .card:visible h3").all_inner_texts() == ["Means of control"]
    page.locator("#page").select_option(label="Who and when")
    assert page.locator("#cards .card:visible h3").all_inner_texts() == ["Year", "gender", "country"]


def test_the_table_behind_a_chart_has_its_numbers(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data).page
    bars = read_bars(page)
    page.get_by_role("button", name="gender: show as table").click()
    rows = page.locator("#cards tbody tr").all()
    assert len(rows) == len(VALUES["gender"])
    for row in rows:
        cells = row.locator("td").all_inner_texts()
        assert (cells[1].lower(), cells[0]) == bars["gender", row.get_attribute("data-value") or ""]


def test_hostile_values_are_text_and_nothing_else(open_page: OpenPage, sample: Sample) -> None:
    opened = open_page(sample.data)
    assert opened.page.title() == sample.data.release.title
    assert opened.page.locator("img, #cards script").count() == 0
    labels = {bar for bar in read_bars(opened.page) if bar[0] == "what"}
    assert {value for _, value in labels} == set(HOSTILE)
    assert opened.page.locator("#cards h3").filter(has_text=HOSTILE[0]).count() == 1
    assert opened.console == []


def test_a_sample_of_the_records_is_scaled_up_and_says_so(open_page: OpenPage, sample: Sample) -> None:
    release = replace(sample.data.release, records=6000)
    data = replace(sample.data, release=release, reported=())
    page = open_page(data, "#explore?s=work%3Afarm").page
    both = sample.estimate({("work", "farm"), ("gender", "Woman")})
    assert f"about {min(640 + 4, 10 * both)}," in read_bars(page)["gender", "Woman"][1]
    assert "random sample of 600 of the 6,000" in page.locator("#key").inner_text()


def test_counts_that_noise_protects_need_no_step(open_page: OpenPage, sample: Sample) -> None:
    singles = replace(sample.data.reported[0], actual=sample.data.reported[0].actual + 3)
    page = open_page(replace(sample.data, reported=(singles, *sample.data.reported[1:]))).page
    count = sample.actual[frozenset({("gender", "Woman")})]
    assert read_bars(page)["gender", "Woman"][1] == str(count + 3)


def test_noise_has_error_bars_and_the_margin_of_its_length(open_page: OpenPage, sample: Sample) -> None:
    scales = {1: 10.0, 2: 20.0, 3: 30.0}
    metrics = [Metric("noise_scale", "reported", length, None, scale) for length, scale in scales.items()]
    release = replace(sample.data.release, protection="dp", guarantee="dp: epsilon 1, delta 1e-6")
    page = open_page(replace(sample.data, release=release, metrics=(*sample.data.metrics, *metrics))).page
    count = sample.actual[frozenset({("gender", "Woman")})]
    assert read_bars(page)["gender", "Woman"][1] == f"{count} ({count - 20} to {count + 20})"  # 1.96 deviations
    bar = "#cards button[data-column=gender][data-value=Woman]"
    width, scale = page.locator(bar).evaluate(
        "bar => ['.whisker', '.line.actual'].map((s) => bar.querySelector(s).getBoundingClientRect().width)"
    )
    assert width / scale == pytest.approx(2 * 20 / count, rel=0.03)
    select(page, ("country", "FRA"))
    both = sample.actual[frozenset({("gender", "Woman"), ("country", "FRA")})]
    assert read_bars(page)["gender", "Woman"][1].startswith(f"{both} (")
    assert "Range" in page.locator("#key").inner_text()


def test_without_noise_there_are_no_error_bars(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data).page
    assert page.locator(".whisker:visible").count() == 0
    assert "Range" not in page.locator("#key").inner_text()


def test_lengths_that_are_not_on_the_page_are_not_taken_for_withheld(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(replace(sample.data, reported=sample.data.reported[:1]), "#explore?s=gender%3AWoman").page
    assert read_bars(page)["work", "farm"][0] == "estimate"
    assert "of up to 1 attributes, the published tables of up to 3" in page.locator("#sentence").inner_text()


def test_a_thousand_values_are_shown_in_part_and_can_all_be_used(open_page: OpenPage) -> None:
    number = 1000
    codebook = [CodebookEntry("place", f"p{i}", f"Place {i}", None, "category") for i in range(number)]
    codebook.append(CodebookEntry("sex", "f", "f", None, "category"))
    layout = plan_layout(["place", "sex"], codebook, {}, {})
    records = Records.from_lists([[i, number] for i in range(number)])
    release = make_release(number, number)
    opened = open_page(PageData(release, layout, records, (), ()))
    assert opened.page.locator("#cards button[data-column=place]").count() == 10
    opened.page.get_by_role("button", name="Show all 1,000").click()
    last = opened.page.locator("#cards button[data-column=place]").last
    last.click()
    assert read_bars(opened.page)["sex", "f"][1].startswith("about 1, too uncertain to use")
    opened.page.get_by_role("link", name="Relations").click()
    assert "30 most frequent" in opened.page.locator("#heatmap").inner_text()
    assert opened.page.locator("#heatmap tbody tr").count() == 30
    assert opened.console == []


@pytest.mark.parametrize(("protection", "guarantee"), [("k", "strict"), ("dp", "dp: epsilon = 1, delta = 1e-05")])
def test_a_release_without_any_count_says_so(
    open_page: OpenPage, sample: Sample, protection: str, guarantee: str
) -> None:
    nothing = tuple(
        Reported(block.combinations[:0], block.actual[:0], block.estimated[:0]) for block in sample.data.reported
    )
    data = replace(
        sample.data, reported=nothing, release=replace(sample.data.release, protection=protection, guarantee=guarantee)
    )
    for view in ("explore", "evaluate"):
        opened = open_page(data, f"#{view}")
        said = opened.page.locator("#key" if view == "explore" else "#evaluate-body").inner_text()
        assert "Nothing was reported: no combination of attributes has a published count of 10 or more" in said
        assert opened.console == []
    some = open_page(sample.data)
    assert "Nothing was reported" not in some.page.locator("#key").inner_text()
    for view in ("compare", "relations", "report", "about"):
        opened = open_page(data, f"#{view}?s=gender%3AWoman&s=debt%3A1")
        opened.page.wait_for_timeout(50)
        assert opened.console == []
