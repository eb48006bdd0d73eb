//! The check of a plan: everything that is wrong with it, at once, before anything runs.
//!
//! Invariant: a plan without findings can be declared as a graph, and every grant that it needs would be given, as the ledger is now.
//! Source: DOMAIN.md §9 ("acyclic, capabilities flow, expiry covers the plan, depth, constraints satisfiable").

use super::findings::{Finding, Rule};
use super::{MAX_STEPS, Plan, Role, Shape, trusted};
use crate::names::fold;
use crate::trust::Forest;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{BTreeMap, BTreeSet};

/// Most seconds that a run or a turn may take: a week.
const MOST_SECONDS: u32 = 604_800;
/// Most agents that may work at the same time.
const MOST_WIDTH: u32 = 64;

/// Checks a plan: its form alone, or also against all trust as of a time.
#[must_use]
pub fn check(plan: &Plan, ledger: Option<(&Forest, i64)>) -> Vec<Finding> {
    let mut found = Vec::new();
    let shape = Shape::find(&plan.pattern);
    if shape.is_none() {
        let all = Shape::ALL.map(Shape::as_str).join(", ");
        let message =
            format!("{:?} is no pattern; they are {all}", plan.pattern.chars().take(64).collect::<String>());
        found.push(Finding::new(Rule::Pattern, "pattern", message));
    }
    steps(plan, &mut found);
    agents(plan, &mut found);
    if let Some(shape) = shape {
        roles(plan, shape, &mut found);
        numbers(plan, shape, &mut found);
        cycles(plan, shape, &mut found);
    }
    let whole = found.is_empty();
    if let (Some((forest, time)), Some(shape)) = (ledger, shape) {
        trusted::check(plan, shape, forest, time, whole, &mut found);
    }
    found.sort_by_key(|f| f.rule);
    let mut said = BTreeSet::new();
    found.retain(|f| said.insert((f.place.clone(), f.message.clone())));
    found
}

fn steps(plan: &Plan, found: &mut Vec<Finding>) {
    if plan.steps.is_empty() || plan.steps.len() > MAX_STEPS {
        let message = format!("a plan has 1 to {MAX_STEPS} steps, not {}", plan.steps.len());
        found.push(Finding::new(Rule::Steps, "steps", message));
    }
    let (mut ids, mut holders) = (BTreeSet::new(), BTreeMap::new());
    let known: BTreeSet<String> = plan.steps.iter().map(|s| fold(s.id.as_str())).collect();
    for step in &plan.steps {
        let place = format!("steps.{}", step.id);
        if !ids.insert(fold(step.id.as_str())) {
            found.push(Finding::new(
                Rule::Steps,
                &place,
                "there are two steps of this id, compared without case",
            ));
        }
        for before in step.after.iter().filter(|b| !known.contains(&fold(b.as_str()))) {
            found.push(Finding::new(
                Rule::Steps,
                format!("{place}.after"),
                format!("there is no step {before}"),
            ));
        }
        let Some(agent) = plan.agent(step) else {
            let message = format!("there is no agent {:?}", step.agent);
            found.push(Finding::new(Rule::Agents, format!("{place}.agent"), message));
            continue;
        };
        if let Some(other) = holders.insert(agent.gid.as_str(), step.id.as_str()) {
            let message = format!(
                "{} does {other} already; an agent has one step, and takes turns within it",
                agent.gid
            );
            found.push(Finding::new(Rule::Agents, format!("{place}.agent"), message));
        }
    }
}

fn agents(plan: &Plan, found: &mut Vec<Finding>) {
    let variable = |name: &String| {
        let mut bytes = name.bytes();
        bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
            && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    for (name, agent) in &plan.agents {
        let place = format!("agents.{name}");
        let mut say = |what: &str, message: String| {
            found.push(Finding::new(Rule::Agents, format!("{place}{what}"), message));
        };
        if !plan.steps.iter().any(|s| s.agent == *name) {
            say("", "no step is its".to_owned());
        }
        match (agent.command.first(), &agent.url) {
            (None, None) => say("", "it has neither a `command` nor a `url`".to_owned()),
            (Some(_), Some(_)) => say("", "it has a `command` and a `url`; one of them is asked".to_owned()),
            (Some(program), None) if program.is_empty() => {
                say(".command", "the program has no name".to_owned());
            }
            (None, Some(url)) if !url.starts_with("http://") && !url.starts_with("https://") => {
                say(".url", format!("{url:?} is no address that begins with http:// or https://"));
            }
            _ => {}
        }
        if agent.command.iter().any(|part| part.contains('\0')) {
            say(".command", "no argument may hold a zero byte".to_owned());
        }
        for variable in agent.env.iter().filter(|v| !variable(v)) {
            say(".env", format!("{variable:?} is no name of a variable"));
        }
        for (what, value, most) in [
            (".timeout_seconds", agent.timeout_seconds, MOST_SECONDS),
            (".memory_mb", agent.memory_mb, 1 << 20),
            (".output_kb", agent.output_kb, 1 << 20),
        ] {
            if let Some(value) = value.filter(|v| !(1..=most).contains(v)) {
                say(what, format!("it is 1 to {most}, not {value}"));
            }
        }
    }
}

fn roles(plan: &Plan, shape: Shape, found: &mut Vec<Finding>) {
    let allowed = shape.roles();
    let count = |role: Role| plan.steps.iter().filter(|s| s.role == role).count();
    let word = |role: Role| serde_json::to_string(&role).unwrap_or_default();
    for (role, least, most) in &allowed {
        let there = count(*role);
        if there < *least || there > *most {
            let so_many = match (*least, *most) {
                (least, usize::MAX) => format!("at least {least}"),
                (least, most) if least == most => format!("exactly {least}"),
                (least, most) => format!("{least} to {most}"),
            };
            let message = format!(
                "{} has {so_many} with the role {}, and there are {there}",
                shape.as_str(),
                word(*role)
            );
            found.push(Finding::new(Rule::Roles, "steps", message));
        }
    }
    for step in plan.steps.iter().filter(|s| !allowed.iter().any(|(role, ..)| *role == s.role)) {
        let message = format!("{} has no role {}", shape.as_str(), word(step.role));
        found.push(Finding::new(Rule::Roles, format!("steps.{}.role", step.id), message));
    }
}

fn numbers(plan: &Plan, shape: Shape, found: &mut Vec<Finding>) {
    let workers = plan.steps.iter().filter(|s| s.role == Role::Worker).count();
    let mut say = |place: &str, message: String| found.push(Finding::new(Rule::Numbers, place, message));
    let within = |name: &str, value: Option<u32>, most: usize, fits: bool| {
        let value = value?;
        if !fits {
            return Some(format!("{} has no `{name}`", shape.as_str()));
        }
        let ok = value >= 1 && usize::try_from(value).is_ok_and(|v| v <= most);
        (!ok).then(|| format!("it is 1 to {most}, not {value}"))
    };
    let votes = matches!(shape, Shape::SupervisorWorker | Shape::Consensus | Shape::Parallel);
    if let Some(message) = within("quorum", plan.quorum, workers, votes) {
        say("quorum", message);
    }
    if let Some(message) = within("min_experts", plan.min_experts, workers, shape == Shape::Ensemble) {
        say("min_experts", message);
    }
    let rounds = matches!(shape, Shape::Blackboard | Shape::Debate);
    if let Some(message) = within("max_iterations", plan.max_iterations, 1_000, rounds) {
        say("max_iterations", message);
    }
    match plan.threshold {
        Some(_) if shape != Shape::Consensus => {
            say("threshold", format!("{} has no `threshold`", shape.as_str()));
        }
        Some(t) if !(t > 0.0 && t <= 1.0) => {
            say("threshold", format!("it is above 0 and at most 1, not {t}"));
        }
        _ => {}
    }
    if !(1..=MOST_SECONDS).contains(&plan.timeout_seconds) {
        say("timeout_seconds", format!("it is 1 to {MOST_SECONDS}, not {}", plan.timeout_seconds));
    }
    if !(1..=MOST_WIDTH).contains(&plan.width) {
        say("width", format!("it is 1 to {MOST_WIDTH}, not {}", plan.width));
    }
}

fn cycles(plan: &Plan, shape: Shape, found: &mut Vec<Finding>) {
    let mut graph: DiGraph<&str, ()> = DiGraph::new();
    let mut nodes: BTreeMap<String, NodeIndex> = BTreeMap::new();
    for step in &plan.steps {
        nodes.entry(fold(step.id.as_str())).or_insert_with(|| graph.add_node(step.id.as_str()));
    }
    let node = |at: usize| plan.steps.get(at).and_then(|s| nodes.get(&fold(s.id.as_str()))).copied();
    for (from, to) in shape.flows(&plan.steps) {
        if let (Some(from), Some(to)) = (node(from), node(to)) {
            graph.update_edge(from, to, ());
        }
    }
    for (at, step) in plan.steps.iter().enumerate() {
        for before in &step.after {
            if let (Some(from), Some(to)) = (nodes.get(&fold(before.as_str())).copied(), node(at)) {
                graph.update_edge(from, to, ());
            }
        }
    }
    for circle in tarjan_scc(&graph) {
        let alone = circle.first().is_some_and(|n| circle.len() == 1 && graph.find_edge(*n, *n).is_none());
        if !alone {
            let mut names: Vec<&str> = circle.iter().filter_map(|n| graph.node_weight(*n).copied()).collect();
            names.sort_unstable();
            let message = format!("{} wait for one another", names.join(", "));
            found.push(Finding::new(Rule::Cycle, "steps", message));
        }
    }
}
