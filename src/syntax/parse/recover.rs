//! Recovery: pest stops at the first fault, so a broken text is cut along its outline, each part is parsed by the rule
//! it must satisfy, the broken parts are reported and blanked out, and what remains is parsed as a file.
//! Blanks keep every offset, so the spans of the tree need no mending.

use std::collections::BTreeSet;
use std::ops::Range;

use super::explain::explain;
use crate::diag::Diagnostic;
use crate::syntax::faults::Faults;
use crate::syntax::grammar::{Rule, parse_rule};
use crate::syntax::outline::Level;
use crate::syntax::scan::{Mark, Scan};
use crate::syntax::{ast, build, codes, grammar};
use crate::text::{FileId, Span};

/// Parses what is sound of a text that does not parse as a whole, and reports the rest.
pub(super) fn recover(scan: &Scan<'_>, text: &str, file: FileId, faults: &mut Faults) -> ast::File {
    let kept = vec![true; scan.marks.len()];
    let mut recovery = Recovery { scan, text, file, kept, ended: BTreeSet::new(), faults };
    let whole = 0..scan.outline.tokens.len();
    for member in scan.outline.split(Level::File, whole.clone()) {
        recovery.settle(Level::File, member, End::Inner);
    }
    let rest = recovery.render(whole);
    match parse_rule(Rule::file, &rest) {
        Ok(pairs) => build::file(pairs, text, file, faults),
        Err(fault) => {
            // The parts parse and the whole does not: the outline was wrong, and nothing of the file can be trusted.
            let at = grammar::offset(&fault);
            faults.push(Diagnostic::error(
                codes::SYNTAX,
                Span::new(file, at, at),
                "cannot parse this file from here on",
            ));
            ast::File { file, items: Vec::new() }
        }
    }
}

/// Whether a member is the last of its block: only there may the comma after an attribute be missing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Inner,
    Last,
}

struct Recovery<'a, 't> {
    scan: &'a Scan<'t>,
    text: &'t str,
    file: FileId,
    /// One for each token: whether it is still part of the text.
    kept: Vec<bool>,
    /// The tokens after which a missing `;` is put.
    ended: BTreeSet<usize>,
    faults: &'a mut Faults,
}

impl Recovery<'_, '_> {
    /// Leaves of a member what parses: all of it, or its frame with the sound members of its block, or nothing.
    fn settle(&mut self, level: Level, member: Range<usize>, end: End) {
        if self.faults.are_full() {
            return self.drop(member);
        }
        let rule = rule(level, end);
        let Err(mut fault) = self.attempt(rule, &member) else {
            return;
        };
        let outline = &self.scan.outline;
        let main = outline.main(level, member.clone());
        let inside = outline.token(main).and_then(|token| level.inside(token.text));
        if let (Some(inside), Some((opener, close))) = (inside, outline.block(member.clone())) {
            let members = outline.split(inside, opener + 1..close.inner);
            let last = members.len().saturating_sub(1);
            for (at, inner) in members.into_iter().enumerate() {
                self.settle(inside, inner, if at == last { End::Last } else { End::Inner });
            }
            match self.attempt(rule, &member) {
                Ok(()) => return,
                Err(remaining) => fault = remaining,
            }
        }
        if let Some(fault) = fault.filter(|_| !self.is_reported(&member)) {
            let at = self.start(&member) + grammar::offset(&fault);
            self.faults.push(explain(outline, self.file, level, member.clone(), at, &fault));
        }
        if !self.end(rule, &member) {
            self.drop(member);
        }
    }

    /// Puts the `;` that a member lacks into the white space behind it; whether that is all that it lacks. Then its names are looked
    /// up like any other's.
    fn end(&mut self, rule: Rule, member: &Range<usize>) -> bool {
        let last = member.clone().rev().find(|at| self.kept.get(*at) == Some(&true));
        let Some((at, token)) = last.and_then(|at| Some((at, self.scan.outline.token(at)?))) else {
            return false;
        };
        // At the very end of a text there is no room, and spans must not reach beyond it.
        let has_room = self.text.as_bytes().get(token.end()).is_some_and(u8::is_ascii_whitespace);
        if !has_room || !self.ended.insert(at) {
            return false;
        }
        let is_all = self.attempt(rule, member).is_ok();
        if !is_all {
            self.ended.remove(&at);
        }
        is_all
    }

    fn drop(&mut self, member: Range<usize>) {
        for kept in self.kept.get_mut(member).into_iter().flatten() {
            *kept = false;
        }
    }

    /// Parses what is kept of a member. No fault is returned where the text must not reach pest.
    fn attempt(&self, rule: Rule, member: &Range<usize>) -> Result<(), Option<Box<grammar::Fault>>> {
        if self.any(member, |mark| mark == Mark::Barred) {
            return Err(None);
        }
        parse_rule(rule, &self.render(member.clone())).map(|_| ()).map_err(Some)
    }

    /// Whether a fault of what is kept of a member is reported already.
    fn is_reported(&self, member: &Range<usize>) -> bool {
        self.any(member, |mark| matches!(mark, Mark::Barred | Mark::Reported))
    }

    fn any(&self, member: &Range<usize>, test: fn(Mark) -> bool) -> bool {
        let marks = self.scan.marks.get(member.clone()).into_iter().flatten();
        let kept = self.kept.get(member.clone()).into_iter().flatten();
        marks.zip(kept).any(|(mark, kept)| *kept && test(*mark))
    }

    fn start(&self, range: &Range<usize>) -> usize {
        self.scan.outline.token(range.start).map_or(0, |token| token.start)
    }

    /// The text of some tokens from the first one on: blanks for what is not kept and for comments, line ends kept, and
    /// the missing `}` in the white space before the token where the block is taken to end.
    fn render(&self, range: Range<usize>) -> String {
        let missing = self.scan.missing.get(self.scan.missing.partition_point(|m| m.before <= range.start)..);
        let missing = missing.into_iter().flatten().take_while(|m| m.before <= range.end);
        let missing = missing.filter(|m| range.contains(&m.opener) && self.kept.get(m.opener) == Some(&true));
        let mut missing = missing.map(|m| m.before).peekable();
        let mut rendered = String::new();
        let mut at = self.start(&range);
        for index in range.clone() {
            let (Some(token), Some(kept)) = (self.scan.outline.token(index), self.kept.get(index)) else {
                break;
            };
            let is_ended = index > range.start && self.ended.contains(&(index - 1));
            let gap = match is_ended {
                true => at + 1,
                false => at,
            };
            rendered.extend(is_ended.then_some(';'));
            self.blank(gap..token.start, &mut rendered);
            let mut closers = 0;
            while missing.next_if_eq(&index).is_some() {
                closers += 1;
            }
            // A block left open ends before the first token of a line, so there is white space to give up.
            if rendered.bytes().rev().take_while(u8::is_ascii_whitespace).take(closers).count() == closers {
                rendered.truncate(rendered.len() - closers);
                rendered.extend(std::iter::repeat_n('}', closers));
            }
            if *kept {
                rendered.push_str(token.text);
            } else {
                self.blank(token.start..token.end(), &mut rendered);
            }
            at = token.end();
        }
        rendered.extend(range.end.checked_sub(1).filter(|last| self.ended.contains(last)).map(|_| ';'));
        rendered.extend(missing.map(|_| "\n}"));
        rendered
    }

    fn blank(&self, gap: Range<usize>, rendered: &mut String) {
        let bytes = self.text.as_bytes().get(gap).unwrap_or_default();
        rendered.extend(bytes.iter().map(|byte| if *byte == b'\n' { '\n' } else { ' ' }));
    }
}

fn rule(level: Level, end: End) -> Rule {
    match (level, end) {
        (Level::File, _) => Rule::only_item,
        (Level::Role, _) => Rule::only_role_member,
        (Level::BreakGlass, _) => Rule::only_break_glass_clause,
        (Level::Entity, End::Inner) => Rule::only_entity_member,
        (Level::Entity, End::Last) => Rule::only_last_entity_member,
        (Level::Context, _) => Rule::only_context_section,
        (Level::Section, End::Inner) => Rule::only_field,
        (Level::Section, End::Last) => Rule::only_last_field,
    }
}
