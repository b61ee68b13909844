"""Verify the table of coverage: what is looked at together follows from the published codebook."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ctdc_spark.proof.coverage import count_saying, count_saying_of_records, protect_saying, verify_coverage
from ctdc_spark.proof.findings import Finding
from ctdc_spark.records.coverage import Coverage
from ctdc_spark.release.contracts import CODEBOOK, COVERAGE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.cases.pack import PackedCases
    from ctdc_spark.proof.terms import Terms
    from ctdc_spark.records.coverage import Scope
    from ctdc_spark.records.dictionary import Dictionary

Rows = list[dict[str, Any]]


def check_coverage(
    tables: Mapping[str, DataFrame],
    ledger: Mapping[str, Any],
    known: tuple[PackedCases, Dictionary, int],
    terms: Terms,
) -> list[Finding]:
    """Count anew how many subjects say something in each column; nothing is found in a release without the table.

    Args:
        tables: of the release.
        ledger: its row.
        known: the cases, their frequent attributes, and how many subjects there are.
        terms: how counts are protected.
    """
    said = read_rows(tables)
    if not said and not is_promised(ledger):
        return []
    packed, dictionary, subjects = known
    groups, scopes = read_scopes(tables, dictionary.columns, least=3)  # of two, few could be shown to have both
    right = protect_saying(count_saying(packed, dictionary, scopes), scopes, subjects, terms)
    return [verify_coverage(said, right, dictionary.columns, groups)]


def check_noisy_coverage(
    tables: Mapping[str, DataFrame],
    ledger: Mapping[str, Any],
    known: tuple[DataFrame | None, Dictionary],
    declared: Collection[str],
) -> list[Finding]:
    """The same for a release with differential privacy, against its records.

    Args:
        tables: of the release.
        ledger: its row.
        known: the published records (RECORD_ROWS) and their attributes; None: they are not those that were counted.
        declared: columns of which all values are known to be in the domain.
    """
    said = read_rows(tables)
    if not said and not is_promised(ledger):
        return []
    records, dictionary = known
    groups, scopes = read_scopes(tables, dictionary.columns, least=2)
    if records is not None:
        listed = count_saying_of_records(records, dictionary, scopes)
    else:  # then it can only be checked that all numbers follow from those
        numbers = {(row["column"], row["group"]): row["with_published_value"] or 0 for row in said}
        names = [(c[0] if len(c) == 1 else None, groups.get(c[0])) for c in _name(scopes, dictionary.columns)]
        listed = [numbers.get(name, 0) for name in names]
    right = []
    for scope, names_of, number in zip(scopes, _name(scopes, dictionary.columns), listed, strict=True):
        rest = max(0, ledger["protected_number_of_subjects"] - number)
        all_known = (number, number, rest, 0) if set(names_of) <= set(declared) else (None, number, None, None)
        right.append(Coverage(scope, *all_known))
    return [verify_coverage(said, right, dictionary.columns, groups)]


def check_no_coverage(tables: Mapping[str, DataFrame]) -> list[Finding]:
    """Reported counts do not say it, so a release from these alone may not either."""
    said = read_rows(tables)
    return [verify_coverage(said, (), (), {})] if said else []


def is_promised(ledger: Mapping[str, Any]) -> bool:
    """Whether a release must have the table: unless it was proven by a version that did not know it."""
    proof = ledger.get("proof")
    return not proof or any(check["check"] == "coverage" for check in json.loads(proof)["checks"])


def read_rows(tables: Mapping[str, DataFrame]) -> Rows:
    """The rows of the table, some for each column; none where there is no table."""
    return [row.asDict() for row in tables[COVERAGE.name].collect()] if COVERAGE.name in tables else []


def read_scopes(
    tables: Mapping[str, DataFrame], columns: Sequence[str], *, least: int
) -> tuple[dict[str, str], list[Scope]]:
    """The group of each column that has one, and what has a row: each column, and at least so many flags of a group."""
    codebook = tables[CODEBOOK.name].select("column", "group", "kind").collect()  # a row for each published value
    groups = {row["column"]: row["group"] for row in codebook if row["group"] is not None}
    flags = {row["column"] for row in codebook if row["kind"] == "flag"}
    together: dict[str | None, list[int]] = {}
    for place, name in enumerate(columns):
        if name in flags:
            together.setdefault(groups.get(name), []).append(place)
    several = [tuple(places) for places in together.values() if len(places) >= least]
    return groups, [*((place,) for place in range(len(columns))), *several]


def _name(scopes: Sequence[Scope], columns: Sequence[str]) -> list[list[str]]:
    return [[columns[place] for place in scope] for scope in scopes]
