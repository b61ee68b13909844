from __future__ import annotations

import base64
import html
import re
from dataclasses import replace
from pathlib import Path

import pytest

from ctdc_spark.errors import DataError, SettingsError
from ctdc_spark.explorer import Frame, PageData, build_page
from ctdc_spark.explorer.logo import LARGEST, read_logo
from ctdc_spark.explorer.world import countries_shown


def test_a_logo_becomes_part_of_the_page(tmp_path: Path, page_data: PageData) -> None:
    path = tmp_path / "logo.PNG"
    path.write_bytes(b"\x89PNG image")
    address = read_logo(str(path))
    assert base64.b64decode(address.removeprefix("data:image/png;base64,")) == b"\x89PNG image"
    assert address in build_page(replace(page_data, logo=address))


def test_what_is_no_logo_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"report_logo: found page\.html; allowed: a file that ends in \.png"):
        read_logo("page.html")
    with pytest.raises(DataError, match="there is no such file"):
        read_logo(str(tmp_path / "none.svg"))
    large = tmp_path / "large.svg"
    large.write_bytes(b" " * (LARGEST + 1))
    with pytest.raises(SettingsError, match="300,001 bytes; allowed: at most 300,000"):
        read_logo(str(large))


def test_a_frame_holds_the_whole_page_and_keeps_it_apart(page_data: PageData) -> None:
    page = build_page(page_data)
    shown = Frame(page, 400)._repr_html_()
    [source] = re.findall(r'srcdoc="([^"]*)"', shown)
    assert html.unescape(source) == page
    assert "allow-same-origin" not in shown
    assert "height:400px" in shown


def test_columns_of_countries_are_recognised(page_data: PageData) -> None:
    shown = countries_shown(page_data.layout)
    assert shown is not None
    assert [page_data.layout.columns[i].name for i in shown["columns"]] == ["country"]
    others = replace(page_data.layout, attributes=tuple(replace(a, value="x") for a in page_data.layout.attributes))
    assert countries_shown(others) is None
