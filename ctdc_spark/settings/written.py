"""Scalars as they stand in a settings file, and what they become once the type of their place is known.

YAML turns `no` into false, `1990` into a number and `NULL` into nothing. Where the settings want text (a
column name, a token, a label) the text is what the file says; so every scalar is first kept as it is spelled and
becomes a value only when it meets its key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from ctdc_spark.settings.explain import read_type_of, strip_type

_TRUE = {"yes", "true", "on"}
_LONGEST_NUMBER = 40  # more digits make no number of the settings, and take long to convert
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)")  # 010 would be eight in YAML, 1:30 ninety: both stay text
_NUMBER = re.compile(r"[-+]?(?:[0-9][0-9_]*)?\.?[0-9]+(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*\.")


@dataclass(frozen=True)
class Written:
    """A scalar as it stands in the file, with the kind YAML or JSON sees in it."""

    text: str
    kind: str  # null, bool, int, float, str (in quotes) or plain (without)


def shape_mapping(written: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """Return the keys with their values as the model wants them, unknown ones as YAML reads them."""
    return {
        key: shape_value(value, read_type_of(model, key) if key in model.model_fields else None)
        for key, value in written.items()
    }


def shape_value(value: Any, wanted: Any = None) -> Any:
    """Return a value as the type of its place wants it; text stays as written.

    Args:
        value: what `read_mapping` gave, or any part of it.
        wanted: the type of the place, None where none is known.
    """
    kind = strip_type(wanted) if wanted is not None else None
    if isinstance(value, dict):
        return {key: shape_value(item, _type_inside(kind, key)) for key, item in value.items()}
    if isinstance(value, list):
        inner = get_args(kind)[0] if get_origin(kind) is list else None
        return [_shape_item(item, inner) for item in value]
    return _shape_scalar(value, kind) if isinstance(value, Written) else value


def _shape_item(item: Any, wanted: Any) -> Any:
    """In a list of text even NULL is a token; elsewhere it means that nothing is given."""
    if isinstance(item, Written) and wanted is not None and strip_type(wanted) is str:
        return item.text
    return shape_value(item, wanted)


def _type_inside(kind: Any, key: str) -> Any:
    if get_origin(kind) is not None:  # first, for Python 3.10 takes dict[str, str] for a class
        return get_args(kind)[1] if get_origin(kind) is dict else None
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return read_type_of(kind, key) if key in kind.model_fields else None
    return None


def _shape_scalar(written: Written, kind: Any) -> Any:
    text, plain = written.text, written.text.replace("_", "")
    if written.kind == "null":
        return None
    if kind is str:
        return text
    if written.kind == "bool":
        return text.lower() in _TRUE
    if len(text) > _LONGEST_NUMBER:
        return text
    if written.kind == "int" and _WHOLE.fullmatch(text):
        return int(plain)
    # 1e3 is text for YAML and a number for everybody else
    is_plain_number = written.kind in {"int", "float", "plain"} and _NUMBER.fullmatch(text)
    return float(plain) if is_plain_number and (kind is float or written.kind == "float") else text
