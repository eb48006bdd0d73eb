//! What holds of every picture, of honest graphs, of cyclic and broken ones, and of hostile labels.

#![allow(clippy::arithmetic_side_effects, clippy::string_slice)]

use super::layers::Layers;
use super::wires::{Bundle, Columns};
use super::*;
use proptest::prelude::*;
use proptest::sample::select;

const TONES: [Tone; 7] = Tone::ALL;

fn any_state() -> impl Strategy<Value = Option<State>> {
    let own = (any_text(), select(TONES.to_vec())).prop_map(|(word, tone)| State::Other(word, tone));
    let known = select(vec![
        State::Issued,
        State::Dispatched,
        State::Executing,
        State::BerPending,
        State::PdoPending,
        State::Complete,
        State::Failed,
        State::Blocked,
        State::Waived,
    ]);
    prop_oneof![1 => Just(None), 6 => known.prop_map(Some), 1 => own.prop_map(Some)]
}

/// Ordinary words, whatever characters there are, and what would break out of one format or another.
fn any_text() -> impl Strategy<Value = String> {
    let hostile = select(vec![
        "</text><script>alert(1)</script>",
        "]]> --> <!-- &lt; & \"quoted\" 'too' `tick`",
        "a\u{1b}[2J\u{202e}b\u{feff}\u{0}\r\nc",
        "\"]; evil [label=\"x\\",
        "end\"] --> n0[\"#quot; %%{init: {}}%%",
        "\\\" \\N \\G <b>bold</b>",
        "1. list",
        "漢字 👩\u{200d}🚀 z\u{301}\u{302}\u{303}\u{304}",
        "---",
    ]);
    prop_oneof![
        4 => "[a-zA-Z ,_-]{0,30}",
        1 => any::<String>(),
        1 => "[A-Z]{300,500}",
        2 => hostile.prop_map(str::to_owned),
    ]
}

fn any_kind() -> impl Strategy<Value = EdgeKind> {
    select(EdgeKind::ALL.to_vec())
}

fn any_node() -> impl Strategy<Value = Node> {
    let kinds = vec![
        NodeKind::OrchRoot,
        NodeKind::AgentNode,
        NodeKind::AgentNode,
        NodeKind::SyncPoint,
        NodeKind::Aggregation,
        NodeKind::Terminal,
    ];
    let id = prop_oneof![6 => "[a-z]{1,8}", 1 => any_text()];
    (id, select(kinds), any_text(), any_text(), any_state(), any::<bool>()).prop_map(
        |(id, kind, label, detail, state, optional)| Node { id, kind, label, detail, state, optional },
    )
}

/// Nodes with edges from earlier to later ones.
fn honest() -> impl Strategy<Value = Graph> {
    (
        proptest::collection::vec(any_node(), 1..14),
        any::<[u8; 32]>(),
        proptest::collection::vec(any_kind(), 32),
    )
        .prop_map(|(mut nodes, picks, kinds)| {
            for (number, node) in nodes.iter_mut().enumerate() {
                node.id = format!("n{number}");
            }
            let mut edges = Vec::new();
            for (pair, kind) in picks.chunks(2).zip(kinds) {
                let (a, b) = (usize::from(pair[0]) % nodes.len(), usize::from(pair[1]) % nodes.len());
                if a != b {
                    edges.push(Edge { from: format!("n{}", a.min(b)), to: format!("n{}", a.max(b)), kind });
                }
            }
            Graph { title: "t".into(), nodes, edges, channels: Vec::new() }
        })
}

/// Whatever a graph may be: repeated ids, edges to anything, cycles, channels of strangers.
fn wild() -> impl Strategy<Value = Graph> {
    let edge = (0..30_usize, 0..30_usize, any_kind());
    let channel = (any_text(), proptest::collection::vec(0..30_usize, 0..6), any_text());
    (
        any_text(),
        proptest::collection::vec(any_node(), 0..24),
        proptest::collection::vec(edge, 0..60),
        proptest::collection::vec(channel, 0..4),
    )
        .prop_map(|(title, nodes, edges, channels)| {
            let id = |n: usize| nodes.get(n).map_or_else(|| format!("stranger-{n}"), |node| node.id.clone());
            let edges = edges.into_iter().map(|(a, b, kind)| Edge { from: id(a), to: id(b), kind }).collect();
            let channels = channels
                .into_iter()
                .map(|(name, of, purpose)| Channel {
                    id: name,
                    members: of.into_iter().map(id).collect(),
                    purpose,
                })
                .collect();
            Graph { title, edges, channels, nodes }
        })
}

fn any_timeline() -> impl Strategy<Value = Timeline> {
    let time = || prop_oneof![4 => 1_700_000_000_000..1_700_009_000_000_i64, 1 => any::<i64>()];
    let row = || prop_oneof![4 => select(vec!["a", "b", "c"]).prop_map(str::to_owned), 1 => any_text()];
    let rows = (row(), any_text(), any_text()).prop_map(|(id, label, detail)| Row { id, label, detail });
    let point = (row(), time(), any::<u64>(), any_text(), any_text(), any_state()).prop_map(
        |(row, time_ms, sequence, actor, label, state)| Point { row, time_ms, sequence, actor, label, state },
    );
    let span = (row(), time(), proptest::option::of(time()), any_text(), any_state()).prop_map(
        |(row, from_ms, to_ms, label, state)| Span {
            row,
            from_ms,
            to_ms,
            label,
            state: state.unwrap_or(State::Issued),
        },
    );
    let some = 0..12_usize;
    (
        any_text(),
        proptest::collection::vec(rows, 0..4),
        proptest::collection::vec(point, some.clone()),
        proptest::collection::vec(span, some),
    )
        .prop_map(|(title, rows, points, spans)| Timeline { title, rows, points, spans })
}

/// Every character data of a well-formed document, with blanks between; no element may be one that runs or loads anything.
fn words_of_svg(svg: &str) -> String {
    let document = roxmltree::Document::parse(svg).expect("well-formed XML");
    let mut words = String::new();
    for node in document.descendants() {
        if node.is_element() {
            let known = ["svg", "title", "desc", "style", "g", "rect", "path", "text", "circle"];
            assert!(known.contains(&node.tag_name().name()), "element {}", node.tag_name().name());
            for attribute in node.attributes() {
                assert!(
                    !attribute.name().starts_with("on") && attribute.name() != "href",
                    "{}",
                    attribute.name()
                );
                assert!(
                    !attribute.value().contains("NaN") && !attribute.value().contains("inf"),
                    "{attribute:?}"
                );
            }
        }
        if let Some(text) = node.text().filter(|_| node.is_text()) {
            words.push_str(text);
            words.push(' ');
        }
    }
    words
}

/// The corners of the boxes in a picture.
fn boxes(document: &roxmltree::Document<'_>) -> Vec<[f64; 4]> {
    let class = |node: &roxmltree::Node<'_, '_>| node.attribute("class") == Some("lp-box");
    let of = |node: roxmltree::Node<'_, '_>| {
        let number = |name| node.attribute(name).unwrap().parse::<f64>().unwrap();
        let (x, y) = (number("x"), number("y"));
        [x, y, x + number("width"), y + number("height")]
    };
    document
        .descendants()
        .filter(|node| node.has_tag_name("rect") || node.tag_name().name() == "rect")
        .filter(class)
        .map(of)
        .collect()
}

/// Points along a path of M, V and C.
fn along(path: &str) -> Vec<(f64, f64)> {
    let mut points = Vec::new();
    let mut at = (0.0, 0.0);
    let mut rest = path;
    while let Some(command) = rest.chars().next() {
        let end = rest[1..].find(['M', 'V', 'C']).map_or(rest.len(), |end| end + 1);
        let numbers: Vec<f64> = rest[1..end].split(' ').map(|n| n.parse().unwrap()).collect();
        let (c1, c2, to) = match (command, &numbers[..]) {
            ('M', [x, y]) => {
                at = (*x, *y);
                (at, at, at)
            }
            ('V', [y]) => (at, (at.0, *y), (at.0, *y)),
            ('C', [a, b, c, d, x, y]) => ((*a, *b), (*c, *d), (*x, *y)),
            _ => panic!("{command} {numbers:?}"),
        };
        for t in (0..=20).map(|n| f64::from(n) / 20.0) {
            let u = 1.0 - t;
            let blend = |a: f64, b: f64, c: f64, d: f64| {
                u.powi(3) * a + 3.0 * u * u * t * b + 3.0 * u * t * t * c + t.powi(3) * d
            };
            points.push((blend(at.0, c1.0, c2.0, to.0), blend(at.1, c1.1, c2.1, to.1)));
        }
        at = to;
        rest = &rest[end..];
    }
    points
}

/// What stands outside the quotes of a Graphviz document.
fn outside_quotes(dot: &str) -> String {
    let mut outside = String::new();
    let (mut inside, mut escaped) = (false, false);
    for c in dot.chars() {
        match (inside, escaped, c) {
            (true, true, _) => escaped = false,
            (true, false, '\\') => escaped = true,
            (_, false, '"') => inside = !inside,
            (true, false, _) => {}
            (false, _, _) => outside.push(c),
        }
    }
    assert!(!inside, "a quote is open at the end");
    outside
}

/// Two bundles never share a piece of a column or of a height.
fn apart(bundles: &[Bundle], tracks: usize) {
    let mut columns: Vec<(usize, usize, usize, usize)> = Vec::new();
    for (number, bundle) in bundles.iter().enumerate() {
        let turn = bundle.track.map_or(tracks + 1, |track| track + 1);
        columns.push((bundle.source.1, 0, turn, number));
        let from = if bundle.track.is_none() { 0 } else { turn };
        columns.extend(bundle.targets.iter().map(|(_, column)| (*column, from, tracks + 1, number)));
        for (other_number, other) in bundles.iter().enumerate().take(number) {
            let ((a, b), (c, d)) = (bundle.reach(), other.reach());
            let same = bundle.track.is_some() && bundle.track == other.track;
            assert!(!same || b < c || d < a, "{number} and {other_number} run into each other");
        }
    }
    for (n, (column, from, to, of)) in columns.iter().enumerate() {
        for (column2, from2, to2, of2) in &columns[..n] {
            let touch = column == column2 && from <= to2 && from2 <= to;
            assert!(of == of2 || !touch, "two lines in column {column}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn every_graph_has_its_pictures(graph in wild(), width in 0..200_usize) {
        let text = graph.text(width);
        let plain = text.plain();
        let (svg, mermaid, dot) = (graph.svg(), graph.mermaid(), graph.dot());
        let shown = words_of_svg(&svg);
        for node in &graph.nodes {
            let name = words::name(&node.id);
            prop_assert!(plain.contains(&name), "{name} is not in\n{plain}");
            prop_assert!(shown.contains(&name), "{name} is not in\n{svg}");
            prop_assert!(mermaid.contains(&mermaid::quoted(&name)), "{name} is not in\n{mermaid}");
            prop_assert!(dot.contains(&dot::quoted(&name)), "{name} is not in\n{dot}");
            if let Some(state) = &node.state && !matches!(state, State::Other(..)) {
                prop_assert!(plain.contains(state.word()) && shown.contains(state.word()));
            }
        }
        let steers = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{feff}');
        for all in [&plain, &svg, &mermaid, &dot] {
            prop_assert!(!all.contains(steers), "{all:?}");
        }
        let quotes = |line: &str| line.matches('"').count();
        prop_assert!(mermaid.lines().filter(|line| !line.starts_with("title: ")).all(|line| matches!(quotes(line), 0 | 2)), "{mermaid}");
        let outside = outside_quotes(&dot);
        prop_assert!(outside.chars().all(|c| c.is_ascii_alphanumeric() || " =,;[]{}>-_.\n".contains(c)), "{outside}");
        prop_assert!(!outside.contains("evil"));
        prop_assert_eq!(text, graph.text(width));
        prop_assert_eq!((svg, mermaid, dot), (graph.svg(), graph.mermaid(), graph.dot()));
    }

    #[test]
    fn boxes_lie_apart_and_no_edge_passes_through_one(graph in honest()) {
        let svg = graph.svg();
        let document = roxmltree::Document::parse(&svg).unwrap();
        let boxes = boxes(&document);
        prop_assert_eq!(boxes.len(), graph.nodes.len());
        for (n, [left, top, right, bottom]) in boxes.iter().enumerate() {
            for [left2, top2, right2, bottom2] in &boxes[..n] {
                prop_assert!(right < left2 || right2 < left || bottom < top2 || bottom2 < top, "{svg}");
            }
        }
        let paths = document.descendants().filter(|node| node.attribute("class").is_some_and(|class| class.starts_with("lp-e ")));
        for path in paths.filter_map(|node| node.attribute("d")).filter(|path| !path.contains('h')) {
            for (x, y) in along(path) {
                let inside = |[left, top, right, bottom]: &&[f64; 4]| x > left + 0.5 && x < right - 0.5 && y > top + 0.5 && y < bottom - 0.5;
                prop_assert!(boxes.iter().find(inside).is_none(), "({x}, {y}) of {path} in\n{svg}");
            }
        }
    }

    #[test]
    fn text_keeps_to_its_width_and_shows_every_edge(graph in honest(), width in 30..160_usize) {
        let plain = graph.text(width).plain();
        for line in plain.lines() {
            prop_assert!(words::columns(line) <= width, "{width} columns:\n{plain}");
        }
        let edges = Layers::of(&graph).wires.len();
        let arrows = plain.matches('▼').count();
        let is_list = plain.contains("\n1  ");
        prop_assert!(is_list || arrows == edges, "{arrows} arrows for {edges} edges:\n{plain}");
    }

    #[test]
    fn lines_of_a_text_picture_never_run_into_each_other(graph in honest(), width in 9..31_usize) {
        let mut layers = Layers::of(&graph);
        order::arrange(&mut layers);
        let width: Vec<usize> = (0..layers.items).map(|item| if layers.is_node(item) { width | 1 } else { 3 }).collect();
        let lefts = place::lefts(&layers, |item| width[item] as f64, |_, _| 1.0);
        let mut columns = Columns {
            left: lefts.iter().map(|left| (0..10_000).take_while(|n| f64::from(*n) <= left + 1e-6).count() - 1).collect(),
            line: Vec::new(),
            width,
        };
        columns.line = columns.left.iter().zip(&columns.width).map(|(left, width)| left + width / 2).collect();
        for gap in wires::plan(&layers, &mut columns).into_iter().flatten() {
            apart(&gap.bundles, gap.tracks);
        }
    }

    #[test]
    fn every_history_has_its_pictures(timeline in any_timeline(), width in 0..200_usize) {
        let plain = timeline.text(width).plain();
        let svg = timeline.svg();
        let shown = words_of_svg(&svg);
        for point in &timeline.points {
            let name = format!("#{}", point.sequence);
            prop_assert!(plain.contains(&name) && shown.contains(&name));
            prop_assert!(shown.contains(&words::clean(&point.label)));
        }
        let steers = |c: char| c.is_control() && c != '\n';
        prop_assert!(!plain.contains(steers));
        prop_assert_eq!(plain, timeline.text(width).plain());
        prop_assert_eq!(svg, timeline.svg());
        let axis = timeline::Axis::of(&timeline);
        let mut times: Vec<i64> = timeline.points.iter().map(|point| point.time_ms).collect();
        times.sort_unstable();
        let places: Vec<f64> = times.iter().map(|time| axis.place(*time)).collect();
        prop_assert!(places.iter().all(|place| (0.0..=1.000_001).contains(place)), "{places:?}");
        prop_assert!(places.is_sorted(), "{places:?}");
    }
}

/// 2,000 nodes and 40,000 edges, and the worst shapes: all in one layer, each in its own, all joined with all.
#[test]
fn large_graphs_are_drawn_too() {
    let node = |n: usize| Node {
        id: format!("node-{n}"),
        kind: NodeKind::AgentNode,
        label: String::new(),
        detail: String::new(),
        state: Some(State::Issued),
        optional: false,
    };
    let edge = |(a, b): (usize, usize)| Edge {
        from: format!("node-{a}"),
        to: format!("node-{b}"),
        kind: EdgeKind::Dependency,
    };
    let graph = |nodes: usize, edges: Vec<(usize, usize)>| Graph {
        title: String::new(),
        nodes: (0..nodes).map(node).collect(),
        edges: edges.into_iter().map(edge).collect(),
        channels: Vec::new(),
    };
    let scattered = (0..40_000).map(|k| (k * 7919 % 2000, k * 104_729 % 2000)).collect();
    let star = (1..1999).flat_map(|n| [(0, n), (n, 1999)]).collect();
    let chain = (1..2000).map(|n| (n - 1, n)).collect();
    let dense = (0..200).flat_map(|a| (a + 1..200).map(move |b| (a, b))).collect();
    for graph in [graph(2000, scattered), graph(2000, star), graph(2000, chain), graph(200, dense)] {
        let shown = words_of_svg(&graph.svg());
        let plain = graph.text(100).plain();
        for all in [shown, plain, graph.mermaid(), graph.dot()] {
            assert!(graph.nodes.iter().all(|node| all.contains(&node.id)));
        }
    }
}
