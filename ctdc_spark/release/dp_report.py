"""What the summary of a release with differential privacy says in place of the promises of a smallest group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ctdc_spark.release.ledger import DIFFERENTIAL_PRIVACY, protection_of


def is_noisy(ledger: Mapping[str, Any]) -> bool:
    """Whether a release has differential privacy, by its row of the ledger."""
    return protection_of(ledger) == DIFFERENTIAL_PRIVACY


def state_budget(ledger: Mapping[str, Any]) -> str:
    """Epsilon and delta, as the ledger's guarantee states them."""
    return str(ledger["guarantee"]).removeprefix(f"{DIFFERENTIAL_PRIVACY}: ")


def describe_noisy_counts(ledger: Mapping[str, Any], combinations: float | None = None) -> str:
    """The line on the aggregates; combinations: how many there are, None if that is unknown."""
    if combinations == 0:
        return (
            f"- **No count.** No combination of attributes has a published count of {ledger['reporting_threshold']} or "
            f"more. About {ledger['protected_number_of_subjects']:,} people in all (with noise)."
        )
    return (
        f"- **Counts of combinations of up to {ledger['reporting_length']} attributes**, fitted to counts with random "
        f"noise; those below {ledger['reporting_threshold']} are left out. About "
        f"{ledger['protected_number_of_subjects']:,} people in all (with noise)."
    )


def describe_noisy_absence(ledger: Mapping[str, Any]) -> list[str]:
    """What an empty cell and a missing count mean, where noise protects and no group has a smallest size."""
    length, least = ledger["reporting_length"], ledger["reporting_threshold"]
    return [
        "- **An empty cell is not a no.** It means unknown, not applicable, or left out: a model drew the records.",
        f"- **A combination without a count is not zero.** If it has up to {length} attributes, its estimate is below "
        f"{least}: many people may share it, or few, or nobody. Longer combinations are not listed.",
    ]


def state_noisy_promise(ledger: Mapping[str, Any]) -> str:
    """The guarantee of a release with differential privacy, in sentences to quote."""
    return (
        f"Differential privacy with {state_budget(ledger)}. Whether one person is in the original data or not changes "
        "the chance of any published result by no more than a factor of e^epsilon, up to a chance of delta."
    )


def describe_noisy_promises(ledger: Mapping[str, Any]) -> list[str]:
    """The paragraphs on what is guaranteed and what is not."""
    return [
        "## What is guaranteed",
        f'> "{state_noisy_promise(ledger)}"',
        "It holds whatever a reader already knows. Every use of the data and its cost are in the table "
        "`privacy_budget`; the costs of several releases of the same data add up.",
        "## What is not guaranteed",
        "- **A smallest group.** Combinations that few people have, or nobody, can appear by chance.",
        "- **Exact counts.** Counts near the scale of the noise (`noise_scale`) say little.",
        "- **What a whole group has in common** can be learnt, as from any statistics.",
    ]
