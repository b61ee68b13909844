"""Where a release is put: the place of sensitive results, and whether two places overlap."""

from __future__ import annotations

import os
import posixpath
import re

from ctdc_spark.io import files

_SENSITIVE = "_sensitive"
_REMOTE = re.compile(r"^([A-Za-z0-9+.-]+)://([^/]*)(/.*)?$", re.DOTALL)
_SAME_SCHEME = {"s3a": "s3", "s3n": "s3", "abfss": "abfs", "wasbs": "wasb"}
# /Volumes/<catalog>/<schema>/<volume>: beside a volume stand only volumes, which must be made first.
_VOLUME_DEPTH = 4


def find_sensitive_sibling(output_dir: str) -> str | None:
    """Return `<output_dir>_sensitive`, or None where nothing can be made beside the output.

    Nothing can be made beside a bucket, a volume or the root of a file system.
    """
    trimmed = output_dir.rstrip("/")
    local = files.local_path(output_dir)
    if local is None:
        remote = _REMOTE.match(trimmed)
        return trimmed + _SENSITIVE if remote is not None and (remote[3] or "").strip("/") else None
    absolute = os.path.abspath(local)  # noqa: PTH100 - Path.absolute keeps the dots
    names = _split(absolute)
    if not names or (names[0] == "Volumes" and len(names) <= _VOLUME_DEPTH):
        return None
    # "." and ".." name no folder that a suffix could be put on
    return absolute + _SENSITIVE if trimmed.rpartition("/")[2] in {"", ".", ".."} else trimmed + _SENSITIVE


def overlap(first: str, second: str) -> bool:
    """Tell whether two folders are the same or one lies inside the other."""
    return lies_inside(first, second) or lies_inside(second, first)


def lies_inside(place: str, folder: str) -> bool:
    """Tell whether a place is a folder or lies anywhere below it, however the two are written."""
    below, above = _identify(place), _identify(folder)
    return below[: len(above)] == above


def _identify(place: str) -> list[str]:
    """Return the file system and the names on the way to a place, the same for all ways to write it."""
    local = files.local_path(place)
    if local is not None:
        return ["local", *_split(os.path.realpath(local))]
    remote = _REMOTE.match(place)
    if remote is None:
        return [place]
    scheme = _SAME_SCHEME.get(remote[1].lower(), remote[1].lower())
    # the part before an @ is the container in Azure's addresses, a user elsewhere
    authority = remote[2] if scheme in {"abfs", "wasb"} else remote[2].rpartition("@")[2]
    path = posixpath.normpath("/" + (remote[3] or "").strip("/"))
    return [scheme, authority, *_split(path)]


def _split(path: str) -> list[str]:
    return [name for name in path.split("/") if name]
