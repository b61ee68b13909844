"""Which trained model belongs to which release: the release's ledger holds a keyed digest of the model.

What a model can draw was proven with its release, and is not proven again when it is drawn. So another model, or a
changed one, must not pass for it. A plain digest in a public ledger would let anybody test guesses of the model's
content; this one needs a key, which lies with the model.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ctdc_spark.errors import DataError
from ctdc_spark.io import files
from ctdc_spark.io.file_modes import write_private_text
from ctdc_spark.synthesis.calibrated.model import collect_model

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

KEY_FILE = "_key"
"""In the folder of the model; a name that Spark does not take for rows."""

KEY_BYTES = 32

LEDGER_KEY = "trained_model"
"""Where the digest is in the ledger's JSON `proof`."""

METHOD = "hmac-sha256"


def make_key() -> bytes:
    """A new key; nobody can guess it."""
    return secrets.token_bytes(KEY_BYTES)


def bind_model(model: DataFrame, folder: str) -> str:
    """Give a model that was just written a key of its own, and return the digest for the ledger.

    Args:
        model: MODEL.
        folder: where it was written; the key goes there.
    """
    key = make_key()
    write_private_text(files.join(folder, KEY_FILE), key.hex())
    return digest_model((row.asDict() for row in collect_model(model)), key)


def name_model(digest: str | None) -> dict[str, dict[str, str]]:
    """What the ledger's JSON `proof` says about the model whose records were proven; None: there is none."""
    return {} if digest is None else {LEDGER_KEY: {METHOD: digest}}


def require_bound(rows: Iterable[Mapping[str, Any]], folder: str, ledger: Mapping[str, Any]) -> None:
    """Refuse a model that is not the one of the release.

    Args:
        rows: all rows of MODEL.
        folder: where they were read from.
        ledger: the release's row in releases.

    Raises:
        DataError: the release names no model, the key is missing, or the model is another one.
    """
    said = _said_of(ledger)
    if said is None:
        raise DataError(
            f"place: release '{ledger['release_id']}' names no trained model in its ledger: it was made by an older "
            "version, or without a model (row_seeded, differential privacy). Whatever lies in a model's folder could "
            "be drawn as if it had been proven; make the release again (`ctdc-spark run --force`) to draw from it",
            parameters=["place"],
        )
    if not hmac.compare_digest(digest_model(rows, _read_key(folder)), said):
        raise DataError(
            "model: found a model that is not the one that was proven with release "
            f"'{ledger['release_id']}', or was changed since; allowed: the trained_model of this very release",
            parameters=["model"],
        )


def digest_model(rows: Iterable[Mapping[str, Any]], key: bytes) -> str:
    """The keyed digest of a model; the order of its rows, and of attributes within one, makes no difference.

    Every row has its own digest; these are sorted, repeated ones included, and digested together.
    """
    write_facts = _facts_writer()
    digests = sorted(hashlib.sha256(_write_row(row, write_facts)).digest() for row in rows)
    return hmac.new(key, b"".join(digests), hashlib.sha256).hexdigest()


def _write_row(row: Mapping[str, Any], write_facts: Callable[[Mapping[str, Any]], str]) -> bytes:
    pairs = sorted([pair["column"], pair["value"]] for pair in row["combination"] or [])
    return json.dumps([pairs, _exact(row["weight"]), write_facts(row)]).encode()


def _facts_writer() -> Callable[[Mapping[str, Any]], str]:
    """Write the facts that rows share, each distinct set once."""
    written: dict[tuple[Any, ...], str] = {}

    def write_facts(row: Mapping[str, Any]) -> str:
        facts = (row["guarantee"], row["presence"], tuple(row["objective"] or ()))
        if facts not in written:
            guarantee, presence, objective = facts
            written[facts] = json.dumps([guarantee, _exact(presence), [_exact(value) for value in objective]])
        return written[facts]

    return write_facts


def _exact(number: float | None) -> str | None:
    """All bits of a number."""
    return None if number is None else float(number).hex()


def _said_of(ledger: Mapping[str, Any]) -> str | None:
    try:
        said = json.loads(ledger.get("proof") or "{}")[LEDGER_KEY][METHOD]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return said if isinstance(said, str) and said.isascii() else None


def _read_key(folder: str) -> bytes:
    path = files.join(folder, KEY_FILE)
    try:
        key = bytes.fromhex(files.read_text(path)) if files.exists(path) else b""
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise DataError(
            f"model: {files.hide_credentials(folder)} holds no key ({KEY_FILE}) of a model; allowed: the "
            "trained_model of this very release, copied whole",
            parameters=["model"],
        )
    return key
