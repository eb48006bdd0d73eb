//! What stands below what: keys, values and list items of an artifact, by indentation.
//!
//! Not the reading of lines. Invariant: a node stands behind its parent, and what is inherited from the parent (block, record) is decided
//! when the node is added, so that nothing ever walks up. Source: seed 001 §§3.1, 4.1.

use super::keys::{self, Block};

/// A key, or an item of a list.
#[derive(Debug)]
pub struct Node<'a> {
    /// Line, from 1.
    pub line: usize,
    /// The node that it stands below.
    pub parent: Option<usize>,
    /// Key without case and separators; empty for an item.
    pub key: String,
    /// Value; empty where there is none, or where it stands below.
    pub value: &'a str,
    /// The block that it stands in, and the node which opens that.
    pub block: Option<(Block, usize)>,
    /// Whether it stands in that block immediately, or as an item of it.
    pub direct: bool,
    /// The item that it belongs to, of a list of records below a key.
    pub record: Option<usize>,
}

/// Nodes, and those that are open for more.
#[derive(Debug, Default)]
pub struct Tree<'a> {
    /// All nodes, in order.
    pub nodes: Vec<Node<'a>>,
    /// Open nodes, each with its column.
    open: Vec<(usize, usize)>,
    /// The block that a heading opened.
    section: Option<usize>,
    /// A block whose fields may stand at its own column, and that column.
    flat: Option<(usize, usize)>,
}

impl<'a> Tree<'a> {
    /// Closes everything but the section.
    pub fn close(&mut self) {
        self.open.clear();
        self.flat = None;
    }

    /// Closes everything; a heading that is the name of a block opens that block.
    pub fn heading(&mut self, key: Option<String>, line: usize) {
        self.close();
        self.section = None;
        if let Some(key) = key.filter(|k| keys::block(k).is_some()) {
            self.section = Some(self.push(None, key, "", line));
        }
    }

    /// Adds a key at a column.
    pub fn field(&mut self, column: usize, key: String, value: &'a str, line: usize) -> usize {
        while self.open.pop_if(|(c, _)| *c >= column).is_some() {}
        let above = self.open.last().map(|(_, node)| *node);
        let block = keys::block(&key).is_some();
        let parent = match self.flat {
            Some((flat, at)) if at == column && !block => Some(flat),
            Some((flat, at)) if at < column => {
                // Its fields are indented: then they end where the indentation does.
                if above == Some(flat) {
                    self.flat = None;
                }
                above
            }
            _ => {
                self.flat = None;
                above
            }
        };
        let node = self.push(parent.or(self.section), key, value, line);
        if block && value.is_empty() {
            self.flat = Some((node, column));
        }
        self.open.push((column, node));
        node
    }

    /// Adds an item at the column of its marker: below the key before it, which may stand at the same column.
    pub fn item(&mut self, column: usize, line: usize) -> usize {
        let nodes = &self.nodes;
        let ended = |(c, node): &mut (usize, usize)| {
            let takes_items = nodes.get(*node).is_some_and(|n| !n.key.is_empty() && n.value.is_empty());
            *c > column || (*c == column && !takes_items)
        };
        while self.open.pop_if(ended).is_some() {}
        let parent = self.open.last().map(|(_, node)| *node).or(self.section);
        if self.flat.is_some_and(|(flat, _)| parent == Some(flat)) {
            self.flat = None;
        }
        let node = self.push(parent, String::new(), "", line);
        self.open.push((column, node));
        node
    }

    /// Adds a node below another.
    pub fn push(&mut self, parent: Option<usize>, key: String, value: &'a str, line: usize) -> usize {
        let here = self.nodes.len();
        let above = parent.and_then(|p| Some((p, self.nodes.get(p)?)));
        let opener = above.and_then(|(p, n)| Some((keys::block(&n.key)?, p)));
        let block = opener.or_else(|| above.and_then(|(_, n)| n.block));
        let direct = opener.is_some() || above.is_some_and(|(_, n)| n.direct && n.key.is_empty());
        let of_records = key.is_empty() && above.is_some() && opener.is_none();
        let record = if of_records { Some(here) } else { above.and_then(|(_, n)| n.record) };
        self.nodes.push(Node { line, parent, key, value, block, direct, record });
        here
    }

    /// Gives a node its value.
    pub fn set_value(&mut self, node: usize, value: &'a str) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.value = value;
        }
    }

    /// The node above, if any.
    pub fn parent_key(&self, node: &Node<'_>) -> &str {
        node.parent.and_then(|p| self.nodes.get(p)).map_or("", |n| n.key.as_str())
    }
}
