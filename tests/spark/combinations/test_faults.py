"""A worker that is killed midway is replaced by Spark, and the result is the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import FEW_ROWS
from tests.end_to_end.running import child_environment

PROGRAM = """
import json, os, signal, sys
from pathlib import Path
from ctdc_spark.combinations import counting
from ctdc_spark.combinations.plan import Limits
from ctdc_spark.engine.session import local_session
from tests.oracles.counting import count_all
from tests.oracles.random_records import random_records
from tests.spark.frames import encoded_frame

mark = Path(sys.argv[1])

class killed_once(counting.Counter):
    def __call__(self, batches):
        yielded = 0
        for batch in super().__call__(batches):
            yielded += 1
            yield batch
            if yielded == 2 and not mark.exists():
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)

spark = local_session("local[2,3]")  # a task may fail twice
for key, value in json.loads(sys.argv[2]).items():
    spark.conf.set(key, value)
records, written_out = random_records(3)
frame = encoded_frame(spark, records, 3)
plan = counting.plan_counting(frame, Limits(2, 4, unit_cells=100, least_unit_cost=100))
counting.Counter = killed_once
rows = counting.count_combinations(frame, plan).collect()
spark.stop()
assert mark.exists(), "no worker was killed"
found = {frozenset(row["combination"]): row["count"] for row in rows}
assert len(found) == len(rows)
assert found == {s: c for s, c in count_all(written_out, 4).items() if c >= 2}
"""


@pytest.mark.jvm
def test_a_killed_worker_changes_nothing(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    environment = {**child_environment(), "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "killed"), json.dumps(FEW_ROWS)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
