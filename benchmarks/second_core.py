"""What a second core gives: `python -m benchmarks.second_core [--passes N]`.

The counting stage on a million sparse records in one running session, bound to one processor and to two in turn: both
are equally warm and share the machine with the same other processes. Linux only (`taskset`).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from statistics import median

from benchmarks.contenders import prepare_ours, warm_ours
from benchmarks.data import write_table
from benchmarks.growth import FOLDER, SPARSE
from benchmarks.measure import machine, process_tree, spread

RESULT = Path(__file__).parent / "results" / "second_core.md"
ONE, TWO = "0", "0,1"


def bind(processors: str) -> None:
    """Bind this process and all its descendants, with all their threads, to these processors."""
    for process in process_tree(os.getpid()):
        command = ["taskset", "--all-tasks", "--pid", "--cpu-list", processors, str(process)]
        subprocess.run(command, capture_output=True, check=False)  # a process may just have ended


def measure(passes: int) -> dict[str, list[float]]:
    """Seconds of each pass, by the processors it was bound to."""
    data = write_table(replace(SPARSE, name="sparse-1m", records=1_000_000), FOLDER)
    seconds: dict[str, list[float]] = {ONE: [], TWO: []}
    with tempfile.TemporaryDirectory() as scratch:
        prepared = prepare_ours(data, Path(scratch))
        for number in range(passes + 1):
            for processors, mine in seconds.items():
                bind(processors)
                started = time.perf_counter()
                warm_ours(prepared, 3, Path(scratch) / f"counted{number} on {processors}")
                mine.append(time.perf_counter() - started)
        bind(TWO)
    return {processors: mine[1:] for processors, mine in seconds.items()}  # the first pass warms up


def main() -> None:
    """Measure, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passes", type=int, default=7, help="passes on one processor, and as many on two")
    asked = parser.parse_args()
    seconds = measure(asked.passes)
    ratios = [one / two for one, two in zip(seconds[ONE], seconds[TWO], strict=True)]
    text = f"""# What a second core gives

`python -m benchmarks.second_core --passes {asked.passes}` on {machine()}, {datetime.now(timezone.utc):%Y-%m-%d}:
the counting stage on 1,000,000 sparse records, L = 3, in one session bound to one processor and to two in turn.
Median (minimum..maximum).

| processors | seconds |
|---|---|
| one | {spread(seconds[ONE])} |
| two | {spread(seconds[TWO])} |
| ratio of the pairs | {spread(ratios)} |
"""
    print(text)
    RESULT.write_text(text, encoding="utf-8")
    print(f"written to {RESULT}; a second core: {median(ratios):.2f} times")


if __name__ == "__main__":
    main()
