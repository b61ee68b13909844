"""Run processes in turn and measure what they take: wall time, and peak memory of the whole process tree."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

SAMPLE_SECONDS = 0.2


@dataclass(frozen=True)
class Run:
    """One finished or stopped process. `memory` is the largest sum of resident sizes seen, in bytes.

    Pages that forked workers share are counted once for each, so it is an upper bound.
    """

    seconds: float
    memory: int
    output: dict[str, Any] = field(default_factory=dict)
    ended: bool = True


def replace_rows(path: Path, head: str, keys: int, rows: Sequence[str]) -> list[str]:
    """The rows of a Markdown table in a file, with new ones replacing earlier ones with the same first cells.

    Args:
        path: the file, which need not exist.
        head: the table's first line.
        keys: how many cells identify a row.
        rows: the new rows.
    """
    earlier = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    named = {
        tuple(line.split("|")[1 : keys + 1]): line
        for line in (*earlier, *rows)
        if line.startswith("| ") and line != head
    }
    return list(named.values())


def run_process(command: Sequence[str], limit: float) -> Run:
    """Run a command in a process group of its own; after `limit` seconds the group is stopped."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, text=True
    )
    peak = [0]
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, peak, done))
    watcher.start()
    try:
        output, _ = process.communicate(timeout=limit)
        ended = process.returncode == 0
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, ended = "", False
        process.wait()
    done.set()
    watcher.join()
    lines = output.strip().splitlines()
    return Run(time.perf_counter() - started, peak[0], json.loads(lines[-1]) if lines and ended else {}, ended)


def spread(values: Sequence[float]) -> str:
    """Median with minimum and maximum."""
    if not values:
        return "did not end"
    return f"{median(values):.2f} ({min(values):.2f}..{max(values):.2f})"


def machine() -> str:
    """The machine that the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        "unknown processor",
    )
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB"


def _watch(root: int, peak: list[int], done: threading.Event) -> None:
    while not done.wait(SAMPLE_SECONDS):
        peak[0] = max(peak[0], sum(resident_bytes(pid) for pid in process_tree(root)))


def process_tree(root: int) -> list[int]:
    """The ids of a process and of all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def resident_bytes(pid: int) -> int:
    """The resident size of a process; 0 if it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
