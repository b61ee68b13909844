"""Names and patterns that Spark SQL takes literally."""

from __future__ import annotations

import re


def literal_pattern(delimiter: str) -> str:
    """A pattern for F.split that takes every character of the delimiter literally."""
    return "".join(f"\\x{{{ord(character):x}}}" for character in delimiter)


_NAME_PART = re.compile(r"`([^`]+)`|([^`.]+)")


def quote_name(name: str) -> str:
    """Return a column's name so that Spark takes it literally, dots and backticks and all."""
    return "`" + name.replace("`", "``") + "`"


def quote_table(name: str) -> str:
    """Return a table's or schema's name of one to three parts with each part quoted once.

    Example:
        >>> quote_table("my-catalog.`two words`.cases")
        '`my-catalog`.`two words`.`cases`'
    """
    return ".".join(quote_name(quoted or plain) for quoted, plain in _NAME_PART.findall(name))
