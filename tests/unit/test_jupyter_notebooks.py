from __future__ import annotations

from pathlib import Path

import pytest

from tools.make_jupyter import to_jupyter

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.py"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_opens_in_jupyter_with_the_same_cells(notebook: Path) -> None:
    source = notebook.read_text(encoding="utf-8")
    made = to_jupyter(source)
    assert (made["nbformat"], made["nbformat_minor"]) == (4, 5)
    assert len(made["cells"]) == source.count("# COMMAND ----------") + 1
    assert len({cell["id"] for cell in made["cells"]}) == len(made["cells"])
    first, *_ = made["cells"]
    assert (first["cell_type"], first["source"][0][:2]) == ("markdown", "# ")
    for cell in made["cells"]:
        text = "".join(cell["source"])
        assert "MAGIC" not in text
        assert text.strip()
        if cell["cell_type"] == "code":
            compile(text, notebook.name, "exec")


def test_code_stays_as_it_is_and_links_lead_to_the_notebooks_that_were_made() -> None:
    source = (
        "# Databricks notebook source\n# MAGIC %md\n# MAGIC # Title\n# MAGIC\n# MAGIC [first](01_first.py)\n\n"
        "# COMMAND ----------\n\nx = 1\n\n\ndef f():\n    return x\n"
    )
    text, code = to_jupyter(source)["cells"]
    assert "".join(text["source"]) == "# Title\n\n[first](01_first.ipynb)"
    assert "".join(code["source"]) == "x = 1\n\n\ndef f():\n    return x"


def test_the_notebooks_are_numbered_without_gaps() -> None:
    assert [int(path.name.partition("_")[0]) for path in NOTEBOOKS] == list(range(1, len(NOTEBOOKS) + 1))
