//! A sheet of character cells on which boxes, lines and text are put.
//!
//! Not here: where they go. Invariant: what lies outside the sheet is not drawn; lines of two owners that meet in a cell cross, lines of one
//! owner join; text covers lines.

use super::styled::segment;
use super::{EdgeKind, Role, Text, words};
use unicode_width::UnicodeWidthChar as _;

const UP: u8 = 1;
const DOWN: u8 = 2;
const LEFT: u8 = 4;
const RIGHT: u8 = 8;

/// What a line belongs to: lines with equal numbers join.
pub(super) type Owner = usize;

#[derive(Clone, Copy, Default)]
struct Cell {
    /// A character with its role; a wide one takes the next cell too, which then holds `\0`.
    text: Option<(char, Role)>,
    /// Marks on it.
    marks: [Option<char>; 2],
    vertical: Option<(Owner, EdgeKind)>,
    horizontal: Option<(Owner, EdgeKind)>,
    mask: u8,
}

/// The sheet.
pub(super) struct Canvas {
    rows: Vec<Vec<Cell>>,
}

impl Canvas {
    /// An empty sheet.
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { rows: vec![vec![Cell::default(); width]; height] }
    }

    fn cell(&mut self, x: usize, y: usize) -> Option<&mut Cell> {
        self.rows.get_mut(y)?.get_mut(x)
    }

    /// Puts text, already clean, on one line; gives the column after it.
    pub(super) fn put(&mut self, x: usize, y: usize, text: &str, role: Role) -> usize {
        let (mut x, mut last) = (x, None);
        for c in text.chars() {
            let width = c.width().unwrap_or(0);
            if width == 0 {
                let letter = last.and_then(|x| self.cell(x, y));
                let free = letter.and_then(|letter| letter.marks.iter_mut().find(|mark| mark.is_none()));
                if let Some(free) = free {
                    *free = Some(c);
                }
                continue;
            }
            last = Some(x);
            if let Some(cell) = self.cell(x, y) {
                (cell.text, cell.marks) = (Some((c, role)), [None; 2]);
            }
            if width == 2
                && let Some(cell) = self.cell(x.saturating_add(1), y)
            {
                cell.text = Some(('\0', role));
            }
            x = x.saturating_add(width);
        }
        x
    }

    /// A vertical line, both ends included. The ends are open towards the line's inside only.
    pub(super) fn vertical(&mut self, x: usize, from: usize, to: usize, owner: Owner, kind: EdgeKind) {
        for y in from..=to {
            let up = if y > from { UP } else { 0 };
            let down = if y < to { DOWN } else { 0 };
            if let Some(cell) = self.cell(x, y) {
                cell.vertical = Some((owner, kind));
                cell.mask |= up | down;
            }
        }
    }

    /// A horizontal line, both ends included.
    pub(super) fn horizontal(&mut self, y: usize, from: usize, to: usize, owner: Owner, kind: EdgeKind) {
        for x in from..=to {
            let left = if x > from { LEFT } else { 0 };
            let right = if x < to { RIGHT } else { 0 };
            if let Some(cell) = self.cell(x, y) {
                cell.horizontal = Some((owner, kind));
                cell.mask |= left | right;
            }
        }
    }

    /// Adds the lines of the sheet to a text.
    pub(super) fn print(&self, text: &mut Text) {
        for row in &self.rows {
            let mut line = Vec::new();
            for cell in row {
                let (c, role) = cell.shown();
                line.extend((c != '\0').then(|| segment(role, c)));
                line.extend(cell.marks.into_iter().flatten().map(|mark| segment(role, mark)));
            }
            text.push(line);
        }
    }
}

impl Cell {
    fn shown(&self) -> (char, Role) {
        if let Some(text) = self.text {
            return text;
        }
        match (self.vertical, self.horizontal) {
            (None, None) => (' ', Role::Plain),
            (Some((_, kind)), None) => (glyph(self.mask & (UP | DOWN), kind), Role::Edge(kind)),
            (None, Some((_, kind))) => (glyph(self.mask & (LEFT | RIGHT), kind), Role::Edge(kind)),
            (Some((owner, kind)), Some((other, _))) if owner == other => {
                (glyph(self.mask, kind), Role::Edge(kind))
            }
            // Two lines that cross: the vertical one passes over the other.
            (Some((_, kind)), Some(_)) => (glyph(UP | DOWN, kind), Role::Edge(kind)),
        }
    }
}

/// The sign for a piece of a line, by the sides at which it is open; a piece that is open at one side only is drawn through.
fn glyph(mask: u8, kind: EdgeKind) -> char {
    let (light, dashed, heavy) = match mask {
        0..=3 => ('│', '┆', '┃'),
        4 | 8 | 12 => ('─', '┄', '━'),
        10 => ('┌', '╭', '┏'),
        6 => ('┐', '╮', '┓'),
        9 => ('└', '╰', '┗'),
        5 => ('┘', '╯', '┛'),
        11 => ('├', '├', '┣'),
        7 => ('┤', '┤', '┫'),
        14 => ('┬', '┬', '┳'),
        13 => ('┴', '┴', '┻'),
        _ => ('┼', '┼', '╋'),
    };
    match kind {
        EdgeKind::Dependency => light,
        EdgeKind::DataFlow => dashed,
        EdgeKind::Barrier => heavy,
    }
}

/// The signs of a frame: corners from the upper left around, the horizontal, the vertical, and the horizontal where a line leaves it.
#[derive(Clone, Copy)]
pub(super) struct Frame(pub [char; 7]);

impl Canvas {
    /// An empty box; inside it nothing of a line is seen.
    pub(super) fn frame(
        &mut self,
        x: usize,
        y: usize,
        width: usize,
        height: usize,
        frame: Frame,
        role: Role,
    ) {
        let Frame([top_left, top_right, bottom_right, bottom_left, across, down, _]) = frame;
        let inner = width.saturating_sub(2);
        let line = |left: char, right: char, between: char| {
            let mut line = String::from(left);
            line.extend(std::iter::repeat_n(between, inner));
            line.push(right);
            line
        };
        self.put(x, y, &line(top_left, top_right, across), role);
        for y in (y..y.saturating_add(height)).skip(1) {
            self.put(x, y, &line(down, down, ' '), role);
        }
        let last = y.saturating_add(height.saturating_sub(1));
        self.put(x, last, &line(bottom_left, bottom_right, across), role);
    }

    /// Text in the middle of so many columns, cut where it is longer.
    pub(super) fn centred(&mut self, x: usize, y: usize, width: usize, text: &str, role: Role) {
        let text = words::shorten(text, width);
        let before = width.saturating_sub(words::columns(&text)) / 2;
        self.put(x.saturating_add(before), y, &text, role);
    }
}
