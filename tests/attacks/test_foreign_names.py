"""A release that somebody else made, or changed, names no file, folder or statement of ours."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ctdc_spark.errors import CtdcError, DataError
from ctdc_spark.explorer.notebook import show
from ctdc_spark.pipeline.identity import find_release_id
from ctdc_spark.release.contracts import TABLES
from ctdc_spark.release.dp_tables import PRIVACY_BUDGET
from ctdc_spark.release.ledger import find_release, published_settings
from ctdc_spark.release.names import TAKEN, is_release_name
from ctdc_spark.release.reading import read_release
from ctdc_spark.release.table_location import TableLocation
from ctdc_spark.settings import build_settings
from tests.end_to_end.running import command, file_contents, write_settings
from tests.end_to_end.sample import KEYS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

EVIL = "../../pwned/evil"

HOSTILE_NAMES = [
    EVIL, "..", ".", "", "/etc/x", "a/b", "a\\b", "x' OR '1'='1", "x\n", "\x1b[2J", "-rf", ".hidden", "é", "a b",
    "x.html\x00", "releases", "Synthetic_Microdata", "privacy_budget", None, 3,
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=repr)
def test_no_release_is_called_so(name: object) -> None:
    assert not is_release_name(name)


@pytest.mark.parametrize("name", ["r1", "2026-11", "ctdc-1a2b3c4d", "A.b_c-D"])
def test_our_own_names_are_taken(name: str) -> None:
    assert is_release_name(name)


def test_no_table_is_forgotten() -> None:
    assert {name.lower() for name in (*TABLES, PRIVACY_BUDGET.name)} == TAKEN


@pytest.mark.parametrize(
    "said", ['{"release_id": "../../pwned/evil"}', '{"release_id": 3}', "[]", "{}", "", "{" * 10_000]
)
def test_the_id_that_waits_with_staged_rows_is_no_path(said: str, tmp_path: Path) -> None:
    settings = build_settings(
        {
            "sensitive_microdata_path": "cases.csv",
            "output_dir": "out",
            "staging_dir": str(tmp_path),
            "sensitive_dir": "s",
        }
    )
    place = tmp_path / "release_ids" / f"{settings.fingerprint()}.json"
    place.parent.mkdir()
    place.write_text(said)
    with pytest.raises(DataError, match="holds no id of a release") as caught:
        find_release_id(settings)
    assert "evil" not in str(caught.value)
    place.write_text('{"release_id": "r-1"}')
    assert find_release_id(settings).resolved_release_id == "r-1"


SOUND = {"use_columns": ["a"], "multi_value_columns": {}}


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[]",
        "{}",
        "{" * 100_000,
        '{"a":' * 5_000 + "1" + "}" * 5_000,
        json.dumps({**SOUND, "use_columns": "a"}),
        json.dumps({**SOUND, "use_columns": [["../x"]]}),
        json.dumps({**SOUND, "use_columns": []}),
        json.dumps({**SOUND, "multi_value_columns": {"a": ["SECRET"]}}),
        json.dumps({**SOUND, "column_labels": {"a": {"SECRET": 1}}}),
        json.dumps({**SOUND, "report_pages": ["SECRET"]}),
        json.dumps({**SOUND, "url": "javascript:SECRET"}),
        json.dumps({**SOUND, "doi": "SECRET"}),
        json.dumps({**SOUND, "places": "SECRET"}),
        json.dumps({**SOUND, "licence": ["SECRET"]}),
    ],
    ids=range(16),
)
def test_settings_in_a_form_of_their_own_are_refused_and_not_repeated(text: object) -> None:
    with pytest.raises(DataError, match="the column settings of the release does not have the form") as caught:
        published_settings(text)
    assert "SECRET" not in str(caught.value)
    assert published_settings(json.dumps(SOUND)) == SOUND


@pytest.fixture(scope="module")
def place(spark: SparkSession, finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the finished release, two folders down, in which every table calls it EVIL."""
    top = tmp_path_factory.mktemp("foreign")
    (top / "pwned").mkdir()
    place = top / "in" / "release"
    shutil.copytree(finished / "release", place)
    for table in TABLES:
        spark.sql(f"UPDATE delta.`{place / table}` SET release_id = '{EVIL}'")  # noqa: S608
    return place


COMMANDS: dict[str, Callable[[Path, Path], list[str]]] = {
    "explore": lambda place, _: ["explore", str(place)],
    "explore with its name": lambda place, _: ["explore", str(place), "--release-id", EVIL],
    "export": lambda place, out: ["export", "--release", str(place), "--format", "csv", "--to", str(out / "e")],
    "export for the peer": lambda place, out: [
        *["export", "--release", str(place), "--release-id", EVIL, "--format", "sds", "--to", str(out / "s")]
    ],
    "compare": lambda place, _: ["compare", EVIL, EVIL, "--release", str(place)],
    "sample": lambda place, out: [
        *["sample", "--release", str(place), "--model", str(out / "model"), "-o", str(out / "more.csv")]
    ],
    "tidy": lambda place, _: ["tidy", str(place), "--keep", "1", "--retain-hours", "0"],
    "tidy, asked only": lambda place, _: ["tidy", str(place), "--unfinished", "--dry-run"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_refuses_such_a_release_and_writes_nothing(
    name: str, spark: SparkSession, place: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = file_contents(place.parent.parent)
    assert command(*COMMANDS[name](place, tmp_path)) == 2
    assert EVIL not in capfd.readouterr().out
    assert file_contents(place.parent.parent) == before
    assert list(tmp_path.iterdir()) == []


def test_those_who_read_it_from_python_are_refused_as_well(spark: SparkSession, place: Path) -> None:
    for read in (lambda: read_release(spark, str(place), "codebook"), lambda: show(spark, str(place))):
        with pytest.raises(
            CtdcError, match="1 of 1 releases have a release_id that ctdc-spark does not give"
        ) as caught:
            read()
        assert EVIL not in str(caught.value)


def test_a_name_is_looked_for_as_it_is(spark: SparkSession, place: Path) -> None:
    assert find_release(spark, TableLocation(str(place)), EVIL)
    assert not find_release(spark, TableLocation(str(place)), "x' OR '1'='1")


def test_settings_of_ones_own_do_not_help(
    spark: SparkSession, place: Path, finished: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = write_settings(tmp_path, finished / "cases.csv", **KEYS | {"output_dir": str(place), "release_id": EVIL})
    before = file_contents(place.parent.parent)
    for one in ("explore", "verify", "release"):
        assert command(one, settings) == 2
        assert "release_id" in capfd.readouterr().err
    assert file_contents(place.parent.parent) == before


def test_a_prefix_of_exported_files_is_no_path(finished: Path, tmp_path: Path) -> None:
    to = ["--release", str(finished / "release"), "--format", "sds", "--to", str(tmp_path / "in")]
    assert command("export", *to, "--prefix", "../../pwned") == 2
    assert list(tmp_path.iterdir()) == []
