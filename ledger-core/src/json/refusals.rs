//! Texts that are refused, each with its reason and place, and the examples of RFC 8785.
//!
//! Not properties over all texts (`properties`).

use super::ErrorKind::{
    ByteOrderMark, ControlCharacter, DuplicateKey, InvalidEscape, InvalidNumber, InvalidUtf8, LoneSurrogate,
    NotCanonical, NotFinite, NumberOutOfRange, TooDeep, TrailingBytes, Unexpected, UnexpectedEnd,
};
use super::{
    Deviation, ErrorKind, MAX_DEPTH, Position, canonicalize, canonicalize_within, check_canonical, parse,
};

const VALUE: ErrorKind = Unexpected("a value");

/// Input, reason, and the offset of the offending byte.
const NOT_JSON: &[(&[u8], ErrorKind, usize)] = &[
    (b"", UnexpectedEnd, 0),
    (b" \n", UnexpectedEnd, 2),
    (b"\xEF\xBB\xBF{}", ByteOrderMark, 0),
    (b"\"\xFF\"", InvalidUtf8, 1),
    (b"\"\xED\xA0\x80\"", InvalidUtf8, 1),
    (b"\xFF\xFE{\0}\0", InvalidUtf8, 0),
    (b"{", UnexpectedEnd, 1),
    (b"[1,", UnexpectedEnd, 3),
    (b"[1", UnexpectedEnd, 2),
    (b"\"a", UnexpectedEnd, 2),
    (b"\"\\", UnexpectedEnd, 2),
    (b"tru", UnexpectedEnd, 3),
    (b"-", UnexpectedEnd, 1),
    (b"1.", UnexpectedEnd, 2),
    (b"1e+", UnexpectedEnd, 3),
    (b"{\"a\":1,\"b\"", UnexpectedEnd, 10),
    (b"True", VALUE, 0),
    (b"nulx", VALUE, 0),
    (b"'a'", VALUE, 0),
    (b"[1,]", VALUE, 3),
    (b"[,1]", VALUE, 1),
    (b"+1", VALUE, 0),
    (b".5", VALUE, 0),
    (b"// no\n1", VALUE, 0),
    (b"\x0B1", VALUE, 0),
    (b"\xC2\xA01", VALUE, 0),
    (b"[1}", Unexpected("`,` or `]`"), 2),
    (b"[1 2]", Unexpected("`,` or `]`"), 3),
    (b"{\"a\":1]", Unexpected("`,` or `}`"), 6),
    (b"{\"a\" 1}", Unexpected("`:`"), 5),
    (b"{\"a\":1,}", Unexpected("a key in double quotes"), 7),
    (b"{a:1}", Unexpected("a key in double quotes, or `}`"), 1),
    (b"{1:1}", Unexpected("a key in double quotes, or `}`"), 1),
    (b"{} x", TrailingBytes, 3),
    (b"1 2", TrailingBytes, 2),
    (b"01", InvalidNumber, 0),
    (b"[-01]", InvalidNumber, 1),
    (b"1.e5", InvalidNumber, 0),
    (b"1e5.5", TrailingBytes, 3),
    (b"-a", InvalidNumber, 0),
    (b"0x10", TrailingBytes, 1),
    (b"NaN", NotFinite, 0),
    (b"[Infinity]", NotFinite, 1),
    (b"-Infinity", NotFinite, 0),
    (b"\"a\nb\"", ControlCharacter, 2),
    (b"\"\0\"", ControlCharacter, 1),
    (b"\"0123456789\x1F\"", ControlCharacter, 11),
    (b"\"ab\\x41\"", InvalidEscape, 3),
    (b"\"\\u12G4\"", InvalidEscape, 1),
    (b"\"\\u+123\"", InvalidEscape, 1),
    (b"\"\\u12\"", InvalidEscape, 1),
    (b"\"\\U00e9\"", InvalidEscape, 1),
    (b"\"\\ud800\"", LoneSurrogate, 1),
    (b"\"a\\uDC00\"", LoneSurrogate, 2),
    (b"\"\\ud800\\ud800\"", LoneSurrogate, 1),
    (b"\"\\udc00\\ud800\"", LoneSurrogate, 1),
    (b"\"\\ud800x\"", LoneSurrogate, 1),
    (b"{\"\\ud800\":1}", LoneSurrogate, 2),
    (b"{\"a\":1,\"a\":1}", DuplicateKey, 7),
    (b"{\"b\":1,\"a\":2,\"b\":3}", DuplicateKey, 13),
    (b"{\"a\":1,\"\\u0061\":2}", DuplicateKey, 7),
    (b"[{\"\xF0\x9F\x98\x80\":1,\"\\ud83d\\ude00\":2}]", DuplicateKey, 11),
];

#[test]
fn what_is_not_json_is_refused_with_its_reason_and_offset() {
    for &(input, kind, offset) in NOT_JSON {
        let shown = String::from_utf8_lossy(input);
        let canonical = canonicalize(input).unwrap_err();
        assert_eq!((canonical.kind, canonical.offset), (kind, offset), "canonicalize({shown:?})");
        assert_eq!(parse(input).unwrap_err(), canonical, "parse({shown:?})");
        assert!(check_canonical(input).is_err(), "check_canonical({shown:?})");
    }
}

#[test]
fn duplicates_among_many_keys_are_found_in_any_order() {
    for count in [3_usize, 15, 16, 17, 40] {
        for (first, second) in [(0, count - 1), (count / 2, count - 1), (1, 2)] {
            let mut keys: Vec<String> = (0..count).map(|i| format!("k{:02}", (i * 7) % count)).collect();
            keys[second] = keys[first].clone();
            let members: Vec<String> = keys.iter().map(|k| format!("\"{k}\":0")).collect();
            let text = format!("{{{}}}", members.join(","));
            for error in [parse(text.as_bytes()).unwrap_err(), canonicalize(text.as_bytes()).unwrap_err()] {
                assert_eq!((error.kind, error.offset), (DuplicateKey, 1 + 8 * second), "{text}");
            }
        }
    }
}

#[test]
fn numbers_that_a_double_does_not_hold_exactly_are_refused_however_written() {
    let refused = [
        "9007199254740992",
        "-9007199254740992",
        "9007199254740993.5",
        "9007199254740991.5",
        "1e16",
        "-1E+16",
        "10000000000000000000000",
        "1E400",
        "-1e999999999999",
        "0.1e18",
        "90071992547409920e-1",
    ];
    for number in refused {
        let text = format!("[0,{number}]");
        let expected = Err((NumberOutOfRange, 3));
        assert_eq!(canonicalize(text.as_bytes()).map_err(|e| (e.kind, e.offset)), expected, "{number}");
        assert_eq!(
            check_canonical(text.as_bytes()).map_err(|e| (e.kind, e.offset)),
            expected.map(|_: Vec<u8>| ())
        );
        let parsed = parse(text.as_bytes()).unwrap();
        assert_eq!(parsed.as_array().unwrap()[1].as_number(), Some(number), "kept as written");
    }
    let accepted = [
        ("9007199254740991", "9007199254740991"),
        ("-9007199254740991.0", "-9007199254740991"),
        ("-0", "0"),
        ("-0.0e9", "0"),
        ("1e-999999", "0"),
        ("5e-324", "5e-324"),
        ("1e-400", "0"),
        ("0.1e2", "10"),
        ("1E5", "100000"),
        ("4.50", "4.5"),
        ("2e-3", "0.002"),
        ("0.000001", "0.000001"),
        ("0.0000001", "1e-7"),
        ("333333333.33333329", "333333333.3333333"),
        ("9.000000000000001", "9.000000000000002"),
    ];
    for (number, canonical) in accepted {
        assert_eq!(canonicalize(number.as_bytes()).as_deref(), Ok(canonical.as_bytes()), "{number}");
    }
}

#[test]
fn depth_is_bounded_without_a_stack() {
    let nested = |open: &str, close: &str, depth: usize| {
        [open.repeat(depth), "0".into(), close.repeat(depth)].concat()
    };
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), (" [ ", " ] ")] {
        let deepest = nested(open, close, MAX_DEPTH);
        assert!(parse(deepest.as_bytes()).is_ok() && canonicalize(deepest.as_bytes()).is_ok());
        for depth in [MAX_DEPTH + 1, 10_000, 1_000_000] {
            let text = nested(open, close, depth);
            let error = parse(text.as_bytes()).unwrap_err();
            let bracket = open.find(['[', '{']).unwrap();
            assert_eq!((error.kind, error.offset), (TooDeep, open.len() * MAX_DEPTH + bracket));
            assert_eq!(canonicalize(text.as_bytes()).unwrap_err(), error);
        }
        for less in [0, 1, MAX_DEPTH - 1] {
            assert!(canonicalize_within(less, nested(open, close, less).as_bytes()).is_ok());
            let error = canonicalize_within(less, nested(open, close, less + 1).as_bytes()).unwrap_err();
            assert_eq!(error.kind, TooDeep);
        }
    }
}

#[test]
fn deviations_from_the_canonical_form_are_named() {
    let table: &[(&str, Deviation, usize)] = &[
        ("{} ", Deviation::Space, 2),
        ("\n{}", Deviation::Space, 0),
        ("[1, 2]", Deviation::Space, 3),
        (r#"{"b":1,"a":2}"#, Deviation::KeyOrder, 7),
        (r#"[1.0]"#, Deviation::Number, 1),
        ("-0", Deviation::Number, 0),
        (r#"["\/"]"#, Deviation::Escape, 1),
        (r#"{"\u0061":1}"#, Deviation::Escape, 1),
        (r#""\u001F""#, Deviation::Escape, 0),
        (r#""\u000a""#, Deviation::Escape, 0),
    ];
    for &(input, deviation, offset) in table {
        let error = check_canonical(input.as_bytes()).unwrap_err();
        assert_eq!((error.kind, error.offset), (NotCanonical(deviation), offset), "{input:?}");
    }
}

#[test]
fn the_examples_of_rfc_8785_come_out_as_printed() {
    // §3.2.2, without its number 1E30, which is beyond our bound.
    let sample = r#"{ "numbers": [333333333.33333329, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false] }"#;
    let expected = "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,4.5,0.002,1e-27],\
        \"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
    assert_eq!(String::from_utf8(canonicalize(sample.as_bytes()).unwrap()).unwrap(), expected);

    // §3.2.3: the order of keys.
    let keys = r#"{"\u20ac":"5","\r":"1","\ufb33":"7","1":"2","\ud83d\ude00":"6","\u0080":"3","\u00f6":"4"}"#;
    let sorted = "{\"\\r\":\"1\",\"1\":\"2\",\"\u{80}\":\"3\",\"ö\":\"4\",\"€\":\"5\",\"😀\":\"6\",\"\u{FB33}\":\"7\"}";
    assert_eq!(String::from_utf8(canonicalize(keys.as_bytes()).unwrap()).unwrap(), sorted);

    // Appendix B, what lies within the bound.
    let doubles: &[(u64, &str)] = &[
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        (0x433f_ffff_ffff_ffff, "9007199254740991"),
    ];
    for &(bits, text) in doubles {
        let exact = format!("{:.30e}", f64::from_bits(bits));
        assert_eq!(canonicalize(exact.as_bytes()).as_deref(), Ok(text.as_bytes()), "{bits:016x}");
    }
}

#[test]
fn errors_say_line_and_column_in_characters() {
    let input = "{\n  \"é\": 1,\n  \"öö\": tru}".as_bytes();
    let error = parse(input).unwrap_err();
    assert_eq!(error.position(input), Position { line: 3, column: 9 });
    assert_eq!(error.describe(input), "unexpected character; expected a value, at line 3, column 9");
    assert_eq!(
        error.to_string(),
        format!("unexpected character; expected a value, at byte {}", error.offset)
    );
}
