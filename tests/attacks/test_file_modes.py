"""Nobody else on the machine can read what is sensitive: results, rows that wait, scratch files."""

from __future__ import annotations

import grp
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ctdc_spark.differential_privacy.account import DrawnAccount
from ctdc_spark.differential_privacy.draws import Draw
from ctdc_spark.engine.session import LOCAL_DIRS, keep_scratch_private
from ctdc_spark.errors import DataError, SettingsError
from ctdc_spark.io.file_modes import close_off, make_private_folder, require_ours, share_folder
from ctdc_spark.pipeline.check import check_data
from ctdc_spark.pipeline.identity import identify
from ctdc_spark.settings import build_settings
from ctdc_spark.storage.staging import Staging
from ctdc_spark.storage.workspace import Workspace, warn_of_leftovers
from tests.end_to_end.running import all_tables, command, write_settings
from tests.end_to_end.sample import KEYS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MY_GROUP = grp.getgrgid(os.getgid()).gr_name


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def others_may(folder: Path) -> list[tuple[str, str]]:
    """What somebody else may read, write or enter, including the folder itself."""
    found = [(path, mode_of(path)) for path in (folder, *folder.rglob("*"))]
    return [(str(path), oct(mode)) for path, mode in found if mode & 0o077]


def test_nothing_of_a_release_in_the_sensitive_place_is_open(finished: Path) -> None:
    """A finished run that keeps its intermediates: its counts, encoded records, model, and rows that waited."""
    kept = {path.name for path in (finished / "sensitive/r1").rglob("*")}
    assert {"dictionary.json", "combination_counts", "encoded_records", "trained_model", "seal.json"} <= kept
    assert others_may(finished / "sensitive") == []
    assert mode_of(finished / "release") & 0o055 == 0o055  # what is published may be read


def test_relative_places_are_those_of_this_process_wherever_spark_was_started(
    spark: SparkSession,
    working_folder: Path,
    finished: Path,
    finished_tables: dict[str, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Spark would write the intermediates into the folder it was started in, where nothing is closed."""
    settings = write_settings(tmp_path, finished / "cases.csv", **KEYS)
    text = Path(settings).read_text(encoding="utf-8")
    Path(settings).write_text(text.replace(f"{tmp_path}/", ""), encoding="utf-8")
    assert "sensitive_dir: sensitive\n" in Path(settings).read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    before = sorted(working_folder.iterdir())
    assert command("run", settings) == 0
    assert command("verify", settings) == 0
    assert sorted(working_folder.iterdir()) == before
    assert others_may(tmp_path / "sensitive") == []
    assert all_tables(spark, tmp_path / "release") == finished_tables


def test_what_stays_in_the_sensitive_place_beside_releases_is_closed(tmp_path: Path) -> None:
    places = {"output_dir": str(tmp_path / "release"), "sensitive_dir": str(tmp_path / "sensitive")}
    settings = build_settings({"sensitive_microdata_path": "cases.csv", **places})
    identify(settings, ["cases"], pytest.fail)
    DrawnAccount.of(settings).charge(Draw.begin("default"))
    assert others_may(tmp_path / "sensitive") == []


def test_a_run_is_closed_before_anything_is_in_it(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "sensitive").mkdir(mode=0o700)
    (tmp_path / "sensitive/r1").mkdir(mode=0o755)  # as earlier versions made it
    (tmp_path / "sensitive/r1/claim.json").touch(mode=0o644)
    workspace = Workspace(spark, str(tmp_path / "sensitive/r1"), "0")
    workspace.begin_run()
    assert others_may(tmp_path / "sensitive") == []
    assert {path.name for path in (tmp_path / "sensitive/r1").iterdir()} == {"claim.json", "work"}


def test_rows_that_wait_are_open_to_the_declared_group_alone(spark: SparkSession, tmp_path: Path) -> None:
    staging = Staging(spark, str(tmp_path / "staging/r1"), "0", MY_GROUP)
    staging.begin()
    assert (mode_of(tmp_path / "staging"), mode_of(tmp_path / "staging/r1")) == (0o750, 0o700)  # not yet proven
    staging.write("codebook", spark.range(3))
    staging.seal({})
    modes = {mode_of(path) for path in (tmp_path / "staging").rglob("*") if path.is_file()}
    assert modes == {0o640}
    assert {mode_of(path) for path in (tmp_path / "staging").rglob("*") if path.is_dir()} == {0o750}
    alone = Staging(spark, str(tmp_path / "alone/r1"), "0")
    alone.begin()
    alone.seal({})
    assert others_may(tmp_path / "alone") == []


def test_a_group_that_is_not_there_is_refused(tmp_path: Path) -> None:
    make_private_folder(str(tmp_path / "staging"))
    with pytest.raises(SettingsError, match=r"staging_group: found no-such-group; allowed: a group of this machine"):
        share_folder(str(tmp_path / "staging"), "no-such-group")


@pytest.mark.parametrize("group", ["no-such-group", "99999999999"])
def test_a_group_is_looked_at_before_anything_is_written(tmp_path: Path, group: str) -> None:
    places = {name: str(tmp_path / name) for name in ("output_dir", "sensitive_dir", "staging_dir")}
    settings = build_settings({"sensitive_microdata_path": "cases.csv", **places, "staging_group": group})
    with pytest.raises(SettingsError, match=f"staging_group: found {group}; allowed"):
        identify(settings, ["cases"], pytest.fail)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["sensitive_dir", "staging_dir"])
def test_a_place_that_everybody_may_write_to_is_refused(tmp_path: Path, place: str) -> None:
    """Whoever made it could have planted the secret that seeds are derived from, or may change rows that wait."""
    places = {name: str(tmp_path / name) for name in ("output_dir", "sensitive_dir", "staging_dir")}
    (tmp_path / place).mkdir()
    (tmp_path / place).chmod(0o777)
    settings = build_settings({"sensitive_microdata_path": "cases.csv", **places})
    with pytest.raises(DataError, match=f"{place}: .* can be written by everybody on this machine"):
        identify(settings, ["cases"], pytest.fail)


def test_what_belongs_to_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sensitive").mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: (tmp_path / "sensitive").stat().st_uid + 4711)
    if (tmp_path / "sensitive").stat().st_uid == 0:
        os.chown(tmp_path / "sensitive", 4712, -1)
    with pytest.raises(DataError, match=r"sensitive_dir: .* belongs to somebody else"):
        require_ours(str(tmp_path / "sensitive"), "sensitive_dir")


def test_a_place_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"cannot make .*: a part of its path is a file"):
        make_private_folder(str(tmp_path / "file/folder"))
    make_private_folder(str(tmp_path / "staging"), new=True)
    with pytest.raises(DataError, match="cannot make"):
        make_private_folder(str(tmp_path / "staging"), new=True)


def test_what_a_stopped_run_has_left_is_named(tmp_path: Path) -> None:
    for name in ("verify-1f/packed_again", "old/work/7c/packed_cases", "old/restricted"):
        (tmp_path / name).mkdir(parents=True)
    (said,) = warn_of_leftovers(str(tmp_path))
    assert "run or check left: old/work/7c/packed_cases, verify-1f. If nothing else is at work there" in said
    assert warn_of_leftovers(str(tmp_path / "old/restricted")) == []


def test_a_link_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    (tmp_path / "sensitive").mkdir()
    (tmp_path / "sensitive/link").symlink_to(tmp_path / "elsewhere")
    close_off(str(tmp_path / "sensitive"))
    assert (mode_of(tmp_path / "sensitive"), mode_of(tmp_path / "elsewhere")) == (0o700, 0o755)


def test_a_sensitive_folder_that_others_may_enter_is_said(spark: SparkSession, finished: Path, tmp_path: Path) -> None:
    (tmp_path / "sensitive").mkdir(mode=0o755)
    (tmp_path / "sensitive").chmod(0o755)
    places = {"output_dir": str(tmp_path / "release"), "sensitive_dir": str(tmp_path / "sensitive")}
    asked = {"sensitive_microdata_path": str(finished / "cases.csv"), "reporting_length": 2, **places}
    settings = build_settings({**asked, "seed": 1, "release_id": "r1"})
    said: list[str] = []
    identify(settings, ["cases"], said.append)
    assert ["others on this machine may enter" in text for text in said] == [True]
    assert [text for text in check_data(spark, settings) if "others on this machine may enter" in text] == said
    (tmp_path / "sensitive").chmod(0o700)
    identify(settings, ["cases"], pytest.fail)


def test_spark_spills_into_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(LOCAL_DIRS, raising=False)
    settings = keep_scratch_private({"spark.driver.defaultJavaOptions": "-XX:+UseSerialGC"})
    folder = Path(settings["spark.local.dir"])
    assert mode_of(folder) == 0o700
    assert settings["spark.driver.defaultJavaOptions"] == f"-XX:+UseSerialGC -Djava.io.tmpdir={folder}"
    (tmp_path / "large disk").mkdir()
    monkeypatch.setenv(LOCAL_DIRS, str(tmp_path / "large disk"))
    chosen = Path(keep_scratch_private({"spark.driver.defaultJavaOptions": ""})["spark.local.dir"])
    assert chosen.parent == tmp_path / "large disk"
    assert os.environ[LOCAL_DIRS] == str(chosen)
    assert mode_of(chosen) == 0o700


def test_the_scratch_folder_of_a_session_is_closed(spark: SparkSession) -> None:
    if not str(spark.conf.get("spark.master", "local")).startswith("local"):
        pytest.skip("a server keeps its own")
    folders = [Path(place) for place in str(spark.conf.get("spark.local.dir")).split(",")]
    assert [mode_of(folder) for folder in folders] == [0o700]
    assert any(folders[0].iterdir())
