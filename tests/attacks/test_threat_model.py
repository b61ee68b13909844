"""The threat model refers to existing tests: each line names one, and each attack is named in a line."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "threat-model.md"
HEAD = "| tries | defence | shown by |"


def read_lines() -> list[tuple[str, str]]:
    """Each line of a table of attacks, with the heading above it."""
    found, heading, inside = [], "", False
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line[3:]
        inside = line == HEAD or (inside and line.startswith("|"))
        if inside and line != HEAD and not line.startswith("|---"):
            found.append((heading, line))
    return found


def named(text: str) -> list[tuple[str, str]]:
    """The tests that a text names: file, and function if given."""
    return re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", text)


@cache
def functions(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize(("heading", "line"), read_lines(), ids=lambda text: text[:40])
def test_every_line_names_a_test_that_is_there(heading: str, line: str) -> None:
    tests = named(line.rsplit(" | ", 1)[1])
    assert tests, f"under {heading}: no test is named"
    for file, function in tests:
        assert (ROOT / file).is_file(), file
        there = functions(file)
        assert function in there if function else any(name.startswith("test_") for name in there), file


def test_every_attack_is_named() -> None:
    attacks = {str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "attacks").glob("test_*.py")}
    of_page = {file for file, _ in named(PAGE.read_text(encoding="utf-8"))}
    assert attacks - of_page - {"tests/attacks/test_threat_model.py"} == set()


def test_every_attacker_has_a_section_with_lines() -> None:
    text = PAGE.read_text(encoding="utf-8")
    table = text.split("| attacker | holds |")[1].split("\n\n")[0]
    attackers = re.findall(r"^\| ([^|-][^|]*) \|", table, flags=re.MULTILINE)
    sections = {re.sub(r"^(A|An) ", "", heading).lower() for heading, _ in read_lines()}
    assert {attacker.lower() for attacker in attackers} == sections
    assert len(read_lines()) > 30


def test_what_is_not_defended_is_said() -> None:
    said = PAGE.read_text(encoding="utf-8").split("## What is not defended\n")[1]
    assert len(re.findall(r"^- \*?\*?\w", said, flags=re.MULTILINE)) >= 8
