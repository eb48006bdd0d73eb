//! Where commands about trust find grants: by the name of a tree and a grant in it, or by looking through the log.

use crate::context::Context;
use ledger_core::ledger::read::registry_at;
use ledger_core::names::GrantId;
use ledger_core::replay::machine_at;
use ledger_core::rules::trust::Tree;
use ledger_core::store::Store;
use ledger_core::trust::Forest;
use ledger_core::view::Wanted;
use ledger_core::view::as_of::size_at;
use ledger_core::{Code, Error, Result};
use std::ops::ControlFlow;
use std::str::FromStr;
use std::sync::Arc;

/// A grant as it is named on the command line: `GRANT`, or `ROOT/GRANT` where its id alone does not say which.
#[derive(Clone, Debug)]
pub struct GrantRef {
    /// The root of its tree.
    pub root: Option<GrantId>,
    /// The grant.
    pub id: GrantId,
}

impl FromStr for GrantRef {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(match text.split_once('/') {
            Some((root, id)) => Self { root: Some(GrantId::new(root)?), id: GrantId::new(id)? },
            None => Self { root: None, id: GrantId::new(text)? },
        })
    }
}

/// A grant in its tree.
pub struct Found {
    /// The tree.
    pub tree: Tree,
    /// The place of the grant.
    pub at: usize,
}

impl GrantRef {
    /// The grant as it is now: in the tree that is named, in the tree that is named like it, else wherever it is.
    pub fn find(&self, store: &dyn Store, ctx: &Context) -> Result<Found> {
        let root = self.root.as_ref().unwrap_or(&self.id);
        let stream = ledger_core::event::tree_stream(root)?;
        let registry = Arc::new(registry_at(store, None)?);
        if let Some(tree) = machine_at::<Tree>(store, stream.as_str(), None, &registry)?
            && let Some(at) = tree.find(&self.id)
        {
            return Ok(Found { tree, at });
        }
        let forest = forest(ctx, None)?;
        let holding = forest.grant(self.root.as_ref(), &self.id).map_err(|e| {
            let see = "see `ledger trust status` for the grants that there are";
            if e.hint.is_none() { e.hint(see) } else { e }
        })?;
        Ok(Found { tree: holding.tree.clone(), at: holding.at })
    }
}

/// All trees, as of an entry or now.
pub fn forest(ctx: &Context, at: Option<u64>) -> Result<Forest> {
    let reader = ctx.reader()?;
    let size = size_at(reader.size(), at)?;
    let mut forest = Forest::default();
    reader.each(&Wanted::default(), 0, |sequence, record| {
        if sequence >= size {
            return Ok(ControlFlow::Break(()));
        }
        forest.take(sequence, record)?;
        Ok(ControlFlow::Continue(()))
    })?;
    if forest.registry().genesis().is_none() {
        return Err(Error::new(Code::NotALedger, "the log has no genesis entry"));
    }
    Ok(forest)
}
