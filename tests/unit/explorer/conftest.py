"""A small release whose numbers are all different, with values that try to break out of the page."""

from __future__ import annotations

import pytest

from ctdc_spark.explorer import Bar, Chart, Metric, PageData, Release

HOSTILE = (
    "<script>document.title='taken'</script>",
    "</script><img src=x onerror=document.title='taken'>",
    "<!-- <script>",
    "\"double\" & 'single'",
    "$title ${payload} {k}",
    "x" * 4000,
    "\u202e\u0628\u0627\u0644\u0639\u0643\u0633 123",  # Arabic behind a right-to-left override
    "👩‍👩‍👧‍👦",
    "line\u2028and\u2029paragraph",
    "\ud800",  # half of a surrogate pair, which UTF-8 cannot write
)


@pytest.fixture
def page_data() -> PageData:
    release = Release(
        release_id="demo-1a2b3c4d",
        title="Cases </title><script>1</script>",
        published_at="2026-11-22T16:41:00Z",
        subjects=98760,
        records=98123,
        length=3,
        threshold=10,
        precision=10,
        guarantee="strict",
        mode="row_seeded",
        settings=(("seed", "5309"),),
        versions=(("ctdc-spark", "0.1.0"),),
    )
    bars = tuple(
        Bar("what", value, value, 3001 + 7 * position, 3110 + 10 * position if position % 2 else None)
        for position, value in enumerate(HOSTILE)
    )
    charts = (
        Chart("<b>What</b>", None, "category", ("what",), 97011, bars),
        Chart("Means", "Means", "flag", ("threats",), 96777, (Bar("threats", "1", "Threats", 55501, 55430),)),
    )
    metrics = (
        Metric("presence", "reported", 1, 0.98765),
        Metric("mean_relative_error", "reported", 2, None),
        Metric("rare", "proof", None, 0.0),
    )
    return PageData(release, charts, metrics)
