"""Each card says how many people have information, and never takes synthetic records for people."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ctdc_spark.explorer.data import Coverage, Covered, PageData
from tests.oracles.explorer_sample import FLAGS, K

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import OpenPage
    from tests.oracles.explorer_sample import Sample

GENDER = Covered(630, 630, 10, None)
MEANS = Covered(430, 400, 210, 30)
NOTHING = Covered(None, None, 640, None)


def cover(data: PageData, gender: Covered, means: Covered) -> PageData:
    """The sample with coverage of two charts; that of a column without published values has nobody."""
    names = [column.name for column in data.layout.columns]
    columns: list[Covered | None] = [None] * len(names)
    columns[names.index("gender")], columns[names.index("nothing")] = gender, NOTHING
    charts = [means if len(chart.columns) == len(FLAGS) else columns[chart.columns[0]] for chart in data.layout.charts]
    return replace(data, coverage=Coverage(tuple(columns), tuple(charts)))


def notes(page: Page) -> dict[str, str]:
    """What is said below each chart, by its title."""
    cards = page.locator("#cards .card").all()
    return {card.locator("h3").inner_text(): card.locator(".card-foot .note").inner_text() for card in cards}


def test_a_card_says_how_many_people_have_information(open_page: OpenPage, sample: Sample) -> None:
    found = notes(open_page(cover(sample.data, GENDER, MEANS)).page)
    assert found["gender"] == (
        "About 98.4% of people have information here (about 630 of 640); "
        f"withheld as too rare: fewer than {K}, or none."
    )
    # the numbers of flags together may be lowered, so that nothing follows from what lies between them
    assert found["Means of control"] == "At least about 67.2% of people have information here (about 430 of 640)."
    assert found["nothing"] == f"Of about 640 people, fewer than {K} have information here, or none."
    # of the other columns the release says nothing, and neither does the page
    assert found["country"] == "Percentages are of the 640 subjects selected."
    assert "information" not in found["country"]


def test_a_selection_does_not_change_what_is_said_of_all_people(open_page: OpenPage, sample: Sample) -> None:
    data = cover(sample.data, GENDER, MEANS)
    found = notes(open_page(data, "#explore?s=work%3Afarm&shares=1").page)
    said = notes(open_page(data).page)
    assert found["gender"].startswith(said["gender"])
    assert f"of the {sample.actual[frozenset({('work', 'farm')})]} subjects selected." in found["gender"]


def test_with_nothing_selected_percentages_are_of_those_with_information(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(cover(sample.data, GENDER, MEANS), "#explore?shares=1").page
    assert notes(page)["gender"].endswith("Percentages are of the 630 subjects with information here.")
    woman = page.locator("button[data-column=gender][data-value=Woman] .count [aria-hidden]").inner_text()
    assert woman == f"{100 * sample.actual[frozenset({('gender', 'Woman')})] / 630:.1f}%"
    # the number of those with any of several flags is a least number, of which no share can be taken
    debt = page.locator("button[data-column=debt] .count [aria-hidden]").inner_text()
    assert debt == f"{100 * sample.actual[frozenset({('debt', '1')})] / 640:.1f}%"
    other = page.locator("button[data-column=country][data-value=FRA] .count [aria-hidden]").inner_text()
    assert other == f"{100 * sample.actual[frozenset({('country', 'FRA')})] / 640:.1f}%"


def test_it_is_said_in_french(open_page: OpenPage, sample: Sample) -> None:
    found = notes(open_page(cover(sample.data, GENDER, MEANS), "#explore?lang=fr").page)
    text = " ".join(found["gender"].split())  # the thousands and the percent sign have narrow spaces
    assert text.startswith("Environ 98,4 % des personnes ont une information ici (environ 630 sur 640) ;")
    assert text.endswith(f"valeurs trop rares, non publiées : moins de {K}, ou aucune.")
    together = " ".join(found["Means of control"].split())
    assert together.startswith("Au moins 67,2 % environ des personnes ont une information ici (environ 430 sur 640).")


@pytest.mark.parametrize(
    ("gender", "says"),
    [
        (
            Covered(651, 651, 0, 0),
            "About 100% of people have information here (about 651 of 640, with noise).",
        ),
        (Covered(None, 500, None, None), "Of about 640 people, at least about 500 have information here; how many"),
    ],
)
def test_with_noise_it_says_what_is_known(open_page: OpenPage, sample: Sample, gender: Covered, says: str) -> None:
    release = replace(sample.data.release, protection="dp", guarantee="dp: epsilon = 3, delta = 1e-6")
    data = cover(replace(sample.data, release=release), gender, MEANS)
    assert notes(open_page(data).page)["gender"].startswith(says)


def test_a_release_without_coverage_says_nothing_of_people(open_page: OpenPage, sample: Sample) -> None:
    for note in notes(open_page(sample.data).page).values():
        assert "people" not in note
        assert "information" not in note
