"""Draw the pictures of docs/explanation/synthesis.md from its own table: `python -m benchmarks.pictures`."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "explanation" / "synthesis.md"
PICTURE = DOCS / "images" / "utility.svg"

COLOURS = {"ctdc-spark, strict": "#08519c", "ctdc-spark, 3": "#6baed6", "SDS, its best mode": "#bdbdbd"}
"""Dark to light, so that they can be told apart without colour."""

Errors = tuple[float, ...]

VISIBLE = 0.01
"""Data sets on which no error reaches this would be empty panels."""


def main() -> None:
    """Mean relative error by length, a panel a data set."""
    found = read_errors(PAGE.read_text(encoding="utf-8"))
    mpl.rcParams.update(
        {"svg.hashsalt": "ctdc-spark", "svg.fonttype": "none", "font.size": 9, "font.family": "sans-serif"}
    )
    figure, panels = plt.subplots(1, len(found), figsize=(2.6 * len(found), 3), sharey=True)
    for panel, (data, programs) in zip(panels, found.items(), strict=True):
        for index, (program, errors) in enumerate(programs.items()):
            places = [length + 0.27 * (index - 1) for length in range(1, len(errors) + 1)]
            panel.bar(places, errors, 0.25, color=COLOURS[program], label=program)
        panel.set(title=data, xlabel="attributes in the combination", xticks=(1, 2, 3))
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("mean relative error (0 is best)")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=3, frameon=False)
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    figure.savefig(PICTURE, metadata={"Date": None})
    print(f"written to {PICTURE}")


def read_errors(page: str) -> dict[str, dict[str, Errors]]:
    """Relative errors by data set and program, from the rows of the table."""
    found: dict[str, dict[str, Errors]] = {}
    data = ""
    for line in page.split("## How faithful")[1].splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) < 7 or "/" not in cells[3] or "relative" in cells[3]:
            continue
        data = ", ".join(part for part in cells[1].split(", ") if not part[0].isdigit()) if cells[1] else data
        program = "SDS, its best mode" if cells[2].startswith("SDS") else cells[2].replace("`", "")
        errors = tuple(float(part) for part in cells[3].split("/"))
        found.setdefault(data, {}).setdefault(program, errors)
    return {data: programs for data, programs in found.items() if max(map(max, programs.values())) > VISIBLE}


if __name__ == "__main__":
    main()
