"""What the columns look like, so that identifiers, free numbers and free text are noticed before a release.

Only aggregates leave Spark: counts and shares for each column, never a value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Literal

from pyspark.sql import functions as F

from ctdc_spark.cases.numbers import PLAIN, form_of, read_number
from ctdc_spark.cases.prepare import ZEROS, absent_tokens
from ctdc_spark.cases.repeated import find_repeated
from ctdc_spark.engine.failures import explained_failures
from ctdc_spark.engine.sql_names import quote_name

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

    from ctdc_spark.settings import Settings

Kind = Literal["flag", "category", "number", "identifier", "free_text", "constant", "empty", "multi_value", "repeated"]

VALUE_DELIMITERS = (";", "|", ",")

GROUP_NAMES = ("Other", "All other values", "Other (rare values)")
"""What the group of rare values may be called."""

_FEWEST_RECORDS = 20  # with fewer, it says nothing that all values differ
_UNIQUE_SHARE = 0.9
_UNIQUE_NUMBERS = 0.99  # amounts are often nearly unique, identifiers wholly
_NUMERIC_SHARE = 0.95
_MANY_NUMBERS = 30
_SOME_NUMBERS = 12
_MANY_RARE = 0.05
_LONG_TEXT = 30  # characters on average
_WORDS = 4  # words on average
_MANY_TEXTS = 0.3  # different texts per record
_JOINED_SHARE = 0.02  # records that hold a delimiter


@dataclass(frozen=True)
class ColumnProfile:
    """What a column looks like; shares are of all records unless said otherwise, rounded to two digits.

    Attributes:
        name: of the column.
        kind: what it seems to be.
        distinct: number of different values that are not absent.
        present: share of records with a value.
        numeric: share of those whose value is a number; 1.0 only if all are.
        most_frequent: share of records with the most frequent value.
        rare: share of records whose value is held by fewer records than the reporting threshold.
        zeros: share of records with a 0.
        lost: share of records with a 0 or another token that means absent here.
        delimiter: of a column that holds several values.
        holds_its_name: a value equals the column's name.
        into: a name for the group of rare values that no value of the column has; None: none of ours is free.
    """

    name: str
    kind: Kind
    distinct: int
    present: float
    numeric: float
    most_frequent: float
    rare: float
    zeros: float
    lost: float = 0.0
    delimiter: str | None = None
    holds_its_name: bool = False
    into: str | None = GROUP_NAMES[0]


def profile_columns(
    spark: SparkSession,  # noqa: ARG001 - the first argument everywhere
    cases: DataFrame,
    settings: Settings,
) -> list[ColumnProfile]:
    """Look at every column but the subject's in one pass (two if cells seem to hold several values).

    Args:
        spark: the session.
        cases: string columns, as `read_cases` gives them.
        settings: what is absent and what is known about the columns.

    Raises:
        DataError: the data cannot be read.
    """
    names = [name for name in cases.columns if name != settings.subject_id]
    with explained_failures("the sensitive data"):
        rows = _measure(cases, names, settings).collect()
        facts = {row["column"]: row.asDict() for row in rows}
        joined = _find_joined(cases, names, facts, settings)
        asked = settings.subject_id is None and not settings.one_row_per_subject

        def has_value(i: int) -> Column:
            return ~F.col(quote_name(names[i])).isin(absent_tokens(names[i], settings))

        repeated = find_repeated(cases, names, facts, has_value) - joined.keys() if asked else set()
    profiles = [_describe(name, facts.get(i, {}), joined.get(i), settings) for i, name in enumerate(names)]
    return [replace(one, kind="repeated") if i in repeated else one for i, one in enumerate(profiles)]


def suspicious(profiles: Sequence[ColumnProfile], settings: Settings, *, noisy: bool = False) -> list[str]:
    """Return a sentence for each column hardly fit to be published as it is, with what to do; no values.

    Args:
        profiles: what the columns look like.
        settings: what is known about them.
        noisy: advise only what may be decided without a look at the data, as noise requires.
    """
    treated = {*settings.bins, *settings.group_rare_values, *settings.multi_value_columns}
    treated -= {profile.name for profile in profiles if profile.kind == "repeated"}
    if noisy:
        treated |= {*settings.domain}  # which values there are was decided without a look at them
    return [
        f"column {profile.name} {said}"
        for profile in profiles
        if profile.name not in treated and (said := _say_what_to_do(profile, noisy=noisy))
    ]


def describe_lost(profiles: Sequence[ColumnProfile], settings: Settings) -> list[str]:
    """Return what share of the records each column loses to 0 and to tokens that mean absent; flags are passed over."""
    said = []
    for profile in profiles:
        if profile.kind == "flag" or not profile.lost:
            continue
        is_zero = "0" in absent_tokens(profile.name, settings) and profile.zeros
        said.append(f"{profile.name} {profile.lost:.0%}" + f" (0: {profile.zeros:.0%})" * bool(is_zero))
    if not said:
        return []
    return [
        "share of the records whose cell holds 0 or another token that means absent, and so counts for nothing: "
        f"{', '.join(said)}. Where 0 says something about a person, name the column under sensitive_zeros"
    ]


def round_count(count: int) -> str:
    """Return a number of values in words: exact up to a dozen, else rounded.

    Example:
        >>> round_count(7), round_count(48842)
        ('7', 'about 49,000')
    """
    if count <= _SOME_NUMBERS:
        return str(count)
    step = 10 ** max(len(str(count)) - 2, 0)
    return f"about {round(count / step) * step:,}"


def _say_what_to_do(profile: ColumnProfile, *, noisy: bool) -> str | None:
    name, many = json.dumps(profile.name, ensure_ascii=False), round_count(profile.distinct)
    if profile.kind == "identifier":
        return (
            "looks like an identifier: nearly every record has a value of its own. Leave it out of "
            "use_columns, or, if it tells the subjects apart, name it as subject_id"
        )
    if profile.kind == "repeated":
        return (
            "looks as if it told people apart who have several rows each: its values come again, with the same values "
            "in other columns. If so, name it as subject_id: otherwise rows are counted for people, and ten rows may "
            "be three people. If every row is another person, confirm it with one_row_per_subject: true"
        )
    if profile.kind == "number":
        others = "" if profile.numeric == 1 else "; what is not a number must be listed in column_missing_values"
        ranges = "edges: [...]}}, chosen without a look at the data" if noisy else "quantiles: 5}}"
        return (
            f"looks like a free number ({many} different). Put it into ranges, such as bins: "
            f"{{{name}: {{{ranges}{others}, or leave it out of use_columns"
        )
    if profile.kind == "free_text":
        return f"looks like free text ({many} different), in which people may be described. Leave it out of use_columns"
    if profile.kind == "multi_value":
        return (
            "looks as if its cells hold several values. If so, separate them: multi_value_columns: "
            f"{{{name}: {json.dumps(profile.delimiter)}}}"
        )
    if profile.kind == "category" and profile.rare >= _MANY_RARE and noisy:
        return (
            f"has many rare values ({many} in all), which the noise hides. Declare those that matter (domain) and put "
            "the others under undeclared_into, or use a coarser column"
        )
    if profile.kind == "category" and profile.rare >= _MANY_RARE:
        return (
            f"has many rare values ({many} in all), which cannot be published. Put them together, such as "
            f"group_rare_values: {{{name}: {{into: {profile.into or 'a new name'}}}}}, or use a coarser column"
        )
    return None


def _measure(cases: DataFrame, names: Sequence[str], settings: Settings) -> DataFrame:
    values = cases.select(F.posexplode(F.array(*(F.col(quote_name(name)) for name in names))).alias("column", "value"))
    # (column, value) -> (column, value, n: records that hold it)
    counted = values.groupBy("column", "value").agg(F.count(F.lit(1)).alias("n"))
    value, n = F.col("value"), F.col("n")
    present = _is_present(names, settings)
    number = _number_in(names, settings)

    def records(condition: Column) -> Column:
        return F.coalesce(F.sum(F.when(condition, n)), F.lit(0))

    return counted.groupBy("column").agg(
        F.sum(n).alias("records"),
        F.count(F.when(present, 1)).alias("distinct"),
        records(present).alias("present"),
        F.max(F.when(present, n)).alias("most_frequent"),
        records(present & (n < settings.threshold)).alias("rare"),
        records(present & number.isNotNull()).alias("numeric"),
        records(present & value.rlike(r"^\d+$")).alias("whole"),
        records(value.isin(*ZEROS)).alias("zeros"),
        records(~present & (value != "")).alias("lost"),
        records((value != "") & ~value.isin("0", "1")).alias("not_flag"),
        F.sum(F.when(present, n * F.char_length(value))).alias("length"),
        F.sum(F.when(present, n * F.size(F.split(value, r"\s+")))).alias("words"),
        F.max(value == F.get(F.array(*map(F.lit, names)), F.col("column"))).alias("own_name"),
        F.collect_set(F.when(value.isin(*GROUP_NAMES), value)).alias("group_names"),  # of these names only
        *(records(present & value.contains(mark)).alias(mark) for mark in VALUE_DELIMITERS),
    )


def _is_present(names: Sequence[str], settings: Settings) -> Column:
    """Tell whether `value` is an attribute of `column`, by the column's own tokens for absence."""
    by_tokens: dict[tuple[str, ...], list[int]] = {}
    for i, name in enumerate(names):
        by_tokens.setdefault(tuple(absent_tokens(name, settings)), []).append(i)
    checks = [F.col("column").isin(of) & ~F.col("value").isin(list(tokens)) for tokens, of in by_tokens.items()]
    return F.coalesce(reduce(or_, checks, F.lit(False)), F.lit(False))


def _number_in(names: Sequence[str], settings: Settings) -> Column:
    """The number that `value` is, as its column writes numbers."""
    number, value = read_number(F.col("value")), F.col("value")
    for i, name in enumerate(names):
        form = form_of(name, settings)
        if form != PLAIN:
            number = F.when(F.col("column") == i, read_number(value, form)).otherwise(number)
    return number


def _find_joined(
    cases: DataFrame, names: Sequence[str], facts: Mapping[int, Mapping[str, Any]], settings: Settings
) -> dict[int, str]:
    """Return the delimiter of each column with fewer different parts than different cells."""
    likely = {
        i: max(VALUE_DELIMITERS, key=lambda mark: row[mark])
        for i, row in facts.items()
        if names[i] not in settings.multi_value_columns and row["distinct"] > 2
    }
    likely = {i: mark for i, mark in likely.items() if facts[i][mark] > _JOINED_SHARE * facts[i]["present"]}
    if not likely:
        return {}
    cells = [
        F.struct(F.lit(i).alias("column"), F.split(quote_name(names[i]), f"[{mark}]").alias("parts"))
        for i, mark in likely.items()
    ]
    # (record) -> (column, parts of its cell) -> (column, part)
    parts = cases.select(F.explode(F.array(*cells)).alias("cell")).select(
        "cell.column", F.explode("cell.parts").alias("part")
    )
    counted = parts.groupBy("column").agg(F.count_distinct(F.trim("part")).alias("parts"))
    found = {row["column"]: row["parts"] for row in counted.collect()}
    return {i: mark for i, mark in likely.items() if found.get(i, 0) < facts[i]["distinct"]}


def _describe(name: str, facts: Mapping[str, Any], delimiter: str | None, settings: Settings) -> ColumnProfile:
    records, present = facts.get("records", 0), facts.get("present", 0)

    def share(part: str, whole: int = records) -> float:
        return round((facts.get(part) or 0) / whole, 2) if whole else 0.0

    numeric = share("numeric", present)
    delimiter = settings.multi_value_columns.get(name, delimiter)
    return ColumnProfile(
        name=name,
        kind="multi_value" if name in settings.multi_value_columns else _judge(facts, delimiter),
        distinct=facts.get("distinct", 0),
        present=share("present"),
        numeric=numeric if facts.get("numeric") == present else min(numeric, 0.99),
        most_frequent=share("most_frequent"),
        rare=share("rare"),
        zeros=share("zeros"),
        lost=share("lost"),
        delimiter=delimiter,
        holds_its_name=bool(facts.get("own_name")),
        into=next((label for label in GROUP_NAMES if label not in facts.get("group_names", ())), None),
    )


def _judge(facts: Mapping[str, Any], delimiter: str | None) -> Kind:
    """Return what a column seems to be; the first rule that fits."""
    present, distinct = facts.get("present", 0), facts.get("distinct", 0)
    if not present:
        return "empty"
    is_numeric = facts["numeric"] >= _NUMERIC_SHARE * present
    unique_share = _UNIQUE_NUMBERS if is_numeric else _UNIQUE_SHARE
    is_unique = present >= _FEWEST_RECORDS and distinct >= unique_share * present
    is_long = facts["length"] > _LONG_TEXT * present or facts["words"] >= _WORDS * present
    many_rare = facts["rare"] > _MANY_RARE * present
    rules: dict[Kind, bool] = {
        "constant": distinct == 1 and present == facts["records"],
        "flag": not facts["not_flag"] or distinct == 1,
        "free_text": is_long and distinct > max(_FEWEST_RECORDS, _MANY_TEXTS * present),
        "identifier": is_unique and (not is_numeric or facts["whole"] == present),
        "multi_value": delimiter is not None,
        "number": is_numeric and (distinct > _MANY_NUMBERS or (distinct > _SOME_NUMBERS and many_rare)),
    }
    return next((kind for kind, holds in rules.items() if holds), "category")
