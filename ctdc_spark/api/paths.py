"""Paths as programs have them: text, or an object that stands for one, such as those of pathlib."""

from __future__ import annotations

from os import PathLike
from typing import TypeAlias, overload

from ctdc_spark.errors import ArgumentError

AnyPath: TypeAlias = "str | PathLike[str]"


@overload
def path_text(path: AnyPath, parameter: str) -> str: ...
@overload
def path_text(path: AnyPath | None, parameter: str) -> str | None: ...
def path_text(path: AnyPath | None, parameter: str) -> str | None:
    """A path or an address as text; None stays None.

    Args:
        path: what was given.
        parameter: the name under which it was.

    Raises:
        ArgumentError: it is neither text nor a path.
    """
    text = path.__fspath__() if isinstance(path, PathLike) else path
    if text is not None and not isinstance(text, str):
        raise ArgumentError(f"{parameter}: found a {type(path).__name__}; allowed: a path")
    return text
