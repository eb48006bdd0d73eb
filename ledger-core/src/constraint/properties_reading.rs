//! What is read and what is refused, and the cases of the vectors by hand.

use super::{Constraints, Effect, Name, Request, effect_of};
use serde_json::{Value, json};

fn read(value: Value) -> Result<Constraints, String> {
    serde_json::from_value(value).map_err(|e| e.to_string())
}

fn parent() -> Value {
    json!({
        "cost_limit": 1000, "rate_limit": 100, "budget_limit": 50, "max_delegation_depth": 3, "max_api_calls": 10,
        "allowed_actions": ["read", "write"], "forbidden_actions": ["delete"], "resources": ["invoices/*"],
        "time_window": "09:00-17:00", "data_scopes": ["finance"], "communication_targets": ["internal"],
        "geo_restrictions": ["SG", "US"], "api_limits": { "max_calls": 100, "per_endpoint": { "users": 50 } }
    })
}

#[test]
fn every_widening_has_its_kind() {
    let whole = read(parent()).unwrap();
    assert!(whole.widenings(&whole).is_empty() && Constraints::default().widenings(&whole).is_empty());
    assert_eq!(serde_json::to_value(&whole).unwrap(), parent());
    for (member, value, kind) in [
        ("cost_limit", json!(1000.000001), "cost_limit_increased"),
        ("budget_limit", json!(51), "budget_limit_increased"),
        ("rate_limit", json!(101), "rate_limit_increased"),
        ("max_api_calls", json!(11), "max_api_calls_increased"),
        ("max_delegation_depth", json!(4), "max_delegation_depth_increased"),
        ("allowed_actions", json!(["read", "delete"]), "action_restriction_removed"),
        ("allowed_actions", json!(["read*"]), "action_restriction_removed"),
        ("forbidden_actions", json!([]), "forbidden_action_removed"),
        ("resources", json!(["payroll/*"]), "resources_expanded"),
        ("resources", json!(["invoices/../payroll"]), "resources_expanded"),
        ("resources", json!(["invoices/**"]), "resources_expanded"),
        ("time_window", json!("08:00-18:00"), "time_window_expanded"),
        ("time_window", json!("10:00-11:00 Europe/Berlin"), "time_window_expanded"),
        ("data_scopes", json!(["*"]), "data_scope_expanded"),
        ("communication_targets", json!(["external"]), "communication_target_added"),
        ("geo_restrictions", json!(["SG", "CN"]), "geo_restriction_removed"),
        ("api_limits", json!({ "per_endpoint": { "Users": 51 } }), "nested_constraint_widened"),
        ("api_limits", json!({ "max_calls": 101 }), "nested_constraint_widened"),
    ] {
        let child = read(json!({ member: value })).unwrap();
        let found = child.widenings(&whole);
        assert_eq!(found.len(), 1, "{member}");
        assert_eq!((found[0].constraint, found[0].kind), (member, kind));
    }
    let flag = |on: bool| read(json!({ "read_only": on })).unwrap();
    assert_eq!(flag(false).widenings(&flag(true))[0].kind, "flag_removed");
    assert!(flag(true).widenings(&flag(false)).is_empty() && flag(false).is_unlimited());
}

#[test]
fn what_tightens_is_no_widening() {
    let whole = read(parent()).unwrap();
    for child in [
        json!({ "cost_limit": 0, "read_only": true }),
        json!({ "allowed_actions": [], "forbidden_actions": ["del*", "drop"] }),
        json!({ "resources": ["./invoices/x/../%32024"], "geo_restrictions": ["us-ca"] }),
        json!({ "time_window": ["10:00-12:00 +01:00", "00:00-12:00 Europe/Berlin"] }),
        json!({ "api_limits": { "per_endpoint": { "orders": 1_000_000 } } }),
    ] {
        let child = read(child).unwrap();
        assert_eq!(child.widenings(&whole), []);
        assert!(whole.narrowed_by(&child).tighter_than(&whole));
    }
}

#[test]
fn only_what_is_known_is_read() {
    for bad in [
        json!({ "sudo": true }),
        json!({ "cost_limit": "__NaN__" }),
        json!({ "cost_limit": "1000" }),
        json!({ "cost_limit": null }),
        json!({ "cost_limit": -1 }),
        json!({ "cost_limit": -0.0 }),
        json!({ "cost_limit": 0.0000001 }),
        json!({ "cost_limit": 1e18 }),
        json!({ "rate_limit": 100_001 }),
        json!({ "rate_limit": 1.5 }),
        json!({ "max_api_calls": 9_007_199_254_740_992_u64 }),
        json!({ "max_delegation_depth": 11 }),
        json!({ "allowed_actions": "read" }),
        json!({ "allowed_actions": ["re ad"] }),
        json!({ "allowed_actions": ["*a*"] }),
        json!({ "allowed_actions": [""] }),
        json!({ "allowed_actions": vec!["a"; 1_001] }),
        json!({ "resources": ["a/%2e%2e/.."] }),
        json!({ "time_window": [] }),
        json!({ "time_window": vec!["09:00-17:00"; 51] }),
        json!({ "read_only": "yes" }),
        json!({ "read_only": null }),
        json!({ "api_limits": { "max_call": 1 } }),
        json!({ "api_limits": { "per_endpoint": { "a": 1, "A": 2 } } }),
        json!({ "api_limits": { "per_endpoint": { "a*": 1 } } }),
        json!({ "api_limits": null }),
        json!({ "api_limits": [] }),
        json!({ "api_limits": [1] }),
        json!({ "api_limits": { "max_calls": null } }),
        json!([["read"]]),
        json!([]),
    ] {
        assert!(read(bad.clone()).is_err(), "{bad}");
    }
    assert!(serde_json::from_str::<Constraints>(r#"{"cost_limit":1,"cost_limit":2}"#).is_err());
    assert!(read(json!({ "cost_limit": "1" })).unwrap_err().contains("a number from 0"));
    let text = r#"{"cost_limit":1e3,"time_window":["09:00-17:00"]}"#;
    let read: Constraints = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), r#"{"cost_limit":1000,"time_window":"09:00-17:00"}"#);
}

#[test]
fn what_is_not_said_is_a_breach() {
    let mut limits = read(parent()).unwrap();
    limits.no_pii_export = Some(true);
    limits.reasoning_required = Some(true);
    limits.blackboard_write_only = Some(true);
    let mut request = Request::new(Name::new("write").unwrap(), 0);
    let broken = |r: &Request| limits.evaluate(r).into_iter().map(|b| b.constraint).collect::<Vec<_>>();
    let all = [
        "blackboard_write_only",
        "budget_limit",
        "communication_targets",
        "cost_limit",
        "data_scopes",
        "geo_restrictions",
        "reasoning_required",
        "resources",
        "time_window",
    ];
    assert_eq!(broken(&request), all);
    request.target = Some(Name::new("internal").unwrap());
    assert!(broken(&request).contains(&"no_pii_export"));
    request.pii = Some(false);
    assert!(!broken(&request).contains(&"no_pii_export"));
    request.resource = Some("blackboard/notes".parse().unwrap());
    assert!(!broken(&request).contains(&"blackboard_write_only"));
    request.resource = Some("blackboard/../invoices/1".parse().unwrap());
    assert!(broken(&request).contains(&"blackboard_write_only"));
    request.effect = Effect::Read;
    assert!(!broken(&request).contains(&"blackboard_write_only"));
}

#[test]
fn only_verbs_of_looking_read() {
    let effect = |name: &str| effect_of(&Name::new(name).unwrap());
    for reads in ["read", "Read.invoice", "get_user", "analyze-data", "list:all", "verify/x"] {
        assert_eq!(effect(reads), Effect::Read, "{reads}");
    }
    for writes in ["rewrite_summary", "readwrite", "send_email", "x", "invoice.read", "_read", "getaway"] {
        assert_eq!(effect(writes), Effect::Write, "{writes}");
    }
}

/// The schema says of every member what it is, and none of it is required.
#[test]
fn the_schema_is_closed() {
    let schema = serde_json::to_value(schemars::schema_for!(Constraints)).unwrap();
    assert_eq!(schema["additionalProperties"], json!(false));
    assert!(schema.get("required").is_none());
    assert_eq!(schema["properties"].as_object().unwrap().len(), 19);
    assert!(schema["properties"].as_object().unwrap().values().all(|p| p.get("description").is_some()));
}
