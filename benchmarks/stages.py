"""What each stage of a whole release costs: `python -m benchmarks.stages RECORDS ... [--cores N] [--executors N]`.

Every size is a process of its own on demo records. Seconds are reported by the run; tasks, their seconds and shuffled
bytes come from Spark's event log; processor seconds and memory of the driver's Python, the JVM and the Python workers
come from the processes themselves. Processor seconds are valid on a busy machine too. With `--executors`, the tasks run
in that many JVMs with one core and 1 GB each (Spark's local-cluster). One JSON line per stage is appended to
`benchmarks/results/stages.jsonl`, to which the costs in `ctdc_spark.forecast.costs` were fitted.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.growth import demo_data
from benchmarks.measure import SAMPLE_SECONDS, process_tree, resident_bytes

RESULTS = Path(__file__).parent / "results" / "stages.jsonl"
COLUMNS = 27
"""Of the demo records."""


@dataclass
class Peaks:
    """The largest resident sizes seen since the last stage ended, in bytes; a worker is one Python worker."""

    driver: int = 0
    jvm: int = 0
    worker: int = 0

    def note(self, root: int) -> None:
        """Look at all processes once."""
        for pid in process_tree(root):
            role = find_role(pid, root)
            setattr(self, role, max(getattr(self, role), resident_bytes(pid)))


@dataclass
class Spent:
    """Processor seconds of a run so far: the last seen figure of each process, including those that have ended."""

    seen: dict[tuple[str, int], float] = field(default_factory=dict)

    def note(self, root: int) -> None:
        """Look at all processes once."""
        for pid in process_tree(root):
            try:
                ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
            except OSError:
                continue
            self.seen[find_role(pid, root), pid] = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def by_role(self) -> dict[str, float]:
        """Seconds of the driver's Python, of the JVMs and of the Python workers."""
        roles = ("driver", "jvm", "worker")
        return {role: sum(s for (whose, _), s in dict(self.seen).items() if whose == role) for role in roles}


@dataclass
class Watched:
    """A run and its measurements, stage by stage; processor seconds by role are counted from its start."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    peaks: list[Peaks] = field(default_factory=list)
    spent: list[dict[str, float]] = field(default_factory=list)


def measure(records: int, where: dict[str, int], length: int) -> Iterator[dict[str, Any]]:
    """One row for each stage of a release of `records` demo records, on the `cores` or `executors` of `where`."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = Path(scratch) / "settings.yaml"
        settings.write_text(json.dumps(settings_of(demo_data(records), length, scratch)), encoding="utf-8")
        (Path(scratch) / "events").mkdir()
        watched = watch(str(settings), master_of(**where), f"{scratch}/events")
        tasks = read_tasks(Path(scratch) / "events")
        sizes = {table.name: folder_size(table) for table in Path(scratch, "release").iterdir()}
    before = dict.fromkeys(watched.spent[0], 0.0)
    for line, end, peaks, spent in zip(watched.lines, watched.ends, watched.peaks, watched.spent, strict=True):
        mine = [task for task in tasks if end - line["seconds"] <= task["end"] < end]
        yield {
            "subjects": records,
            "cells": records * COLUMNS,
            **where,
            "length": length,
            **{key: value for key, value in line.items() if key not in ("release_id", "status", "place", "page")},
            "tasks": len(mine),
            "task_seconds": round(sum(task["seconds"] for task in mine), 2),
            "shuffled_mb": round(sum(task["shuffled"] for task in mine) / 1e6, 1),
            **{f"{role}_mb": round(size / 1e6) for role, size in vars(peaks).items()},
            **{f"{role}_seconds": round(seconds - before[role], 2) for role, seconds in spent.items()},
            **({"published_bytes": sizes} if line["stage"] == "explore" else {}),
        }
        before = spent


def settings_of(data: Path, length: int, scratch: str) -> dict[str, object]:
    """Settings of a release of demo records."""
    return {
        "sensitive_microdata_path": str(data),
        "sensitive_microdata_format": "csv",
        "sensitive_microdata_delimiter": "\t",
        "output_dir": f"{scratch}/release",
        "reporting_length": length,
        "release_id": "measured",
    }


def master_of(cores: int = 0, executors: int = 0) -> str:
    """The master for `cores` cores in one process, or for `executors` executors of one core and 1 GB."""
    return f"local-cluster[{executors},1,1024]" if executors else f"local[{cores}]"


def watch(settings: str, master: str, events: str) -> Watched:
    """Run a release to its end, watching its processes.

    Raises:
        RuntimeError: it failed.
    """
    log = {"enabled": "true", "dir": f"file:{events}", "compress": "false"}
    options = " ".join(f"--conf spark.eventLog.{key}={value}" for key, value in log.items())
    environment = {**os.environ, "PYSPARK_SUBMIT_ARGS": f"{options} pyspark-shell"}
    command = [sys.executable, "-m", "ctdc_spark", "run", settings, "--master", master]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
    watched, peaks, spent, done = Watched(), [Peaks()], Spent(), threading.Event()

    def look() -> None:
        while not done.wait(SAMPLE_SECONDS):
            peaks[-1].note(process.pid)
            spent.note(process.pid)

    watcher = threading.Thread(target=look)
    watcher.start()
    assert process.stdout is not None
    for line in process.stdout:
        print(line, end="", file=sys.stderr, flush=True)
        watched.lines.append(json.loads(line))
        watched.ends.append(time.time())
        watched.spent.append(spent.by_role())
        peaks.append(Peaks())
    code = process.wait()
    done.set()
    watcher.join()
    if code:
        raise RuntimeError(f"the run ended with exit code {code}")
    watched.peaks = peaks[: len(watched.lines)]
    return watched


def read_tasks(events: Path) -> list[dict[str, float]]:
    """When each task ended, how long it worked and how much it shuffled."""
    found = []
    for log in (path for path in events.rglob("*") if path.is_file()):
        for line in log.read_text(errors="replace").splitlines():
            if '"SparkListenerTaskEnd"' in line:
                event = json.loads(line)
                metrics = event.get("Task Metrics") or {}
                found.append(
                    {
                        "end": event["Task Info"]["Finish Time"] / 1000,
                        "seconds": metrics.get("Executor Run Time", 0) / 1000,
                        "shuffled": metrics.get("Shuffle Write Metrics", {}).get("Shuffle Bytes Written", 0),
                    }
                )
    return found


def folder_size(place: Path) -> int:
    """Bytes of a file, or of the data files of a folder."""
    if place.is_file():
        return place.stat().st_size
    totals: dict[bool, int] = defaultdict(int)
    for path in place.rglob("*"):
        if path.is_file():
            totals["_delta_log" in path.parts] += path.stat().st_size
    return totals[False]


def find_role(pid: int, root: int) -> str:
    """The role of a process in the tree of a run."""
    try:
        program = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
    except OSError:
        program = b""
    return "driver" if pid == root else "jvm" if program.endswith(b"java") else "worker"


def main() -> None:
    """Measure the requested sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", type=int, nargs="+")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--executors", type=int, help="instead of cores: executors of one core and 1 GB each")
    parser.add_argument("--length", type=int, default=3)
    asked = parser.parse_args()
    where = {"executors": asked.executors} if asked.executors else {"cores": asked.cores}
    for records in asked.records:
        for row in measure(records, where, asked.length):
            print(json.dumps(row), flush=True)
            with RESULTS.open("a", encoding="utf-8") as results:
                results.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
