//! Rows of figures, and how they are said: one table, or the same as JSON.
//!
//! Measures nothing. Invariant: a figure is a ratio, and a target is reached by its median or not at all. Source: DESIGN.md §8.

use crate::harness::{Lane, Spread};
use crate::machine::Machine;
use serde_json::{Value, json};

/// What a ratio must do.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// At least this.
    AtLeast(f64),
    /// At most this.
    AtMost(f64),
    /// Said for orientation.
    None,
}

impl Target {
    fn reached(self, value: f64) -> Option<bool> {
        match self {
            Self::AtLeast(bound) => Some(value >= bound),
            Self::AtMost(bound) => Some(value <= bound),
            Self::None => None,
        }
    }

    fn text(self) -> String {
        match self {
            Self::AtLeast(bound) => format!(">= {bound}x"),
            Self::AtMost(bound) => format!("<= {bound}x"),
            Self::None => "-".to_owned(),
        }
    }
}

/// One ratio.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Of what to what.
    pub what: String,
    /// Its spread over the rounds.
    pub ratio: Spread,
    /// What it should be.
    pub target: Target,
}

/// One kind of work.
#[derive(Clone, Debug)]
pub struct Row {
    /// Name for `--only`.
    pub id: &'static str,
    /// The work.
    pub work: String,
    /// What the lanes' rates count, per second.
    pub unit: &'static str,
    /// The contestants.
    pub lanes: Vec<Lane>,
    /// The ratios.
    pub figures: Vec<Figure>,
    /// What must be known to read them.
    pub notes: Vec<String>,
    /// Syncs per second of the same disk, measured beside the row; `None` where nothing is synced.
    pub syncs: Option<f64>,
}

impl Row {
    /// A row of these lanes, without figures.
    pub fn new(id: &'static str, work: impl Into<String>, unit: &'static str, lanes: Vec<Lane>) -> Self {
        Self { id, work: work.into(), unit, lanes, figures: Vec::new(), notes: Vec::new(), syncs: None }
    }

    fn lane(&self, name: &str) -> &Lane {
        self.lanes.iter().find(|l| l.name == name).unwrap_or_else(|| panic!("no lane {name}"))
    }

    /// The rate of one lane to that of another.
    #[must_use]
    pub fn rate(mut self, of: &str, to: &str, target: Target) -> Self {
        let ratio = Spread::of_ratios(self.lane(of), self.lane(to));
        self.figures.push(Figure { what: format!("{of} / {to}"), ratio, target });
        self
    }

    /// The time of one lane to that of another.
    #[must_use]
    pub fn time(mut self, of: &str, to: &str, target: Target) -> Self {
        let ratio = Spread::of_ratios(self.lane(to), self.lane(of));
        self.figures.push(Figure { what: format!("time of {of} / {to}"), ratio, target });
        self
    }

    /// Any other ratio.
    #[must_use]
    pub fn figure(mut self, what: impl Into<String>, ratio: Spread, target: Target) -> Self {
        self.figures.push(Figure { what: what.into(), ratio, target });
        self
    }

    /// Something to know.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Syncs per second of the disk beside it.
    #[must_use]
    pub const fn syncs(mut self, rate: f64) -> Self {
        self.syncs = Some(rate);
        self
    }

    fn json(&self) -> Value {
        let spread = |s: Spread| json!({ "median": s.median, "low": s.low, "high": s.high });
        let lanes: Vec<Value> = self
            .lanes
            .iter()
            .map(|l| {
                json!({
                    "name": l.name, "durability": l.durability.as_str(), "per_second": spread(l.spread()),
                    "bytes_each": l.bytes_each,
                })
            })
            .collect();
        let figures: Vec<Value> = self
            .figures
            .iter()
            .map(|f| {
                let (at_least, at_most) = match f.target {
                    Target::AtLeast(bound) => (Some(bound), None),
                    Target::AtMost(bound) => (None, Some(bound)),
                    Target::None => (None, None),
                };
                json!({
                    "what": f.what, "ratio": spread(f.ratio), "at_least": at_least, "at_most": at_most,
                    "reached": f.target.reached(f.ratio.median),
                })
            })
            .collect();
        json!({
            "row": self.id, "work": self.work, "unit": self.unit, "contestants": lanes, "figures": figures,
            "notes": self.notes, "fdatasync_per_second": self.syncs,
        })
    }
}

/// All rows as JSON.
#[must_use]
pub fn json(machine: &Machine, rows: &[Row]) -> Value {
    json!({ "machine": machine.json(), "rows": rows.iter().map(Row::json).collect::<Vec<_>>() })
}

/// All rows as one table, with what stands beside each row below it.
#[must_use]
pub fn table(machine: &Machine, rows: &[Row]) -> String {
    let mut lines = vec![["row", "of / to", "ratio", "lowest", "highest", "target", ""].map(str::to_owned)];
    for row in rows {
        for (i, figure) in row.figures.iter().enumerate() {
            let verdict = match figure.target.reached(figure.ratio.median) {
                Some(true) => "reached",
                Some(false) => "NOT REACHED",
                None => "",
            };
            lines.push([
                if i == 0 { row.id.to_owned() } else { String::new() },
                figure.what.clone(),
                ratio(figure.ratio.median),
                ratio(figure.ratio.low),
                ratio(figure.ratio.high),
                figure.target.text(),
                verdict.to_owned(),
            ]);
        }
    }
    let mut text = format!("{}\n\n{}\n", machine.text(), aligned(&lines));
    for row in rows {
        text.push_str(&format!("\n{}: {}\n", row.id, row.work));
        if let Some(syncs) = row.syncs {
            text.push_str(&format!(
                "  beside it, fdatasync of 4 KiB into a preallocated file: {}/s\n",
                rate(syncs)
            ));
        }
        for lane in &row.lanes {
            let s = lane.spread();
            let bytes = lane.bytes_each.map_or(String::new(), |b| format!(", {b:.0} bytes each"));
            let durability = match lane.durability {
                crate::harness::Durability::None => String::new(),
                other => format!(", {}", other.as_str()),
            };
            text.push_str(&format!(
                "  {}: {} {}/s ({} to {}){durability}{bytes}\n",
                lane.name,
                rate(s.median),
                row.unit,
                rate(s.low),
                rate(s.high)
            ));
        }
        for note in &row.notes {
            text.push_str(&format!("  {note}\n"));
        }
    }
    text
}

fn ratio(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}x") } else { format!("{value:.2}x") }
}

fn rate(value: f64) -> String {
    if value >= 1000.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.3}")
    }
}

fn aligned(lines: &[[String; 7]]) -> String {
    let width = |column: usize| lines.iter().map(|l| l[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..7).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let cells: Vec<String> = line
            .iter()
            .zip(&widths)
            .enumerate()
            .map(
                |(i, (cell, width))| {
                    if (2..=4).contains(&i) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
                },
            )
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}
