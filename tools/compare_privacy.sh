#!/usr/bin/env bash
# Usage: PYTHON=python3 tools/compare_privacy.sh
#
# Makes an environment for pac-synth and one for AIM and MST, whose packages conflict with ours, and compares them with
# ours on the tables in CTDC_SPARK_TEST_DATA. Takes hours.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}

if [ $# != 0 ]; then
  sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
"$python" -m venv .venv-peer
.venv-peer/bin/python -m pip install --quiet pac-synth==0.0.8 'pandas<3'
"$python" -m venv .venv-graphical
.venv-graphical/bin/python -m pip install --quiet --no-deps smartnoise-synth==1.0.8 pac-synth==0.0.8 disjoint-set==0.9.0
.venv-graphical/bin/python -m pip install --quiet 'mbi>=1.1,<2' Faker smartnoise-sql
OMP_NUM_THREADS=1 .venv/bin/python -m benchmarks.privacy --peer "$PWD/.venv-peer/bin/python" \
  --graphical "$PWD/.venv-graphical/bin/python"
