"""How long the page takes to open and to answer, at the size it is meant for, in headless Chromium.

    python -m benchmarks.explorer

Makes a page of 200,000 artificial records with 51 columns and all their combinations of up to 4 attributes, opens it
several times, and clicks bars. A click is timed from the event until the browser has laid out and painted its effect.
Results: benchmarks/results/explorer.md.
"""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from benchmarks.data import SHAPES, make_table
from ctdc_spark.combinations.kernel import count_frequent
from ctdc_spark.explorer import PageData, build_page
from ctdc_spark.explorer.charts import CodebookEntry, plan_layout
from ctdc_spark.explorer.data import Layout, Release, Reported
from ctdc_spark.explorer.encoding import records_encoder
from ctdc_spark.explorer.estimates import count_reported
from ctdc_spark.records.blocks import unpack_blocks
from ctdc_spark.records.records import Records, concatenate

if TYPE_CHECKING:
    import pandas as pd
    from playwright.sync_api import Page

K, LENGTH = 10, 4
OPENINGS, CLICKS = 7, 60
RESULTS = Path(__file__).parent / "results" / "explorer.md"
CLICK = """(number) => new Promise((done) => {
  const bars = [...document.querySelectorAll("#cards button.bar")].filter((bar) => bar.checkVisibility());
  const start = performance.now();
  bars[number % bars.length].click();
  const called = performance.now() - start;
  requestAnimationFrame(() => setTimeout(() => done([called, performance.now() - start])));
})"""


def make_page_data(shape: str) -> PageData:
    """Subjects and synthetic records are two draws of one table: only their numbers matter here."""
    subjects, records = (make_table(SHAPES[shape], seed).astype(str) for seed in (7, 8))
    columns = list(subjects.columns)
    values = {name: sorted({*subjects[name], *records[name]} - {"", "0"}) for name in columns}
    kinds = {name: "flag" if values[name] == ["1"] else "category" for name in columns}
    groups = {name: f"flags {i // 3}" for i, name in enumerate(columns) if kinds[name] == "flag"}
    codebook = [
        CodebookEntry(name, value, value, groups.get(name), kinds[name]) for name in columns for value in values[name]
    ]
    layout = plan_layout(columns, codebook, {}, {})
    encoded = encode(records, layout)
    reported = make_reported(encode(subjects, layout), encoded)
    release = Release("benchmark", "Benchmark", None, len(subjects), len(records), LENGTH, K, K, "strict", "none")
    return PageData(release, layout, encoded, reported, ())


def encode(table: pd.DataFrame, layout: Layout) -> Records:
    """Distinct weighted records of a table of text."""
    text = table.mask(table.isin(["", "0"]), None)
    batch = pa.RecordBatch.from_pandas(text, pa.schema([(name, pa.string()) for name in text]), preserve_index=False)
    blocks = records_encoder(layout, [None] * len(layout.columns))([batch])
    return concatenate([records for _, records in unpack_blocks(blocks)])


def make_reported(subjects: Records, records: Records) -> tuple[Reported, ...]:
    """All frequent combinations of the subjects, with their counts in the records."""
    found: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}
    for block in count_frequent(subjects, K, LENGTH):
        found.setdefault(block.combinations.shape[1], []).append((block.combinations, block.counts))
    tables, actual = {}, {}
    for length, parts in sorted(found.items()):
        table, counts = (np.concatenate(pieces) for pieces in zip(*parts, strict=True))
        order = np.lexsort(table.T[::-1])
        tables[length], actual[length] = table[order], counts[order] // K * K
    estimated = count_reported(records, tables)
    return tuple(Reported(tables[length], actual[length], estimated[length]) for length in tables)


def time_openings(page: Page, address: str) -> Iterator[float]:
    """Seconds from the navigation until the page can be used."""
    for _ in range(OPENINGS):
        page.goto("about:blank")
        start = time.perf_counter()
        page.goto(address)
        page.wait_for_selector("html[data-ready]", timeout=60_000)
        yield time.perf_counter() - start


def time_clicks(page: Page) -> np.ndarray:
    """Milliseconds of each click until the script is done, and until the browser has painted. Shape (clicks, 2)."""
    rng = np.random.default_rng(3)
    times = []
    for click in range(CLICKS):
        times.append(page.evaluate(CLICK, int(rng.integers(0, 10_000))))
        if click % 4 == 3:
            page.get_by_role("button", name="Clear").click()
    return np.array(times)


def measure(address: str) -> list[str]:
    """Open the page in Chromium and return the measurements as rows of a table."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        openings = np.array(list(time_openings(page, address)))
        clicks = time_clicks(page)
        start = time.perf_counter()
        page.get_by_role("link", name="Evaluate").click()
        page.locator("#worst tbody tr").first.wait_for()
        evaluate = time.perf_counter() - start
        version = browser.version
        browser.close()
    script, painted = (np.percentile(clicks[:, i], [50, 95]) for i in (0, 1))
    return [
        f"| open, seconds (median and worst of {OPENINGS}) | {np.median(openings):.2f} | {openings.max():.2f} |",
        f"| click, ms of script (median and 95th percentile of {CLICKS}) | {script[0]:.0f} | {script[1]:.0f} |",
        f"| click, ms until painted (likewise) | {painted[0]:.0f} | {painted[1]:.0f} |",
        f"| first look at Evaluate, seconds | {evaluate:.2f} | |",
        f"| Chromium {version}, Python {platform.python_version()}, {os.cpu_count()} cores; load average meanwhile "
        f"| {os.getloadavg()[0]:.1f} | |",
    ]


def main() -> None:
    """Make the page, measure it, and write the results."""
    data = make_page_data("sparse-200k")
    start = time.perf_counter()
    html = build_page(data)
    built = time.perf_counter() - start
    combinations = sum(len(block.actual) for block in data.reported)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_text(html, encoding="utf-8")
        rows = measure(path.as_uri())
    size = f"| file, MB; seconds to write it | {len(html) / 1e6:.1f} | {built:.1f} |"
    shape = f"{data.release.records:,} records x {len(data.layout.columns)} columns, {combinations:,} combinations"
    text = "\n".join(
        ["# The page: opening and clicking", "", shape, "", "| what | | |", "|---|---|---|", size, *rows, ""]
    )
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
