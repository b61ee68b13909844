from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import asdict
from html.parser import HTMLParser
from typing import Any

import pytest

from ctdc_spark.explorer import Bar, Chart, PageData, Release, build_page
from ctdc_spark.explorer.page import SCRIPTS, _read_asset, encode_payload


class Page(HTMLParser):
    """The elements of a page as a browser would see them: scripts and styles end at their first end tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": [], "title": []}
        self._open: str | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in self.texts:
            self._open = tag
            self.texts[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._open:
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open][-1] += data


@pytest.fixture
def page(page_data: PageData) -> Page:
    return Page(build_page(page_data))


def read_payload(page: Page) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(page.texts["script"][0])
    return payload


def read_policy(page: Page) -> dict[str, str]:
    [policy] = [
        attributes["content"] or ""
        for tag, attributes in page.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    return dict(rule.split(" ", 1) for rule in policy.split("; "))


def hash_source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_every_number_and_text_of_the_data_is_embedded_unchanged(page: Page, page_data: PageData) -> None:
    payload = read_payload(page)
    payload.pop("texts")
    assert payload == json.loads(json.dumps(asdict(page_data)))


def test_hostile_values_open_no_element(page: Page) -> None:
    tags = [tag for tag, _ in page.elements]
    assert tags.count("script") == 2
    assert "img" not in tags
    assert page.texts["title"] == ["Cases </title><script>1</script>"]


def test_hostile_values_do_not_reach_the_template(page_data: PageData) -> None:
    html = build_page(page_data)
    assert html.count("$title ${payload} {k}") == 2  # the value and the label of one bar, both in the payload


def test_a_page_with_any_value_can_be_written_as_utf8(page_data: PageData) -> None:
    assert build_page(page_data).encode("utf-8").decode("utf-8")


@pytest.mark.parametrize("text", ["</script>", "<!--", "]]>", "&lt;", "\u2028", "\ud800", "é"])
def test_encoded_payload_is_plain_ascii_that_cannot_end_its_element(text: str) -> None:
    encoded = encode_payload({"value": text})
    assert encoded.isascii()
    assert not re.search("[<>&]", encoded)
    assert json.loads(encoded) == {"value": text}


def test_payload_refuses_numbers_that_json_does_not_know() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode_payload({"value": float("nan")})


def test_policy_allows_its_own_script_and_style_and_no_request(page: Page) -> None:
    policy = read_policy(page)
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == hash_source(page.texts["script"][1])
    assert policy["style-src"] == hash_source(page.texts["style"][0])
    assert not {"connect-src", "font-src", "frame-src", "media-src"} & set(policy)
    assert policy["img-src"] == "data:"


def test_policy_stands_before_everything_it_governs(page_data: PageData) -> None:
    html = build_page(page_data)
    assert html.index("Content-Security-Policy") < html.index("<style") < html.index("<script")


def test_page_refers_to_nothing_outside_itself(page_data: PageData) -> None:
    html = build_page(page_data)
    assert not re.search(r"https?:|url\(|@import|\bimport\(", html)
    loading = [
        value
        for _, attributes in Page(html).elements
        for name, value in attributes.items()
        if name in {"src", "href", "srcset", "action", "data"}
    ]
    assert all(value and value.startswith(("#", "data:,")) for value in loading)


def test_scripts_put_values_on_the_page_as_text_only() -> None:
    for name in SCRIPTS:
        refused = re.findall(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|setHTML",
            _read_asset(name),
        )
        assert not refused, name


def test_every_text_is_used_and_every_used_text_exists() -> None:
    texts = json.loads(_read_asset("texts.en.json"))
    sources = [_read_asset(name) for name in (*SCRIPTS, "page.html")]
    source = "\n".join(sources)
    named = set(re.findall(r'(?:\bt\(|lookUp\(|data-text=|data-label=)\s*"([^"]+)"', source))
    assert named <= set(texts)
    # Others are chosen by a condition, or put together as `metric.${name}`.
    prefixes = set(re.findall(r"`([a-z.]+\.)\$\{", source))
    # One that ends in .dp takes the place of another.
    asked = {key: key.removesuffix(".dp") if key.removesuffix(".dp") in texts else key for key in texts}
    unused = {
        key
        for key, by in asked.items()
        if f'"{by}"' not in source and not any(by.startswith(prefix) for prefix in prefixes)
    }
    assert unused == {"language", "direction", "locale", "no_script"}


def test_page_without_bars_or_metrics_is_small() -> None:
    release = Release("r", "Empty", None, None, 0, -1, 2, 1, "other", "other")
    html = build_page(PageData(release, (Chart("c", None, "category", ("c",), 0, ()),), ()))
    assert len(html.encode()) < 64_000


def test_page_grows_by_bytes_in_proportion_to_its_bars() -> None:
    release = Release("r", "Large", None, None, 10**6, 3, 10, 10, "strict", "row_seeded")
    bars = tuple(Bar("c", f"value {i}", f"value {i}", i, 10 * i + 10) for i in range(10_000))
    html = build_page(PageData(release, (Chart("c", None, "category", ("c",), 10**6, bars),), ()))
    assert len(html.encode()) < 1_500_000
