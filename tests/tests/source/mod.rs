//! Source files and documents as the tidy test reads them.
//!
//! Not a parser: it knows comments, literals, braces and words. Invariant: line numbers of what is left are those of the file.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// One Rust file.
pub struct Source {
    /// Path below the workspace, with `/`.
    pub path: String,
    /// All of it.
    pub text: String,
    /// Names of the modules that exist for tests only and have a file of their own.
    pub test_modules: Vec<String>,
    /// Whether this file is such a module.
    pub only_for_tests: bool,
    code: String,
}

impl Source {
    /// Reads a text.
    pub fn new(path: String, text: String) -> Self {
        let (code, test_modules) = without_tests(&code_of(&text));
        Self { path, text, test_modules, only_for_tests: false, code }
    }

    /// Lines, from 1, of production code that name this word or path of words.
    pub fn lines_naming<'a>(&'a self, name: &'a str) -> impl Iterator<Item = usize> + 'a {
        let lines = if self.only_for_tests { "" } else { self.code.as_str() };
        (1..).zip(lines.lines()).filter(move |(_, line)| names(line, name)).map(|(number, _)| number)
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn names(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + name.len()..].chars().next();
        !before.is_some_and(|c| is_word(c) || c == '\'') && !after.is_some_and(is_word)
    })
}

/// The text with comments and the insides of literals blank.
fn code_of(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let len = opaque(&chars, at);
        for c in &chars[at..at + len.max(1)] {
            out.push(if len == 0 || *c == '\n' { *c } else { ' ' });
        }
        at += len.max(1);
    }
    out
}

/// Length of the comment or literal that begins here; 0 when none does.
fn opaque(chars: &[char], at: usize) -> usize {
    let rest = &chars[at..];
    let starts = |with: &str| rest.iter().take(with.len()).copied().eq(with.chars());
    if starts("//") {
        return rest.iter().position(|c| *c == '\n').unwrap_or(rest.len());
    }
    if starts("/*") {
        let (mut depth, mut i) = (0, 0);
        while i < rest.len() {
            match (rest[i], rest.get(i + 1)) {
                ('/', Some('*')) => (depth, i) = (depth + 1, i + 2),
                ('*', Some('/')) => (depth, i) = (depth - 1, i + 2),
                _ => i += 1,
            }
            if depth == 0 {
                break;
            }
        }
        return i;
    }
    match rest[0] {
        '"' => escaped(rest, '"'),
        'r' if at == 0 || !is_word(chars[at - 1]) || chars[at - 1] == 'b' => raw(rest),
        '\'' if rest.get(1) == Some(&'\\') => escaped(rest, '\''),
        '\'' if rest.get(2) == Some(&'\'') => 3,
        _ => 0,
    }
}

/// Length of a literal that ends with this quote, unescaped.
fn escaped(rest: &[char], quote: char) -> usize {
    let mut i = 1;
    while i < rest.len() && rest[i] != quote {
        i += if rest[i] == '\\' { 2 } else { 1 };
    }
    (i + 1).min(rest.len())
}

/// Length of a raw string; 0 when this `r` begins none.
fn raw(rest: &[char]) -> usize {
    let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return 0;
    }
    let mut i = 2 + hashes;
    while i < rest.len() {
        if rest[i] == '"' && rest[i + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes {
            return i + 1 + hashes;
        }
        i += 1;
    }
    rest.len()
}

/// Code with `#[cfg(test)]` items blank, and the names of those that are files.
fn without_tests(code: &str) -> (String, Vec<String>) {
    const MARK: &str = "#[cfg(test)]";
    let (mut out, mut modules, mut rest) = (String::with_capacity(code.len()), Vec::new(), code);
    while let Some(start) = rest.find(MARK) {
        let item = &rest[start..];
        let body = item.find(['{', ';']).unwrap_or(item.len() - 1);
        let mut end = body + 1;
        if item[body..].starts_with('{') {
            let mut depth = 0;
            for (i, c) in item[body..].char_indices() {
                depth += i32::from(c == '{') - i32::from(c == '}');
                if depth == 0 {
                    end = body + i + 1;
                    break;
                }
            }
        } else if let Some(name) = item[..body].split_whitespace().skip_while(|w| *w != "mod").nth(1) {
            modules.push(name.to_owned());
        }
        out.push_str(&rest[..start]);
        out.extend(item[..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = &item[end..];
    }
    out.push_str(rest);
    (out, modules)
}

fn walk(dir: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && !["target", "node_modules"].contains(&&*name) {
            walk(&path, extension, found);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
}

fn files(extension: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(&root(), extension, &mut found);
    found.sort();
    let named = |p: PathBuf| {
        (p.strip_prefix(root()).unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&p).unwrap())
    };
    found.into_iter().map(named).collect()
}

/// Every Rust file of the workspace.
pub fn rust_files() -> Vec<Source> {
    let mut sources: Vec<Source> =
        files("rs").into_iter().map(|(path, text)| Source::new(path, text)).collect();
    let mut tests = BTreeSet::new();
    for source in &sources {
        let stem = source.path.trim_end_matches(".rs");
        let dir = ["/mod", "/lib", "/main"].iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(stem);
        tests.extend(source.test_modules.iter().map(|m| format!("{dir}/{m}")));
    }
    for source in &mut sources {
        let stem = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
        source.only_for_tests = tests.contains(stem);
    }
    assert!(sources.len() > 50, "the workspace was not found");
    sources
}

/// Every document of the workspace.
pub fn documents() -> Vec<(String, String)> {
    files("md")
}

/// Relative targets of a document's links.
pub fn links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|t| !t.contains("://") && !t.starts_with("mailto:")).map(str::to_owned).collect()
}

/// The section and name of each dependency that a manifest names.
pub fn dependencies(manifest: &str) -> Vec<(String, String)> {
    let (mut section, mut found) = (String::new(), Vec::new());
    for line in manifest.lines() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[') {
            name.trim_end_matches(']').clone_into(&mut section);
        } else if section.ends_with("dependencies") && !line.starts_with('#') {
            let name = line.split(['=', '.', ' ']).next().unwrap_or_default();
            if !name.is_empty() {
                found.push((section.clone(), name.to_owned()));
            }
        }
    }
    found
}

/// Directories of the workspace's members.
pub fn member_directories() -> BTreeSet<String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let list = manifest.split("\nmembers = [").nth(1).and_then(|rest| rest.split(']').next()).unwrap();
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}
