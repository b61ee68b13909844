"""What readers conclude from the ledger's row of a release."""

from __future__ import annotations

from typing import Any

import pytest

from ctdc_spark.release.ledger import protection_of


@pytest.mark.parametrize(
    ("row", "protection"),
    [
        ({"guarantee": "strict", "protection": "k"}, "k"),
        ({"guarantee": "dp: epsilon = 1, delta = 1e-06", "protection": "dp"}, "dp"),
        ({"guarantee": "strict", "protection": "singles"}, "singles"),
        ({"guarantee": "2", "protection": None}, "k"),
        ({"guarantee": "dp: epsilon = 1, delta = 1e-06", "protection": None}, "dp"),
        ({"guarantee": "dp: epsilon = 1, delta = 1e-06"}, "dp"),
        ({"guarantee": "k_synthetic"}, "k"),
    ],
)
def test_the_protection_is_what_the_ledger_says_or_what_earlier_versions_said(
    row: dict[str, Any], protection: str
) -> None:
    assert protection_of(row) == protection
