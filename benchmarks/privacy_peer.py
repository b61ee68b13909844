"""A peer's mechanism on one table: `python privacy_peer.py METHOD FOLDER EPSILON [STEPS MB]`, where it is installed.

Reads FOLDER/in.tsv; writes FOLDER/out.tsv (its records) and FOLDER/counts.json (its noisy aggregates, if any, and
the seconds to fit and to sample). METHOD is pac-synth (from the package of that name), AIM or MST (both from
smartnoise-synth). AIM may be cut to fewer steps and models of fewer megabytes than by default, as it otherwise takes
hours.
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd

Counts = dict[str, int]


def main() -> None:
    """Fit, sample as many records as there are, and write."""
    method, folder, epsilon = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    table = pd.read_csv(folder / "in.tsv", sep="\t", dtype=str, keep_default_na=False)
    delta = 1 / (len(table) * math.log(len(table)))
    asked = method, epsilon, delta
    cut = {"rounds": int(sys.argv[4]), "max_model_size": float(sys.argv[5])} if len(sys.argv) > 4 else {}
    sampled, counts, seconds = (
        make_pac_synth(table, asked) if method == "pac-synth" else make_graphical(table, asked, cut)
    )
    sampled.to_csv(folder / "out.tsv", sep="\t", index=False)
    (folder / "counts.json").write_text(json.dumps({"counts": counts, "seconds": seconds}))


def make_pac_synth(table: pd.DataFrame, asked: tuple[str, float, float]) -> tuple[pd.DataFrame, Counts, float]:
    """pac-synth with its default parameters at L = 3."""
    from pacsynth import Dataset, DpAggregateSeededParametersBuilder, DpAggregateSeededSynthesizer

    _, epsilon, delta = asked
    parameters = DpAggregateSeededParametersBuilder().epsilon(epsilon).delta(delta).reporting_length(3).build()
    synthesizer = DpAggregateSeededSynthesizer(parameters)
    started = time.perf_counter()
    synthesizer.fit(Dataset.from_data_frame(table))
    drawn = synthesizer.sample(len(table))
    seconds = time.perf_counter() - started
    sampled = Dataset.raw_data_to_data_frame(drawn)
    counts = {text: count for text, count in synthesizer.get_dp_aggregates(";").items() if ":" in text}
    return sampled, counts, seconds


def make_graphical(
    table: pd.DataFrame, asked: tuple[str, float, float], cut: dict[str, Any]
) -> tuple[pd.DataFrame, Counts, float]:
    """AIM with a workload of all sets of three columns, or MST; the domain is declared. They publish records only."""
    from snsynth.aim.aim import AIMSynthesizer
    from snsynth.mst.mst import MSTSynthesizer

    method, epsilon, delta = asked
    synthesizer: Any = (
        AIMSynthesizer(epsilon, delta, degree=3, **cut)
        if method == "AIM"
        else MSTSynthesizer(epsilon=epsilon, delta=delta)
    )
    started = time.perf_counter()
    synthesizer.fit(table, categorical_columns=list(table.columns), preprocessor_eps=0.0)
    sampled = synthesizer.sample(len(table))
    return sampled, {}, time.perf_counter() - started


if __name__ == "__main__":
    main()
