"""A table of some thousand subjects, and the settings of its release with differential privacy."""

from __future__ import annotations

import random

DOMAIN = {
    "region": ["north", "south", "east", "west"],
    "age": ["0-17", "18-29", "30+"],
    "work": ["farm", "house", "mine"],
    "means": ["debt", "force", "threat"],
    "flag": ["1"],
}
KEYS: dict[str, object] = {
    "protection": "dp",
    "noise_epsilon": 3.0,
    "domain": DOMAIN,
    "multi_value_columns": {"means": ";"},
    "reporting_resolution": 10,
    "keep_intermediates": True,
}
SUBJECTS = 4_321


def sample_rows() -> list[dict[str, str | None]]:
    """Regions and work go together; half of the flags and some work are absent."""
    draw = random.Random(9)
    rows: list[dict[str, str | None]] = []
    for _ in range(SUBJECTS):
        region = draw.choices(["north", "south", "east"], [5, 3, 1])[0]
        work = draw.choices(["farm", "house", None], [6, 1, 1] if region == "north" else [1, 6, 2])[0]
        means = [m for m in DOMAIN["means"] if draw.random() < 0.4]
        age = draw.choices(["18-29", "30+"], [2, 1])[0]
        flag = "1" if draw.random() < 0.5 else None
        rows.append({"region": region, "age": age, "work": work, "means": ";".join(means) or None, "flag": flag})
    return rows
