//! What an artifact says of itself: who it is, by whose authority, through which gateway, in which lane and mode.
//!
//! Not whether that is right. Invariant: every fact has its line. Source: seed 001 §§3.1, 4.1, 5.1, 6.

use super::keys::{self, Block, Role};
use super::reference::Reference;
use super::roster::Roster;
use super::text::is_nothing;
use super::tree::{Node, Tree};
use std::collections::{BTreeMap, BTreeSet};

/// A field that names somebody.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    /// Line, from 1.
    pub line: usize,
    /// What the field says.
    pub role: Role,
    /// Whom it names.
    pub who: Reference<'a>,
    /// The item of a list of records that it belongs to: then it speaks of others.
    pub record: Option<usize>,
    /// The block that it stands in immediately.
    pub block: Option<Block>,
}

/// A field with a word that counts.
#[derive(Clone, Copy, Debug)]
pub struct Word<'a> {
    /// Line, from 1.
    pub line: usize,
    /// The word, as written.
    pub text: &'a str,
    /// The item of a list of records that it belongs to.
    pub record: Option<usize>,
    /// The block that it stands in immediately.
    pub block: Option<Block>,
}

/// A gateway block.
#[derive(Clone, Debug, Default)]
pub struct Gateway {
    /// Line, from 1.
    pub line: usize,
    /// Lines of `governance`, and whether it says anything.
    pub governance: Vec<(usize, bool)>,
    /// Whether it has an `authority`.
    pub authority: bool,
}

impl Gateway {
    const fn says(&self) -> bool {
        self.authority || !self.governance.is_empty()
    }
}

/// An activation block.
#[derive(Clone, Debug, Default)]
pub struct Activation {
    /// Line, from 1.
    pub line: usize,
    /// Indices of the claims that stand in it immediately.
    pub claims: Vec<usize>,
}

impl Activation {
    const fn says(&self) -> bool {
        !self.claims.is_empty()
    }
}

/// Everything that the checks need.
#[derive(Debug, Default)]
pub struct Facts<'a> {
    /// Fields that name somebody, in order.
    pub claims: Vec<Claim<'a>>,
    /// Gateway blocks by their node.
    pub gateways: BTreeMap<usize, Gateway>,
    /// Activation blocks by their node.
    pub activations: BTreeMap<usize, Activation>,
    /// Lines of `authority` in a gateway block that names nobody.
    pub empty_authority: Vec<usize>,
    /// Lanes.
    pub lanes: Vec<Word<'a>>,
    /// Modes.
    pub modes: Vec<Word<'a>>,
    /// Statuses of the artifact.
    pub statuses: Vec<Word<'a>>,
    /// States that the gateway is said to have.
    pub gateway_states: Vec<Word<'a>>,
}

impl<'a> Facts<'a> {
    /// Reads a tree.
    pub fn of(tree: &Tree<'a>, roster: &Roster) -> Self {
        let filled = filled(tree);
        let mut facts = Self::default();
        for (index, node) in tree.nodes.iter().enumerate() {
            // A key of this name with a word beside it speaks of the block (`gateway_check: PRESENT`).
            if is_nothing(node.value) {
                facts.block(index, node);
            }
            if let Some((Block::Gateway, block)) =
                node.block.filter(|_| node.direct && node.key == "governance")
                && let Some(gateway) = facts.gateways.get_mut(&block)
            {
                gateway.governance.push((node.line, !is_nothing(node.value) || filled.contains(&index)));
            }
            let field = Field::of(node, tree);
            match keys::role(field.key, field.parent) {
                Some(role) => facts.field(&field, role, roster),
                // In a list of records the name stands beside the GID.
                None if field.key == "name" && field.record.is_some() => {
                    facts.claim(&field, Role::Agent, Reference::read(field.value, roster));
                }
                None => {}
            }
        }
        facts.settle();
        facts
    }

    /// Notes a block. One that only announced it, a heading, is forgotten.
    fn block(&mut self, index: usize, node: &Node<'a>) {
        let Some(block) = keys::block(&node.key) else { return };
        let around = node.block.filter(|(b, _)| *b == block).map(|(_, outer)| outer);
        match block {
            Block::Gateway => {
                if let Some(outer) = around.filter(|o| self.gateways.get(o).is_some_and(|g| !g.says())) {
                    self.gateways.remove(&outer);
                }
                self.gateways.insert(index, Gateway { line: node.line, ..Gateway::default() });
            }
            Block::Activation => {
                if let Some(outer) = around.filter(|o| self.activations.get(o).is_some_and(|a| !a.says())) {
                    self.activations.remove(&outer);
                }
                self.activations.insert(index, Activation { line: node.line, claims: Vec::new() });
            }
        }
    }

    /// Of several blocks, those that say nothing only mention another (an entry of a checklist); if none says anything, the first counts.
    fn settle(&mut self) {
        let first = self.gateways.iter().find(|(_, g)| g.says()).or_else(|| self.gateways.iter().next());
        let first = first.map(|(node, _)| *node);
        self.gateways.retain(|node, gateway| Some(*node) == first || gateway.says());
        let first =
            self.activations.iter().find(|(_, a)| a.says()).or_else(|| self.activations.iter().next());
        let first = first.map(|(node, _)| *node);
        self.activations.retain(|node, activation| Some(*node) == first || activation.says());
    }

    fn field(&mut self, field: &Field<'a, '_>, role: Role, roster: &Roster) {
        let block = field.block.map(|(block, _)| block);
        let word = Word { line: field.line, text: first_word(field.value), record: field.record, block };
        let is_word = !is_nothing(field.value);
        match role {
            Role::Gid => self.claim(field, role, Reference::read_gid(field.value, roster)),
            Role::Agent | Role::Doer | Role::Attestor | Role::Requester | Role::ActivatedBy => {
                self.claim(field, role, Reference::read(field.value, roster));
            }
            Role::Authority => {
                let who = Reference::read(field.value, roster);
                let block = field.block.filter(|(block, _)| *block == Block::Gateway);
                if let Some(gateway) = block.and_then(|(_, node)| self.gateways.get_mut(&node)) {
                    gateway.authority = true;
                    self.empty_authority.extend(who.is_empty().then_some(field.line));
                }
                self.claim(field, role, who);
            }
            Role::Lane if is_word => self.lanes.push(word),
            Role::Mode if is_word => self.modes.push(word),
            Role::ArtifactStatus if is_word => self.statuses.push(word),
            // Many things have a status, and many are closed; only the artifact as a whole is executed at the top.
            Role::Status if is_word && field.of_the_whole => {
                if !word.text.eq_ignore_ascii_case("CLOSED") {
                    self.statuses.push(word);
                }
            }
            Role::GatewayState if is_word => self.gateway_states.push(word),
            Role::Lane | Role::Mode | Role::ArtifactStatus | Role::Status | Role::GatewayState => {}
        }
    }

    fn claim(&mut self, field: &Field<'a, '_>, role: Role, who: Reference<'a>) {
        if who.is_empty() {
            return;
        }
        let index = self.claims.len();
        if let Some(activation) = field.block.and_then(|(_, node)| self.activations.get_mut(&node)) {
            activation.claims.push(index);
        }
        let block = field.block.map(|(block, _)| block);
        self.claims.push(Claim { line: field.line, role, who, record: field.record, block });
    }

    /// The claims of an activation block of this role.
    pub fn of_activation<'f>(
        &'f self,
        activation: &'f Activation,
        role: Role,
    ) -> impl Iterator<Item = &'f Claim<'a>> {
        activation.claims.iter().filter_map(|i| self.claims.get(*i)).filter(move |c| c.role == role)
    }

    /// The claims that declare whose artifact it is, lists of records left out.
    pub fn identity(&self) -> impl Iterator<Item = &Claim<'a>> {
        self.claims.iter().filter(|c| c.declares() && c.record.is_none())
    }

    /// The agent whose artifact it is: who is activated in it, else who is declared first.
    pub fn agent(&self) -> Option<(&'a str, usize)> {
        let activated = self.activations.values().find_map(|a| self.activated(a));
        activated.or_else(|| self.identity().find_map(|c| Some((c.who.gid()?, c.line))))
    }

    /// Whom an activation block activates.
    pub fn activated(&self, activation: &Activation) -> Option<(&'a str, usize)> {
        let claims = activation.claims.iter().filter_map(|i| self.claims.get(*i));
        let mut gids = claims.filter(|c| c.declares()).filter_map(|c| Some((c, c.who.gid()?)));
        let first = gids.next()?;
        let (claim, gid) = if first.0.role == Role::Gid {
            first
        } else {
            gids.find(|(c, _)| c.role == Role::Gid).unwrap_or(first)
        };
        Some((gid, claim.line))
    }

    /// The lane of the activation, else the first that is declared.
    pub fn lane(&self) -> Option<&Word<'a>> {
        let mut lanes = self.lanes.iter().filter(|l| l.record.is_none());
        let activated = self.lanes.iter().find(|l| l.record.is_none() && l.block == Some(Block::Activation));
        activated.or_else(|| lanes.next())
    }

    /// The first name that an identity is declared with.
    pub fn name(&self) -> Option<&'a str> {
        self.identity().find_map(|c| c.who.name)
    }
}

impl Claim<'_> {
    /// Whether the field declares an identity.
    pub const fn declares(&self) -> bool {
        matches!(self.role, Role::Gid | Role::Agent | Role::Doer)
    }
}

/// A key with one value: its own, or an item of its list.
struct Field<'a, 't> {
    line: usize,
    key: &'t str,
    parent: &'t str,
    value: &'a str,
    record: Option<usize>,
    /// The block that it stands in immediately.
    block: Option<(Block, usize)>,
    /// Whether it speaks of the artifact as a whole.
    of_the_whole: bool,
}

impl<'a, 't> Field<'a, 't> {
    fn of(node: &'t Node<'a>, tree: &'t Tree<'a>) -> Self {
        // An item of a list under a key is a value of that key.
        let above = node.parent.and_then(|p| tree.nodes.get(p)).filter(|_| node.key.is_empty());
        let named = above.unwrap_or(node);
        let parent = tree.parent_key(named);
        Self {
            line: node.line,
            key: &named.key,
            parent,
            value: node.value,
            record: named.record,
            block: named.block.filter(|_| named.direct),
            of_the_whole: named.parent.is_none() || keys::is_header(parent),
        }
    }
}

/// Nodes with something below them.
fn filled(tree: &Tree<'_>) -> BTreeSet<usize> {
    let mut filled = BTreeSet::new();
    // What stands below comes behind.
    for (index, node) in tree.nodes.iter().enumerate().rev() {
        if !node.key.is_empty() || !is_nothing(node.value) || filled.contains(&index) {
            filled.extend(node.parent);
        }
    }
    filled
}

/// The first word of a value.
fn first_word(value: &str) -> &str {
    value
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')))
        .find(|w| !w.is_empty())
        .unwrap_or(value)
}
