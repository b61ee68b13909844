"""How the counting stage grows: `python -m benchmarks.growth [--series records|length|columns|cores ...]`.

Every point is a process of its own: it reads and encodes the data, counts once to warm up and once to be measured.
Shuffled bytes come from Spark's event log.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from benchmarks.data import Shape, write_table
from benchmarks.measure import Run, machine, replace_rows, run_process

RESULTS = Path(__file__).parent / "results"
HEAD = (
    "| series | point | combinations | warm s | combinations / s | memory GB | shuffle MB |",
    "|---|---|---|---|---|---|---|",
)
FOLDER = Path(tempfile.gettempdir()) / "ctdc-spark-bench"
SPARSE = Shape("sparse", 200_000, 6, 45, values=40)


@dataclass(frozen=True)
class Point:
    """One measurement: which data, up to which length, on which local Spark."""

    series: str
    label: str
    make_data: Callable[[], Path]
    length: int = 3
    master: str = "local[2]"
    processors: str = ""
    """The processors that all its processes are bound to, in the form of `taskset`; default: all."""


def points() -> Iterator[Point]:
    """All points; each one's data are made when its turn comes."""
    for records in (50_000, 200_000, 1_000_000, 5_000_000):
        yield Point("records", f"{records:,} demo records", partial(demo_data, records))
    for length in (2, 3, 4, 5):
        yield Point("length", f"L = {length}, sparse 200,000", partial(write_table, SPARSE, FOLDER), length)
    for columns in (15, 30, 60):
        shape = replace(SPARSE, name=f"sparse-{columns}", flags=columns - 6)
        yield Point("columns", f"{columns} columns, sparse 200,000", partial(write_table, shape, FOLDER))
    for master in ("local[1]", "local[2]", "local-cluster[1,1,2048]", "local-cluster[2,1,2048]"):
        shape = replace(SPARSE, name="sparse-1m", records=1_000_000)
        yield Point("cores", f"{master}, sparse 1,000,000", partial(write_table, shape, FOLDER), 3, master)
        if master == "local[1]":  # its Python worker and its JVM still take turns on two processors
            label = f"{master} on one processor, sparse 1,000,000"
            yield Point("cores", label, partial(write_table, shape, FOLDER), 3, master, "0")


def demo_data(records: int) -> Path:
    """Demo records as a file or folder, made once."""
    path = FOLDER / f"demo-{records}{'.tsv' if records <= 1_000_000 else ''}"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        command = [
            sys.executable,
            "-m",
            "ctdc_spark",
            "demo-data",
            str(path),
            "--records",
            str(records),
            "--format",
            "tsv",
        ]
        subprocess.run(command, check=True)
    return path


def measure(point: Point, limit: float) -> tuple[Run, int]:
    """Run one point; the shuffled bytes are those of all stages of the whole process."""
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["CTDC_BENCH_MASTER"] = point.master
        os.environ["PYSPARK_SUBMIT_ARGS"] = (
            "--conf spark.eventLog.enabled=true --conf spark.eventLog.compress=false "
            f"--conf spark.eventLog.dir=file:{scratch} pyspark-shell"
        )
        bound = ["taskset", "-c", point.processors] if point.processors else []
        command = [sys.executable, "-m", "benchmarks.contend", "ours", str(point.make_data()), str(point.length)]
        run = run_process([*bound, *command, f"{scratch}/out", "--warm", "1"], limit)
        logs = [log for log in Path(scratch).rglob("*") if log.is_file() and "out/" not in str(log)]
        return run, sum(shuffled_bytes(log) for log in logs)


def shuffled_bytes(log: Path) -> int:
    """Bytes written to shuffles, added up over all tasks of an event log."""
    total = 0
    for line in log.read_text(errors="replace").splitlines():
        if '"SparkListenerTaskEnd"' in line:
            metrics = json.loads(line).get("Task Metrics") or {}
            total += metrics.get("Shuffle Write Metrics", {}).get("Shuffle Bytes Written", 0)
    return total


def main() -> None:
    """Measure the chosen series and write a table and a plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", nargs="*", choices=["records", "length", "columns", "cores"])
    parser.add_argument("--limit", type=float, default=1800, help="seconds after which a point is stopped")
    asked = parser.parse_args()
    for point in points():
        if asked.series and point.series not in asked.series:
            continue
        run, shuffled = measure(point, asked.limit)
        seconds, found = (run.output.get("seconds") or [float("nan")])[0], run.output.get("combinations", 0)
        row = (
            f"| {point.series} | {point.label} | {found:,} | {seconds:.2f} | {found / seconds:,.0f} | "
            f"{run.memory / 1e9:.1f} | {shuffled / 1e6:,.0f} |"
        )
        print(row, flush=True)
        write_row(row)  # a point may take long; earlier measurements are kept


def write_row(row: str) -> None:
    """Put a row into the table of results, replacing an earlier one of the same point, and redraw the plot."""
    path = RESULTS / "growth.md"
    rows = replace_rows(path, HEAD[0], 2, [row])
    head = [
        "# Growth of counting",
        "",
        f"`python -m benchmarks.growth` on {machine()}, last on {datetime.now(timezone.utc):%Y-%m-%d}. k = 10, L = 3 "
        "unless said. Warm: the counting stage in a running session. Memory: peak of all processes, reading included. "
        "Shuffle: of the whole process.",
        "",
        "![seconds of each point](growth.svg)",
        "",
    ]
    path.write_text("\n".join([*head, *HEAD, *rows]) + "\n", encoding="utf-8")
    draw([[cell.strip() for cell in line.split("|")[1:-1]] for line in rows], RESULTS / "growth.svg")


def draw(rows: list[list[str]], target: Path) -> None:
    """Seconds of the warm stage, one panel per series; cells as in the table."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "growth"  # the same picture for the same figures
    from matplotlib import pyplot as plt

    series = list(dict.fromkeys(row[0] for row in rows))
    figure, panels = plt.subplots(1, len(series), figsize=(4.5 * len(series), 4), squeeze=False)
    for panel, name in zip(panels[0], series, strict=True):
        mine = [
            (row[1].split(", ")[0] if name != "records" else row[1].split()[0], float(row[3]))
            for row in rows
            if row[0] == name
        ]
        panel.bar([label for label, _ in mine], [seconds for _, seconds in mine], color="#2166ac")
        panel.set(title=name, ylabel="seconds, warm")
        panel.tick_params(axis="x", rotation=30)
    figure.tight_layout()
    figure.savefig(target, metadata={"Date": None})


if __name__ == "__main__":
    main()
