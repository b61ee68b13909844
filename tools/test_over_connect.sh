#!/usr/bin/env bash
# Usage: tools/test_over_connect.sh PYTEST-ARGUMENTS
#
# Starts a Spark Connect server on this machine in a folder of its own, runs pytest from .venv against it, and stops it
# again, whatever the outcome. The exit code is pytest's.
set -euo pipefail
home=$(cd "$(dirname "$0")/.." && pwd)
cd "$home"

if [ $# = 0 ]; then
  sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
folder=$(mktemp -d)
stop() {
  "$home/deploy/standalone.sh" stop --dir "$folder/.standalone" || true
  rm -rf "$folder"
}
trap stop EXIT
(cd "$folder" && "$home/deploy/standalone.sh" start --connect 15002)
CTDC_SPARK_TEST_MASTER=sc://127.0.0.1:15002 CTDC_SPARK_TEST_FOLDER="$folder" .venv/bin/python -m pytest "$@"
