from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ctdc_spark.engine.connect import remote_session, zip_package
from ctdc_spark.errors import SparkSetupError


def test_kernels_are_imported_from_the_archive(tmp_path: Path) -> None:
    archive = zip_package(tmp_path)
    program = (
        f"import sys; sys.path.insert(0, {str(archive)!r}); import ctdc_spark.combinations.kernel as kernel; "
        "import ctdc_spark.records.records; print(kernel.__file__)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.strip() == str(archive / "ctdc_spark" / "combinations" / "kernel.py")


@pytest.mark.parametrize("server", ["sc://127.0.0.1:9", "sc://127.0.0.1:many", "sc://nowhere.invalid:15002"])
def test_a_server_that_is_not_there_is_named_at_once_without_its_token(server: str) -> None:
    pytest.importorskip("grpc", reason="this engine's environment has no Spark Connect")
    with pytest.raises(SparkSetupError, match=f"nobody answers at {server}; allowed: sc://HOST:PORT") as refused:
        remote_session(f"{server}/;token=secret")
    assert "secret" not in str(refused.value)
