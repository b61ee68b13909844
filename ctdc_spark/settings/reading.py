"""The text of a settings file, YAML or JSON, read without deciding yet what its scalars are."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import PurePosixPath
from typing import Any, NoReturn

import yaml

from ctdc_spark.errors import SettingsError
from ctdc_spark.io import files
from ctdc_spark.settings.limits import (
    DEEPEST,
    MOST_BYTES,
    TOO_DEEP,
    TooMuchError,
    require_bounded,
    require_bounded_json,
)
from ctdc_spark.settings.written import Written

_LONGEST_TOLD = 200  # characters of YAML's own message, which may repeat names of any length
_LINES_TOLD = 10
_TAG = "tag:yaml.org,2002:"
_KINDS = {f"{_TAG}{name}": name for name in ("null", "bool", "int", "float")}
_TAGS = {*_KINDS, *(f"{_TAG}{name}" for name in ("str", "timestamp", "value", "merge", "map", "seq"))}
_PLAIN_WORDS = {
    "mapping values are not allowed here": "found a colon where none is allowed; put text that holds a colon in quotes",
    "could not find expected ':'": "expected a colon after the key",
    "found character '\\t' that cannot start any token": "found a tab; indent with spaces",
    "expected <block end>, but found": "expected the end of this part; check the indentation",
    "expected ',' or ']'": "expected a comma or ] in the list",
    "expected ',' or '}'": "expected a comma or } in the mapping",
    "found unexpected end of stream": "expected a closing quote before the end of the file",
    "found undefined alias": "found a name after * that no & defines; put text that starts with * in quotes",
    "but found another document": "expected one document; take out the line ---",
}


def read_mapping(text: str, name: str) -> tuple[dict[str, Any], list[str]]:
    """Return the keys of a settings file, their values still as written, and the problems found on the way.

    Args:
        text: the content of the file.
        name: the address of the file; `.json` at its end or `{` at its start means JSON.

    Raises:
        SettingsError: the text is empty, is not a mapping, is neither YAML nor JSON, or holds more than settings may.
    """
    shown = files.hide_credentials(name)
    if not text.strip():
        raise SettingsError(f"{shown}: found an empty file; allowed: keys with values, such as output_dir: out")
    if len(text) > MOST_BYTES:
        raise SettingsError(f"{shown}: found {len(text):,} characters; allowed: at most {MOST_BYTES:,}")
    problems: list[str] = []
    is_json = PurePosixPath(name).suffix.lower() == ".json"
    if is_json or text.lstrip().startswith("{"):
        try:
            return _as_mapping(_read_json(text, problems), shown), problems
        except (TooMuchError, RecursionError) as error:
            found = error.problem if isinstance(error, TooMuchError) else TOO_DEEP
            raise SettingsError(f"{shown}: {found}") from None
        except json.JSONDecodeError as error:
            if is_json:
                raise SettingsError(
                    f"{shown}, line {error.lineno}, column {error.colno}: this is not JSON: {error.msg}"
                ) from None
            problems.clear()  # YAML has mappings in braces as well
    return _as_mapping(_read_yaml(text, shown, problems), shown), problems


def _as_mapping(value: Any, name: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    found = "a list" if isinstance(value, list) else "nothing" if value is None else "a single value"
    raise SettingsError(f"{name}: found {found}; allowed: keys with values, such as output_dir: out")


def _read_json(text: str, problems: list[str]) -> Any:
    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        counts = Counter(key for key, _ in pairs)
        problems.extend(
            f"{key}: found {number} times in the same place; allowed: once"
            for key, number in counts.items()
            if number > 1
        )
        return {key: _write_json_scalar(value) for key, value in pairs}

    def refuse(constant: str) -> NoReturn:
        raise json.JSONDecodeError(f"{constant} is not JSON", text, text.find(constant))

    # before the hook, which recurses into lists
    require_bounded_json(json.loads(text, parse_int=str, parse_float=str, parse_constant=refuse))
    return json.loads(
        text,
        object_pairs_hook=collect,
        parse_int=lambda digits: Written(digits, "int"),
        parse_float=lambda digits: Written(digits, "float"),
        parse_constant=refuse,
    )


def _write_json_scalar(value: Any) -> Any:
    if isinstance(value, list):
        return [_write_json_scalar(item) for item in value]
    if value is None or isinstance(value, bool):
        return Written(json.dumps(value), "null" if value is None else "bool")
    return Written(value, "str") if isinstance(value, str) else value


def _read_yaml(text: str, name: str, problems: list[str]) -> Any:
    try:
        require_bounded(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)  # builds no objects, whatever the tags say
        return _read_node(node, problems, DEEPEST)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        raise SettingsError(f"{name}{place}: {_say_plainly(str(error.problem))}") from None
    except RecursionError:
        raise SettingsError(f"{name}: {TOO_DEEP}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise SettingsError(
            f"{name}, line {line}: found a character that YAML does not allow; save the file as plain UTF-8 text"
        ) from None


def _read_node(node: yaml.Node | None, problems: list[str], depth: int) -> Any:
    if node is None:  # nothing but comments
        return None
    if depth == 0:
        raise yaml.MarkedYAMLError(problem=TOO_DEEP, problem_mark=node.start_mark)
    if node.tag not in _TAGS:
        tag = node.tag.replace(_TAG, "!!")
        raise yaml.MarkedYAMLError(problem=f"found the tag {tag}; allowed: no tags", problem_mark=node.start_mark)
    if isinstance(node, yaml.MappingNode):
        _report_duplicates(node, problems)
        yaml.constructor.SafeConstructor().flatten_mapping(node)  # <<: *name
        return {_read_key(key): _read_node(value, problems, depth - 1) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_read_node(item, problems, depth - 1) for item in node.value]
    is_plain = getattr(node, "style", None) is None
    kind = _KINDS.get(node.tag, "plain" if is_plain else "str")
    return Written(node.value, kind)


def _read_key(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    raise yaml.MarkedYAMLError(problem="expected a name before the colon", problem_mark=node.start_mark)


def _report_duplicates(node: yaml.MappingNode, problems: list[str]) -> None:
    lines: dict[str, list[int]] = {}
    for key, _ in node.value:
        lines.setdefault(_read_key(key), []).append(key.start_mark.line + 1)
    for key, found in lines.items():
        if len(found) > 1 and key != "<<":
            told = " and ".join(map(str, found[:_LINES_TOLD])) + " and others" * (len(found) > _LINES_TOLD)
            problems.append(f"{key}: found on lines {told}; allowed: once")


def _say_plainly(problem: str) -> str:
    for start, words in _PLAIN_WORDS.items():
        if start in problem:
            return words
    return problem if len(problem) <= _LONGEST_TOLD else f"{problem[:_LONGEST_TOLD]}..."
