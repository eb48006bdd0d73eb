//! A time window: hours of every day, in a fixed offset or in the time of a place.
//!
//! Not here: several windows together (`hours`). Invariant: a window is an arc of the day, never empty; where the time
//! of its zone cannot be told, no instant is inside.
//! Source: DOMAIN.md §9 ("midnight crossings handled"). Zones are those of the bundled time zone database, never the machine's.

use super::text::{text_form, wrong};
use crate::error::Result;
use jiff::tz::TimeZoneDatabase;
use std::fmt;
use std::sync::LazyLock;

/// Minutes of a day.
pub(super) const DAY: u16 = 1_440;
/// Milliseconds of a minute.
const MINUTE: i64 = 60_000;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// From a minute of the day until another, every day: `09:00-17:00`, `22:00-06:00 Europe/Berlin`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Window {
    /// The first minute, 0 to 1439.
    start: u16,
    /// The minute after the last, 1 to 1440; less than `start` when midnight is inside.
    end: u16,
    zone: Zone,
}

/// Whose time it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Zone {
    /// This many minutes ahead of UTC.
    Ahead(i16),
    /// By the rules of this name.
    Named(String),
}

const FORM: &str = "HH:MM-HH:MM (UTC; the end may be 24:00), and possibly a space and Z, an offset such as +01:00 or an IANA zone";

text_form!(Window, FORM);

impl Window {
    /// Reads a window.
    ///
    /// # Errors
    /// `LG_104` for another form, an empty window, an unknown zone.
    pub fn new(text: impl AsRef<str>) -> Result<Self> {
        let text = text.as_ref();
        let wrong = |why: &str| wrong(text, "time window", why);
        let (hours, zone) = text.split_once(' ').unwrap_or((text, "Z"));
        let (start, end) = hours
            .split_once('-')
            .and_then(|(s, e)| Some((minute(s).filter(|m| *m < DAY)?, minute(e)?)))
            .ok_or_else(|| wrong(&format!("expected {FORM}")))?;
        if start == end {
            return Err(wrong("it ends where it begins: a whole day is 00:00-24:00"));
        }
        let zone = Zone::read(zone).ok_or_else(|| wrong("its zone is unknown"))?;
        // Midnight is the end of a day here, not the beginning of the next.
        Ok(Self { start, end: if end == 0 { DAY } else { end }, zone })
    }

    /// In UTC, from this minute until that one, where that makes an arc.
    pub(super) fn utc(start: u16, end: u16) -> Option<Self> {
        (start < DAY && (1..=DAY).contains(&end) && start != end).then_some(Self {
            start,
            end,
            zone: Zone::Ahead(0),
        })
    }

    /// The same hours in the zone of another window, when that has a name.
    pub(super) fn in_zone_of(mut self, other: &Self) -> Self {
        if let Zone::Named(_) = other.zone {
            self.zone = other.zone.clone();
        }
        self
    }

    /// Which windows it can be compared with: those of the same name, or of none.
    pub(super) fn zone(&self) -> Option<&str> {
        match &self.zone {
            Zone::Ahead(_) => None,
            Zone::Named(name) => Some(name),
        }
    }

    /// Whether this minute of the day is inside: of the day in UTC when the offset is fixed, else of the day there.
    pub(super) fn has(&self, minute: u16) -> bool {
        let ahead = match self.zone {
            Zone::Ahead(minutes) => minutes,
            Zone::Named(_) => 0,
        };
        self.has_local(i64::from(minute).saturating_add(ahead.into()))
    }

    /// Whether it is the whole day.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.start == 0 && self.end == DAY
    }

    /// Whether the instant is inside, milliseconds since 1970.
    #[must_use]
    pub fn contains(&self, time: i64) -> bool {
        if self.is_full() {
            return true;
        }
        let ahead = match &self.zone {
            Zone::Ahead(minutes) => Some(i64::from(*minutes).saturating_mul(MINUTE)),
            Zone::Named(name) => jiff::Timestamp::from_millisecond(time)
                .ok()
                .and_then(|instant| Some(ZONES.get(name).ok()?.to_offset(instant)))
                .map(|offset| i64::from(offset.seconds()).saturating_mul(1000)),
        };
        ahead.is_some_and(|ahead| self.has_local(time.saturating_add(ahead).div_euclid(MINUTE)))
    }

    /// Whether this minute, counted from some midnight of the window's own time, is inside.
    fn has_local(&self, minute: i64) -> bool {
        let minute = minute.rem_euclid(i64::from(DAY));
        let (started, over) = (minute >= i64::from(self.start), minute >= i64::from(self.end));
        if self.start < self.end { started && !over } else { started || !over }
    }
}

impl Zone {
    fn read(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("Z") || text.eq_ignore_ascii_case("UTC") {
            return Some(Self::Ahead(0));
        }
        if let Some(hours) = text.strip_prefix(['+', '-']) {
            let minutes = i16::try_from(minute(hours).filter(|m| *m <= 14 * 60)?).ok()?;
            return Some(Self::Ahead(if text.starts_with('-') {
                0_i16.saturating_sub(minutes)
            } else {
                minutes
            }));
        }
        let zone = ZONES.get(text).ok().filter(|z| !z.is_unknown())?;
        zone.iana_name().map(|name| Self::Named(name.to_owned()))
    }
}

/// `HH:MM` as a minute of the day, 0 to 1440.
fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |t: &str| -> Option<u16> {
        (t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.parse().ok())?
    };
    let minutes = number(minutes).filter(|m| *m < 60)?;
    number(hours)?.checked_mul(60)?.checked_add(minutes).filter(|m| *m <= DAY)
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |m: u16| format!("{:02}:{:02}", m / 60, m % 60);
        write!(f, "{}-{}", clock(self.start), clock(self.end))?;
        match &self.zone {
            Zone::Ahead(0) => Ok(()),
            Zone::Ahead(minutes) => {
                let sign = if *minutes < 0 { '-' } else { '+' };
                write!(f, " {sign}{}", clock(minutes.unsigned_abs()))
            }
            Zone::Named(name) => write!(f, " {name}"),
        }
    }
}
