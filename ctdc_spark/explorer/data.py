"""What an explorer page shows, as frozen values that check themselves; no Spark and no HTML here.

Everything in a `PageData` comes from the published tables, so nothing in it is sensitive. Estimated counts
are counted from the synthetic records; actual counts are protected counts of subjects, and `None` where
nothing is reported, which stands for "fewer than the threshold, or none", never for 0.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Release:
    """One row of the ledger of releases, as the page's header and its About view tell it.

    Attributes:
        release_id: The release's id.
        title: The title to show; never empty.
        published_at: ISO 8601 instant in UTC, such as `2026-11-22T16:41:00Z`; None if the ledger has none.
        subjects: Protected number of subjects; None if withheld.
        records: Number of synthetic records.
        length: Reporting length L; -1 stands for all lengths.
        threshold: Smallest count that is reported (k).
        precision: Step between reported counts.
        guarantee: Name of the guarantee, such as `strict`.
        mode: Name of the synthesis mode.
        settings: Published settings as (key, JSON text).
        versions: Software versions as (name, version).
    """

    release_id: str
    title: str
    published_at: str | None
    subjects: int | None
    records: int
    length: int
    threshold: int
    precision: int
    guarantee: str
    mode: str
    settings: tuple[tuple[str, str], ...] = ()
    versions: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.threshold < 1 or not 1 <= self.precision <= self.threshold:
            raise ValueError("threshold must be at least 1 and precision between 1 and the threshold")
        if self.records < 0 or (self.subjects is not None and self.subjects < 0):
            raise ValueError("numbers of subjects and records cannot be negative")


@dataclass(frozen=True)
class Bar:
    """One published attribute: its estimated and its actual count.

    Attributes:
        column: Column name, as in the published tables.
        value: Value, as in the published tables.
        label: What the page calls the bar.
        estimated: Synthetic records that hold the attribute.
        actual: Protected number of subjects that hold it; None if nothing is reported.
    """

    column: str
    value: str
    label: str
    estimated: int
    actual: int | None

    def __post_init__(self) -> None:
        if self.estimated < 0 or (self.actual is not None and self.actual <= 0):
            raise ValueError("an estimate cannot be negative, and an actual count is positive or None")


@dataclass(frozen=True)
class Chart:
    """The bars of one column, or of all flag columns of one group.

    Attributes:
        title: Heading; None for flag columns without a group, which the page names in its own language.
        group: Group of the columns in the codebook; None if they have none.
        kind: `category`, `flag`, `bin` or `multi_value`.
        columns: Names of the columns it covers, in the order of the published table.
        information: Synthetic records with a value in any of these columns: the denominator of percentages.
        bars: The bars, in no particular order.
    """

    title: str | None
    group: str | None
    kind: str
    columns: tuple[str, ...]
    information: int
    bars: tuple[Bar, ...]

    def __post_init__(self) -> None:
        if any(bar.column not in self.columns for bar in self.bars):
            raise ValueError("a bar belongs to a column that its chart does not cover")
        if any(bar.estimated > self.information for bar in self.bars):
            raise ValueError("a bar counts more records than have information in its chart")


@dataclass(frozen=True)
class Metric:
    """One evaluation metric over all counts.

    Attributes:
        metric: Name, such as `presence`.
        reference: `reported` (against the published counts) or `proof` (established on the sensitive data).
        length: Combination length it is about; None for a metric of the whole release.
        value: Its value; None if undefined.
    """

    metric: str
    reference: str
    length: int | None
    value: float | None


@dataclass(frozen=True)
class PageData:
    """Everything one page shows: the release, its charts in display order, and its metrics."""

    release: Release
    charts: tuple[Chart, ...]
    metrics: tuple[Metric, ...]

    def __post_init__(self) -> None:
        if any(chart.information > self.release.records for chart in self.charts):
            raise ValueError("a chart has more records with information than the release has records")
