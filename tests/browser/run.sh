#!/usr/bin/env bash
# The browser tests. Needs node 20, chromium (CHROMIUM names another than /usr/bin/chromium) and the built program (LEDGER names another than
# target/debug/ledger). SHOTS=1 writes docs/images anew. Arguments are test files, else all.
set -euo pipefail
cd "$(dirname "$0")"
[[ -d node_modules/playwright-core ]] || npm ci --no-audit --no-fund
files=("$@")
((${#files[@]})) || files=(*.test.mjs)
[[ -z ${SHOTS:-} ]] || node shots.mjs
exec node --test --test-concurrency=1 "${files[@]}"
