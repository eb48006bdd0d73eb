//! The whole review in a terminal, by a scripted person who reads, is hasty once, stops once, looks things up, and approves.

use super::pty::Terminal;
use super::{PAC, read_for_long_enough, sealed};
use ledger_tests::orchestra::{ADA, BENSON, GRACE, Orchestra};
use serde_json::json;

fn sit(o: &Orchestra) -> Terminal {
    Terminal::start(o.place.command(["review", PAC, "--actor", GRACE]))
}

/// The value behind a label of the packet, as it was shown.
fn value<'a>(screen: &'a str, label: &str) -> &'a str {
    let line = screen
        .lines()
        .find(|l| l.trim_start().starts_with(label))
        .unwrap_or_else(|| panic!("no {label}:\n{screen}"));
    line.trim_start()[label.len()..].trim()
}

/// Looks the answer up in what was shown, as a reader would.
fn look_up(screen: &str, question: &str) -> String {
    let first = |text: &str| text.split("  ").next().unwrap().to_owned();
    let agent = || {
        screen
            .lines()
            .find(|l| l.starts_with("Sub-PAC-") && l.contains("EXECUTION"))
            .unwrap()
            .split_once("  ")
            .unwrap()
            .1
    };
    match question {
        q if q.contains("How many tasks") => value(screen, "tasks").to_owned(),
        q if q.contains("How many files") => value(screen, "files").to_owned(),
        q if q.contains("quality score") => value(screen, "quality score").to_owned(),
        q if q.contains("by name") => agent().split([' ', ',']).nth(1).unwrap().to_owned(),
        q if q.contains("Which GID") => agent().split([' ', ',']).next().unwrap().to_owned(),
        q if q.contains("What does task 1") => first(value(screen, "1. build")).replacen("", "build ", 1),
        q if q.contains("Which file") => first(value(screen, "1. src")).replacen("", "src", 1),
        q if q.contains("limited to") => {
            value(&screen[screen.find("\nSub-PAC-").unwrap()..], "paths").to_owned()
        }
        q if q.contains("content hash") => value(screen, "content hash")[..6].to_owned(),
        other => panic!("{other}"),
    }
}

/// Answers every question that is asked, then waits for the outcome.
fn answer(terminal: &mut Terminal, asked_before: usize) -> usize {
    let mut asked = asked_before;
    loop {
        let screen = terminal.screen();
        let questions: Vec<&str> =
            screen.lines().filter(|l| l.contains("? (") || l.contains("limited to. (")).collect();
        let question = questions.get(asked).unwrap_or_else(|| panic!("{asked}:\n{screen}"));
        terminal.line(&look_up(&screen, question));
        asked += 1;
        if terminal.until(&["answer:", "what to do:", "answered rightly after"]) > 0 {
            return asked;
        }
    }
}

#[test]
fn a_person_reads_and_answers_and_approves() {
    let o = sealed();
    let mut hasty = sit(&o);
    hasty.enter_until("draw it now?");
    hasty.line("yes");
    hasty.until(&["answer:"]);
    // At once: right, and too early. It is told what that costs.
    let asked = answer(&mut hasty, 0);
    assert!(hasty.screen().contains("GS_315 MINIMUM_LATENCY_NOT_MET"), "{}", hasty.screen());
    hasty.until(&["2 more failed questions", "draw it now?"]);
    hasty.line("yes");
    hasty.until(&["answer:"]);
    // An empty line answers nothing, and Ctrl-C loses nothing.
    hasty.line("");
    hasty.until(&["answer:"]);
    assert!(asked > 0);
    hasty.interrupt();
    let size = o.place.size();

    let mut calm = sit(&o);
    calm.enter_until("this question waits for your answer since entry");
    calm.until(&["answer:"]);
    read_for_long_enough();
    answer(&mut calm, 0);
    calm.until(&["verdict: approve"]);
    calm.line("perhaps");
    calm.until(&["write approve, remarks or reject"]);
    calm.line("remarks");
    calm.until(&["remarks:"]);
    calm.line("watch the memory of the index");
    calm.until(&["this will be signed:"]);
    calm.until(&["sign it and give this verdict?"]);
    calm.line("yes");
    let (code, screen) = calm.end();
    assert_eq!(code, Some(0), "{screen}");
    let packet = value(&screen, "packet");
    assert!(
        screen.contains(&format!("\"packet\": \"{packet}\"")),
        "what is signed is what was shown:\n{screen}"
    );

    // The log holds the intents that any other front end would have sent, and the same packet.
    assert_eq!(o.place.size(), size + 3, "answered, passed, verdict; opened and drawn were there");
    let verdict = o.place.json(["show", &(size + 2).to_string()]);
    assert_eq!((&verdict["type"], &verdict["auth"]), (&json!("review.verdict_given"), &json!("signed")));
    assert_eq!(verdict["data"]["packet"], packet);
    assert_eq!(verdict["data"]["remarks"], "watch the memory of the index");
    assert!(verdict["data"]["latency_ms"].as_u64().unwrap() >= 5_000);
    let status = o.place.json(["review", "status", PAC]);
    let ber = status["reviewers"][0]["verdicts"][0]["ber_id"].as_str().unwrap();
    o.act("finalize", BENSON, &json!({ "pac_id": PAC, "human_review_ber_id": ber }));
    o.act("emit_wrap", BENSON, &json!({ "pac_id": PAC }));
    assert_eq!(o.place.json(["verify", "--complete", PAC])["ok"], true);
}

#[test]
fn whoever_may_not_review_or_sits_before_no_terminal_is_told_at_once() {
    let o = sealed();
    for args in [vec!["review", PAC, "--actor", GRACE], vec!["review", PAC, "--actor", ADA, "--json"]] {
        let said = o.place.run(args);
        assert_eq!(said.error(), "LG_106", "{said:?}");
        assert!(said.err.contains("ledger review open|challenge|answer|verdict"), "{said:?}");
    }
    let size = o.place.size();
    let (code, screen) = Terminal::start(o.place.command(["review", PAC, "--actor", "GID-01"])).end();
    assert!(code != Some(0) && screen.contains("LG_122"), "{screen}");
    // Whoever stops before the question has given no verdict, and is told how to go on.
    let mut reader = sit(&o);
    reader.enter_until("draw it now?");
    reader.line("no");
    let (code, screen) = reader.end();
    assert_eq!(code, Some(2), "{screen}");
    assert!(screen.contains("nothing is lost"), "{screen}");
    assert!(o.place.size() <= size + 2);
}

#[test]
fn a_person_rejects_and_what_was_done_again_is_approved() {
    let o = sealed();
    let sub = format!("Sub-{PAC}-A1");
    let mut first = sit(&o);
    let judged = |terminal: &mut Terminal| {
        terminal.enter_until("draw it now?");
        terminal.line("yes");
        terminal.until(&["answer:"]);
        read_for_long_enough();
        answer(terminal, 0);
        terminal.until(&["verdict: approve"]);
    };
    judged(&mut first);
    // No rejection without a reason, and none that reopens what is not there.
    first.line("reject");
    first.until(&["why:"]);
    first.line("");
    first.until(&["a rejection says why", "verdict: approve"]);
    first.line("r");
    first.until(&["why:"]);
    first.line("the index is not bounded");
    first.until(&[&format!("1. {sub}")]);
    first.until(&["none when empty"]);
    first.line("2");
    first.until(&["there is no 2"]);
    first.line("1");
    first.until(&["sign it and give this verdict?"]);
    first.line("yes");
    let (code, screen) = first.end();
    assert_eq!(code, Some(0), "{screen}");
    assert!(screen.contains("\"verdict\": \"REJECT\"") && screen.contains(&sub), "{screen}");

    // The composite is void, the Sub-PAC is to be done again, and nobody can finalize meanwhile.
    let pac = o.place.json(["pac", "show", PAC]);
    let again = &pac["graph"]["nodes"][0];
    assert_eq!((&pac["phase"], &again["attempt"]), (&json!("EXECUTING"), &json!(2)), "{pac:#}");
    let size = o.place.size();
    let finalize = json!({ "pac_id": PAC, "human_review_ber_id": "BER-NONE" });
    o.refused("finalize", BENSON, &finalize, None);
    assert!(o.place.size() <= size + 1, "a violation at most");
    o.complete(PAC, &sub, "GID-01");
    o.act("compose_opdo", BENSON, &json!({ "pac_id": PAC }));
    o.act("seal", BENSON, &json!({ "pac_id": PAC }));
    let mut second = sit(&o);
    judged(&mut second);
    second.line("approve");
    second.until(&["sign it and give this verdict?"]);
    second.line("yes");
    let (code, screen) = second.end();
    assert_eq!(code, Some(0), "{screen}");
    let report = o.place.json(["review", "report"]);
    let told = &report["reviews"][0]["verdicts"];
    assert_eq!(*told, json!({ "approve": 1, "approve_with_remarks": 0, "reject": 1 }), "{report:#}");
}
