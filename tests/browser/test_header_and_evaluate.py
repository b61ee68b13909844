from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ctdc_spark.explorer import PageData
from ctdc_spark.explorer.data import Layout, Metric
from ctdc_spark.explorer.intervals import learn_intervals
from ctdc_spark.records.records import Records

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage
    from tests.oracles.explorer_sample import Sample


def test_the_header_says_what_the_numbers_are(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data).page
    page.locator("#how > summary").click()
    figures = {
        f.get_attribute("data-fact"): f.locator(".figure").inner_text() for f in page.locator("#facts > div").all()
    }
    assert figures == {"subjects": "640", "records": "600", "k": "10", "length": "3"}
    assert "rounded down to a multiple of 5" in page.locator("[data-fact=subjects]").inner_text()
    assert page.locator("h1").inner_text() == sample.data.release.title
    assert page.locator("#byline").inner_text() == "Release demo-1a2b3c4d, published 22 November 2026"
    assert "shared by at least 10 subjects" in page.locator("#guarantee").inner_text()


@pytest.mark.parametrize(
    ("guarantee", "said"),
    [
        ("strict", "however long"),
        ("4", "of up to 4 attributes in a synthetic record"),
        ("k_synthetic", "longer ones by at least 10 or by nobody"),
        ("other", "“other”"),
    ],
)
def test_the_page_says_which_guarantee_was_given(
    open_page: OpenPage, sample: Sample, guarantee: str, said: str
) -> None:
    release = replace(sample.data.release, guarantee=guarantee)
    opened = open_page(replace(sample.data, release=release), "#evaluate")
    assert said in (opened.page.locator("#guarantee").text_content() or "")
    assert said in opened.page.locator("#evaluate-body").inner_text()
    assert opened.console == []


@pytest.mark.parametrize(
    ("precision", "said"),
    [
        (1, "can often be worked out from them, in many cases exactly. Whoever made this release accepted that."),
        (10, "In some cases, other reported counts narrow down how many subjects share"),
    ],
)
def test_the_page_says_what_several_counts_give_away(
    open_page: OpenPage, sample: Sample, precision: int, said: str
) -> None:
    data = replace(sample.data, release=replace(sample.data.release, precision=precision))
    for view, place in (("evaluate", "#guarantee"), ("evaluate", "#evaluate-body"), ("about", "#about-body")):
        opened = open_page(data, f"#{view}")
        assert said in (opened.page.locator(place).text_content() or "")
        assert opened.console == []
    assert said in open_page(data, "#report").page.locator("#report").inner_text()


def test_a_release_of_nothing_says_so(open_page: OpenPage, sample: Sample) -> None:
    release = replace(sample.data.release, records=0, subjects=None, published_at=None, length=-1)
    empty = PageData(release, Layout((), (), ()), Records.empty(), (), ())
    for view in ("explore", "compare", "relations", "evaluate", "report", "about"):
        opened = open_page(empty, f"#{view}")
        assert opened.console == []
    evaluate = open_page(empty, "#evaluate").page
    assert evaluate.locator("[data-fact=subjects] .figure").text_content() == "fewer than 10, or none"
    assert "Not stated" in evaluate.locator("[data-metric=rare]").inner_text()
    assert "no evaluation metrics" in evaluate.locator("#evaluate-body").inner_text()


def test_a_proof_that_failed_is_said(open_page: OpenPage, sample: Sample) -> None:
    metrics = tuple(replace(m, value=3.0) if m.metric == "leakage" else m for m in sample.data.metrics)
    page = open_page(replace(sample.data, metrics=metrics), "#evaluate").page
    assert "Not met" in page.locator("[data-metric=leakage]").inner_text()
    assert "Proved" in page.locator("[data-metric=rare]").inner_text()


def test_measures_and_their_bins_are_those_published(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#evaluate").page
    presence = page.locator("tr[data-metric=presence] td").all_inner_texts()
    assert presence == ["100%", "99.98%"]
    bins = page.locator("[data-metric=by-count-2] .bar").all_inner_texts()
    assert [" ".join(text.split()) for text in bins] == ["10 to 19 50.0% poor", "20 to 39 75.0% rough"]


def test_the_worst_combinations_lead_to_explore(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#evaluate").page
    errors = {c: abs(sample.estimate(set(c)) - n) for c, n in sample.actual.items()}
    worst = sorted(errors.values(), reverse=True)[:50]
    shown = page.locator("#worst tbody tr td:nth-of-type(3)").all_inner_texts()
    assert [abs(int(text.replace(",", ""))) for text in shown] == worst
    page.locator("#worst").get_by_label("Measured by").select_option("relative")
    relative = max(errors[c] / n for c, n in sample.actual.items())
    first = page.locator("#worst tbody tr td:nth-of-type(4)").first.inner_text()
    assert abs(float(first.strip("%"))) == pytest.approx(100 * relative, abs=0.06)
    page.locator("#worst tbody button").first.click()
    assert page.locator("#explore").is_visible()
    assert page.locator("#selection .chip").count() >= 1


def test_suppression_and_errors_count_every_reported_combination(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#evaluate").page
    rows = {
        row.locator("th").inner_text(): row.locator("td").all_inner_texts()
        for row in page.locator("#figure-suppression tbody tr").all()
    }
    with_gender = [c for c in sample.actual if any(column == "gender" for column, _ in c)]
    missing = sum(sample.estimate(set(c)) == 0 for c in with_gender)
    assert rows["gender"][:2] == [f"{len(with_gender):,}", str(missing)]
    page.get_by_role("button", name="Distribution of errors: show as table").click()
    shares = [
        [float(cell.strip("%")) for cell in row.locator("td").all_inner_texts()]
        for row in page.locator("#figure-errors tbody tr").all()
    ]
    assert np.allclose(np.array(shares).sum(axis=0), 100, atol=0.5)
    page.get_by_role("button", name="Estimated against actual: show as table").click()
    numbers = page.locator("#figure-scatter tbody td:nth-of-type(1)").all_inner_texts()
    assert sum(int(n.replace(",", "")) for n in numbers) == len(sample.actual)


def test_about_has_the_codebook_and_the_settings(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#about").page
    page.get_by_text("Codebook", exact=True).click()
    page.locator("details.fold tbody tr").first.wait_for()
    assert page.locator("details.fold tbody tr").count() == len(sample.data.layout.attributes)
    page.get_by_text("All published settings").click()
    page.get_by_text("reporting_length").wait_for()


def test_groups_that_wholly_share_a_sensitive_attribute_are_listed(open_page: OpenPage, sample: Sample) -> None:
    metrics = (*sample.data.metrics, *(Metric("homogeneous_groups", "reported", n, None, 10.0 * n) for n in (1, 2)))
    settings = (("sensitive_columns", '["work"]'),)
    data = replace(sample.data, metrics=metrics, release=replace(sample.data.release, settings=settings))
    right = [
        count
        for combination, count in sample.actual.items()
        for pair in combination
        if pair[0] == "work" and len(combination) > 1 and sample.actual[combination - {pair}] == count
    ]
    opened = open_page(data, "#evaluate")
    section = opened.page.locator("#homogeneity")
    assert "10\t" in section.locator("tbody tr").first.inner_text() + "\t"
    shown = [int(text.replace(",", "")) for text in section.locator("tbody tr td:nth-of-type(2)").all_inner_texts()][2:]
    assert shown == sorted(right, reverse=True)[:20]
    assert opened.console == []
    assert open_page(sample.data, "#evaluate").page.locator("#homogeneity").count() == 0


@pytest.mark.parametrize(("width", "height", "most"), [(1440, 900, 420), (390, 800, 600)])
def test_the_first_bar_is_in_sight(open_page: OpenPage, sample: Sample, width: int, height: int, most: int) -> None:
    plain = replace(sample.data, release=replace(sample.data.release, title="Cases of trafficking"))
    page = open_page(plain, viewport={"width": width, "height": height}).page
    assert page.locator("#cards button.bar").first.evaluate("bar => bar.getBoundingClientRect().top") < most
    assert "640 subjects. Up to 3 attributes at once: actual counts." in page.locator("#summary").inner_text()


def test_the_selection_stays_in_sight(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#explore?s=gender%3AWoman").page
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    top, bottom = page.locator("#selection .chip").evaluate(
        "chip => [chip.getBoundingClientRect().top, chip.getBoundingClientRect().bottom]"
    )
    assert 0 <= top < bottom <= 900


def test_bars_of_measures_have_their_verdict_in_word_and_colour(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#evaluate").page
    card = page.locator("[data-metric=preservation]").first
    assert card.locator(".count").all_inner_texts() == ["98.7% good", "87.6% rough"]
    lines = [line.get_attribute("class") or "" for line in card.locator(".line").all()]
    assert [text.split()[-1] for text in lines] == ["good", "rough"]
    low = page.locator("[data-metric=by-count-2] .count").first
    assert low.inner_text() == "50.0% poor"


def test_the_cross_check_of_the_ranges_is_said(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#evaluate").page
    rows = [row.locator("td").all_inner_texts() for row in page.locator("#ranges tbody tr").all()]
    learnt = learn_intervals(sample.data).lengths[:3]
    numbers = [sum(found.learnt for found in length.classes) for length in learnt]
    assert [row[0] for row in rows] == [*(f"{number:,}" for number in numbers), "0"]
    said = ["too few to check" if length.checked is None else f"{100 * length.checked:.1f}%" for length in learnt]
    assert [row[1] for row in rows] == [*said, "extrapolated"]


def test_about_says_what_is_not_guaranteed(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#about").page
    section = page.locator("#about-body section", has=page.get_by_role("heading", name="What is not guaranteed"))
    said = section.locator("li").all_inner_texts()
    assert len(said) == 4
    assert said[0].startswith("Reported counts come in steps of 5")
    release = replace(sample.data.release, protection="dp", guarantee="dp: epsilon = 3, delta = 1e-6")
    noisy = open_page(replace(sample.data, release=release), "#about").page
    assert "Several releases of overlapping data" in noisy.locator("#about-body").inner_text()
