"""The noise of a release with differential privacy, stated from the settings alone: nothing is read, nothing spent."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from ctdc_spark.differential_privacy.allocation import read_budget_request
from ctdc_spark.differential_privacy.budget import choose_delta, plan_combinations
from ctdc_spark.differential_privacy.cells import lengths_of
from ctdc_spark.differential_privacy.domain import declared_domain, lay_slots
from ctdc_spark.differential_privacy.selection import MOST_CELLS
from ctdc_spark.errors import SettingsError
from ctdc_spark.io.display import html_lines, html_result

if TYPE_CHECKING:
    from ctdc_spark.differential_privacy.cells import Slots
    from ctdc_spark.settings import Settings

WITHIN_95 = 1.96
"""Standard deviations on either side that hold 95 % of Gaussian noise."""

LEGIBLE = 10
"""A count is called legible from this many times its margin on."""


@dataclass(frozen=True)
class NoisyLength:
    """The counts of one length.

    Attributes:
        length: attributes in a combination.
        cells: counts that get noise: every combination of declared values, up to MOST_CELLS.
        scale: standard deviation of the noise of each.
        margin: 95 % of the noise is at most this large.
        legible: from this count on the margin is a tenth of the count or less.
    """

    length: int
    cells: int
    scale: float
    margin: float
    legible: float


@dataclass(frozen=True)
class NoiseForecast:
    """What noise a release will have, before its records are made to fit all counts at once, which lowers errors.

    Attributes:
        subjects: about how many there are, as stated.
        epsilon: the budget.
        delta: with this many subjects.
        attributes: declared values.
        held: attributes of a record that are counted, at most.
        lengths: the measured lengths.
    """

    subjects: int
    epsilon: float
    delta: float
    attributes: int
    held: int
    lengths: tuple[NoisyLength, ...]

    def to_dict(self) -> dict[str, object]:
        """Everything, for a program."""
        return asdict(self)

    def __repr__(self) -> str:
        return self.describe()

    def _repr_html_(self) -> str:
        return html_result("The noise of the counts", html_lines(self.describe()))

    def describe(self) -> str:
        """Everything, for a person."""
        rows = [
            f"  {one.length:>6}  {one.cells:>12,}  {one.scale:>10,.1f}  {one.margin:>10,.0f}  {one.legible:>12,.0f}"
            for one in self.lengths
        ]
        return "\n".join(
            [
                f"{self.subjects:,} subjects as stated, {self.attributes:,} declared values; nothing was read or spent",
                f"epsilon {self.epsilon:g}, delta {self.delta:.1e}; with {self.held} attributes per record, and less "
                "noise where records hold fewer",
                "",
                f"  {'length':>6}  {'counts':>12}  {'noise':>10}  {'95 % within':>10}  {'legible from':>12}",
                *rows,
                "",
                "legible: the margin is at most a tenth of the count; fitting all counts at once lowers errors further",
            ]
        )


def foresee_noise(settings: Settings, subjects: int) -> NoiseForecast:
    """Say what noise the counts of a release will have.

    Args:
        settings: with protection: dp.
        subjects: about how many there are; needed for delta alone.

    Raises:
        SettingsError: the values of a column are not declared, so that the shape is not public.
    """
    domain, request = declared_domain(settings), read_budget_request(settings)
    columns = settings.use_columns or tuple(domain)
    undeclared = [name for name in columns if name not in domain]
    if undeclared or not columns:
        raise SettingsError(
            f"domain: found no values for {', '.join(undeclared) or 'any column'}; allowed with `plan`: the values of "
            "every column of use_columns, since the data are not read"
        )
    slots = lay_slots((len(domain[name]), name in settings.multi_value_columns) for name in columns)
    held = len(slots.sizes)
    delta = choose_delta(request, subjects)
    mechanisms = plan_combinations(request, delta, held, lengths_of(slots, settings.reporting_length))
    return NoiseForecast(
        subjects=subjects,
        epsilon=request.epsilon,
        delta=delta,
        attributes=slots.attributes,
        held=held,
        lengths=tuple(_describe_noise(slots, int(one.length or 0), one.scale) for one in mechanisms),
    )


def _describe_noise(slots: Slots, length: int, scale: float) -> NoisyLength:
    margin = WITHIN_95 * scale
    return NoisyLength(length, min(slots.count_cells(length), MOST_CELLS), scale, margin, LEGIBLE * margin)
