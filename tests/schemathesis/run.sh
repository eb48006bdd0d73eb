#!/usr/bin/env bash
# The HTTP API against its own document: schemathesis makes requests of every shape that /openapi.json allows and some that it does not, and
# whatever is answered must be what the document says. It comes over the network with an admin's token, and once without any. Needs python3
# with venv and, the first time, the network. Some two minutes.
#
# Usage: tests/schemathesis/run.sh [MORE SCHEMATHESIS OPTIONS]; $LEDGER names the program, $CARGO_TARGET_DIR where it is built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly VERSION=4.32.5
TARGET=$(realpath -m "${CARGO_TARGET_DIR:-target}")
readonly TARGET
readonly TOOLS=$TARGET/schemathesis
# Requests for each route and phase, and seconds for all of it.
readonly EXAMPLES=${EXAMPLES:-40}
readonly MOST_SECONDS=${MOST_SECONDS:-300}

if [[ -z ${LEDGER:-} ]]; then
    cargo build --release --quiet -p ledger-cli
    LEDGER=$TARGET/release/ledger
fi
LEDGER=$(realpath "$LEDGER")
if ! "$TOOLS/bin/schemathesis" --version 2>/dev/null | grep -qF "$VERSION"; then
    python3 -m venv "$TOOLS"
    "$TOOLS/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$VERSION"
fi

place=$(mktemp -d)
server=
finish() {
    kill "$server" 2>/dev/null || true
    wait || true
    rm -rf "$place"
}
trap finish EXIT

export LEDGER_STATE=$place/demo/state
# Without a terminal the demonstration ends before the review, with exit code 2: what is sealed waits, which is what is wanted here.
"$LEDGER" demo --keep "$place/demo" > "$place/demo.txt" < /dev/null || true
data=$place/demo/ledger
trust() { "$LEDGER" --data "$data" --json trust "$@" > "$place/trust.txt"; }
trust authority declare GID-H01
trust establish GID-01 --capability 'read_*' --constraint budget_limit=100 --grant GRANT-ANALYST
"$LEDGER" --data "$data" --json key register GID-01 > "$place/trust.txt"
trust delegate GRANT-ANALYST GID-02 --capability read_invoices --constraint 'resources=invoices/**' --grant GRANT-READER
"$LEDGER" --data "$data" --json serve --listen 127.0.0.1:0 --rate 0 > "$place/serve.txt" 2> "$place/lines.txt" &
server=$!
until [[ -s $place/serve.txt ]]; do sleep 0.1; done
base=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["url"])' < "$place/serve.txt")
token=$("$LEDGER" --data "$data" token new GID-H01)
python3 tests/schemathesis/examples.py "$base" "$token" > "$place/openapi.json"

# The feed has no end, and is shown by tests of its own. What schemathesis remembers goes with the place.
ask() {
    timeout "$MOST_SECONDS" "$TOOLS/bin/schemathesis" run "$place/openapi.json" --url "$base" \
        --exclude-path /v1/subscribe --seed 17 --request-timeout 30 --no-color \
        --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance "$@"
}
cd "$place"
ask --max-examples "$EXAMPLES" --header "Authorization: Bearer $token" "$@"
ask --max-examples 3 --phases examples,coverage "$@"

# Whatever was sent, the log is whole.
kill -TERM "$server"
wait "$server"
"$LEDGER" --data "$data" verify
