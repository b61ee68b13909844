"""One contract for each published table: name, meaning, columns. Names and types come from here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

from ctdc_spark.engine.sql_names import quote_name


@dataclass(frozen=True)
class Column:
    """A column of a published table."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True)
class Contract:
    """A published table; every row belongs to the release named in its first column.

    Attributes:
        name: of the table.
        comment: what a row means.
        columns: in order.
        check: what Delta itself requires of every row, whoever writes; null is a violation. Rows are verified before,
            since the message of a violation shows the row.
        skipping: the columns whose range each file's log entry names; (): as Delta chooses. Ranges of long
            texts cost about a fifth of writing the table, and no reader can skip a file by them.
    """

    name: str
    comment: str
    columns: tuple[Column, ...]
    check: str
    skipping: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """The column names, in order."""
        return [column.name for column in self.columns]

    @property
    def schema(self) -> str:
        """The schema without the release's id, as Spark reads it."""
        return ", ".join(f"{quote_name(column.name)} {column.type}" for column in self.columns[1:])


COMBINATION = "array<struct<column:string,value:string>>"
"""The type of a combination."""

RELEASE_ID = Column("release_id", "string", "The release this row belongs to; see the table releases")

AGGREGATE_COUNTS = Contract(
    "aggregate_counts",
    "Protected counts of combinations of up to reporting_length attributes. Where a smallest group protects, such a "
    "combination without a row is held by fewer subjects than the reporting threshold, or by none; in some cases other "
    "counts narrow this down, and with a precision below the threshold they often reveal the count. With differential "
    "privacy counts are estimates, and any number of subjects may hold a combination without a row",
    (
        RELEASE_ID,
        Column("length", "int", "Number of attributes in the combination"),
        Column(
            "combination",
            COMBINATION,
            "The attributes, in the input's column order",
        ),
        Column(
            "combination_text",
            "string",
            "The same as column:value;column:value, with a backslash before ; : and \\",
        ),
        Column(
            "protected_count",
            "bigint",
            "Number of subjects, rounded down to a multiple of the precision; with differential privacy an estimate",
        ),
    ),
    check="protected_count > 0 and length > 0 and length = size(combination)",
    skipping=("length", "protected_count"),
)

EVALUATION_METRICS = Contract(
    "evaluation_metrics",
    "How faithful the synthetic records are, and what was proven about them",
    (
        RELEASE_ID,
        Column("metric", "string", "Name of the metric"),
        Column(
            "reference",
            "string",
            "reported: computed from the published tables; proof: established on the input, case records or reported "
            "counts; sensitive, only in releases of earlier versions: a rounded mean over comparisons with the case "
            "records",
        ),
        Column("length", "int", "Combinations of this many attributes; null: not by length"),
        Column("count_from", "bigint", "Combinations with a reference count of at least this; null: all counts"),
        Column("count_to", "bigint", "Combinations with a reference count below this; null: all counts"),
        Column("value", "double", "Value of the metric"),
    ),
    check="release_id is not null and metric is not null and reference in ('reported', 'proof', 'sensitive')",
)

ATTRIBUTE_METRICS = Contract(
    "attribute_metrics",
    "How faithful each attribute and each column is, over the reported combinations of two attributes or more that "
    "hold it; computed from the published tables",
    (
        RELEASE_ID,
        Column("column", "string", "Column of synthetic_microdata"),
        Column("value", "string", "A value of the column; null: the column as a whole"),
        Column("protected_count", "bigint", "Reported count of the attribute"),
        Column("synthetic_count", "bigint", "Synthetic records that have it"),
        Column("combinations", "bigint", "Reported combinations that hold it"),
        Column("presence", "double", "Share of them that occur in the synthetic records"),
        Column("mean_relative_error", "double", "Mean of |synthetic - reported| / reported over them"),
    ),
    check="release_id is not null and `column` is not null and coalesce(protected_count, 1) > 0 "
    "and coalesce(synthetic_count, 0) >= 0 and coalesce(presence, 0) between 0 and 1",
)

CODEBOOK = Contract(
    "codebook",
    "The published values of each column",
    (
        RELEASE_ID,
        Column("column", "string", "Column of synthetic_microdata"),
        Column("value", "string", "A value of the column; null: there is none, or none may be published"),
        Column("label", "string", "How to show the value"),
        Column("group", "string", "Group of columns that belong together; null: none"),
        Column("kind", "string", "category, flag, bin, multi_value or withheld"),
    ),
    check="release_id is not null and `column` is not null and (value is not null or kind = 'withheld') "
    "and kind in ('category', 'flag', 'bin', 'multi_value', 'withheld')",
)

COVERAGE = Contract(
    "coverage",
    "How many subjects say something in each column, and how many in any flag of a group; where a smallest group "
    "protects, of three flags or more. There with_information and with_published_value are rounded down to a multiple "
    "of the precision, for a group further where the numbers of its columns ask for it, and the two other numbers are "
    "differences of these: the true number is less than the threshold away, on either side, of a group maybe more. "
    "No rows: the release was made from reported counts, or by a version before this table",
    (
        RELEASE_ID,
        Column("column", "string", "Column of synthetic_microdata; null: the flags of the group together"),
        Column("group", "string", "Group of columns that belong together; null: none"),
        Column(
            "with_information",
            "bigint",
            "Subjects with a value; null: fewer than the reporting threshold, or none; with differential privacy: not "
            "known",
        ),
        Column(
            "with_published_value",
            "bigint",
            "Those of them with a value that is published; null: fewer than the reporting threshold, or none",
        ),
        Column(
            "not_recorded",
            "bigint",
            "Subjects less with_information: those without a value; null: fewer than the reporting threshold, or none; "
            "with differential privacy: not known",
        ),
        Column(
            "withheld_as_too_rare",
            "bigint",
            "with_information less with_published_value: those whose values are all too rare to be published; null: "
            "fewer than the reporting threshold, or none, of a group perhaps more; with differential privacy: not "
            "known",
        ),
    ),
    check="release_id is not null and coalesce(with_information, 0) >= 0 and coalesce(with_published_value, 0) >= 0 "
    "and coalesce(not_recorded, 0) >= 0 and coalesce(withheld_as_too_rare, 0) >= 0",
)

RELEASES = Contract(
    "releases",
    "One row for each complete release, written last: rows of other tables count only if their release is here",
    (
        RELEASE_ID,
        Column("title", "string", "Title of the release"),
        Column("published_at", "timestamp", "When the release became complete (UTC)"),
        Column(
            "protected_number_of_subjects",
            "bigint",
            "Subjects, rounded down to a multiple of the precision; with differential privacy, with noise",
        ),
        Column("number_of_synthetic_records", "bigint", "Rows of synthetic_microdata"),
        Column("reporting_length", "int", "Longest combination in aggregate_counts, where there is one of that length"),
        Column("reporting_threshold", "int", "Smallest group that may be described (k)"),
        Column(
            "reporting_precision",
            "int",
            "Step between reported counts; below the threshold, many counts that are not reported can be worked out",
        ),
        Column(
            "guarantee",
            "string",
            "What holds for the records (in words, with the counts: in proof). strict: every combination of any length "
            "in a record is held by at least k subjects; a number m: every one of up to m attributes is; "
            "k_synthetic: those up to the reporting length are, longer ones are held by nobody or by at least k",
        ),
        Column("synthesis_mode", "string", "How the synthetic records were made"),
        Column("settings", "string", "The public settings of the release, as JSON"),
        Column("versions", "string", "Versions of the software, as JSON"),
        Column(
            "proof",
            "string",
            "What was verified before publication: each check with its numbers, and the promises in sentences, as JSON",
        ),
        Column(
            "protection",
            "string",
            "How people are protected: k, by a smallest group; dp, by noise (differential privacy). Null in releases "
            "of versions before this column, where the guarantee of dp begins with dp:",
        ),
    ),
    check="release_id is not null and published_at is not null and reporting_threshold > 0 and reporting_precision > 0 "
    "and number_of_synthetic_records >= 0 and guarantee is not null",
)

SYNTHETIC_MICRODATA = "synthetic_microdata"


def microdata_contract(columns: tuple[str, ...]) -> Contract:
    """The contract of synthetic_microdata for these input columns."""
    return Contract(
        SYNTHETIC_MICRODATA,
        "Synthetic records, released in place of the case records. No row stands for a person",
        (
            RELEASE_ID,
            Column(
                "record_id",
                "string",
                "Name of the row: a hash of the release, the attributes and the number of the copy, and nothing else",
            ),
            *(Column(name, "string", "As in the input; null where absent or withheld") for name in columns),
        ),
        check="release_id is not null and record_id is not null",
    )


TABLES = (
    SYNTHETIC_MICRODATA,
    AGGREGATE_COUNTS.name,
    EVALUATION_METRICS.name,
    ATTRIBUTE_METRICS.name,
    CODEBOOK.name,
    COVERAGE.name,
    RELEASES.name,
)
"""All published tables; `releases` is written last."""

LATER = {COVERAGE.name: COVERAGE}
"""Tables that a place lacks if only earlier versions have published there."""
