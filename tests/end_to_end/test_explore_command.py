"""`ctdc-spark explore`: the page of any published place, in any file."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

from tests.end_to_end.running import command


def read_id(page: Path) -> str:
    found = re.search(r'"release_id":"([^"]+)"', page.read_text(encoding="utf-8"))
    assert found is not None
    return found[1]


def test_the_page_of_a_folder_of_tables_equals_that_of_the_settings(finished: Path, tmp_path: Path) -> None:
    by_place, by_settings = tmp_path / "place.html", tmp_path / "settings.html"
    assert command("explore", str(finished / "release"), "-o", str(by_place)) == 0
    assert command("explore", str(finished / "settings.yaml"), "-o", str(by_settings)) == 0
    assert by_place.read_bytes() == by_settings.read_bytes()
    assert by_place.read_bytes() == (finished / "release" / "r1.html").read_bytes()


def test_nothing_but_the_published_tables_is_needed(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished / "release", tmp_path / "given")
    (tmp_path / "given" / "r1.html").unlink()
    assert command("explore", str(tmp_path / "given"), "--release-id", "r1") == 0
    assert read_id(tmp_path / "given" / "r1.html") == "r1"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere",), "nowhere holds no published release"),
        (("release", "--release-id", "r9"), "found r9; complete releases in .*: r1"),
    ],
)
def test_what_is_not_there_is_said(
    finished: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    place, *rest = arguments
    assert command("explore", str(finished / place), *rest) == 2
    assert re.search(said, capsys.readouterr().err)


def test_a_notebook_is_shown_the_same_page(finished: Path, spark: SparkSession) -> None:
    from ctdc_spark.explorer import show

    frame = show(spark, str(finished / "release"))
    assert frame.page == (finished / "release" / "r1.html").read_text(encoding="utf-8")
