"""The Makefile is a table of contents: every target explains itself, and long recipes are scripts."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
SCRIPTS = sorted((ROOT / "tools").glob("*.sh"))
MOST_LINES = 6


def recipes() -> dict[str, list[str]]:
    """The lines of each target's recipe."""
    found = re.findall(r"^([\w$().-]+):(?!=)[^\n]*\n((?:\t[^\n]*\n)*)", MAKEFILE, flags=re.MULTILINE)
    return {target: lines.splitlines() for target, lines in found if target != ".PHONY"}


def test_help_shows_every_target_in_a_section() -> None:
    made = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    shown = re.findall(r"^  make ([\w-]+) +\S", made.stdout, flags=re.MULTILINE)
    assert sorted(shown) == sorted(target for target in recipes() if target != "$(STAMP)")
    sections = re.findall(r"^(\S.*)$", made.stdout, flags=re.MULTILINE)
    assert sections == re.findall(r"^##@ (.*)$", MAKEFILE, flags=re.MULTILINE)
    assert len(sections) >= 4


def test_no_recipe_is_a_program() -> None:
    assert len(recipes()) > 20
    assert {target: len(lines) for target, lines in recipes().items() if len(lines) > MOST_LINES} == {}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_scripts_can_be_run_and_say_how(script: Path) -> None:
    assert os.access(script, os.X_OK)
    assert f"tools/{script.name}" in MAKEFILE
    assert re.match(
        rf"#!/usr/bin/env bash\n# Usage: .*tools/{re.escape(script.name)}", script.read_text(encoding="utf-8")
    )
    subprocess.run(["bash", "-n", script], check=True)


def test_a_script_that_does_not_know_its_argument_says_how_it_is_used() -> None:
    said = subprocess.run([ROOT / "tools/lock.sh", "everything"], capture_output=True, text=True, check=False)
    assert said.returncode == 2
    assert said.stderr.startswith("Usage: tools/lock.sh [deploy]\n")
