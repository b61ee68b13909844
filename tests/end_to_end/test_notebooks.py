"""Notebooks run from the first cell to the last, and the examples of how to read the tables work on their release."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import warnings
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ctdc_spark.api.release import open_release
from ctdc_spark.demo.cases import demo_cases, write_demo_cases
from ctdc_spark.errors import DataError
from ctdc_spark.synthesis.calibrated import training
from tests.conftest import forget_synthesizers
from tests.end_to_end.running import command

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))
READING = (ROOT / "docs/how-to/read-the-tables.md").read_text(encoding="utf-8")


def read_blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", READING, flags=re.DOTALL)


@pytest.fixture(scope="module", autouse=True)
def _little_effort() -> Iterator[None]:
    """Fewer rounds and seeds of training than a notebook would have."""
    little = partial(training.Effort, rounds=6, from_combinations=1_000, from_candidates=2_000, work=3e7)
    with pytest.MonkeyPatch.context() as meanwhile:
        meanwhile.setattr(training, "Effort", little)
        yield


@pytest.fixture(scope="module")
def first_release(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the first notebook leaves: its names after the last cell."""
    left = run_notebook("01_first_release.py", tmp_path_factory.mktemp("notebook"))
    assert left["spark"] is spark, "a notebook takes the session there is"
    return left


@pytest.fixture(scope="module")
def some_cases(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The records that notebooks make if they do not find them."""
    place = tmp_path_factory.mktemp("demo") / "cases"
    write_demo_cases(demo_cases(spark, records=1_000, seed=7), str(place), "parquet")
    return place


def run_notebook(name: str, folder: Path, changes: dict[str, str] | None = None) -> dict[str, Any]:
    """The names that a notebook leaves after its last cell; `changes` replaces parts of its text."""
    text = (ROOT / "notebooks" / name).read_text(encoding="utf-8")
    for old, new in (changes or {}).items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    program = folder / name
    program.write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setenv("CTDC_SPARK_NOTEBOOK_DIR", str(folder))
        # the example of a new synthesizer is a simple one, and its run says so
        warnings.filterwarnings("ignore", "the synthetic records keep")
        return runpy.run_path(str(program))


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


@pytest.mark.parametrize(
    "tried",
    [
        (10,),
        pytest.param((5, 10, 40), marks=pytest.mark.at_length("records for three k; those for one are in the gate")),
    ],
    ids=["one k", "as it is"],
)
def test_a_larger_k_says_less(some_cases: Path, tmp_path: Path, tried: tuple[int, ...]) -> None:
    shutil.copytree(some_cases, tmp_path / "cases_for_choosing")
    left = run_notebook("02_choosing_k_and_length.py", tmp_path, {"TRIED = (5, 10, 40)": f"TRIED = {tried}"})
    for numbers in left["reported"].values():
        assert numbers == sorted(numbers, reverse=True)
        assert numbers[0] > numbers[-1]
    assert left["utility"].keys() == set(left["TRIED"])
    combinations = [left["utility"][k]["combinations", 3] for k in left["TRIED"]]
    assert combinations == [left["reported"][3][left["GRID"].index(k)] for k in left["TRIED"]]
    assert not (tmp_path / "choosing_never_published").exists()
    assert (tmp_path / "choosing.png").read_bytes().startswith(b"\x89PNG")
    aggregates, errors = left["figure"].axes
    assert [line.get_ydata().tolist() for line in aggregates.lines] == list(left["reported"].values())
    assert len(errors.lines) == 3


def test_the_evaluation_of_the_first_release_is_read(first_release: dict[str, Any]) -> None:
    left = run_notebook("03_reading_the_evaluation.py", Path(first_release["folder"]))
    assert left["violations"] == 0
    scores = left["score"].collect()
    assert [row["reference"] for row in scores] == ["reported"] * 3
    assert all(500 < row["value"] < 1000 for row in scores)
    for frame in (left["proof"], left["shown"], left["by_count"], left["worst"]):
        assert not frame.isEmpty()


def test_a_researcher_needs_the_published_tables_alone(first_release: dict[str, Any], tmp_path: Path) -> None:
    shutil.copytree(Path(first_release["settings"].output_dir), tmp_path / "release")
    left = run_notebook("04_analysing_a_release.py", tmp_path)
    actual = {row["gender"]: row["actual"] for row in first_release["genders"].collect()}
    women = left["release"].count({"gender": "Woman"})
    assert (women.low, women.high) == (actual["Woman"], actual["Woman"] + 9)
    assert 'found "Nobody\'s" in gender' in left["refused"]
    assert "allowed: 'Man', " in left["refused"]
    assert left["in_records"] < 0.9 < left["informed"]["gender"] / left["people"] <= 1
    assert abs(left["association"]["reported pairs"] - left["association"]["synthetic records"]) < 0.2
    assert all(0 < value < 1 for value in left["association"].values())


@pytest.fixture(scope="module")
def extended(some_cases: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the notebook with a synthesizer of one's own leaves, and the folder that it worked in."""
    folder = tmp_path_factory.mktemp("extending")
    shutil.copytree(some_cases, folder / "cases_for_extending")
    with pytest.MonkeyPatch.context() as meanwhile:
        forget_synthesizers(meanwhile)
        return run_notebook("05_a_new_synthesizer.py", folder)


def test_a_new_synthesizer_is_proven_and_a_careless_one_refused(extended: dict[str, Any]) -> None:
    values = {(row["metric"], row["length"]): row["value"] for row in extended["metrics"].collect()}
    assert values["presence", 3] > 0.9
    assert "privacy gate: guarantee strict" in extended["refused"]
    assert "fewer than k = 10 subjects" in extended["refused"]
    assert [row["release_id"] for row in extended["release"].ledger.collect()] == ["from_combinations"]
    with pytest.raises(DataError, match=r"complete releases in .*: from_combinations$"):
        open_release(extended["spark"], str(Path(extended["folder"]) / "extending"), "copying")


def test_a_release_of_a_new_synthesizer_names_no_model_and_says_what_is_not_known(
    extended: dict[str, Any], first_release: dict[str, Any], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (row,) = extended["release"].ledger.collect()
    assert "trained_model" not in json.loads(row["proof"])
    place = Path(extended["folder"]) / "extending"
    model = Path(first_release["settings"].resolved_sensitive_dir) / "first"
    assert command("sample", "--release", str(place), "--model", str(model), "-o", str(tmp_path / "more.csv")) == 2
    assert "'from_combinations'" in capfd.readouterr().err
    summary = (place / "from_combinations" / "summary.md").read_text(encoding="utf-8")
    assert "what else the program looked at is not known here" in " ".join(summary.replace("> ", "").split())


def test_every_sql_example_finds_something(spark: SparkSession, first_release: dict[str, Any]) -> None:
    examples = read_blocks("sql")
    assert len(examples) > 10
    for example in examples:
        found = spark.sql(example.replace("/data/release", first_release["settings"].output_dir))
        assert example.startswith("CREATE") or not found.isEmpty(), example


def test_the_pandas_example_runs(
    spark: SparkSession, first_release: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first_release["release"].export(str(tmp_path), format="parquet")
    [example] = read_blocks("python")
    program = tmp_path / "example.py"
    program.write_text(example.replace("/data/files", str(tmp_path)), encoding="utf-8")
    left = runpy.run_path(str(program))
    assert abs(left["both"].loc["Woman", "estimated"] - left["both"].loc["Woman", "actual"]) <= 20
    assert "Woman" in capsys.readouterr().out
