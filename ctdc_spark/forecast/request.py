"""What a user wants to know before a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ctdc_spark.errors import SettingsError


@dataclass(frozen=True)
class ForecastRequest:
    """What to forecast: for which data and on how many cores; None where nothing is stated.

    Attributes:
        times: for data with this many times as many records.
        cores: working at once; None: those of this machine.
        subjects: about how many there are, where nothing may be read to find out.
        against: what a run printed, by stage, to be compared with.
    """

    times: int = 1
    cores: int | None = None
    subjects: int | None = None
    against: Mapping[str, Mapping[str, Any]] | None = None

    def __post_init__(self) -> None:
        """Refuse numbers below 1."""
        for name in ("times", "cores", "subjects"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise SettingsError(f"{name}: found {number}; allowed: 1 or more", parameters=[name])


def refuse_parameters(request: ForecastRequest, names: tuple[str, ...], why: str) -> None:
    """Refuse parameters that a protection does not know.

    Args:
        request: the request.
        names: of the parameters, as in `ForecastRequest`.
        why: the reason, and what is allowed.

    Raises:
        SettingsError: naming the first one that was given.
    """
    nothing = ForecastRequest()
    for name in names:
        if getattr(request, name) != getattr(nothing, name):
            raise SettingsError(f"{name}: {why}", parameters=[name])
