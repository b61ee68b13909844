"""The names that a release may have, checked wherever one is read: it becomes part of file names and of statements."""

from __future__ import annotations

import re

from ctdc_spark.release.contracts import TABLES

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""As the settings allow it (`release_id`): no separator, no quote, no leading dot."""

TAKEN = {name.lower() for name in (*TABLES, "privacy_budget")}
"""Folders beside the pages and documents of releases."""


def is_release_name(name: object) -> bool:
    """Whether a release may have this name: it has the form of `release_id` and is not the name of a table.

    Example:
        >>> is_release_name("2026-11.b"), is_release_name("../x"), is_release_name("releases")
        (True, False, False)
    """
    return isinstance(name, str) and NAME.fullmatch(name) is not None and name.lower() not in TAKEN
