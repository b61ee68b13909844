"""What the ledger of published tables says, checked as it is read: others may have written it.

A release's name becomes the name of a page and of a folder, and part of statements; its settings name columns. Both are
used only in the form that ctdc-spark writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from ctdc_spark.errors import DataError
from ctdc_spark.io import patterns
from ctdc_spark.release.contracts import RELEASE_ID, RELEASES
from ctdc_spark.release.names import is_release_name
from ctdc_spark.release.rows import collect_rows, is_empty, read_published

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.release.table_location import TableLocation


def list_releases(spark: SparkSession, place: TableLocation) -> list[str]:
    """The names of all complete releases, the latest first.

    Raises:
        DataError: the ledger holds a name that ctdc-spark gives to no release; the name is not repeated.
    """
    ledger = place.read(spark, RELEASES.name)
    missing = {RELEASE_ID.name, "published_at"} - set(ledger.columns)
    if missing:
        raise DataError(f"{place.name(RELEASES.name)} has no column {' and no column '.join(sorted(missing))}")
    rows = ledger.select(RELEASE_ID.name, "published_at").orderBy(F.desc("published_at"), RELEASE_ID.name).collect()
    wrong = sum(not is_release_name(row[RELEASE_ID.name]) for row in rows)
    if wrong:
        raise DataError(
            f"{place.name(RELEASES.name)}: {wrong:,} of {len(rows):,} releases have a release_id that ctdc-spark does "
            "not give; allowed: letters, digits, ., - and _, the first a letter or digit, and not the name of a table. "
            "Somebody else has written there: nothing was read from it, and nothing should be"
        )
    return [row[RELEASE_ID.name] for row in rows]


def read_row(spark: SparkSession, place: TableLocation, release_id: str) -> dict[str, Any]:
    """The row of a complete release.

    Raises:
        DataError: it is not there; somebody may have withdrawn it since its name was read.
    """
    found = collect_rows(read_published(spark, place, RELEASES.name, release_id))
    if not found:
        raise DataError(f"release {release_id!r} is no longer in {place.name(RELEASES.name)}")
    return found[0]


def find_release(spark: SparkSession, place: TableLocation, release_id: str) -> bool:
    """Whether this release is complete in this place."""
    if not place.exists(spark, RELEASES.name):
        return False
    return not is_empty(read_published(spark, place, RELEASES.name, release_id))


GROUP_SIZE, DIFFERENTIAL_PRIVACY = "k", "dp"
"""Values of the ledger's column `protection` that readers know."""


def protection_of(ledger: Mapping[str, Any]) -> str:
    """How a release protects people, by its row of the ledger.

    Releases of versions before the column have null there, or no such column: there the guarantee tells.
    """
    said = ledger.get("protection")
    if said is not None:
        return str(said)
    return DIFFERENTIAL_PRIVACY if str(ledger["guarantee"]).startswith(f"{DIFFERENTIAL_PRIVACY}: ") else GROUP_SIZE


def published_settings(text: object) -> dict[str, Any]:
    """The settings of a release from its row in the ledger.

    Args:
        text: the column `settings`.

    Raises:
        DataError: it does not have the form that ctdc-spark writes; its content is not repeated.
    """
    try:
        said = json.loads(str(text))
    except (ValueError, RecursionError):
        said = None
    found: dict[str, Any] = {"use_columns": None, "multi_value_columns": {}, **(said if isinstance(said, dict) else {})}
    require_forms(found)
    return found


def require_forms(settings: Mapping[str, Any]) -> None:
    """Refuse published settings in which a key has another form than ours; keys may be absent.

    Raises:
        DataError: naming the keys.
    """
    wrong = [name for name, fits in _FORMS.items() if name in settings and not fits(settings[name])]
    if wrong:
        raise DataError(
            f"{RELEASES.name}: the column settings of the release does not have the form that ctdc-spark writes (found "
            f"something else in: {', '.join(wrong)}). Somebody else has written there"
        )


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one for one in value)


def _is_text_or_nothing(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_like(pattern: str) -> Callable[[object], bool]:
    return lambda value: value is None or (isinstance(value, str) and re.fullmatch(pattern, value) is not None)


def _is_text_by_name(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


_FORMS: dict[str, Callable[[object], bool]] = {
    "use_columns": lambda value: _is_texts(value) and bool(value),
    "multi_value_columns": _is_text_by_name,
    "column_labels": lambda value: value is None or _is_text_by_name(value),
    "sensitive_columns": lambda value: value is None or _is_texts(value),
    "report_pages": lambda value: value is None or (isinstance(value, dict) and all(map(_is_texts, value.values()))),
    **dict.fromkeys(("description", "publisher", "contact", "licence"), _is_text_or_nothing),
    "doi": _is_like(patterns.DOI),
    "url": _is_like(patterns.WEB_ADDRESS),
    "period": _is_like(patterns.PERIOD),
    "places": lambda value: value is None or _is_texts(value),
}
"""Keys of the published settings that are used, and the form that each must have."""
