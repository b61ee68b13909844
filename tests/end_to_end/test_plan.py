"""The forecast of `ctdc-spark plan`, compared with what the stages then do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.running import command, file_contents, write_settings
from tests.end_to_end.sample import KEYS


@pytest.fixture
def settings(finished: Path, tmp_path: Path) -> str:
    return write_settings(tmp_path, finished / "cases.csv", **KEYS)


def foresee(capfd: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    capfd.readouterr()
    assert command("plan", *arguments, "--json", "--cores", "2") == 0
    found: dict[str, Any] = json.loads(capfd.readouterr().out)
    return found


def test_what_is_foreseen_happens_and_nothing_is_written(
    settings: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = file_contents(tmp_path)
    foreseen = foresee(capfd, settings)
    assert file_contents(tmp_path) == before
    assert command("cases", settings) == command("combinations", settings) == 0
    lines = capfd.readouterr().out
    own = re.sub(r'"driver_mb": \d+', '"driver_mb": null', lines)  # that of all tests of this process
    (tmp_path / "lines").write_text(f"a scheduler's own line\n{own}", encoding="utf-8")
    cases, combinations = map(json.loads, lines.splitlines())
    assert foreseen["attributes"] == cases["attributes"]
    assert foreseen["subjects"] == cases["subjects_protected"]
    assert sum(foreseen["combinations"]) == combinations["combinations"] <= sum(foreseen["combinations_at_most"])
    assert command("plan", settings, "--against", str(tmp_path / "lines")) == 0
    said = capfd.readouterr().out
    assert f"combinations{combinations['combinations']:>28,}" in said
    assert "seconds of cases" in said
    assert "seconds of synthesis" not in said
    assert "more than the bound" not in said


def test_a_forecast_for_twice_the_records_is_that_of_the_doubled_file(
    settings: str, finished: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    header, *rows = (finished / "cases.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    doubled = tmp_path / "doubled.csv"
    doubled.write_text("".join([header, *rows, *rows]), encoding="utf-8")
    exact = ("--set", "bins={}")
    grown = foresee(capfd, settings, *exact, "--times", "2")
    found = foresee(capfd, settings, *exact, "--set", f"sensitive_microdata_path={doubled}")
    for figure in ("subjects", "attributes", "combinations", "units_of_work"):
        assert grown[figure] == found[figure], figure


def test_what_cannot_be_foreseen_is_said(settings: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty"
    empty.write_text("", encoding="utf-8")
    assert command("plan", settings, "--against", str(empty)) == 2
    assert "found no JSON line of a finished stage" in capfd.readouterr().err
    noisy = ("--set", "protection=dp", "--set", "noise_epsilon=1", "--set", "bins={}", "--set", "group_rare_values={}")
    assert command("plan", settings, *noisy) == 2
    assert "--subjects: missing" in capfd.readouterr().err
    assert command("plan", settings, *noisy, "--subjects", "500") == 2
    assert "domain: found no values for any column" in capfd.readouterr().err
    assert command("plan", settings, *noisy, "--subjects", "500", "--times", "2") == 2
    assert "--times: found with protection: dp" in capfd.readouterr().err
    assert command("plan", settings, "--subjects", "500") == 2
    assert "--subjects: found with protection: k" in capfd.readouterr().err
