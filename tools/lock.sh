#!/usr/bin/env bash
# Usage: tools/lock.sh [deploy]
#
# Writes all locks anew with uv, which must be on the PATH; with `deploy`, only those of deploy/locks, which follow from
# requirements.lock. Each lock holds every version and its hashes, for all platforms.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() {
  uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header "$@"
}

case "${1:-all}" in
  all)
    compile --python-version 3.10 --extra local --extra connect --extra dp --extra dev pyproject.toml \
      --output-file requirements.lock
    echo pytest | compile --python-version 3.11 --extra local --extra dp --extra assess pyproject.toml - \
      --output-file requirements-assess.lock
    ;;
  deploy) ;;
  *)
    sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac

from_lock=(--python-version 3.10 --constraint requirements.lock)
compile "${from_lock[@]}" --extra dp pyproject.toml --output-file deploy/locks/cluster.lock
compile "${from_lock[@]}" --extra local --extra dp pyproject.toml --output-file deploy/locks/local.lock
printf '%s\n' hatchling setuptools wheel | compile "${from_lock[@]}" - --output-file deploy/locks/build.lock
