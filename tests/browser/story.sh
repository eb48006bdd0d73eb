#!/usr/bin/env bash
# A ledger in which everything that the pages show has happened. $1: a new directory for it. LEDGER names the binary.
set -euo pipefail
LEDGER=${LEDGER:-../../target/debug/ledger}
PLACE=$1
export LEDGER_DATA=$PLACE/ledger LEDGER_STATE=$PLACE/state
mkdir -p "$PLACE/made"
pac() { "$LEDGER" pac "$@" > /dev/null; }
file() { printf '%s\n' "$2" > "$PLACE/made/$1"; echo "$PLACE/made/$1"; }
digest() { echo "sha256:$(sha256sum "$1" | cut -d' ' -f1)"; }

# $1 PAC, $2 node, $3 path, $4 score, $5 how it ends, $6... inputs.
work() {
    local p=$1 node=$2 path=$3 score=$4 status=$5 token=$PLACE/made/$1-$2.token
    shift 5
    (umask 077 && "$LEDGER" pac dispatch "$p" "$node" | tail -n 1 > "$token")
    pac start "$p" "$node" --token "@$token"
    pac ber "$p" "$node" --token "@$token" --status "$status" --score "$score" --task "wrote $path" \
        --output "$path@$(file "$p-$node.md" "$p $node: $path")" "$@"
}
accept() { pac accept "$1" "$2"; pac pdo "$1" "$2" --file "$PLACE/made/$1-$2.md"; }

"$LEDGER" init --origin ledger.example/handbook --human Ada > /dev/null
"$LEDGER" agents register GID-S01 --service --name SCHEDULER > /dev/null
"$LEDGER" append note --data '{"text":"deployment frozen until Monday"}' > /dev/null
"$LEDGER" append artifact --id build-7 --data '{"name":"build.tar","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}' > /dev/null
order() { "$LEDGER" append issue_pac --actor GID-S01 --data "{\"pac_id\":\"$1\",\"title\":\"$2\",\"objective\":\"$3\",\"mode\":\"EXECUTABLE\",\"lanes\":[\"EXECUTION\",\"STRATEGY\"],\"scope\":{\"paths\":[\"src\"],\"forbidden_actions\":[\"publish\"]},\"gateway_checks\":{\"governance\":[\"FAIL_CLOSED\"],\"authority\":\"GID-00\"}}" > /dev/null; }

# Sealed, and waiting for its review.
P=PAC-DOCS-1-HANDBOOK-01
order $P "The on-call handbook" "write the on-call handbook: two agents draft a part each, a third joins and checks them"
pac open $P
pac graph $P --file <("$LEDGER" pac graph new --pattern diamond --agent GID-01,GID-02,GID-04,GID-05)
for n in A1 A2 A3 A4; do pac sub $P $n --lane EXECUTION --path "src/$n" --task "draft part $n of the handbook"; done
pac activate $P --all
pac channel $P design --member A2 --member A3 --purpose "the headings that both parts share"
work $P A1 src/A1/plan.md 0.9 PASS; accept $P A1
work $P A2 src/A2/alarms.md 0.95 PASS; accept $P A2
pac message $P --from A2 --to A3 --channel design --text "alarms first, then steps" --about "order of the chapters"
work $P A3 src/A3/steps.md 0.88 PASS; accept $P A3
work $P A4 src/A4/handbook.md 0.92 PASS; accept $P A4
pac compose $P
pac seal $P

# At work: a report was rejected and is done again, one waits for its verdict, others wait for these.
P=PAC-ATLAS-P1-SEARCH-02
order $P "A faster search" "find any of ten million documents in less than 50 ms at the 99th percentile"
pac open $P
cat > "$PLACE/made/graph.json" <<JSON
{"pac_id":"$P","nodes":[
 {"node_id":"ROOT","type":"ORCH_ROOT"},
 {"node_id":"INDEX","agent_gid":"GID-01","lane":"EXECUTION","task":"build the inverted index"},
 {"node_id":"QUERY","agent_gid":"GID-02","lane":"EXECUTION","task":"parse and plan queries"},
 {"node_id":"RANK","agent_gid":"GID-03","lane":"STRATEGY","task":"choose how results are ranked"},
 {"node_id":"CACHE","agent_gid":"GID-04","lane":"EXECUTION","task":"keep frequent answers","optional":true},
 {"node_id":"SYNC","type":"SYNC_POINT"},
 {"node_id":"BENCH","agent_gid":"GID-05","lane":"EXECUTION","task":"measure it against ten million documents"},
 {"node_id":"END","type":"TERMINAL"}],
 "edges":[{"from":"ROOT","to":"INDEX","type":"DEPENDENCY"},{"from":"ROOT","to":"QUERY","type":"DEPENDENCY"},{"from":"ROOT","to":"RANK","type":"DEPENDENCY"},{"from":"INDEX","to":"CACHE","type":"DATA_FLOW"},
 {"from":"INDEX","to":"SYNC","type":"BARRIER"},{"from":"QUERY","to":"SYNC","type":"BARRIER"},{"from":"RANK","to":"SYNC","type":"BARRIER"},{"from":"SYNC","to":"BENCH","type":"DEPENDENCY"},{"from":"QUERY","to":"BENCH","type":"DATA_FLOW"},{"from":"CACHE","to":"END","type":"DEPENDENCY"},{"from":"BENCH","to":"END","type":"DEPENDENCY"}]}
JSON
"$LEDGER" append declare_graph --actor GID-00 --data "@$PLACE/made/graph.json" > /dev/null
for n in INDEX QUERY RANK CACHE BENCH; do pac sub $P $n --path "src/$n"; done
pac activate $P --all
work $P INDEX src/INDEX/lib.rs 0.6 PASS
pac reject $P INDEX --reason "the index forgets deleted documents"
pac retry $P INDEX
work $P INDEX src/INDEX/lib.rs 0.93 PASS; accept $P INDEX
work $P QUERY src/QUERY/plan.rs 0.81 PASS
"$LEDGER" pac dispatch $P RANK > /dev/null

# Blocked: two agents talked past the declared channels.
P=PAC-CODY-P2-BILLING-03
order $P "Invoices by the hour" "bill by the hour, with a receipt for each"
pac open $P
pac graph $P --file <("$LEDGER" pac graph new --pattern linear --agent GID-04,GID-05)
for n in A1 A2; do pac sub $P $n --lane EXECUTION --path "src/$n" --task "part $n"; done
pac activate $P --all
work $P A1 src/A1/rates.md 0.9 PASS; accept $P A1
pac message $P --from A2 --to A1 --text "use the old rates" --about "rates" 2> /dev/null && exit 1

# Ordered, and given up.
order PAC-NOVA-P3-MOBILE-04 "An app for the phone" "read the ledger on a phone"
order PAC-NOVA-P4-PRINT-05 "Printed reports" "print a report on paper every Monday"
pac abandon PAC-NOVA-P4-PRINT-05 --actor GID-00 --reason "nobody reads them"
"$LEDGER" append register_human --actor GID-00 --data '{"gid":"GID-H09","key":"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"}' 2> /dev/null && exit 1

# Trust, of agents that have no work above: two trees, and in the first grants that are good, suspended and revoked.
trust() { "$LEDGER" trust "$@" > /dev/null; }
for gid in GID-06 GID-08; do
    key=$("$LEDGER" key new "$LEDGER_DATA/keys/$gid.key" --json | grep -oE '"key" *: *"[0-9a-f]{64}"' | grep -oE '[0-9a-f]{64}')
    "$LEDGER" key register $gid "$key" --actor GID-H01 > /dev/null
done
trust authority declare GID-H01 --purpose "the house itself"
trust authority declare GID-00 --purpose "while the house is away"
trust establish GID-06 --grant GRANT-ANALYST --capability "read_*" --capability summarize=read --capability publish --constraint budget_limit=100
trust establish GID-09 --grant GRANT-OPERATOR --capability deploy --constraint no_delegation --expires-in 2592000
trust delegate GRANT-ANALYST GID-08 --grant GRANT-READER --capability read_invoices --constraint "resources=invoices/**" --constraint audit_required --task "close the quarter"
trust delegate GRANT-READER GID-12 --grant GRANT-HELPER --constraint budget_limit=5
trust delegate GRANT-ANALYST GID-11 --grant GRANT-WRITER --capability summarize
trust delegate GRANT-ANALYST GID-12 --grant GRANT-PRESS --capability publish --constraint rate_limit=10
used=$("$LEDGER" trust exercise GRANT-HELPER read_invoices --resource invoices/11.csv --cost 2.5 --json | grep -oE '"sequence" *: *"?[0-9]+' | grep -oE '[0-9]+$' | head -n 1)
trust audit GRANT-HELPER read_invoices --exercise "$used" --result success
trust exercise GRANT-HELPER read_invoices --resource payroll/1 --cost 1 2> /dev/null && exit 1
trust constrain GRANT-READER --constraint rate_limit=10 --reason "half is done"
trust revoke GRANT-WRITER --suspend --reason "its texts are wrong"
trust revoke GRANT-PRESS --reason "the campaign is over"
trust posture GID-09 tool --reason "deployed at night"
trust authority withdraw GID-00 --reason "the house is back"
"$LEDGER" append heartbeat --actor GID-08 --data '{"status":"idle"}' > /dev/null
echo "$LEDGER_DATA"
