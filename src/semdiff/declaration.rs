//! A declared change of access, one file of `changes/`: who gains or loses what, or which terms of the contract change, why, and
//! who answers for it. What the names mean is seen when a difference is held against them; a declaration outlives the parts that
//! it names.

use std::collections::BTreeSet;

use crate::diag::{Diagnostic, Diagnostics, did_you_mean};
use crate::load::yaml;
use crate::load::yaml::{Key, Node};
use crate::text::{FileId, Instant, Sources, Span};

use super::codes;
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
    let Some(entries) = node.as_map() else {
        let help = match node.as_list() {
            Some(_) => "write one declaration per file",
            None => "run `gatewright diff --declare` to write files to fill in",
        };
        out.push(
            Diagnostic::error(codes::WRONG_SHAPE, node.span, "a declared change must be a mapping of keys to values")
                .label(format!("found {}", node.kind_name()))
                .help(help),
        );
        return None;
    };
    keys(entries, node.span, out);
    let given = |key: &str| node.entry(key).is_some();
    let about_access = !given(CONTRACT) || given("who") || given("what");
    let mut names = |key: &str, is_due: bool| match is_due {
        true => names(node.get(key), key, out),
        false => Some(Vec::new()),
    };
    let (who, what) = (names("who", about_access), names("what", about_access));
    let contract = names(CONTRACT, given(CONTRACT));
    let change = node.get("change").and_then(|node| change(node, out));
    let because = explained(node.entry("because"), "the reason", out);
    let owner = explained(node.entry("owner"), "who is responsible", out);
    let ticket = node.get("ticket").map(|node| scalar(node, "ticket", out));
    let until = node.get("until").map(|node| until(node, out));
    Some(Declaration {
        file,
        change: change?,
        who: who?,
        what: what?,
        contract: contract?,
        because: because?,
        owner: owner?,
        // What was given and is faulty is no declaration without it.
        ticket: ticket.map_or(Some(None), |given| given.map(Some))?,
        until: until.map_or(Some(None), |given| given.map(Some))?,
    })
}

fn keys(entries: &[(Key, Node)], whole: Span, out: &mut Diagnostics) {
    for (key, _) in entries.iter().filter(|(key, _)| !KEYS.contains(&key.text.as_str())) {
        let near = match key.text.as_str() {
            "widened" | "narrowed" => Some(format!("write `change: {}`", key.text)),
            other => did_you_mean(other, KEYS),
        };
        out.push(
            Diagnostic::error(codes::UNKNOWN_KEY, key.span, format!("unknown key `{}` in a declared change", key.text))
                .label("unknown key")
                .maybe_help(near)
                .near(key.span, &key.text, KEYS),
        );
    }
    let first = entries.first().map_or(whole, |(key, _)| key.span);
    let has = |key: &str| entries.iter().any(|(known, _)| known.text == key);
    let about_terms = has(CONTRACT) && !has("who") && !has("what");
    for (key, help) in REQUIRED {
        let is_due = !(about_terms && matches!(key, "who" | "what"));
        if is_due && !has(key) {
            out.push(
                Diagnostic::error(codes::MISSING_KEY, first, format!("a declared change needs `{key}`"))
                    .label(format!("`{key}` is missing here"))
                    .help(format!("write {help}")),
            );
        }
    }
}

/// One name or several, each once.
fn names(node: Option<&Node>, key: &str, out: &mut Diagnostics) -> Option<Vec<Name>> {
    let node = node?;
    let items = node.as_list().unwrap_or(std::slice::from_ref(node));
    if items.is_empty() {
        out.push(
            Diagnostic::error(codes::WRONG_VALUE, node.span, format!("`{key}` is empty"))
                .label("no name here")
                .help("give at least one name, as shown by `gatewright diff`"),
        );
        return None;
    }
    let mut names: Vec<Name> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut whole = true;
    for item in items {
        let Some(text) = item.as_text().map(str::trim).filter(|text| !text.is_empty()) else {
            out.push(
                Diagnostic::error(codes::WRONG_SHAPE, item.span, format!("`{key}` must be a name or a list of names"))
                    .label(match item.as_text() {
                        Some(_) => "empty".to_owned(),
                        None => format!("found {}", item.kind_name()),
                    })
                    .help("write it as shown by `gatewright diff`; quote names that YAML reads as something else"),
            );
            whole = false;
            continue;
        };
        if !seen.insert(text) {
            out.push(
                Diagnostic::error(codes::WRONG_VALUE, item.span, format!("duplicate `{text}` in `{key}`"))
                    .label("again here")
                    .help("keep one of the two"),
            );
            whole = false;
            continue;
        }
        names.push(Name { text: text.to_owned(), span: item.span });
    }
    whole.then_some(names)
}

fn change(node: &Node, out: &mut Diagnostics) -> Option<Direction> {
    let text = scalar(node, "change", out)?;
    let found = Direction::ALL.into_iter().find(|way| way.name() == text);
    if found.is_none() {
        let help = match text.as_str() {
            "widen" | "widens" | "gains" | "gained" | "added" => "write `widened`".to_owned(),
            "narrow" | "narrows" | "loses" | "lost" | "removed" => "write `narrowed`".to_owned(),
            "both" => "write one file for the widening and one for the narrowing".to_owned(),
            other => did_you_mean(other, Direction::ALL.map(Direction::name))
                .unwrap_or_else(|| "write `widened` or `narrowed`".to_owned()),
        };
        out.push(
            Diagnostic::error(codes::WRONG_VALUE, node.span, format!("unknown change `{text}`"))
                .label("expected `widened` or `narrowed`")
                .help(help)
                .near(node.span, &text, Direction::ALL.map(Direction::name)),
        );
    }
    found
}

/// Words that somebody wrote: at least one letter or digit.
fn explained(entry: Option<(&Key, &Node)>, says: &str, out: &mut Diagnostics) -> Option<String> {
    let (key, node) = entry?;
    if node.as_list().is_some() || node.as_map().is_some() {
        return scalar(node, &key.text, out);
    }
    let text = node.written().unwrap_or_default().trim();
    if node.is_null() || !text.chars().any(char::is_alphanumeric) {
        let span = match text.is_empty() && !node.is_quoted() {
            true => key.span,
            false => node.span,
        };
        out.push(
            Diagnostic::error(codes::UNEXPLAINED, span, format!("`{}` gives no explanation", key.text))
                .label("no words here")
                .help(format!("write {says}, in words that a reviewer can assess")),
        );
        return None;
    }
    Some(text.to_owned())
}

/// The characters of a scalar that is not empty.
fn scalar(node: &Node, key: &str, out: &mut Diagnostics) -> Option<String> {
    let written = node.written().map(str::trim);
    let written = written.filter(|text| !text.is_empty() && !node.is_null());
    if written.is_none() {
        out.push(
            Diagnostic::error(codes::WRONG_SHAPE, node.span, format!("`{key}` must be text"))
                .label(match node.as_text() {
                    Some(_) => "empty".to_owned(),
                    None => format!("found {}", node.kind_name()),
                })
                .help(match key {
                    "change" => "write `widened` or `narrowed`",
                    "ticket" => "write the ticket's name, or leave `ticket` out",
                    _ => "write it on one line, and quote it if YAML reads it as something else",
                }),
        );
    }
    written.map(str::to_owned)
}

fn until(node: &Node, out: &mut Diagnostics) -> Option<Until> {
    let written = node.written().unwrap_or_default();
    let at = Instant::parse_either(written);
    if at.is_none() {
        out.push(Diagnostic::error(codes::WRONG_VALUE, node.span, "`until` must be a date").label("not a date").help(
            "write the first day on which it no longer applies, such as `2026-12-31`, or an instant with a time zone",
        ));
    }
    at.map(|at| Until { at, span: node.span })
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
