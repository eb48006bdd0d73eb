//! The pages: one document for all of them, the files that it loads, and the policy that both bear.

use super::served;
use ledger_tests::http::Answer;
use std::collections::BTreeSet;
use std::path::Path;

const WEB: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../ledger-server/web");

fn bears_the_policy(answer: &Answer) {
    let policy = answer.header("content-security-policy").unwrap();
    let parts: BTreeSet<&str> = policy.split("; ").collect();
    let all = [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ];
    assert_eq!(parts, BTreeSet::from(all), "exactly this and nothing that allows more");
    for (name, value) in [
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-cache"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
}

#[test]
fn every_page_is_the_same_document_and_every_file_of_it_is_there() {
    let (_place, server) = served();
    let document = server.get("/");
    assert_eq!(document.header("content-type"), Some("text/html; charset=utf-8"));
    for path in
        ["/pacs", "/pacs/PAC-1", "/entries/1", "/reviews/PAC-1", "/agents/GID-00", "/log?text=a", "/enrol"]
    {
        let page = server.get(path);
        bears_the_policy(&page);
        assert_eq!((page.status, &page.body), (200, &document.body), "{path}");
    }
    assert!(
        !document.text().contains("<style") && !document.text().contains("style="),
        "the policy refuses it"
    );
    let mut files = 0;
    let mut dirs = vec![Path::new(WEB).to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
                continue;
            }
            let name = path.strip_prefix(WEB).unwrap().to_str().unwrap();
            let answer = server.get(&format!("/assets/{name}"));
            let kind = match path.extension().and_then(|e| e.to_str()) {
                Some("html") => "text/html; charset=utf-8",
                Some("css") => "text/css; charset=utf-8",
                Some("js") => "text/javascript; charset=utf-8",
                Some("svg") => "image/svg+xml",
                _ => {
                    assert_eq!(
                        (answer.status, answer.problem().as_str()),
                        (404, "LG_601"),
                        "{name} is no page's"
                    );
                    continue;
                }
            };
            bears_the_policy(&answer);
            assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{name}");
            assert_eq!(answer.body, std::fs::read(&path).unwrap(), "{name}");
            let tag = answer.header("etag").unwrap();
            let again = server.send("GET", &format!("/assets/{name}"), &[("if-none-match", tag)], b"");
            assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(tag)), "{name}");
            files += 1;
        }
    }
    assert!(files > 20, "{files} files");
}

#[test]
fn nothing_beside_the_pages_is_served() {
    let (_place, server) = served();
    for path in [
        "/assets/",
        "/assets/nothing.js",
        "/assets/../Cargo.toml",
        "/assets/%2e%2e/src/lib.rs",
        "/assets//etc/passwd",
        "/assets/style",
    ] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
    assert_eq!(server.send("POST", "/pacs", &[], b"").status, 405);
    assert_eq!(server.get("/pages").problem(), "LG_601");
    // Who looks at pages is told by one, which finds nothing at its address.
    let browser = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    let page = server.send("GET", "/pages", &browser, b"");
    bears_the_policy(&page);
    assert_eq!((page.status, page.header("content-type")), (404, Some("text/html; charset=utf-8")));
    assert_eq!(page.body, server.get("/").body);
    assert_eq!(server.send("POST", "/pages", &browser, b"{}").problem(), "LG_601");
}
