"""Draw the pictures of docs/explanation from measured tables: `python -m benchmarks.pictures`.

The picture of synthesis.md comes from that document's own table, that of differential-privacy.md from
benchmarks/results.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "explanation" / "synthesis.md"
PICTURE = DOCS / "images" / "utility.svg"
PRIVACY = Path(__file__).parent / "results" / "privacy.md"
PRIVACY_PICTURE = DOCS / "images" / "privacy.svg"

COLOURS = {"ctdc-spark, strict": "#08519c", "ctdc-spark, 3": "#6baed6", "SDS, its best mode": "#bdbdbd"}
"""Dark to light, to be distinguishable without colour."""

Errors = tuple[float, ...]

VISIBLE = 0.01
"""Data sets whose errors all stay below this would be empty panels."""


METHODS = {
    "declared": ("#08519c", "o"),
    "private": ("#6baed6", "s"),
    "pac-synth": ("#bdbdbd", "^"),
}
"""Colour and marker of each method with differential privacy."""


def main() -> None:
    """Draw both."""
    mpl.rcParams.update(
        {"svg.hashsalt": "ctdc-spark", "svg.fonttype": "none", "font.size": 9, "font.family": "sans-serif"}
    )
    draw_utility(read_errors(PAGE.read_text(encoding="utf-8")))
    draw_privacy(read_privacy(PRIVACY.read_text(encoding="utf-8")))


def draw_utility(found: dict[str, dict[str, Errors]]) -> None:
    """Mean relative error by length, one panel per data set."""
    figure, panels = plt.subplots(1, len(found), figsize=(2.6 * len(found), 3), sharey=True)
    for panel, (data, programs) in zip(panels, found.items(), strict=True):
        for index, (program, errors) in enumerate(programs.items()):
            places = [length + 0.27 * (index - 1) for length in range(1, len(errors) + 1)]
            panel.bar(places, errors, 0.25, color=COLOURS[program], label=program)
        panel.set(title=data, xlabel="attributes in the combination", xticks=(1, 2, 3))
    panels[0].set_ylabel("mean relative error (0 is best)")
    _finish(figure, PICTURE)


def draw_privacy(found: dict[tuple[str, str], dict[float, Errors]]) -> None:
    """Mean relative error of the records by epsilon, a panel for each data set and length."""
    names = sorted({data for data, _ in found})
    figure, panels = plt.subplots(len(names), 3, figsize=(8, 2.3 * len(names)), sharex=True, squeeze=False)
    for row, data in zip(panels, names, strict=True):
        for length, panel in enumerate(row, start=1):
            for method, (colour, mark) in METHODS.items():
                points = sorted(found.get((data, method), {}).items())
                epsilons, errors = [epsilon for epsilon, _ in points], [error[length - 1] for _, error in points]
                panel.plot(epsilons, errors, color=colour, marker=mark, label=method)
            panel.set_title(f"{data.split('_')[0]}, {length} attribute{'s' * (length > 1)}")
            panel.set_xscale("log", base=2)
            panel.set_xticks([0.5, 1, 2, 4], ["0.5", "1", "2", "4"])
            panel.set_ylim(bottom=0)
        row[0].set_ylabel("mean relative error")
    for panel in panels[-1]:
        panel.set_xlabel("epsilon")
    _finish(figure, PRIVACY_PICTURE)


def _finish(figure: Figure, path: Path) -> None:
    for panel in figure.axes:
        panel.spines[["top", "right"]].set_visible(False)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=3, frameon=False)
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    figure.savefig(path, metadata={"Date": None})
    print(f"written to {path}")


def read_privacy(table: str) -> dict[tuple[str, str], dict[float, Errors]]:
    """Relative errors of the records by (data, method) and epsilon, from the rows of the results."""
    found: dict[tuple[str, str], dict[float, Errors]] = {}
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 10 and cells[3] in METHODS:
            errors = tuple(float(part) for part in cells[6].split("/"))
            found.setdefault((cells[1], cells[3]), {})[float(cells[2])] = errors
    return found


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
