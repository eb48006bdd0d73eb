//! Whether a client has already what it asks for: `If-None-Match`, by RFC 9110 §13.1.2.

use axum::http::{HeaderMap, header};

/// Whether one of the tags that the client has is this one, compared weakly; `*` is any.
pub fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let lists = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = lists.flat_map(|list| list.split(',')).map(str::trim);
    let opaque = |tag| str::strip_prefix(tag, "W/").unwrap_or(tag);
    tags.any(|known| known == "*" || opaque(known) == opaque(tag))
}

#[cfg(test)]
mod tests {
    use super::is_known;
    use axum::http::{HeaderMap, HeaderValue, header};

    #[test]
    fn tags_are_compared_weakly_and_in_lists() {
        for (sent, known) in [
            (&["\"a\""][..], true),
            (&["W/\"a\""], true),
            (&["\"b\", \"a\""], true),
            (&["\"b\"", "W/\"c\" ,\"a\""], true),
            (&["*"], true),
            (&[], false),
            (&["a"], false),
            (&["\"b\""], false),
            (&["\"A\""], false),
            (&["w/\"a\""], false),
        ] {
            let mut headers = HeaderMap::new();
            for value in sent {
                headers.append(header::IF_NONE_MATCH, HeaderValue::from_static(value));
            }
            for tag in ["\"a\"", "W/\"a\""] {
                assert_eq!(is_known(&headers, tag), known, "{sent:?} {tag}");
            }
        }
    }
}
