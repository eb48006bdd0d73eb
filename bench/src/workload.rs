//! The events that all rows are measured with: made up, the same in every run.
//!
//! Invariant: number and row decide the bytes; nothing random is drawn. Notes of equal length where a peer must store the same number
//! of bytes, of different lengths elsewhere.

use ledger_core::intent::Intent;
use ledger_core::names::{Gid, Stream};

/// Who appends: an agent of the default profile, unsigned.
pub const ACTOR: &str = "GID-05";

const WORDS: [&str; 16] = [
    "deployment",
    "frozen",
    "until",
    "review",
    "of",
    "plan",
    "passed",
    "build",
    "agent",
    "requested",
    "second",
    "signature",
    "lane",
    "execution",
    "evidence",
    "sealed",
];

/// A number that looks random and is not (splitmix64).
#[must_use]
pub fn scattered(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// So many words.
fn sentence(seed: u64, words: u64) -> String {
    let word = |i| WORDS[(scattered(seed.wrapping_mul(31).wrapping_add(i)) % 16) as usize];
    (0..words).map(word).collect::<Vec<_>>().join(" ")
}

/// Data of a note, canonical, always of the same length.
#[must_use]
pub fn even_note(n: u64) -> String {
    let text = sentence(n, 30);
    let text: String = text.chars().take(160).collect();
    format!("{{\"about\":\"build/{n:012}\",\"text\":\"{text:<160}\"}}")
}

/// Data of a note, canonical, of some 40 to 300 bytes.
#[must_use]
pub fn note(n: u64) -> String {
    format!("{{\"about\":\"build/{n}\",\"text\":\"{}\"}}", sentence(n, 2 + scattered(n) % 30))
}

/// The intent to record this data.
#[must_use]
pub fn intent(data: &str, stream: Option<&str>) -> Intent {
    let stream = stream.map(|s| Stream::new(s).expect("stream"));
    Intent::new("note", data.as_bytes(), None, Gid::new(ACTOR).expect("actor"), stream).expect("intent")
}

/// The stream of event `n` when a tile is to touch so many.
#[must_use]
pub fn stream(n: u64, streams: u64) -> String {
    format!("notes/{}", n % streams)
}

/// An intent as a line of a batch.
#[must_use]
pub fn intent_line(n: u64, streams: u64) -> String {
    format!(
        "{{\"kind\":\"note\",\"actor\":\"{ACTOR}\",\"stream\":\"{}\",\"id\":\"k{n}\",\"data\":{}}}",
        stream(n, streams),
        note(n)
    )
}

/// A CloudEvent as a line, its members in the order in which people write them.
#[must_use]
pub fn event_line(n: u64) -> String {
    format!(
        "{{\"specversion\":\"1.0\",\"id\":\"{:016x}\",\"source\":\"builds.example/ci\",\"type\":\"build.step.finished\",\"time\":\"2025-03-{:02}T{:02}:{:02}:{:02}Z\",\"subject\":\"pipeline/{}\",\"datacontenttype\":\"application/json\",\"data\":{{\"step\":{},\"ok\":{},\"seconds\":{}.{},\"log\":\"{}\"}}}}",
        scattered(n),
        1 + n / 86_400 % 28,
        n / 3600 % 24,
        n / 60 % 60,
        n % 60,
        n % 97,
        n % 12,
        !scattered(n).is_multiple_of(3),
        scattered(n) % 600,
        1 + scattered(n) % 9,
        sentence(n, 2 + scattered(n) % 30),
    )
}

/// A JSON document of some 500 bytes: keys in canonical order, or as people write them.
#[must_use]
pub fn document(n: u64, in_order: bool) -> String {
    let nested = if in_order {
        format!("{{\"host\":\"node-{}\",\"region\":\"eu\",\"zone\":{}}}", n % 40, n % 3)
    } else {
        format!("{{\"zone\":{},\"host\":\"node-{}\",\"region\":\"eu\"}}", n % 3, n % 40)
    };
    let members = [
        format!("\"actor\":\"GID-{:02}\"", n % 13),
        format!("\"attempts\":[{},{},{}]", n % 5, n % 7, n % 11),
        format!("\"duration\":{}.5", scattered(n) % 5000),
        format!("\"labels\":[\"nightly\",\"{}\"]", sentence(n, 1)),
        format!("\"ok\":{}", n.is_multiple_of(2)),
        format!("\"place\":{nested}"),
        format!("\"subject\":\"pac/PAC-{n}\""),
        format!("\"text\":\"{}\"", sentence(n, 35)),
        format!("\"weight\":{}", scattered(n) % 1_000_000),
    ];
    let order: [usize; 9] = if in_order { [0, 1, 2, 3, 4, 5, 6, 7, 8] } else { [6, 0, 7, 4, 2, 8, 5, 1, 3] };
    let members: Vec<&str> = order.iter().map(|i| members[*i].as_str()).collect();
    format!("{{{}}}", members.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_what_they_should_be() {
        for n in [0, 1, 7, 99_999, 1_000_000] {
            assert_eq!(even_note(n).len(), even_note(0).len());
            assert_eq!(intent(&note(n), Some("notes/3")).data, note(n).as_bytes(), "canonical already");
            assert!(Intent::from_json(intent_line(n, 10).as_bytes(), None).is_ok());
            assert!(ledger_core::json::is_canonical(document(n, true).as_bytes()));
            let disorder = document(n, false);
            assert_eq!(
                ledger_core::json::canonicalize(disorder.as_bytes()).unwrap(),
                document(n, true).as_bytes()
            );
        }
    }
}
