"""Every ring of tests, one after the other: what `make test-all` runs.

A ring is a target of the Makefile. Its output is kept in `.rings/NAME.log`, its outcome in `.rings/NAME.json`. A ring
that passed on the same sources is not run again, so an interrupted run continues where it ended. One that fails does
not keep the next ones from running.

    python -m tools.run_rings               all rings
    python -m tools.run_rings gate faults   these
    python -m tools.run_rings --again       all, even if they passed before
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
KEPT = ROOT / ".rings"


@dataclass(frozen=True)
class Ring:
    """Tests that are run together.

    Attributes:
        name: such as "faults".
        target: of the Makefile.
        about: what it shows.
    """

    name: str
    target: str
    about: str


RINGS = (
    Ring("check", "check", "lint, formatting and types"),
    Ring("page", "check-page", "types and formatting of the page's script"),
    Ring("gate", "test", "what has to pass before a change is taken"),
    Ring("at-length", "test-at-length", "what left the gate"),
    Ring("faults", "test-faults", "killed runs, full disks, held tables"),
    Ring("connect", "test-connect", "the end-to-end tests over Spark Connect"),
    Ring("places", "test-places", "a cluster, a Hive metastore, an S3-compatible store"),
    Ring("environment", "test-environment", "the packed environment for clusters"),
    Ring("assess", "test-assess", "attacks that need a library of their own"),
    Ring("matrix", "test-matrix", "other versions of Spark and Python"),
)


@dataclass(frozen=True)
class Outcome:
    """How a ring ended.

    Attributes:
        sources: what was tested; see `name_sources`.
        code: exit code of make.
        seconds: by the clock.
        summary: pytest's last line, or the last line there was.
    """

    sources: str
    code: int
    seconds: int
    summary: str


def name_sources() -> str:
    """The commit, and a digest of what differs from it."""
    commit = _git("rev-parse", "HEAD").strip()
    changed = _git("diff", "HEAD", "--binary")
    for name in _git("ls-files", "--others", "--exclude-standard", "-z").split("\0"):
        changed += name + (_digest((ROOT / name).read_bytes()) if name else "")
    return f"{commit[:12]}+{_digest(changed.encode())[:12]}" if changed else commit[:12]


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True)  # noqa: S603, S607 - git
    return done.stdout.decode(errors="replace")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def summarize(log: str) -> str:
    """Pytest's last line of figures, or the last line there is."""
    figures = re.findall(r"^=* ?(\d+ (?:passed|failed|skipped|error).* in [\d.]+s.*?) ?=*$", log, flags=re.MULTILINE)
    lines = [line for line in log.splitlines() if line.strip()]
    return figures[-1] if figures else (lines or ["nothing said"])[-1][:100]


def run(ring: Ring, sources: str) -> Outcome:
    """Run a ring, and keep its output and outcome."""
    KEPT.mkdir(exist_ok=True)
    log, began = KEPT / f"{ring.name}.log", time.monotonic()
    with log.open("w", encoding="utf-8") as said:
        code = subprocess.run(  # noqa: S603 - a target of our own Makefile
            ["make", "--no-print-directory", ring.target],  # noqa: S607
            cwd=ROOT,
            stdout=said,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    seconds = round(time.monotonic() - began)
    outcome = Outcome(sources, code, seconds, summarize(log.read_text(encoding="utf-8", errors="replace")))
    (KEPT / f"{ring.name}.json").write_text(json.dumps(asdict(outcome)), encoding="utf-8")
    return outcome


def passed_before(ring: Ring, sources: str) -> Outcome | None:
    """The outcome of a ring that has passed on these sources; None for others."""
    kept = KEPT / f"{ring.name}.json"
    if not kept.exists():
        return None
    outcome = Outcome(**json.loads(kept.read_text(encoding="utf-8")))
    return outcome if outcome.code == 0 and outcome.sources == sources else None


def describe(ring: Ring, outcome: Outcome, *, before: bool) -> str:
    """A line on a finished ring."""
    ended = "FAILED" if outcome.code else "passed before" if before else "passed"
    return f"{ring.name:<12} {ended:<13} {outcome.seconds / 60:6.1f} min  {outcome.summary}"


def main(arguments: list[str]) -> int:
    """Run the requested rings; 1 if one failed."""
    names = [ring.name for ring in RINGS]
    parser = argparse.ArgumentParser(prog="run_rings", description="Run every ring of tests.")
    parser.add_argument("rings", nargs="*", metavar="RING", help=f"some of {', '.join(names)}")
    parser.add_argument("--again", action="store_true", help="also run what has passed on these sources")
    asked = parser.parse_args(arguments)
    unknown = sorted(set(asked.rings) - set(names))
    if unknown:
        parser.error(f"found {', '.join(unknown)}; allowed: {', '.join(names)}")
    sources, lines, failed = name_sources(), [], False
    for ring in (ring for ring in RINGS if ring.name in (asked.rings or names)):
        before = None if asked.again else passed_before(ring, sources)
        if before is None:
            sys.stdout.write(f"{ring.name}: make {ring.target} ({ring.about})\n")
            sys.stdout.flush()
        outcome = before or run(ring, sources)
        failed |= outcome.code != 0
        lines.append(describe(ring, outcome, before=before is not None))
        sys.stdout.write(lines[-1] + "\n")
        sys.stdout.flush()
    sys.stdout.write("\n".join(["", f"Sources {sources}; the output of each ring: {KEPT.name}/NAME.log", *lines, ""]))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
