//! Scopes: whether one is inside another, and whether an action or a path is inside one.
//!
//! Invariant: a scope that `narrow` gives allows nothing that its parent does not; a path is compared segment by segment, by its bytes.
//! Source: DOMAIN.md §4 (GS_201).

use crate::codes::Code;
use crate::error::{Error, Result};
use crate::event::body::pac::Scope;
use crate::names::{Line, ScopePath};

/// The scope of a Sub-PAC: what it says, and its parent's where it says nothing.
///
/// # Errors
/// `GS_201` with the first action or path that the parent does not allow.
pub fn narrow(parent: &Scope, child: &Scope) -> Result<Scope> {
    for action in child.allowed_actions.iter().flatten() {
        allows_action(parent, action)?;
    }
    for path in child.paths.iter().flatten() {
        allows_path(parent, path)?;
    }
    let mut forbidden = parent.forbidden_actions.clone();
    forbidden
        .extend(child.forbidden_actions.iter().filter(|a| !parent.forbidden_actions.contains(a)).cloned());
    Ok(Scope {
        allowed_actions: child.allowed_actions.clone().or_else(|| parent.allowed_actions.clone()),
        forbidden_actions: forbidden,
        paths: child.paths.clone().or_else(|| parent.paths.clone()),
    })
}

/// An action as it is compared: without case, without what cannot be seen, its words one space apart.
fn plain(action: &Line) -> String {
    let seen =
        |c: &char| !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    let text: String = action.as_str().chars().filter(seen).collect();
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether the action may be taken; compared without case and spacing.
///
/// # Errors
/// `GS_201`.
pub fn allows_action(scope: &Scope, action: &Line) -> Result<()> {
    let wanted = plain(action);
    let is = |other: &Line| plain(other) == wanted;
    if scope.forbidden_actions.iter().any(is) {
        return outside(format!("the action {:?} is forbidden", action.as_str()));
    }
    match &scope.allowed_actions {
        Some(allowed) if !allowed.iter().any(is) => {
            outside(format!("the action {:?} is none of those allowed", action.as_str()))
        }
        _ => Ok(()),
    }
}

/// Whether the path may be written.
///
/// # Errors
/// `GS_201`.
pub fn allows_path(scope: &Scope, path: &ScopePath) -> Result<()> {
    match &scope.paths {
        Some(allowed) if !allowed.iter().any(|a| a.covers(path)) => {
            let inside: Vec<&str> = allowed.iter().map(ScopePath::as_str).take(10).collect();
            outside(format!(
                "{path} is outside {}",
                if inside.is_empty() { "every path".to_owned() } else { inside.join(", ") }
            ))
        }
        _ => Ok(()),
    }
}

fn outside(why: String) -> Result<()> {
    Err(Error::new(Code::SubPacScope, why))
}
