"""What methods return displays itself: as text, and as HTML in which nothing from the data is markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from ctdc_spark.api.findings import Findings
from ctdc_spark.proof.findings import Finding, Verification
from ctdc_spark.release.difference import Difference, LengthChange

EVIL = "<script>alert('&')</script>"

RESULTS: dict[str, Any] = {
    "findings": Findings((f"first {EVIL}",), (f"second {EVIL}",), f"Release {EVIL}; ...\n  1  cases  read {EVIL}"),
    "verification": Verification((Finding("values", 10, 2, (1,), (EVIL,)), Finding("records", 5, 0, sets=EVIL))),
    "difference": Difference(
        (f"a{EVIL}", "b"), {"guarantee": (EVIL, "strict")}, (EVIL,), (LengthChange(1, 1000, 2, 3, 4, 1),), 10
    ),
}


class Tags(HTMLParser):
    """Keeps the tags and the text of a piece of HTML."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs} <= {"style"}
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += f"{data}\n"


@pytest.mark.parametrize("name", RESULTS)
def test_what_came_with_the_data_is_text(name: str) -> None:
    shown = Tags(RESULTS[name]._repr_html_())
    assert shown.tags <= {"div", "b", "ul", "li", "table", "tr", "td", "th", "pre"}
    assert EVIL in shown.text


@pytest.mark.parametrize("name", RESULTS)
def test_text_and_html_say_the_same_numbers(name: str) -> None:
    result = RESULTS[name]
    assert repr(result) == result.describe()
    numbers = set(re.findall(r"\d[\d,]*", result.describe()))
    assert numbers <= set(re.findall(r"\d[\d,]*", Tags(result._repr_html_()).text))


def test_a_verification_says_at_once_whether_it_holds() -> None:
    good = Verification((Finding("values", 10, 0),))
    assert "<b>verified: all 1 checks hold</b>" in good._repr_html_()
    assert "<b>FAILED</b>" in RESULTS["verification"]._repr_html_()
