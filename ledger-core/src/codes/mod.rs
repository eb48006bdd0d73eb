//! The table of codes: one row per thing that can be wrong, from which messages, exit codes, HTTP statuses and `docs/errors.md` come.
//!
//! Not here: the rules themselves. Invariant: a code is never renumbered or reused.
//! Source: DESIGN.md §6 (exit codes), DOMAIN.md §§3-6 for the governance families.

use std::fmt;

/// How bad it is when it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The caller can mend it; nothing suspicious.
    Warning,
    /// Work must not go on until it is resolved.
    Blocking,
    /// Evidence of forgery, damage or lost history.
    Critical,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "WARNING",
            Self::Blocking => "BLOCKING",
            Self::Critical => "CRITICAL",
        })
    }
}

/// What the process says to its caller (DESIGN.md §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 1: input, output, not found, conflict, denied.
    Failed,
    /// 2: the ledger works and says no.
    No,
    /// 64: the command line itself was wrong.
    Usage,
}

impl Exit {
    /// The number that the process exits with.
    #[must_use]
    pub const fn status(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::No => 2,
            Self::Usage => 64,
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Stable code, `LG_110`.
    pub code: &'static str,
    /// Stable name, `ID_CONFLICT`.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// HTTP status that carries it.
    pub http: u16,
    /// Exit code of the command line.
    pub exit: Exit,
    /// Rule of seed 000 that it enforces, `GR-037`; its version is [`RULES_VERSION`].
    pub rule: Option<&'static str>,
    /// Where it is defined; `None` for the ledger's own.
    pub source: Option<&'static str>,
    /// When it is raised.
    pub meaning: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

macro_rules! codes {
    ($( $variant:ident = $code:literal $name:ident $severity:ident $http:literal $exit:ident
        $(rule $rule:literal)? $(from $source:literal)? $meaning:literal => $remedy:literal; )*) => {
        /// Every code of the ledger, in the order of their numbers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $( #[doc = concat!($code, ": ", $meaning)] $variant, )* }

        impl Code {
            /// All codes in order.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The row of this code.
            #[must_use]
            pub const fn row(self) -> Row {
                #[allow(unused_mut, unused_assignments, reason = "not every code comes from a seed")]
                match self { $( Self::$variant => {
                    let (mut rule, mut source): (Option<&'static str>, Option<&'static str>) = (None, None);
                    $( rule = Some($rule); )?
                    $( source = Some($source); )?
                    Row {
                        code: $code, name: stringify!($name), severity: Severity::$severity, http: $http,
                        exit: Exit::$exit, rule, source, meaning: $meaning, remedy: $remedy,
                    }
                } )* }
            }
        }
    };
}

mod table;

pub use table::Code;

impl Code {
    /// The code of this text: the code (`GS_203`), the name (`ID_CONFLICT`) or the rule (`GR-037`).
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| {
            let row = c.row();
            let names = [Some(row.code), Some(row.name), row.rule];
            names.into_iter().flatten().any(|name| name.eq_ignore_ascii_case(text))
        })
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().code)
    }
}

/// Version of the rules of seed 000 that the table carries.
pub const RULES_VERSION: &str = "1.4.0";

/// `docs/errors.md`, generated from the table and held by a test.
#[must_use]
pub fn document() -> String {
    let mut text = String::from(
        "# Errors and findings\n\nGenerated from `ledger-core/src/codes/table.rs` (a test compares). `ledger explain CODE` prints one row; it takes\n\
         code, name or rule.\n\n\
         Every error says its code, its name, what was wrong and what to do; with `--json` as\n\
         `{\"error\":{\"code\",\"name\",\"message\",\"remedy\",\"sequence\"?}}` on standard error. Exit codes: 0 success; 1 error (input, output,\n\
         not found, conflict, denied); 2 the ledger works and says no; 64 wrong usage.\n\n## Governance\n\n",
    );
    text.push_str(&format!(
        "Rules of the seed documents. Rule ids are those of version {RULES_VERSION} of the rule table. An attempt to break one is recorded in the\n\
         log; a BLOCKING or CRITICAL one by an agent of the PAC blocks the PAC's gateway until it is resolved.\n\n"
    ));
    table_of(&mut text, |row| row.source.is_some());
    text.push_str("\n## The ledger itself\n\n");
    table_of(&mut text, |row| row.source.is_none());
    text
}

/// One table of the document.
fn table_of(text: &mut String, belongs: impl Fn(&Row) -> bool) {
    use fmt::Write as _;
    let rows: Vec<Row> = Code::ALL.iter().map(|c| c.row()).filter(|r| belongs(r)).collect();
    let governed = rows.iter().any(|r| r.source.is_some());
    let (more, line) = if governed { (" rule | from |", "---|---|") } else { ("", "") };
    let _ = writeln!(text, "| code | name |{more} severity | exit | HTTP | when | what to do |");
    let _ = writeln!(text, "|---|---|{line}---|---|---|---|---|");
    for row in rows {
        let origin = match row.source {
            Some(source) => format!(" {} | {source} |", row.rule.unwrap_or("")),
            None => String::new(),
        };
        let (exit, meaning, remedy) = (row.exit.status(), row.meaning, row.remedy);
        let _ = writeln!(
            text,
            "| {} | {} |{origin} {} | {exit} | {} | {meaning} | {remedy} |",
            row.code, row.name, row.severity, row.http
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_ascend() {
        for pair in Code::ALL.windows(2) {
            assert!(pair[0].row().code < pair[1].row().code, "{} {}", pair[0], pair[1]);
        }
        let mut names: Vec<_> = Code::ALL.iter().map(|c| c.row().name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
    }

    #[test]
    fn the_document_is_true() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, document()).unwrap();
        }
        assert_eq!(
            std::fs::read_to_string(path).unwrap_or_default(),
            document(),
            "run UPDATE_DOCS=1 cargo test"
        );
    }
}
