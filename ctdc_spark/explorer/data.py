"""What an explorer page shows, as frozen values that check themselves; no Spark and no HTML here.

Everything in a `PageData` comes from the published tables, so nothing in it is sensitive. Attributes are numbered in
the order of the charts: a chart covers a range of ids, and records and combinations are ascending ids.
"""

from __future__ import annotations

from dataclasses import dataclass

from ctdc_spark.records.records import Ids, Longs, Records


@dataclass(frozen=True)
class Release:
    """One row of the ledger of releases, as the page shows it.

    Attributes:
        release_id: The release's id.
        title: The title to show; never empty.
        published_at: ISO 8601 instant in UTC, such as `2026-11-22T16:41:00Z`; None if the ledger has none.
        subjects: Protected number of subjects; None if withheld.
        records: Number of synthetic records.
        length: Reporting length L; -1 means all lengths.
        threshold: Smallest count that is reported (k).
        precision: Step between reported counts.
        guarantee: Name of the guarantee, such as `strict`.
        mode: Name of the synthesis mode.
        protection: How people are protected: `k`, by a smallest group, or `dp`, by noise.
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
    protection: str = "k"
    settings: tuple[tuple[str, str], ...] = ()
    versions: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.threshold < 1 or not 1 <= self.precision <= self.threshold:
            raise ValueError("threshold must be at least 1 and precision between 1 and the threshold")
        if self.records < 0 or (self.subjects is not None and self.subjects < 0):
            raise ValueError("numbers of subjects and records cannot be negative")

    @property
    def noisy(self) -> bool:
        """Whether noise protects the counts, so that no bounds follow from them for certain."""
        from ctdc_spark.release.ledger import DIFFERENTIAL_PRIVACY

        return self.protection == DIFFERENTIAL_PRIVACY


@dataclass(frozen=True)
class Column:
    """A column of the published records.

    Attributes:
        name: As in the published tables.
        label: The page's name for it.
        exclusive: Whether a record holds at most one value of it.
    """

    name: str
    label: str
    exclusive: bool = True


@dataclass(frozen=True)
class Attribute:
    """A published value of a column: `column` is the column's position, `label` the page's name for the value."""

    column: int
    value: str
    label: str


@dataclass(frozen=True)
class Chart:
    """One column, or all flag columns of one group.

    Attributes:
        title: Heading; None for flag columns without a group, which the page names in its own language.
        group: Group of the columns in the codebook; None if they have none.
        kind: `category`, `flag`, `bin`, `multi_value` or `withheld`.
        columns: Positions of the columns it covers.
        start: Its first attribute id.
        end: One past its last attribute id; equal to `start` if no value of it is published.
    """

    title: str | None
    group: str | None
    kind: str
    columns: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True)
class Layout:
    """Which columns, charts and attributes a page has; attributes are numbered by their position."""

    columns: tuple[Column, ...]
    charts: tuple[Chart, ...]
    attributes: tuple[Attribute, ...]

    def __post_init__(self) -> None:
        ends = [0, *(chart.end for chart in self.charts)]
        if [chart.start for chart in self.charts] != ends[:-1] or ends[-1] != len(self.attributes):
            raise ValueError("charts must cover the attributes in order, without gaps")
        for chart in self.charts:
            if any(self.attributes[i].column not in chart.columns for i in range(chart.start, chart.end)):
                raise ValueError("an attribute belongs to a column that its chart does not cover")


@dataclass(frozen=True)
class Reported:
    """The reported combinations of one length, in ascending order.

    Attributes:
        combinations: Attribute ids, ascending in each row. Shape (m, length).
        actual: Protected counts. Shape (m,).
        estimated: Synthetic records on this page that hold the combination. Shape (m,).
    """

    combinations: Ids
    actual: Longs
    estimated: Longs


@dataclass(frozen=True)
class Metric:
    """One evaluation metric.

    Attributes:
        metric: Name, such as `presence`.
        reference: `reported` (against the published counts) or `proof` (established on the sensitive data).
        length: Combination length it covers; None for a metric of the whole release.
        count_from: Smallest actual count it covers; None for all counts.
        value: Its value; None if undefined.
    """

    metric: str
    reference: str
    length: int | None
    count_from: int | None
    value: float | None


@dataclass(frozen=True)
class Covered:
    """How many subjects say something in some columns, as the table `coverage` has it.

    Attributes:
        with_information: Subjects with a value; None as in the table.
        with_published_value: Those of them with a value that is published.
        not_recorded: Those without a value.
        withheld_as_too_rare: Those whose values are all too rare.
    """

    with_information: int | None
    with_published_value: int | None
    not_recorded: int | None
    withheld_as_too_rare: int | None


@dataclass(frozen=True)
class Coverage:
    """The coverage of what a page shows; None: not known, as in releases without the table.

    Attributes:
        columns: Of each column.
        charts: Of each chart; that of several flags counts subjects with any of them.
    """

    columns: tuple[Covered | None, ...]
    charts: tuple[Covered | None, ...]

    @staticmethod
    def unknown(layout: Layout) -> Coverage:
        """Nothing is known of any of them."""
        return Coverage((None,) * len(layout.columns), (None,) * len(layout.charts))


@dataclass(frozen=True)
class PageData:
    """Everything one page shows.

    Attributes:
        release: The ledger's row.
        layout: Columns, charts and attributes.
        records: Synthetic records on the page, identical ones once, with their number as weight.
        reported: Reported combinations on the page, by length 1, 2, ...; fewer lengths than in the release if all
            would be too many.
        metrics: Evaluation metrics.
        pages: Pages of the Explore view as (name, groups or columns); empty for one page with everything.
        logo: An image as a `data:` address; None for none.
        coverage: Of the columns and charts; None if the release has none.
    """

    release: Release
    layout: Layout
    records: Records
    reported: tuple[Reported, ...]
    metrics: tuple[Metric, ...]
    pages: tuple[tuple[str, tuple[str, ...]], ...] = ()
    logo: str | None = None
    coverage: Coverage | None = None

    def __post_init__(self) -> None:
        if int(self.records.weights.sum()) > self.release.records:
            raise ValueError("the page has more records than the release")
        known = len(self.layout.attributes)
        if any(len(ids) and int(ids.max()) >= known for ids in self._all_ids()):
            raise ValueError("an attribute id has no attribute")

    def _all_ids(self) -> list[Ids]:
        return [self.records.attributes, *(block.combinations for block in self.reported)]
