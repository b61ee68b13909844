"""pac-synth on one table: `python privacy_peer.py FOLDER EPSILON`, in an environment that has it.

Reads FOLDER/in.tsv; writes FOLDER/out.tsv (its records) and FOLDER/counts.json (its noisy aggregates, seconds to fit).
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path

import pandas as pd
from pacsynth import Dataset, DpAggregateSeededParametersBuilder, DpAggregateSeededSynthesizer


def main() -> None:
    """Fit, sample as many records as there are, and write."""
    folder, epsilon = Path(sys.argv[1]), float(sys.argv[2])
    table = pd.read_csv(folder / "in.tsv", sep="\t", dtype=str, keep_default_na=False)
    n = len(table)
    delta = 1 / (n * math.log(n))
    parameters = DpAggregateSeededParametersBuilder().epsilon(epsilon).delta(delta).reporting_length(3).build()
    synthesizer = DpAggregateSeededSynthesizer(parameters)
    started = time.perf_counter()
    synthesizer.fit(Dataset.from_data_frame(table))
    seconds = time.perf_counter() - started
    sampled = Dataset.raw_data_to_data_frame(synthesizer.sample(n))
    sampled.to_csv(folder / "out.tsv", sep="\t", index=False)
    counts = {text: count for text, count in synthesizer.get_dp_aggregates(";").items() if ":" in text}
    (folder / "counts.json").write_text(json.dumps({"counts": counts, "seconds": seconds}))


if __name__ == "__main__":
    main()
