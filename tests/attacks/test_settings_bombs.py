"""Settings made to fill the memory, never end, or run a program are refused with a sentence.

Whatever would expand too far is found before it is built: those tests count how far the reading got. That nothing here
takes long shows in the tests ending at all; a reading that never ends is stopped from outside.
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ctdc_spark.cli.given import read_given
from ctdc_spark.errors import LONGEST_TOLD, MOST_TOLD, SettingsError
from ctdc_spark.settings import limits, load_settings
from ctdc_spark.settings.limits import DEEPEST, MOST_BYTES, MOST_VALUES, TooMuchError, require_bounded
from ctdc_spark.settings.reading import read_mapping

SECONDS = 60
"""Seconds after which a child is stopped: all of them together take a few."""


def aliases(lines: int, width: int) -> str:
    """Each line refers to the one before many times."""
    names = [f"a{i}" for i in range(lines)]
    first = f"a0: &a0 [{', '.join(['x'] * width)}]\n"
    return first + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * width)}]\n" for before, name in itertools.pairwise(names)
    )


def merges(lines: int, width: int) -> str:
    """The same with mappings that are merged."""
    first = "a0: &a0 {k0: x}\n"
    return first + "".join(
        f"a{i}: &a{i} {{k{i}: x, <<: [{', '.join([f'*a{i - 1}'] * width)}]}}\n" for i in range(1, lines)
    )


BOMBS: dict[str, tuple[str, str]] = {
    "aliases of aliases": (aliases(9, 9), f"line 6, .*more than {MOST_VALUES:,} values"),
    "aliases of aliases as a block": (
        aliases(9, 9).replace("[", "\n- ").replace(", ", "\n- ").replace("]", ""),
        "values",
    ),
    "mappings merged over and over": (merges(30, 9), f"more than {MOST_VALUES:,} values"),
    "an alias of itself": ("use_columns: &x [a, *x]", "line 1, .*no part that contains itself"),
    "a mapping merged into itself": ("a: &x {b: 1, <<: *x}", "no part that contains itself"),
    "a mapping with itself in it": ("a: &x {b: {c: *x}}", "no part that contains itself"),
    "aliases that go deeper than the text": (
        "\n".join(["a0: &a0 [x]", *[f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 60)]]),
        "nested too deeply",
    ),
    "lists in lists in a line": ("use_columns: " + "[" * 100_000, "line 1, .*nested too deeply"),
    "mappings in mappings in a line": ("a: " + "{b: " * 100_000, "nested too deeply"),
    "lists in lists by indentation": ("- " * 5_000, "nested too deeply"),
    "keys that are lists in lists": ("? " * 5_000 + "a", "nested too deeply"),
    "a list without an end": (f"a: [{'x,' * (MOST_VALUES + 1)}]", f"more than {MOST_VALUES:,} values"),
    "an object of Python": ('output_dir: !!python/object/apply:os.system ["touch pwned"]', "allowed: no tags"),
    "a tag of any length": (f"output_dir: !{'x' * 50_000} y", "allowed: no tags|x\\.\\.\\."),
    "a file of any length": ("#" * (MOST_BYTES + 1), f"more than {MOST_BYTES:,} bytes"),
    "many unknown keys": ("\n".join(f"key{i}: 1" for i in range(20_000)), "19,970 more keys or values are wrong"),
    "many columns that are not used": (
        json.dumps(
            {"use_columns": [f"a{i}" for i in range(9_000)], "sensitive_zeros": [f"b{i}" for i in range(9_000)]}
        ),
        "more problems of the settings",
    ),
    "a number of any length": (f"seed: {'9' * 400_000}", "seed: found"),
    "nearly a number of any length": (f"seed: {'9' * 400_000}x", "seed: found"),
    "a key of any length": (f"{'k' * 100_000}: 1", "found a colon where none is allowed"),
    "a value of any length": (f"prefix: '{'/' * 400_000}'", "prefix: found"),
    "an undefined name of any length": (f"prefix: *{'x' * 50_000}", "put text that starts with"),
}

JSON_BOMBS: dict[str, tuple[str, str]] = {
    "lists in lists": ('{"use_columns":' + "[" * 100_000, "nested too deeply"),
    "lists in lists, closed": ('{"use_columns":' + "[" * 50_000 + "]" * 50_000 + "}", "nested too deeply"),
    "just too deep": ('{"use_columns":' + "[" * DEEPEST + "]" * DEEPEST + "}", "nested too deeply"),
    "objects in objects": ('{"a":' * 100_000, "nested too deeply"),
    "a long list": (json.dumps({"use_columns": ["x"] * (MOST_VALUES + 1)}), f"more than {MOST_VALUES:,} values"),
    "a key many times": ("{" + ",".join(['"seed": 1'] * 30_000) + "}", "seed: found 30000 times"),
    "many keys, each twice": (
        "{" + ",".join(f'"key{i}": 1' for i in [*range(20_000), *range(20_000)]) + "}",
        "more problems of the settings",
    ),
    "a number of any length": (f'{{"seed": {"9" * 400_000}}}', "seed: found"),
}


def refused(text: str, name: str, tmp_path: Path) -> str:
    """The message about these settings."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(str(path))
    return str(caught.value)


@pytest.mark.parametrize("name", BOMBS)
def test_yaml_that_stands_for_too_much_ends_in_a_sentence(name: str, tmp_path: Path) -> None:
    text, expected = BOMBS[name]
    said = refused(text, "settings.yaml", tmp_path)
    assert_told(said, expected)
    assert not Path("pwned").exists()


@pytest.mark.parametrize("name", JSON_BOMBS)
def test_json_that_stands_for_too_much_ends_in_a_sentence(name: str, tmp_path: Path) -> None:
    text, expected = JSON_BOMBS[name]
    assert_told(refused(text, "settings.json", tmp_path), expected)
    assert_told(refused(text, "settings.yaml", tmp_path), expected)  # braces are JSON whatever the name
    assert_told(refused(text, "config.json", tmp_path), expected)


def assert_told(said: str, expected: str) -> None:
    assert re.search(expected, said), said[:500]
    lines = said.splitlines()
    assert len(lines) <= MOST_TOLD + 1
    assert max(map(len, lines)) <= LONGEST_TOLD + 3


def test_reading_stops_where_it_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[yaml.Event] = []

    def watch(text: str, **how: Any) -> Iterator[yaml.Event]:
        for event in parse(text, **how):
            seen.append(event)
            yield event

    parse = yaml.parse
    monkeypatch.setattr(yaml, "parse", watch)
    monkeypatch.setattr(yaml, "compose", None)
    with pytest.raises(TooMuchError):
        require_bounded(aliases(9, 9) + "more: [" + "x, " * 50_000 + "]")
    assert len(seen) < 100


def test_nothing_is_composed_before_it_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def compose(*_: object, **__: object) -> None:
        raise AssertionError("composed")

    monkeypatch.setattr("ctdc_spark.settings.reading.yaml.compose", compose)
    with pytest.raises(SettingsError, match="values"):
        read_mapping(aliases(9, 9), "settings.yaml")


def test_without_the_fast_parser_the_same_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(limits, "_FAST", yaml.SafeLoader)
    for name in (
        "aliases of aliases",
        "mappings merged over and over",
        "lists in lists in a line",
        "an alias of itself",
    ):
        text, expected = BOMBS[name]
        assert_told(refused(text, "settings.yaml", tmp_path), expected)


def test_aliases_and_merges_of_a_reasonable_size_are_read() -> None:
    text = "a: &a {x: 1, y: 2}\nb: {<<: *a, z: 3}\nc: [*a, *a]\n"
    found, problems = read_mapping(text, "settings.yaml")
    assert (sorted(found["b"]), len(found["c"]), problems) == (["x", "y", "z"], 2, [])
    require_bounded(aliases(4, 9))


@pytest.mark.parametrize("value", ["[" * 10_000, "&x [*x]", "[x," * 2_000, "{a: " * 5_000, "[" + "x," * 200_000 + "]"])
def test_values_given_on_the_command_line_are_bounded_as_well(value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_given([f"use_columns={value}"])
    assert_told(str(caught.value), "--set.*: found")


def test_the_command_ends_with_a_sentence_and_exit_code_2(tmp_path: Path) -> None:
    for number, (text, _) in enumerate([BOMBS["aliases of aliases"], JSON_BOMBS["lists in lists"]]):
        path = tmp_path / ("deep.json" if number else "bomb.yaml")
        path.write_text(text, encoding="utf-8")
        for one in ("check", "plan"):
            done = subprocess.run(
                [sys.executable, "-m", "ctdc_spark", one, str(path)], capture_output=True, timeout=SECONDS, text=True
            )
            assert done.returncode == 2
            assert "Traceback" not in done.stderr
            assert len(done.stderr) < 2_000


def test_a_file_without_an_end_is_not_read_to_it() -> None:
    if Path("/dev/zero").exists():
        with pytest.raises(SettingsError, match=f"more than {MOST_BYTES:,} bytes"):
            load_settings("/dev/zero")
