//! Progress bars: on standard error, in a terminal, for what takes longer than a second.
//!
//! Invariant: nothing is drawn in a pipe, and nothing for quick work.

use indicatif::{ProgressBar, ProgressStyle};
use ledger_core::store::local::Progress;
use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// One kind of work at a time.
struct Work {
    what: String,
    since: Instant,
    bar: Option<ProgressBar>,
}

/// How long work may take before a bar appears.
const PATIENCE: Duration = Duration::from_secs(1);

/// A callback that draws a bar when the work takes long.
#[must_use]
pub fn shared() -> Progress {
    if !std::io::stderr().is_terminal() {
        return Arc::new(|_, _, _| {});
    }
    let state: Mutex<Option<Work>> = Mutex::new(None);
    Arc::new(move |what, done, total| {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.as_ref().is_none_or(|w| w.what != what) {
            *state = Some(Work { what: what.to_owned(), since: Instant::now(), bar: None });
        }
        let Some(work) = state.as_mut() else { return };
        if work.bar.is_none() && work.since.elapsed() > PATIENCE {
            let style = ProgressStyle::with_template("{msg} {wide_bar} {percent}% {eta}");
            let bar = ProgressBar::new(total).with_message(what.to_owned());
            work.bar = Some(style.map_or_else(|_| bar.clone(), |s| bar.clone().with_style(s)));
        }
        if let Some(bar) = &work.bar {
            bar.set_position(done);
            if done >= total {
                bar.finish_and_clear();
                work.bar = None;
            }
        }
    })
}
