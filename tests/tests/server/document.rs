//! The document of the routes: whole, true to what is answered, and to be read as a page.

use super::reads::lively;
use ledger_tests::http::Served;
use serde_json::Value;
use std::collections::BTreeSet;

fn file(path: &str) -> String {
    std::fs::read_to_string(format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// What is wrong with a value that should have the form of a schema: types, members and lists; the rest is for a real validator.
fn wrong(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target =
            document.pointer(reference.trim_start_matches('#')).unwrap_or_else(|| panic!("{reference}"));
        let beside = schema.as_object().unwrap().keys().any(|k| k == "properties");
        assert!(!beside, "{schema}");
        return wrong(document, target, value, at);
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(options) = schema[choice].as_array() {
            let fits = options.iter().any(|option| wrong(document, option, value, at).is_empty());
            if !fits {
                return vec![format!("{at}: none of the options")];
            }
        }
    }
    let mut found = Vec::new();
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().map(|t| t.as_str().unwrap()).collect(),
        _ => vec![],
    };
    let is = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_u64() || value.is_i64(),
        _ => value.is_number(),
    };
    if !types.is_empty() && !types.iter().any(|kind| is(kind)) {
        found.push(format!("{at}: {value} is not {types:?}"));
    }
    if let (Some(members), Some(properties)) = (value.as_object(), schema["properties"].as_object()) {
        let required = schema["required"].as_array().into_iter().flatten();
        found.extend(
            required.filter(|r| !members.contains_key(r.as_str().unwrap())).map(|r| format!("{at}: no {r}")),
        );
        for (name, member) in members {
            let at = format!("{at}/{name}");
            match properties.get(name) {
                Some(schema) => found.extend(wrong(document, schema, member, &at)),
                // Flattened parts and open shapes say so.
                None if schema["allOf"].is_null() && schema["x-open"].is_null() => {}
                None => found.push(format!("{at}: is in no schema")),
            }
        }
    }
    if let Some(items) = value.as_array().filter(|_| schema["items"].is_object()) {
        for (n, item) in items.iter().enumerate() {
            found.extend(wrong(document, &schema["items"], item, &format!("{at}/{n}")));
        }
    }
    found
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn every_route_is_in_the_document_and_in_the_text_and_answers_as_they_say() {
    let (o, _) = lively();
    ledger_tests::grants::grow(&o.place);
    let server = Served::start(&o.place);
    let document = server.get("/openapi.json").json();
    assert_eq!(document["openapi"], "3.1.0");
    let mut all = BTreeSet::new();
    references(&document, &mut all);
    assert!(all.len() > 40, "{}", all.len());
    for reference in &all {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
    }

    // The router is made of the same list, and of nothing else; the text names the same paths.
    let source = file("ledger-server/src/lib.rs");
    assert!(!source.contains(".route(") && source.contains(".routes(routes!("), "a route beside the list");
    let paths = document["paths"].as_object().unwrap();
    let text = file("docs/api.md");
    let named: BTreeSet<String> = text
        .split('`')
        .filter_map(|word| word.strip_prefix("GET /").or_else(|| word.strip_prefix("POST /")))
        .map(|path| format!("/{}", path.split('?').next().unwrap()))
        .collect();
    assert_eq!(named, paths.keys().cloned().collect::<BTreeSet<_>>(), "docs/api.md and the document");
    let mut ids = BTreeSet::new();
    for (path, item) in paths {
        let operation = item.as_object().unwrap().values().next().unwrap();
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{operation}");
        let summary = operation["summary"].as_str().unwrap();
        let route = ["`GET", "`POST"].iter().any(|word| summary.starts_with(word));
        assert!(!summary.is_empty() && !route, "{path}: {summary}");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].as_str().is_some_and(|d| !d.is_empty()), "{path}: {parameter}");
        }
        assert!(operation["responses"]["4XX"]["content"]["application/problem+json"].is_object(), "{path}");
        let asked = path.replace(['{', '}'], "");
        assert_eq!(server.send("PATCH", &asked, &[], b"").problem(), "LG_602", "{path}");
    }
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");

    // Answers have the form that the document says.
    let opdo = server.get("/v1/opdos").json()["opdos"][0].clone();
    let (id, pac) = (opdo["opdo_id"].as_str().unwrap(), opdo["pac_id"].as_str().unwrap());
    let child = server.get(&format!("/v1/opdos/{id}")).json()["child_pdos"][0]["pdo_id"].clone();
    let job = server.send("POST", "/v1/verifications", &[], b"").json()["id"].clone();
    let mut checked = 0;
    for (path, item) in paths {
        let Some(schema) = item["get"]["responses"]["200"]["content"]["application/json"].get("schema")
        else {
            continue;
        };
        let named = match path.split('/').nth(2) {
            Some("verifications") => job.as_str().unwrap(),
            Some("trust") => "GRANT-READER",
            _ => pac,
        };
        let asked = path
            .replace("{id}", named)
            .replace("{opdo_id}", id)
            .replace("{pdo_id}", child.as_str().unwrap())
            .replace("{gid}", "GID-01")
            .replace("{name}", "registry")
            .replace("{root}", "GRANT-ANALYST")
            .replace("{sequence}", "3");
        let query = match asked.rsplit('/').next() {
            Some("consistency") => "?from=3",
            Some("verify") => "?agent=GID-02&action=read_invoices&proofs=true&level=full",
            Some("candidates") => "?capability=deploy",
            _ => "",
        };
        let asked = asked + query;
        let answer = server.get(&asked);
        assert_eq!(answer.status, 200, "{asked}: {answer:?}");
        let complaints = wrong(&document, schema, &answer.json(), "");
        assert!(complaints.is_empty(), "{asked}:\n{}", complaints.join("\n"));
        checked += 1;
    }
    assert!(checked >= 20, "{checked}");
    let problem = server.get("/v1/pacs/PAC-NONE").json();
    let schema = &document["components"]["schemas"]["Problem"];
    assert_eq!(wrong(&document, schema, &problem, ""), Vec::<String>::new());
    assert!(
        !wrong(&document, schema, &serde_json::json!({ "status": "404" }), "").is_empty(),
        "it can complain"
    );
}

#[test]
fn the_page_needs_nothing_that_a_strict_policy_refuses() {
    let (_place, server) = super::served();
    let page = server.get("/docs");
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'")
            && !policy.contains("unsafe")
    );
    let text = page.text();
    for inline in ["<style", " style=", "javascript:", "<script>", " onclick", " onload"] {
        assert!(!text.contains(inline), "{inline}");
    }
    for (link, kind) in
        [("/docs/page.js", "text/javascript; charset=utf-8"), ("/docs/page.css", "text/css; charset=utf-8")]
    {
        assert!(text.contains(&format!("\"{link}\"")), "{link}");
        let found = server.get(link);
        assert_eq!((found.status, found.header("content-type")), (200, Some(kind)));
        assert!(!found.text().contains("innerHTML") && !found.text().contains("://"), "{link}");
    }
}
