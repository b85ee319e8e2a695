//! A `like` on an address that leaves its host open.

use std::collections::BTreeMap;

use crate::lint::admission::admissions;
use crate::lint::expr::{path_text, shape};
use crate::lint::{Cx, Sink, declare_lint};
use crate::typing::{TypedExpr, TypedKind};

declare_lint! {
    id: "early-wildcard",
    summary: "a `like` on an address whose wildcard comes before the end of the host",
    level: Warn,
    since: "0.1.0",
    reads: Policies,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let mut found = BTreeMap::new();
    for admission in admissions(cx) {
        admission.formula().visit(&fixed_address, &mut |expr, holds, known| {
            let TypedKind::Like(of, pattern) = &expr.kind else {
                return;
            };
            if !holds || !is_address(of, pattern) || !host_is_open(pattern) || known.contains(&shape(of)) {
                return;
            }
            let at = admission.place(expr);
            let read = path_text(of).unwrap_or_else(|| "the address".to_owned());
            let message = format!("{} matches addresses on other hosts", admission.statement);
            let finding =
                out.finding(at, message).label(format!("`{pattern}` matches `{}`", other_host(pattern))).help(format!(
                    "`*` also matches `/` and `@`: write each host in full, `{read} like \"https://example.com/*\"`"
                ));
            found.entry(at).or_insert(finding);
        });
    }
    found.into_values().for_each(|finding| out.push(finding));
}

/// What an expression says of an address: its host is fixed.
fn fixed_address(expr: &TypedExpr, holds: bool) -> Option<String> {
    use crate::syntax::ast::Operator::Equal;
    match &expr.kind {
        TypedKind::Like(of, pattern) if holds && !host_is_open(pattern) => Some(shape(of)),
        TypedKind::Binary(Equal, one, other) if holds && matches!(other.kind, TypedKind::Text(_)) => Some(shape(one)),
        TypedKind::Binary(Equal, one, other) if holds && matches!(one.kind, TypedKind::Text(_)) => Some(shape(other)),
        _ => None,
    }
}

/// Words in the names of attributes that hold addresses.
const ADDRESSES: [&str; 8] = ["url", "uri", "href", "origin", "referer", "referrer", "endpoint", "host"];

fn is_address(of: &TypedExpr, pattern: &str) -> bool {
    let name = match &of.kind {
        TypedKind::Attribute(_, name) => name.as_str(),
        _ => "",
    };
    pattern.contains("://") || words(name).iter().any(|word| ADDRESSES.contains(&word.trim_end_matches('s')))
}

/// `callbackUri`, `callback_uri` → callback, uri.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && after_lower) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        after_lower = c.is_lowercase();
    }
    words
}

/// Whether a wildcard stands before the end of the host: the first `/`, `?` or `#` after the scheme.
fn host_is_open(pattern: &str) -> bool {
    let mut rest = pattern.chars();
    let mut before = String::new();
    while let Some(c) = rest.next() {
        match c {
            '*' => return true,
            '\\' => before.extend(rest.next()),
            '/' if before.ends_with(':') && rest.as_str().starts_with('/') => {
                rest.next();
                before.clear();
            }
            '/' | '?' | '#' => return false,
            c => before.push(c),
        }
    }
    false
}

/// An address of another host that the pattern matches: its wildcards hide the end of that host.
fn other_host(pattern: &str) -> String {
    match pattern.strip_suffix('*') {
        Some(head) if !head.contains('*') && head.ends_with("://") => format!("{head}evil.example"),
        Some(head) if !head.contains('*') => format!("{head}.evil.example"),
        _ if pattern.starts_with('*') => pattern.replacen('*', "https://evil.example/", 1).replace('*', ""),
        _ => pattern.replacen('*', "evil.example/", 1).replace('*', ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_ends_at_the_first_slash_question_mark_or_hash() {
        for fixed in ["https://a.com", "https://a.com/*", "https://a.com?*", "https://a.com#*", "/api/*", r"a\*/*"] {
            assert!(!host_is_open(fixed), "{fixed}");
        }
        for open in
            ["https://a.com*", "https://a.com:*", "https://*.a.com/", "https:*/a.com/*", "a.com*", "*/", r"a\\*/"]
        {
            assert!(host_is_open(open), "{open}");
        }
    }

    #[test]
    fn names_are_split_into_words() {
        assert_eq!(words("callbackUri"), ["callback", "uri"]);
        assert_eq!(words("redirect_URLs"), ["redirect", "urls"]);
        assert_eq!(words("curled"), ["curled"]);
    }

    #[test]
    fn the_address_that_is_shown_is_one_that_matches() {
        for (pattern, shown) in [
            ("https://*.a.com/*", "https://evil.example/.a.com/"),
            ("https://a.com*", "https://a.com.evil.example"),
            ("https://*", "https://evil.example"),
            ("*a.com*", "https://evil.example/a.com"),
        ] {
            assert_eq!(other_host(pattern), shown);
        }
    }
}
