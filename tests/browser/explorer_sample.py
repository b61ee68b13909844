"""A release with what a page may meet: many values, withheld counts, flags and hostile texts."""

from __future__ import annotations

from ctdc_spark.explorer import Bar, Chart, Metric, PageData, Release

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
)
RELEASE = Release(
    release_id="demo-1a2b3c4d",
    title="Cases </title><script>document.title='taken'</script>",
    published_at="2026-11-22T23:59:00Z",
    subjects=12340,
    records=12500,
    length=3,
    threshold=10,
    precision=5,
    guarantee="strict",
    mode="row_seeded",
    settings=(("seed", "7"),),
)
YEARS = tuple(Bar("year", f"{2002 + i}", f"{2002 + i}", 90 - i, 90 - i - i % 5 or None) for i in range(20))
COUNTRIES = tuple(
    Bar("country", f"C{i}", f"Country {i}", 1200 - i, 1195 - 5 * i if i < 200 else None) for i in range(1000)
)
CHARTS = (
    Chart("Year", "Case", "category", ("year",), 5000, YEARS),
    Chart("Country", "Case", "multi_value", ("country",), 12000, COUNTRIES),
    Chart(
        "Means of control",
        "Means of control",
        "flag",
        ("threats", "debt"),
        6000,
        (Bar("threats", "1", "Threats", 3000, 2990), Bar("debt", "1", "Débt bondage", 1000, None)),
    ),
    Chart(
        HOSTILE[0],
        HOSTILE[1],
        "category",
        ("what",),
        700,
        tuple(Bar("what", value, value, 100 + i, 50 + 5 * i) for i, value in enumerate(HOSTILE)),
    ),
    Chart("Nothing", None, "category", ("nothing",), 0, ()),
)
METRICS = (
    *(Metric(name, "proof", None, 0.0) for name in ("rare", "leakage", "fabrication")),
    Metric("strict_share", "proof", None, 1.0),
    Metric("presence", "reported", 1, 1.0),
    Metric("presence", "reported", 2, 0.99983),
    Metric("preservation", "reported", 1, 0.987),
    Metric("preservation", "reported", 2, 0.876),
    Metric("mean_relative_error", "reported", 1, 0.0123),
    Metric("mean_relative_error", "reported", 2, 1.5),
    Metric("combinations", "reported", 2, 43210.0),
    Metric("record_expansion", "reported", None, -0.013),
)
DATA = PageData(RELEASE, CHARTS, METRICS)
