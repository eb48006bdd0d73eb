# The commands of this repository by name. Each is what you would type: `just` need not be installed.

# What there is.
default:
    @just --list

# All tests; needs ../shared beside the repository.
test:
    cargo test

# Format, lints, dependency policy.
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo deny --locked check licenses bans sources

# Everything that CI does.
ci:
    .ci/run

# Every row of the benchmark table, with its floor and its peers. `just bench --quick`, `just bench --json`.
bench *ARGS:
    cargo build --release -p ledger-cli
    cargo run --release -p bench -- {{ARGS}}

# kill -9 of the real binary at any moment, again and again: `just kill-loop 50`.
kill-loop TIMES="10":
    for i in $(seq {{TIMES}}); do cargo test --release -p ledger-tests --test cli_crash kill:: || exit 1; done

# Simulated power cuts anywhere in a real workload, with plain sled as the control that must lose something: `just power-cut 2000`.
power-cut CUTS="400":
    cargo run --release -p ledger-tests --example power_cut -- {{CUTS}}

# The pages in a real browser; needs node and chromium. `just browser pages.test.mjs`; SHOTS=1 writes docs/images anew.
browser *FILES:
    cargo build -p ledger-cli
    tests/browser/run.sh {{FILES}}

# The HTTP API against its own document, with requests that schemathesis makes up: some two minutes.
schemathesis *ARGS:
    tests/schemathesis/run.sh {{ARGS}}

# The documentation of the crates, warnings as errors.
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Writes the generated documents anew: docs/errors.md, docs/cli.md.
update-docs:
    UPDATE_DOCS=1 cargo test -p ledger-core -p ledger-cli the_document_is_true
