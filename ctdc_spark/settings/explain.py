"""Wrong settings in plain words: which key, what was found, what is allowed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ctdc_spark.io import files
from ctdc_spark.settings.kinds import Allowed

KEYS_ARE_LISTED_IN = "docs/reference/settings.md"
_LONGEST_SHOWN = 60
_MOST_EXPLAINED = 30
_PLAIN_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")  # would have been read as a number without quotes
_UNFINISHED_KEY = "[key]"  # how pydantic marks that the key of a mapping is wrong, not its value


def explain_errors(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Return one line for each problem, such as `seed: found -1; allowed: a whole number from 0 to ...`.

    Args:
        error: what pydantic found.
        model: the model that was checked.

    Returns:
        At most _MOST_EXPLAINED of them, and how many more there are: names near an unknown key take time to find.
    """
    found = error.errors(include_url=False)
    told = [_explain(details, model) for details in found[:_MOST_EXPLAINED]]
    return told + [f"{len(found) - _MOST_EXPLAINED:,} more keys or values are wrong"] * (len(found) > _MOST_EXPLAINED)


def show_value(value: object) -> str:
    """Return a value of the settings file as it may stand in a message: short, and without credentials."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    if isinstance(value, str):
        return _shorten(json.dumps(files.hide_credentials(value), ensure_ascii=False))
    if isinstance(value, Mapping):
        return f"a mapping with the keys {_shorten(', '.join(map(str, value)))}" if value else "an empty mapping"
    if isinstance(value, list):
        return _shorten(f"[{', '.join(map(show_value, value))}]") if value else "an empty list"
    return _shorten(str(value))


def read_type_of(model: type[BaseModel], key: str) -> Any:
    """Return the type of a key with its `Allowed` words still on it."""
    return get_type_hints(model, include_extras=True)[key]


def strip_type(kind: Any) -> Any:
    """Return a type without its words and without `| None`."""
    while True:
        origin = get_origin(kind)
        if origin is Annotated:
            kind = get_args(kind)[0]
        elif origin in (Union, UnionType):
            kind = next(part for part in get_args(kind) if part is not type(None))
        else:
            return kind


def _explain(details: ErrorDetails, model: type[BaseModel]) -> str:
    place = [step for step in details["loc"] if step != _UNFINISHED_KEY]
    if details["type"] == "extra_forbidden":
        return _explain_unknown_key(place, model)
    if details["type"] == "rule":
        return f"{_name(place)}: {details['msg']}" if place else details["msg"]
    hint = ""
    if isinstance(details["input"], str) and details["type"].startswith(("int_", "float_")):
        hint = "; write numbers without quotes" if _PLAIN_NUMBER.fullmatch(details["input"]) else ""
    words = _find_words(details["loc"], model)
    return f"{_name(place)}: found {show_value(details['input'])}; allowed: {words}{hint}"


def _explain_unknown_key(place: list[str | int], model: type[BaseModel]) -> str:
    owner: Any = model
    for step in place[:-1]:
        owner = strip_type(_step_into(owner, step))
    keys = list(owner.model_fields)
    nearest = get_close_matches(str(place[-1]).replace("-", "_").lower(), keys, n=1)
    if nearest:
        hint = f"did you mean {nearest[0]}?"
    elif owner is model:
        hint = f"the keys are listed in {KEYS_ARE_LISTED_IN}"
    else:
        hint = f"the keys here are {', '.join(keys)}"
    return f"{_name(place)}: not a known key; {hint}"


def _find_words(loc: tuple[str | int, ...], model: type[BaseModel]) -> str:
    """Return the words of the innermost type that has some, on the way to the wrong value."""
    kind: Any = model
    words = "see " + KEYS_ARE_LISTED_IN
    for position, step in enumerate(loc):
        if step == _UNFINISHED_KEY:
            break
        is_key = loc[position + 1 : position + 2] == (_UNFINISHED_KEY,)
        kind = _step_into(kind, step, is_key=is_key)
        words = _read_words(kind) or words
    return words


def _step_into(kind: Any, step: str | int, *, is_key: bool = False) -> Any:
    """Return the type one step inside: of a key, of an item of a list, of a key or value of a mapping."""
    inner = strip_type(kind)
    arguments = get_args(inner)
    if get_origin(inner) is dict:
        return arguments[0 if is_key else 1]
    if arguments:
        return arguments[0]
    if isinstance(inner, type) and issubclass(inner, BaseModel):  # last: Python 3.10 takes dict[str, str] for a class
        return read_type_of(inner, str(step))
    return inner


def _read_words(kind: Any) -> str | None:
    """Return the words on a type; those outside go before those inside `| None`."""
    while True:
        origin = get_origin(kind)
        if origin is Annotated:
            inner, *marks = get_args(kind)
            words = [mark.words for mark in marks if isinstance(mark, Allowed)]
            if words:
                return words[-1]
            kind = inner
        elif origin in (Union, UnionType):
            kind = next(part for part in get_args(kind) if part is not type(None))
        else:
            return None


def _name(place: list[str | int]) -> str:
    name = ".".join(str(step) for step in place if isinstance(step, str))
    items = [f" (item {step + 1})" for step in place if isinstance(step, int)]
    return name + "".join(items)


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."
