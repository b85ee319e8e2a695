//! The outline of a text by its tokens alone: where declarations and the members of their blocks begin and end.
//! It serves texts that do not parse, so it guesses from lines and keywords where the grammar would be certain.

use std::ops::Range;

use super::lex::{Kind, Token};
use crate::clauses::Clause;

/// The words that begin a declaration.
pub(super) const DECLARATIONS: [&str; 18] = [
    "namespace",
    "enum",
    "ordered",
    "principal",
    "resource",
    "group",
    "actions",
    "context",
    "condition",
    "role",
    "allow",
    "deny",
    "liftable",
    "require",
    "isolate",
    "separate",
    "break-glass",
    "assert",
];

/// The words that a later edition will begin declarations with.
pub(super) const LATER: [&str; 2] = ["import", "param"];

/// The words that begin an action of a type.
pub(super) const ENTITY_MEMBERS: [&str; 3] = ["action", "actions", "sensitive"];

/// Words after which a statement goes on, so that a keyword at the start of the next line is none.
pub(super) const CONTINUING: [&str; 26] = [
    "when", "because", "until", "unless", "via", "by", "on", "for", "to", "from", "extends", "as", "in", "is", "has",
    "like", "if", "then", "else", "except", "of", "per", "most", "at", "within", "tags",
];

/// What a row of tokens is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// Declarations.
    File,
    /// Grants of a role.
    Role,
    /// Clauses of a break-glass profile.
    BreakGlass,
    /// Attributes and actions of a type.
    Entity,
    /// `from` sections of the context.
    Context,
    /// Attributes of a section.
    Section,
}

impl Level {
    /// What the block of a member that begins with this word is made of.
    pub(super) fn inside(self, keyword: &str) -> Option<Self> {
        match (self, keyword) {
            (Self::File, "role") => Some(Self::Role),
            (Self::File, "break-glass") => Some(Self::BreakGlass),
            (Self::File, "principal" | "resource" | "group") => Some(Self::Entity),
            (Self::File, "context") => Some(Self::Context),
            (Self::Context, "from") => Some(Self::Section),
            _ => None,
        }
    }
}

/// Where the bracket that opens at a token closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Close {
    /// One past the last token inside.
    pub(super) inner: usize,
    /// One past the bracket's last token: the same where the closing bracket is missing.
    pub(super) end: usize,
}

/// Tokens without comments, and where their brackets close.
#[derive(Debug)]
pub(super) struct Outline<'t> {
    pub(super) tokens: Vec<Token<'t>>,
    pub(super) close: Vec<Option<Close>>,
}

impl<'t> Outline<'t> {
    pub(super) fn token(&self, at: usize) -> Option<&Token<'t>> {
        self.tokens.get(at)
    }

    /// Whether the token is this word or symbol.
    pub(super) fn is(&self, at: usize, text: &str) -> bool {
        self.token(at).is_some_and(|token| token.is(text))
    }

    /// The members of a row.
    pub(super) fn split(&self, level: Level, range: Range<usize>) -> Vec<Range<usize>> {
        let mut members = Vec::new();
        let mut start = range.start;
        while start < range.end {
            let end = self.member_end(level, start, range.end);
            members.push(start..end);
            start = end;
        }
        members
    }

    /// The first token of a member after doc lines, annotations and label; the end if there is none.
    pub(super) fn main(&self, level: Level, range: Range<usize>) -> usize {
        let mut at = range.start;
        while let Some(token) = self.token(at).filter(|_| at < range.end) {
            at = match token.kind {
                Kind::Doc => at + 1,
                _ if token.is("@") => {
                    let after = at + 2;
                    if self.is(after, "(") { self.after(after) } else { after }
                }
                Kind::Word if self.is(at + 1, ":") && matches!(level, Level::File | Level::Role) => at + 2,
                _ => break,
            };
        }
        at.min(range.end)
    }

    /// Whether a token begins a member of a row, or ends the row.
    pub(super) fn begins_member(&self, level: Level, at: usize) -> bool {
        let Some(token) = self.token(at) else { return true };
        if token.kind == Kind::Doc || token.is("@") || token.is("}") {
            return true;
        }
        let is_label = || token.kind == Kind::Word && self.is(at + 1, ":");
        match level {
            Level::File => DECLARATIONS.contains(&token.text) || LATER.contains(&token.text) || is_label(),
            Level::Role => token.is("allow") || is_label(),
            Level::BreakGlass => Clause::first_words().contains(&token.text),
            Level::Context => token.is("from"),
            Level::Entity | Level::Section => {
                is_label() || self.is(at + 1, "?") || ENTITY_MEMBERS.contains(&token.text)
            }
        }
    }

    /// The block of a member: its last `{` that no other bracket holds, and where that closes.
    pub(super) fn block(&self, range: Range<usize>) -> Option<(usize, Close)> {
        let mut found = None;
        let mut at = range.start;
        while at < range.end {
            if self.is(at, "{") {
                found = self.close.get(at).copied().flatten().map(|close| (at, close));
            }
            at = self.after(at);
        }
        found
    }

    /// The token after this one, or after the bracket it opens.
    pub(super) fn after(&self, at: usize) -> usize {
        self.close.get(at).copied().flatten().map_or(at + 1, |close| close.end)
    }

    fn member_end(&self, level: Level, start: usize, limit: usize) -> usize {
        let main = self.main(level, start..limit);
        let mut at = main;
        while at < limit && (at == main || !self.starts_member(level, at)) {
            let opener = at;
            at = self.after(at).min(limit);
            let attribute = match level {
                Level::Section => true,
                Level::Entity => !self.is_action(main),
                _ => false,
            };
            let ends = self.is(opener, ";") || (attribute && self.is(opener, ","));
            if ends || (self.is(opener, "{") && self.ends_with_block(level, main, at, limit)) {
                break;
            }
        }
        at.max(start + 1).min(limit)
    }

    /// Whether a member of a type that begins here is an action, whose names stand between commas; an attribute may be
    /// called `action`.
    fn is_action(&self, main: usize) -> bool {
        let word = self.token(main).map(|token| token.text);
        word.is_some_and(|word| ENTITY_MEMBERS.contains(&word)) && !self.is(main + 1, ":") && !self.is(main + 1, "?")
    }

    /// Whether a member that has just closed a block ends there.
    fn ends_with_block(&self, level: Level, main: usize, next: usize, limit: usize) -> bool {
        let Some(keyword) = self.token(main).map(|token| token.text) else {
            return true;
        };
        let breaks = next >= limit || self.token(next).is_some_and(|token| token.first);
        match level {
            Level::Context => true,
            Level::Entity if ENTITY_MEMBERS.contains(&keyword) => true,
            Level::Role | Level::BreakGlass => false,
            Level::File => {
                let statement = ["condition", "allow", "deny", "liftable", "require", "isolate", "separate", "assert"];
                breaks && !statement.contains(&keyword)
            }
            Level::Entity | Level::Section => breaks,
        }
    }

    /// Whether a member of a row seems to begin here: first on its line, after something that can end one.
    fn starts_member(&self, level: Level, at: usize) -> bool {
        let Some(token) = self.token(at) else { return false };
        if level == Level::File {
            return starts_declaration(&self.tokens, at);
        }
        if !token.first || continues(&self.tokens, at) {
            return false;
        }
        if token.kind == Kind::Doc || token.is("@") {
            return true;
        }
        let named = token.kind == Kind::Word && (self.is(at + 1, ":") || self.is(at + 1, "?"));
        match level {
            Level::File => false,
            Level::Role => token.is("allow") || named,
            Level::BreakGlass => Clause::first_words().contains(&token.text),
            Level::Entity => named || ENTITY_MEMBERS.contains(&token.text),
            Level::Context => token.is("from"),
            Level::Section => named,
        }
    }
}

/// Whether a declaration seems to begin at a token: first on its line, after something that can end one, and followed
/// by what such a declaration goes on with (`principal User` begins one, `principal in` does not).
pub(super) fn starts_declaration(tokens: &[Token<'_>], at: usize) -> bool {
    let Some(token) = tokens.get(at) else { return false };
    if !token.first || continues(tokens, at) {
        return false;
    }
    let next = tokens.get(at + 1);
    let next_is = |text: &str| next.is_some_and(|next| next.is(text));
    let word = next.is_some_and(|next| next.kind == Kind::Word);
    match (token.kind, token.text) {
        (Kind::Doc, _) | (Kind::Symbol, "@") => true,
        (Kind::Word, "context") => next_is("{"),
        (Kind::Word, "ordered") => next_is("enum"),
        (Kind::Word, "liftable") => next_is("require"),
        (Kind::Word, "isolate") => next_is("by"),
        (Kind::Word, "principal" | "resource") => word && !["in", "is", "has", "like"].iter().any(|op| next_is(op)),
        (Kind::Word, "require") => word || next_is("(") || next_is("!"),
        (Kind::Word, "import") => word || next.is_some_and(|next| next.kind == Kind::Text),
        (Kind::Word, keyword) if DECLARATIONS.contains(&keyword) || LATER.contains(&keyword) => word,
        (Kind::Word, _) if next_is(":") => tokens.get(at + 2).is_some_and(|kind| DECLARATIONS.contains(&kind.text)),
        _ => false,
    }
}

/// Whether the token before this one cannot end a statement.
fn continues(tokens: &[Token<'_>], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).and_then(|at| tokens.get(at)) else {
        return false;
    };
    match before.kind {
        Kind::Symbol => !matches!(before.text, ";" | "}" | ")" | "]" | ">" | "?" | "*"),
        Kind::Word => CONTINUING.contains(&before.text),
        _ => false,
    }
}
