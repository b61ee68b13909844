"""What follows from several published counts together, by linear programming, and what the release says of it.

A precision below the threshold gives away counts of few people, so it must be accepted explicitly, and the texts of the
release then say so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from itertools import product
from math import ceil, floor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.optimize import linprog

from ctdc_spark.combinations.protect import protect_count
from ctdc_spark.errors import SettingsError
from ctdc_spark.explorer.page import LANGUAGES, read_texts
from ctdc_spark.release.promises import state_counts, state_promises
from ctdc_spark.release.report import Published, write_markdown
from ctdc_spark.settings import build_settings
from ctdc_spark.settings.loading import find_warnings
from tests.end_to_end.running import command, write_settings

if TYPE_CHECKING:
    from pathlib import Path

K = 10
CELLS = {("woman", "in work"): 10, ("woman", "out of work"): 2, ("man", "in work"): 11, ("man", "out of work"): 27}
"""How many people: one pair is withheld."""
WITHHELD = ("woman", "out of work")
NOTHING = None
"""Stands for no value, or one that is not published."""

BASE: dict[str, Any] = {"sensitive_microdata_path": "cases.csv", "output_dir": "out", "reporting_threshold": K}


Pattern = tuple[str | None, ...]


def holds(pattern: Pattern, cell: Pattern) -> bool:
    """Whether a cell has all values of the pattern; None: any value."""
    return all(p is None or p == v for p, v in zip(pattern, cell, strict=True))


def publish(precision: int, cells: Mapping[tuple[str, str], int] = CELLS) -> dict[Pattern, int | None]:
    """All short combinations with their published counts; None: not listed."""
    values = [sorted({cell[i] for cell in cells}) for i in range(2)]
    counts = {p: sum(n for cell, n in cells.items() if holds(p, cell)) for p in product(*([None, *v] for v in values))}
    return {pattern: protect_count(n, K, precision) for pattern, n in counts.items()}


def bound(published: Mapping[Pattern, int | None], precision: int, *, complete: bool) -> tuple[int, int]:
    """The smallest and the largest number of people who may share the withheld pair, from the published list alone.

    Args:
        published: what is listed.
        precision: the step between counts.
        complete: the reader knows that nobody's answer is missing.
    """
    listed_values = [sorted(filter(None, {pattern[i] for pattern in published})) for i in range(2)]
    cells: list[Pattern] = list(product(*([*values, *[NOTHING] * (not complete)] for values in listed_values)))
    rows, low, high = [], [], []
    for pattern, listed in published.items():
        rows.append([holds(pattern, cell) for cell in cells])
        low.append(0 if listed is None else listed)
        high.append(K - 1 if listed is None else listed + precision - 1)
    matrix = np.array(rows, float)
    above, below = np.array(high, float), np.array(low, float)
    aim = np.array([cell == WITHHELD for cell in cells], float)
    found = [
        linprog(sign * aim, A_ub=np.vstack([matrix, -matrix]), b_ub=np.concatenate([above, -below]), method="highs").fun
        for sign in (1, -1)
    ]
    return ceil(found[0] - 1e-6), floor(-found[1] + 1e-6)


@pytest.mark.parametrize("complete", [False, True])
def test_with_a_precision_of_one_a_withheld_count_is_known_exactly(complete: bool) -> None:
    published = publish(1)
    assert published[WITHHELD] is None
    assert bound(published, 1, complete=complete) == (2, 2) == (CELLS[WITHHELD], CELLS[WITHHELD])


def test_with_a_precision_between_a_withheld_count_is_narrowed_down() -> None:
    low, high = bound(publish(2), 2, complete=True)
    assert low <= CELLS[WITHHELD] <= high
    assert high - low < K - 1


def test_with_a_precision_of_k_the_list_leaves_all_from_none_to_k_minus_one() -> None:
    assert bound(publish(K), K, complete=False) == (0, K - 1)


def test_even_with_a_precision_of_k_a_complete_column_may_show_that_there_is_somebody() -> None:
    """Why no text may say that few and none cannot be told apart."""
    cells = {("woman", "in work"): 84, WITHHELD: 8, ("woman", "in school"): 9}
    cells |= {("man", work): 30 for _, work in cells}
    published = publish(K, cells)
    assert published[WITHHELD] is None
    assert bound(published, K, complete=True) == (2, 9)
    assert bound(published, K, complete=False) == (0, 9)


@pytest.mark.parametrize("precision", range(1, K))
def test_a_precision_below_the_threshold_is_refused(precision: int) -> None:
    with pytest.raises(SettingsError) as caught:
        build_settings(BASE | {"reporting_precision": precision})
    (problem,) = caught.value.problems
    for part in (f"found {precision}", f"threshold of {K}; allowed: {K}", "exactly", "accept_derivable_counts: true"):
        assert part in problem


@pytest.mark.parametrize("first", ["check", "run"])
def test_no_command_goes_on_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str], first: str) -> None:
    settings = write_settings(tmp_path, tmp_path / "none.csv", reporting_threshold=K, reporting_precision=1)
    assert command(first, settings) == 2
    assert "reporting_precision: found 1 with a reporting_threshold of 10" in capsys.readouterr().err


def test_what_is_accepted_is_warned_of() -> None:
    settings = build_settings(BASE | {"reporting_precision": 1, "accept_derivable_counts": True})
    (warning,) = find_warnings(settings)
    assert warning.startswith("accept_derivable_counts: with a reporting_precision of 1, below k = 10")
    assert settings.public_settings()["accept_derivable_counts"] is True
    alike = build_settings(BASE | {"reporting_precision": K, "accept_derivable_counts": True})
    assert find_warnings(alike) == []


def test_noise_does_not_ask_for_it() -> None:
    dp = {"protection": "dp", "noise_epsilon": 1.0, "use_columns": ["a"], "domain": {"a": ["x"]}}
    assert not build_settings(BASE | dp | {"reporting_precision": 1}).has_derivable_counts


LEDGER: dict[str, Any] = {
    "release_id": "r1",
    "title": "Cases",
    "published_at": datetime(2026, 11, 22, tzinfo=timezone.utc),
    "protected_number_of_subjects": 50,
    "number_of_synthetic_records": 40,
    "reporting_length": 2,
    "reporting_threshold": K,
    "reporting_precision": K,
    "guarantee": "strict",
    "synthesis_mode": "calibrated",
}


@pytest.mark.parametrize("precision", [1, 5, K])
def test_the_summary_and_the_ledger_say_what_holds(precision: int) -> None:
    ledger = LEDGER | {"reporting_precision": precision}
    promises = state_promises(ledger)
    summary = write_markdown(Published(ledger, [], ["sex"]))
    assert promises["counts"] == state_counts(ledger)
    assert promises["counts"] in summary
    assert promises["records"] in summary
    said = "can often be worked out from the published counts, in many cases exactly" in summary
    assert said == ("- **Groups of fewer than 10 people.**" in summary) == (precision < K)
    assert ("in some cases other published counts narrow this down" in summary) == (precision == K)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_words_for_both(language: str) -> None:
    texts = read_texts(language)
    assert "{precision}" in texts["withheld.derivable"]
    assert "{k}" in texts["withheld.derivable"]
    assert texts["withheld.narrowed"] != texts["withheld.derivable"]
    assert "{withheld}" in json.dumps(texts["about.sections"])
    assert "{withheld}" in texts["report.basis"]
