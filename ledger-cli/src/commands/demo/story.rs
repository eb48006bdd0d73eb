//! The piece of work that is governed: four agents rotate signing keys, and not everything goes well.
//!
//! Each step is an intent like any other; refusals are the ledger's own. Invariant: the PAC ends SEALED, whatever was refused on the way.

use super::{Told, output_failed, short};
use crate::output::{BAD, DIM, GOOD, styled};
use ledger_core::event::body::Digest;
use ledger_core::intent::{Bearer, Intent};
use ledger_core::key::SecretKey;
use ledger_core::ledger::Ledger;
use ledger_core::names::Gid;
use ledger_core::replay::pac_at;
use ledger_core::sequencer::Receipt;
use ledger_core::{Code, Error, Result};
use serde_json::{Value, json};
use std::sync::Arc;

/// The PAC of the story.
pub const PAC: &str = "PAC-PAYMENTS-17-KEY-ROTATION";
/// The orchestrator.
const BENSON: &str = "GID-00";
/// Who plans, who rotates in two regions, who checks.
const PLAN: Part = Part {
    node: "PLAN",
    agent: "GID-03",
    name: "CODY",
    lane: "STRATEGY",
    path: "plans",
    file: "plans/rotation.md",
};
const EUROPE: Part = Part {
    node: "EUROPE",
    agent: "GID-01",
    name: "SONNY",
    lane: "EXECUTION",
    path: "hosts/eu",
    file: "hosts/eu/rotation.log",
};
const AMERICA: Part = Part {
    node: "AMERICA",
    agent: "GID-09",
    name: "TINA",
    lane: "EXECUTION",
    path: "hosts/us",
    file: "hosts/us/rotation.log",
};
const CHECK: Part = Part {
    node: "CHECK",
    agent: "GID-12",
    name: "RUBY",
    lane: "EXECUTION",
    path: "reports",
    file: "reports/old-keys-refused.txt",
};

/// One agent's part.
struct Part {
    node: &'static str,
    agent: &'static str,
    name: &'static str,
    lane: &'static str,
    path: &'static str,
    file: &'static str,
}

impl Part {
    fn sub_pac(&self) -> String {
        format!("Sub-{PAC}-{}", self.node)
    }

    fn digest(&self) -> Digest {
        Digest::of(self.file.as_bytes())
    }
}

/// The ledger, and to whom the story is told.
struct Teller<'a> {
    ledger: &'a Ledger,
    told: &'a Told,
}

/// Plays the story up to SEALED; gives the checkpoint in the receipt of every step.
pub fn play(ledger: &Ledger, told: &Told) -> Result<Vec<Receipt>> {
    let teller = Teller { ledger, told };
    let mut receipts = Vec::new();
    for scene in [order, plan, europe, side_channel, america_and_check, seal] {
        receipts.extend(scene(&teller)?);
    }
    Ok(receipts)
}

/// Makes the composite FINAL and emits the WRAP, if a human has approved; gives whether that was so.
pub fn finish(ledger: &Ledger, told: &Told) -> Result<bool> {
    let (registry, stream) = (Arc::new(ledger.sequencer().registry().clone()), format!("pac/{PAC}"));
    let pac = pac_at(ledger.sequencer().store(), &stream, None, &registry)?;
    let Some(review) = pac.as_ref().and_then(|p| p.reviews.given.last()?.ber_id.clone()) else {
        return Ok(false);
    };
    let teller = Teller { ledger, told };
    let data = json!({ "human_review_ber_id": review });
    teller.act("finalize", BENSON, data, "makes it FINAL, on the word of the human")?;
    teller.act("emit_wrap", BENSON, json!({}), "emits the WRAP: the one closing statement")?;
    Ok(true)
}

impl Teller<'_> {
    fn intent(&self, kind: &str, actor: &str, mut data: Value, token: Option<&str>) -> Result<Intent> {
        if let Some(members) = data.as_object_mut().filter(|_| kind != "register_agent") {
            members.insert("pac_id".to_owned(), json!(PAC));
        }
        let mut intent = Intent::new(kind, data.to_string().as_bytes(), None, Gid::new(actor)?, None)?
            .with_token(token.map(Bearer::new))?;
        // The ledger of the demonstration holds the keys of its human and its orchestrator; agents have none here.
        let key = self.ledger.location().key_file(actor);
        if key.exists() {
            self.ledger.sign(&mut intent, &SecretKey::read(&key)?)?;
        }
        Ok(intent)
    }

    /// A step that is taken.
    fn act(&self, kind: &str, actor: &str, data: Value, what: &str) -> Result<Receipt> {
        self.act_with(kind, actor, data, None, what)
    }

    fn act_with(
        &self,
        kind: &str,
        actor: &str,
        data: Value,
        token: Option<&str>,
        what: &str,
    ) -> Result<Receipt> {
        let receipt = self.ledger.append(self.intent(kind, actor, data, token)?)?;
        let hash = styled(DIM, short(&receipt.leaf_hash.to_hex()));
        self.told
            .line(format!("{:>3}  {actor:8} {what:72} {hash}", receipt.sequence))
            .map_err(output_failed)?;
        Ok(receipt)
    }

    /// A step that is refused, and must be.
    fn refused(&self, kind: &str, actor: &str, data: Value, what: &str) -> Result<u64> {
        let Err(error) = self.ledger.append(self.intent(kind, actor, data, None)?) else {
            return Err(Error::new(
                Code::FindRule,
                format!("{kind} was taken, and should have been refused"),
            ));
        };
        let at = error.sequence.unwrap_or_default();
        let said = styled(BAD, error.code.to_string());
        self.told
            .line(format!("{at:>3}  {actor:8} {what}: {said} {}", error.message))
            .map_err(output_failed)?;
        Ok(at)
    }

    fn step(&self, title: &str) -> Result<()> {
        self.told.line(styled(GOOD, title)).map_err(output_failed)
    }

    /// A token for the part.
    fn dispatch(&self, part: &Part) -> Result<(Receipt, String)> {
        let data = json!({ "sub_pac_id": part.sub_pac(), "session": part.node });
        let receipt = self.act(
            "dispatch",
            BENSON,
            data,
            &format!("dispatches {}: a token for one session", part.name),
        )?;
        let token = receipt.yields.get("token").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok((receipt, token))
    }

    /// The work, and its report.
    fn work(
        &self,
        part: &Part,
        token: &str,
        evidence: bool,
        inputs: &[&Part],
    ) -> Result<(Vec<Receipt>, String)> {
        let mut report = json!({
            "sub_pac_id": part.sub_pac(), "session": part.node, "status": "PASS", "quality_score": 0.96,
            "tasks": [{ "task": task(part), "result": "PASS" }],
            "outputs": [{ "path": part.file, "digest": part.digest() }],
            "inputs": inputs.iter().map(|i| json!({ "digest": i.digest(), "name": i.file })).collect::<Vec<_>>(),
        });
        if let Some(members) = report.as_object_mut().filter(|_| evidence) {
            members.insert(
                "evidence".to_owned(),
                json!([{ "digest": Digest::of(b"transcript"), "name": "transcript" }]),
            );
        }
        let start = json!({ "sub_pac_id": part.sub_pac(), "session": part.node });
        let started = self.act_with(
            "start",
            part.agent,
            start,
            Some(token),
            &format!("{} starts, and shows the token", part.name),
        )?;
        let what = format!("{} files the BER, which spends the token", part.name);
        let filed = self.act_with("submit_ber", part.agent, report, Some(token), &what)?;
        let ber = filed.yields.get("ber_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok((vec![started, filed], ber))
    }

    /// Verdict and proof artifact.
    fn accept(&self, part: &Part, ber: &str) -> Result<Vec<Receipt>> {
        let accepted = self.act(
            "accept_ber",
            BENSON,
            json!({ "ber_id": ber }),
            &format!("accepts the BER of {}", part.name),
        )?;
        let hash = part.digest();
        let data =
            json!({ "sub_pac_id": part.sub_pac(), "pdo_hash": hash.as_str().trim_start_matches("sha256:") });
        let recorded = self.act(
            "record_pdo",
            part.agent,
            data,
            &format!("{} files the PDO: {} is COMPLETE", part.name, part.node),
        )?;
        Ok(vec![accepted, recorded])
    }

    fn whole(&self, part: &Part, inputs: &[&Part]) -> Result<Vec<Receipt>> {
        let (dispatched, token) = self.dispatch(part)?;
        let (mut receipts, ber) = self.work(part, &token, true, inputs)?;
        receipts.insert(0, dispatched);
        receipts.extend(self.accept(part, &ber)?);
        Ok(receipts)
    }
}

fn task(part: &Part) -> &'static str {
    match part.node {
        "PLAN" => "plan the rotation: new keys beside the old for a day",
        "EUROPE" => "rotate the keys of 9 hosts in Europe",
        "AMERICA" => "rotate the keys of 5 hosts in America",
        _ => "check that the old keys are refused on all 14 hosts",
    }
}

fn order(t: &Teller<'_>) -> Result<Vec<Receipt>> {
    t.step("the order, the gate, the graph")?;
    let service = json!({ "gid": "GID-S01", "name": "SCHEDULER", "kind": "service", "lanes": [] });
    let order = json!({
        "objective": "rotate the signing keys of the payment service before March", "mode": "EXECUTABLE",
        "lanes": ["STRATEGY", "EXECUTION"], "scope": { "paths": ["plans", "hosts", "reports"], "forbidden_actions": ["delete old keys"] },
        "gateway_checks": { "governance": ["FAIL_CLOSED", "BENSON_SEQUENCING"], "authority": BENSON },
    });
    let node = |p: &Part| json!({ "node_id": p.node, "agent_gid": p.agent, "agent_name": p.name, "lane": p.lane, "task": task(p) });
    let edge = |from: &Part, to: &Part| json!({ "from": from.node, "to": to.node, "type": "DATA_FLOW" });
    let graph = json!({
        "nodes": [node(&PLAN), node(&EUROPE), node(&AMERICA), node(&CHECK)],
        "edges": [edge(&PLAN, &EUROPE), edge(&PLAN, &AMERICA), edge(&EUROPE, &CHECK), edge(&AMERICA, &CHECK)],
    });
    let mut receipts = vec![
        t.act(
            "register_agent",
            "GID-H01",
            service,
            "registers the service SCHEDULER, so that they can review its orders",
        )?,
        t.act("issue_pac", "GID-S01", order, "SCHEDULER orders the work: PAC-PAYMENTS-17-KEY-ROTATION")?,
        t.act("open_gateway", BENSON, json!({}), "BENSON opens the gateway")?,
        t.act(
            "declare_graph",
            BENSON,
            graph,
            "declares a diamond: PLAN, then EUROPE and AMERICA, then CHECK",
        )?,
    ];
    for part in [&PLAN, &EUROPE, &AMERICA, &CHECK] {
        let data = json!({ "node_id": part.node, "scope": { "paths": [part.path] } });
        receipts.push(t.act(
            "issue_sub_pac",
            BENSON,
            data,
            &format!("gives {} to {}, inside {}", part.node, part.name, part.path),
        )?);
        let data = json!({ "agent_gid": part.agent, "agent_name": part.name, "activated_by": BENSON });
        receipts.push(t.act("activate", BENSON, data, &format!("activates {}", part.name))?);
    }
    Ok(receipts)
}

fn plan(t: &Teller<'_>) -> Result<Vec<Receipt>> {
    t.step("nobody is faster than what they depend on")?;
    t.refused("dispatch", BENSON, json!({ "sub_pac_id": CHECK.sub_pac() }), "dispatches RUBY too soon")?;
    t.whole(&PLAN, &[])
}

fn europe(t: &Teller<'_>) -> Result<Vec<Receipt>> {
    t.step("a token is lost and reissued; a report is rejected, and done again")?;
    let (dispatched, _lost) = t.dispatch(&EUROPE)?;
    let data = json!({ "sub_pac_id": EUROPE.sub_pac(), "session": EUROPE.node, "reason": "SONNY was restarted and lost it" });
    let reissued = t.act("reissue", BENSON, data, "reissues SONNY's token: the lost one is good no more")?;
    let token = reissued.yields.get("token").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (worked, ber) = t.work(&EUROPE, &token, false, &[&PLAN])?;
    let reason = json!({ "ber_id": ber, "reason": "no transcript of the rotation is among the evidence" });
    let mut receipts = vec![dispatched, reissued];
    receipts.extend(worked);
    receipts.push(t.act(
        "reject_ber",
        BENSON,
        reason,
        "rejects it: no evidence. EUROPE is FAILED, CHECK is BLOCKED",
    )?);
    receipts.push(t.act(
        "retry",
        BENSON,
        json!({ "sub_pac_id": EUROPE.sub_pac() }),
        "opens a second attempt",
    )?);
    receipts.extend(t.whole(&EUROPE, &[&PLAN])?);
    Ok(receipts)
}

fn side_channel(t: &Teller<'_>) -> Result<Vec<Receipt>> {
    t.step("a side channel is refused, and blocks the gateway until it is resolved")?;
    let message = json!({ "to": [AMERICA.agent], "digest": EUROPE.digest(), "about": "the way we did it" });
    let by = t.refused("message", EUROPE.agent, message, "SONNY tells TINA something")?;
    t.refused(
        "dispatch",
        BENSON,
        json!({ "sub_pac_id": AMERICA.sub_pac() }),
        "dispatches TINA all the same",
    )?;
    let data = json!({ "violations": [by], "reason": "SONNY was told to use the plan's edges" });
    Ok(vec![t.act("resolve_gateway", BENSON, data, "resolves the violation: the gateway is OPEN again")?])
}

fn america_and_check(t: &Teller<'_>) -> Result<Vec<Receipt>> {
    t.step("the rest of the diamond")?;
    let mut receipts = t.whole(&AMERICA, &[&PLAN])?;
    receipts.extend(t.whole(&CHECK, &[&EUROPE, &AMERICA])?);
    Ok(receipts)
}

fn seal(t: &Teller<'_>) -> Result<Vec<Receipt>> {
    t.step("four PDOs become one, sealed under a merkle root")?;
    Ok(vec![
        t.act("compose_opdo", BENSON, json!({}), "composes the O-PDO: DRAFT")?,
        t.act(
            "seal",
            BENSON,
            json!({}),
            "seals it: SEALED. Only a human's genuine review can make it FINAL",
        )?,
    ])
}
