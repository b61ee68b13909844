"""Every notebook runs from its first cell to its last, as a plain program would run it."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
FIRST = NOTEBOOKS / "01_first_release.py"


@pytest.mark.parametrize("notebook", sorted(NOTEBOOKS.glob("*.py")), ids=lambda path: path.stem)
def test_notebooks_are_in_the_source_format_of_databricks(notebook: Path) -> None:
    first, *cells = re.split(r"\n+# COMMAND -{10}\n+", notebook.read_text(encoding="utf-8"))
    assert first.startswith("# Databricks notebook source\n# MAGIC %md\n")
    assert len(cells) > 1
    for cell in cells:
        magic = [line.startswith("# MAGIC") for line in cell.strip().splitlines()]
        assert all(magic) or not any(magic), "a cell is text or code, never both"


def test_the_first_release_runs_to_its_end(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CTDC_SPARK_NOTEBOOK_DIR", str(tmp_path))
    left = runpy.run_path(str(FIRST))
    assert left["spark"] is spark, "a notebook takes the session there is"

    page = Path(left["page"]).read_text(encoding="utf-8")
    assert "A first release of artificial case records" in page
    proof = {
        (row["metric"], row["length"]): row["value"] for row in left["metrics"].where("reference = 'proof'").collect()
    }
    assert proof.pop(("strict_share", None)) == 1
    assert proof == {(metric, length): 0 for metric in ("rare", "leakage", "fabrication") for length in (1, 2, 3)}

    genders = {row["gender"]: (row["estimated"], row["actual"]) for row in left["genders"].collect()}
    assert genders.keys() >= {"Woman", "Man"}
    assert all(estimated <= actual for estimated, actual in genders.values())
    assert "gender:Woman" in capsys.readouterr().out
