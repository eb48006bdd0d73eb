#!/usr/bin/env bash
# Four agents and an orchestrator, each a process of its own with a token of its own, work on one PAC over HTTP. README.md says more.
set -euo pipefail
cd "$(dirname "$0")"
LEDGER=$(realpath "${LEDGER:-../../target/release/ledger}")
PAC=PAC-DOCS-1-GUIDE-01
PLACE=$(mktemp -d)
export LEDGER_DATA=$PLACE/ledger LEDGER_STATE=$PLACE/state
tell() { printf '\n== %s\n' "$*"; }
trap 'status=$?; kill $(jobs -p) 2>/dev/null || true; wait; exit $status' EXIT

tell "a ledger, and its server"
"$LEDGER" init --origin ledger.example/guide --human Ada
mkfifo "$PLACE/said"
"$LEDGER" serve --listen 127.0.0.1:0 --json > "$PLACE/said" &
read -r said < "$PLACE/said"
LEDGER_URL=$(python3 -c 'import json, sys; print(json.loads(sys.argv[1])["url"])' "$said")
echo "it answers at $LEDGER_URL"

tell "a token for each: an agent can append as itself, and as nobody else"
umask 077
"$LEDGER" agents register GID-S01 --service --name SCHEDULER
for gid in GID-00 GID-01 GID-02 GID-05 GID-12; do
    "$LEDGER" token new "$gid" --expires-in 3600 --label "the example" > "$PLACE/$gid.access"
done
"$LEDGER" token list

tell "the order; the commands go through the server, unnoticed"
"$LEDGER" append issue_pac --actor GID-S01 --data @order.json
"$LEDGER" pac open "$PAC"
"$LEDGER" append declare_graph --actor GID-00 --data @graph.json
for node in SURVEY SETUP DAILY JOIN; do "$LEDGER" pac sub "$PAC" "$node" --path "parts/$node.md"; done
"$LEDGER" pac activate "$PAC" GID-01 GID-02 GID-05 GID-12

tell "five processes, which follow the log and do what is theirs"
start() { LEDGER_SERVER=$LEDGER_URL ACCESS_TOKEN_FILE=$PLACE/$1.access python3 -u "${@:2}" & workers+=($!); }
workers=()
start GID-01 worker.py GID-01 "$PAC" SURVEY "$PLACE"
start GID-02 worker.py GID-02 "$PAC" SETUP "$PLACE" SURVEY
start GID-05 worker.py GID-05 "$PAC" DAILY "$PLACE" SURVEY
start GID-12 worker.py GID-12 "$PAC" JOIN "$PLACE" SETUP DAILY
start GID-00 orchestrator.py "$PAC" "$PLACE"
for worker in "${workers[@]}"; do wait "$worker"; done
"$LEDGER" pac graph "$PAC"

tell "an agent that says it is another one is refused"
status=$(curl -sS -o "$PLACE/refusal" -w '%{http_code}' -H "Authorization: Bearer $(cat "$PLACE/GID-01.access")" "$LEDGER_URL/v1/append" \
    -d '{"kind":"note","actor":"GID-02","data":{"text":"signed, somebody else"}}')
echo "$status $(cat "$PLACE/refusal")"
[[ $status == 403 ]]

tell "a proof over HTTP, checked without the server"
curl -sS --fail-with-body -H "Authorization: Bearer $(cat "$PLACE/GID-01.access")" "$LEDGER_URL/v1/proofs/inclusion/20" > "$PLACE/entry-20.tlog-proof"
"$LEDGER" check "$PLACE/entry-20.tlog-proof"
"$LEDGER" verify
