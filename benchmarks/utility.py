"""How faithful the synthetic records are: `python -m benchmarks.utility [--data FOLDER] [--only NAME ...]`.

Reads every `.tsv` and `.tsv.gz` of the folder (default: CTDC_SPARK_TEST_DATA), or makes demo data if there is none. The
kernels run in this process without Spark, so the figures are those of the method. k = 10, L = 3.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measure import machine, replace_rows
from ctdc_spark.combinations.kernel import count_frequent
from ctdc_spark.demo.profiles import BLOCK_ROWS, generate_block
from ctdc_spark.proof.support import count_support
from ctdc_spark.records.records import Records, offsets_of
from ctdc_spark.synthesis.calibrated.incidence import Incidence, find_combinations
from ctdc_spark.synthesis.calibrated.lattice import Lattice, build_lattice
from ctdc_spark.synthesis.calibrated.targets import choose_prices, expect_counts, make_objective
from ctdc_spark.synthesis.calibrated.training import Effort, sample, train
from ctdc_spark.synthesis.calibrated.units import LocalGrower, split_units
from ctdc_spark.synthesis.row_seeded.row_seeded import slots_of, synthesize_rows

K, L = 10, 3
RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Data:
    """Encoded records with their frequent combinations."""

    name: str
    records: Records
    column_of: np.ndarray
    lattice: Lattice
    exact: np.ndarray
    target: np.ndarray
    unit_of: np.ndarray


@dataclass(frozen=True)
class Made:
    """Synthetic records and the time to make them."""

    records: Records
    seconds: float


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("CTDC_SPARK_TEST_DATA"))
    parser.add_argument("--only", nargs="*", default=[], help="names of data sets")
    parser.add_argument("--modes", nargs="*", default=list(MODES))
    parser.add_argument("--prices", default="", help="for experiments: field=value,...")
    parser.add_argument("--effort", default="", help="for experiments: field=value,...")
    asked = parser.parse_args()
    for pair in filter(None, asked.prices.split(",")):
        key, _, value = pair.partition("=")
        PRICES[key] = tuple(map(float, value.split("/"))) if "/" in value else float(value)
    for pair in filter(None, asked.effort.split(",")):
        key, _, value = pair.partition("=")
        EFFORT[key] = float(value) if "." in value or "e" in value else int(value)
    print("\n".join(HEAD), flush=True)
    rows = {}
    for data in read_folder(asked.data, asked.only):
        for mode in asked.modes:
            rows[data.name, mode] = measure(data, mode)
            print(rows[data.name, mode], flush=True)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB")
    if not (asked.prices or asked.effort):
        write_rows(rows)


HEAD = ("| data | mode | mre | mae | presence | n | strict | s |", "|---|---|---|---|---|---|---|---|")


def write_rows(rows: dict[tuple[str, str], str]) -> None:
    """Put the measured rows into the table of results; other rows stay."""
    path = RESULTS / "utility.md"
    kept = replace_rows(path, HEAD[0], 2, list(rows.values()))
    lines = [
        "# Utility",
        "",
        f"`python -m benchmarks.utility` on {machine()}, last on {datetime.now(timezone.utc):%Y-%m-%d}. k = {K}, "
        f"L = {L}. mre, mae: mean relative and mean absolute error over the frequent combinations of length 1 / 2 / 3, "
        "against exact counts; presence: share of them that occur; n: synthetic / sensitive records; strict: share of "
        "the distinct records that at least k subjects hold; s: seconds on one core, counting not included.",
        "",
        *HEAD,
        *sorted(kept, key=lambda line: [cell.strip() for cell in line.split("|")[1:3]]),
    ]
    RESULTS.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_folder(folder: str | None, only: list[str]) -> Iterator[Data]:
    """Every table of a folder, or demo data."""
    if folder is None:
        blocks = [generate_block(block, BLOCK_ROWS, 0).to_pandas() for block in range(2)]
        yield encode("demo", pd.concat(blocks, ignore_index=True))
        return
    for path in sorted(Path(folder).glob("*.tsv*")):
        name = path.name.partition(".")[0]
        if not only or name in only:
            yield encode(name, pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False))


def encode(name: str, table: pd.DataFrame) -> Data:
    """Frequent attributes numbered by ascending frequency; records and their frequent combinations."""
    parts = []
    for index, column in enumerate(table.columns):
        codes, values = pd.factorize(table[column].astype(str), sort=True)
        counts = np.bincount(codes, minlength=len(values))
        usable = (counts >= K) & ~np.isin(np.asarray(values, dtype=object), ["", "0"])
        parts += [(int(counts[i]), index, np.flatnonzero(codes == i)) for i in np.flatnonzero(usable)]
    parts.sort(key=lambda part: part[:2])
    rows = np.concatenate([row for _, _, row in parts])
    ids = np.repeat(np.arange(len(parts)), [len(row) for _, _, row in parts])
    order = np.lexsort((ids, rows))
    lengths = np.bincount(rows, minlength=len(table))
    records = Records(ids[order].astype(np.int32), offsets_of(lengths), np.ones(len(table), np.int64)).distinct()
    found: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}
    for counted in count_frequent(records, K, L):
        found.setdefault(counted.combinations.shape[1], []).append((counted.combinations, counted.counts))
    by_length = [np.concatenate([part for part, _ in found[length]]) for length in sorted(found)]
    lattice, orders = build_lattice(by_length, len(parts))
    of_length = [np.concatenate([part for _, part in found[length]]) for length in sorted(found)]
    exact = np.concatenate([[len(table)], *(c[o] for c, o in zip(of_length, orders, strict=True))])
    protected = exact // K * K
    target = np.concatenate(
        [expect_counts(protected[lattice.length == length], K) for length in range(lattice.max_length + 1)]
    )
    column_of = np.array([column for _, column, _ in parts])
    return Data(name, records, column_of, lattice, exact, target, split_units(protected[lattice.length == 1]))


def make_calibrated(data: Data, *, strict: bool) -> Made:
    """The calibrated synthesizer."""
    started = time.perf_counter()
    grower = LocalGrower(data.lattice, data.unit_of, (data.records, K) if strict else None)
    prices = replace(choose_prices("strict" if strict else L), **PRICES)
    objective = make_objective(data.lattice, data.target, prices)
    model = train(data.lattice, objective, grower, 0, prices=prices, effort=Effort(**EFFORT))
    return Made(sample(model, data.lattice, objective, 0), time.perf_counter() - started)


def make_row_seeded(data: Data) -> Made:
    """The baseline."""
    started = time.perf_counter()
    slots = slots_of(data.column_of, frozenset())
    made = synthesize_rows(data.records, slots, K, np.random.default_rng(0))
    return Made(made, time.perf_counter() - started)


PRICES: dict[str, Any] = {}
EFFORT: dict[str, Any] = {}
MODES: dict[str, Callable[[Data], Made]] = {
    "calibrated, strict": lambda data: make_calibrated(data, strict=True),
    "calibrated, m = 3": lambda data: make_calibrated(data, strict=False),
    "row_seeded": make_row_seeded,
}


def measure(data: Data, mode: str) -> str:
    """One row of the table."""
    made = MODES[mode](data)
    lattice, exact = data.lattice, data.exact
    found, _ = find_combinations(lattice, made.records)
    if (found == lattice.missing).any():
        raise AssertionError("a synthetic record holds a combination that is not frequent")
    synthetic = Incidence(lattice, made.records).count_exactly(made.records.weights)
    errors = np.abs(synthetic - exact)
    by_length = [lattice.length == length for length in range(1, lattice.max_length + 1)]
    strict = (count_support(data.records, made.records) >= K).mean()
    mre = " / ".join(f"{(errors / exact)[mine].mean():.4f}" for mine in by_length)
    mae = " / ".join(f"{errors[mine].mean():.1f}" for mine in by_length)
    presence = " / ".join(f"{(synthetic[mine] > 0).mean():.3f}" for mine in by_length)
    n = made.records.weights.sum() / exact[0]
    return f"| {data.name} | {mode} | {mre} | {mae} | {presence} | {n:.3f} | {strict:.3f} | {made.seconds:.1f} |"


if __name__ == "__main__":
    main()
