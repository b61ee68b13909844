"""Artificial tables for benchmarks, each a function of its size and seed; written as tab-separated text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

PROFILES = 40


@dataclass(frozen=True)
class Shape:
    """A table: `dense` columns that always hold one of several values, and `flags` that are mostly absent."""

    name: str
    records: int
    dense: int
    flags: int = 0
    values: int = 20


SHAPES = {
    "adult-like": Shape("adult-like", 48_842, 13, values=18),
    "dense-22": Shape("dense-22", 27_253, 22, values=8),
    "sparse-200k": Shape("sparse-200k", 200_000, 6, 45, values=40),
    "sparse-1m": Shape("sparse-1m", 1_000_000, 6, 45, values=40),
    "adult-like-small": Shape("adult-like-small", 10_000, 13, values=18),
    "sparse-20k": Shape("sparse-20k", 20_000, 6, 45, values=40),
}


def make_table(shape: Shape, seed: int = 7) -> pd.DataFrame:
    """Records drawn from latent profiles, so that attributes occur together as in real case records."""
    rng = np.random.default_rng(seed)
    profile = rng.choice(PROFILES, shape.records, p=rng.dirichlet(np.full(PROFILES, 0.5)))
    columns: dict[str, np.ndarray] = {}
    for index in range(shape.dense):
        size = int(rng.integers(2, shape.values + 1))
        base = rng.dirichlet(np.full(size, 0.6))
        chances = np.stack([rng.dirichlet(base * 4 + 1e-3) for _ in range(PROFILES)])
        drawn = (chances.cumsum(axis=1)[profile] < rng.random(shape.records)[:, None]).sum(axis=1).clip(0, size - 1)
        columns[f"c{index}"] = np.array([f"v{i}" for i in range(size)], dtype=object)[drawn]
    for index in range(shape.flags):
        chance = rng.beta(0.25, 1.6, PROFILES)
        columns[f"f{index}"] = np.where(rng.random(shape.records) < chance[profile], "1", "0")
    table: pd.DataFrame = pd.DataFrame(columns)
    return table


def write_table(shape: Shape, folder: Path) -> Path:
    """The table as a file, made once."""
    path = folder / f"{shape.name}.tsv"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        scratch = path.with_suffix(".writing")
        make_table(shape).to_csv(scratch, sep="\t", index=False)
        scratch.rename(path)
    return path
