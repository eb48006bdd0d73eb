//! What holds for every JSON text: agreement with independent implementations, and of the module's own functions with one another.
//!
//! Not the list of refusals (`refusals`).
#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

use std::cmp::Ordering;

use proptest::prelude::*;
use serde_json::{Number, Value as Tree};

use super::{
    Deviation, ErrorKind, Kind, Value, canonicalize, canonicalize_into, check_canonical, is_canonical, parse,
    write_string,
};

fn text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        6 => prop::char::range('a', 'f'),
        1 => prop::char::range('\0', '\u{1F}'),
        1 => prop::sample::select(vec!['"', '\\', '/', '\u{7F}', '\u{2028}', '\u{D7FF}', '\u{E000}', '\u{FFFF}']),
        1 => prop::char::range('\u{10000}', '\u{10FFFF}'),
        1 => any::<char>(),
    ];
    prop::collection::vec(character, 0..30).prop_map(String::from_iter)
}

fn number() -> impl Strategy<Value = Tree> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        any::<i32>().prop_map(f64::from),
        (any::<i64>(), -9..9).prop_map(|(n, e)| (n >> 20) as f64 * 10f64.powi(e)),
        (0u64..1 << 54).prop_map(|n| n as f64),
        (-8..16).prop_map(|e| 10f64.powi(e)),
    ]
    .prop_map(|double| Number::from_f64(double).map_or(Tree::Null, Tree::Number))
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::Bool),
        number(),
        text().prop_map(Tree::String)
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Tree::Array),
            prop::collection::vec((text(), inner.clone()), 0..6)
                .prop_map(|m| Tree::Object(m.into_iter().collect())),
            // Enough short keys for collisions of prefixes, and for the sorted duplicate check.
            prop::collection::vec(("[a-c\u{E000}\u{10000}\"]{0,3}", inner), 15..22)
                .prop_map(|m| Tree::Object(m.into_iter().collect())),
        ]
    })
}

/// Spells a tree in one of its many ways, chosen by a small generator.
struct Speller {
    state: u64,
    out: String,
}

impl Speller {
    fn below(&mut self, n: u64) -> u64 {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % n
    }

    fn space(&mut self) {
        while self.below(4) == 0 {
            let space = [' ', '\n', '\r', '\t'][self.below(4) as usize];
            self.out.push(space);
        }
    }

    fn string(&mut self, string: &str) {
        self.out.push('"');
        for c in string.chars() {
            let must = c < ' ' || c == '"' || c == '\\';
            let short = "\"\\/\u{8}\t\n\u{C}\r".find(c).filter(|_| self.below(2) == 0);
            if let Some(at) = short {
                self.out.push('\\');
                self.out.push(char::from(b"\"\\/btnfr"[at]));
            } else if must || self.below(8) == 0 {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let spelt =
                        if self.below(2) == 0 { format!("\\u{unit:04x}") } else { format!("\\u{unit:04X}") };
                    self.out.push_str(&spelt);
                }
            } else {
                self.out.push(c);
            }
        }
        self.out.push('"');
    }

    fn number(&mut self, double: f64) {
        let plain = format!("{double}");
        let spelt = match self.below(5) {
            0 => plain,
            1 => format!("{double:?}"),
            2 => format!("{double:E}"),
            3 => format!("{double:.20e}").replace('e', "e+").replace("+-", "-"),
            _ if plain.contains('.') => plain + "000",
            _ => plain + ".000",
        };
        self.out.push_str(&spelt);
    }

    fn value(&mut self, tree: &Tree) {
        self.space();
        match tree {
            Tree::Null | Tree::Bool(_) => self.out.push_str(&tree.to_string()),
            Tree::Number(n) => self.number(n.as_f64().unwrap()),
            Tree::String(s) => self.string(s),
            Tree::Array(elements) => self.container('[', ']', elements.iter(), Self::value),
            Tree::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                match self.below(3) {
                    0 => {}
                    1 => members.reverse(),
                    _ => {
                        for i in 0..members.len() {
                            let j = self.below(members.len() as u64) as usize;
                            members.swap(i, j);
                        }
                    }
                }
                self.container('{', '}', members.iter(), |me, (key, value)| {
                    me.space();
                    me.string(key);
                    me.space();
                    me.out.push(':');
                    me.value(value);
                });
            }
        }
        self.space();
    }

    fn container<T>(
        &mut self,
        open: char,
        close: char,
        items: impl Iterator<Item = T>,
        each: impl Fn(&mut Self, T),
    ) {
        self.out.push(open);
        self.space();
        for (i, item) in items.enumerate() {
            if i > 0 {
                self.out.push(',');
            }
            each(self, item);
        }
        self.out.push(close);
    }
}

fn spell(tree: &Tree, seed: u64) -> String {
    let mut speller = Speller { state: seed, out: String::new() };
    speller.value(tree);
    speller.out
}

fn has_inexact_number(tree: &Tree) -> bool {
    match tree {
        Tree::Number(n) => n.as_f64().unwrap().abs() > 9_007_199_254_740_991.0,
        Tree::Array(elements) => elements.iter().any(has_inexact_number),
        Tree::Object(members) => members.values().any(has_inexact_number),
        _ => false,
    }
}

/// The tree of a parsed value, and on the way: every span is the node's own source.
fn to_tree(value: &Value<'_>, input: &[u8]) -> Tree {
    let source = value.source(input);
    assert_eq!(source.trim_ascii(), source);
    let (first, last) = (source[0], source[source.len() - 1]);
    match &value.kind {
        Kind::Null | Kind::Bool(_) => serde_json::from_slice(source).unwrap(),
        Kind::Number(raw) => {
            assert_eq!(raw.as_bytes(), source);
            Number::from_f64(raw.parse().unwrap()).map_or(Tree::Null, Tree::Number)
        }
        Kind::String(text) => {
            assert_eq!((first, last), (b'"', b'"'));
            Tree::String(text.to_string())
        }
        Kind::Array(elements) => {
            assert_eq!((first, last), (b'[', b']'));
            Tree::Array(elements.iter().map(|e| to_tree(e, input)).collect())
        }
        Kind::Object(members) => {
            assert_eq!((first, last), (b'{', b'}'));
            Tree::Object(members.iter().map(|(k, v)| (k.to_string(), to_tree(v, input))).collect())
        }
    }
}

/// What must hold for any bytes at all.
fn check_consistency(input: &[u8]) {
    let canonical = canonicalize(input);
    assert_eq!(is_canonical(input), canonical.as_deref() == Ok(input));
    match (&canonical, parse(input)) {
        (Ok(bytes), Ok(_)) => {
            assert_eq!(canonicalize(bytes).as_ref(), Ok(bytes));
            let mut out = b"kept".to_vec();
            assert_eq!(canonicalize_into(input, &mut out), Ok(()));
            assert_eq!(out, [b"kept", &bytes[..]].concat());
            assert!(serde_json::from_slice::<Tree>(input).is_ok(), "more lenient than serde_json");
        }
        (Err(error), parsed) => {
            assert!(error.offset <= input.len());
            assert!(parsed.is_err() || error.kind == ErrorKind::NumberOutOfRange);
            let mut out = b"kept".to_vec();
            assert_eq!(canonicalize_into(input, &mut out), Err(*error));
            assert_eq!(out, b"kept");
        }
        (Ok(_), Err(error)) => panic!("canonicalised what does not parse: {error}"),
    }
}

proptest! {
    #[test]
    fn agrees_with_an_independent_canonicaliser(tree in tree(), seed in any::<u64>()) {
        let input = spell(&tree, seed);
        let expected = serde_json_canonicalizer::to_vec(&tree).unwrap();
        if has_inexact_number(&tree) {
            prop_assert_eq!(canonicalize(input.as_bytes()).unwrap_err().kind, ErrorKind::NumberOutOfRange);
            prop_assert!(!is_canonical(&expected));
        } else {
            let canonical = canonicalize(input.as_bytes()).unwrap();
            prop_assert_eq!(String::from_utf8_lossy(&canonical), String::from_utf8_lossy(&expected));
            prop_assert!(check_canonical(&canonical).is_ok());
        }
        let parsed = parse(input.as_bytes()).unwrap();
        prop_assert_eq!(to_tree(&parsed, input.as_bytes()), tree);
        check_consistency(input.as_bytes());
    }

    #[test]
    fn any_damage_is_handled_alike(tree in tree(), seed in any::<u64>(), at in any::<prop::sample::Index>(), byte in prop_oneof![
        any::<u8>(), prop::sample::select(&b"\"\\{}[],:0-.eE \n\x1f\xff"[..])
    ]) {
        let mut input = spell(&tree, seed).into_bytes();
        let at = at.index(input.len());
        check_consistency(&input[..at]);
        input[at] = byte;
        check_consistency(&input);
        input.remove(at);
        check_consistency(&input);
    }

    #[test]
    fn arbitrary_bytes_never_panic(input in prop::collection::vec(any::<u8>(), 0..60), json in "[\\[\\]{}\",:\\\\udDcC0189.eE+ aé-]{0,40}") {
        check_consistency(&input);
        check_consistency(json.as_bytes());
    }

    #[test]
    fn short_numbers_are_spelt_as_ecmascript_does(negative: bool, integer in "0|[1-9][0-9]{0,16}", fraction in "(\\.0{0,8}[0-9]{1,12})?") {
        let spelt = format!("{}{integer}{fraction}", if negative { "-" } else { "" });
        let double: f64 = spelt.parse().unwrap();
        if double.abs() <= 9_007_199_254_740_991.0 {
            let expected = ryu_js::Buffer::new().format(double).to_owned();
            prop_assert_eq!(canonicalize(spelt.as_bytes()).unwrap(), expected.into_bytes());
        }
        check_consistency(spelt.as_bytes());
    }

    #[test]
    fn a_written_string_is_canonical(string in text()) {
        let mut out = Vec::new();
        write_string(&mut out, &string);
        prop_assert_eq!(check_canonical(&out), Ok(()));
        let parsed = parse(&out).unwrap();
        prop_assert_eq!(parsed.as_str(), Some(&*string));
    }

    #[test]
    fn keys_ascend_by_utf16_code_units(a in text(), b in text()) {
        let mut out = b"{".to_vec();
        write_string(&mut out, &a);
        out.extend_from_slice(b":0,");
        write_string(&mut out, &b);
        out.extend_from_slice(b":0}");
        let expected = match a.encode_utf16().cmp(b.encode_utf16()) {
            Ordering::Less => Ok(()),
            Ordering::Equal => Err(ErrorKind::DuplicateKey),
            Ordering::Greater => Err(ErrorKind::NotCanonical(Deviation::KeyOrder)),
        };
        prop_assert_eq!(check_canonical(&out).map_err(|e| e.kind), expected);
    }
}
