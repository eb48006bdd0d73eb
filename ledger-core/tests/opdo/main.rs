//! The O-PDO as a library: the vectors of the original system, and properties.
//!
//! Not the command line (crate `ledger-tests`). Source: seed 002; DOMAIN.md §5.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod alterations;
mod machine;
mod order;
mod vectors;

use ledger_core::opdo::{ChildPdo, Composition, Context, Finality, Number, OrchestratedPdo, Profile};
use ledger_core::opdo::{compose, finalize, seal};

const PAC: &str = "PAC-BENSON-P67R-DRILL-01";
const NONCE: &str = "00112233445566778899aabbccddeeff";
const COMPOSED: &str = "2025-12-26T06:00:00.123456Z";
const SEALED: &str = "2025-12-26T06:01:00.5Z";
const FINALIZED: &str = "2025-12-26T06:02:00Z";

/// A child without fault.
fn child(number: usize) -> ChildPdo {
    ChildPdo {
        pdo_id: format!("PDO-AGENT{number}-P67R-20251226"),
        agent_name: format!("AGENT{number}"),
        agent_gid: format!("GID-{:02}", number + 1),
        sub_pac_id: format!("Sub-PAC-AGENT{number}-P67R"),
        ber_id: format!("BER-AGENT{number}-P67R"),
        status: "VALIDATED".to_owned(),
        pdo_hash: format!("{number:064x}"),
        task_count: Number::integer(i64::try_from(number).unwrap() + 1),
        quality_score: Number::float(0.9),
        created_at: "2025-12-26T06:00:00Z".to_owned(),
        dependencies: (0..number.min(2)).map(|n| format!("PDO-AGENT{n}-P67R-20251226")).collect(),
        fault: None,
    }
}

fn draft(profile: Profile, count: usize) -> OrchestratedPdo {
    let children = (0..count).map(child).collect();
    compose(Composition::new(PAC, children), COMPOSED, profile, &Context::default()).unwrap()
}

fn sealed(profile: Profile, count: usize) -> OrchestratedPdo {
    seal(&draft(profile, count), profile.as_str(), NONCE, SEALED, &Context::default()).unwrap()
}

/// With everything that a ledger would know of the review.
fn finished(profile: Profile, count: usize) -> OrchestratedPdo {
    let finality = Finality {
        human_review_ber_id: "BER-HUMAN-REVIEW-1",
        time: FINALIZED,
        reviewer: Some("GID-H01"),
        review_digest: Some("sha256:5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"),
        reviewed_at: Some("2025-12-26T06:01:30Z"),
    };
    finalize(&sealed(profile, count), &finality, &Context::default()).unwrap()
}

/// The document as JSON text.
fn json(document: &OrchestratedPdo) -> Vec<u8> {
    serde_json::to_vec(document).unwrap()
}
