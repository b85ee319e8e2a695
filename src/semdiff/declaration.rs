//! A declared change of access, one file of `changes/`: who gains or loses what, or which terms of the contract change, why, and
//! who answers for it. What the names mean is seen when a difference is held against them; a declaration outlives the parts that
//! it names.

use crate::diag::{Diagnostic, Diagnostics, did_you_mean};
use crate::load::document::{Field, Fields, Key, Node};
use crate::load::yaml;
use crate::text::{FileId, Instant, Sources, Span};

use super::codes;
use super::codes::CHANGE;
use super::direction::Direction;

/// A whole declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// The file that holds it.
    pub file: FileId,
    /// Which way access is to change.
    pub change: Direction,
    /// Holders, as reports name them: `finance`, `every User`, `break-glass outage`; none where it is about terms alone.
    pub who: Vec<Name>,
    /// Kinds of request, as reports name them: `Payment.refund`, `Payout.create on Org`.
    pub what: Vec<Name>,
    /// Terms of the contract, as reports name them: `break_glass.outage.max_uses`.
    pub contract: Vec<Name>,
    /// Why.
    pub because: String,
    /// Who answers for it.
    pub owner: String,
    /// Where it was asked for.
    pub ticket: Option<String>,
    /// When it ends, exclusively.
    pub until: Option<Until>,
}

/// A name and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// An end and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Until {
    /// The first moment at which the declaration covers nothing.
    pub at: Instant,
    /// Its place.
    pub span: Span,
}

impl Declaration {
    /// Whether its end has come.
    #[must_use]
    pub fn has_ended(&self, at: Instant) -> bool {
        self.until.is_some_and(|until| until.at <= at)
    }
}

const KEYS: [&str; 8] = ["who", "what", CONTRACT, "change", "because", "owner", "ticket", "until"];
/// The key for terms of the contract. With it, holders and actions may be left out, both.
const CONTRACT: &str = "contract";
const REQUIRED: [(&str, &str); 5] = [
    ("who", "who gains or loses it, as `gatewright diff` names them: `who: finance`"),
    ("what", "the actions, as `gatewright diff` names them: `what: [Payment.refund, Payout.create on Org]`"),
    ("change", "`change: widened` or `change: narrowed`"),
    ("because", "`because:` and the reason"),
    ("owner", "`owner:` and who is responsible"),
];

/// Reads files of declared changes. All their faults go to `out`; a file with a fault declares nothing.
#[must_use]
pub fn declarations(sources: &Sources, files: &[FileId], out: &mut Diagnostics) -> Vec<Declaration> {
    let mut all = Vec::new();
    for file in files {
        let mut faults = Diagnostics::new();
        let read = declaration(sources, *file, &mut faults);
        all.extend(read.filter(|_| !faults.has_errors()));
        out.extend(faults);
    }
    all
}

/// One file. Every key is looked at, whatever is wrong with the others.
fn declaration(sources: &Sources, file: FileId, out: &mut Diagnostics) -> Option<Declaration> {
    let node = yaml::parse(sources, file, out)?;
    let help = match node.as_list() {
        Some(_) => "write one declaration per file",
        None => "run `gatewright diff --declare` to write files to fill in",
    };
    let fields = CHANGE.at(&node, "a declared change").help(help).section(out)?;
    keys(&fields, out);
    let mut names = |key: &str| {
        let help = "write it as shown by `gatewright diff`; quote names that YAML reads as something else";
        let names = fields.at(key).map(|field| field.help(help).names(out)).unwrap_or_default().into_iter();
        names.map(|(text, span)| Name { text: text.trim().to_owned(), span }).collect::<Vec<_>>()
    };
    let (who, what, contract) = (names("who"), names("what"), names(CONTRACT));
    let change = fields.at("change").and_then(|field| change(field, out));
    let because = fields.entry("because").and_then(|entry| explained(entry, "the reason", out));
    let owner = fields.entry("owner").and_then(|entry| explained(entry, "who is responsible", out));
    let ticket = fields.at("ticket").and_then(|field| {
        let text = field.help("write the ticket's name, or leave `ticket` out").scalar(out)?;
        Some(text.trim().to_owned())
    });
    let until = fields.at("until").and_then(|field| {
        let help =
            "write the first day on which it no longer applies, such as `2026-12-31`, or an instant with a time zone";
        let span = field.node.span;
        field.help(help).date(out).map(|at| Until { at, span })
    });
    Some(Declaration { file, change: change?, who, what, contract, because: because?, owner: owner?, ticket, until })
}

fn keys(fields: &Fields<'_>, out: &mut Diagnostics) {
    for (key, fault) in fields.unknown(&KEYS) {
        out.push(match key.text.as_str() {
            "widened" | "narrowed" => fault.help(format!("write `change: {}`", key.text)),
            _ => fault,
        });
    }
    let about_terms = fields.has(CONTRACT) && !fields.has("who") && !fields.has("what");
    for (key, help) in REQUIRED {
        let is_due = !(about_terms && matches!(key, "who" | "what"));
        if is_due && !fields.has(key) {
            out.push(fields.missing(key).help(format!("write {help}")));
        }
    }
}

fn change(field: Field<'_>, out: &mut Diagnostics) -> Option<Direction> {
    let span = field.node.span;
    let text = field.help("write `widened` or `narrowed`").scalar(out)?.trim();
    let found = Direction::ALL.into_iter().find(|way| way.name() == text);
    if found.is_none() {
        let help = match text {
            "widen" | "widens" | "gains" | "gained" | "added" => "write `widened`".to_owned(),
            "narrow" | "narrows" | "loses" | "lost" | "removed" => "write `narrowed`".to_owned(),
            "both" => "write one file for the widening and one for the narrowing".to_owned(),
            other => did_you_mean(other, Direction::ALL.map(Direction::name))
                .unwrap_or_else(|| "write `widened` or `narrowed`".to_owned()),
        };
        out.push(
            CHANGE
                .invalid(span, format!("unknown change `{text}`"))
                .label("expected `widened` or `narrowed`")
                .help(help)
                .near(span, text, Direction::ALL.map(Direction::name)),
        );
    }
    found
}

/// Words that somebody wrote: at least one letter or digit.
fn explained((key, node): (&Key, &Node), says: &str, out: &mut Diagnostics) -> Option<String> {
    if node.as_list().is_some() || node.as_map().is_some() {
        CHANGE.at(node, format!("`{}`", key.text)).scalar(out);
        return None;
    }
    let text = node.written().unwrap_or_default().trim();
    if node.is_null() || !text.chars().any(char::is_alphanumeric) {
        let span = match text.is_empty() && !node.is_quoted() {
            true => key.span,
            false => node.span,
        };
        out.push(
            Diagnostic::error(codes::UNEXPLAINED, span, format!("`{}` must be an explanation in words", key.text))
                .label("contains no word")
                .help(format!("write {says}, in words that a reviewer can assess")),
        );
        return None;
    }
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> (Vec<Declaration>, Diagnostics, Sources) {
        let mut sources = Sources::default();
        let file = sources.add("changes/a.yaml", text);
        let mut out = Diagnostics::new();
        let all = declarations(&sources, &[file], &mut out);
        (all, out, sources)
    }

    #[test]
    fn a_whole_declaration_is_read() {
        let (all, out, sources) = read(
            "who: [ finance , every User]\nwhat: \"Payout.create on Org\"\nchange: narrowed\nbecause: |\n  two\n  lines\n\
             owner: ann\nticket: 40\nuntil: 2026-12-31T12:00:00+01:00\n",
        );
        assert!(out.is_empty(), "{out:?}");
        let one = all.first().unwrap();
        let who: Vec<_> = one.who.iter().map(|name| name.text.as_str()).collect();
        assert_eq!(who, ["finance", "every User"]);
        assert_eq!(sources.slice(one.who[1].span), "every User");
        assert_eq!(one.what[0].text, "Payout.create on Org");
        assert_eq!((one.change, one.because.as_str()), (Direction::Narrowed, "two\nlines"));
        assert_eq!((one.owner.as_str(), one.ticket.as_deref()), ("ann", Some("40")));
        assert_eq!(one.until.unwrap().at.to_string(), "2026-12-31T11:00:00Z");
    }

    #[test]
    fn terms_are_declared_alone_or_beside_access() {
        let rest = "change: widened\nbecause: b\nowner: o\n";
        for (names, sound) in [
            ("contract: break_glass.outage.max_uses\n", true),
            ("contract: [a, b]\nwho: x\nwhat: y\n", true),
            ("contract: [a]\nwho: x\n", false),
            ("contract: [a]\nwhat: y\n", false),
            ("contract: []\n", false),
            ("contract:\n", false),
            ("", false),
        ] {
            let (all, out, _) = read(&format!("{names}{rest}"));
            assert_eq!((all.len() == 1, out.has_errors()), (sound, !sound), "{names}: {out:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_read_is_whole(
            text in r#"((who|what|contract|change|because|owner|ticket|until|x): ?(a|widened|\[a, b\]|\[\]|""|5|~|2026-12-31|\{a: b\}|&a |\*a|!t c|é|\|)?\n){0,9}"#
        ) {
            let (all, out, sources) = read(&text);
            prop_assert!(all.is_empty() || !out.has_errors());
            for one in &all {
                prop_assert!(!one.contract.is_empty() || !one.who.is_empty());
                prop_assert_eq!(one.who.is_empty(), one.what.is_empty());
                prop_assert!(!one.because.is_empty() && !one.owner.is_empty());
            }
            for found in out.iter() {
                let span = found.primary().unwrap();
                prop_assert!(sources.text(span.file).get(span.range()).is_some());
            }
        }
    }
}
