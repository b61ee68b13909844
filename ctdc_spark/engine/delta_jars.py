"""Delta's jars in local mode: Spark fetches them from Maven Central once; later starts find them on the class path.

Looking up where they are takes Spark's resolver most of a second at every start, and a network it should not need. Jars
that Spark is given by name are copied at every start, and no archive of classes can hold their content.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from ctdc_spark.engine.class_archive import cache_folder

PACKAGES, EXCLUDES, JARS = "spark.jars.packages", "spark.jars.excludes", "spark.jars"
CLASS_PATH = "spark.driver.extraClassPath"

OWN_CONFIGURATION = ("SPARK_CONF_DIR", "SPARK_HOME", "PYSPARK_SUBMIT_ARGS")
"""With one of these set, Spark may know of other jars or another place: it is left to find them."""


def name_fetched(settings: Mapping[str, str]) -> dict[str, str]:
    """The same settings, with the files of the jars in place of the packages, if an earlier start fetched them.

    Args:
        settings: Spark's settings, with packages and their exclusions.
    """
    files = _read_list(_list_path(settings))
    if not files or any(os.environ.get(name) for name in OWN_CONFIGURATION):
        return dict(settings)
    others = {key: value for key, value in settings.items() if key not in (PACKAGES, EXCLUDES)}
    return {**others, CLASS_PATH: os.pathsep.join(files)}


def remember_fetched(settings: Mapping[str, str], jars: str) -> None:
    """Keep the list of files for later starts; where it cannot be kept, they look the jars up again.

    Args:
        settings: as for `name_fetched`.
        jars: the jars of a session that was started with them, such as "file:///a.jar,file:///b.jar".
    """
    files = [urlsplit(jar) for jar in jars.split(",")]
    if any(file.scheme != "file" for file in files) or any(os.environ.get(name) for name in OWN_CONFIGURATION):
        return
    path = _list_path(settings)
    unfinished = path.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text("\n".join(file.path for file in files), encoding="utf-8")
        unfinished.replace(path)


def _list_path(settings: Mapping[str, str]) -> Path:
    requested = "\0".join(settings.get(key, "") for key in (PACKAGES, EXCLUDES))
    return cache_folder() / f"jars-{hashlib.sha256(requested.encode()).hexdigest()[:16]}.txt"


def _read_list(path: Path) -> list[str]:
    """The files, or none if one of them is gone."""
    try:
        files = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return files if all(Path(file).is_file() for file in files) else []
