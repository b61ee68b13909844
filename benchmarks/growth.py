"""How the counting stage grows: `python -m benchmarks.growth [--series records|length|columns|cores ...]`.

Every point is a process of its own: it reads and encodes the data, counts once to warm up, and once for the figures.
Shuffled bytes come from Spark's event log.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from benchmarks.data import Shape, write_table
from benchmarks.measure import Run, machine, run_process

RESULTS = Path(__file__).parent / "results"
FOLDER = Path(tempfile.gettempdir()) / "ctdc-spark-bench"
SPARSE = Shape("sparse", 200_000, 6, 45, values=40)


@dataclass(frozen=True)
class Point:
    """One measurement: which data, up to which length, on which local Spark."""

    series: str
    label: str
    data: Path
    length: int = 3
    master: str = "local[2]"


def points() -> Iterator[Point]:
    """All points; data are made when their turn comes."""
    for records in (50_000, 200_000, 1_000_000, 5_000_000):
        yield Point("records", f"{records:,} demo records", demo_data(records))
    for length in (2, 3, 4, 5):
        yield Point("length", f"L = {length}, sparse 200,000", sparse_data(SPARSE), length)
    for columns in (15, 30, 60):
        shape = replace(SPARSE, name=f"sparse-{columns}", flags=columns - 6)
        yield Point("columns", f"{columns} columns, sparse 200,000", sparse_data(shape))
    for master in ("local[1]", "local[2]", "local-cluster[1,1,2048]", "local-cluster[2,1,2048]"):
        shape = replace(SPARSE, name="sparse-1m", records=1_000_000)
        yield Point("cores", f"{master}, sparse 1,000,000", sparse_data(shape), 3, master)


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


def sparse_data(shape: Shape) -> Path:
    """A sparse table, made once."""
    return write_table(shape, FOLDER)


def measure(point: Point, limit: float) -> tuple[Run, int]:
    """Run one point; the bytes shuffled are those of all stages of the whole process."""
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["CTDC_BENCH_MASTER"] = point.master
        os.environ["PYSPARK_SUBMIT_ARGS"] = (
            f"--conf spark.eventLog.enabled=true --conf spark.eventLog.dir=file:{scratch} pyspark-shell"
        )
        command = [sys.executable, "-m", "benchmarks.contend", "ours", str(point.data), str(point.length)]
        run = run_process([*command, f"{scratch}/out", "--warm", "1"], limit)
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
    rows = [
        f"# Growth of counting, {datetime.now(timezone.utc):%Y-%m-%d}",
        "",
        f"`python -m benchmarks.growth {' '.join(sys.argv[1:])}` on {machine()}. k = 10. Warm: the counting stage in a "
        "running session. Memory and shuffle are those of the whole process.",
        "",
        "| series | point | combinations | warm s | combinations / s | memory GB | shuffle MB |",
        "|---|---|---|---|---|---|---|",
    ]
    drawn: list[tuple[Point, float, int]] = []
    for point in points():
        if asked.series and point.series not in asked.series:
            continue
        run, shuffled = measure(point, asked.limit)
        seconds, found = (run.output.get("seconds") or [float("nan")])[0], run.output.get("combinations", 0)
        rows.append(
            f"| {point.series} | {point.label} | {found:,} | {seconds:.2f} | {found / seconds:,.0f} | "
            f"{run.memory / 1e9:.1f} | {shuffled / 1e6:,.0f} |"
        )
        drawn.append((point, seconds, found))
        print(rows[-1], flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "growth.md").write_text("\n".join(rows) + "\n", encoding="utf-8")
    draw(drawn, RESULTS / "growth.svg")


def draw(drawn: list[tuple[Point, float, int]], target: Path) -> None:
    """Seconds of the warm stage, a panel a series."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    series = list(dict.fromkeys(point.series for point, _, _ in drawn))
    figure, panels = plt.subplots(1, len(series), figsize=(4.5 * len(series), 4), squeeze=False)
    for panel, name in zip(panels[0], series, strict=True):
        mine = [
            (point.label.split(",")[0] if name != "records" else point.label.split()[0], s)
            for point, s, _ in drawn
            if point.series == name
        ]
        panel.bar([label for label, _ in mine], [s for _, s in mine], color="#2166ac")
        panel.set(title=name, ylabel="seconds, warm")
        panel.tick_params(axis="x", rotation=30)
    figure.tight_layout()
    figure.savefig(target)


if __name__ == "__main__":
    main()
