//! Things that other languages spell in another way, or that lack one word: what Gate writes in their place.

use super::Part;
use crate::clauses::Clause;
use crate::diag::{Diagnostic, closest};
use crate::syntax::lex::Kind;
use crate::syntax::outline::{CONTINUING, Level};
use crate::syntax::{codes, symbols};
use crate::text::Instant;

impl Part<'_, '_> {
    /// What is better called by another name than by the token that does not fit.
    pub(super) fn other_spelling(&self) -> Option<Diagnostic> {
        let before = self.found.checked_sub(1)?;
        let span = self.span(self.found);
        if self.is_number(self.found) && self.text(before) == "." {
            // `500.00` reads as the attribute `00` of 500.
            let whole = before.checked_sub(1).filter(|at| self.is_number(*at))?;
            let number = format!("{}.{}", self.text(whole), self.text(self.found));
            return Some(
                Diagnostic::error(
                    codes::SYNTAX,
                    self.span(whole).to(span),
                    format!("`{number}` is not a whole number"),
                )
                .help(format!("write a decimal as `decimal(\"{number}\")`")),
            );
        }
        if self.text(before) == "sensitive" && self.text(self.main) == "action" && self.is_word(self.found) {
            return Some(
                Diagnostic::error(codes::SYNTAX, self.span(before), "`sensitive` must come before `action`")
                    .help(format!("write `sensitive action {}`", self.text(self.found))),
            );
        }
        None
    }

    /// What to write where one word or sign of a well-known form is missing or another.
    pub(super) fn instead(&self) -> Option<String> {
        let found = self.text(self.found);
        let before = self.text(self.found.saturating_sub(1));
        let after = self.text(self.found + 1);
        let expected = |name: &str| self.expected.contains(name);
        if found == ":" && expected(symbols::OPERATOR) && self.is_number(self.found.saturating_sub(1)) {
            return Some(self.moment());
        }
        if expected("`when`") && matches!(found, "if" | "where" | "provided" | "while") {
            return Some(format!("write `when` in place of `{found}`"));
        }
        if expected("`because`") && matches!(found, "reason" | "why" | "since") {
            return Some(format!("write `because` in place of `{found}`"));
        }
        if expected("`of`") && self.is_word(self.found) {
            return Some(format!("write `of` before `{found}`"));
        }
        if expected("`on`") && matches!(found, "in" | "of" | "for") && matches!(self.text(self.main), "allow" | "deny")
        {
            return Some(format!("write `on` in place of `{found}`"));
        }
        if expected(symbols::NAME) && self.is_text(self.found) && matches!(self.text(self.main), "allow" | "deny") {
            return Some(format!("write the name without quotes: `{}`", found.trim_matches('"')));
        }
        if expected("`on`") && self.is_word(self.found) && found.starts_with(|c: char| c.is_ascii_uppercase()) {
            return Some(format!("write `on` before `{found}`"));
        }
        let main = self.text(self.main);
        if expected("`on`") && self.ends(self.found) {
            return match main {
                "allow" => Some("name the resource type: `on TYPE`".to_owned()),
                "deny" => Some("name the resource type: `on TYPE`, or `on any`".to_owned()),
                _ => None,
            };
        }
        if let Some(left_out) = self.left_out(main, found, before) {
            return Some(left_out);
        }
        if expected("`to`") && self.level == Level::File && self.is_word(self.found) {
            return Some(match found {
                "can" | "may" => format!("write `to` in place of `{found}`"),
                _ => format!("write `to` before `{found}`"),
            });
        }
        let is_clause = || closest(found, CONTINUING).is_some();
        if expected("`,`") && self.level == Level::Role && self.is_word(self.found) && !is_clause() {
            return Some(format!("write `,` before `{found}`"));
        }
        if expected(symbols::TEXT) && before == "until" {
            let date = Instant::parse_either(&self.unquoted()).map(|instant| instant.to_string());
            let date = date.unwrap_or_else(|| "2027-01-31T00:00:00Z".to_owned());
            return Some(format!("write it in quotes: `until \"{date}\"`"));
        }
        if expected(symbols::TEXT) && self.is_word(self.found) {
            return Some(format!("write it in quotes: `\"{}\"`", self.unquoted()));
        }
        if expected(symbols::TYPE) && found == "[" && self.is_word(self.found + 1) {
            return Some(format!("write `Set<{after}>`"));
        }
        if self.level == Level::BreakGlass
            && let Some(clause) = self.clause(found)
        {
            return Some(clause);
        }
        if expected(symbols::TEXT) && before == "because" {
            return Some("give the reason in quotes: `because \"TICKET-1: why they may\"`".to_owned());
        }
        if expected("`for`") && self.text(self.main + usize::from(self.text(self.main) == "liftable")) == "require" {
            return Some("add the actions that it guards: `for TYPE.ACTION`".to_owned());
        }
        if expected(symbols::OPERATOR) && found == "not" {
            return Some("write `!` before what it negates: `!(a in b)`".to_owned());
        }
        if expected(symbols::OPERATOR) && found == "?" {
            return Some("write `if a then b else c`".to_owned());
        }
        if expected("`{`") && found == ":" && after == "{" {
            return Some("remove the `:`".to_owned());
        }
        if expected("`,`") && found == "." && self.text(self.found.saturating_sub(2)) == "on" {
            return Some(format!("grants apply to whole resources; write `on {before}`"));
        }
        if self.level == Level::File && before == "}" && found == ";" {
            return Some("remove it; a block ends with `}`, without `;`".to_owned());
        }
        if expected(symbols::DURATION) && self.is_number(self.found) {
            let unit = unit(after)?;
            return Some(format!("write `{found}{unit}`"));
        }
        if !matches!(self.level, Level::Entity | Level::Section) {
            return None;
        }
        if self.found == self.main + 1 && is_type(found) {
            return Some(format!("write `{before}: {found}`"));
        }
        match (found, after) {
            ("[", "]") => Some(format!("write `Set<{before}>`")),
            ("<", element) if matches!(before, "List" | "Array" | "Vec" | "set") => {
                Some(format!("write `Set<{element}>`"))
            }
            ("<", _) if matches!(before, "Option" | "Optional" | "Maybe") => {
                Some("put `?` after the name of the attribute: `name?: TYPE`".to_owned())
            }
            ("?", _) => Some("put `?` after the name of the attribute: `name?: TYPE`".to_owned()),
            (";", _) if expected("`,`") => Some("write `,` after an attribute".to_owned()),
            ("=", _) => Some("attributes have no default; remove it, or put `?` after the name".to_owned()),
            _ => None,
        }
    }

    /// What to write where a clause of a break-glass profile lacks a word or has another in its place.
    fn clause(&self, found: &str) -> Option<String> {
        let expected = |name: &str| self.expected.contains(name);
        let main = self.text(self.main);
        if main == "requires" && expected(symbols::OPERATOR) && self.is_word(self.found) {
            let pattern = self.unquoted_from(self.found + 1);
            let pattern = pattern.trim_matches('"');
            let name = self.text(self.found.checked_sub(1)?);
            return Some(match pattern {
                "" => format!("write `{name} like \"INC-*\"`, or `,` before another requirement"),
                pattern => format!("write `{name} like \"{pattern}\"`"),
            });
        }
        if main == "approved" && expected(symbols::NUMBER) && self.is_word(self.found) {
            let role = match self.text(self.found + 1) {
                "of" => self.text(self.found + 2),
                _ => found,
            };
            return Some(format!("write the number of approvers in digits: `approved by 1 of {role}`"));
        }
        // `expires 2h`, `resources 5`, `review by lead`: the words of a clause that has several.
        let row = Clause::ALL.iter().map(|clause| clause.row()).find(|row| {
            let mut words = row.word.split(' ');
            words.next() == Some(main)
                && words
                    .nth(self.found.saturating_sub(self.main + 1))
                    .is_some_and(|word| expected(&format!("`{word}`")))
        })?;
        Some(match (self.is_number(self.found), row.word) {
            (true, word) => format!("write `{word} {}`", self.unquoted()),
            (false, "review within") => format!("write `review within 24h {}`", self.unquoted()),
            (false, word) => format!("write `{word} …`"),
        })
    }

    /// What stands where a string is due, up to the end of the clause or line.
    fn unquoted(&self) -> String {
        self.unquoted_from(self.found)
    }

    fn unquoted_from(&self, start: usize) -> String {
        let ends = |at: &usize| {
            let first = self.token(*at).is_none_or(|token| token.first && *at > start);
            first || matches!(self.text(*at), ";" | "," | "{" | "}" | ")" | "when" | "until" | "because" | "for")
        };
        let end = (start..self.member.end).find(ends).unwrap_or(self.member.end);
        self.written(start..end)
    }

    /// What to write in place of a date or a time without quotes, of which the token that does not fit is a part.
    fn moment(&self) -> String {
        let is_part =
            |at: usize| self.is_number(at) || self.is_word(at) || matches!(self.text(at), ":" | "-" | "." | "+");
        let joins = |at: usize| {
            let (one, next) = (self.token(at), self.token(at + 1));
            let touch = one.zip(next).is_some_and(|(one, next)| one.end() == next.start);
            touch && is_part(at) && is_part(at + 1)
        };
        let start = (self.member.start..self.found).rev().take_while(|at| joins(*at)).last().unwrap_or(self.found);
        let end = (self.found..self.member.end).take_while(|at| joins(*at)).last().map_or(self.found, |at| at + 1);
        let written: String = (start..=end).map(|at| self.text(at)).collect();
        if Instant::parse_either(&written).is_some() {
            return format!("write an instant as `datetime(\"{written}\")`");
        }
        match written.contains('-') {
            true => "write an instant as `datetime(\"2026-03-01T10:00:00Z\")`".to_owned(),
            false => "a time of day is a duration since midnight in UTC: compare `context.now.toTime()` with `9h55m`"
                .to_owned(),
        }
    }

    /// What to write where a statement lacks a word or has another in its place, by what it begins with.
    fn left_out(&self, main: &str, found: &str, before: &str) -> Option<String> {
        let expected = |name: &str| self.expected.contains(name);
        Some(match main {
            "allow" | "deny" if expected("`to`") && found == "on" => {
                format!("name a principal type or a role: `{main} WHO to ACTIONS on TYPE`")
            }
            "separate" if expected("`from`") => match found {
                "," | "and" | "to" => format!("write `from` in place of `{found}`"),
                _ => "name two actions: `separate TYPE.ACTION from TYPE.ACTION`".to_owned(),
            },
            "isolate" if expected("`by`") => format!("write `by` before `{found}`"),
            "assert" if expected("`:`") => "give it a name: `assert NAME: never WHO to ACTIONS on TYPE`".to_owned(),
            "assert" if self.expected.iter().any(|name| name.contains("`never`")) && !is_claim(found) => {
                "state the claim: `never WHO to ACTIONS on TYPE`, or `only WHO to …`".to_owned()
            }
            "role" if found == "of" && expected("`for`") => "write `for` in place of `of`".to_owned(),
            "enum" | "ordered" if expected("`,`") && found == ";" => "write `,` between members".to_owned(),
            "enum" | "ordered" if expected(symbols::NAME) && self.is_text(self.found) => {
                format!("write the member without quotes: `{}`", found.trim_matches('"'))
            }
            "enum" | "ordered" if expected("`{`") => {
                "write the members in braces: `enum NAME { one, other }`".to_owned()
            }
            "condition" if expected("`=`") && self.is_word(self.found) => format!("write `=` before `{found}`"),
            "condition" if expected("`=`") => "write `condition NAME = …;`".to_owned(),
            "condition" if expected("`:`") && before != ")" => format!("give its type: `{before}: TYPE`"),
            "condition" if expected(symbols::NAME) && (before, found) == ("(", ")") => {
                "a condition without parameters has no `()`".to_owned()
            }
            _ if expected(symbols::EXPRESSION) && (before, found) == ("<", ">") => "write `!=`".to_owned(),
            _ if expected("`else`") && self.ends(self.found) => {
                "`if` needs both branches: `if a then b else c`; for \"only if\", write `a && b`".to_owned()
            }
            _ if expected("`,`")
                && matches!(self.level, Level::Entity | Level::Section)
                && self.is_word(self.found) =>
            {
                format!("write `,` before `{found}`")
            }
            _ => return None,
        })
    }

    pub(super) fn is_doc(&self, at: usize) -> bool {
        self.token(at).is_some_and(|token| token.kind == Kind::Doc)
    }

    /// Whether a statement is at its end here.
    fn ends(&self, at: usize) -> bool {
        self.token(at).is_none_or(|token| token.is(";") || token.is("}"))
    }

    pub(super) fn is_word(&self, at: usize) -> bool {
        self.token(at).is_some_and(|token| token.kind == Kind::Word)
    }

    fn is_text(&self, at: usize) -> bool {
        self.token(at).is_some_and(|token| token.kind == Kind::Text)
    }

    fn is_number(&self, at: usize) -> bool {
        self.token(at).is_some_and(|token| token.kind == Kind::Number)
    }
}

/// Whether a word is nearly one that begins a claim.
fn is_claim(word: &str) -> bool {
    closest(word, ["never", "only", "always", "possible"]).is_some()
}

/// Whether a word seems to name a type.
fn is_type(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_uppercase())
        || matches!(word, "decimal" | "datetime" | "duration" | "ipaddr" | "string" | "bool" | "boolean" | "int")
}

/// The unit that a word for one is short for.
fn unit(word: &str) -> Option<&'static str> {
    Some(match word {
        "d" | "day" | "days" => "d",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "ms" | "millisecond" | "milliseconds" => "ms",
        _ => return None,
    })
}
