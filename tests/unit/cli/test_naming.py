"""Errors of functions name parameters; commands name their options instead."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import ctdc_spark
from ctdc_spark.cli.main import cli
from ctdc_spark.cli.naming import name_options
from ctdc_spark.errors import CtdcError, SettingsError

PACKAGE = Path(ctdc_spark.__file__).parent

COMMAND = click.Command(
    "export",
    params=[
        click.Option(["--release", "place"]),
        click.Option(["-o", "--output"]),
        click.Option(["--force"], is_flag=True),
        click.Argument(["release_a"]),
    ],
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("place: main.ctdc holds none", "--release: main.ctdc holds none"),
        ("output: x exists", "--output: x exists"),
        ("release_a: found r9", "RELEASE_A: found r9"),
        ("it is complete; replace it (force)", "it is complete; replace it (--force)"),
        ("first\noutput: second", "first\n--output: second"),
        ("model: found none", "model: found none"),
        ("the place: it is full", "the place: it is full"),
        ("a place of force and output", "a place of force and output"),
    ],
)
def test_a_parameter_is_called_by_the_option_of_the_command(text: str, said: str) -> None:
    error = CtdcError(text, parameters=["place", "output", "force", "release_a", "model"])
    name_options(error, COMMAND)
    assert str(error) == said


def test_a_key_of_the_settings_keeps_its_name() -> None:
    error = SettingsError("output: found x")
    name_options(error, COMMAND)
    assert str(error) == "output: found x"


def test_where_no_command_was_run_nothing_is_translated() -> None:
    error = CtdcError("place: found x", parameters=["place"])
    name_options(error, None)
    assert str(error) == "place: found x"


LIBRARY = [path for path in sorted(PACKAGE.rglob("*.py")) if path.relative_to(PACKAGE).parts[0] != "cli"]

OPTIONS = {option for one in cli.commands.values() for parameter in one.params for option in parameter.opts}
LONG = re.compile("|".join(rf"(?<![\w-]){re.escape(one)}(?![\w-])" for one in sorted(OPTIONS) if one.startswith("--")))


def texts_of(module: Path) -> Iterator[tuple[int, str]]:
    """The texts of a module except docstrings, without commands that are quoted whole: `ctdc-spark tidy PLACE`."""
    nodes = list(ast.walk(ast.parse(module.read_text(encoding="utf-8"))))
    left_out = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}  # docstrings
    left_out |= {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            said = "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in left_out:
            said = node.value
        else:
            continue
        yield node.lineno, re.sub(r"`ctdc-spark [^`]*`", "", said)


@pytest.mark.parametrize("module", LIBRARY, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_function_speaks_of_options_of_the_command_line(module: Path) -> None:
    assert not [(line, found) for line, text in texts_of(module) if (found := LONG.findall(text))]
