"""`ctdc-spark warm-up` makes an archive that later sessions of this machine use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.running import child_environment

START_AND_LOOK = """
import sys
from pathlib import Path
from ctdc_spark.engine.session import local_session

spark = local_session("local[1]")
# Java maps an archive only if it fits: same class path, same Java.
java = spark.sparkContext._gateway.proc.pid
print(spark.range(3).count(), sys.argv[1] in Path(f"/proc/{java}/maps").read_text())
"""


@pytest.mark.jvm
@pytest.mark.at_length("three starts of Spark, for what saves seconds of a start")
def test_an_archive_is_made_and_used(tmp_path: Path) -> None:
    environment = {**child_environment(), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "ctdc_spark", "warm-up"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    kept = tmp_path / "cache" / "ctdc-spark"
    (archive,) = kept.glob("classes-*")
    assert f"done: {archive}" in done.stderr
    assert archive.stat().st_size > 20_000_000

    script = [sys.executable, "-c", START_AND_LOOK, str(archive)]
    used = subprocess.run(script, env=environment, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert used.stdout.split() == ["3", "True"], used.stderr
    assert list(kept.glob("classes-*")) == [archive]
