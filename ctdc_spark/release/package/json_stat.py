"""Protected counts as JSON-stat 2.0: one cube for each column and for each pair of columns, for programs of statistics.

Source of the form: the specification JSON-stat 2.0. A cell without a published count has no value and a status.
"""

from __future__ import annotations

import itertools
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ctdc_spark.release.dp_report import is_noisy
from ctdc_spark.release.package.about import About
from ctdc_spark.release.package.tables import without_nothing

LONGEST = 2
"""Attributes of the longest combinations that are in a cube: a table of three columns would mostly be empty cells."""

WITHHELD = "w"
"""The status of a cell without a published count."""

Combination = tuple[tuple[str, str], ...]


def write_json_stat(about: About, counts: Iterable[Mapping[str, Any]], codebook: Sequence[Mapping[str, Any]]) -> str:
    """A collection of cubes, as JSON.

    Args:
        about: the release.
        counts: rows of aggregate_counts of up to LONGEST attributes.
        codebook: rows of codebook.
    """
    published: dict[Combination, int] = {
        tuple(sorted((one["column"], one["value"]) for one in row["combination"])): int(row["protected_count"])
        for row in counts
    }
    values: dict[str, dict[str, str]] = defaultdict(dict)
    for row in sorted(codebook, key=lambda row: (row["column"], row["value"] or "")):
        if row["value"] is not None:
            values[row["column"]][row["value"]] = row["label"] or row["value"]
    columns = [column for column in about.columns if values[column]]
    longest = min(LONGEST, int(about.ledger["reporting_length"]))
    wanted = [names for size in range(1, longest + 1) for names in itertools.combinations(columns, size)]
    said = {
        "version": "2.0",
        "class": "collection",
        "label": about.title,
        "updated": about.published,
        "href": about.address,
        "extension": without_nothing({"release": about.release_id, "licence": about.licence}),
        "link": {"item": [_make_cube(about, names, values, published) for names in wanted]},
    }
    return json.dumps(without_nothing(said), ensure_ascii=False, separators=(",", ":")) + "\n"


def _make_cube(
    about: About,
    names: Sequence[str],
    values: Mapping[str, Mapping[str, str]],
    published: Mapping[Combination, int],
) -> dict[str, object]:
    """The cube of these columns; cells in row-major order."""
    cells = itertools.product(*([(name, value) for value in values[name]] for name in names))
    found = [published.get(tuple(sorted(cell))) for cell in cells]
    assert len(found) == math.prod(len(values[name]) for name in names)
    return without_nothing(
        {
            "version": "2.0",
            "class": "dataset",
            "label": " by ".join(about.labels.get(name, name) for name in names),
            "source": about.publisher,
            "updated": about.published,
            "id": list(names),
            "size": [len(values[name]) for name in names],
            "dimension": {
                name: {
                    "label": about.labels.get(name, name),
                    "category": {"index": list(values[name]), "label": dict(values[name])},
                }
                for name in names
            },
            "value": found,
            "status": {str(place): WITHHELD for place, count in enumerate(found) if count is None},
            "extension": {"status": {"label": {WITHHELD: _explain_status(about)}}},
        }
    )


def _explain_status(about: About) -> str:
    k = about.ledger["reporting_threshold"]
    if is_noisy(about.ledger):
        return f"not published: the estimate is below {k}; many people may be in the cell, or few, or nobody"
    return f"not published: fewer than {k} people, or nobody"
