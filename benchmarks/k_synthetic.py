"""Are there records that are k-synthetic but not strict? `python -m benchmarks.k_synthetic [--data FOLDER] [NAME ...]`.

Grows records of 4 to 8 attributes whose combinations of up to L attributes are all frequent, in the way the calibrated
synthesizer would, and classifies a sample of them by the definition. k = 10, L = 3.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter

import numpy as np

from benchmarks.utility import Data, K, L, read_folder
from ctdc_spark.proof.intersections import intersect
from ctdc_spark.proof.support import count_support
from ctdc_spark.records.records import Records
from ctdc_spark.synthesis.calibrated.units import GrowthOrder, LocalGrower

SAMPLE = 1_500


def main() -> None:
    """Print a table by data set and longest record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="data sets; default: all of the folder")
    parser.add_argument("--data", default=os.environ.get("CTDC_SPARK_TEST_DATA"))
    asked = parser.parse_args()
    print("| data | attributes at most | not k-synthetic | k-synthetic, not strict | strict |")
    print("|---|---|---|---|---|", flush=True)
    for data in read_folder(asked.data, asked.names):
        for longest in (4, 5, 6, 8):
            found = Counter(sort_record(data.records, record) for record in sample_records(data, longest))
            print(
                f"| {data.name} | {longest} | {found['neither']:,} | {found['k']:,} | {found['strict']:,} |", flush=True
            )


def sample_records(data: Data, longest: int) -> list[Records]:
    """Grown records of more than L attributes, at random."""
    rng = np.random.default_rng(0)
    members = data.lattice.members[data.lattice.length == L].astype(np.int32)
    seeds = members[rng.permutation(len(members))[:SAMPLE]]
    worth = np.where(data.target > 0, 1 / np.maximum(data.target, 1), 0)
    grown = LocalGrower(data.lattice, data.unit_of, longest=longest).grow(GrowthOrder(seeds, worth, (0, 0)))
    chosen = np.flatnonzero(grown.lengths > L)
    return [grown.take(np.array([row])) for row in rng.permutation(chosen)[:SAMPLE]]


def sort_record(sensitive: Records, record: Records) -> str:
    """`strict`; `k` if k-synthetic but not strict; else `neither`. Its short combinations are known to be frequent."""
    if count_support(sensitive, record)[0] >= K:
        return "strict"
    parts = [part for part in intersect(sensitive, record) if len(part)]
    counts = [count_support(sensitive, part) for part in parts]
    return "k" if all((found >= K).all() for found in counts) else "neither"


if __name__ == "__main__":
    main()
