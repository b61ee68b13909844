"""Compare ways to count all short combinations: `python -m benchmarks.counting [--quick] [--runs N] [CASE ...]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from statistics import median

from benchmarks.data import SHAPES, write_table
from benchmarks.measure import Run, machine, replace_rows, run_process, spread

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Case:
    """A data set, a length, and who takes part."""

    shape: str
    length: int
    contenders: tuple[str, ...] = ("ours", "explode-plain", "explode", "polars")

    @property
    def name(self) -> str:
        """The case's name on the command line."""
        return f"{self.shape}-L{self.length}"


CASES = (
    Case("adult-like", 4, ("ours", "explode-plain", "explode", "polars", "fpgrowth")),
    Case("dense-22", 3),
    Case("sparse-200k", 3),
    Case("sparse-200k", 4),
    Case("sparse-1m", 3),
)
_FEW = ("ours", "explode", "polars")
QUICK = (Case("adult-like-small", 3, _FEW), Case("sparse-20k", 3, _FEW))


def main() -> None:
    """Run the cases and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", help=f"default: all of {', '.join(case.name for case in CASES)}")
    parser.add_argument("--quick", action="store_true", help="two small cases")
    parser.add_argument("--runs", type=int, default=3, help="whole processes of each contender, in turn")
    parser.add_argument("--limit", type=float, default=600, help="seconds after which a contender is stopped")
    parser.add_argument("--contenders", default="", help="only these beside ours, separated by commas")
    asked = parser.parse_args()
    chosen = [case for case in (QUICK if asked.quick else CASES) if not asked.cases or case.name in asked.cases]
    if asked.contenders:
        wanted = {"ours", *asked.contenders.split(",")}
        chosen = [replace(case, contenders=tuple(c for c in case.contenders if c in wanted)) for case in chosen]
    command = " ".join(["python -m benchmarks.counting", *sys.argv[1:]])
    RESULTS.mkdir(exist_ok=True)
    target = RESULTS / f"counting{'-quick' if asked.quick else ''}.md"
    for case in chosen:
        rows = compare(case, asked.runs, asked.limit)
        print("\n".join(rows), flush=True)
        write_results(target, rows, command)
    print(f"written to {target}")


def write_results(target: Path, rows: list[str], command: str) -> None:
    """Replace earlier rows of the same case and contender with these; all others stay."""
    head = "| case | contender | combinations | whole s | ratio | warm s | ratio | memory GB | date |"
    lines = [
        "# Counting",
        "",
        f"Last command: `{command}`, on {machine()}. k = 10. Seconds: median (minimum..maximum); ratio: that "
        "contender's median over ours, in turn in one run. *whole*: a process from file to written table; *warm*: the "
        "counting stage in a running session; memory: peak of all processes of a run.",
        "",
        head,
        "|---|---|---|---|---|---|---|---|---|",
        *replace_rows(target, head, 2, rows),
    ]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


def compare(case: Case, runs: int, limit: float) -> list[str]:
    """The table's rows of one case: contenders take turns, so that a change in the machine's speed affects them all."""
    data = write_table(SHAPES[case.shape], Path(tempfile.gettempdir()) / "ctdc-spark-bench")
    whole: dict[str, list[Run]] = {name: [] for name in case.contenders}
    for _ in range(runs):
        for name in case.contenders:
            if all(run.ended for run in whole[name]):  # a contender that did not end is not run again
                whole[name].append(contend(name, data, case.length, 0, limit))
    warm = {
        name: contend(name, data, case.length, runs, limit * (runs + 1)) if whole[name][-1].ended else Run(0, 0)
        for name in case.contenders
    }
    rows = []
    for name in case.contenders:
        seconds = [run.seconds for run in whole[name] if run.ended]
        hot = warm[name].output.get("seconds", [])
        found = warm[name].output.get("combinations", 0)
        memory = max(run.memory for run in whole[name]) / 1e9
        rows.append(
            f"| {case.name} | {name} | {found:,} | {spread(seconds)} | {ratio(seconds, whole['ours'])} | "
            f"{spread(hot)} | {over(hot, warm['ours'].output.get('seconds', []))} | {memory:.1f} | "
            f"{datetime.now(timezone.utc):%Y-%m-%d} |"
        )
    return rows


def contend(name: str, data: Path, length: int, warm: int, limit: float) -> Run:
    """One process of a contender."""
    with tempfile.TemporaryDirectory() as target:
        command = [
            sys.executable,
            "-m",
            "benchmarks.contend",
            name,
            str(data),
            str(length),
            target,
            "--warm",
            str(warm),
        ]
        return run_process(command, limit)


def ratio(seconds: list[float], ours: list[Run]) -> str:
    """Whole-process ratio to ours."""
    return over(seconds, [run.seconds for run in ours if run.ended])


def over(seconds: list[float], ours: list[float]) -> str:
    """Ratio of medians."""
    return f"{median(seconds) / median(ours):.1f}" if seconds and ours else "-"


if __name__ == "__main__":
    main()
