"""Real runs killed at random moments: readers never see a mixture, and the next run makes the release.

CTDC_SPARK_FAULTS says how many runs to kill (`make test-faults` kills 24). Unless it is set, one is killed, which
publishes what an earlier run has prepared.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from ctdc_spark.release.contracts import TABLES
from tests.end_to_end.running import all_tables, child_environment, command, write_settings
from tests.end_to_end.sample import KEYS, MARKER
from tests.end_to_end.test_release_tables import files_with

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

STAGES = ("start", "cases", "combinations", "synthesis", "evaluation", "proof", "release", "explore")
VICTIMS = ("everything", "the JVM", "the Python workers")
KILLED = int(os.environ.get("CTDC_SPARK_FAULTS", "0"))
LONGEST = 300


class Run:
    """`ctdc-spark run`, or one stage of it, in a process group of its own, followed stage by stage."""

    def __init__(self, settings: str, folder: Path, what: str = "run", **environment: str) -> None:
        command = [sys.executable, "-m", "ctdc_spark", what, settings, "--master", "local[2]"]
        self._release = folder / "release"
        self._said = (folder / f"stderr {uuid4().hex}").open("w+", encoding="utf-8")
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={**child_environment(), **environment},
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            start_new_session=True,
        )
        self.done = ["start"]
        self._follower = threading.Thread(target=self._follow, daemon=True)
        self._follower.start()

    def _follow(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith("}\n"):  # a killed run may leave half a line
                self.done.append(json.loads(line)["stage"])

    def wait_for(self, stage: str) -> None:
        """Wait until a stage is at work, or the run has ended."""
        before = STAGES[max(0, STAGES.index(stage) - 1)]
        self._wait_until(lambda: before in self.done)

    def wait_until_it_publishes(self) -> None:
        """Wait until the first table is being created, or the run has ended."""
        self._wait_until(self._release.exists)

    def _wait_until(self, reached: Callable[[], bool]) -> None:
        ends = time.monotonic() + LONGEST
        while not reached() and self.process.poll() is None and time.monotonic() < ends:
            time.sleep(0.02)

    def kill(self, victim: str) -> None:
        """Kill a part of it without warning."""
        for process in self._members():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it may have ended meanwhile
                command = Path(f"/proc/{process}/cmdline").read_bytes()
                is_worker, is_java = b"pyspark.daemon" in command, b"java" in command.split(b"\0")[0]
                if victim == "everything" or (is_java if victim == "the JVM" else is_worker):
                    os.kill(process, signal.SIGKILL)

    def end(self) -> tuple[int, str]:
        """Its exit code and standard error; whatever is left of it is ended."""
        try:
            self.process.wait(timeout=LONGEST)
        finally:
            self.kill("everything")
        self._follower.join()
        with self._said as said:
            said.seek(0)
            return self.process.returncode, said.read()

    def _members(self) -> list[int]:
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                # the session is the sixth field, behind the name in brackets
                session = (entry / "stat").read_text().rpartition(")")[2].split()[3]
                if int(session) == self.process.pid:
                    found.append(int(entry.name))
        return found


def choose(number: int) -> tuple[str, float, str]:
    """The stage, the time after its beginning, and what is killed."""
    draw = random.Random(f"fault {number}")
    stage = STAGES[number % len(STAGES)] if KILLED else "release"
    return stage, draw.uniform(0, 6 if stage == "start" else 2.5), VICTIMS[(number // len(STAGES)) % len(VICTIMS)]


def check_readers(spark: SparkSession, folder: Path, expected: dict[str, list[str]]) -> bool:
    """Whether the release is complete; if so, it is the right one, and nothing rare is anywhere."""
    release = folder / "release"
    assert files_with(release, MARKER) == set()
    if not all((release / table / "_delta_log").exists() for table in TABLES):
        return False
    if spark.read.format("delta").load(str(release / "releases")).isEmpty():
        return False
    assert all_tables(spark, release) == expected
    return True


def begin(number: int, folder: Path, finished: Path) -> tuple[Run, str]:
    """The run that will be killed, at the stage in which this is to happen, and its settings."""
    settings = write_settings(folder, finished / "cases.csv", **{**KEYS, "keep_intermediates": False})
    if KILLED:
        run = Run(settings, folder)
        run.wait_for(choose(number)[0])
    else:
        shutil.copytree(finished / "sensitive", folder / "sensitive")
        # where Hadoop is configured Spark publishes, which takes seconds; test_failed_runs.py stops the short way
        run = Run(settings, folder, "release", HADOOP_CONF_DIR=str(folder / "no configuration"))
        run.wait_until_it_publishes()
    return run, settings


@pytest.mark.parametrize("number", range(KILLED or 1))
def test_a_killed_run_leaves_nothing_half_published_and_the_next_one_finishes(
    spark: SparkSession,
    finished: Path,
    finished_tables: dict[str, list[str]],
    tmp_path: Path,
    number: int,
) -> None:
    stage, delay, victim = choose(number)
    killed, settings = begin(number, tmp_path, finished)
    time.sleep(delay)
    killed.kill(victim)
    code, said = killed.end()
    assert MARKER not in said
    complete = check_readers(spark, tmp_path, finished_tables)
    sys.stdout.write(f"FAULT {number}: {victim} {delay:.1f} s into {stage}; exit {code}; complete: {complete}\n")
    # 4: it had been complete, with its page and its documents
    assert command("run", settings) in ((0, 4) if complete else (0,))
    assert check_readers(spark, tmp_path, finished_tables)
    assert (tmp_path / "release" / "r1.html").exists()
    assert (tmp_path / "release" / "r1" / "codebook.md").exists()
    assert {path.name for path in (tmp_path / "sensitive" / "r1").iterdir()} == {"restricted"}


def test_of_two_runs_at_once_one_makes_the_release_and_the_other_says_so(
    spark: SparkSession,
    finished: Path,
    finished_tables: dict[str, list[str]],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """One run in a process of its own, and the other here, while the first is at its second stage."""
    settings = write_settings(tmp_path, finished / "cases.csv", **{**KEYS, "keep_intermediates": False})
    other = Run(settings, tmp_path)
    other.wait_for("combinations")
    ours = command("run", settings)
    theirs, said = other.end()
    assert re.fullmatch(r"(error: .*\n)?", said)  # Spark itself says nothing
    said += capfd.readouterr().err
    assert sorted([ours, theirs]) in ([0, 4], [0, 5]), said
    assert "took" in said or "already complete" in said
    assert check_readers(spark, tmp_path, finished_tables)
