#!/usr/bin/env bash
# The servers of deploy/compose.yaml without containers, for this machine only: PostgreSQL, S3 and MLflow.
#   deploy/local.sh FOLDER    starts them, prints what to export, stops them on Ctrl-C; their data stays in FOLDER
# It picks free ports and keeps them for later starts in FOLDER. PYTHON names an interpreter other than .venv's.
set -euo pipefail

missing() {
  echo "deploy/local.sh: $1" >&2
  exit 2
}

[ $# = 1 ] || missing "one argument is wanted, the folder for what the servers keep"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$1" && folder=$(cd "$1" && pwd)
python=${PYTHON:-$here/../.venv/bin/python}
command -v "$python" > /dev/null || python=$(command -v python3) || missing "there is no Python; run: make setup"
initdb=$(command -v initdb || ls -d /usr/lib/postgresql/*/bin/initdb 2> /dev/null | sort -V | tail -n 1 || true)
[ -x "$initdb" ] || missing "PostgreSQL is not installed; run: apt-get install postgresql"
bin=$(dirname "$(readlink -f "$initdb")")
absent=$("$python" - << 'END'
import importlib.util
needed = {"mlflow": "mlflow", "boto3": "boto3", "psycopg2": "psycopg2-binary", "moto": "moto[s3]", "flask_cors": "flask-cors"}
print(*(f"'{package}'" for module, package in needed.items() if not importlib.util.find_spec(module)))
END
)
[ -z "$absent" ] || missing "$python lacks packages; run: pip install $absent"
# PostgreSQL refuses to run as root.
as_user=()
if [ "$(id -u)" = 0 ]; then
  getent passwd postgres > /dev/null || missing "root cannot run PostgreSQL, and there is no user postgres; be another user"
  as_user=(setpriv --reuid=postgres --regid=postgres --init-groups)
  "${as_user[@]}" test -x "$folder" || missing "the user postgres cannot enter $folder; choose a folder that it can"
fi

set -a
# shellcheck disable=SC1091
. "$here/.env" 2> /dev/null || . "$here/.env.example"
set +a

# Chosen once, so that exported variables stay valid at the next start.
if [ ! -s "$folder/ports" ]; then
  "$python" - > "$folder/ports.partial" << 'END'
import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*(one.getsockname()[1] for one in sockets))
END
  mv "$folder/ports.partial" "$folder/ports"
fi
read -r postgres_port s3_port mlflow_port < "$folder/ports"
mkdir -p "$folder/logs" "$folder/s3"

export MLFLOW_TRACKING_URI=http://127.0.0.1:$mlflow_port
export AWS_ENDPOINT_URL=http://127.0.0.1:$s3_port
export MLFLOW_BACKEND_STORE_URI=postgresql+psycopg2://$POSTGRES_USER:$POSTGRES_PASSWORD@127.0.0.1:$postgres_port/$POSTGRES_DB
export MLFLOW_ARTIFACTS_DESTINATION=s3://$S3_BUCKET/mlflow
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false # genrelab submits no jobs, and five processes would wait for them

# Each server has its own process group, so that its workers end with it, and only when told to.
postgres="" s3="" mlflow=""
end() {
  trap '' INT TERM
  for pid in $mlflow $s3; do
    kill -TERM -- "-$pid" 2> /dev/null || true
    for _ in $(seq 25); do # MLflow's server waits for open connections; give it 5 s
      jobs -rp | grep -q "^$pid\$" || break
      sleep 0.2
    done
    kill -KILL -- "-$pid" 2> /dev/null || true
  done
  [ -z "$postgres" ] || kill -INT "$postgres" 2> /dev/null || true
  [ -z "$postgres" ] || wait "$postgres" 2> /dev/null || true
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

await() { # NAME PID COMMAND...: wait until the command succeeds
  local name=$1 pid=$2
  shift 2
  for _ in $(seq 600); do
    "$@" > /dev/null 2>&1 && return
    kill -0 "$pid" 2> /dev/null || break
    sleep 0.2
  done
  echo "deploy/local.sh: $name did not start; $folder/logs/$name.log says why" >&2
  exit 1
}

if [ ! -d "$folder/postgres" ]; then
  rm -rf "$folder/postgres.partial"
  install -d -m 700 ${as_user:+-o postgres -g postgres} "$folder/postgres.partial"
  install -m 600 ${as_user:+-o postgres -g postgres} /dev/null "$folder/password"
  printf '%s\n' "$POSTGRES_PASSWORD" > "$folder/password"
  "${as_user[@]}" "$bin/initdb" --pgdata "$folder/postgres.partial" --username "$POSTGRES_USER" --encoding UTF8 \
    --auth scram-sha-256 --pwfile "$folder/password" > "$folder/logs/initdb.log" 2>&1 \
    || missing "initdb failed; $folder/logs/initdb.log says why"
  rm "$folder/password"
  mv "$folder/postgres.partial" "$folder/postgres"
fi
setsid "${as_user[@]}" "$bin/postgres" -D "$folder/postgres" -c listen_addresses=127.0.0.1 -c port="$postgres_port" \
  -c unix_socket_directories= > "$folder/logs/postgres.log" 2>&1 &
postgres=$!
await postgres "$postgres" "$bin/pg_isready" --quiet --host 127.0.0.1 --port "$postgres_port"
sql() { PGPASSWORD=$POSTGRES_PASSWORD "$bin/psql" -qAt -h 127.0.0.1 -p "$postgres_port" -U "$POSTGRES_USER" postgres -c "$1"; }
[ -n "$(sql "select 1 from pg_database where datname = '$POSTGRES_DB'")" ] || sql "create database \"$POSTGRES_DB\""

setsid "$python" "$here/s3_server.py" "$folder/s3" --port "$s3_port" --bucket "$S3_BUCKET" > "$folder/logs/s3.log" 2>&1 &
s3=$!
answers() { "$python" -c "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=2)" "$1"; }
await s3 "$s3" answers "$AWS_ENDPOINT_URL"

setsid "$python" -m mlflow server --host 127.0.0.1 --port "$mlflow_port" --workers 2 > "$folder/logs/mlflow.log" 2>&1 &
mlflow=$!
await mlflow "$mlflow" answers "$MLFLOW_TRACKING_URI/health"

for name in MLFLOW_TRACKING_URI AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_DEFAULT_REGION; do
  echo "export $name=${!name}"
done
echo "# in a checkout, once: dvc remote add --default storage s3://$S3_BUCKET/dvc"
echo "# runs: $MLFLOW_TRACKING_URI; logs: $folder/logs; Ctrl-C ends the servers, what they keep stays in $folder"
while [ -n "$(jobs -rp)" ]; do
  wait -n || true
  echo "deploy/local.sh: a server has ended; $folder/logs says why; Ctrl-C, and start this again" >&2
done
exit 1
