# Sourced by the other scripts: which Spark is meant, and the options that bring it Delta.
# Spark is that of SPARK_HOME, else the one on the PATH, else the one in .venv.

# find_program NAME: the path of one of Spark's programs.
find_program() {
  if [ -n "${SPARK_HOME:-}" ]; then
    echo "$SPARK_HOME/bin/$1"
  elif command -v "$1" >/dev/null; then
    command -v "$1"
  else
    echo "$root/.venv/bin/$1"
  fi
}

# spark_version: of the spark-submit that is found.
spark_version() {
  "$(find_program spark-submit)" --version 2>&1 | sed -n 's/.*version \([0-9][0-9.]*\).*/\1/p' | head -n 1
}

# delta_options SPARK [DELTA]: fills the array delta_options; the same rule for names and exclusions as in a session of ours.
delta_options() {
  local package excluded
  read -r package excluded < <("$root/.venv/bin/python" - "$1" "${2:-}" <<'PYTHON'
import sys
from importlib.metadata import version

from ctdc_spark.engine.session import SHIPPED_WITH_SPARK, delta_coordinate

print(delta_coordinate(sys.argv[1], sys.argv[2] or version("delta-spark")), ",".join(SHIPPED_WITH_SPARK))
PYTHON
  )
  delta_options=(
    --packages "$package" --exclude-packages "$excluded"
    --conf spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension
    --conf spark.sql.catalog.spark_catalog=org.apache.spark.sql.delta.catalog.DeltaCatalog
  )
}
