#!/usr/bin/env bash
# Builds the wheel and submits one job of a release with spark-submit.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: deploy/submit.sh --settings FILE [options] [-- SPARK-SUBMIT-OPTIONS]

Builds the wheel of this checkout and submits a job of a release to Spark, with Delta.

  --settings FILE      settings of the release: a path or an address that the driver can read (required)
  --master MASTER      where to run, e.g. spark://host:7077, yarn, k8s://..., local[2]
                       (default: that of spark-defaults.conf)
  --job NAME           run_release (default), or one stage: cases, combinations, synthesis, evaluation,
                       proof, release, explore
  --release-id ID      name of the release, instead of the one in the settings
  --force              replace a release that is already complete
  --delta VERSION      version of Delta whose jar is fetched (default: that of delta-spark in .venv)
  --cluster-delta      the cluster brings Delta and is configured for it: fetch and configure nothing
  --print              show the spark-submit command without running it
  -h, --help           show this help

What follows -- goes to spark-submit as it is, e.g. -- --conf spark.executor.memory=8g --num-executors 4

Environment: SPARK_HOME (its spark-submit is used; default: the one on the PATH, else the one in .venv),
PYSPARK_PYTHON (the Python of driver and executors; default for local masters: the one in .venv).
The exit code is that of the job: 0 done, 1 crash, 2 settings or data cannot be used, 3 privacy gate failed,
4 already published, 5 another run of the same release took over.
TEXT
}

refuse() {
  echo "deploy/submit.sh: $1; see deploy/submit.sh --help" >&2
  exit 2
}

settings="" master="" job=run_release delta="" own_delta=yes print_only="" arguments=() more=()
while [ $# -gt 0 ]; do
  case "$1" in
    --settings | --master | --job | --delta | --release-id)
      [ $# -ge 2 ] || refuse "$1 needs a value"
      case "$1" in
        --settings) settings=$2 ;;
        --master) master=$2 ;;
        --job) job=$2 ;;
        --delta) delta=$2 ;;
        --release-id) arguments+=(--release-id "$2") ;;
      esac
      shift 2
      ;;
    --force) arguments+=(--force); shift ;;
    --cluster-delta) own_delta=""; shift ;;
    --print) print_only=yes; shift ;;
    -h | --help) usage; exit 0 ;;
    --) shift; more=("$@"); break ;;
    *) refuse "found $1, which is no option" ;;
  esac
done

[ -n "$settings" ] || refuse "--settings is missing"
root=$(cd "$(dirname "$0")/.." && pwd)
[ -f "$root/jobs/$job.py" ] || refuse "--job: found $job, but there is no jobs/$job.py"

. "$root/deploy/find-spark.sh"
submit=$(find_program spark-submit)

make --silent -C "$root" wheel
wheel=$(ls -t "$root"/dist/ctdc_spark-*.whl | head -n 1)
command=("$submit")
[ -z "$master" ] || command+=(--master "$master")
case "$master" in
  local*)
    export PYSPARK_PYTHON="${PYSPARK_PYTHON:-$root/.venv/bin/python}"
    # on one machine Spark's usual 200 and Delta's usual 50 tasks cost more than their work
    command+=(--conf spark.sql.shuffle.partitions=8 --conf spark.databricks.delta.snapshotPartitions=1)
    # without a secret everybody on this machine could fetch records from Spark's ports; a local Spark draws one itself
    case "$master" in local-cluster*) ;; *) command+=(--conf spark.authenticate=true) ;; esac
    ;;
esac
if [ -n "$own_delta" ]; then
  spark=$(spark_version)
  [ -n "$spark" ] || refuse "$submit does not say which version of Spark it is; is Java installed?"
  delta_options "$spark" "$delta"
  command+=("${delta_options[@]}")
fi
# what is spilled and shuffled holds case records, and plans name columns; what follows -- comes later and wins
command+=(--conf spark.io.encryption.enabled=true --conf spark.eventLog.enabled=false)
command+=(--py-files "$wheel" ${more[@]+"${more[@]}"} "$root/jobs/$job.py" --settings "$settings")
command+=(${arguments[@]+"${arguments[@]}"})

if [ -n "$print_only" ]; then
  printf '%q ' "${command[@]}"
  echo
  exit 0
fi
exec "${command[@]}"
