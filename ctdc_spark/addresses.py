"""Addresses and the secrets that may be part of them: `scheme://user:password@host/...`, `...?token=...`.

Spark, Hadoop and Delta write the addresses they receive to logs, plans and histories, which nobody filters. So an
address of data must hold no secret at all (`holds_credentials`), and all text of our own goes through `hide_in_text`:
errors when they are created, lines when they are printed.
"""

from __future__ import annotations

import re

# Up to the last @ before a space or a quote: a password may contain an @.
_AUTHORITY = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+://)([^\s'\"<>`]*)@")
_QUERY = re.compile(r"\?[^/?]*=.*$", re.DOTALL)
_QUERY_IN_TEXT = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+://[^\s'\"<>?`]*)\?[^\s'\"<>/?`]*=[^\s'\"<>`]*")
# The parameters after a ; in the address of a Spark Connect server.
_PARAMETERS = re.compile(r"(sc://[^\s;'\"<>`]*);[^\s=]+=[^\s'\"<>`]*")
_PORT = re.compile(r"[^/:]*:[0-9]+(/|$)")

# In these schemes the part before the @ is the container, as in
# abfss://container@account.dfs.core.windows.net/
_CONTAINER_SCHEMES = ("abfs://", "abfss://", "wasb://", "wasbs://")
# In these it is a key.
_KEY_SCHEMES = ("s3://", "s3a://", "s3n://", "gs://")
# In these a number after a colon is a port: hdfs://node:8020/a@b
_WITH_PORTS = ("hdfs://", "webhdfs://", "swebhdfs://", "sc://", "spark://")


def holds_credentials(uri: str) -> bool:
    """Whether an address holds a password, a key or a token.

    Example:
        >>> holds_credentials("s3a://key:secret@bucket/a"), holds_credentials("hdfs://node:8020/a@b")
        (True, False)
    """
    if "://" not in uri:
        return False
    scheme, _, rest = uri.partition("://")
    name = f"{scheme.lower()}://"
    if _QUERY.search(uri) or (name == "sc://" and ";" in rest):
        return True
    user, at, _ = rest.rpartition("@")
    if not at or _is_public(name, user):
        return False
    return ":" in user.partition("/")[0] or name in _KEY_SCHEMES


def hide_credentials(uri: str) -> str:
    """Return an address fit for a message: without user, password and access token."""
    shown = _PARAMETERS.sub(r"\1;...", uri)
    shown = _QUERY.sub("?...", shown) if "://" in shown else shown
    match = re.match(r"([A-Za-z][A-Za-z0-9+.-]+://)(.*)@([^@]*)$", shown, re.DOTALL)
    if match is None:
        return shown
    return shown if _is_public(match[1], match[2]) else match[1] + match[3]


def hide_in_text(text: str) -> str:
    """Return a text in which no address holds a user, a password or an access token.

    Example:
        >>> hide_in_text("no such file: s3a://key:secret@bucket/a.csv")
        'no such file: s3a://bucket/a.csv'
    """
    if "://" not in text:
        return text
    text = _PARAMETERS.sub(r"\1;...", text)
    text = _QUERY_IN_TEXT.sub(r"\1?...", text)
    return _AUTHORITY.sub(lambda match: match[0] if _is_public(match[1], match[2]) else match[1], text)


def list_secrets(uri: str) -> list[str]:
    """The secret parts of an address, longest first: other software may repeat them without the address."""
    scheme, _, rest = uri.partition("://")
    user, at, _ = rest.rpartition("@")
    parts = re.split("[:/]", user) if at and not _is_public(f"{scheme}://", user) else []
    query = _QUERY.search(uri) if rest else None
    parts += re.split("[?&=;]", query[0])[2::2] if query else []
    return sorted({part for part in parts if part}, key=len, reverse=True)


def _is_public(scheme: str, before_at: str) -> bool:
    """Whether the part before the last @ is a name: a container, or a path with an @ further down."""
    if scheme.lower() in _WITH_PORTS and _PORT.match(before_at):
        return True
    if ":" in before_at.partition("/")[0]:
        return False
    return "/" in before_at or scheme.lower() in _CONTAINER_SCHEMES
