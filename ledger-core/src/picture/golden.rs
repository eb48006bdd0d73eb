//! A few pictures as they are, to be looked at.

use super::*;

fn node(id: &str, kind: NodeKind, detail: &str, state: Option<State>) -> Node {
    Node { id: id.into(), kind, label: String::new(), detail: detail.into(), state, optional: false }
}

fn edge(from: &str, to: &str, kind: EdgeKind) -> Edge {
    Edge { from: from.into(), to: to.into(), kind }
}

/// The picture without the line break after the opening quotes.
fn same(text: &Text, expected: &str) {
    let plain = text.plain();
    let expected = expected.strip_prefix('\n').unwrap();
    assert!(plain == expected, "it is now\n{plain}\nand was\n{expected}");
}

fn diamond() -> Graph {
    let agent = |id, detail, state| node(id, NodeKind::AgentNode, detail, Some(state));
    Graph {
        title: "PAC-DEMO-001".into(),
        nodes: vec![
            agent("plan", "GID-01 SONNY", State::Complete),
            agent("build", "GID-02 CODY", State::Executing),
            agent("test", "GID-06 SAM", State::Dispatched),
            agent("ship", "GID-07 DAN", State::Issued),
        ],
        edges: vec![
            edge("plan", "build", EdgeKind::DataFlow),
            edge("plan", "test", EdgeKind::Dependency),
            edge("build", "ship", EdgeKind::DataFlow),
            edge("test", "ship", EdgeKind::Dependency),
        ],
        channels: vec![Channel {
            id: "CH-1".into(),
            members: vec!["build".into(), "test".into()],
            purpose: "agree on the interface".into(),
        }],
    }
}

#[test]
fn a_diamond() {
    same(
        &diamond().text(80),
        r"
PAC-DEMO-001
1 COMPLETE · 1 EXECUTING · 1 DISPATCHED · 1 ISSUED

          ┌───────────────┐
          │     plan      │
          │ GID-01 SONNY  │
          │   COMPLETE    │
          └──────┬─┬──────┘
        ╭┄┄┄┄┄┄┄┄╯ └────────┐
        ▼                   ▼
┌───────────────┐   ┌───────────────┐
│     build     │   │     test      │
│  GID-02 CODY  │   │  GID-06 SAM   │
│   EXECUTING   │   │  DISPATCHED   │
│      ⇄ 1      │   │      ⇄ 1      │
└───────┬───────┘   └───────┬───────┘
        ╰┄┄┄┄┄┄┄┄╮ ┌────────┘
                 ▼ ▼
          ┌───────────────┐
          │     ship      │
          │  GID-07 DAN   │
          │    ISSUED     │
          └───────────────┘

── DEPENDENCY   ┄┄ DATA_FLOW

channels
⇄ 1  CH-1  agree on the interface
     build, test
",
    );
}

#[test]
fn a_diamond_where_there_is_no_room() {
    same(
        &diamond().text(30),
        r"
PAC-DEMO-001
1 COMPLETE · 1 EXECUTING
1 DISPATCHED · 1 ISSUED

1  plan  COMPLETE
     GID-01 SONNY
2  build  EXECUTING
     GID-02 CODY  ⇄ 1
     reads from: plan
   test  DISPATCHED
     GID-06 SAM  ⇄ 1
     needs: plan
3  ship  ISSUED  GID-07 DAN
     needs: test
     reads from: build

channels
⇄ 1  CH-1  agree on the inter…
     build, test
",
    );
}

#[test]
fn a_barrier_a_failure_and_an_edge_that_passes_a_layer() {
    let mut graph = Graph {
        title: "Collect".into(),
        nodes: vec![
            node("root", NodeKind::OrchRoot, "", Some(State::Complete)),
            node("a", NodeKind::AgentNode, "GID-01", Some(State::Complete)),
            node("b", NodeKind::AgentNode, "GID-02", Some(State::Failed)),
            node("c", NodeKind::AgentNode, "GID-03", Some(State::Waived)),
            node("all", NodeKind::SyncPoint, "", Some(State::Blocked)),
            node("report", NodeKind::AgentNode, "GID-04", Some(State::Blocked)),
        ],
        edges: vec![
            edge("root", "a", EdgeKind::Dependency),
            edge("root", "b", EdgeKind::Dependency),
            edge("root", "c", EdgeKind::Dependency),
            edge("a", "all", EdgeKind::Barrier),
            edge("b", "all", EdgeKind::Barrier),
            edge("c", "all", EdgeKind::Barrier),
            edge("a", "report", EdgeKind::DataFlow),
            edge("all", "report", EdgeKind::Dependency),
        ],
        channels: Vec::new(),
    };
    graph.nodes[3].optional = true;
    same(
        &graph.text(80),
        r"
Collect
2 COMPLETE · 1 FAILED · 1 WAIVED · 2 BLOCKED

                  ╭─────────────╮
                  │    root     │
                  │  ORCH_ROOT  │
                  │  COMPLETE   │
                  ╰──────┬──────╯
       ┌─────────────────┼─────────────────┐
       ▼                 ▼                 ▼
┌─────────────┐   ┌─────────────┐   ┌╌╌╌╌╌╌╌╌╌╌╌╌╌┐
│      a      │   │      b      │   ╎      c      ╎
│   GID-01    │   │   GID-02    │   ╎   GID-03    ╎
│  COMPLETE   │   │   FAILED    │   ╎   WAIVED    ╎
└─────┬─┬─────┘   └──────┬──────┘   ╎  optional   ╎
      ┆ ┃                ┃          └╌╌╌╌╌╌┬╌╌╌╌╌╌┘
      ┆ ┗━━━━━━━━━━━┓ ┏━━┛                 ┃
      ┆             ┃ ┃ ┏━━━━━━━━━━━━━━━━━━┛
      ┆             ▼ ▼ ▼
      ┆        ╔═════════════╗
      ┆        ║     all     ║
      ┆        ║ SYNC_POINT  ║
      ┆        ║   BLOCKED   ║
      ┆        ╚══════╤══════╝
      ╰┄┄┄┄┄┄╮ ┌──────┘
             ▼ ▼
       ┌─────────────┐
       │   report    │
       │   GID-04    │
       │   BLOCKED   │
       └─────────────┘

── DEPENDENCY   ┄┄ DATA_FLOW   ━━ BARRIER
",
    );
}

#[test]
fn a_cycle_an_edge_to_nowhere_and_hostile_text() {
    let graph = Graph {
        title: "\u{1b}[31mred\u{202e}".into(),
        nodes: vec![
            node("a", NodeKind::AgentNode, "two\nlines", None),
            node("b", NodeKind::Terminal, "", Some(State::Other("SEALED".into(), Tone::Good))),
        ],
        edges: vec![
            edge("a", "b", EdgeKind::Dependency),
            edge("b", "a", EdgeKind::DataFlow),
            edge("a", "z", EdgeKind::Barrier),
        ],
        channels: Vec::new(),
    };
    same(
        &graph.text(80),
        r"
\u{1b}[31mred\u{202e}
1 SEALED

the edges form a cycle: the order of layers is a guess

1  a  two lines
     reads from: b
2  b  SEALED  TERMINAL
     needs: a

edges that are not drawn
  a → z (BARRIER) leads to a node that is not there
",
    );
}

#[test]
fn a_history_with_a_quiet_night() {
    let hour = 3_600_000;
    let span = |row: &str, from, to: Option<i64>, state| Span {
        row: row.into(),
        from_ms: from * hour,
        to_ms: to.map(|to| to * hour),
        label: String::new(),
        state,
    };
    let point = |row: &str, time, sequence, actor: &str, label: &str, state| Point {
        row: row.into(),
        time_ms: time * hour,
        sequence,
        actor: actor.into(),
        label: label.into(),
        state,
    };
    let timeline = Timeline {
        title: "PAC-DEMO-001".into(),
        rows: vec![Row { id: "plan".into(), label: String::new(), detail: String::new() }],
        spans: vec![
            span("plan", 9, Some(17), State::Executing),
            span("plan", 17, Some(33), State::BerPending),
            span("plan", 33, None, State::Complete),
            span("build", 33, Some(37), State::Executing),
        ],
        points: vec![
            point("plan", 9, 12, "GID-01", "work started", Some(State::Executing)),
            point("plan", 17, 15, "GID-01", "BER filed", Some(State::BerPending)),
            point("plan", 33, 20, "GID-00", "BER accepted", Some(State::Complete)),
            point("build", 37, 21, "alice", "looked in", None),
        ],
    };
    same(
        &timeline.text(72),
        r"
PAC-DEMO-001

       1970-01-01 09:00:00          1 d 4 h          1970-01-02 13:00:00
plan   ●━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━●╍╍╍≈╍╍╍╍●═════════════════▶
build                                           ≈    ━━━━━━━━━━━━━━━━━━●
       ━━ EXECUTING   ╍╍ BER_PENDING   ══ COMPLETE
       ≈ quiet time, shortened

1970-01-01
  09:00:00  #12  GID-01  work started  EXECUTING
  17:00:00  #15  GID-01  BER filed     BER_PENDING
1970-01-02
  09:00:00  #20  GID-00  BER accepted  COMPLETE
  13:00:00  #21  alice   looked in
",
    );
}

#[test]
fn nothing_at_all() {
    same(&Graph::default().text(80), "\n(no nodes)\n");
    same(&Timeline::default().text(80), "\n(nothing happened yet)\n");
}

#[test]
fn roles_tell_states_and_edges_apart() {
    let painted = diamond().text(80).paint(|role, text| match role {
        Role::State(Tone::Active) => format!("<{text}>"),
        Role::Edge(EdgeKind::DataFlow) => format!("~{text}~"),
        _ => text.to_owned(),
    });
    assert!(painted.contains("<1 EXECUTING>") && painted.contains("<1 DISPATCHED>"), "{painted}");
    assert!(painted.contains("~▼~") && !painted.contains("<1 COMPLETE>"), "{painted}");
}
