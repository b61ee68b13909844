"""How accurate differential privacy is: `python -m benchmarks.privacy [--data FOLDER] [--peer PYTHON]`.

Our kernels run in this process without Spark, on every `.tsv` of the folder (default: CTDC_SPARK_TEST_DATA) in which
every record fills every column. With `--peer` and `--graphical`, pac-synth, AIM and MST run as well, in the named
Pythons, which are environments of their own.
delta = 1 / (n ln n), L = 3, counts of at least 10 subjects are compared; default parameters for every data set.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.measure import machine, replace_rows
from ctdc_spark.differential_privacy.allocation import DEFAULT_SHARES
from ctdc_spark.differential_privacy.budget import (
    BudgetRequest,
    choose_delta,
    plan_combinations,
    plan_domain,
    plan_subjects,
)
from ctdc_spark.differential_privacy.cells import Slots, lay_out, lengths_of, locate_cells, valid_cells
from ctdc_spark.differential_privacy.noise import gaussian_adder, laplace_adder
from ctdc_spark.differential_privacy.selection import whole_subsets
from ctdc_spark.synthesis.mixture.fit import Measured, fit_mixture
from ctdc_spark.synthesis.mixture.repair import draw_records
from ctdc_spark.synthesis.mixture.tables import read_tables

L, LEAST = 3, 10
PEERS = ("pac-synth", "AIM", "MST")
RESULTS = Path(__file__).parent / "results"
HEAD = (
    "| data | epsilon | method | runs | aggregates, mean absolute error | records, mean relative error "
    "| records, TVD | s |",
    "|---|---|---|---|---|---|---|---|",
)
Counts = dict[tuple[int, ...], np.ndarray]


@dataclass(frozen=True)
class Made:
    """The result of a method: the codes of its records, its own counts by columns, and how long it took."""

    codes: np.ndarray
    reported: Counts
    seconds: float


@dataclass(frozen=True)
class Data:
    """Coded values, all present, and the number of values of each column."""

    name: str
    table: pd.DataFrame
    codes: np.ndarray
    sizes: tuple[int, ...]

    def count(self, codes: np.ndarray) -> Counts:
        """Records with each set of values, by set of columns; a code of -1 counts in none."""
        found: Counts = {}
        for length in range(1, L + 1):
            for chosen in combinations(range(len(self.sizes)), length):
                shape, subset = [self.sizes[j] for j in chosen], codes[:, chosen]
                flat = np.ravel_multi_index(tuple(subset[(subset >= 0).all(axis=1)].T), shape)
                found[chosen] = np.bincount(flat, minlength=int(np.prod(shape))).astype(float)
        return found


def main() -> None:
    """Measure, print and write the table, row by row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("CTDC_SPARK_TEST_DATA"), required=False)
    parser.add_argument("--only", nargs="*", default=[], help="names of data sets")
    parser.add_argument("--epsilons", nargs="*", type=float, default=[0.5, 1.0, 4.0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--peer", help="a Python that has pac-synth 0.0.8")
    parser.add_argument("--graphical", help="a Python that has smartnoise-synth 1.0.8: AIM and MST")
    parser.add_argument(
        "--aim",
        nargs=2,
        metavar=("STEPS", "MB"),
        default=[],
        help="cut AIM to this many steps (default: 16 per column) and models of this many MB (80), as it takes hours",
    )
    parser.add_argument("--methods", nargs="*", default=["declared", "private", *PEERS])
    asked = parser.parse_args()
    pythons = {"pac-synth": asked.peer, "AIM": asked.graphical, "MST": asked.graphical}
    print("\n".join(HEAD), flush=True)
    for data in read_folder(asked.data, asked.only):
        exact = data.count(data.codes)
        for epsilon in asked.epsilons:
            for method in asked.methods:
                if method in PEERS and not pythons[method]:
                    continue
                cut = asked.aim if method == "AIM" else []
                made = [make(data, exact, (method, epsilon), seed, pythons, cut) for seed in range(asked.seeds)]
                named = f"AIM cut to {cut[0]} steps, {cut[1]} MB" if cut else method
                row = describe(data, exact, (named, epsilon), made)
                print(row, flush=True)
                write_row(row)  # a method may take hours; earlier measurements are kept
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB")


def read_folder(folder: str | None, only: list[str]) -> Iterator[Data]:
    """Every table of the folder without absent values."""
    for path in sorted(Path(folder or ".").glob("*.tsv")):
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
        if (only and path.stem not in only) or table.isin(["", "0"]).any(axis=None):
            continue
        subsets = [pd.factorize(table[column], sort=True) for column in table.columns]
        codes = np.column_stack([subset[0] for subset in subsets])
        yield Data(path.stem, table, codes, tuple(len(subset[1]) for subset in subsets))


def make(
    data: Data,
    exact: Counts,
    asked: tuple[str, float],
    seed: int,
    pythons: dict[str, str | None],
    cut: Sequence[str],
) -> Made:
    """One run of one method."""
    method, epsilon = asked
    if method in PEERS:
        return make_peer(data, asked, str(pythons[method]), cut)
    return make_ours(data, exact, epsilon, seed, private=method == "private")


def make_ours(data: Data, exact: Counts, epsilon: float, seed: int, *, private: bool) -> Made:
    """Noisy counts, fit and records; noise is OpenDP's, so only the fit follows the seed."""
    request = BudgetRequest(epsilon, None, None, 0.02, 0.01, 0.2 if private else 0.0, DEFAULT_SHARES)
    subjects = int(laplace_adder(plan_subjects(request).scale)(np.array([len(data.codes)]))[0])
    delta, columns = choose_delta(request, subjects), len(data.sizes)
    kept = [np.arange(size) for size in data.sizes]
    if private:
        mechanism, threshold = plan_domain(request, delta, columns)
        add = gaussian_adder(mechanism.scale)
        kept = [np.flatnonzero(add(exact[j,].astype(np.int64)) >= threshold) for j in range(columns)]
    slots = Slots(tuple(len(values) for values in kept if len(values)))
    used = [j for j in range(columns) if len(kept[j])]
    mechanisms = plan_combinations(request, delta, columns, lengths_of(slots, L))
    scales = {int(m.length or 0): m.scale for m in mechanisms}
    subsets = whole_subsets(slots, scales)
    blocks = measure(slots, scales, exact, (used, kept))
    started = time.perf_counter()
    rng = np.random.default_rng(seed)
    deviation = math.sqrt(2) * plan_subjects(request).scale
    mixture = fit_mixture(Measured(slots, subsets, subjects, deviation, read_tables(subsets, blocks, scales)), rng)
    rows = draw_records(mixture, round(mixture.records), rng)
    seconds = time.perf_counter() - started
    codes = np.full((len(rows), columns), -1)
    for slot, j in enumerate(used):
        inner = rows[:, slot] - slots.bounds[slot]
        codes[:, j] = np.where(rows[:, slot] < 0, -1, kept[j][np.maximum(inner, 0)])
    return Made(codes, data.count(codes), seconds)


def measure(
    slots: Slots, scales: dict[int, float], exact: Counts, domain: tuple[list[int], list[np.ndarray]]
) -> list[tuple[int, int, bytes]]:
    """Rows of NOISY_CELLS from the exact counts of the used columns and kept values."""
    used, kept = domain
    cells = {1: [np.zeros(slots.attributes, np.int64)]}
    cells |= {n: [np.zeros(b.shape, np.int64).ravel() for b in lay_out(slots, n)] for n in scales if n > 1}
    for length in scales:
        for chosen in combinations(range(len(used)), length):
            counts = exact[tuple(used[s] for s in chosen)].reshape([len(exact[used[s],]) for s in chosen])
            inside = counts[np.ix_(*(kept[used[s]] for s in chosen))].astype(np.int64)
            ids = np.indices(inside.shape).reshape(length, -1).T + slots.bounds[list(chosen)]
            block, place = locate_cells(slots, ids) if length > 1 else (np.zeros(len(ids), int), ids[:, 0])
            for number in np.unique(block):
                mine = block == number
                cells[length][number][place[mine]] = inside.ravel()[mine]
    noisy = []
    for length, scale in scales.items():
        add = gaussian_adder(scale)
        for number, flat in enumerate(cells[length]):
            valid = np.ones(len(flat), bool)
            if length > 1:
                valid = valid_cells(slots, lay_out(slots, length)[number]).ravel()
            flat[valid] = add(flat[valid])
            noisy.append((length, number, flat.tobytes()))
    return noisy


def make_peer(data: Data, asked: tuple[str, float], python: str, cut: Sequence[str]) -> Made:
    """A peer's method in its own environment, AIM cut to some steps and megabytes."""
    method, epsilon = asked
    with tempfile.TemporaryDirectory() as folder:
        data.table.to_csv(Path(folder) / "in.tsv", sep="\t", index=False)
        script = Path(__file__).parent / "privacy_peer.py"
        subprocess.run([python, str(script), method, folder, str(epsilon), *cut], check=True, capture_output=True)
        table = pd.read_csv(Path(folder) / "out.tsv", sep="\t", dtype=str, keep_default_na=False)
        found = json.loads((Path(folder) / "counts.json").read_text())
    values = [sorted(data.table[column].unique()) for column in data.table.columns]
    place = [{value: code for code, value in enumerate(of)} for of in values]
    columns = list(data.table.columns)
    codes = np.column_stack([table[c].map(place[j]).fillna(-1).astype(int) for j, c in enumerate(columns)])
    if not found["counts"]:  # records are all that it publishes
        return Made(codes, data.count(codes), found["seconds"])
    reported = {chosen: np.zeros_like(counts) for chosen, counts in data.count(codes[:0]).items()}
    for text, count in found["counts"].items():
        pairs = sorted((columns.index(c), v) for c, _, v in (subset.partition(":") for subset in text.split(";")))
        chosen = tuple(j for j, _ in pairs)
        flat = np.ravel_multi_index([place[j][v] for j, v in pairs], [data.sizes[j] for j in chosen])
        reported[chosen][flat] = count
    return Made(codes, reported, found["seconds"])


def describe(data: Data, exact: Counts, asked: tuple[str, float], made: list[Made]) -> str:
    """One row of the table: means over the runs."""
    errors, relative, distance = (
        [np.mean([f(one, exact, length) for one in made]) for length in range(1, L + 1)]
        for f in (absolute_error, relative_error, total_variation)
    )
    texts = (
        " / ".join(f"{value:.1f}" for value in errors),
        " / ".join(f"{value:.3f}" for value in relative),
        " / ".join(f"{value:.4f}" for value in distance),
    )
    seconds = np.mean([one.seconds for one in made])
    return f"| {data.name} | {asked[1]:g} | {asked[0]} | {len(made)} | {' | '.join(texts)} | {seconds:.0f} |"


def by_length(found: Counts, exact: Counts, length: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(found, exact) counts of every set of `length` columns."""
    return ((found[chosen], counts) for chosen, counts in exact.items() if len(chosen) == length)


def absolute_error(made: Made, exact: Counts, length: int) -> float:
    """Mean absolute error of the published counts; counts below LEAST are not published."""
    pairs = list(by_length(made.reported, exact, length))
    return mean([np.abs(np.where(b >= LEAST, b, 0) - a)[a >= LEAST] for b, a in pairs])


def relative_error(made: Made, exact: Counts, length: int) -> float:
    """Mean relative error of the records' counts, scaled to the number of subjects."""
    scale = sum(exact[0,]) / max(1, len(made.codes))
    found = count_like(exact, made.codes)
    return mean([(np.abs(b * scale - a) / np.maximum(a, 1))[a >= LEAST] for b, a in by_length(found, exact, length)])


def total_variation(made: Made, exact: Counts, length: int) -> float:
    """Mean over sets of columns of half the L1 distance of shares."""
    found, n = count_like(exact, made.codes), sum(exact[0,])
    pairs = by_length(found, exact, length)
    return float(np.mean([np.abs(b / max(1, len(made.codes)) - a / n).sum() / 2 for b, a in pairs]))


def count_like(exact: Counts, codes: np.ndarray) -> Counts:
    """The records' counts in the shape of the exact ones."""
    sizes = tuple(len(exact[j,]) for j in range(codes.shape[1]))
    return Data("", pd.DataFrame(), codes, sizes).count(codes)


def mean(subsets: list[np.ndarray]) -> float:
    """The mean of all numbers of all arrays."""
    return float(np.concatenate(subsets).mean())


def write_row(row: str) -> None:
    """Put a row into the table of results, replacing an earlier one of the same data, epsilon and method."""
    path = RESULTS / "privacy.md"
    lines = [
        "# Differential privacy",
        "",
        f"`make bench-dp` on {machine()}, last on {datetime.now(timezone.utc):%Y-%m-%d}. Length 1 / 2 / 3; means over "
        f"the runs; delta = 1 / (n ln n). Aggregates: published counts against exact ones of at least {LEAST} "
        "subjects. TVD: total variation distance, mean over sets of columns. s: fitting and drawing records, on one "
        "core.",
        "",
        *HEAD,
        *sorted(replace_rows(path, HEAD[0], 3, [row]), key=lambda line: line.split("|")[1:4]),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
