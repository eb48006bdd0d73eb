//! Which entry a broken chain speaks against.
//!
//! Not the comparison itself. Invariant: a changed entry breaks the link before it only if its `prevhash` was changed, and always the
//! link behind it; so an entry between two broken links was changed, and a single broken link speaks against the entry in front of it.
//! Source: docs/format.md §5.

use super::report::Finding;
use crate::codes::Code;

/// The link that was looked at last.
#[derive(Default)]
pub(super) struct Links {
    /// The entry behind the last link, if that link is broken; and whether a finding was made of it.
    broken: Option<(u64, bool)>,
}

/// What is known of a link between two entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// The later one names the hash of the earlier.
    Intact,
    /// It names another.
    Broken,
    /// One of them is missing, unreadable or known to be wrong.
    Unknown,
}

fn changed(sequence: u64, why: &str) -> Option<Finding> {
    Some(Finding::new(Code::FindChain, why).at(sequence))
}

impl Links {
    /// Takes the link that leads from the entry before `sequence` to it.
    pub(super) fn follow(&mut self, sequence: u64, link: Link) -> Option<Finding> {
        let before = std::mem::take(&mut self.broken);
        if link == Link::Broken {
            self.broken = Some((sequence, before.is_some()));
        }
        let (right, told) = before?;
        let left = right.saturating_sub(1);
        match link {
            Link::Broken => changed(
                right,
                "the entry does not link to the one before it, nor the next one to it: it was changed",
            ),
            _ if told => None,
            Link::Intact => {
                changed(left, &format!("entry {right} links to another entry than this one: it was changed"))
            }
            Link::Unknown => changed(
                right,
                &format!("the entry does not link to entry {left}: one of the two was changed"),
            ),
        }
    }

    /// Takes what is known of the link from the last entry, number `size - 1`, to a head that names its hash.
    pub(super) fn finish(&mut self, size: u64, link: Link) -> Option<Finding> {
        let finding = self.follow(size, link);
        match std::mem::take(&mut self.broken) {
            Some((_, false)) => {
                let why = "the head names the hash of another entry than this last one: it was changed";
                changed(size.saturating_sub(1), why)
            }
            _ => finding,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Entries spoken against, for links that are intact (`-`), broken (`x`) or unknown (`?`); the last one is the head's.
    fn against(links: &str) -> Vec<u64> {
        let of = |c| match c {
            '-' => Link::Intact,
            'x' => Link::Broken,
            _ => Link::Unknown,
        };
        let mut state = Links::default();
        let all: Vec<Link> = links.chars().map(of).collect();
        let (last, rest) = all.split_last().unwrap();
        let mut found: Vec<_> = (1..).zip(rest).filter_map(|(n, l)| state.follow(n, *l)).collect();
        found.extend(state.finish(all.len() as u64, *last));
        found.iter().map(|f| f.sequence.unwrap()).collect()
    }

    #[test]
    fn the_changed_entry_is_named() {
        // Links 0-1, 1-2, ... and from the last entry to the head.
        for (links, expected) in [
            ("----", &[][..]),
            ("-x--", &[1]),
            ("-xx-", &[2]),
            ("xxx-", &[1, 2]),
            ("---x", &[3]),
            ("--xx", &[3]),
            ("--x?", &[3]),
            ("---?", &[]),
            ("x?--", &[1]),
            ("x-x-", &[0, 2]),
            ("?x--", &[1]),
        ] {
            assert_eq!(against(links), expected, "{links}");
        }
    }
}
