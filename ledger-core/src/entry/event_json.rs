//! Event JSON: a leaf with its data, salts and private part, as one canonical JSON line; and back.
//!
//! Not a second format: the leaf's members are the leaf's own. Invariant: `read(write(entry)) == entry` for every stored entry,
//! erased ones included (their parts are `null`, and come back as absent bytes, which verification reports as not shown).
//! Source: docs/format.md §12.

use super::leaf::{Extra, Leaf, Members};
use super::{Entry, Part, Record};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::json::{self, Kind};
use crate::key::decode_hex;

/// The four members that the leaf has not.
struct Parts<'a>(&'a Record<'a>);

fn erased(salt: &[u8; 32], bytes: &[u8]) -> bool {
    *salt == [0; 32] && bytes.iter().all(|b| *b == 0)
}

fn shown<'a>(salt: &[u8; 32], bytes: &'a [u8]) -> &'a [u8] {
    if erased(salt, bytes) { b"null" } else { bytes }
}

fn salt_member(m: &mut Members<'_>, name: &str, salt: &[u8; 32], bytes: &[u8]) {
    if erased(salt, bytes) { m.raw(name, b"null") } else { m.hex(name, salt) }
}

impl Extra for Parts<'_> {
    fn before_datahash(&self, m: &mut Members<'_>) {
        m.raw("data", shown(self.0.data_salt, self.0.data));
    }
    fn after_datahash(&self, m: &mut Members<'_>) {
        salt_member(m, "datasalt", self.0.data_salt, self.0.data);
    }
    fn before_privatehash(&self, m: &mut Members<'_>) {
        if let Some((salt, bytes)) = self.0.private {
            m.raw("private", shown(salt, bytes));
        }
    }
    fn after_privatehash(&self, m: &mut Members<'_>) {
        if let Some((salt, bytes)) = self.0.private {
            salt_member(m, "privatesalt", salt, bytes);
        }
    }
}

/// Appends the event JSON of a stored entry, without a newline.
///
/// # Errors
/// `LG_300` when the leaf is malformed.
pub fn write(record: &Record<'_>, out: &mut Vec<u8>) -> Result<()> {
    let leaf = Leaf::parse(record.leaf)
        .map_err(|why| Error::new(Code::FindShape, format!("the leaf is malformed: {why}")))?;
    leaf.write_with(out, &Parts(record));
    Ok(())
}

/// Appends a stored entry as CloudEvents 1.0 structured JSON: event JSON without the private part, whose two members are no attributes that
/// CloudEvents has a type for. The leaf's `privatehash` stays.
///
/// # Errors
/// As [`write()`].
pub fn write_cloudevent(record: &Record<'_>, out: &mut Vec<u8>) -> Result<()> {
    write(&Record { private: None, ..*record }, out)
}

/// Reads event JSON, in any spelling of the same JSON value. The leaf's bytes are made by canonicalising what is left without the
/// four members; whether they are a leaf is for the verifier to say.
///
/// # Errors
/// `LG_100` when it is not strict JSON, `LG_101` when it is no object or a salt is not of its form.
pub fn read(line: &[u8]) -> Result<Entry> {
    let malformed = |e: json::JsonError| Error::new(Code::MalformedJson, e.describe(line));
    let invalid = |what: &str| Error::new(Code::InvalidIntent, format!("no event of a ledger: {what}"));
    let value = json::parse(line).map_err(malformed)?;
    let Kind::Object(members) = &value.kind else { return Err(invalid("not a JSON object")) };
    let mut rest = vec![b'{'];
    for (name, member) in members {
        if matches!(name.as_ref(), "data" | "datasalt" | "private" | "privatesalt") {
            continue;
        }
        if rest.len() > 1 {
            rest.push(b',');
        }
        json::write_string(&mut rest, name);
        rest.push(b':');
        rest.extend_from_slice(member.source(line));
    }
    rest.push(b'}');
    let leaf = json::canonicalize(&rest).map_err(|e| Error::new(Code::MalformedJson, e.to_string()))?;
    let part = |data: &str, salt: &str| -> Result<Option<Part>> {
        let (Some(bytes), Some(salt_value)) = (value.get(data), value.get(salt)) else { return Ok(None) };
        if bytes.is_null() && salt_value.is_null() {
            return Ok(Some(Part { salt: [0; 32], bytes: Vec::new() }));
        }
        let salt = salt_value.as_str().and_then(decode_hex).ok_or_else(|| invalid(salt))?;
        let bytes = json::canonicalize(bytes.source(line))
            .map_err(|e| Error::new(Code::MalformedJson, e.to_string()))?;
        Ok(Some(Part { salt, bytes }))
    };
    let data = part("data", "datasalt")?.ok_or_else(|| invalid("data or datasalt is missing"))?;
    Ok(Entry { leaf, data, private: part("private", "privatesalt")? })
}
