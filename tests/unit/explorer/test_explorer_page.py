from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import asdict, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from ctdc_spark.explorer import PageData, build_page
from ctdc_spark.explorer import page as page_module
from ctdc_spark.explorer.bundle import bundle_script, order_modules
from ctdc_spark.explorer.data import Layout
from ctdc_spark.explorer.page import LANGUAGES, _read_asset, read_module, read_texts
from ctdc_spark.explorer.payload import encode_json
from ctdc_spark.records.records import Records
from tests.oracles.explorer_sample import make_release

MODULES = order_modules(read_module)


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


def test_texts_and_figures_of_the_data_are_embedded_unchanged(page: Page, page_data: PageData) -> None:
    payload = read_payload(page)
    for name in ("release", "metrics"):
        value = getattr(page_data, name)
        plain = [asdict(item) for item in value] if isinstance(value, tuple) else asdict(value)
        assert payload[name] == json.loads(json.dumps(plain))
    assert [a["value"] for a in payload["attributes"]] == [a.value for a in page_data.layout.attributes]
    assert payload["shown_records"] == page_data.release.records


def test_hostile_values_open_no_element(page: Page) -> None:
    tags = [tag for tag, _ in page.elements]
    assert tags.count("script") == 3
    assert "img" not in tags
    assert page.texts["title"] == ["Cases </title><script>document.title='taken'</script>"]


def test_hostile_values_do_not_reach_the_template(page_data: PageData) -> None:
    html = build_page(page_data)
    assert html.count("$title ${payload} {k}") == 2  # the value and the label of one bar, both in the payload


@pytest.mark.parametrize("text", ["</script>", "<!--", "]]>", "&lt;", "\u2028", "\ud800", "é"])
def test_encoded_json_is_plain_ascii_that_cannot_end_its_element(text: str) -> None:
    encoded = encode_json({"value": text})
    assert encoded.isascii()
    assert not re.search("[<>&]", encoded)
    assert json.loads(encoded) == {"value": text}


def test_json_refuses_numbers_that_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode_json({"value": float("nan")})


def test_policy_allows_its_own_script_and_style_and_no_request(page: Page) -> None:
    policy = read_policy(page)
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == hash_source(page.texts["script"][2])
    assert policy["style-src"] == hash_source(page.texts["style"][0])
    assert not {"connect-src", "font-src", "frame-src", "media-src"} & set(policy)
    assert policy["img-src"] == "data:"


def test_policy_stands_before_everything_it_governs(page_data: PageData) -> None:
    html = build_page(page_data)
    assert html.index("Content-Security-Policy") < html.index("<style") < html.index("<script")


def test_page_refers_to_nothing_outside_itself(page_data: PageData) -> None:
    html = build_page(page_data)
    own = html.replace("http://www.w3.org/2000/svg", "")  # a name, not an address to load
    assert not re.search(r"https?:|url\(|@import|\bimport\(", own)
    loading = [
        value
        for _, attributes in Page(html).elements
        for name, value in attributes.items()
        if name in {"src", "href", "srcset", "action", "data"}
    ]
    assert all(value and value.startswith(("#", "data:,")) for value in loading)


@pytest.mark.parametrize("name", MODULES)
def test_scripts_put_values_on_the_page_as_text_only(name: str) -> None:
    unsafe = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|setHTML"
    assert not re.findall(unsafe, read_module(name))


def test_every_module_is_part_of_the_page() -> None:
    folder = Path(page_module.__file__).parent / "page_parts"
    assert set(MODULES) | {"types.js"} == {path.relative_to(folder).as_posix() for path in folder.rglob("*.js")}


@pytest.mark.parametrize("name", [name for name in MODULES if name != "main.js"])
def test_views_share_what_lies_outside_of_views_and_import_no_other_view(name: str) -> None:
    views = {"about", "compare", "evaluate", "explore", "relations", "report"}
    own = name.partition("/")[0]
    imported = set(re.findall(r'^import .* from "(?:\.\./(\w+)/|\./)', read_module(name), re.MULTILINE))
    assert own in views | {"data", "drawing", "files", "frame", "words"}
    assert imported.isdisjoint(views)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_used_and_every_used_text_exists(language: str) -> None:
    texts = read_texts(language)
    source = "\n".join([*map(read_module, MODULES), _read_asset("page.html")])
    named = set(re.findall(r'(?:\bt\(|lookUp\(|data-text=|data-label=)\s*"([^"]+)"', source))
    assert named <= set(texts)
    # Others are chosen by a condition, or put together as `metric.${name}`.
    prefixes = set(re.findall(r"`([a-z_.]+\.)\$\{", source))
    # One that ends in .dp takes the place of another.
    asked = {key: key.removesuffix(".dp") if key.removesuffix(".dp") in texts else key for key in texts}
    unused = {
        key
        for key, by in asked.items()
        if f'"{by}"' not in source and not any(by.startswith(prefix) for prefix in prefixes)
    }
    assert unused == {"direction", "locale", "no_script"}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_catalogues_have_the_same_keys_and_fill_in_the_same_names(language: str) -> None:
    first, other = read_texts(LANGUAGES[0]), read_texts(language)
    assert list(other) == list(first)
    for key in first:
        one, two = (re.findall(r"\{\w+\}", json.dumps(texts[key])) for texts in (first, other))
        assert set(one) == set(two), key


def test_a_page_without_records_is_small() -> None:
    release = replace(make_release(0, 0), subjects=None)
    html = build_page(PageData(release, Layout((), (), ()), Records.empty(), (), ()))
    assert len(html.encode()) < 240_000


def test_modules_join_in_the_order_of_their_imports() -> None:
    modules = {
        "main.js": 'import { a } from "./view/a.js";\nimport { b } from "./data/b.js";\na(b);\n',
        "view/a.js": 'import { b } from "../data/b.js";\nexport function a() {}\n',
        "data/b.js": "export const b = 1;\n",
    }
    assert order_modules(modules.__getitem__) == ["data/b.js", "view/a.js", "main.js"]
    assert "import" not in bundle_script(modules.__getitem__)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('import { a } from "./main.js";\n', "in a circle: main.js -> main.js"),
        ('import x from "elsewhere";\n', "cannot join `import x"),
        ("export default 1;\n", "cannot join `export default"),
        ("function a() {}\nconst b = 1;\nfunction a() {}\n", "same name twice: a"),
    ],
)
def test_modules_that_would_not_join_are_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        bundle_script({"main.js": text}.__getitem__)
