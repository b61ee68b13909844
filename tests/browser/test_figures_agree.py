"""One rule for every figure: for random selections, bar, table, CSV, picture and Python say the same, actual first."""

from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.etree import ElementTree

import numpy as np
import pytest

from ctdc_spark.explorer import PageData
from ctdc_spark.explorer.data import Metric
from ctdc_spark.explorer.quantity import Quantities, Quantity
from ctdc_spark.explorer.read import read_page_data
from ctdc_spark.release.reading import release_tables
from ctdc_spark.release.table_location import open_location
from tests.oracles.explorer_quantities import read_known
from tests.oracles.explorer_sample import Sample

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pyspark.sql import SparkSession

    from tests.browser.conftest import OpenPage

READ = """() => [...document.querySelectorAll("#cards button.bar")].map((bar) => [
  bar.dataset.column, bar.dataset.value, bar.dataset.kind,
  bar.querySelector(".hear").textContent.split(": ").slice(1).join(": "),
  bar.querySelector(".count [aria-hidden]").textContent])"""
NAMES = {"actual": "Actual", "estimate": "Estimate", "withheld": "Withheld", "uncounted": "Not counted"}


def noisy(sample: Sample) -> PageData:
    release = replace(sample.data.release, protection="dp", guarantee="dp: epsilon 1, delta 1e-6")
    scales = tuple(Metric("noise_scale", "reported", length, None, 7.3 * length) for length in (1, 2, 3))
    return replace(sample.data, release=release, metrics=(*sample.data.metrics, *scales))


@dataclass
class Shown:
    """The Explore view of a page under one selection; `chart` is the position of the chart looked at closely."""

    data: PageData
    quantities: Quantities
    selected: list[int]
    chart: int

    def name(self, attribute: int) -> tuple[str, str]:
        found = self.data.layout.attributes[attribute]
        return self.data.layout.columns[found.column].name, found.value

    def combine(self, attribute: int) -> list[int]:
        """What a bar stands for: in a chart of one single-valued column it replaces the selected value."""
        layout = self.data.layout
        column = layout.attributes[attribute].column
        alone = any(chart.columns == (column,) for chart in layout.charts) and layout.columns[column].exclusive
        others = [i for i in self.selected if not (alone and layout.attributes[i].column == column)]
        return sorted({*others, attribute})

    def base(self, attribute: int) -> list[int]:
        return [i for i in self.combine(attribute) if i != attribute or attribute in self.selected_elsewhere(attribute)]

    def count_base(self, attribute: int) -> int | None:
        """What percentages are of: the selection; if nothing is selected, those with information, if it is known."""
        if not self.selected and self.data.coverage is not None:
            chart = next(i for i, c in enumerate(self.data.layout.charts) if c.start <= attribute < c.end)
            covered = self.data.coverage.charts[chart]
            alone = len(self.data.layout.charts[chart].columns) == 1
            if alone and covered is not None and covered.with_information is not None:
                return covered.with_information
        return self.quantities.read(self.base(attribute)).value

    def selected_elsewhere(self, attribute: int) -> list[int]:
        layout = self.data.layout
        column = layout.attributes[attribute].column
        alone = any(chart.columns == (column,) for chart in layout.charts) and layout.columns[column].exclusive
        return [i for i in self.selected if not (alone and layout.attributes[i].column == column)]


def say(found: Quantity, data: PageData) -> str:
    """A figure in words, as the English page writes it."""
    k = data.release.threshold
    if found.kind == "withheld":
        return f"below {k}" if data.release.protection == "dp" else f"fewer than {k}, or none"
    if found.value is None:
        return "not counted, and not in the synthetic records"
    span = f"{found.low:,} to {found.high:,}"
    if found.kind == "estimate":
        doubt = ", too uncertain to use" if found.grade == "useless" else ""
        return f"about {found.value:,}{doubt} (usually {span})"
    spread = data.release.protection == "dp" and found.high > found.low
    return f"{found.value:,} ({span})" if spread else f"{found.value:,}"


def choose(data: PageData, rng: random.Random) -> list[int]:
    """Some attributes of one synthetic record; now and then one that it lacks."""
    records = data.records
    record = rng.randrange(len(records))
    held = records.attributes[records.offsets[record] : records.offsets[record + 1]].tolist()
    chosen = rng.sample(held, min(len(held), rng.randint(0, len(data.reported) + 2)))
    if rng.random() < 0.2:
        columns = {data.layout.attributes[i].column for i in chosen}
        free = [i for i, a in enumerate(data.layout.attributes) if a.column not in columns]
        chosen += rng.sample(free, min(1, len(free)))
    return chosen


def address(shown: Shown, shares: bool) -> str:
    asked = "&".join(f"s={quote(':'.join(shown.name(i)), safe='')}" for i in shown.selected)
    return f"#explore?{asked}{'&shares=1' if shares else ''}"


def go(page: Page, fragment: str) -> None:
    page.evaluate("(fragment) => { location.hash = fragment }", fragment)
    page.evaluate("() => new Promise((done) => setTimeout(done))")


def check_bars(page: Page, shown: Shown) -> None:
    go(page, address(shown, shares=False))
    ids = {shown.name(i): i for i in range(len(shown.data.layout.attributes))}
    for column, value, kind, said, _ in page.evaluate(READ):
        found = shown.quantities.read(shown.combine(ids[column, value]))
        assert (kind, said) == (found.kind, say(found, shown.data)), (shown.selected, column, value)
        published = len(shown.combine(ids[column, value])) <= len(shown.data.reported)
        assert not (published and kind in ("estimate", "uncounted"))


def check_shares(page: Page, shown: Shown) -> None:
    go(page, address(shown, shares=True))
    ids = {shown.name(i): i for i in range(len(shown.data.layout.attributes))}
    for column, value, _, said, seen in page.evaluate(READ):
        numbers = [float(word.strip("(),%?")) for word in said.split() if word.strip("(),?").endswith("%")]
        assert all(0 <= number <= 100 for number in numbers), (shown.selected, column, value, said)
        attribute = ids[column, value]
        part, whole = shown.quantities.read(shown.combine(attribute)), shown.count_base(attribute)
        if part.value is not None and whole and attribute not in shown.base(attribute):
            share = min(1.0, part.value / whole)
            assert float(seen.strip("≈ ?%")) == pytest.approx(100 * share, abs=0.051)


def check_files(page: Page, shown: Shown) -> None:
    """The table, the CSV and the picture of one chart."""
    go(page, address(shown, shares=False))
    card = page.locator(f"#chart-{shown.chart}")
    card.get_by_role("button", name="show as table").click()
    rows = card.locator("tbody tr").evaluate_all(
        "(rows) => rows.map((row) => [row.dataset.value, ...[...row.cells].slice(1).map((cell) => cell.textContent)])"
    )
    card.get_by_role("button", name="show as chart").click()
    files = {}
    card.locator("summary").click()
    for kind in ("CSV", "SVG"):
        with page.expect_download() as waiting:
            card.get_by_role("button", name=f"save as {kind}").click()
        files[kind] = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    card.locator("summary").click()
    lines = list(csv.DictReader(io.StringIO(files["CSV"])))
    chart = shown.data.layout.charts[shown.chart]
    assert len(rows) == len(lines) == chart.end - chart.start
    picture = ElementTree.fromstring(files["SVG"])
    written = {text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")}
    ids = {shown.name(i): i for i in range(chart.start, chart.end)}
    for (value, count, kind, share), line in zip(rows, lines, strict=True):
        found = shown.quantities.read(shown.combine(ids[line["column"], value]))
        assert line["value"].removeprefix("'") == value
        assert count == say(found, shown.data)
        assert kind.split(",")[0].split(" ")[0] == NAMES[found.kind].split(" ")[0]
        assert share.endswith(("%", "%, or none", "%)", "records"))
        numbers = [None if line[name] == "" else int(line[name]) for name in ("count", "count_low", "count_high")]
        assert (line["kind"], numbers) == (found.kind, [found.value, found.low, found.high])
        if found.kind == "actual":
            assert f"{found.value:,}" in written
        if found.kind == "estimate":
            assert f"≈ {found.value:,}{'?' if found.grade == 'useless' else ''}" in written


def check_selections(opened: Any, data: PageData, rng: random.Random, number: int) -> None:
    quantities = Quantities(data)
    filled = [i for i, chart in enumerate(data.layout.charts) if chart.start < chart.end]
    for step in range(number):
        shown = Shown(data, quantities, choose(data, rng), rng.choice(filled))
        check_bars(opened.page, shown)
        check_shares(opened.page, shown)
        if step < 10 or step % 10 == 0:
            check_files(opened.page, shown)
    assert opened.console == []


@pytest.mark.parametrize("variant", ["group size", "noise", "shorter"])
def test_every_figure_of_random_selections_is_the_same_everywhere(
    open_page: OpenPage, sample: Sample, variant: str
) -> None:
    """`shorter`: the page has no room for the longest published combinations."""
    data = {
        "group size": sample.data,
        "noise": noisy(sample),
        "shorter": replace(sample.data, reported=sample.data.reported[:2]),
    }[variant]
    check_selections(open_page(data, "#explore"), data, random.Random(variant), 6)


@pytest.mark.at_length("500 selections on each of three releases; the gate looks at six of a sample")
@pytest.mark.parametrize("name", ["finished", "finished_at_random", "finished_with_noise"])
def test_every_figure_of_published_releases_is_the_same_everywhere(
    open_page: OpenPage, spark: SparkSession, request: pytest.FixtureRequest, name: str
) -> None:
    folder: Path = request.getfixturevalue(name)
    data = read_page_data(release_tables(spark, open_location(spark, str(folder / "release")), "r1"))
    check_selections(open_page(data, "#explore"), data, random.Random(name), 500)


def test_python_reads_what_brute_force_counts(sample: Sample) -> None:
    quantities = Quantities(sample.data)
    rng = random.Random(4)
    for _ in range(300):
        ids = choose(sample.data, rng)
        known = read_known(sample, frozenset(Shown(sample.data, quantities, ids, 0).name(i) for i in ids))
        found = quantities.read(ids)
        assert (found.kind, found.value, found.low, found.high) == (known.kind, known.value, known.low, known.high)
        if found.synthetic is not None:
            assert found.synthetic == sample.estimate({Shown(sample.data, quantities, ids, 0).name(i) for i in ids})


def test_an_estimate_is_never_given_more_than_the_least_frequent_part(sample: Sample) -> None:
    quantities = Quantities(sample.data)
    rng = random.Random(5)
    highs = []
    for _ in range(300):
        ids = choose(sample.data, rng)
        found = quantities.read(ids)
        singles = [quantities.read([i]).high for i in ids]
        assert found.high <= min(singles, default=np.inf)
        highs.append(found.low <= found.high)
    assert all(highs)
