"""How often the intervals of estimates hold the exact counts, also past the counted lengths.

    python -m benchmarks.intervals RELEASE CASES [RELEASE CASES ...]

For each release (a folder of published tables) and the delimited file of its case records: combinations of 2 to L + 2
attributes are drawn from the synthetic records, and their exact counts are compared with the intervals that the
release's page would show, had it no actual count of them. Cells of the file that are no published value count as
absent, as they do for the page. Results: benchmarks/results/intervals.md.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ctdc_spark.explorer.quantity import Quantities

if TYPE_CHECKING:
    from ctdc_spark.explorer.data import Layout, PageData

DRAWN = 1_200
RESULTS = Path(__file__).parent / "results" / "intervals.md"
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Row:
    """One length of one release; `shares` of the drawn combinations: inside, below, rare and usable."""

    length: int
    drawn: int
    shares: list[float]
    checked: float | None


def measure(data: PageData, cases: Flags, seed: int = 1) -> list[Row]:
    """Compare exact counts with the intervals of a page.

    Args:
        data: What the page shows.
        cases: Whether each subject has each attribute. Shape (subjects, attributes).
        seed: Of the draw.
    """
    quantities = Quantities(data)
    rng = np.random.default_rng(seed)
    rows = []
    for length in range(2, len(data.reported) + 3):
        found = [_compare(quantities, combination, cases) for combination in _draw(data, length, rng)]
        low, high, exact, usable = (np.array(part) for part in zip(*found, strict=True))
        known = quantities.intervals.lengths[min(length, len(quantities.intervals.lengths)) - 1]
        inside = (low <= exact) & (exact <= high)
        rare = exact < data.release.threshold
        shares = [float(share.mean()) for share in (inside, exact < low, rare, usable)]
        rows.append(Row(length, len(found), shares, known.checked))
    return rows


def _draw(data: PageData, length: int, rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Combinations of some length, from synthetic records drawn by their number."""
    records = data.records
    long = np.flatnonzero(records.lengths >= length)
    weights = records.weights[long] / records.weights[long].sum()
    drawn: set[tuple[int, ...]] = set()
    for record in rng.choice(long, 3 * DRAWN, p=weights):
        held = records.attributes[records.offsets[record] : records.offsets[record + 1]]
        drawn.add(tuple(sorted(rng.choice(held, length, replace=False).tolist())))
        if len(drawn) == DRAWN:
            break
    return sorted(drawn)


def _compare(quantities: Quantities, combination: tuple[int, ...], cases: Flags) -> tuple[int, int, int, bool]:
    """Low and high end, the exact count, and whether an estimate may be used."""
    found = quantities.read(combination)
    low, high, grade = found.low, found.high, found.grade
    if found.kind != "estimate":  # what an estimate would say if nothing were counted
        estimate = quantities.intervals.read(quantities.count_synthetic(combination), len(combination))
        low, high, grade = estimate.low, estimate.high, estimate.grade
    return low, high, int(cases[:, list(combination)].all(axis=1).sum()), grade != "useless"


def read_cases(path: str, layout: Layout) -> Flags:
    """Which subject has which published attribute, from a tab-separated file with a header."""
    import pandas as pd

    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    return np.column_stack(
        [(table[layout.columns[a.column].name] == a.value).to_numpy() for a in layout.attributes]
    ).astype(bool)


def write_table(name: str, rows: list[Row]) -> list[str]:
    """Lines of the table of one release."""
    return [
        f"| {name} | {row.length} | {row.drawn:,} | {' | '.join(f'{share:.1%}' for share in row.shares)} | "
        f"{'extrapolated' if row.checked is None else f'{row.checked:.1%}'} |"
        for row in rows
    ]


HEAD = [
    "# Intervals of estimates against exact counts",
    "",
    f"Up to {DRAWN:,} combinations of each length, drawn from the synthetic records; k = 10, L = 3. *Inside*: the "
    "exact count lies in the interval; *below*: under it; *rare*: fewer than k subjects; *usable*: graded good or "
    "rough; *checked*: the share that the page states, of combinations with a published count, which stands for ten.",
    "",
    "| release | length | drawn | inside | below | rare | usable | checked |",
    "|---|---|---|---|---|---|---|---|",
]


def main() -> None:
    """Measure the releases that are named and write the table."""
    from ctdc_spark.engine.session import local_session
    from ctdc_spark.explorer.read import read_page_data
    from ctdc_spark.release.reading import choose_release, release_tables
    from ctdc_spark.release.table_location import open_location

    asked = sys.argv[1:]
    if not asked or len(asked) % 2:
        raise SystemExit(__doc__)
    spark = local_session()
    lines = list(HEAD)
    for folder, path in zip(asked[::2], asked[1::2], strict=True):
        place = open_location(spark, folder)
        name = choose_release(spark, place, folder, None)
        data = read_page_data(release_tables(spark, place, name))
        lines += write_table(name, measure(data, read_cases(path, data.layout)))
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
