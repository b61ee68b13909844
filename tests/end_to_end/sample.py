"""A small table with everything awkward in it, and the settings of its release."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

MARKER = "SECRETVALUE"
"""Part of every value that too few subjects hold."""

RARE_NUMBER = "98.7654"
"""Held by one subject, in a column that is put into bins."""

AGE = "age, in years"
MEANS = "means.of `control`"
COUNTRY = "pays; été: où?"
CITY = "city"
COLUMNS = ("sex", AGE, MEANS, COUNTRY, CITY, "children")

KEYS: dict[str, object] = {
    "reporting_resolution": 5,
    "reporting_length": 2,
    "multi_value_columns": {MEANS: "|"},
    "sensitive_zeros": ["children"],
    "missing_values": ["-99"],
    "bins": {AGE: {"quantiles": 3}},
    "group_rare_values": {CITY: {"into": "elsewhere"}},
    "column_groups": {"Who": ["sex", AGE], "Where": [COUNTRY, CITY]},
    "column_labels": {COUNTRY: "Country"},
    "report_title": "A release for tests",
}


def sample_rows(number: int = 160) -> list[dict[str, str]]:
    """Rows of COLUMNS; about one in ten holds values that nobody else holds."""
    rng = np.random.default_rng(4)
    rows = []
    for i in range(number):
        profile = int(rng.integers(3))
        means = [str(m) for m in rng.choice(["debt; bonds", "<threats>", 'lies, "false"', "-99"], 1 + profile, False)]
        is_rare = i % 11 == 0
        row = {
            "sex": str(rng.choice(["f", "m", "", "-99"], p=[0.6, 0.3, 0.05, 0.05])),
            AGE: str(int(rng.integers(9, 70))),
            MEANS: "|".join([*means, f"{MARKER} means {i}"] if is_rare else means),
            COUNTRY: ["AA\\A", "BB:B", "CC;C"][profile] if rng.random() < 0.8 else "",
            CITY: f"{MARKER} city {i}" if is_rare else ["North", "South"][i % 2],
            "children": str(rng.choice(["0", "1", "2"])),
        }
        if i in (3, 44, 85, 126):  # one subject fewer than the threshold
            row[COUNTRY] = f"{MARKER} of four"
        if i == 17:
            row[AGE] = RARE_NUMBER
        rows.append(row)
    return rows


def write_csv(
    path: Path, rows: Sequence[dict[str, str]], columns: Sequence[str] = COLUMNS, delimiter: str = ","
) -> Path:
    """A CSV file of these columns of the rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path
