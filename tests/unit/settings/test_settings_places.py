"""The place of sensitive results: beside the output, never inside it, however the two are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from ctdc_spark.settings import build_settings
from ctdc_spark.settings.places import find_sensitive_sibling, lies_inside, overlap


@pytest.mark.parametrize(
    ("output", "sibling"),
    [
        ("out", "out_sensitive"),
        ("data/out/", "data/out_sensitive"),
        ("/data/out", "/data/out_sensitive"),
        ("file:///data/out", "file:///data/out_sensitive"),
        ("dbfs:/data/out", "dbfs:/data/out_sensitive"),
        ("s3a://bucket/out/", "s3a://bucket/out_sensitive"),
        (
            "abfss://c@account.dfs.core.windows.net/release/1",
            "abfss://c@account.dfs.core.windows.net/release/1_sensitive",
        ),
        ("/Volumes/main/cases/published/release", "/Volumes/main/cases/published/release_sensitive"),
        ("s3://bucket", None),
        ("s3://bucket//", None),
        ("abfss://c@account.dfs.core.windows.net/", None),
        ("/", None),
        ("/Volumes/main/cases/published/", None),
        ("dbfs:/Volumes/main/cases/published", None),
    ],
)
def test_the_place_beside_the_output(output: str, sibling: str | None) -> None:
    assert find_sensitive_sibling(output) == sibling


@pytest.mark.parametrize("output", [".", "./", "below/.."])
def test_the_place_beside_the_present_folder(output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_sensitive_sibling(output) == f"{tmp_path}_sensitive"


def test_settings_resolve_the_place() -> None:
    keys = {"sensitive_microdata_path": "cases.csv", "output_dir": "out"}
    assert build_settings(keys).resolved_sensitive_dir == "out_sensitive"
    assert build_settings(keys | {"sensitive_dir": "hidden"}).resolved_sensitive_dir == "hidden"


@pytest.mark.parametrize(
    ("place", "folder"),
    [
        ("out", "out"),
        ("out/a/b", "out"),
        ("./out/../out/a", "out/"),
        ("/data/out/a", "file:///data/out"),
        ("/dbfs/x/a", "dbfs:/x"),
        ("s3://bucket/out/a", "s3a://bucket/out"),
        ("s3n://key:secret@bucket/out/a", "s3://bucket/out"),
        ("s3://bucket/other/../out", "s3://bucket/out"),
        ("s3://bucket/out", "s3://bucket"),
        ("abfs://c@account/out", "abfss://c@account/"),
        ("/anything", "/"),
    ],
)
def test_a_place_inside_a_folder(place: str, folder: str) -> None:
    assert lies_inside(place, folder)
    assert overlap(folder, place)


@pytest.mark.parametrize(
    ("place", "folder"),
    [
        ("out2", "out"),
        ("s3://bucket2/out", "s3://bucket/out"),
        ("s3://bucket/out", "gs://bucket/out"),
        ("s3://bucket/out", "/bucket/out"),
        ("abfss://a@account/out", "abfss://b@account/out"),
    ],
)
def test_places_that_are_apart(place: str, folder: str) -> None:
    assert not overlap(place, folder)


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "out")
    assert overlap(str(tmp_path / "link" / "hidden"), str(tmp_path / "out"))
