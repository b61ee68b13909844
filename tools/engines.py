"""Run the tests that an engine can break on every version of Spark and Python that is claimed, each the real thing.

Each pair has an environment of its own in `.engines/`, made once: that Python, that Spark, the Delta that fits it, and
everything else as `requirements.lock` has it. `make test-matrix` runs all of them and ends with a table.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTED_WITH = ("pytest", "chispa", "hypothesis", "dp-accounting")
TESTS = (
    "tests/unit",
    "tests/spark",
    "tests/end_to_end/test_release_tables.py",
    "tests/end_to_end/test_oracle.py",
    "tests/end_to_end/test_publication.py",
    "tests/end_to_end/test_failed_runs.py",
    "tests/end_to_end/test_verify.py",
)
"""All that touches Spark or Delta in a way of its own; the rest is the same code on the same calls."""


@dataclass(frozen=True)
class Engine:
    """A pair that is claimed to work."""

    python: str
    spark: str
    delta: str

    @property
    def name(self) -> str:
        """Such as "spark-4.2.0-python3.11"."""
        return f"spark-{self.spark}-python{self.python}"

    @property
    def program(self) -> Path:
        """The environment's Python."""
        return ROOT / ".engines" / self.name / "bin" / "python"


ENGINES = (
    Engine("3.12", "4.2.0", "4.4.0"),
    Engine("3.10", "4.2.0", "4.4.0"),
    Engine("3.10", "4.0.1", "4.0.0"),
    Engine("3.11", "3.5.7", "3.3.2"),
)
"""Beside Python 3.11 with Spark 4.2, which `make test` runs."""


def main() -> None:
    """Run the chosen engines and exit with 1 if any test failed or an interpreter is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="a part of the names of the engines to run, such as spark-3.5")
    parser.add_argument("tests", nargs="*", default=TESTS, help="what pytest is told")
    asked = parser.parse_args()
    outcomes = {engine: run(engine, asked.tests) for engine in ENGINES if asked.only in engine.name}
    for engine, outcome in outcomes.items():
        print(f"{engine.name:<28} Delta {engine.delta:<8} {outcome}")
    sys.exit(any("failed" in outcome or "passed" not in outcome for outcome in outcomes.values()))


def run(engine: Engine, tests: list[str]) -> str:
    """What pytest said last of these tests on one engine."""
    interpreter = f"python{engine.python}"
    if not is_there(interpreter):
        return f"there is no python{engine.python} on this machine"
    make_environment(engine, interpreter)
    started = time.monotonic()
    command = [str(engine.program), "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, cwd=ROOT, env=environment(engine), stdout=subprocess.PIPE, text=True, check=False)
    sys.stdout.write(done.stdout)
    summary = done.stdout.rstrip().rpartition("\n")[2].strip("= ")
    return f"{summary} (exit {done.returncode}, {time.monotonic() - started:.0f} s)"


def is_there(interpreter: str) -> bool:
    """Whether an interpreter is on the PATH and starts: managers of versions leave names that do not."""
    path = shutil.which(interpreter)
    return path is not None and subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0


def environment(engine: Engine) -> dict[str, str]:
    """Variables without any that name another Spark or Python."""
    others = ("SPARK_", "PYSPARK_", "VIRTUAL_ENV")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(others)}
    return {**kept, "PATH": f"{engine.program.parent}{os.pathsep}{os.environ['PATH']}"}


def make_environment(engine: Engine, interpreter: str) -> None:
    """Install an engine, unless that was done before."""
    home = engine.program.parents[1]
    finished = home / "finished"
    if finished.exists():
        return
    shutil.rmtree(home, ignore_errors=True)
    subprocess.run([interpreter, "-m", "venv", str(home)], check=True)
    constraints = home / "constraints.txt"
    constraints.write_text("\n".join(locked_versions()), encoding="utf-8")
    wanted = [f"pyspark=={engine.spark}", f"delta-spark=={engine.delta}", *TESTED_WITH, "--editable", f"{ROOT}[dp]"]
    pip = [str(engine.program), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "setuptools<81", "wheel"], check=True)  # pyspark before 4 is built from source
    subprocess.run([*pip, "--constraint", str(constraints), *wanted], check=True)
    finished.touch()


def locked_versions() -> list[str]:
    """The lock without its hashes, and without what each engine chooses itself."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = re.findall(r"^([\w.-]+==[^\\\n]+?) *\\?$", lock, flags=re.MULTILINE)
    return [pin for pin in pins if not pin.startswith(("pyspark==", "delta-spark==", "py4j=="))]


if __name__ == "__main__":
    main()
