"""A stage's results from an earlier version are refused with words, not with a crash."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ctdc_spark.errors import DataError
from ctdc_spark.protections.group_size import CountedCombinations, EncodedCases
from ctdc_spark.storage.workspace import Workspace

NO_SPARK: Any = None
"""No table is read here."""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(NO_SPARK, str(tmp_path / "place"), "1f0c")


def leave(workspace: Workspace, facts: dict[str, Any]) -> Workspace:
    """Replace what the stage `cases` left."""
    (path,) = Path(workspace.root).rglob("stage_cases.json")
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), "facts": facts}), encoding="utf-8")
    return Workspace(NO_SPARK, workspace.root, "1f0c")  # as another process has it


def test_a_result_is_read_back_by_another_process(workspace: Workspace) -> None:
    workspace.begin_stage("cases")
    workspace.finish_stage(EncodedCases(120, 7))
    again = leave(workspace, {"subjects": 120, "attributes": 7})
    assert again.read_result(EncodedCases) == EncodedCases(120, 7)
    with pytest.raises(DataError, match="stage 'combinations' is not complete"):
        again.read_result(CountedCombinations)


@pytest.mark.parametrize("facts", [{}, {"subjects": 120}, {"subjects": 120, "attributes": 7, "more": 1}])
def test_a_result_of_another_version_is_refused(workspace: Workspace, facts: dict[str, Any]) -> None:
    workspace.begin_stage("cases")
    workspace.finish_stage(EncodedCases(120, 7))
    with pytest.raises(DataError, match=r"stage 'cases' in .* was run by another version: run it again"):
        leave(workspace, facts).read_result(EncodedCases)
