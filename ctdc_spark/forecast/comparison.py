"""A forecast beside what then happened, from the JSON lines that a run prints."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ctdc_spark.errors import DataError
from ctdc_spark.forecast.forecast import Forecast
from ctdc_spark.io.display import html_lines, html_result


@dataclass(frozen=True)
class Compared:
    """One figure, foreseen and happened.

    Attributes:
        name: of the figure.
        foreseen: about this much.
        happened: this much.
        at_most: no more than this, where a bound was given.
    """

    name: str
    foreseen: float
    happened: float
    at_most: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the bound held; true where none was given."""
        return self.at_most is None or self.happened <= self.at_most


@dataclass(frozen=True)
class ComparedForecast:
    """A forecast, with what a run then reported.

    Attributes:
        forecast: what was foreseen.
        compared: every figure that was foreseen and that the run reported.
    """

    forecast: Forecast
    compared: tuple[Compared, ...]

    def to_dict(self) -> dict[str, object]:
        """Everything, for a program."""
        return {**self.forecast.to_dict(), "against": [asdict(one) for one in self.compared]}

    def describe(self) -> str:
        """Everything, for a person: the forecast, and a table of what happened."""
        return f"{self.forecast.describe()}\n\n{describe_comparison(self.compared)}"

    def __repr__(self) -> str:
        return self.describe()

    def _repr_html_(self) -> str:
        return html_result("What a release will take, and what one took", html_lines(self.describe()))


def read_lines(text: str) -> dict[str, dict[str, Any]]:
    """What a run printed, by stage; the last line of a stage counts, and other lines are left out.

    Raises:
        DataError: there is no line of a finished stage.
    """
    found: dict[str, dict[str, Any]] = {}
    for line in text.splitlines():
        try:
            said = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(said, dict) and said.get("status") == "done" and "stage" in said:
            found[str(said["stage"])] = said
    if not found:
        raise DataError(
            "against: found no JSON line of a finished stage; allowed: what `ctdc-spark run` prints on standard output "
            "when standard error is not a terminal (ctdc-spark run settings.yaml 2>errors >lines)",
            parameters=["against"],
        )
    return found


def compare_forecast(forecast: Forecast, lines: Mapping[str, Mapping[str, Any]]) -> list[Compared]:
    """Every figure that was foreseen and that the run reported."""
    at_most = sum(forecast.combinations_at_most)
    figures = [
        ("cases", "attributes", forecast.attributes, None),
        ("combinations", "combinations", sum(forecast.combinations), at_most),
    ]
    compared = [
        Compared(key.replace("_", " "), foreseen, lines[stage][key], bound)
        for stage, key, foreseen, bound in figures
        if key in lines.get(stage, {})
    ]
    told = [line.get("driver_mb") for line in lines.values()]  # not every system reports it
    memory = [megabytes for megabytes in told if megabytes is not None]
    if memory:
        compared.append(Compared("driver MB", forecast.driver_mb, max(memory), forecast.driver_mb))
    compared += [
        Compared(f"seconds of {one.stage}", one.seconds, lines[one.stage]["seconds"])
        for one in forecast.stages
        if one.stage in lines
    ]
    return compared


def describe_comparison(compared: Iterable[Compared]) -> str:
    """A table for a person."""
    rows = [f"{'':<26}{'foreseen':>14}{'at most':>14}{'happened':>14}"]
    for one in compared:
        bound = "" if one.at_most is None else f"{one.at_most:,.0f}"
        mark = "" if one.holds else "   more than the bound"
        rows.append(f"{one.name:<26}{one.foreseen:>14,.0f}{bound:>14}{one.happened:>14,.0f}{mark}")
    return "\n".join(rows)
