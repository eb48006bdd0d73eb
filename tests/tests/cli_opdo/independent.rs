//! docs/format.md §14 in another language: leaves, root, ids, final hash and a child's proof, recomputed by Python's standard library.
//!
//! Not the library's own view of itself. Invariant: the script knows nothing but that page.

use super::{composition, document, stages};
use ledger_tests::binary::{Place, Said};
use serde_json::Value;

const SCRIPT: &str = r#"
import hashlib, json, sys

def sha(data): return hashlib.sha256(data).digest()
def jcs(value): return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
def python(value): return json.dumps(value, sort_keys=True).encode()

document, proofs = json.load(open(sys.argv[1])), [json.load(open(name)) for name in sys.argv[2:]]
composite = document["composite_proof"]
p69 = composite.get("profile", "p69") == "p69"
SIX = ["agent_gid", "ber_id", "pdo_id", "quality_score", "sub_pac_id", "task_count"]

def leaf(child):
    if p69: return sha(python({name: child[name] for name in SIX}))
    return sha(b"\x00" + jcs({**child, "type": "ledger/opdo-child/v1"}))

def node(left, right):
    return sha((left.hex() + right.hex()).encode()) if p69 else sha(b"\x01" + left + right)

def root(leaves):
    if len(leaves) == 1: return leaves[0]
    split = 1
    while split * 2 < len(leaves): split *= 2
    return node(root(leaves[:split]), root(leaves[split:]))

leaves = sorted(leaf(child) for child in document["child_pdos"])
assert composite["leaf_hashes"] == [hash.hex() for hash in leaves]
count, height = len(leaves), max(1, (len(leaves) - 1).bit_length())
assert composite["tree_height"] == height
padded = leaves
if p69:
    while len(padded) & (len(padded) - 1): padded = padded + [leaves[-1]]
assert composite["merkle_root"] == root(padded).hex()

def final(statement, count, merkle_root):
    if p69:
        names = ["human_review_ber_id", "opdo_id", "pac_orch_id", "sealed_at"]
        return sha(python({"child_count": count, "merkle_root": merkle_root, **{n: statement[n] for n in names}})).hex()
    return sha(jcs({**statement, "type": "ledger/opdo-final/v1"})).hex()

names = ["created_at", "finalized_at", "human_review_ber_id", "human_review_timestamp", "opdo_id", "orchestrator_agent",
         "orchestrator_gid", "pac_orch_id", "review_digest", "reviewer", "sealed_at"]
statement = {name: document[name] for name in names if name in document}
statement |= {"leaf_count": count, "merkle_root": composite["merkle_root"], "nonce": composite["nonce"]}
assert document["final_hash"] == final(statement, count, composite["merkle_root"])

plain = "OPDO-" + document["pac_orch_id"].split("-")[1] + "-" + "".join(c for c in document["created_at"][:19] if c.isdigit())
content = b"".join(text.encode() + b"\x00" for text in ["ledger/opdo-id/v1", document["created_at"], document["pac_orch_id"]])
content += b"".join(leaf(child) for child in document["child_pdos"])
assert document["opdo_id"] == (plain if p69 else plain + "-" + sha(content).hex()[:8])

for proof in proofs:
    reached, index, last = leaf(proof["child"]), proof["index"], proof["leaf_count"] - 1
    if p69: last = (1 << last.bit_length()) - 1
    hashes = [bytes.fromhex(hash) for hash in proof["hashes"]]
    while last:
        if index & 1: reached = node(hashes.pop(0), reached)
        elif index < last: reached = node(reached, hashes.pop(0))
        index, last = index >> 1, last >> 1
    assert not hashes and reached.hex() == proof["merkle_root"] == composite["merkle_root"]
    assert proof["statement"] == statement
    assert proof["final_hash"] == final(proof["statement"], proof["leaf_count"], proof["merkle_root"]) == document["final_hash"]
print(count, len(proofs))
"#;

#[test]
fn the_page_is_enough_to_recompute_everything() {
    let place = Place::new();
    let script = place.file("recompute.py", SCRIPT);
    for profile in ["p69", "rfc6962"] {
        for count in [1, 2, 3, 5, 7, 8] {
            let mut input = composition(count);
            input["children"][0]["quality_score"] = serde_json::json!(0.30000000000000004);
            input["children"][0]["dependencies"] = serde_json::json!([]);
            let [_, _, sealed, _] = stages(&place, profile, &input);
            let review = ["finalize", "-", "--review", "BER-HUMAN-1", "--reviewer", "GID-H01"];
            let last = document(&place, &sealed, &review);
            let mut files = vec![place.file("final.json", &last)];
            let parsed: Value = serde_json::from_str(&last).unwrap();
            for child in parsed["child_pdos"].as_array().unwrap() {
                let id = child["pdo_id"].as_str().unwrap();
                let proof = document(&place, &last, &["prove", "-", "--child", id]);
                files.push(place.file(&format!("{id}.json"), proof));
            }
            let mut python = std::process::Command::new("python3");
            python.arg(&script).args(files);
            let said = Said::of(python);
            assert_eq!(said.out, format!("{count} {count}\n"), "{profile} {count}: {said:?}");
        }
    }
}
