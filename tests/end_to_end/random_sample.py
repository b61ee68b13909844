"""Random tables that brute force can count, and the settings of their release."""

from __future__ import annotations

import numpy as np

MULTI = {"means: of control": ";"}
RULES: dict[str, object] = {"sensitive_zeros": ["children"], "missing_values": ["-99"], "multi_value_columns": MULTI}

SEED = 2
THRESHOLD = 6
KEYS: dict[str, object] = {
    **RULES,
    "reporting_threshold": THRESHOLD,
    "reporting_precision": 4,
    "accept_derivable_counts": True,
    "reporting_length": -1,
    "subject_id": "subject",
}
"""Settings of the release that the tests share: subjects of several rows, all lengths."""


def random_rows(seed: int) -> list[dict[str, str | None]]:
    """A table with a multi-value column, zeros, blanks, missing tokens and subjects of several rows."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, str | None]] = []
    for _ in range(160):
        profile = rng.integers(0, 3)
        means = [
            str(m)
            for m in rng.choice(["debt", "threat", "lie", "0", "", "rare" + str(rng.integers(99))], 3, replace=False)
        ]
        rows.append(
            {
                "subject": str(rng.integers(0, 120)),
                "sex": str(rng.choice(["f", "m", "", "-99"], p=[0.6, 0.3, 0.05, 0.05])),
                "means: of control": ";".join(means[: 1 + profile]),
                "children": str(rng.choice(["0", "1", "2"])),
                "land": ["AAA", "BBB", "CCC"][profile] if rng.random() < 0.7 else None,
                "flag": "1" if rng.random() < 0.4 else "0",
            }
        )
    return rows
