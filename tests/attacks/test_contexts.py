"""Stages that publish have no key to the sensitive place: neither in what they hold nor in what they import."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import ctdc_spark
from ctdc_spark.pipeline.publish import PublishingContext, PublishingTerms
from ctdc_spark.release.table_location import TableLocation
from ctdc_spark.settings.marks import Mark
from ctdc_spark.settings.settings import MARKS
from ctdc_spark.storage.staging import Staging

PACKAGE = Path(ctdc_spark.__file__).parent

SENSITIVE_ROOMS = (
    "ctdc_spark.storage.workspace",
    "ctdc_spark.protections.protection",
    "ctdc_spark.protections.group_size",
    "ctdc_spark.protections.case_records",
    "ctdc_spark.protections.reported_counts",
    "ctdc_spark.protections.differential_privacy.measure",
    "ctdc_spark.protections.differential_privacy.fitting",
    "ctdc_spark.pipeline.proof",
    "ctdc_spark.verification.group_size",
    "ctdc_spark.io.parquet",
    "ctdc_spark.cases.source",
    "ctdc_spark.cases.plain",
    "ctdc_spark.cases.encode",
    "ctdc_spark.combinations.counting",
    "ctdc_spark.differential_privacy.account",
)
"""What reads the input, or the tables that hold exact counts."""


def imports_at_run_time(module: str) -> Iterator[str]:
    """The modules of the package that a module imports when loaded or used, except for type checking."""
    path = PACKAGE.parent.joinpath(*module.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    tree = ast.parse(source.read_text(encoding="utf-8"))
    skipped = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("ctdc_spark"):
            for alias in node.names:
                below = f"{node.module}.{alias.name}"
                target = PACKAGE.parent.joinpath(*below.split("."))
                yield below if target.is_dir() or target.with_suffix(".py").exists() else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("ctdc_spark"))


def reached_from(module: str) -> set[str]:
    found, waiting = set(), [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(imports_at_run_time(name))
    return found


def test_what_publishes_never_loads_what_reads_the_sensitive_place() -> None:
    reached = reached_from("ctdc_spark.pipeline.publish")
    assert "ctdc_spark.release.writer" in reached  # the walk walks
    assert reached.isdisjoint(SENSITIVE_ROOMS)
    assert reached_from("ctdc_spark.pipeline.run") >= {*SENSITIVE_ROOMS}


def test_the_context_of_publication_holds_no_settings_and_no_workspace() -> None:
    from pyspark.sql import SparkSession

    names = {"SparkSession": SparkSession, "Staging": Staging, "TableLocation": TableLocation}
    held = get_type_hints(PublishingContext, localns=names)
    assert held.keys() == {"spark", "release_id", "terms", "staging", "place", "report", "force"}
    assert held["terms"] is PublishingTerms
    kept = {"keep_staged": "keep_intermediates"}
    terms = {kept.get(name, name) for name in get_type_hints(PublishingTerms)}
    assert terms == {"privacy_account", "total_epsilon", "report_logo", "keep_intermediates"}
    assert not {MARKS[name] for name in terms} & {Mark.INPUT, Mark.SECRET, Mark.REPORTED}
    assert "sensitive_dir" not in terms
