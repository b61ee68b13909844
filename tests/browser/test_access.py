"""For everyone: axe finds nothing in any view, light or dark; the keyboard suffices; nothing exceeds a small screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from ctdc_spark.explorer import Frame, build_page

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage
    from tests.oracles.explorer_sample import Sample

VIEWS = ("explore", "compare", "relations", "evaluate", "report", "about")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(open_page: OpenPage, sample: Sample, view: str) -> None:
    """Dark mode uses other colours; nothing else differs."""
    # axe is a script of the test, which the page's own policy would refuse
    asked = {"color_scheme": "light", "bypass_csp": True}
    page = open_page(sample.data, f"#{view}?s=gender%3AWoman&b=gender%3AMan", **asked).page
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    light = page.evaluate(BACKGROUND)
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(BACKGROUND) != light
    found = Axe().run(page, options=COLOURS)
    assert found.violations_count == 0, found.generate_report()


def test_keys_alone_select_and_undo(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.value") == "Woman":
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Space")
    assert page.locator("#selection .chip").inner_text().startswith("gender: Woman")
    assert page.evaluate("document.activeElement.dataset.value") == "Woman"
    assert page.evaluate("document.activeElement.ariaPressed") == "true"
    page.locator("#undo").focus()
    page.keyboard.press("Enter")
    assert page.locator("#selection .chip").count() == 0
    assert page.evaluate("document.activeElement.id") == "undo"


def test_the_arrow_keys_move_within_a_chart_which_is_one_stop_for_tab(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data).page
    page.wait_for_function("document.querySelector('#cards button.bar').tabIndex === 0")
    first = page.locator("#cards button[data-column=country]").first
    first.focus()
    names = page.locator("#cards button[data-column=country]").evaluate_all("bars => bars.map((b) => b.dataset.value)")
    focused = "document.activeElement.dataset.value"
    for key, at in (("ArrowDown", 1), ("ArrowDown", 2), ("ArrowUp", 1), ("End", len(names) - 1), ("Home", 0)):
        page.keyboard.press(key)
        assert page.evaluate(focused) == names[at]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(focused) == names[1]
    bars = page.locator("#cards .bars")
    reached = (
        "lists => lists.map((list) => [...list.querySelectorAll('button')].filter((b) => b.tabIndex === 0).length)"
    )
    assert max(bars.evaluate_all(reached)) == 1


def test_forty_tab_stops_are_enough_to_reach_the_last_control(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data).page
    page.wait_for_function("document.querySelector('#cards button.bar').tabIndex === 0")
    stops = 0
    while stops < 60:
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        stops += 1
    assert 15 < stops <= 41


def test_changes_are_announced(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data).page
    assert page.locator("#sentence").get_attribute("role") == "status"
    assert page.locator("#status").get_attribute("role") == "status"


def test_nothing_is_cut_off_at_400_percent(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, viewport={"width": 320, "height": 256}).page
    for view in VIEWS:
        page.evaluate("view => { location.hash = view }", view)
        page.locator(f"#{view}").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, view


def test_motion_is_only_for_those_who_want_it(open_page: OpenPage, sample: Sample) -> None:
    behaviour = "getComputedStyle(document.documentElement).scrollBehavior"
    assert open_page(sample.data, reduced_motion="reduce").page.evaluate(behaviour) == "auto"
    assert open_page(sample.data, reduced_motion="no-preference").page.evaluate(behaviour) == "smooth"


def test_the_language_can_be_chosen_and_is_kept(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#evaluate?s=gender%3AWoman").page
    page.get_by_label("Language").select_option("fr")
    page.wait_for_selector("html[lang=fr][data-ready]")
    assert page.locator("#evaluate").is_visible()
    assert "lang=fr" in page.url
    page.locator("#view-links a").first.click()
    assert page.locator("#selection .chip").inner_text().startswith("gender: Woman")
    french = open_page(sample.data, locale="fr-CA").page
    assert french.locator("html").get_attribute("lang") == "fr"


def test_the_page_works_in_a_notebooks_frame(open_html: OpenPage, sample: Sample) -> None:
    opened = open_html(f"<!doctype html><title>notebook</title>{Frame(build_page(sample.data))._repr_html_()}")
    frame = opened.page.frame_locator("iframe")
    frame.locator("html[data-ready]").wait_for()
    frame.locator("button[data-value=Woman]").click()
    frame.get_by_role("link", name="Compare").click()
    assert frame.locator(".group.a .chip").inner_text().startswith("gender: Woman")
    assert opened.console == []


def test_the_way_back_leads_to_the_view_before(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data).page
    page.get_by_role("link", name="Report").click()
    page.go_back()
    page.locator("#explore").wait_for()
    assert page.locator("#report").is_hidden()


def test_print_shows_the_open_view_without_controls(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#report").page
    page.emulate_media(media="print")
    assert page.locator("#views, #report .no-print").first.is_hidden()
    assert page.locator("#report table").first.is_visible()
    assert page.locator("#explore").is_hidden()


def test_the_way_back_stays_within_the_page(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data).page
    page.locator("button.bar[data-value=Woman]").click()
    page.locator("button.bar[data-value=FRA]").click()
    page.go_back()
    assert page.locator("#selection .chip").count() == 1
    page.go_back()
    assert page.locator("#selection .chip").count() == 0
    assert page.locator("#explore").is_visible()
    page.go_forward()
    assert page.locator("#selection .chip").inner_text().startswith("gender: Woman")


def test_a_link_to_another_release_says_what_it_lost(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#explore?s=gender%3AWoman&s=gone%3Aaway&b=country%3AXXX").page
    notice = page.locator("#dropped")
    assert "gone:away, country:XXX" in notice.inner_text()
    notice.get_by_role("button").click()
    assert notice.is_hidden()
    assert page.locator("#selection .chip").count() == 1
    assert open_page(sample.data, "#explore?s=gender%3AWoman").page.locator("#dropped").is_hidden()


def test_the_address_can_be_copied(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#explore?s=gender%3AWoman", permissions=["clipboard-read", "clipboard-write"]).page
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_a_chart_can_stand_alone_within_another_page(open_page: OpenPage, sample: Sample) -> None:
    opened = open_page(sample.data, "#explore?s=work%3Afarm&only=gender", bypass_csp=True)
    page = opened.page
    assert page.locator("#cards .card:visible h3").all_inner_texts() == ["gender"]
    for hidden in ("#language", "#views", "#toolbar", "#index"):
        assert page.locator(hidden).is_hidden()
    assert page.locator("#selection .chip").is_visible()
    assert "Release demo-1a2b3c4d" in page.locator("#foot").inner_text()
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    whole = open_page(sample.data, "#explore?s=work%3Afarm", permissions=["clipboard-read", "clipboard-write"]).page
    whole.locator("summary[aria-label='gender: save as a file']").click()
    whole.get_by_role("button", name="gender: copy a link to this chart alone").click()
    whole.get_by_text("Copied").first.wait_for()
    assert whole.evaluate("navigator.clipboard.readText()").endswith("#explore?s=work%3Afarm&only=gender")
