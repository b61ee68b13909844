"""The rings of tests: each is a target of the Makefile, and one that passed is not run again."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tools import run_rings
from tools.run_rings import RINGS, Ring, main, summarize

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_every_ring_is_a_target_and_every_target_that_tests_is_in_a_ring() -> None:
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, flags=re.MULTILINE))
    inside = {ring.target for ring in RINGS}
    assert inside <= targets
    within_others = {"test-all", "test-fast", "test-unit", "test-attacks"}  # of the gate, or of what left it
    assert {target for target in targets if target.startswith(("test", "check"))} - within_others == inside


def test_whatever_left_the_gate_says_why() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")]
    nodes = [node for text in texts if "mark.at_length" in text for node in ast.walk(ast.parse(text))]
    marks = [node for node in nodes if isinstance(node, ast.Attribute) and node.attr == "at_length"]
    calls = [node for node in nodes if isinstance(node, ast.Call) and node.func in marks]
    assert len(calls) == len(marks) > 5
    assert all(len(call.args) == 1 for call in calls)


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Makefile of two rings, the second of which fails; each writes its name into `ran`."""
    targets = {"good": "echo '== 3 passed, 1 skipped in 2.50s =='", "bad": "echo sorry; exit 3"}
    lines = [f"{name}:\n\t@echo {name} >> ran; {recipe}\n" for name, recipe in targets.items()]
    (tmp_path / "Makefile").write_text("".join(lines), encoding="utf-8")
    monkeypatch.setattr(run_rings, "ROOT", tmp_path)
    monkeypatch.setattr(run_rings, "KEPT", tmp_path / ".rings")
    monkeypatch.setattr(run_rings, "RINGS", (Ring("one", "good", "x"), Ring("two", "bad", "y"), Ring("3", "good", "")))
    monkeypatch.setattr(run_rings, "name_sources", lambda: "c0ffee")
    return tmp_path / "ran"


def test_a_ring_that_passed_is_not_run_again_until_the_sources_change(
    ran: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([]) == 1
    assert ran.read_text().split() == ["good", "bad", "good"]  # a failure stops nothing
    said = capsys.readouterr().out
    assert re.search(r"^one +passed +0\.0 min  3 passed, 1 skipped in 2\.50s$", said, re.MULTILINE)
    assert re.search(r"^two +FAILED +0\.0 min  ", said, re.MULTILINE)
    assert main([]) == 1
    assert ran.read_text().split()[3:] == ["bad"]
    assert "one          passed before" in capsys.readouterr().out
    monkeypatch.setattr(run_rings, "name_sources", lambda: "decaf")
    assert main(["one"]) == 0
    assert main(["one", "--again"]) == 0
    assert ran.read_text().split()[4:] == ["good", "good"]


def test_a_ring_that_is_not_there_is_refused(ran: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["three"])
    assert "found three; allowed: one, two, 3" in capsys.readouterr().err


def test_sources_that_were_changed_have_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_rings, "ROOT", tmp_path)
    (tmp_path / "new").write_text("x")
    said = {"rev-parse": "a" * 40, "diff": "", "ls-files": ""}
    monkeypatch.setattr(run_rings, "_git", lambda *asked: said[asked[0]])
    names = [run_rings.name_sources()]
    for change in ({"diff": "+x"}, {"diff": "", "ls-files": "new\0"}):
        said |= change
        names.append(run_rings.name_sources())
    (tmp_path / "new").write_text("y")
    names.append(run_rings.name_sources())
    assert len(set(names)) == 4
    assert all(name.startswith("a" * 12) for name in names)


def test_the_figures_of_a_log_are_its_summary() -> None:
    assert summarize("x\n==== 1 failed, 20 passed in 3.10s (0:00:03) ====\nmake: *** Error 1\n") == (
        "1 failed, 20 passed in 3.10s (0:00:03)"
    )
    assert summarize("5 passed in 0.10s\n") == "5 passed in 0.10s"
    assert summarize("sorry\n\n") == "sorry"
    assert summarize("") == "nothing said"
