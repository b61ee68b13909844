#!/usr/bin/env bash
# Starts and stops a Spark cluster of several processes on this machine, for its loopback address alone.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: deploy/standalone.sh start [options] [-- SPARK-SUBMIT-OPTIONS] | status [--dir DIR] | stop [--dir DIR]

A standalone master, some workers and, if asked for, a Spark Connect server with Delta, as processes of this machine
that listen on 127.0.0.1 only. `start` prints the addresses when all of them answer.

  --dir DIR        where logs, process ids and the workers' scratch files go (default: .standalone)
  --port PORT      of the master (default: 7077)
  --workers N      how many (default: 2)
  --cores C        of each worker (default: 1)
  --memory M       of each worker for its executors, e.g. 2g (default: 1g)
  --connect PORT   start a Spark Connect server as well, which uses the cluster
  -h, --help       show this help

What follows -- goes to the Connect server's spark-submit, e.g. -- --conf spark.cores.max=2

Environment: SPARK_HOME (default: the Spark on the PATH, else the one in .venv), PYSPARK_PYTHON (the Python of the
workers; default: the one in .venv). Scratch files and logs may hold sensitive records: DIR is made readable by its
owner only, and `stop` removes the scratch files.
TEXT
}

refuse() {
  echo "deploy/standalone.sh: $1; see deploy/standalone.sh --help" >&2
  exit 2
}

action="" dir=.standalone port=7077 workers=2 cores=1 memory=1g connect="" more=()
while [ $# -gt 0 ]; do
  case "$1" in
    start | status | stop) action=$1; shift ;;
    --dir | --port | --workers | --cores | --memory | --connect)
      [ $# -ge 2 ] || refuse "$1 needs a value"
      declare "${1#--}=$2"
      shift 2
      ;;
    -h | --help) usage; exit 0 ;;
    --) shift; more=("$@"); break ;;
    *) refuse "found $1, which is no action and no option" ;;
  esac
done
[ -n "$action" ] || refuse "nothing to do: start, status or stop"

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/deploy/find-spark.sh"
export SPARK_LOCAL_IP=127.0.0.1
export PYSPARK_PYTHON="${PYSPARK_PYTHON:-$root/.venv/bin/python}"

answers() { # PORT
  (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

is_registered() { # WORKER
  grep -q "Successfully registered with master" "$dir/$1.log"
}

# launch NAME READY ARGUMENT COMMAND...: start a process that outlives this script and wait until READY ARGUMENT holds.
launch() {
  local name=$1 ready=$2 argument=$3
  shift 3
  nohup "$@" >"$dir/$name.log" 2>&1 </dev/null &
  echo "$! $(began $!)" >"$dir/$name.pid"
  for _ in $(seq 600); do
    if "$ready" "$argument"; then return; fi
    is_running "$dir/$name.pid" || break
    sleep 0.2
  done
  stop_all
  echo "deploy/standalone.sh: $name did not start; the end of $dir/$name.log:" >&2
  tail -n 5 "$dir/$name.log" >&2
  exit 1
}

# began PID: when a process began, to tell it from a later one that was given the same number.
began() {
  if [ -d /proc/self ]; then
    sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 20
  else
    ps -o lstart= -p "$1"
  fi 2>/dev/null
}

is_running() { # FILE
  local pid start
  [ -f "$1" ] && read -r pid start <"$1" && [ -n "$start" ] && [ "$start" = "$(began "$pid")" ]
}

# stop_all: the Connect server first, the master last; what does not end within ten seconds is killed.
stop_all() {
  local name file pid
  for name in connect $(cd "$dir" && ls worker-*.pid 2>/dev/null | sed 's/\.pid$//') master; do
    file="$dir/$name.pid"
    for _ in $(seq 50); do
      is_running "$file" || break
      read -r pid _ <"$file"
      kill "$pid" 2>/dev/null || true
      sleep 0.2
    done
    if is_running "$file"; then kill -9 "$pid" 2>/dev/null || true; fi
    rm -f "$file"
  done
  rm -rf "$dir"/scratch-*
}

start_all() {
  local class file number
  class=$(find_program spark-class)
  (umask 077 && mkdir -p "$dir")
  for file in "$dir"/*.pid; do
    if is_running "$file"; then refuse "a cluster is running in $dir; stop it first"; fi
  done
  for number in "$port" $connect; do
    if answers "$number"; then refuse "port $number is in use; choose another one"; fi
  done
  launch master answers "$port" \
    "$class" org.apache.spark.deploy.master.Master --host 127.0.0.1 --port "$port" --webui-port 0
  for number in $(seq "$workers"); do
    SPARK_LOCAL_DIRS="$dir/scratch-$number" launch "worker-$number" is_registered "worker-$number" \
      "$class" org.apache.spark.deploy.worker.Worker --host 127.0.0.1 --webui-port 0 --cores "$cores" \
      --memory "$memory" --work-dir "$dir/scratch-$number" "spark://127.0.0.1:$port"
  done
  echo "spark://127.0.0.1:$port"
  if [ -n "$connect" ]; then start_connect; fi
}

start_connect() {
  delta_options "$(spark_version)"
  # no log: it may quote records
  launch connect answers "$connect" \
    "$(find_program spark-submit)" --master "spark://127.0.0.1:$port" "${delta_options[@]}" \
    --conf spark.connect.grpc.binding.address=127.0.0.1 --conf "spark.connect.grpc.binding.port=$connect" \
    --conf spark.log.level=OFF --conf spark.ui.enabled=false --conf "spark.executor.memory=$memory" \
    --conf spark.sql.shuffle.partitions=8 --conf spark.databricks.delta.snapshotPartitions=1 \
    ${more[@]+"${more[@]}"} --class org.apache.spark.sql.connect.service.SparkConnectServer spark-internal
  echo "sc://127.0.0.1:$connect"
}

dir=$(mkdir -p "$(dirname "$dir")" && cd "$(dirname "$dir")" && pwd)/$(basename "$dir")
case "$action" in
  start) start_all ;;
  stop) stop_all ;;
  status)
    for file in "$dir"/*.pid; do
      if is_running "$file"; then echo "$(basename "$file" .pid) is running"; fi
    done
    ;;
esac
