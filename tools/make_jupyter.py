"""Make Jupyter notebooks of the notebooks in this repository: `make notebooks`.

They are kept in Databricks' source format: plain Python that can be read, compared and run as it is, and that
Databricks imports as cells. Jupyter's own format is made from it: `notebooks/*.py` become `notebooks/*.ipynb`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
HEAD = "# Databricks notebook source\n"
BETWEEN = re.compile(r"\n+# COMMAND -{10}\n+")
MAGIC = "# MAGIC"


def main() -> None:
    """Write a Jupyter notebook beside each notebook."""
    for source in sorted(NOTEBOOKS.glob("*.py")):
        target = source.with_suffix(".ipynb")
        notebook = to_jupyter(source.read_text(encoding="utf-8"))
        target.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def to_jupyter(source: str) -> dict[str, Any]:
    """The notebook in Jupyter's format, version 4.5."""
    cells = BETWEEN.split(source.removeprefix(HEAD))
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        },
        "cells": [_to_cell(number, text.strip("\n")) for number, text in enumerate(cells)],
    }


def _to_cell(number: int, text: str) -> dict[str, Any]:
    lines = text.split("\n")
    if not text.startswith(MAGIC):
        code: dict[str, Any] = {"cell_type": "code", "execution_count": None, "outputs": []}
        return {**code, "id": f"cell-{number}", "metadata": {}, "source": _ended(lines)}
    plain = [line.removeprefix(MAGIC).removeprefix(" ") for line in lines if line != f"{MAGIC} %md"]
    linked = [re.sub(r"\]\((\d\d_\w+)\.py\)", r"](\1.ipynb)", line) for line in plain]
    return {"cell_type": "markdown", "id": f"cell-{number}", "metadata": {}, "source": _ended(linked)}


def _ended(lines: list[str]) -> list[str]:
    """Each line but the last with its line end, as the format requires."""
    return [f"{line}\n" for line in lines[:-1]] + lines[-1:]


if __name__ == "__main__":
    main()
