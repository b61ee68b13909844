"""What a run shows in a notebook: a bar, and a line for each finished stage; elsewhere plain lines."""

from __future__ import annotations

import contextlib
import html
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ctdc_spark.addresses import hide_in_text
from ctdc_spark.io.display import html_table
from ctdc_spark.pipeline.progress import Progress, show_figures

if TYPE_CHECKING:
    from ctdc_spark.storage.stage_results import StageFigure


def choose_progress(release_id: str) -> Progress:
    """The reporter of a run's stages that suits this environment."""
    return NotebookProgress(release_id) if is_notebook() else Progress(release_id, terminal=True)


def is_notebook() -> bool:
    """Whether output is shown as HTML: in Jupyter and what is built on it, such as Databricks."""
    python = sys.modules.get("IPython")
    shell = python.get_ipython() if python is not None else None
    return shell is not None and hasattr(shell, "kernel")


class NotebookProgress(Progress):
    """One output of a cell, redrawn at each stage; it needs no widgets."""

    def __init__(self, release_id: str) -> None:
        super().__init__(release_id, terminal=True)
        self._title = f"Release {release_id}"
        self._rows: list[tuple[str, ...]] = []
        self._said: list[str] = []
        self._shown: Any = None

    def show(self, text: str) -> None:
        """Show a text to a person."""
        self._said.append(hide_in_text(text))
        self._draw("", 0, 1)

    @contextlib.contextmanager
    def stage(self, name: str, number: int, total: int) -> Iterator[dict[str, StageFigure]]:
        """Time one stage; the body puts its figures into the yielded dict."""
        figures: dict[str, StageFigure] = {}
        started, status = time.monotonic(), "FAILED"
        self._draw(f"{number}/{total} {name}", number - 1, total)
        try:
            yield figures
            status = "done"
        except KeyboardInterrupt:
            status = "stopped"
            raise
        finally:
            seconds = f"{time.monotonic() - started:,.1f} s"
            self._rows.append((status, f"{number}/{total} {name}", seconds, hide_in_text(show_figures(figures))))
            self._draw("" if number == total else status, number, total)

    def _draw(self, doing: str, done: int, total: int) -> None:
        from IPython.display import HTML, display

        bar = f'<progress value="{done}" max="{total}" aria-label="stages"></progress> {html.escape(doing)}'
        said = "".join(f"<pre>{html.escape(text)}</pre>" for text in self._said)
        page = HTML(f"<div><b>{html.escape(self._title)}</b> {bar}{said}{html_table(self._rows)}</div>")
        if self._shown is None:
            self._shown = display(page, display_id=True)
        else:
            self._shown.update(page)
