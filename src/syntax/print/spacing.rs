//! Blanks between the tokens of a line.

use crate::syntax::lex::{Kind, Token};

/// Words after which an operand or a parenthesis stands apart.
const BEFORE_OPERANDS: [&str; 7] = ["when", "require", "if", "then", "else", "in", "tags"];

/// What a token's neighbours must know of it beyond its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// What its text says.
    Plain,
    /// `-` or `!` before its operand.
    Unary,
    /// `<` or `>` of a `Set<T>`.
    TypeBracket,
    /// `-` inside the id of a lint.
    Hyphen,
}

/// The roles of all tokens.
pub(super) fn roles(tokens: &[Token<'_>]) -> Vec<Role> {
    let mut roles = Vec::with_capacity(tokens.len());
    let mut open_types: usize = 0;
    // How many parentheses of an annotation are open.
    let mut annotation: usize = 0;
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        let is = |text: &str| before.is_some_and(|before| before.is(text));
        let role = match (token.kind, token.text) {
            (Kind::Symbol, "(") if annotation > 0 || opens_annotation(tokens, at) => {
                annotation += 1;
                Role::Plain
            }
            (Kind::Symbol, ")") => {
                annotation = annotation.saturating_sub(1);
                Role::Plain
            }
            (Kind::Symbol, "-") if annotation > 0 => Role::Hyphen,
            (Kind::Symbol, "-" | "!") if !before.is_some_and(ends_operand) => Role::Unary,
            (Kind::Symbol, "<") if is("Set") => {
                open_types += 1;
                Role::TypeBracket
            }
            (Kind::Symbol, ">") if open_types > 0 => {
                open_types -= 1;
                Role::TypeBracket
            }
            (Kind::Symbol, ";") => {
                open_types = 0;
                Role::Plain
            }
            _ => Role::Plain,
        };
        roles.push(role);
    }
    roles
}

fn opens_annotation(tokens: &[Token<'_>], paren: usize) -> bool {
    paren.checked_sub(2).and_then(|at| tokens.get(at)).is_some_and(|token| token.is("@"))
}

/// Whether an operand, a name or a type may end with this token: then `{` opens a block and `-` subtracts.
pub(super) fn ends_operand(token: &Token<'_>) -> bool {
    match token.kind {
        Kind::Word => !BEFORE_OPERANDS.contains(&token.text),
        Kind::Number | Kind::Text => true,
        Kind::Symbol => matches!(token.text, ")" | "]" | "}" | ">" | "?"),
        _ => false,
    }
}

/// Whether two neighbours stand without a blank between them.
pub(super) fn tight(left: (&Token<'_>, Role), right: (&Token<'_>, Role)) -> bool {
    let (before, before_role) = left;
    let (after, after_role) = right;
    if matches!(before_role, Role::Unary | Role::Hyphen) || after_role == Role::Hyphen {
        return true;
    }
    if after_role == Role::TypeBracket || (before_role == Role::TypeBracket && before.text == "<") {
        return true;
    }
    if before.kind == Kind::Symbol && matches!(before.text, "(" | "[" | "." | "::" | "@") {
        return true;
    }
    if after.kind != Kind::Symbol {
        return false;
    }
    match after.text {
        "," | ";" | ":" | "?" | ")" | "]" | "." | "::" => true,
        "(" | "[" => match before.kind {
            Kind::Word => !BEFORE_OPERANDS.contains(&before.text),
            Kind::Text => true,
            _ => before.kind == Kind::Symbol && matches!(before.text, ")" | "]"),
        },
        _ => false,
    }
}
