//! What pest says about a part that does not parse, as a diagnostic: what was expected, what was found, what to write.

mod spelling;

use std::collections::BTreeSet;
use std::ops::Range;

use crate::clauses::Clause;
use crate::diag::{Certainty, Diagnostic, Fix, closest, did_you_mean};
use crate::syntax::lex::{Kind, Token};
use crate::syntax::outline::{CONTINUING, DECLARATIONS, ENTITY_MEMBERS, LATER, Level, Outline};
use crate::syntax::symbols::{RESERVED, symbol};
use crate::syntax::{codes, grammar, symbols};
use crate::text::{FileId, Span};

/// A member that does not parse, and the byte at which pest could go no further.
pub(super) fn explain(
    outline: &Outline<'_>,
    file: FileId,
    level: Level,
    member: Range<usize>,
    at: usize,
    fault: &grammar::Fault,
) -> Diagnostic {
    let main = outline.main(level, member.clone());
    let found = outline.tokens.partition_point(|token| token.end() <= at).clamp(member.start, member.end);
    let expected = grammar::expected(fault).iter().map(|rule| symbol(*rule)).collect();
    let part = Part { outline, file, level, main, member, found, expected };
    part.unknown_keyword()
        .or_else(|| part.common_slip())
        .or_else(|| part.other_spelling())
        .or_else(|| part.missing_end())
        .unwrap_or_else(|| part.plain())
}

struct Part<'a, 't> {
    outline: &'a Outline<'t>,
    file: FileId,
    level: Level,
    /// The first token after doc lines, annotations and label.
    main: usize,
    member: Range<usize>,
    /// The token that does not fit; the member's end if too few do.
    found: usize,
    expected: BTreeSet<&'static str>,
}

impl<'t> Part<'_, 't> {
    fn token(&self, at: usize) -> Option<&Token<'t>> {
        self.outline.token(at).filter(|_| self.member.contains(&at))
    }

    fn text(&self, at: usize) -> &'t str {
        self.token(at).map_or("", |token| token.text)
    }

    /// The span of a token; past the member, the end of its last token.
    fn span(&self, at: usize) -> Span {
        match self.token(at) {
            Some(token) => Span::new(self.file, token.start, token.end()),
            None => self.end_of(self.member.end.saturating_sub(1)),
        }
    }

    fn end_of(&self, at: usize) -> Span {
        let end = self.token(at).map_or(0, Token::end);
        Span::new(self.file, end, end)
    }

    /// A member that begins with a word that begins none here.
    fn unknown_keyword(&self) -> Option<Diagnostic> {
        let Some(main) = self.token(self.main) else {
            return Some(self.nothing_follows());
        };
        let span = self.span(self.main);
        let word = main.text;
        let begins = |what: &str| {
            let message = format!("expected a {what}, found `{word}`");
            Diagnostic::error(codes::UNKNOWN_KEYWORD, span, message)
        };
        match self.level {
            Level::File if DECLARATIONS.contains(&word) => None,
            Level::File if LATER.contains(&word) => Some(
                Diagnostic::error(
                    codes::NOT_IN_EDITION,
                    span,
                    format!("`{word}` is not in this edition of the language"),
                )
                .help("the word is reserved for a later edition; remove the declaration"),
            ),
            Level::File if main.kind != Kind::Word => {
                let message = format!("expected a declaration, found `{word}`");
                let help = match word {
                    ";" => Some("remove it; a block ends with `}`, without `;`".to_owned()),
                    "/" => Some("comments begin with `//`".to_owned()),
                    _ => None,
                };
                Some(Diagnostic::error(codes::SYNTAX, span, message).maybe_help(help))
            }
            Level::File => Some(begins("declaration").maybe_help(declaration_help(word))),
            Level::Role if word == "allow" => None,
            Level::Role if DECLARATIONS.contains(&word) => {
                Some(begins("grant").help("a role contains only grants (`allow …;`); move this out of the role"))
            }
            Level::Role if matches!(word, "permit" | "grant" | "can" | "may") => {
                Some(begins("grant").help("write `allow ACTIONS on TYPE`"))
            }
            Level::Role if self.text(self.main + 1) == "allow" => {
                Some(begins("grant").help(format!("a label ends with `:`, as in `{word}: allow …`")))
            }
            Level::Role => Some(begins("grant").meant(span, word, ["allow"])),
            Level::BreakGlass if Clause::first_words().contains(&word) => None,
            Level::BreakGlass => Some(begins("break-glass clause").meant(span, word, Clause::first_words())),
            Level::Context if word == "from" => None,
            Level::Context => Some(
                begins("section of the context")
                    .help("declare attributes in `from gateway { … }`, `from token { … }` or `from caller { … }`"),
            ),
            Level::Entity | Level::Section => None,
        }
    }

    /// Doc lines, annotations or a label, and then nothing.
    fn nothing_follows(&self) -> Diagnostic {
        let last = self.member.end.saturating_sub(1);
        let (code, what) = match self.token(last).map(|token| (token.kind, token.text)) {
            Some((Kind::Doc, _)) => (codes::MISPLACED_DOC, "doc comment"),
            Some((_, ":")) => (codes::MISPLACED_LABEL, "label"),
            _ => (codes::MISPLACED_ANNOTATION, "annotation"),
        };
        let span = self.span(self.member.start).to(self.span(last));
        Diagnostic::error(code, span, format!("nothing follows this {what}"))
            .help("write it before the item that it describes")
    }

    /// Slips of the pen, most of them habits from other languages.
    fn common_slip(&self) -> Option<Diagnostic> {
        let span = self.span(self.found);
        let syntax = |message: String, help: &str| Some(Diagnostic::error(codes::SYNTAX, span, message).help(help));
        let (main, found, before) = (self.text(self.main), self.text(self.found), self.found.saturating_sub(1));
        if main == "allow" && before == self.main + 1 && matches!(self.text(before), "everything" | "all") {
            return Some(
                Diagnostic::error(
                    codes::SYNTAX,
                    self.span(before),
                    "a grant must name its actions and a resource type",
                )
                .help("write `allow read, list on Payout`; no grant allows everything"),
            );
        }
        if main == "allow" && self.found == self.main + 1 && found == "*" {
            return syntax(
                "a grant must name its actions and a resource type".to_owned(),
                "write `allow read, list on Payout`",
            );
        }
        if main == "principal" && found == "acts" {
            let message = "`acts for` is not in this edition of the language";
            return Some(
                Diagnostic::error(codes::NOT_IN_EDITION, span, message)
                    .help("the words are reserved for a later edition"),
            );
        }
        if found == "unless" && main != "assert" {
            return syntax("`unless` is only allowed in `assert`".to_owned(), "write `when !(…)`");
        }
        if self.token(self.found).is_some_and(|token| token.kind == Kind::Doc) {
            return Some(self.misplaced_doc());
        }
        if self.expected.contains(symbols::OPERATOR) {
            let written = match found {
                "=" => Some("=="),
                "and" | "&" => Some("&&"),
                "or" | "|" => Some("||"),
                _ => None,
            };
            let instead = match found {
                "=" => "write `==` to compare",
                "=>" => "write `>=`",
                "and" | "&" => "write `&&`",
                "or" | "|" => "write `||`",
                "/" | "%" => "Cedar does not support division or remainder",
                _ if self.text(before) == "not" => {
                    return Some(
                        Diagnostic::error(codes::SYNTAX, self.span(before), "`not` is not an operator")
                            .help("write `!`"),
                    );
                }
                _ => return None,
            };
            let fault = Diagnostic::error(codes::SYNTAX, span, format!("`{found}` is not an operator")).help(instead);
            return Some(match written {
                Some(operator) => fault.fix(Fix::replace(span, found, operator, Certainty::Certain)),
                None => fault,
            });
        }
        if let Some(typed) = self.action_with_its_type() {
            return Some(typed);
        }
        if self.text(before.saturating_sub(1)) == "::" && self.expected.contains("`::`") {
            let word = self.text(before);
            return Some(
                Diagnostic::error(codes::SYNTAX, self.span(before), format!("`{word}` is not an entity"))
                    .help(format!("write the id as a string: `::\"{word}\"`")),
            );
        }
        let names = [symbols::NAME, symbols::ATTRIBUTE].iter().any(|name| self.expected.contains(name));
        if names && self.found > self.main && RESERVED.contains(&found) {
            return Some(
                Diagnostic::error(
                    codes::RESERVED_WORD,
                    span,
                    format!("expected a name, found the reserved word `{found}`"),
                )
                .help(match self.text(before) {
                    "," => format!("remove the `,` before `{found}`, or add the missing name between them"),
                    _ => "add the missing name before it, or choose another name".to_owned(),
                }),
            );
        }
        None
    }

    /// A doc comment elsewhere than first in a member.
    fn misplaced_doc(&self) -> Diagnostic {
        let fault = Diagnostic::error(codes::MISPLACED_DOC, self.span(self.found), "a doc comment is not allowed here");
        let above = (self.member.start..self.found).any(|at| self.is_doc(at));
        // An annotation or a label stands before it, and the member has not begun.
        let is_late = self.found > self.member.start && self.found <= self.main && !above;
        if !is_late {
            return fault
                .help("write `//` for a plain comment; `///` belongs before a declaration, an attribute or an action");
        }
        let first = match self.text(self.member.start) {
            "@" => format!("the annotation `@{}`", self.text(self.member.start + 1)),
            label => format!("the label `{label}:`"),
        };
        fault.help(format!("move it above {first}"))
    }

    /// `allow Payout.read on Payout`: the type stands before an action that needs none there.
    fn action_with_its_type(&self) -> Option<Diagnostic> {
        let verb = self.text(self.main);
        if !matches!(verb, "allow" | "deny") {
            return None;
        }
        let tokens = self.main + 1..self.member.end;
        let ends = |at: &usize| matches!(self.text(*at), "on" | "when" | "because" | "via" | "until" | ";" | "}" | "{");
        let end = tokens.clone().find(ends).unwrap_or(self.member.end);
        let to = (tokens.start..end).find(|at| self.text(*at) == "to");
        let start = match to {
            Some(to) => to + 1,
            None if self.level == Level::Role => tokens.start,
            None => return None,
        };
        if !(start..=end).contains(&self.found) {
            return None;
        }
        let dot = (start..end).find(|at| matches!(self.text(*at), "." | "::"))?;
        let names: Vec<&str> = (start..end)
            .filter(|at| self.is_word(*at) && !matches!(self.text(at + 1), "." | "::"))
            .map(|at| self.text(at))
            .collect();
        let (names, ty) = (names.join(", "), self.text(dot.checked_sub(1)?));
        let on = match self.text(end) {
            "on" => self.text(end + 1),
            _ => ty,
        };
        let who = to.map_or_else(String::new, |to| format!("{} to ", self.written(self.main + 1..to)));
        Some(
            Diagnostic::error(
                codes::SYNTAX,
                self.span(dot - 1).to(self.span(dot + 1)),
                format!("`{verb}` names actions without their type"),
            )
            .help(format!("write `{verb} {who}{names} on {on}`")),
        )
    }

    /// Tokens with one space where there is any between them.
    fn written(&self, tokens: Range<usize>) -> String {
        let mut text = String::new();
        let mut end = None;
        for token in tokens.filter_map(|at| self.token(at)) {
            if end.is_some_and(|end| end < token.start) {
                text.push(' ');
            }
            text.push_str(token.text);
            end = Some(token.end());
        }
        text
    }

    /// A `;` or `,` left out before the next line.
    fn missing_end(&self) -> Option<Diagnostic> {
        let next_line = self.token(self.found).is_none_or(|token| token.first);
        // In a list of names a comma goes on; after an attribute it ends.
        let ends: &[&str] = match self.level {
            Level::Entity | Level::Section => &["`;`", "`,`"],
            _ => &["`;`"],
        };
        let end = ends.iter().find(|end| self.expected.contains(*end))?;
        let before = self.found.checked_sub(1).filter(|_| next_line)?;
        let at = self.end_of(before);
        let inside = self.level.inside(self.text(self.main)).filter(|_| self.expected.contains("`{`"));
        if inside.is_some_and(|inside| self.outline.begins_member(inside, self.found)) {
            return Some(
                Diagnostic::error(codes::SYNTAX, at, "missing `{`")
                    .label("the block begins here")
                    .help(format!("write `{{` after `{}`, and `}}` at the end of the block", self.text(before))),
            );
        }
        let (what, sign) = match *end {
            "`;`" => ("statement", ";"),
            _ => ("attribute", ","),
        };
        // A clause whose first word is misspelt belongs to this statement: without it, the statement would mean more.
        let is_next = self.token(self.found).is_none_or(|_| self.outline.begins_member(self.level, self.found));
        if !is_next && closest(self.text(self.found), CONTINUING).is_some() {
            return None;
        }
        let fault = Diagnostic::error(codes::SYNTAX, at, format!("missing `{sign}`"))
            .label(format!("the {what} ends here"))
            .help(format!("write `{sign}` after `{}`", self.text(before)));
        Some(match is_next {
            true => fault.fix(Fix::insert(at, sign, Certainty::Certain)),
            false => fault,
        })
    }

    /// What was expected and what was found, with a suggestion where the word is nearly one that fits.
    fn plain(&self) -> Diagnostic {
        let found = match self.token(self.found) {
            Some(token) => format!("`{}`", shorten(token.text)),
            None => "the end".to_owned(),
        };
        let expected = self.listed();
        let message = match expected.is_empty() {
            true => format!("{found} is not allowed here"),
            false => format!("expected {expected}, found {found}"),
        };
        // Whatever stands between backticks in the names of the expected tokens.
        let quoted = self.expected.iter().flat_map(|name| name.split('`').skip(1).step_by(2));
        let mut keywords: Vec<_> = quoted.filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic())).collect();
        let mut word = self.text(self.found);
        if self.level == Level::Entity && self.found == self.main + 1 {
            // `acton read` reads as an attribute without its colon.
            word = self.text(self.main);
            keywords = ENTITY_MEMBERS.to_vec();
        }
        let fault = Diagnostic::error(codes::SYNTAX, self.span(self.found), message);
        if let Some(instead) = self.instead() {
            return fault.help(instead);
        }
        match closest(word, keywords.iter().copied()) {
            Some(near) => {
                let at = match word == self.text(self.found) {
                    true => self.found,
                    false => self.main,
                };
                let fault = fault.help(format!("did you mean `{near}`?"));
                fault.near(self.span(at), word, keywords)
            }
            None => fault,
        }
    }

    /// The expected tokens as a list, punctuation last; what only continues a name or an operand is left out where
    /// anything else may follow.
    fn listed(&self) -> String {
        let mut names: Vec<&str> = self.expected.iter().copied().filter(|name| *name != symbols::END).collect();
        let incidental = ["`.`", "`::`", "`(`", "`[`", "a doc comment", "an annotation"];
        if names.iter().any(|name| !incidental.contains(name)) {
            names.retain(|name| !incidental.contains(name));
        }
        if names.contains(&symbols::DECLARATION) {
            names = vec![symbols::DECLARATION];
        }
        if names.contains(&symbols::OPERATOR) {
            names.retain(|name| *name != "`in`");
        }
        if self.level == Level::BreakGlass && self.text(self.main) == "requires" {
            // The only operator of the clause.
            names.iter_mut().filter(|name| **name == symbols::OPERATOR).for_each(|name| *name = "`like`");
        }
        if self.level == Level::Role {
            // A grant in a role has its holder.
            names.retain(|name| *name != "`to`");
        }
        if names.contains(&symbols::EXPRESSION) {
            names.retain(|name| *name != symbols::OPERATOR);
        }
        if self.found == self.main + 1 && DECLARATIONS.contains(&self.text(self.main)) {
            // Any word may be a label; a keyword hardly ever is.
            names.retain(|name| *name != "`:`");
        }
        names.sort_by_key(|name| (name.len() == 3 && name.starts_with('`'), name.starts_with('`'), *name));
        match names.split_last() {
            None => String::new(),
            Some((only, [])) => (*only).to_owned(),
            Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        }
    }
}

/// What to write in place of an unknown first word of a declaration.
fn declaration_help(word: &str) -> Option<String> {
    let help = match word {
        "grant" => "write `allow WHO to ACTIONS on TYPE`",
        "permit" | "forbid" => "write `allow … on …` or `deny … to … on …`; Cedar policies belong in `.cedar` files",
        "action" | "sensitive" => "declare actions in the block of their `resource`",
        "entity" | "type" => "declare types with `principal`, `resource` or `group`",
        "unless" | "when" | "because" | "until" => "move this clause before the `;` of the statement above",
        _ => return did_you_mean(word, DECLARATIONS),
    };
    Some(help.to_owned())
}

/// A token short enough to be quoted in a message.
fn shorten(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or(text)),
        None => text.to_owned(),
    }
}
