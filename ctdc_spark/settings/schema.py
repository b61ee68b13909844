"""Every key of the settings file: its type, default and meaning.

`SettingsFields` holds the keys, each checked by itself; `Settings` adds the rules that tie several keys
together and what follows from them. Both are frozen. Keys that Synthetic Data Showcase also has carry its names.
"""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from ctdc_spark.errors import SettingsError
from ctdc_spark.settings import kinds
from ctdc_spark.settings.kinds import Allowed, ColumnName
from ctdc_spark.settings.marks import Mark, setting

Tokens = Annotated[list[kinds.Text], Allowed("a list of tokens, such as [-99, unknown]")]
Columns = Annotated[list[ColumnName], Allowed("a list of column names, such as [gender, ageBroad]")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


_AS_WRITTEN = {mark.name for mark in (Mark.INPUT, Mark.REPORTED, Mark.PLACE, Mark.NAME)}
"""Marks of keys whose text names something outside, where another form may be another name."""


def normalize(value: object) -> object:
    """Text in Unicode's form NFC, in lists and mappings too.

    Raises:
        SettingsError: two keys of a mapping differ in code points only.
    """
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [normalize(item) for item in value]
    if isinstance(value, dict):
        keys = {normalize(key): normalize(item) for key, item in value.items()}
        if len(keys) < len(value):
            twice = ", ".join(key for key in map(str, keys) if not key.isascii())
            raise SettingsError(
                f"settings: found two keys that differ in code points only, among {twice}; allowed: one"
            )
        return keys
    return value


class Bins(_Frozen):
    """How a column of numbers becomes ranges: by fixed edges, or by quantiles of the data."""

    edges: kinds.Edges | None = Field(
        None,
        description="Inner borders of the ranges, ascending; a value on a border belongs to the range above.",
    )
    quantiles: kinds.QuantileCount | None = Field(
        None, description="Number of ranges that hold about equally many subjects each."
    )
    labels: Annotated[list[kinds.AttributeText], Allowed("a list of names, one more than there are edges")] | None = (
        Field(None, description="Names of the ranges, one more than there are edges.")
    )

    @model_validator(mode="after")
    def _check_together(self) -> Bins:
        if (self.edges is None) == (self.quantiles is None):
            found = "neither edges nor quantiles" if self.edges is None else "both edges and quantiles"
            raise PydanticCustomError("rule", f"found {found}; allowed: exactly one of them")
        if self.labels is not None and self.edges is None:
            raise PydanticCustomError("rule", "found labels with quantiles; allowed: labels only with edges")
        if self.labels is not None and self.edges is not None and len(self.labels) != len(self.edges) + 1:
            raise PydanticCustomError(
                "rule",
                f"found {len(self.labels)} labels for {len(self.edges)} edges; allowed: "
                f"{len(self.edges) + 1} labels, one for each range",
            )
        return self


class GroupRare(_Frozen):
    """Values of a column that too few subjects have are put together into one."""

    below: kinds.GroupSize | None = Field(
        None,
        description="Values of fewer subjects than this, by protected counts, are grouped; null: the threshold.",
    )
    into: kinds.AttributeText = Field("Other", description="The value they become.")


class SettingsFields(_Frozen):
    """The keys of the settings file, each checked by itself.

    Text is brought into Unicode's form NFC first, as that of the data is, except in addresses and names of places.
    """

    @model_validator(mode="before")
    @classmethod
    def _normalize(cls, keys: object) -> object:
        if not isinstance(keys, dict) or keys.get("normalize_text") is False:
            return keys
        marks = {name: field.json_schema_extra for name, field in cls.model_fields.items()}
        kept = {name for name, mark in marks.items() if isinstance(mark, dict) and mark.get("mark") in _AS_WRITTEN}
        return {key: value if key in kept else normalize(value) for key, value in keys.items()}

    sensitive_microdata_path: kinds.InputPath | None = setting(
        Mark.INPUT, None, description="Path, folder or pattern of the input, on any file system that Spark reads."
    )
    sensitive_microdata_table: kinds.TableName | None = setting(
        Mark.INPUT, None, description="Input table, instead of a path."
    )
    reported_aggregates_path: kinds.InputPath | None = setting(
        Mark.REPORTED,
        None,
        description="Reported counts as the only input, instead of case records: the file "
        "`..._reportable_aggregates.tsv` of `ctdc-spark export --format sds` or of Synthetic Data Showcase.",
    )
    sensitive_microdata_format: kinds.InputFormat | None = setting(
        Mark.READING, None, description="Format of the input; null: by the ending of its name, csv for a folder."
    )
    sensitive_microdata_delimiter: kinds.Delimiter | None = setting(
        Mark.READING, None, description="Character between two fields of a csv file; null: tab for .tsv, else comma."
    )
    sensitive_microdata_encoding: kinds.Encoding = setting(Mark.READING, "utf-8", description="Encoding of a csv file.")
    sensitive_microdata_header_line: kinds.Positive | None = setting(
        Mark.READING, None, description="Number of the line that names the columns of a csv file; null: the first one."
    )
    sensitive_microdata_escape: kinds.Escape | None = setting(
        Mark.READING,
        None,
        description="Character before a quote within quotes in a csv file; null: quotes within quotes are doubled.",
    )
    extra_rows: kinds.ExtraRows | None = setting(
        Mark.READING,
        None,
        description="Lines of csv files that are no people: delimiters only, the header once more, tags; null: drop.",
    )
    drop_rows: (
        Annotated[dict[ColumnName, Tokens], Allowed("column names with lists of texts, such as {sex: [Total]}")] | None
    ) = setting(Mark.READING, None, description="Lines of csv files with one of these texts in a column are no people.")
    normalize_text: kinds.Switch | None = setting(
        Mark.READING,
        None,
        description="Bring text into Unicode's form NFC, in names, values and these settings; null: true.",
    )
    sensitive_microdata_sheet: kinds.FilledText | None = setting(
        Mark.INPUT, None, description="Sheet of an Excel workbook that is read; null: the first one."
    )
    time_zone: kinds.TimeZone | None = setting(
        Mark.READING, None, description="Zone in which points in time of typed data are written; null: UTC."
    )
    subject_id: ColumnName | None = setting(
        Mark.READING, None, description="Column that tells the subjects apart; several rows of one subject are joined."
    )
    one_row_per_subject: kinds.Switch | None = setting(
        Mark.SAID,
        None,
        description="Each row is another person, although a column seems to tell people apart; null: not said.",
    )
    use_columns: Columns = setting(Mark.READING, [], description="Columns to use; empty: all but `subject_id`.")
    record_limit: kinds.AllOrSome = setting(
        Mark.CUT, -1, description="Read only this many rows from the start; -1: all."
    )
    multi_value_columns: Annotated[
        dict[ColumnName, kinds.ValueDelimiter],
        Allowed('column names with their delimiters, such as {means: ";"}'),
    ] = setting(
        Mark.READING, {}, description="Columns whose cells hold several values, with the delimiter between them."
    )
    sensitive_zeros: Columns = setting(
        Mark.READING, [], description="Columns in which 0 is an attribute and not absence."
    )
    missing_values: Tokens = setting(
        Mark.READING, [], description="Tokens that mean absent in every column, besides nothing, null and 0."
    )
    column_missing_values: Annotated[
        dict[ColumnName, Tokens], Allowed("column names with lists of tokens, such as {age: [-99, unknown]}")
    ] = setting(Mark.READING, {}, description="Tokens that mean absent in one column.")
    bins: Annotated[
        dict[ColumnName, Annotated[Bins, Allowed("edges or quantiles, such as {edges: [18, 30]}")]],
        Allowed("column names with edges or quantiles, such as {age: {edges: [18, 30]}}"),
    ] = setting(Mark.READING, {}, description="Columns of numbers that become ranges.")
    group_rare_values: Annotated[
        dict[ColumnName, Annotated[GroupRare, Allowed("below and into, such as {below: 10, into: Other}")]],
        Allowed("column names with below and into, such as {country: {into: Other}}"),
    ] = setting(Mark.LEARNING, {}, description="Columns whose rare values are put together into one.")
    into_existing: Columns | None = setting(
        Mark.READING,
        None,
        description="Columns in which values may be merged into one that exists already: by `group_rare_values`, by "
        "`undeclared_into`, or by two equal `labels` of `bins`.",
    )
    decimal_commas: Columns | None = setting(
        Mark.READING, None, description="Columns of `bins` in which a comma stands before decimals."
    )
    thousands_separators: (
        Annotated[dict[ColumnName, kinds.Thousands], Allowed('column names with a separator, such as {income: "."}')]
        | None
    ) = setting(Mark.READING, None, description="What stands between groups of three digits in columns of `bins`.")
    column_groups: Annotated[
        dict[kinds.FilledText, Columns],
        Allowed("group names with lists of columns, such as {Means of control: [meansThreats]}"),
    ] = setting(Mark.READING, {}, description="Columns that belong together, for the codebook and the page.")
    column_labels: Annotated[
        dict[ColumnName, kinds.FilledText], Allowed("column names with labels, such as {ageBroad: Age}")
    ] = setting(Mark.READING, {}, description="Readable names of columns.")
    value_labels: Annotated[
        dict[
            ColumnName,
            Annotated[dict[kinds.Text, kinds.FilledText], Allowed("values with labels, such as {1: Yes}")],
        ],
        Allowed("column names with labels of values, such as {isForcedLabour: {1: Yes}}"),
    ] = setting(Mark.SECRET, {}, description="Readable names of values.")
    sensitive_columns: Columns = setting(
        Mark.SAID,
        [],
        description="Columns whose attributes would harm people if they became known: the largest groups that wholly "
        "share one are named.",
    )
    reporting_resolution: kinds.GroupSize | None = setting(
        Mark.READING,
        None,
        description="k: the smallest group that may be described, and the step between reported counts; "
        "10 when threshold and precision are not given.",
    )
    reporting_threshold: kinds.GroupSize | None = setting(
        Mark.READING,
        None,
        description="Smallest group that may be described, when the step between counts differs from it.",
    )
    reporting_precision: kinds.Positive | None = setting(
        Mark.READING,
        None,
        description="Step between reported counts: the threshold, or less with `accept_derivable_counts`.",
    )
    accept_derivable_counts: kinds.Switch = setting(
        Mark.SAID,
        False,
        description="Accept a precision below the threshold, with which counts of fewer people than the threshold can "
        "be worked out from the published ones, many exactly.",
    )
    reporting_length: kinds.AllLengthsOrSome = setting(
        Mark.READING, 3, description="Longest attribute combination that is counted and reported; -1: all lengths."
    )
    guarantee: kinds.Guarantee = setting(
        Mark.READING,
        "strict",
        description="What every synthetic record must fulfil: strict, k_synthetic, or a length up to which every "
        "combination must be frequent.",
    )
    synthesis_mode: kinds.SynthesisMode = setting(
        Mark.READING, "calibrated", description="How synthetic records are made."
    )
    target_number_of_records: kinds.Positive | None = setting(
        Mark.READING,
        None,
        description="How many synthetic records to make; null: as many as fit the reported counts best.",
    )
    seed: kinds.Seed | None = setting(
        Mark.SECRET,
        None,
        description="Start of all random choices: same seed, same release; null: from a secret in `sensitive_dir`.",
    )
    max_combinations: kinds.Positive = setting(
        Mark.READING, 50_000_000, description="Most attribute combinations that may be reported."
    )
    protection: kinds.Protection = setting(
        Mark.NOISE,
        "k",
        description="How people are protected: by a smallest group (k), or by differential privacy (dp).",
    )
    noise_epsilon: kinds.PositiveNumber | None = setting(
        Mark.NOISE, None, description="With dp: the whole privacy budget, epsilon, of this release."
    )
    noise_delta: kinds.Delta | None = setting(
        Mark.NOISE, None, description="With dp: delta; null: 1 / (delta_factor n), n the most subjects there may be."
    )
    delta_factor: kinds.PositiveNumber | None = setting(
        Mark.NOISE,
        None,
        description="With dp: how many times smaller than 1 / n delta is, at least 10; null: ln n, at least 10.",
    )
    domain: Annotated[
        dict[ColumnName, Annotated[list[kinds.AttributeText], Allowed("a list of values, such as [Female, Male]")]],
        Allowed("column names with their values, such as {gender: [Female, Male]}"),
    ] = setting(
        Mark.NOISE, {}, description="With dp: the values that a column may have, from a codebook and not from the data."
    )
    undeclared_into: kinds.AttributeText | None = setting(
        Mark.NOISE, None, description="With dp: the value that undeclared ones become; null: they are refused."
    )
    private_domain: kinds.Switch = setting(
        Mark.NOISE, False, description="With dp: find the values of columns without a declared domain, at a cost."
    )
    domain_proportion: kinds.Share = setting(
        Mark.NOISE, 0.2, description="With a private domain: the share of the budget that finding values takes."
    )
    budget_proportions: kinds.Shares | None = setting(
        Mark.NOISE, None, description="With dp: how the budget is divided over lengths 1, 2, 3; null: 15, 30, 55."
    )
    number_of_records_epsilon_proportion: kinds.Share = setting(
        Mark.NOISE, 0.02, description="With dp: the share of epsilon for the number of subjects."
    )
    percentile_percentage: kinds.Percentage = setting(
        Mark.NOISE,
        99.0,
        description="With dp: the percentage of records that should be counted whole; longer ones are cut.",
    )
    percentile_epsilon_proportion: kinds.Share = setting(
        Mark.NOISE, 0.01, description="With dp: the share of the budget for finding out how long records are."
    )
    privacy_account: kinds.FilledText = setting(
        Mark.NOISE,
        "default",
        description="With dp: names the data whose budget is spent; the same for releases of the same data.",
    )
    total_epsilon: kinds.PositiveNumber | None = setting(
        Mark.NOISE,
        None,
        description="With dp: the most that all releases of the account may spend together; null: no limit.",
    )
    rehearse_noise: kinds.Switch = setting(
        Mark.NOISE,
        True,
        description="With dp: publish how many counts are likely to be invented or missing and how far "
        "off they are, found by measuring and fitting the synthetic records once more; it doubles the time and costs "
        "no budget.",
    )
    output_dir: kinds.FolderOrUri | None = setting(
        Mark.PLACE, None, description="Folder of the published tables and of the page."
    )
    output_schema: kinds.SchemaName | None = setting(
        Mark.PLACE, None, description="Schema in which the published tables are created, instead of folders."
    )
    prefix: kinds.Prefix = setting(Mark.LOOK, "release", description="Start of file names and of the release id.")
    sensitive_dir: kinds.FolderOrUri | None = setting(
        Mark.PLACE, None, description="Folder of sensitive intermediate results; null: beside `output_dir`."
    )
    staging_dir: kinds.FolderOrUri | None = setting(
        Mark.PLACE,
        None,
        description="Folder in which proven rows wait to be published, for a publisher who may not read "
        "`sensitive_dir`; null: inside it.",
    )
    staging_group: kinds.FilledText | None = setting(
        Mark.PLACE,
        None,
        description="Group on this machine, by name or number, that may read a local `staging_dir`, to publish; null: "
        "its owner alone.",
    )
    keep_intermediates: kinds.Switch = setting(
        Mark.PLACE, False, description="Keep what the stages left in `sensitive_dir` after the proof."
    )
    release_id: kinds.ReleaseId | None = setting(
        Mark.NAME,
        None,
        description="Name of the release in every table; null: the prefix, and digits that nobody else can reproduce.",
    )
    report_title: kinds.FilledText | None = setting(Mark.LOOK, None, description="Title of the page.")
    report_logo: kinds.ImagePath | None = setting(
        Mark.PLACE,
        None,
        description="Image for the page's header: a PNG, JPEG or SVG file, which becomes part of the page.",
    )
    report_pages: Annotated[
        dict[kinds.FilledText, Annotated[list[kinds.FilledText], Allowed("a list of groups or columns")]],
        Allowed("page names with lists of groups or columns, such as {Who: [gender, ageBroad]}"),
    ] = setting(
        Mark.LOOK, {}, description="Parts of the page's list of charts, each with the groups and columns it shows."
    )
    description: kinds.FilledText | None = setting(
        Mark.LOOK, None, description="What the release is about, in a few sentences, for its publication package."
    )
    publisher: kinds.FilledText | None = setting(
        Mark.LOOK, None, description="Organisation that publishes the release, and is cited as its author."
    )
    contact: kinds.FilledText | None = setting(
        Mark.LOOK, None, description="Whom to ask about the release: an e-mail address, a web address or words."
    )
    licence: kinds.FilledText | None = setting(
        Mark.LOOK, None, description="Terms of use: a name such as CC-BY-4.0, a web address or words."
    )
    doi: kinds.Doi | None = setting(Mark.LOOK, None, description="DOI of the release.")
    url: kinds.WebAddress | None = setting(Mark.LOOK, None, description="Web page of the release.")
    period: kinds.Period | None = setting(
        Mark.LOOK, None, description="The time that the data are about: a date, or two with a slash between them."
    )
    places: Annotated[list[kinds.FilledText], Allowed("a list of names, such as [Kenya, Uganda]")] = setting(
        Mark.LOOK, [], description="The places that the data are about."
    )
