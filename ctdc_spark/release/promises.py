"""What a release promises for its records and counts, in sentences that may be quoted; from the ledger's row alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ctdc_spark.release.ledger import DIFFERENTIAL_PRIVACY, GROUP_SIZE, protection_of
from ctdc_spark.settings.modes import BUILT_IN

RECORDS = {
    "strict": "For every synthetic record, there are at least {k} people in the original data who all have every "
    "attribute of that record. The same holds for any combination of attributes taken from it, however many they are.",
    "k_synthetic": "Every combination of up to {length} attributes in a synthetic record is shared by at least {k} "
    "people in the original data. Longer combinations are shared by at least {k} people or by nobody: none singles out "
    "a small group.",
}
UP_TO = (
    "Every combination of up to {m} attributes in a synthetic record is shared by at least {k} people in the original "
    "data. Longer combinations are put together by the program: that attributes stand together in a record does not "
    "mean that there is a person who has all of them, and some longer combinations may by chance be those of a single "
    "person."
)
COUNTS = (
    "A count is published only if at least {k} people share the attributes, and it is rounded down to a multiple of "
    "{precision}. A combination of up to {length} attributes that is not listed is shared by fewer than {k} people, or "
    "by none; in some cases other published counts narrow this down."
)
FINE_COUNTS = (
    "A count is published only if at least {k} people share the attributes, {step}. A combination of up to {length} "
    "attributes that is not listed is shared by fewer than {k} people, or by none; but because the step between counts "
    "is smaller than {k}, how many they are can often be worked out from the published counts, in many cases exactly. "
    "The counts do not protect groups of fewer than {k} people."
)

COPIES = (
    "Which synthetic records there are, and how many of each, was computed from published counts and from answers of "
    "yes or no to whether at least {k} people share some attributes. Exact counts were not used."
)
COPIES_OF_COUNTS = (
    "The synthetic records were made from the published counts alone: they contain no information about anybody that "
    "these counts do not contain."
)
EXACT_COPIES = (
    "Exact counts decided which attributes the synthetic records keep together. One person more or less in the "
    "original data can change these records, and the figures computed from them, though no published count changes; "
    "how much could be concluded from that has no bound."
)
COPIES_BY_OTHERS = (
    "Which synthetic records there are, and how many of each, was decided by a program that whoever made the release "
    "added, '{mode}'. Each record was proven; what else the program looked at is not known here."
)


CASES = "the original data"
CASES_OR_COUNTS = "what the release was made from: the original data, or counts of them that had been reported before"


def has_derivable_counts(ledger: Mapping[str, Any]) -> bool:
    """Whether the step between counts is below the smallest group, in a release without noise."""
    return bool(ledger["reporting_precision"] < ledger["reporting_threshold"])


def state_guarantee(ledger: Mapping[str, Any]) -> str:
    """The guarantee of the records in a sentence or two."""
    guarantee, k, length = ledger["guarantee"], ledger["reporting_threshold"], ledger["reporting_length"]
    return RECORDS.get(guarantee, UP_TO).format(k=k, length=length, m=guarantee)


def state_copies(ledger: Mapping[str, Any]) -> str:
    """What the records were made from, and so what their multiplicities may reveal."""
    mode = ledger["synthesis_mode"]
    if mode not in BUILT_IN:
        return COPIES_BY_OTHERS.format(mode=mode)
    if mode == "row_seeded":
        return EXACT_COPIES
    return COPIES_OF_COUNTS if _needs_counts_alone(ledger) else COPIES.format(k=ledger["reporting_threshold"])


def state_input(ledger: Mapping[str, Any]) -> str:
    """What records and counts were verified against, as a part of a sentence.

    The ledger does not say whether the input was case records or counts that somebody reported: where counts alone may
    have been the input, both are named.
    """
    return CASES_OR_COUNTS if _needs_counts_alone(ledger) else CASES


def _needs_counts_alone(ledger: Mapping[str, Any]) -> bool:
    """Whether the records could be made, and proven, from reported counts without case records."""
    return bool(ledger["synthesis_mode"] == "calibrated" and ledger["guarantee"] == str(ledger["reporting_length"]))


def state_counts(ledger: Mapping[str, Any]) -> str:
    """What holds for the published counts, and for combinations without one."""
    k, precision, length = ledger["reporting_threshold"], ledger["reporting_precision"], ledger["reporting_length"]
    if not has_derivable_counts(ledger):
        return COUNTS.format(k=k, precision=precision, length=length)
    step = "and it is exact" if precision == 1 else f"and it is rounded down to a multiple of {precision}"
    return FINE_COUNTS.format(k=k, step=step, length=length)


def own_promises(ledger: Mapping[str, Any]) -> dict[str, str]:
    """What a release says about itself in its proof, if its protection has no sentences here.

    Args:
        ledger: its row, written by anybody.

    Returns:
        Sentences by topic; none where the protection is known here, or says nothing.
    """
    return {} if protection_of(ledger) in (GROUP_SIZE, DIFFERENTIAL_PRIVACY) else read_promises(ledger)


def read_promises(ledger: Mapping[str, Any]) -> dict[str, str]:
    """The promises in a release's proof: sentences by topic; none where it has none.

    Args:
        ledger: its row, written by anybody.
    """
    try:
        said = json.loads(ledger.get("proof") or "{}")["promises"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return {key: text for key, text in said.items() if isinstance(text, str)} if isinstance(said, dict) else {}


def state_promises(ledger: Mapping[str, Any]) -> dict[str, str]:
    """What the proof of a release without noise means in words: for its records, their copies, and its counts.

    Args:
        ledger: its row, without the proof.
    """
    return {"records": state_guarantee(ledger), "copies": state_copies(ledger), "counts": state_counts(ledger)}
