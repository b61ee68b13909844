"""Fit the cost model to what `benchmarks.stages` measured: `python -m benchmarks.fit_costs`.

For each stage, the seconds of all runs on executors are explained by a constant, the work of the driver alone, and the
work that the executors share (non-negative least squares of relative errors). The amounts of work are those of
`ctdc-spark plan` for the same records. It prints the costs for `ctdc_spark.forecast.costs`, and each run beside the
model.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import nnls

from benchmarks.growth import demo_data
from benchmarks.stages import RESULTS, settings_of
from ctdc_spark.forecast.costs import STAGE_COSTS, Amounts


@lru_cache
def amounts_of(records: int) -> Amounts:
    """The plan's amounts of work for a number of demo records, in the units of the cost model."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = Path(scratch) / "settings.yaml"
        settings.write_text(json.dumps(settings_of(demo_data(records), 3, scratch)), encoding="utf-8")
        command = [sys.executable, "-m", "ctdc_spark", "plan", str(settings), "--json"]
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    amounts: Amounts = json.loads(said.stdout)["amounts"]
    return amounts


def fit_stage(stage: str, rows: list[dict[str, Any]]) -> tuple[dict[str, float], list[float]]:
    """The costs of one stage by term, and the seconds they imply for each row."""
    cost = STAGE_COSTS[stage]
    alone, shared = list(cost.alone), list(cost.shared)
    known = [amounts_of(row["subjects"]) for row in rows]
    terms = np.array(
        [
            [1.0, *(amounts[name] for name in alone), *(amounts[name] / row["executors"] for name in shared)]
            for amounts, row in zip(known, rows, strict=True)
        ]
    )
    seconds = np.array([row["seconds"] for row in rows])
    rates, _ = nnls(terms / seconds[:, None], np.ones(len(rows)))
    names = ["fixed", *(f"alone {name}" for name in alone), *(f"shared {name}" for name in shared)]
    return dict(zip(names, rates.tolist(), strict=True)), (terms @ rates).tolist()


def main() -> None:
    """Fit every stage."""
    measured = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    on_executors = [row for row in measured if "executors" in row]
    totals: dict[tuple[int, int], list[float]] = {}
    for stage in STAGE_COSTS:
        rows = [row for row in on_executors if row["stage"] == stage]
        costs, foreseen = fit_stage(stage, rows)
        print(f"{stage}: " + ", ".join(f"{name} {rate:.3g}" for name, rate in costs.items()))
        for row, seconds in zip(rows, foreseen, strict=True):
            print(
                f"    {row['subjects']:>10,} on {row['executors']}: {row['seconds']:>7.1f} s, model {seconds:>7.1f} s"
            )
            total = totals.setdefault((row["subjects"], row["executors"]), [0.0, 0.0])
            total[0] += row["seconds"]
            total[1] += seconds
    for (records, executors), (took, modelled) in totals.items():
        print(f"{records:>10,} on {executors}: {took:>7.0f} s, model {modelled:>7.0f} s")


if __name__ == "__main__":
    main()
