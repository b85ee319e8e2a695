//! Where lines break: tokens and comments, in their order, to a document. Every token goes in once, none is added.

use std::ops::Range;

use super::comments::{Comments, own_lines};
use super::doc::{Doc, fits_on_a_line, group, indent};
use super::spacing::{Role, ends_operand, roles, tight};
use crate::syntax::lex::Kind;
use crate::syntax::outline::{ENTITY_MEMBERS, Level, Outline};

/// Words that begin a clause, before which a long statement breaks.
const CLAUSES: [&str; 14] = [
    "via", "when", "because", "until", "for", "extends", "by", "from", "except", "unless", "holds", "tags", "on", "in",
];

/// The declarations whose headers break before `in`.
const ENTITIES: [&str; 3] = ["principal", "resource", "group"];

/// The document of a sound text, given its outline.
pub(super) fn layout<'t>(text: &'t str, outline: Outline<'t>) -> Vec<Doc<'t>> {
    let (comments, rest) = Comments::of(text);
    let mut layout = Layout { roles: roles(&outline.tokens), outline, comments };
    let whole = 0..layout.outline.tokens.len();
    let mut parts = layout.members(Level::File, whole, 0);
    own_lines(rest, &mut parts);
    parts
}

struct Layout<'t> {
    outline: Outline<'t>,
    roles: Vec<Role>,
    comments: Comments<'t>,
}

impl<'t> Layout<'t> {
    /// The members of a row, a line each where their group breaks.
    fn members(&mut self, level: Level, range: Range<usize>, step: usize) -> Vec<Doc<'t>> {
        let mut parts = Vec::new();
        let mut start = range.start;
        while start < range.end {
            let end = self.member_end(level, start..range.end);
            if start > range.start {
                parts.push(Doc::Line { flat: " ", blank: self.comments.blank_before(start) });
            }
            parts.extend(self.member(level, start..end, step));
            start = end;
        }
        parts
    }

    /// One past the last token of the first member of a row.
    fn member_end(&self, level: Level, row: Range<usize>) -> usize {
        let main = self.outline.main(level, row.clone());
        let statement = self.is_statement(level, main);
        let mut at = main;
        while at < row.end {
            if self.outline.is(at, if statement { ";" } else { "," }) {
                return at + 1;
            }
            let block = statement && self.opens_block(main, at);
            at = self.outline.after(at);
            if block {
                return at;
            }
        }
        row.end
    }

    /// Whether a member ends with `;` or a block, not with a comma.
    fn is_statement(&self, level: Level, main: usize) -> bool {
        match level {
            Level::Section => false,
            Level::Entity => {
                let attribute = self.outline.is(main + 1, ":") || self.outline.is(main + 1, "?");
                ENTITY_MEMBERS.contains(&self.text(main)) && !attribute
            }
            _ => true,
        }
    }

    /// Whether a `{` of a statement opens its block, not a record of its condition or a type.
    fn opens_block(&self, main: usize, at: usize) -> bool {
        let Some(before) = at.checked_sub(1).and_then(|before| self.outline.token(before)) else {
            return false;
        };
        let operand = match before.text {
            "require" => at > main + 1,
            "tags" => at <= main + 2,
            ">" => self.role(at - 1) == Role::TypeBracket,
            _ => ends_operand(before),
        };
        operand && self.outline.is(at, "{")
    }

    fn member(&mut self, level: Level, range: Range<usize>, step: usize) -> Vec<Doc<'t>> {
        let mut parts = Vec::new();
        self.comments.leading(range.start, &mut parts);
        let trail = self.comments.take_after(range.end.saturating_sub(1));
        let main = self.outline.main(level, range.clone());
        let mut start = range.start;
        let mut head = Vec::new();
        while start < main {
            let kind = self.outline.token(start).map(|token| token.kind);
            let annotation = self.outline.is(start, "@");
            let end = match kind {
                Some(Kind::Doc) => start + 1,
                _ if annotation && self.outline.is(start + 2, "(") => self.outline.after(start + 2),
                // `@name`, or a label and its colon.
                _ => start + 2,
            };
            self.flow(start..end.min(main), &mut head);
            head.push(match level {
                _ if kind == Some(Kind::Doc) => Doc::Hard { blank: false },
                Level::File | Level::Role if annotation => Doc::Hard { blank: false },
                _ if annotation => Doc::Line { flat: " ", blank: false },
                _ => Doc::Space,
            });
            start = end;
            if kind == Some(Kind::Doc) {
                parts.append(&mut head);
            }
        }
        head.push(group(self.body(level, main..range.end, step)));
        parts.push(group(head));
        parts.extend(trail.map(Doc::Trail));
        parts
    }

    /// A member without what stands before it.
    fn body(&mut self, level: Level, range: Range<usize>, step: usize) -> Vec<Doc<'t>> {
        if !self.is_statement(level, range.start) {
            return self.expression(range);
        }
        let keyword = self.text(range.start);
        let block = self.outline.block(range.clone()).filter(|(_, close)| close.end == range.end);
        let Some((opener, close)) = block.filter(|(opener, _)| self.opens_block(range.start, *opener)) else {
            return self.statement(range);
        };
        let mut parts = self.statement(range.start..opener);
        if parts.iter().any(|part| matches!(part, Doc::Indent { .. })) {
            parts.push(Doc::Line { flat: " ", blank: false });
            parts = vec![group(parts)];
        } else {
            parts.push(Doc::Space);
        }
        self.comments.leading(opener, &mut parts);
        let inside = level.inside(keyword).unwrap_or(Level::Section);
        let block = self.bracket(inside, opener, step + 1);
        let crowded = self.is_crowded(inside, opener + 1..close.inner);
        parts.push(block);
        if crowded || !fits_on_a_line(&parts, step) {
            // A long header and its block break the block first.
            if let Some(Doc::Group { broken, .. }) = parts.last_mut() {
                *broken = true;
            }
        }
        parts
    }

    /// Whether a block holds more than one statement.
    fn is_crowded(&self, level: Level, range: Range<usize>) -> bool {
        let first = self.member_end(level, range.clone());
        let mut start = range.start;
        let mut statements = false;
        while start < range.end {
            statements |= self.is_statement(level, self.outline.main(level, start..range.end));
            start = self.member_end(level, start..range.end);
        }
        statements && first < range.end
    }

    /// A statement up to its block: its clauses a line each, indented, where it does not fit on one.
    fn statement(&mut self, range: Range<usize>) -> Vec<Doc<'t>> {
        let keyword = self.text(range.start);
        if keyword == "condition" {
            return self.condition(range);
        }
        let mut starts = vec![range.start];
        let mut at = self.outline.after(range.start);
        while at < range.end {
            if at > range.start + 1 && self.starts_clause(keyword, at) {
                starts.push(at);
            }
            at = self.outline.after(at);
        }
        let mut parts = Vec::new();
        let mut clauses = Vec::new();
        for (at, start) in starts.iter().enumerate() {
            let end = starts.get(at + 1).copied().unwrap_or(range.end);
            let clause = self.clause(*start..end);
            if at == 0 {
                parts.push(clause);
            } else {
                clauses.push(Doc::Line { flat: " ", blank: false });
                clauses.push(clause);
            }
        }
        if !clauses.is_empty() {
            parts.push(indent(clauses));
        }
        parts
    }

    fn starts_clause(&self, keyword: &str, at: usize) -> bool {
        let word = self.text(at);
        let attribute = self.outline.is(at - 1, ".") || self.outline.is(at - 1, "has");
        let known = match word {
            "on" => keyword == "role",
            "in" | "holds" | "tags" => ENTITIES.contains(&keyword),
            // The reason of an exception stays with it.
            "because" => keyword != "isolate",
            _ => CLAUSES.contains(&word),
        };
        known && !attribute
    }

    /// A clause: its keyword, and what follows one step to the right.
    fn clause(&mut self, range: Range<usize>) -> Doc<'t> {
        let mut parts = Vec::new();
        self.flow(range.start..range.start + 1, &mut parts);
        let rest = range.start + 1..range.end;
        if !rest.is_empty() {
            if !self.is_tight(rest.start) {
                parts.push(Doc::Space);
            }
            parts.extend(self.continued(rest));
        }
        group(parts)
    }

    /// An expression or a list, one step to the right where it breaks outside its brackets.
    fn continued(&mut self, range: Range<usize>) -> Vec<Doc<'t>> {
        let breaks = !self.splits(&range).is_empty() || !self.find(&range, &[","]).is_empty();
        let parts = self.expression(range);
        // So does a comment inside.
        if breaks || parts.iter().any(|part| matches!(part, Doc::Hard { .. } | Doc::Trail(_))) {
            return vec![indent(parts)];
        }
        parts
    }

    /// `condition c(…) =`, and the body on the next line where it does not fit on this one.
    fn condition(&mut self, range: Range<usize>) -> Vec<Doc<'t>> {
        let mut equals = range.start;
        while equals < range.end && !self.outline.is(equals, "=") {
            equals = self.outline.after(equals);
        }
        let body = (equals + 1).min(range.end);
        let mut parts = Vec::new();
        self.flow(range.start..body, &mut parts);
        let body = group(self.expression(body..range.end));
        parts.push(indent(vec![Doc::Line { flat: " ", blank: false }, body]));
        parts
    }

    /// An expression or a list: it breaks before its loosest operators, or after its commas.
    fn expression(&mut self, range: Range<usize>) -> Vec<Doc<'t>> {
        let splits = self.splits(&range);
        let mut parts = Vec::new();
        let mut start = range.start;
        for split in splits.iter().copied().chain([range.end]) {
            let piece = start..split;
            if start > range.start {
                parts.push(Doc::Line { flat: " ", blank: false });
            }
            if splits.is_empty() {
                self.flow(piece, &mut parts);
            } else {
                parts.push(self.operand(piece));
            }
            start = split;
        }
        parts
    }

    /// Before which tokens an expression breaks.
    fn splits(&self, range: &Range<usize>) -> Vec<usize> {
        if self.outline.is(range.start, "if") {
            return self.find(range, &["then", "else"]);
        }
        let loosest = self.find(range, &["||"]);
        if loosest.is_empty() { self.find(range, &["&&"]) } else { loosest }
    }

    /// An operand with the operator or keyword before it.
    fn operand(&mut self, range: Range<usize>) -> Doc<'t> {
        let mut parts = Vec::new();
        let mut start = range.start;
        while start < range.end && ["&&", "||", "if", "then", "else"].contains(&self.text(start)) {
            self.flow(start..start + 1, &mut parts);
            parts.push(Doc::Space);
            start += 1;
        }
        parts.extend(self.continued(start..range.end));
        group(parts)
    }

    /// Where words or symbols stand in a range, outside its brackets.
    fn find(&self, range: &Range<usize>, texts: &[&str]) -> Vec<usize> {
        let mut found = Vec::new();
        let mut at = range.start;
        while at < range.end {
            if texts.contains(&self.text(at)) && !self.outline.is(at.saturating_sub(1), ".") {
                found.push(at);
            }
            at = self.outline.after(at);
        }
        found
    }

    /// Tokens one after another; brackets are groups, and a line may break after each comma.
    fn flow(&mut self, range: Range<usize>, parts: &mut Vec<Doc<'t>>) {
        let mut at = range.start;
        while at < range.end {
            if at > range.start && !self.is_tight(at) {
                let comma = self.outline.is(at - 1, ",");
                parts.push(if comma { Doc::Line { flat: " ", blank: false } } else { Doc::Space });
            }
            self.comments.leading(at, parts);
            let next = self.outline.after(at);
            if next > at + 1 {
                parts.push(self.bracket(Level::Section, at, 0));
            } else {
                parts.push(Doc::Text(self.text(at)));
            }
            parts.extend(self.comments.take_after(next - 1).map(Doc::Trail));
            at = next;
        }
    }

    /// A bracket, its members and its partner. Braces that the author broke after the `{` stay broken.
    fn bracket(&mut self, level: Level, opener: usize, step: usize) -> Doc<'t> {
        let mut parts = vec![Doc::Text(self.text(opener))];
        let closer = self.outline.after(opener) - 1;
        let braces = self.outline.is(opener, "{");
        parts.extend(self.comments.take_after(opener).map(Doc::Trail));
        let mut inside = self.members(level, opener + 1..closer, step);
        self.comments.leading(closer, &mut inside);
        if !inside.is_empty() {
            let flat = if braces { " " } else { "" };
            inside.insert(0, Doc::Line { flat, blank: false });
            parts.push(indent(inside));
            parts.push(Doc::Line { flat, blank: false });
        }
        parts.push(Doc::Text(self.text(closer)));
        let stretched =
            braces && closer > opener + 1 && self.outline.token(opener + 1).is_some_and(|token| token.first);
        let broken = stretched || parts.iter().any(Doc::breaks);
        Doc::Group { parts, broken }
    }

    /// Whether a token follows the one before it without a blank.
    fn is_tight(&self, at: usize) -> bool {
        let token = |at: usize| Some((self.outline.token(at)?, self.role(at)));
        let before = at.checked_sub(1).and_then(token);
        before.zip(token(at)).is_some_and(|(before, after)| tight(before, after))
    }

    fn text(&self, at: usize) -> &'t str {
        self.outline.token(at).map_or("", |token| token.text)
    }

    fn role(&self, at: usize) -> Role {
        self.roles.get(at).copied().unwrap_or(Role::Plain)
    }
}
