//! References to entities as people write them: `User::"o'neil"`, in every spelling that a Cedar policy may have.

use std::str::FromStr as _;

use cedar_policy::{Context, Entities, EntityUid, EvalResult, Expression, Request};

/// The entity that a text refers to. `EntityUid` itself reads one spelling of each only, the one that it prints.
#[must_use]
pub fn entity_uid(text: &str) -> Option<EntityUid> {
    if let Ok(uid) = text.parse() {
        return Some(uid);
    }
    if !is_reference(text) {
        return None;
    }
    // Any entity will do to evaluate a literal.
    let any = EntityUid::from_str("Any::\"\"").ok()?;
    let request = Request::new(any.clone(), any.clone(), any, Context::empty(), None).ok()?;
    match cedar_policy::eval_expression(&request, &Entities::empty(), &Expression::from_str(text).ok()?) {
        Ok(EvalResult::EntityUid(uid)) => Some(uid),
        _ => None,
    }
}

/// Whether a text is a name and one string after it, so that Cedar's parser meets nothing else in it.
fn is_reference(text: &str) -> bool {
    let Some((name, rest)) = text.split_once('"') else {
        return false;
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || c.is_whitespace() || matches!(c, '_' | ':');
    let mut escaped = false;
    let closing = rest.find(|c: char| {
        let closes = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        closes
    });
    let after = closing.and_then(|at| rest.get(at + 1..));
    name.trim_end().ends_with("::") && name.chars().all(is_name) && after.is_some_and(|after| after.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_cedar_refers_to_the_same_entity() {
        for (written, id) in [
            ("User::\"o'neil\"", "o'neil"),
            ("User::\"o\\'neil\"", "o'neil"),
            ("User::\"jos\\u{e9}\"", "jos\u{e9}"),
            ("User::\"jos\u{e9}\"", "jos\u{e9}"),
            ("User::\"a\\u{9}b\"", "a\tb"),
            ("User::\"a\\tb\"", "a\tb"),
            ("User::\"jo\\0\"", "jo\0"),
            ("User::\"\\x41\\\"\\\\\"", "A\"\\"),
            (" User :: \"a\" ", "a"),
            ("N :: User::\"a\"", "a"),
            ("User::\"\"", ""),
        ] {
            let uid = entity_uid(written).unwrap_or_else(|| panic!("{written}"));
            assert_eq!(uid.id().unescaped(), id, "{written}");
        }
    }

    #[test]
    fn nothing_but_a_reference_is_one() {
        for written in [
            "",
            "User",
            "User::a",
            "User::\"a",
            "User::\"a\"\"",
            "User::\"a\" || true",
            "(User::\"a\")",
            "if true then User::\"a\" else User::\"b\"",
            "User::\"\\q\"",
            "1User::\"a\"",
            "\"a\"",
            "::\"a\"",
        ] {
            assert_eq!(entity_uid(written), None, "{written}");
        }
    }
}
