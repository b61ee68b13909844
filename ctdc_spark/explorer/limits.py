"""How much of a release a page holds: all of it, up to a size that opens quickly everywhere; then part of it.

With more records than MAX_RECORDS, a random sample of that size, whose counts the page scales up. With more
combinations than MAX_COMBINATIONS, only the shorter lengths, each complete. Either way the page says so.
"""

from __future__ import annotations

from collections.abc import Mapping

MAX_RECORDS = 400_000
MAX_COMBINATIONS = 2_000_000
"""Together about 10 MB and a second to open."""


def choose_length(combinations: Mapping[int, int], longest: int) -> int:
    """The longest length up to which all combinations fit; at least 1.

    Args:
        combinations: How many combinations are reported, by length; lengths without any may be missing.
        longest: The reporting length; -1 means all lengths.
    """
    total = 0
    for length in sorted(combinations):
        total += combinations[length]
        if total > MAX_COMBINATIONS:
            return max(1, length - 1)
    return max(combinations, default=1) if longest < 0 else longest


def sampling_bound(records: int) -> str | None:
    """The record id, as 8 hexadecimal digits, below which a record is in the sample; None for all records.

    Record ids are random, so the records below a bound are a random sample.
    """
    if records <= MAX_RECORDS:
        return None
    return f"{int(MAX_RECORDS / records * 2**32):08x}"
