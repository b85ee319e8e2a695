//! The words of a text.

/// The words of a text: letters, digits and underscores as long as they stand together.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_are_what_a_name_can_be_of() {
        assert!(
            words("allow read_all on Doc.x when é == 3;").eq(["allow", "read_all", "on", "Doc", "x", "when", "é", "3"])
        );
        assert_eq!(words("").next(), None);
    }
}
