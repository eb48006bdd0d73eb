#!/usr/bin/env bash
# One orchestration from PAC to WRAP. Each line is a command that you can type yourself; README.md says what the files are.
set -euo pipefail
cd "$(dirname "$0")"
LEDGER=${LEDGER:-../../target/release/ledger}
PAC=PAC-DOCS-1-HANDBOOK-01
PLACE=$(mktemp -d)
export LEDGER_DATA=$PLACE/ledger LEDGER_STATE=$PLACE/state
tell() { printf '\n== %s\n' "$*"; }

# What one agent does with its part: take the token, start, report what it made. $1 node, $2 path in the scope, $3 file, $4... inputs.
work() {
    local node=$1 path=$2 file=$3
    shift 3
    (umask 077 && "$LEDGER" pac dispatch "$PAC" "$node" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["token"])' > "$PLACE/$node.token")
    "$LEDGER" pac start "$PAC" "$node" --token "@$PLACE/$node.token"
    "$LEDGER" pac ber "$PAC" "$node" --token "@$PLACE/$node.token" --status PASS --score 0.9 \
        --task "wrote $path" --output "$path@$file" "$@"
}

# The report is accepted, and the agent files its proof artifact. $1 node, $2 file.
accept() {
    local ber
    ber=$("$LEDGER" pac show "$PAC" --json | python3 look_up.py ber "$1")
    "$LEDGER" pac accept "$PAC" "$ber"
    "$LEDGER" pac pdo "$PAC" "$1" --file "$2"
}

digest() { echo "sha256:$(sha256sum "$1" | cut -d' ' -f1)"; }

# The four steps of a review. $1... the verdict.
review() {
    local packet=$PLACE/packet.json challenge=$PLACE/challenge.json answers
    "$LEDGER" review open "$PAC" --json > "$packet"
    "$LEDGER" review challenge "$PAC" --json > "$challenge"
    if [[ -t 0 && -t 1 ]]; then
        "$LEDGER" review show "$PAC"
        mapfile -t answers < <(python3 look_up.py ask "$challenge")
    else
        sleep 6 # nobody has read anything sooner, and the ledger would not believe it
        mapfile -t answers < <(python3 look_up.py answer "$packet" "$challenge")
    fi
    "$LEDGER" review answer "$PAC" "${answers[@]/#/--answer=}"
    "$LEDGER" review verdict "$PAC" --packet "$(python3 look_up.py packet "$packet")" "$@"
}

tell "a ledger; a service that orders work, so that its human may review it"
"$LEDGER" init --origin ledger.example/handbook --human Ada
"$LEDGER" agents register GID-S01 --service --name SCHEDULER

tell "the order, the gate, the graph"
"$LEDGER" append issue_pac --actor GID-S01 --data @order.json
"$LEDGER" pac open "$PAC"
"$LEDGER" append declare_graph --actor GID-00 --data @graph.json
"$LEDGER" pac sub "$PAC" ALARMS --path handbook/alarms.md
"$LEDGER" pac sub "$PAC" STEPS --path handbook/steps.md
"$LEDGER" pac sub "$PAC" JOIN --path handbook/handbook.md
"$LEDGER" pac activate "$PAC" GID-01 GID-02 GID-12

tell "two drafts, side by side, and their join"
work ALARMS handbook/alarms.md work/alarms.md
accept ALARMS work/alarms.md
work STEPS handbook/steps.md work/steps.md
accept STEPS work/steps.md
work JOIN handbook/handbook.md work/handbook.md --input "$(digest work/alarms.md)" --input "$(digest work/steps.md)"
accept JOIN work/handbook.md
"$LEDGER" pac graph "$PAC"

tell "sealed, and rejected by the first review: the join is to be done again"
"$LEDGER" pac compose "$PAC"
"$LEDGER" pac seal "$PAC"
review --reject "the join names no owner of the handbook" --reopen "Sub-$PAC-JOIN"
"$LEDGER" pac show "$PAC"

tell "done again, sealed again, approved"
work JOIN handbook/handbook.md work/handbook.md --input "$(digest work/alarms.md)" --input "$(digest work/steps.md)"
accept JOIN work/handbook.md
"$LEDGER" pac compose "$PAC"
"$LEDGER" pac seal "$PAC"
review --approve

tell "final, and closed by its WRAP"
"$LEDGER" pac finalize "$PAC"
"$LEDGER" pac wrap "$PAC"
"$LEDGER" review report

tell "what an auditor does, without trusting whoever runs the ledger"
"$LEDGER" verify --complete "$PAC"
"$LEDGER" prove opdo "$PAC" > "$PLACE/opdo.json"
"$LEDGER" opdo verify "$PLACE/opdo.json"
printf '\nthe ledger is in %s; LEDGER_STATE=%s\n' "$LEDGER_DATA" "$LEDGER_STATE"
