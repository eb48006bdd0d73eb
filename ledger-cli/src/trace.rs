//! What a server says of its work, on standard error: lines for people, or JSON for machines.
//!
//! Not an output of any command, and not the ledger's log. Invariant: only `serve` speaks this way.

use ledger_core::{Code, Error, Result};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt;

/// How lines are written.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Not at all
    Off,
    /// For people
    Human,
    /// One JSON object a line
    Json,
}

/// How much is said.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Nothing
    Off,
    /// What failed
    Error,
    /// What should be looked at
    Warn,
    /// A line for each request
    Info,
    /// Probes too
    Debug,
    /// Everything
    Trace,
}

impl Level {
    /// Reads a level as the environment gives it.
    ///
    /// # Errors
    /// `LG_106` when it is none.
    pub fn read(text: &str) -> Result<Self> {
        let wrong = |_| Error::new(Code::Usage, format!("$LEDGER_LOG is no level: {text:?}"));
        <Self as clap::ValueEnum>::from_str(text, true).map_err(wrong)
    }

    const fn filter(self) -> LevelFilter {
        match self {
            Self::Off => LevelFilter::OFF,
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
            Self::Trace => LevelFilter::TRACE,
        }
    }
}

/// Speaks in this form from now on, so much.
pub fn begin(form: Form, level: Level) {
    let lines = fmt().with_writer(std::io::stderr).with_max_level(level.filter()).with_target(false);
    match form {
        Form::Off => {}
        Form::Human => lines.with_ansi(false).init(),
        Form::Json => lines.json().flatten_event(true).with_current_span(true).with_span_list(false).init(),
    }
}
