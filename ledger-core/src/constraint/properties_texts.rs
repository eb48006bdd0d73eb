//! Names, resources, regions, amounts and windows against models that try everything short.
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

use super::{Amount, Constraints, Name, Pattern, Region, Resource, ResourcePattern, Window, hours};
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeSet;

/// Whether a text with stars matches, letter by letter.
fn wild(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), None) => wild(rest, text),
        (Some((b'*', rest)), Some((_, later))) => wild(rest, text) || wild(pattern, later),
        (Some((p, rest)), Some((t, later))) => p == t && wild(rest, later),
        _ => false,
    }
}

/// All texts of these letters that are not empty and not longer.
fn texts(letters: &[char], longest: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..longest {
        last = last.iter().flat_map(|t| letters.iter().map(move |c| format!("{t}{c}"))).collect();
        all.extend(last.clone());
    }
    all.split_off(1)
}

/// Patterns of resources as their model: whether all below, and the segments.
fn resource() -> impl Strategy<Value = String> {
    let segment = select(vec!["a", "b", "*", "a*", "*a", "b*a", "ab*", "*ba", "ab"]);
    (prop::collection::vec(segment, 0..=2), any::<bool>(), select(vec!["", "/", "s:", "s://h/"]))
        .prop_filter_map("some place", |(mut segments, below, root)| {
            segments.extend(below.then_some("**"));
            (!segments.is_empty()).then(|| format!("{root}{}", segments.join("/")))
        })
}

fn model(pattern: &str, place: &str) -> bool {
    let split = |t: &str| {
        let root = ["s://h/", "s:", "/"].into_iter().find(|r| t.starts_with(r)).unwrap_or("");
        (root, t.strip_prefix(root).unwrap().split('/').map(str::to_owned).collect::<Vec<_>>())
    };
    let ((root, mut wanted), (other, segments)) = (split(pattern), split(place));
    let below = wanted.last().is_some_and(|s| s == "**") && wanted.pop().is_some();
    let deep = if below { segments.len() > wanted.len() } else { segments.len() == wanted.len() };
    root == other && deep && wanted.iter().zip(&segments).all(|(w, s)| wild(w.as_bytes(), s.as_bytes()))
}

/// Other spellings of a plain path.
fn spelled(segments: &[&str], how: &[u8]) -> String {
    let mut parts = Vec::new();
    for (segment, how) in segments.iter().zip(how) {
        parts.push(match how % 5 {
            0 => (*segment).to_owned(),
            1 => format!("./{segment}"),
            2 => format!("x/%2e%2E/{segment}"),
            3 => segment.bytes().map(|b| format!("%{b:02x}")).collect(),
            _ => format!("{segment}/y/.."),
        });
    }
    parts.join("/")
}

proptest! {
    /// Names: covering is containing, and the meet is what both match; tried with all short names.
    #[test]
    fn patterns_are_exact(a in "[ab]{0,3}\\*?[ab]{0,3}", b in "[ab]{0,3}\\*?[ab]{0,3}") {
        prop_assume!(!a.is_empty() && !b.is_empty());
        let (a, b) = (Pattern::new(a).unwrap(), Pattern::new(b).unwrap());
        let both = a.meet(&b);
        let (mut contained, mut shared) = (true, true);
        for text in texts(&['a', 'b'], 8) {
            let name = Name::new(&text).unwrap();
            let (in_a, in_b) = (wild(a.as_str().as_bytes(), text.as_bytes()), wild(b.as_str().as_bytes(), text.as_bytes()));
            prop_assert_eq!(a.matches(&name), in_a, "{}", text);
            contained &= in_a || !in_b;
            shared &= both.iter().any(|p| p.matches(&name)) == (in_a && in_b);
        }
        prop_assert_eq!(a.covers(&b), contained);
        prop_assert!(shared, "{:?}", both);
        prop_assert!(both.iter().all(|p| Pattern::new(p.as_str()).as_ref() == Ok(p)));
    }

    /// The same at the length where names end.
    #[test]
    fn patterns_are_exact_at_the_limit(head in 120_usize..128, tail in 0_usize..8, other in 0_usize..8) {
        let (a, b) = ("a".repeat(head), "a".repeat(tail));
        let (x, y) = (Pattern::new(format!("{a}*")), Pattern::new(format!("*{b}{}", "b".repeat(other))));
        let (Ok(x), Ok(y)) = (x, y) else { return Ok(()) };
        let both = x.meet(&y);
        for length in 1..=128 {
            for bs in 0..=other.min(length) {
                let name = Name::new(format!("{}{}", "a".repeat(length - bs), "b".repeat(bs))).unwrap();
                let shared = both.iter().any(|p| p.matches(&name));
                prop_assert_eq!(shared, x.matches(&name) && y.matches(&name), "{}", name);
            }
        }
        prop_assert!(both.iter().all(|p| Pattern::new(p.as_str()).as_ref() == Ok(p)));
    }

    /// Resources: covering is containing, and the meet is what both match; tried with all short places.
    #[test]
    fn resources_are_exact(a in resource(), b in resource()) {
        let (p, q) = (ResourcePattern::new(&a).unwrap(), ResourcePattern::new(&b).unwrap());
        let both = p.meet(&q).unwrap();
        let short = texts(&['a', 'b'], 4);
        let few = texts(&['a', 'b'], 2);
        let paths = short.iter().cloned()
            .chain(short.iter().flat_map(|x| short.iter().map(move |y| format!("{x}/{y}"))))
            .chain(short.iter().flat_map(|x| few.iter().map(move |y| format!("{x}/{y}/a"))))
            .chain(few.iter().flat_map(|x| short.iter().map(move |y| format!("{x}/{y}/a"))))
            .chain(["a/b/a/b".to_owned(), "ab/ab/ab/ab".to_owned()]);
        let root = ["s://h/", "s:", "/"].into_iter().find(|r| a.starts_with(r)).unwrap_or("");
        let mut contained = true;
        for path in paths {
            let text = format!("{root}{path}");
            let place = Resource::new(&text).unwrap();
            let (in_a, in_b) = (model(&a, &text), model(&b, &text));
            prop_assert_eq!(p.matches(&place), in_a, "{}", text);
            contained &= in_a || !in_b;
            prop_assert_eq!(both.iter().any(|m| m.matches(&place)), in_a && in_b, "{} {:?}", text, both);
        }
        let same_root = b.starts_with(root) && (root != "s:" || !b.starts_with("s://")) && (!root.is_empty() || !b.starts_with(['/', 's']));
        prop_assert_eq!(p.covers(&q), contained && same_root);
    }

    /// However a place is spelled, it is one place, and its own text is one of the spellings.
    #[test]
    fn spellings_are_one(
        segments in prop::collection::vec(select(vec!["a", "B", "c-d", "e.f", "~", "g_1"]), 1..5),
        (how, again) in (prop::array::uniform5(any::<u8>()), prop::array::uniform5(any::<u8>())),
        root in select(vec![("", ""), ("/", "/"), ("db:", "DB:"), ("https://host/", "HTTPS://Host:443/")]),
    ) {
        let one = Resource::new(format!("{}{}", root.0, spelled(&segments, &how))).unwrap();
        let two = Resource::new(format!("{}{}/", root.1, spelled(&segments, &again))).unwrap();
        prop_assert_eq!(&one, &two);
        prop_assert_eq!(one.to_string(), format!("{}{}", root.0, segments.join("/")));
    }

    /// What is read is written so that it is read the same; and what could lead elsewhere is not read.
    #[test]
    fn anything_else_is_refused(parts in prop::collection::vec(select(vec![
        "a", "b c", "..", ".", "", "%2e", "%2E%2e", "%2f", "%5C", "%00", "%0a", "%7f", "%", "%4", "%zz", "%2A", "%20", "%25", "%252e", "%c3%A9",
        "%c3", "%C0%AF", "a*", "*", "**", "***", "\\", "\0", "\n", "ä", "\u{2024}\u{2024}", "?", "#x", "@", "u@h", "h:80", "s:", " a", "a ", "a.", "<", "|",
    ]), 1..5), glue in select(vec!["/", "", "//"]), root in select(vec!["", "/", "s:", "s://", "s://h/"])) {
        let text = format!("{root}{}", parts.join(glue));
        let Ok(pattern) = ResourcePattern::new(&text) else { return Ok(()) };
        let written = pattern.to_string();
        prop_assert_eq!(&ResourcePattern::new(&written).unwrap(), &pattern, "{}", written);
        prop_assert!(text.is_ascii() && !text.contains(['\\', '\0', '\n', '?', '#']));
        prop_assert!(!["%2f", "%5C", "%00", "%0a", "%25"].iter().any(|bad| text.contains(bad)), "{}", text);
        prop_assert!(!written.split('/').any(|s| s == "." || s == ".."), "{}", written);
        // Never above its root.
        let path = written.strip_prefix("s://h/").unwrap_or(&text);
        let mut depth = 0_i32;
        for segment in path.replace("%2e", ".").replace("%2E", ".").split('/') {
            depth += match segment { ".." => -1, "." | "" => 0, _ => 1 };
            prop_assert!(depth >= 0 || text.starts_with("s:"), "{}", text);
        }
        prop_assert_eq!(Resource::new(&text).is_ok(), pattern.is_resource());
        prop_assert_eq!(written.contains('*'), !pattern.is_resource());
    }

    /// An amount is written as the number that is read.
    #[test]
    fn amounts_are_exact(micros in prop_oneof![0_u64..3_000_000, 0_u64..=999_999_999_999_999, (0_u64..=1_000_000_000_000).prop_map(|n| n * 1_000_000)]) {
        let amount = Amount::from_micros(micros).unwrap();
        let text = serde_json::to_string(&amount).unwrap();
        prop_assert_eq!(serde_json::from_str::<Amount>(&text).unwrap(), amount);
        prop_assert_eq!(Amount::new(amount.to_string()).unwrap(), amount);
        // Canonical: neither a zero nor a point at its end, no exponent unless it is very small.
        prop_assert!(!text.contains('.') || !text.ends_with(['0', '.']));
        prop_assert!(!text.contains(['e', 'E']) || micros < 100);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(serde_json::from_value::<Amount>(value).unwrap(), amount);
    }

    /// No other number is read as an amount.
    #[test]
    fn other_numbers_are_no_amounts(number in any::<f64>()) {
        if let Ok(amount) = serde_json::from_value::<Amount>(serde_json::json!(number)) {
            prop_assert_eq!(amount.to_string().parse::<f64>().unwrap(), number);
            prop_assert!(number.is_sign_positive());
        }
    }
}

/// Hours, as they are written; `at` in minutes of the day.
fn hours_text() -> impl Strategy<Value = (u16, u16)> {
    let at = || prop_oneof![select(vec![0_u16, 60, 540, 1020, 1320, 1439]), 0_u16..1440];
    (at(), prop_oneof![at(), Just(1440)]).prop_filter("not empty", |(start, end)| start != end)
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// The minutes of the day inside, found by walking from the start to the end.
fn walked(start: u16, end: u16) -> BTreeSet<u16> {
    let mut all = BTreeSet::new();
    let mut at = start;
    while at != end % 1440 || all.is_empty() {
        all.insert(at);
        at = (at + 1) % 1440;
    }
    all
}

/// 2024-03-15 UTC, when no zone of these tests changes its clock.
const MIDNIGHT: i64 = 1_710_460_800_000;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Windows: evaluation, order and meet agree with the minutes walked through, across midnight and between offsets.
    #[test]
    fn windows_are_exact(hours in prop::collection::vec((hours_text(), select(vec![0_i32, 60, -330, 840])), 2..4), within in 0_i64..60_000) {
        let windows: Vec<(Window, BTreeSet<u16>)> = hours.iter().map(|((start, end), ahead)| {
            let sign = if *ahead < 0 { '-' } else { '+' };
            let zone = clock(u16::try_from(ahead.abs()).unwrap());
            let window = Window::new(format!("{}-{} {sign}{zone}", clock(*start), clock(*end))).unwrap();
            assert_eq!(Window::new(window.to_string()).unwrap(), window);
            let utc = walked(*start, *end).into_iter().map(|m| u16::try_from((i32::from(m) - ahead).rem_euclid(1440)).unwrap());
            (window, utc.collect())
        }).collect();
        let one = |i: usize| std::slice::from_ref(&windows[i].0);
        let meet = windows.iter().skip(1).try_fold(one(0).to_vec(), |all, (w, _)| hours::meet(&all, std::slice::from_ref(w))).unwrap();
        for minute in 0..1440_u16 {
            let time = MIDNIGHT + i64::from(minute) * 60_000 + within;
            for (window, inside) in &windows {
                prop_assert_eq!(window.contains(time), inside.contains(&minute), "{} at {}", window, minute);
            }
            let all = windows.iter().all(|(_, inside)| inside.contains(&minute));
            prop_assert_eq!(meet.iter().all(|w| w.contains(time)), all, "{:?} at {}", meet, minute);
        }
        prop_assert_eq!(hours::left(one(0), one(1)).is_none(), windows[0].1.is_subset(&windows[1].1));
        prop_assert!(meet.len() <= windows.len());
    }

    /// Windows of one place are compared as written there, and hold by its clock.
    #[test]
    fn windows_of_a_place(a in hours_text(), b in hours_text(), zone in select(vec!["Europe/Berlin", "asia/kolkata", "America/St_Johns"])) {
        let window = |(start, end): (u16, u16)| Window::new(format!("{}-{} {zone}", clock(start), clock(end))).unwrap();
        let (x, y) = ([window(a)], [window(b)]);
        prop_assert_eq!(hours::left(&x, &y).is_none(), walked(a.0, a.1).is_subset(&walked(b.0, b.1)));
        let tz = jiff::tz::TimeZoneDatabase::bundled().get(zone).unwrap();
        for minute in 0..1440_i64 {
            let time = MIDNIGHT + minute * 60_000;
            let there = jiff::Timestamp::from_millisecond(time).unwrap().to_zoned(tz.clone());
            let at = u16::try_from(there.hour()).unwrap() * 60 + u16::try_from(there.minute()).unwrap();
            prop_assert_eq!(x[0].contains(time), walked(a.0, a.1).contains(&at));
        }
    }
}

#[test]
fn windows_that_cannot_be_compared_both_stay() {
    let list = |texts: &[&str]| texts.iter().map(|t| Window::new(t).unwrap()).collect::<Vec<_>>();
    let both = hours::meet(&list(&["09:00-17:00"]), &list(&["08:00-18:00 Europe/Berlin"])).unwrap();
    assert_eq!(both, list(&["08:00-18:00 Europe/Berlin", "09:00-17:00"]));
    assert_eq!(hours::meet(&list(&["09:00-10:00"]), &list(&["11:00-12:00"])).unwrap().len(), 2);
    assert_eq!(hours::meet(&list(&["22:00-10:00"]), &list(&["09:00-23:00"])).unwrap().len(), 2);
    assert_eq!(
        hours::meet(&list(&["22:00-06:00"]), &list(&["20:00-01:00"])).unwrap(),
        list(&["22:00-01:00"])
    );
    for bad in [
        "9:00-17:00",
        "09:00-09:00",
        "24:00-01:00",
        "09:00-24:01",
        "09:60-10:00",
        "09:00-17:00 Mars",
        "09:00-17:00 +15:00",
        "09:00-17:00  Z",
        "09:00-17:00 ",
        "09:00 - 17:00",
        "",
        "09:00-17:00 Etc/Unknown",
        "00:00-00:00",
        "09:00-17:00 +1:00",
    ] {
        assert!(Window::new(bad).is_err(), "{bad}");
    }
}

#[test]
fn regions_cover_their_parts() {
    let region = |t: &str| Region::new(t).unwrap();
    assert!(region("us").covers(&region("US-CA")) && !region("US-CA").covers(&region("US")));
    assert!(!region("US").covers(&region("UY")) && !region("US-C").covers(&region("US-CA")));
    for bad in ["", "U", "USA", "US-", "US-CALI", "U1", "US_CA", "ÜS", "US-CA-X"] {
        assert!(Region::new(bad).is_err(), "{bad}");
    }
}

/// Midnight is midnight before 1970 too, and an end is over when it comes.
#[test]
fn instants_are_rounded_down() {
    let window = Window::new("23:00-24:00").unwrap();
    assert!(window.contains(-1) && window.contains(-3_600_000));
    assert!(!window.contains(0) && !window.contains(-3_600_001));
}

#[test]
fn resources_that_could_lead_elsewhere_are_refused() {
    for bad in [
        "",
        ".",
        "a/..",
        "..",
        "../a",
        "a/../../b",
        "/..",
        "https://h/..",
        "s:..",
        "a//b",
        "//h/a",
        "a//",
        "s:/a",
        "s://",
        "s:///a",
        "https://",
        "https://u@h/a",
        "https://h:0/",
        "https://h:080/",
        "https://h:65536/",
        "https://h./",
        "https://*/a",
        "https://h%41/",
        "https://[::1]/",
        "1a:b",
        "./a:b",
        "x/../a:b",
        "a.",
        "a/b./c",
        "...",
        " a",
        "a /b",
        "a/%20",
        "a\\b",
        "a?b",
        "a#b",
        "ä",
        "a%",
        "a%4",
        "a%2f",
        "a%5c",
        "a%00",
        "a%252f",
        "a%c3",
        "a%c0%af",
        "**/a",
        "a/**/..",
        "a/*/..",
        "a**",
        "*a*",
        "***",
    ] {
        assert!(ResourcePattern::new(bad).is_err(), "{bad}");
    }
    assert!(
        ResourcePattern::new("a".repeat(1_024)).is_ok() && ResourcePattern::new("a".repeat(1_025)).is_err()
    );
}

/// A star never stands for half of an encoded byte, and an encoded star is none.
#[test]
fn stars_stand_for_whole_letters() {
    let matches = |p: &str, r: &str| ResourcePattern::new(p).unwrap().matches(&Resource::new(r).unwrap());
    assert!(!matches("*0b", "a%20b") && matches("*%20b", "a b") && matches("a*", "a%2Ab"));
    assert!(!matches("a%2A", "ab") && matches("a%2a", "a%2A") && matches("caf%C3%A9/*", "caf%c3%a9/x"));
    assert!(ResourcePattern::new("caf%C3*").is_err());
    assert!(!matches("invoices/**", "invoices") && matches("invoices/**", "invoices/a/../2024/x"));
    assert!(!matches("invoices/*", "invoices/../payroll"));
}

/// A meet that nobody could write down is refused, quickly.
#[test]
fn a_meet_too_long_is_refused() {
    let (a, b) =
        (ResourcePattern::new(vec!["a*"; 300].join("/")), ResourcePattern::new(vec!["*a"; 300].join("/")));
    assert!(a.unwrap().meet(&b.unwrap()).is_err());
    let letters = |i: u32| format!("{i:04}");
    let heads = (0..1_000).map(|i| Pattern::new(format!("{}*", letters(i))).unwrap()).collect();
    let tails = (0..1_000).map(|i| Pattern::new(format!("*{}", letters(i))).unwrap()).collect();
    let of = |list| Constraints { allowed_actions: Some(list), ..Constraints::default() };
    let (heads, tails): (Constraints, Constraints) = (of(heads), of(tails));
    assert!(heads.meet(&tails).is_err());
    assert!(heads.meet(&heads).is_ok_and(|same| same.tighter_than(&heads)));
}
