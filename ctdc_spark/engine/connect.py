"""A session on a Spark Connect server: no Java is needed here, and this package is not installed there."""

from __future__ import annotations

import importlib.util
import socket
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ctdc_spark.errors import SparkSetupError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SCHEME = "sc://"
USUAL_PORT = 15002
PACKAGE = Path(__file__).parents[1]


def remote_session(master: str) -> SparkSession:
    """A session on a Spark Connect server, whose Python workers get this package for as long as it lasts.

    Args:
        master: such as "sc://host:15002"; the part after a `;` may be secret and is never shown.

    Raises:
        SparkSetupError: this Python lacks Spark Connect, or the server cannot be used.
    """
    if importlib.util.find_spec("grpc") is None:
        raise SparkSetupError(
            "this Python has no Spark Connect: pip install 'ctdc-spark[connect]', with the server's version of pyspark"
        )
    from pyspark.sql import SparkSession

    server = master.partition(";")[0].rstrip("/")
    _require_listener(server)
    try:
        spark = SparkSession.builder.remote(master).getOrCreate()
        with tempfile.TemporaryDirectory() as folder:
            spark.addArtifacts(str(zip_package(Path(folder))), pyfile=True)
    except Exception as error:
        raise SparkSetupError(
            f"master: {server} cannot be used ({type(error).__name__}); is it a Spark Connect server of this "
            "version of Spark, and does it know the token?",
            parameters=["master"],
        ) from None
    return spark


def _require_listener(server: str) -> None:
    """Check once whether a server listens: Spark Connect itself would keep trying for ten minutes."""
    try:
        address = urlsplit(server)
        socket.create_connection((address.hostname or "", address.port or USUAL_PORT), timeout=10).close()
    except (ConnectionRefusedError, socket.gaierror, ValueError):
        raise SparkSetupError(
            f"master: nobody answers at {server}; allowed: sc://HOST:PORT of a running Spark Connect server",
            parameters=["master"],
        ) from None
    except OSError:
        pass  # slow, or behind a proxy that only Spark Connect knows to use


def zip_package(folder: Path) -> Path:
    """Write the package's modules, as installed here, into a zip file from which Python can import them.

    Args:
        folder: where to write it.

    Returns:
        The file.
    """
    archive = folder / f"{PACKAGE.name}.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for module in sorted(PACKAGE.rglob("*.py")):
            packed.write(module, module.relative_to(PACKAGE.parent))
    return archive
