"""What a run shows while it works: a live line for people, one JSON line per stage for schedulers."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Iterator, Mapping
from typing import IO

from rich.console import Console
from rich.progress import Progress as Spinner
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from ctdc_spark.addresses import hide_in_text
from ctdc_spark.storage.stage_results import StageFigure


class Progress:
    """Reports the stages of one run; facts are publishable figures only.

    On a terminal: a spinner with the stage's name and elapsed time, then one line per stage, all on standard error.
    Elsewhere: only JSON lines on standard output.
    """

    def __init__(self, release_id: str, *, terminal: bool | None = None, lines: IO[str] | None = None) -> None:
        self._release_id = release_id
        self._terminal = sys.stderr.isatty() if terminal is None else terminal
        self._console = Console(stderr=True, highlight=False)
        self._lines = lines or sys.stdout

    def show(self, text: str) -> None:
        """Show a text to a person; schedulers do not see it."""
        if self._terminal:
            self._console.print(hide_in_text(text), markup=False, soft_wrap=True)

    @contextlib.contextmanager
    def stage(self, name: str, number: int, total: int) -> Iterator[dict[str, StageFigure]]:
        """Time one stage; the body puts its figures into the yielded dict."""
        facts: dict[str, StageFigure] = {}
        started = time.monotonic()
        title = f"{number}/{total} {name}"
        status = "failed"
        try:
            with self._spin(title) if self._terminal else contextlib.nullcontext():
                yield facts
            status = "done"
        except KeyboardInterrupt:
            status = "stopped"
            raise
        finally:
            self._report(title, name, {"status": status, "seconds": round(time.monotonic() - started, 2), **facts})

    @contextlib.contextmanager
    def _spin(self, title: str) -> Iterator[None]:
        """A line that moves and says for how long, until the body ends."""
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        still = not self._console.is_terminal
        with Spinner(*columns, console=self._console, transient=True, disable=still) as spinner:
            spinner.add_task(title, total=None)
            yield

    def _report(self, title: str, name: str, facts: dict[str, StageFigure]) -> None:
        if not self._terminal:
            line = {"stage": name, "release_id": self._release_id, **facts, "driver_mb": _peak_mb()}
            print(hide_in_text(json.dumps(line)), file=self._lines, flush=True)
            return
        seconds, status = facts.pop("seconds"), facts.pop("status")
        mark = "FAILED" if status == "failed" else status
        said = f"{mark:<6} {title:<17} {seconds:>7.1f} s   {show_figures(facts)}"
        self._console.print(hide_in_text(said), markup=False, soft_wrap=True)


def show_figures(figures: Mapping[str, StageFigure]) -> str:
    """Figures of a stage as a person reads them."""
    return ", ".join(f"{name.replace('_', ' ')} {_figure(value)}" for name, value in figures.items())


def _peak_mb() -> int | None:
    """The peak memory of this process, the driver's Python, so far."""
    try:
        import resource
    except ImportError:  # Windows does not tell
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3))  # bytes there, kilobytes elsewhere


def _figure(value: StageFigure) -> str:
    if isinstance(value, list):
        return " / ".join(f"{part:.3g}" for part in value)
    return f"{value:,}" if isinstance(value, int) else str(value)
