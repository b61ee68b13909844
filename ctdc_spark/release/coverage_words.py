"""How many people have information in a column, in a sentence for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ctdc_spark.release.ledger import GROUP_SIZE, protection_of


def state_coverage(rows: Iterable[Mapping[str, Any]], ledger: Mapping[str, Any]) -> dict[str, str]:
    """The sentence for each column, as far as the release says it.

    Args:
        rows: of the table `coverage`.
        ledger: the release's row.
    """
    subjects = ledger["protected_number_of_subjects"]
    if not subjects:
        return {}
    by_group_size = protection_of(ledger) == GROUP_SIZE
    state = _state_rounded if by_group_size else _state_noisy
    return {row["column"]: state(row, subjects, ledger) for row in rows if row["column"] is not None}


def _state_rounded(row: Mapping[str, Any], subjects: int, ledger: Mapping[str, Any]) -> str:
    k, informed, rare = ledger["reporting_threshold"], row["with_information"], row["withheld_as_too_rare"]
    if informed is None:
        return f"Of about {subjects:,} people, fewer than {k} have information here, or none."
    withheld = f"fewer than {k}, or none" if rare is None else f"about {rare:,}"
    return (
        f"About {informed / subjects:.1%} of people have information here (about {informed:,} of {subjects:,}); "
        f"withheld as too rare: {withheld}."
    )


def _state_noisy(row: Mapping[str, Any], subjects: int, _: Mapping[str, Any]) -> str:
    informed = row["with_information"]
    if informed is None:
        return (
            f"Of about {subjects:,} people, at least about {row['with_published_value']:,} have information here; how "
            "many have other values is not known."
        )
    share = min(1, informed / subjects)
    return f"About {share:.1%} of people have information here (about {informed:,} of {subjects:,}, with noise)."
