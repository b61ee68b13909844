"""Notebooks run from the first cell to the last, and the examples of how to read the tables work on their release."""

from __future__ import annotations

import re
import runpy
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ctdc_spark.release.export import export_release

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))
READING = (ROOT / "docs/how-to/read-the-tables.md").read_text(encoding="utf-8")


def read_blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", READING, flags=re.DOTALL)


@pytest.fixture(scope="module")
def first_release(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the first notebook leaves: its names after the last cell."""
    folder = tmp_path_factory.mktemp("notebook")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CTDC_SPARK_NOTEBOOK_DIR", str(folder))
        left = runpy.run_path(str(ROOT / "notebooks/01_first_release.py"))
    assert left["spark"] is spark, "a notebook takes the session there is"
    return left


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_in_the_source_format_of_databricks(notebook: Path) -> None:
    first, *cells = re.split(r"\n+# COMMAND -{10}\n+", notebook.read_text(encoding="utf-8"))
    assert first.startswith("# Databricks notebook source\n# MAGIC %md\n")
    assert len(cells) > 1
    for cell in cells:
        magic = [line.startswith("# MAGIC") for line in cell.strip().splitlines()]
        assert all(magic) or not any(magic), "a cell is text or code, never both"


def test_the_first_notebook_ends_with_a_page_and_a_proof(first_release: dict[str, Any]) -> None:
    page = Path(first_release["page"]).read_text(encoding="utf-8")
    assert "A first release of artificial case records" in page
    rows = first_release["metrics"].where("reference = 'proof'").collect()
    proof = {(row["metric"], row["length"]): row["value"] for row in rows}
    assert proof.pop(("strict_share", None)) == 1
    assert proof.pop(("failed_checks", None)) == 0
    assert proof == {(metric, length): 0 for metric in ("rare", "leakage", "fabrication") for length in (1, 2, 3)}
    genders = {row["gender"]: (row["estimated"], row["actual"]) for row in first_release["genders"].collect()}
    assert genders.keys() >= {"Woman", "Man"}


def test_every_combination_of_the_records_has_a_protected_count(first_release: dict[str, Any]) -> None:
    actual = {row["combination_text"]: row["protected_count"] for row in first_release["counts"].collect()}
    estimated: Counter[str] = Counter()
    for row in first_release["records"].drop("release_id", "record_id").collect():
        attributes = [f"{column}:{value}" for column, value in row.asDict().items() if value is not None]
        estimated.update(";".join(part) for length in (1, 2, 3) for part in combinations(attributes, length))
    assert len(estimated) > 100
    assert estimated.keys() <= actual.keys()


def test_every_sql_example_finds_something(spark: SparkSession, first_release: dict[str, Any]) -> None:
    examples = read_blocks("sql")
    assert len(examples) > 10
    for example in examples:
        found = spark.sql(example.replace("/data/release", first_release["settings"].output_dir))
        assert example.startswith("CREATE") or not found.isEmpty(), example


def test_the_pandas_example_runs(
    spark: SparkSession, first_release: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export_release(spark, first_release["settings"].output_dir, None, str(tmp_path), file_format="parquet")
    [example] = read_blocks("python")
    program = tmp_path / "example.py"
    program.write_text(example.replace("/data/files", str(tmp_path)), encoding="utf-8")
    left = runpy.run_path(str(program))
    assert abs(left["both"].loc["Woman", "estimated"] - left["both"].loc["Woman", "actual"]) <= 20
    assert "Woman" in capsys.readouterr().out
