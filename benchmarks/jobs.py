"""What a small release costs Spark, stage by stage: `python -m benchmarks.jobs [--records N] [--beside CHECKOUT]`.

Jobs, stages, tasks and queries come from Spark's event log. Our own sessions refuse to write one, because plans may
quote sensitive values; here the records are artificial (`ctdc-spark demo-data`), the session is the benchmark's own,
and the log is in a folder that is removed. Commits come from the logs of the published tables; processor seconds from
the processes themselves, so they are valid on a busy machine too.

With `--beside`, this code and that of another checkout (a git worktree, with an environment in .venv) make the release
in turn, so that both have the same machine; each cell of the table has both figures, the other's first.
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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.growth import demo_data
from benchmarks.measure import SAMPLE_SECONDS
from benchmarks.stages import Spent, settings_of

HERE = Path(__file__).parents[1]

LENGTH = 3

EVENTS = {
    "SparkListenerJobStart": ("jobs", ("Submission Time",)),
    "SparkListenerStageCompleted": ("stages", ("Stage Info", "Completion Time")),
    "SparkListenerTaskEnd": ("tasks", ("Task Info", "Finish Time")),
    "org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart": ("queries", ("time",)),
}
"""Events of Spark's log: what each counts as, and which field has its time."""

COUNTED = ("jobs", "stages", "tasks", "queries", "commits")

START, END = "start of Spark", "summary"
"""The periods before and after the stages."""


@dataclass(frozen=True)
class Period:
    """A stage of a release, including the time since the previous one.

    Attributes:
        name: the stage.
        start: seconds since 1970.
        end: in the same unit.
        spent: processor seconds of all processes.
    """

    name: str
    start: float
    end: float
    spent: float


Figures = dict[str, dict[str, float]]
"""For each stage: COUNTED, "processor s" and "seconds"."""


def measure(checkout: Path, records: int) -> Figures:
    """What a release of `records` demo records costs Spark with the code of a checkout."""
    with tempfile.TemporaryDirectory() as scratch:
        settings, events = Path(scratch) / "settings.yaml", Path(scratch) / "events"
        asked = settings_of(demo_data(records), LENGTH, scratch)
        settings.write_text(json.dumps({**asked, "sensitive_dir": f"{scratch}/sensitive", "seed": 1}), encoding="utf-8")
        events.mkdir()
        periods = watch(checkout, settings, events)
        seen = [*read_events(events), *(("commits", at) for at in read_commits(Path(scratch) / "release"))]
    return {
        period.name: {
            **{what: sum(kind == what and period.start <= at < period.end for kind, at in seen) for what in COUNTED},
            "processor s": period.spent,
            "seconds": period.end - period.start,
        }
        for period in periods
    }


def watch(checkout: Path, settings: Path, events: Path) -> list[Period]:
    """Run a release to its end, watching its processes.

    Raises:
        RuntimeError: it failed.
    """
    command = [str(checkout / ".venv/bin/python"), __file__, "--make", str(settings), str(events)]
    environment = {**os.environ, "PYTHONPATH": str(checkout), "PYSPARK_PYTHON": command[0]}
    spent, done, last, before = Spent(), threading.Event(), time.time(), 0.0
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=settings.parent)

    def look() -> None:
        while not done.wait(SAMPLE_SECONDS):
            spent.note(process.pid)

    watcher = threading.Thread(target=look)
    watcher.start()
    assert process.stdout is not None
    periods = []
    for line in process.stdout:
        spent.note(process.pid)
        now, all_spent = time.time(), sum(spent.by_role().values())
        periods.append(Period(json.loads(line)["stage"], last, now, all_spent - before))
        last, before = now, all_spent
    code = process.wait()
    done.set()
    watcher.join()
    if code:
        raise RuntimeError(f"the run ended with exit code {code}")
    return periods


def make_release(settings: str, events: str) -> None:
    """Make a release in a session that logs its events; for artificial records only."""
    from pyspark.sql import SparkSession

    from ctdc_spark.cli.main import cli
    from ctdc_spark.engine.session import keep_scratch_private, require_java, start_settings

    log = {"enabled": "true", "dir": f"file:{events}", "compress": "false"}
    ours = keep_scratch_private(start_settings(require_java()))
    builder = SparkSession.builder.master("local[2]").appName("benchmarks.jobs")
    for key, value in {**ours, **{f"spark.eventLog.{key}": value for key, value in log.items()}}.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    print(json.dumps({"stage": START}), flush=True)
    cli.main(["run", settings, "--attach"], "ctdc-spark", standalone_mode=False)
    print(json.dumps({"stage": END}), flush=True)
    spark.stop()


def read_events(folder: Path) -> Iterator[tuple[str, float]]:
    """The counted events in Spark's log, and the time of each in seconds since 1970."""
    for log in (path for path in folder.rglob("*") if path.is_file()):
        for line in log.read_text(encoding="utf-8", errors="replace").split("\n"):  # texts may hold other separators
            kind = next((kind for kind in EVENTS if line.startswith(f'{{"Event":"{kind}"')), None)
            if kind is not None:
                what, path = EVENTS[kind]
                found = json.loads(line)
                for key in path:
                    found = found[key]
                yield what, found / 1000


def read_commits(place: Path) -> Iterator[float]:
    """The time of each commit to the published tables, in seconds since 1970."""
    for log in place.glob("*/_delta_log/*.json"):
        actions = map(json.loads, log.read_text(encoding="utf-8").splitlines())
        yield next(action["commitInfo"]["timestamp"] for action in actions if "commitInfo" in action) / 1000


def together(releases: Sequence[Figures]) -> Figures:
    """The medians of the figures of several releases, and the sums over their stages."""
    stages = releases[0]
    found = {
        stage: {what: median(release[stage][what] for release in releases) for what in stages[stage]}
        for stage in stages
    }
    return {**found, "all": {what: sum(of[what] for of in found.values()) for what in found[START]}}


def write_table(figures: Sequence[Figures]) -> list[str]:
    """A Markdown table with one row per stage; with several checkouts, each cell has the figures of all, in order."""
    names = list(figures[0][START])
    rows = [f"| stage | {' | '.join(names)} |", "|---|" + "---|" * len(names)]
    for stage in figures[0]:
        cells = [" / ".join(_number(of[stage][name], name) for of in figures) for name in names]
        rows.append(f"| {stage if stage in (START, END, 'all') else f'`{stage}`'} | {' | '.join(cells)} |")
    return rows


def _number(value: float, name: str) -> str:
    return f"{value:,.0f}" if name in COUNTED else f"{value:,.1f}"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=1, help="releases per checkout; medians are reported")
    parser.add_argument("--beside", type=Path, action="append", default=[], help="another checkout")
    parser.add_argument("--make", nargs=2, metavar=("SETTINGS", "EVENTS"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.make:
        make_release(*asked.make)
        return
    checkouts = [*(path.resolve() for path in asked.beside), HERE]
    releases: list[list[Figures]] = [[] for _ in checkouts]
    for _ in range(asked.runs):
        for checkout, of_code in zip(checkouts, releases, strict=True):
            of_code.append(measure(checkout, asked.records))
            print(json.dumps({"checkout": str(checkout), **of_code[-1]}), file=sys.stderr, flush=True)
    print("\n".join(write_table([together(of_code) for of_code in releases])))


if __name__ == "__main__":
    main()
