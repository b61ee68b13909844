"""The parent of a local session's Python workers: Spark's own, whose workers collect garbage sooner.

After every task a worker looks for garbage among all its objects, those of the libraries that it has loaded among them.
That takes some 50 ms, more than most tasks of a small release. Libraries stay until the worker ends, so their objects
are set aside once they are loaded (`gc.freeze`), and only what came later is looked at.

Spark starts it with `python -m`, as `spark.python.daemon.module` says.
"""

from __future__ import annotations

import gc
import sys
from socket import socket

from pyspark import daemon

_run_task = daemon.worker
_loaded = 0


def run_task(sock: socket, authenticated: bool) -> int:
    """Run one task as Spark's own worker does, then set aside the libraries that it has loaded."""
    global _loaded
    code = _run_task(sock, authenticated)
    if len(sys.modules) > _loaded:
        gc.collect()  # what is garbage now would be set aside for good
        gc.freeze()
        _loaded = len(sys.modules)
    return code


if __name__ == "__main__":
    daemon.worker = run_task
    daemon.manager()
