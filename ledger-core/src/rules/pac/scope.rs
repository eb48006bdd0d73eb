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

#[cfg(test)]
mod properties {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use proptest::prelude::*;
    use std::path::{Component, Path, PathBuf};

    /// Where a path leads from the root, as the standard library takes it apart; `None` when it leads out of it.
    fn place(path: &str) -> Option<PathBuf> {
        let mut at = PathBuf::new();
        for part in Path::new(path).components() {
            match part {
                Component::Normal(name) => at.push(name),
                Component::CurDir => {}
                Component::ParentDir if at.pop() => {}
                _ => return None,
            }
        }
        Some(at)
    }

    /// Texts that look like paths, and try to be elsewhere.
    fn wild() -> impl Strategy<Value = String> {
        let part = prop::sample::select(vec![
            "src",
            "Src",
            "src2",
            "sr",
            "a",
            "b",
            ".",
            "..",
            "",
            " ",
            "a ",
            " a",
            "a.",
            "...",
            "~",
            "C:",
            "s\u{0433}c",
            "src\\a",
            "src\0",
            "a\nb",
            "\u{2024}\u{2024}",
            "\u{ff0e}\u{ff0e}",
            "a\u{2215}b",
            "*",
            "%2e%2e",
            ".git",
            "-",
            "\u{200b}",
            "ä",
        ]);
        (prop::collection::vec(part, 0..6), any::<bool>(), any::<bool>()).prop_map(
            |(parts, absolute, slash)| {
                format!(
                    "{}{}{}",
                    if absolute { "/" } else { "" },
                    parts.join("/"),
                    if slash { "/" } else { "" }
                )
            },
        )
    }

    fn tame() -> impl Strategy<Value = String> {
        let part = prop::sample::select(vec!["src", "Src", "src2", "sr", "a", "b", "a b", ".git", "-"]);
        (prop::collection::vec(part, 1..5), any::<bool>())
            .prop_map(|(parts, slash)| format!("{}{}", parts.join("/"), if slash { "/" } else { "" }))
    }

    fn paths(texts: &[String]) -> Option<Vec<ScopePath>> {
        Some(texts.iter().map(|t| ScopePath::new(t.as_str()).unwrap()).collect())
    }

    fn actions(texts: &[&str]) -> Vec<Line> {
        texts.iter().map(|t| Line::new(*t).unwrap()).collect()
    }

    fn lists() -> impl Strategy<Value = Vec<&'static str>> {
        prop::collection::vec(
            prop::sample::select(vec!["read", "Write", "deploy", "DEPLOY ", "re  ad"]),
            0..4,
        )
    }

    fn scopes() -> impl Strategy<Value = Scope> {
        let limits = prop::option::of(prop::collection::vec(tame(), 0..3));
        (prop::option::of(lists()), lists(), limits).prop_map(|(allowed, forbidden, inside)| Scope {
            allowed_actions: allowed.map(|a| actions(&a)),
            forbidden_actions: actions(&forbidden),
            paths: inside.and_then(|p| paths(&p)),
        })
    }

    proptest! {
        /// What is a path of a scope means the place that it spells, and nothing that could mean another is one.
        #[test]
        fn a_path_means_one_place(text in wild()) {
            let spelled = text.strip_suffix('/').unwrap_or(&text);
            match ScopePath::new(text.as_str()) {
                Ok(path) => {
                    prop_assert!(text.is_ascii() && !text.contains('\\') && !text.starts_with('/'));
                    prop_assert_eq!(place(&text), Some(PathBuf::from(spelled)));
                    prop_assert_eq!(path.place(), spelled);
                }
                Err(e) => prop_assert_eq!(e.code, Code::InvalidName),
            }
            let odd = |part: &str| {
                part.is_empty() || part == "." || part == ".." || part.starts_with(' ') || part.ends_with([' ', '.'])
            };
            if spelled.split('/').any(odd) || !text.is_ascii() || text.contains(['\\', '~', ':', '*', '%', '\0', '\n']) {
                prop_assert!(ScopePath::new(text.as_str()).is_err(), "{:?}", text);
            }
        }

        /// Inside is what the standard library takes for inside.
        #[test]
        fn inside_is_inside(limits in prop::collection::vec(tame(), 0..4), wanted in tame()) {
            let scope = Scope { paths: paths(&limits), ..Scope::default() };
            let allowed = allows_path(&scope, &ScopePath::new(wanted.as_str()).unwrap());
            let at = place(&wanted).unwrap();
            let inside = limits.iter().any(|l| at.starts_with(place(l).unwrap()));
            prop_assert_eq!(allowed.is_ok(), inside);
            prop_assert!(inside || allowed.unwrap_err().code == Code::SubPacScope);
        }

        /// A narrowed scope allows nothing that its parent does not, however often it is narrowed.
        #[test]
        fn narrowing_never_widens(parent in scopes(), child in scopes(), grandchild in scopes(), wanted in tame(), action in lists()) {
            let Ok(narrowed) = narrow(&parent, &child) else { return Ok(()) };
            let path = ScopePath::new(wanted.as_str()).unwrap();
            let narrowest = narrow(&narrowed, &grandchild).unwrap_or_else(|_| narrowed.clone());
            for (outer, inner) in [(&parent, &narrowed), (&narrowed, &narrowest), (&parent, &narrowest)] {
                prop_assert!(allows_path(outer, &path).is_ok() || allows_path(inner, &path).is_err());
                for action in actions(&action) {
                    prop_assert!(allows_action(outer, &action).is_ok() || allows_action(inner, &action).is_err());
                }
            }
            // What the child says of itself is in it.
            prop_assert!(child.paths.is_none() || narrowed.paths == child.paths);
            prop_assert!(child.forbidden_actions.iter().all(|a| allows_action(&narrowed, a).is_err()));
        }

        /// Everything that a child names beyond its parent is refused.
        #[test]
        fn a_wider_child_is_refused(limits in prop::collection::vec(tame(), 0..3), wanted in prop::collection::vec(tame(), 1..3)) {
            let parent = Scope { paths: paths(&limits), ..Scope::default() };
            let child = Scope { paths: paths(&wanted), ..Scope::default() };
            let inside = |p: &String| limits.iter().any(|l| place(p).unwrap().starts_with(place(l).unwrap()));
            prop_assert_eq!(narrow(&parent, &child).is_ok(), wanted.iter().all(inside));
        }
    }
}
