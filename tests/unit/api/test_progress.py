"""What a run shows in a notebook, and elsewhere."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from ctdc_spark.api.progress import NotebookProgress, choose_progress, is_notebook


class Displayed:
    """Stands in for the output of a cell, and keeps each of its states."""

    def __init__(self) -> None:
        self.states: list[str] = []

    def display(self, page: str, *, display_id: bool) -> Displayed:
        assert display_id
        self.update(page)
        return self

    def update(self, page: str) -> None:
        self.states.append(page)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Displayed:
    """A notebook around the test: IPython with a kernel."""
    shown = Displayed()
    python: Any = ModuleType("IPython")
    python.get_ipython = lambda: SimpleNamespace(kernel=object())
    display: Any = ModuleType("IPython.display")
    display.HTML, display.display = str, shown.display
    monkeypatch.setitem(sys.modules, "IPython", python)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return shown


def test_a_notebook_has_one_output_that_is_drawn_anew(notebook: Displayed) -> None:
    progress = choose_progress("r<1>")
    assert isinstance(progress, NotebookProgress)
    progress.show("the <plan> at s3a://key:SECRET@bucket/x")
    with progress.stage("cases", 1, 2) as figures:
        assert '<progress value="0" max="2"' in notebook.states[-1]
        assert "1/2 cases" in notebook.states[-1]
        figures["attributes"] = 1234
    with progress.stage("combinations", 2, 2):
        pass
    last = notebook.states[-1]
    assert '<progress value="2" max="2"' in last
    assert "Release r&lt;1&gt;" in last
    assert "the &lt;plan&gt;" in last
    assert "SECRET" not in last
    assert "attributes 1,234" in last
    assert last.count("done") == 2


def test_a_stage_that_fails_says_so_and_the_error_goes_on(notebook: Displayed) -> None:
    progress = choose_progress("r1")
    with pytest.raises(ValueError, match="x"), progress.stage("cases", 1, 7):
        raise ValueError("x")
    assert "FAILED" in notebook.states[-1]


@pytest.mark.parametrize("shell", [None, SimpleNamespace()])
def test_elsewhere_there_are_plain_lines(
    shell: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    python: Any = ModuleType("IPython")
    python.get_ipython = lambda: shell
    monkeypatch.setitem(sys.modules, "IPython", python)
    assert not is_notebook()
    progress = choose_progress("r1")
    progress.show("the plan")
    with progress.stage("cases", 1, 7) as figures:
        figures["attributes"] = 5
    said = capsys.readouterr()
    assert said.out == ""
    plan, line = said.err.strip().splitlines()
    assert plan == "the plan"
    assert line.startswith("done   1/7 cases")
    assert line.endswith("attributes 5")
