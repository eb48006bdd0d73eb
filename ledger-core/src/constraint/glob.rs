//! Texts with at most one `*`, which stands for any text: what they match, whether one covers another, and their meet.
//!
//! Not here: which characters a text may hold (`name`, `place`). Invariant: `covers` and `meet` are exact for texts of any length: what the
//! texts of a meet match together is what both globs match.
//! Source: DOMAIN.md §9 ("exact, or one `*`").

/// Whether `outer` matches everything that `inner` matches. A text without `*` matches itself alone.
pub(super) fn covers(outer: &str, inner: &str) -> bool {
    match (outer.split_once('*'), inner.split_once('*')) {
        (None, None) => outer == inner,
        (None, Some(_)) => false,
        (Some((head, tail)), None) => {
            // Head and tail may not share a letter.
            inner.strip_prefix(head).is_some_and(|rest| rest.ends_with(tail))
        }
        (Some((head, tail)), Some((first, last))) => first.starts_with(head) && last.ends_with(tail),
    }
}

/// What both match, as globs of which none covers another.
pub(super) fn meet(a: &str, b: &str) -> Vec<String> {
    match (a.split_once('*'), b.split_once('*')) {
        (Some(x), Some(y)) => meet_of_stars(x, y),
        (None, _) if covers(b, a) => vec![a.to_owned()],
        (Some(_), None) if covers(a, b) => vec![b.to_owned()],
        _ => Vec::new(),
    }
}

/// Both begin with the longer head and end with the longer tail. Where these come from different globs, they may share letters: `ab*` and
/// `*bc` both match `abc`, which `ab*bc` does not.
fn meet_of_stars((head_a, tail_a): (&str, &str), (head_b, tail_b): (&str, &str)) -> Vec<String> {
    let head = if head_a.len() >= head_b.len() { head_a } else { head_b };
    let tail = if tail_a.len() >= tail_b.len() { tail_a } else { tail_b };
    if ![head_a, head_b].iter().all(|h| head.starts_with(h))
        || ![tail_a, tail_b].iter().all(|t| tail.ends_with(t))
    {
        return Vec::new();
    }
    let shortest = head_a.len().saturating_add(tail_a.len()).max(head_b.len().saturating_add(tail_b.len()));
    let mut all = vec![format!("{head}*{tail}")];
    for at in 1..=tail.len() {
        let Some((shared, rest)) = tail.split_at_checked(at) else { continue };
        if head.ends_with(shared) && head.len().saturating_add(rest.len()) >= shortest {
            all.push(format!("{head}{rest}"));
        }
    }
    all
}
