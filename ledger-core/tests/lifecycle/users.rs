//! The ledger with those who use it: how they write what the model only names, and what they remember of the answers.

use crate::finish::answers;
use crate::words::{AGENTS, Deed, Flaw, HUMANS, Op, PACS, SHAPES, Token};
use crate::world::{ORCHESTRATOR, World, digest, order};
use ledger_core::intent::{Bearer, Intent};
use ledger_core::rules::pac::{CompositeState, Pac};
use ledger_core::sequencer::Receipt;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The ledger with what only its users remember.
pub struct Sut {
    pub world: World,
    tokens: BTreeMap<(usize, usize), Vec<String>>,
    challenges: BTreeMap<(usize, &'static str), Value>,
    approvals: BTreeMap<usize, Value>,
    latencies: BTreeMap<(usize, &'static str), Value>,
    /// Composites that nothing may change.
    settled: BTreeMap<String, String>,
}

impl Sut {
    pub fn new() -> Self {
        Self {
            world: World::new(),
            tokens: BTreeMap::new(),
            challenges: BTreeMap::new(),
            approvals: BTreeMap::new(),
            latencies: BTreeMap::new(),
            settled: BTreeMap::new(),
        }
    }

    pub fn write(&mut self, op: Op) -> Intent {
        let id = PACS[op.pac];
        let pac = self.world.pac(id);
        let node = |n: usize| format!("N{n}");
        let sub_pac = |n: usize| format!("Sub-{id}-N{n}");
        let named = |more: Value| {
            let mut data = json!({"pac_id": id});
            data.as_object_mut().unwrap().append(&mut more.as_object().unwrap().clone());
            data
        };
        let session = |good: bool| if good { "s" } else { "t" };
        let attempt = |n: usize| pac.as_ref().and_then(|p| p.sub_pac(&sub_pac(n))).map_or(1, |s| s.attempt);
        let ber = |n: usize| format!("BER-{}-{n}-{}", op.pac, attempt(n));
        let mut shown = Token::None;
        let (kind, data) = match op.deed {
            Deed::Issue(flaw) => {
                let mut data = order(id);
                match flaw {
                    Flaw::A => data["gateway_checks"] = Value::Null,
                    Flaw::B => data["gateway_checks"]["governance"] = json!([]),
                    Flaw::C => data["gateway_checks"]["authority"] = json!("GID-01"),
                    Flaw::D => data["mode"] = json!("ADVISORY"),
                    _ => {}
                }
                ("issue_pac", data)
            }
            Deed::Request => ("request_execution", named(json!({}))),
            Deed::Open => ("open_gateway", named(json!({}))),
            Deed::Resolve(all) => {
                let open: Vec<u64> =
                    pac.iter().flat_map(|p| p.gateway.open.iter().map(|(s, _)| *s)).filter(|_| all).collect();
                ("resolve_gateway", named(json!({"violations": open, "reason": "understood"})))
            }
            Deed::Graph(shape) => ("declare_graph", named(graph(shape))),
            Deed::Channel => (
                "declare_channel",
                named(json!({"channel_id": "c", "members": [AGENTS[0], AGENTS[1]], "purpose": "x"})),
            ),
            Deed::SubPac(n, flaw) => {
                let mut data = named(
                    json!({"node_id": node(n), "lane": "EXECUTION", "scope": {"paths": [format!("src/{n}"), "src/shared"]}}),
                );
                match flaw {
                    Flaw::A => data["lane"] = json!("GOVERNANCE"),
                    Flaw::B => data["agent_gid"] = json!("GID-12"),
                    Flaw::C => data["scope"] = json!({"paths": ["src/0", "srcs"]}),
                    _ => {}
                }
                ("issue_sub_pac", data)
            }
            Deed::Activate(n, flaw) => {
                let mut data = named(json!({"agent_gid": AGENTS[n], "activated_by": ORCHESTRATOR}));
                match flaw {
                    Flaw::None => {}
                    Flaw::A => data["activated_by"] = json!(AGENTS[n]),
                    Flaw::B => data["agent_gid"] = json!("GID-99"),
                    Flaw::C => data["activated_by"] = Value::Null,
                    Flaw::D => data["agent_gid"] = json!("GID-H01"),
                    Flaw::E => data["activated_by"] = json!("GID-H01"),
                }
                ("activate", data)
            }
            Deed::Dispatch(n) => {
                ("dispatch", named(json!({"sub_pac_id": sub_pac(n), "session": "s", "expires_in": 604_800})))
            }
            Deed::Reissue(n) => (
                "reissue",
                named(
                    json!({"sub_pac_id": sub_pac(n), "session": "s", "expires_in": 604_800, "reason": "lost"}),
                ),
            ),
            Deed::Retry(n) => ("retry", named(json!({"sub_pac_id": sub_pac(n)}))),
            Deed::Waive(n) => ("waive", named(json!({"node_id": node(n), "reason": "enough"}))),
            Deed::Start(n, token, good) => {
                shown = token;
                ("start", named(json!({"sub_pac_id": sub_pac(n), "session": session(good)})))
            }
            Deed::Ber(n, token, good, flaw) => {
                shown = token;
                let path = match flaw {
                    Flaw::B => "src/elsewhere".to_owned(),
                    Flaw::E => "src/shared/x".to_owned(),
                    _ => format!("src/{n}/a.rs"),
                };
                let mut data = named(json!({
                    "sub_pac_id": sub_pac(n), "session": session(good), "quality_score": 0.5, "ber_id": ber(n),
                    "status": if flaw == Flaw::A { "FAIL" } else { "PASS" }, "tasks": [{"task": format!("work {n}"), "result": "PASS"}],
                    "outputs": [{"path": path, "digest": digest(n as u64)}],
                }));
                if flaw == Flaw::C {
                    data["inputs"] = json!([{"digest": digest(99)}]);
                }
                if flaw == Flaw::D {
                    data["violations"] = json!([{"code": "X", "message": "y", "severity": "BLOCKING"}]);
                }
                ("submit_ber", data)
            }
            Deed::Message(to, channel) => {
                let mut data = named(json!({"to": [AGENTS[to]], "digest": digest(7)}));
                if channel {
                    data["channel_id"] = json!("c");
                }
                ("message", data)
            }
            Deed::Accept(n) => ("accept_ber", named(json!({"ber_id": ber(n)}))),
            Deed::Reject(n, reason) => (
                "reject_ber",
                named(json!({"ber_id": ber(n), "reason": if reason { "no test" } else { " " }})),
            ),
            Deed::Pdo(n) => {
                ("record_pdo", named(json!({"sub_pac_id": sub_pac(n), "pdo_hash": format!("{n:064x}")})))
            }
            Deed::Fail(n) => ("fail", named(json!({"sub_pac_id": sub_pac(n), "reason": "gone"}))),
            Deed::Compose => ("compose_opdo", named(json!({}))),
            Deed::Seal => ("seal", named(json!({}))),
            Deed::Void => ("void_opdo", named(json!({"reason": "wrong"}))),
            Deed::OpenReview => ("open_review", named(json!({}))),
            Deed::Draw => ("draw_challenge", named(json!({}))),
            Deed::Answer(right, _) => {
                let drawn = self.challenges.get(&(op.pac, op.who.gid()));
                let challenge =
                    drawn.map_or_else(|| "ab".repeat(32), |d| d["challenge_id"].as_str().unwrap().to_owned());
                let answers = if right && pac.is_some() {
                    answers(&self.world, id, &challenge)
                } else {
                    vec!["0".to_owned(); 2]
                };
                (
                    "answer_challenge",
                    named(
                        json!({"challenge_id": challenge, "answers": wrong_unless(right, answers, &self.world, id, &challenge)}),
                    ),
                )
            }
            Deed::Verdict(verdict) => ("give_verdict", self.verdict(op, pac.as_ref(), verdict)),
            Deed::Unlock(human) => {
                ("unlock_review", named(json!({"reviewer": HUMANS[human], "reason": "misread"})))
            }
            Deed::Finalize(good) => {
                let known = self.approvals.get(&op.pac).filter(|_| good).cloned();
                (
                    "finalize",
                    named(json!({"human_review_ber_id": known.unwrap_or_else(|| json!("BER-HUMAN-NONE"))})),
                )
            }
            Deed::Wrap => ("emit_wrap", named(json!({}))),
            Deed::Abandon => ("abandon", named(json!({"reason": "withdrawn"}))),
        };
        let token = self.token(op, shown);
        let intent = self.world.intent(kind, op.who.gid(), &data);
        intent.with_token(token.map(Bearer::new)).unwrap()
    }

    /// FINAL and VOID are left by nothing.
    pub fn settle(&mut self, pac: &Pac) {
        for composite in &pac.composites {
            if matches!(composite.state(), CompositeState::Final | CompositeState::Void) {
                let shown = format!("{composite:?}");
                let known = self.settled.entry(composite.id().to_owned()).or_insert_with(|| shown.clone());
                assert_eq!(*known, shown);
            }
        }
    }

    fn verdict(&self, op: Op, pac: Option<&Pac>, verdict: Result<(), usize>) -> Value {
        let id = PACS[op.pac];
        let composite = pac.and_then(Pac::composite);
        let drawn = self.challenges.get(&(op.pac, op.who.gid()));
        let types: Vec<Value> = drawn
            .iter()
            .flat_map(|d| d["questions"].as_array().unwrap())
            .map(|q| q["question_type"].clone())
            .collect();
        let packet =
            pac.and_then(|p| p.packet_digest().ok()).map_or_else(|| digest(0), |d| d.as_str().to_owned());
        let mut data = json!({
            "pac_id": id, "opdo_id": composite.map_or("OPDO-NONE", |c| c.id()), "packet": packet,
            "merkle_root": composite.and_then(|c| c.root().map(str::to_owned)).unwrap_or_else(|| "00".repeat(32)),
            "challenge_id": drawn.map(|d| d["challenge_id"].clone()), "latency_ms": self.latencies.get(&(op.pac, op.who.gid())),
            "question_types": types, "verdict": "APPROVE",
        });
        if let Err(node) = verdict {
            data["verdict"] = json!("REJECT");
            data["remarks"] = json!("a test is missing");
            data["reopen"] = json!([format!("Sub-{id}-N{node}")]);
        }
        data
    }

    fn token(&self, op: Op, shown: Token) -> Option<String> {
        let (Deed::Start(n, ..) | Deed::Ber(n, ..)) = op.deed else { return None };
        let of = |n: usize| self.tokens.get(&(op.pac, n)).cloned().unwrap_or_default();
        match shown {
            Token::None => None,
            Token::Latest => of(n).pop(),
            Token::First => of(n).first().filter(|_| of(n).len() > 1).cloned(),
            Token::OfAnother => (0..4).filter(|o| *o != n).find_map(|o| of(o).pop()),
        }
    }

    /// Remembers what the answer to this tells its caller.
    pub fn learn(&mut self, op: Op, receipt: &Receipt) {
        let told = |name: &str| receipt.yields.get(name).cloned();
        let key = (op.pac, op.who.gid());
        match op.deed {
            Deed::Dispatch(n) | Deed::Reissue(n) => {
                let token = told("token").unwrap().as_str().unwrap().to_owned();
                self.tokens.entry((op.pac, n)).or_default().push(token);
            }
            Deed::Draw => drop(self.challenges.insert(key, json!(receipt.yields))),
            Deed::Answer(..) => drop(self.latencies.insert(key, told("latency_ms").unwrap())),
            Deed::Verdict(Ok(())) => {
                drop(self.approvals.insert(op.pac, told("human_review_ber_id").unwrap()))
            }
            _ => {}
        }
    }
}

/// An answer that is of the form that was asked for, and wrong.
fn wrong_unless(right: bool, answers: Vec<String>, world: &World, id: &str, challenge: &str) -> Vec<String> {
    if right {
        return answers;
    }
    let mut bytes = [0; 32];
    hex::decode_to_slice(challenge, &mut bytes).unwrap();
    let content = world.pac(id).map(|p| p.content()).unwrap_or_default();
    let questions = ledger_core::review::draw(&content, &bytes);
    questions
        .iter()
        .map(|q| if q.form.contains("hex") { "0f0f0f".to_owned() } else { "77".to_owned() })
        .collect()
}

fn graph(shape: usize) -> Value {
    let s = SHAPES[shape];
    let node = |(n, agent): (usize, &Option<usize>)| match agent {
        Some(a) => {
            json!({"node_id": format!("N{n}"), "agent_gid": AGENTS[*a], "optional": s.optional.contains(&n)})
        }
        None => json!({"node_id": format!("N{n}"), "type": "SYNC_POINT"}),
    };
    let nodes: Vec<Value> = s.agents.iter().enumerate().map(node).collect();
    let edge = |(from, to, data): &(usize, usize, bool)| json!({"from": format!("N{from}"), "to": format!("N{to}"), "type": if *data { "DATA_FLOW" } else { "DEPENDENCY" }});
    json!({"nodes": nodes, "edges": s.edges.iter().map(edge).collect::<Vec<_>>(), "min_optional": s.min_optional})
}
