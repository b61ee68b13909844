"""One contender as a process: `python -m benchmarks.contend NAME DATA LENGTH TARGET [--warm RUNS]`.

Without --warm it does the job once, from the file to the written table: the process is what is measured. With --warm it
does the counting stage RUNS + 1 times and prints the seconds of all but the first, and the number of combinations.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from benchmarks.contenders import CONTENDERS


def main() -> None:
    """Do the job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=CONTENDERS)
    parser.add_argument("data", type=Path)
    parser.add_argument("length", type=int)
    parser.add_argument("target", type=Path)
    parser.add_argument("--warm", type=int, default=0)
    asked = parser.parse_args()
    contender = CONTENDERS[asked.name]
    with tempfile.TemporaryDirectory() as scratch:
        prepared = contender.prepare(asked.data, Path(scratch))
        contender.warm(prepared, asked.length, asked.target / "0")
        seconds = []
        for run in range(1, asked.warm + 1):
            started = time.perf_counter()
            contender.warm(prepared, asked.length, asked.target / str(run))
            seconds.append(round(time.perf_counter() - started, 3))
    from pyarrow import parquet  # imported late: loading it is not part of the job

    written = [path for path in (asked.target / "0").rglob("*.parquet") if "_delta_log" not in path.parts]
    found = sum(parquet.read_metadata(path).num_rows for path in written)
    print(json.dumps({"seconds": seconds, "combinations": found}))


main()
