"""A small release with everything that a page may have to show, and its counts by brute force."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass

import numpy as np

from ctdc_spark.explorer import PageData
from ctdc_spark.explorer.charts import CodebookEntry, plan_layout
from ctdc_spark.explorer.data import Metric, Release, Reported
from ctdc_spark.records.records import Records

K, PRECISION, LENGTH = 10, 5, 3
HOSTILE = (
    "<script>document.title='taken'</script>",
    "</script><img src=x onerror=document.title='taken'>",
    "<!-- <script>",
    "\"double\" & 'single'",
    "$title ${payload} {k} $&",
    "long " + "x" * 4000,
    "\u202e\u0628\u0627\u0644\u0639\u0643\u0633 123",
    "👩‍👩‍👧‍👦",
    "__proto__",
    "=1+1",
)
COLUMNS = ("year", "gender", "country", "work", "threats", "debt", "lies", "what", "nothing")
VALUES = {
    "year": [str(year) for year in range(2002, 2011)],
    "gender": ["Woman", "Man", "Trans"],
    "country": ["FRA", "PHL", "UKR", "NGA", "BRA", "SGP"],
    "what": list(HOSTILE),
}
WORK = ("farm", "house", "mine")
FLAGS = ("threats", "debt", "lies")
LABELS = {**{name: name for name in COLUMNS}, "year": "Year", "what": HOSTILE[0], "threats": "Threats"}
COUNTRY_NAMES = {
    "FRA": "France",
    "PHL": "Philippines",
    "UKR": "Ukraine",
    "NGA": "Nigeria",
    "BRA": "Brazil",
    "SGP": "Singapore",
}
"""As an English page names the countries."""
GROUPS = dict.fromkeys(FLAGS, "Means of control") | {"gender": "Person", "country": "Person", "what": HOSTILE[1]}
PAGES = (("Who and when", ("Person", "year")), ("Means", ("Means of control",)))
Row = frozenset[tuple[str, str]]


@dataclass(frozen=True, eq=False)
class Sample:
    """A page's data, and what they were made from.

    Attributes:
        rows: The synthetic records as sets of (column, value).
        actual: Protected counts by combination of (column, value).
        data: The same in the form a page takes.
    """

    rows: list[Row]
    actual: dict[Row, int]
    data: PageData

    def estimate(self, combination: set[tuple[str, str]]) -> int:
        return sum(combination <= row for row in self.rows)


def draw_rows(number: int, seed: int) -> list[Row]:
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(number):
        row = {
            (column, values[int(rng.beta(1, 2.5) * len(values))])
            for column, values in VALUES.items()
            if rng.random() < 0.8
        }
        row |= {("work", value) for value in WORK if rng.random() < 0.4}
        row |= {(flag, "1") for flag in FLAGS if rng.random() < 0.3}
        rows.append(frozenset(row))
    return rows


def count_all(rows: list[Row]) -> Counter[Row]:
    counts: Counter[Row] = Counter()
    for row in rows:
        for length in range(1, LENGTH + 1):
            counts.update(map(frozenset, itertools.combinations(sorted(row), length)))
    return counts


def make_sample(records: int = 600, subjects: int = 640, seed: int = 5) -> Sample:
    """Records and subjects drawn from one distribution, so that counts are alike but not equal."""
    rows, cases = draw_rows(records, seed), draw_rows(subjects, seed + 1)
    actual = {c: n // PRECISION * PRECISION for c, n in count_all(cases).items() if n >= K}
    layout = plan_layout(COLUMNS, make_codebook(), {next(iter(c)): n for c, n in actual.items() if len(c) == 1}, LABELS)
    ids = {(layout.columns[a.column].name, a.value): i for i, a in enumerate(layout.attributes)}
    records_ = Records.from_lists([sorted(ids[pair] for pair in row) for row in rows]).distinct()
    estimated = count_all(rows)
    blocks = []
    for length in range(1, LENGTH + 1):
        chosen = sorted(
            (sorted(ids[pair] for pair in c), n, estimated[c]) for c, n in actual.items() if len(c) == length
        )
        table, counts, estimates = zip(*chosen, strict=True)
        blocks.append(Reported(np.array(table, np.int32), np.array(counts, np.int64), np.array(estimates, np.int64)))
    data = PageData(make_release(len(rows), subjects), layout, records_, tuple(blocks), METRICS, PAGES)
    return Sample(rows, actual, data)


def make_codebook() -> list[CodebookEntry]:
    pairs = [(column, value, "category") for column, values in VALUES.items() for value in values]
    pairs += [("work", value, "multi_value") for value in WORK] + [(flag, "1", "flag") for flag in FLAGS]
    entries = [CodebookEntry(column, value, value, GROUPS.get(column), kind) for column, value, kind in pairs]
    return [*entries, CodebookEntry("nothing", None, "", None, "withheld")]


def make_release(records: int, subjects: int) -> Release:
    return Release(
        release_id="demo-1a2b3c4d",
        title="Cases </title><script>document.title='taken'</script>",
        published_at="2026-11-22T23:59:00Z",
        subjects=subjects,
        records=records,
        length=LENGTH,
        threshold=K,
        precision=PRECISION,
        guarantee="strict",
        mode="calibrated",
        settings=(("reporting_length", "3"),),
        versions=(("ctdc-spark", "0.1.0"),),
    )


METRICS = (
    *(Metric(name, "proof", None, None, 0.0) for name in ("rare", "leakage", "fabrication")),
    Metric("strict_share", "proof", None, None, 1.0),
    Metric("presence", "reported", 1, None, 1.0),
    Metric("presence", "reported", 2, None, 0.99983),
    Metric("preservation", "reported", 1, None, 0.987),
    Metric("preservation", "reported", 2, None, 0.876),
    Metric("preservation", "reported", 2, 10, 0.5),
    Metric("preservation", "reported", 2, 20, 0.75),
    Metric("mean_relative_error", "reported", 1, None, 0.0123),
    Metric("mean_relative_error", "reported", 2, None, None),
    Metric("combinations", "reported", 2, None, 43210.0),
    Metric("record_expansion", "reported", None, None, -0.013),
)
