"""The command line as a person, a terminal and a scheduler meet it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
import yaml

import ctdc_spark
from ctdc_spark.cli.main import cli
from ctdc_spark.release.contracts import TABLES
from tests.end_to_end.running import all_tables, command, write_settings
from tests.end_to_end.sample import KEYS, sample_rows, write_csv

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

FIRST, AFTER = (
    ["init", "check", "plan", "run"],
    ["verify", "assess", "compare", "export", "sample", "tidy", "demo-data", "warm-up", "demo"],
)
STAGES = ["cases", "combinations", "synthesis", "evaluation", "proof", "release", "explore"]


def test_help_lists_every_command_whole_and_names_the_exit_codes(capfd: pytest.CaptureFixture[str]) -> None:
    assert command("--help") == 0
    said = capfd.readouterr().out
    listed = re.findall(r"^  ([a-z-]+)  +(\S.*)$", said.partition("Commands:")[2], re.MULTILINE)
    assert [name for name, _ in listed] == [*FIRST, *STAGES, *AFTER]
    assert all(text.endswith(".") and not text.endswith("..") for _, text in listed)
    codes = " ".join(said.partition("Exit codes:")[2].split())
    assert codes == (
        "0 done, 1 crash, 2 settings or data cannot be used, 3 privacy gate failed (there is no release), "
        "4 already published, 5 another run of the same release took over, 130 stopped."
    )


@pytest.mark.parametrize("name", cli.commands)
def test_help_of_a_command_says_what_each_option_does(capfd: pytest.CaptureFixture[str], name: str) -> None:
    assert command(name, "--help") == 0
    said = capfd.readouterr().out
    assert said.startswith(f"Usage: ctdc-spark {name} [OPTIONS]")
    assert max(map(len, said.splitlines())) <= 100
    for parameter in cli.commands[name].params:
        if isinstance(parameter, click.Option):
            assert parameter.help
            assert parameter.help.endswith(".")
            assert parameter.opts[0] in said


def test_version(capfd: pytest.CaptureFixture[str]) -> None:
    assert command("--version") == 0
    assert capfd.readouterr().out == f"ctdc-spark, version {ctdc_spark.__version__}\n"


def test_the_first_steps_work_as_they_are_told(
    spark: SparkSession, working_folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(working_folder)
    assert command("demo-data", "cases.csv", "--records", "1000", "--seed", "3") == 0
    assert command("init", "cases.csv", "--output", "settings.yaml") == 0
    assert "ctdc-spark check settings.yaml" in capfd.readouterr().err
    assert command("init", "cases.csv", "--output", "settings.yaml") == 2
    assert "--output: settings.yaml exists already" in capfd.readouterr().err
    assert command("init", "cases.csv") == 0
    proposed = capfd.readouterr().out
    assert yaml.safe_load(proposed) == yaml.safe_load(Path("settings.yaml").read_text(encoding="utf-8"))

    assert command("check", "settings.yaml") == 0
    said = capfd.readouterr()
    names, warning, licence, contact = said.err.splitlines()
    assert names.startswith("warning: these column names will be published: ")
    assert "attributes wholly share another one, as far as protected counts of pairs tell" in warning
    assert licence.startswith("warning: licence: found nothing: nobody can tell what they may do with the data")
    assert contact.startswith("warning: contact: found nothing: nobody can ask about the data")
    named = r"release-\.\.\. \(named when it is first run\)"
    assert re.search(rf"settings and data can be used\nRelease {named}; .*\n  1  cases .*(\n  \d .*){{6}}", said.out)
    assert not Path("release").exists()

    assert command("cases", "settings.yaml") == 0  # the first stage names the release
    (line,) = map(json.loads, capfd.readouterr().out.splitlines())
    assert command("check", "settings.yaml") == 0
    assert f"\nRelease {line['release_id']}; " in capfd.readouterr().out


def test_demo_makes_a_whole_release_and_says_where_it_is(
    spark: SparkSession, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command("demo", str(tmp_path / "demo"), "--records", "1000") == 0
    said = capfd.readouterr().out
    release = tmp_path / "demo" / "release"
    for place in (release / "synthetic_microdata", release / "aggregate_counts", release / "demo.html"):
        assert place.exists()
        assert str(place) in said
    assert re.search(r"rare combinations published +0 +0 +0\n", said)
    assert re.search(r"at least k = 10 subjects, proven: 100% of", said)
    assert {path.name for path in (tmp_path / "demo").iterdir()} == {
        "cases_1000.tsv",
        "cases_1000.tsv.README.txt",
        "settings.yaml",
        "release",
        "sensitive",
    }
    (ledger,) = map(json.loads, all_tables(spark, release)["releases"])
    assert ledger["protected_number_of_subjects"] == 1000
    names = {ledger["release_id"], f"{ledger['release_id']}.html"}
    assert {path.name for path in release.iterdir()} == {*TABLES, *names}
    assert command("run", str(tmp_path / "demo" / "settings.yaml")) == 4  # the same settings are the same release


@pytest.fixture
def settings(finished: Path, tmp_path: Path) -> str:
    return write_settings(tmp_path, finished / "cases.csv", **KEYS)


def test_without_a_terminal_a_stage_says_one_line_of_json(settings: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert command("cases", settings) == 0
    out, err = capfd.readouterr()
    assert err == ""
    (line,) = map(json.loads, out.splitlines())
    assert line.pop("seconds") > 0
    assert line.pop("driver_mb") > 10
    assert line == {"stage": "cases", "release_id": "r1", "status": "done", "subjects_protected": 160, "attributes": 17}


def test_a_stage_that_fails_says_so_in_its_line(settings: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert command("evaluation", settings) == 2
    (line,) = map(json.loads, capfd.readouterr().out.splitlines())
    assert (line["stage"], line["status"]) == ("evaluation", "failed")


def read_until_closed(leader: int, into: list[bytes]) -> None:
    """Everything written to a terminal; reading fails when its other end is closed."""
    with os.fdopen(leader, "rb", buffering=0) as terminal, contextlib.suppress(OSError):
        while part := terminal.read(1 << 16):
            into.append(part)


def test_on_a_terminal_a_person_can_follow(
    settings: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    leader, follower = os.openpty()
    read: list[bytes] = []
    reader = threading.Thread(target=read_until_closed, args=(leader, read))
    reader.start()  # during the run: unread output fills the terminal, which then blocks
    with os.fdopen(follower, "w") as terminal, monkeypatch.context() as shown:
        shown.setattr(sys, "stderr", terminal)
        assert command("cases", settings) == 0
        assert command("evaluation", settings) == 2
    reader.join()
    seen = b"".join(read).decode()
    seen = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen)
    assert re.search(
        r"Release r1; sensitive intermediates in \S+/sensitive\s+1  cases  read \S+/cases\.csv, prepare", seen
    )
    assert re.search(r"done   1/1 cases +\d+\.\d s   subjects protected 160, attributes 17", seen)
    assert re.search(r"FAILED 1/1 evaluation +\d+\.\d s", seen)
    assert "error: stage 'cases'" not in seen
    assert re.search("error: stage '.*' is not complete", seen)
    assert capfd.readouterr().out == ""


COLUMNS = ["sex", "city", "children"]
PEER_IN_COMMON = {
    "sensitive_microdata_path": "cases.tsv",
    "sensitive_microdata_delimiter": "\t",
    "use_columns": COLUMNS,
    "record_limit": -1,
    "reporting_length": 2,
    "sensitive_zeros": ["children"],
    "report_title": "As before",
    "report_visuals": {"Who": ["sex:f", "children:1"]},
    "prefix": "moved",
}
PEER_CONFIGS = {
    "old": {
        **PEER_IN_COMMON,
        "reporting_threshold": 5,
        "reporting_precision": 5,
        "seeded": True,
        "parallel_jobs": 1,
        "memory_limit_pct": 90,
        "cache_max_size": 100000,
        "aggregate": True,
        "generate": True,
        "evaluate": True,
        "navigate": True,
        "output_dir": "./old",
    },
    "new": {
        **PEER_IN_COMMON,
        "subject_id": None,
        "multi_value_columns": {},
        "reporting_resolution": 5,
        "synthesis_mode": "value_seeded",
        "oversampling_ratio": 0.1,
        "oversampling_tries": 10,
        "use_synthetic_counts": False,
        "dp_aggregates": False,
        "noise_epsilon": 4.0,
        "output_dir": "./new",
    },
}


@pytest.fixture
def peer_folder(spark: SparkSession, working_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with cases.tsv and the configurations."""
    monkeypatch.chdir(working_folder)
    write_csv(working_folder / "cases.tsv", sample_rows(), COLUMNS, delimiter="\t")
    for name, config in PEER_CONFIGS.items():
        Path(f"{name}.json").write_text(json.dumps(config), encoding="utf-8")
    return working_folder


@pytest.mark.usefixtures("peer_folder")
def test_configurations_of_the_peer_can_be_used_as_they_are(capfd: pytest.CaptureFixture[str]) -> None:
    assert command("check", "old.json") == 0
    err = capfd.readouterr().err
    assert "warning: keys of Synthetic Data Showcase that have no meaning here and are ignored" in err
    assert "memory_limit_pct" in err

    # the newer form requests the same except for its mode
    assert command("check", "new.json") == 0
    out, err = capfd.readouterr()
    assert "Release moved-... (named when it is first run); sensitive intermediates in ./new_sensitive" in out
    assert "make strict records, calibrated; prove every one" in out
    assert "warning: value_seeded is read as synthesis_mode: calibrated" in err


@pytest.mark.at_length("a whole release; the gate makes one of the same shape from settings")
def test_a_configuration_of_the_peer_makes_a_release(
    spark: SparkSession, peer_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command("run", "old.json") == 0
    release_id = json.loads(capfd.readouterr().out.splitlines()[0])["release_id"]
    assert release_id.startswith("moved-")
    tables = all_tables(spark, peer_folder / "old")
    assert {row["group"] for row in map(json.loads, tables["codebook"])} == {"Who", None}
    assert (peer_folder / "old" / f"{release_id}.html").exists()
