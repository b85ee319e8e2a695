//! Numbers of things in words.

/// `1 warning`, `2 warnings`.
#[must_use]
pub fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_none_is_not() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "warning")), ["0 warnings", "1 warning", "2 warnings"]);
    }
}
