//! `gateway.toml`: how requests become questions to the policy, as it is written. Whether the policy has the types, actions,
//! attributes and guards that it names, `pipeline` says.

mod route;
mod template;

use crate::config::codes;
use crate::config::codes::CONFIG;
use crate::diag::{Diagnostic, Diagnostics};
use crate::load;
use crate::load::document::{Field, Fields, Key, Placed};
use crate::text::{FileId, Sources, Span};

pub use template::Segment;

/// A text and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The text.
    pub text: String,
    /// Its place.
    pub span: Span,
}

impl From<Placed<'_>> for Word {
    fn from((text, span): Placed<'_>) -> Self {
        let text = text.to_owned();
        Self { text, span }
    }
}

impl From<&Key> for Word {
    fn from(key: &Key) -> Self {
        Self { text: key.text.clone(), span: key.span }
    }
}

/// The file as written. What has faults is left out, or left in part, so that the rest of it can be looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GatewayFile {
    /// `[[route]]`, the narrower ones first: the first that matches a request is its route.
    pub routes: Vec<Route>,
    /// `[names.types]`: alias and type.
    pub types: Vec<(Word, Word)>,
    /// `[names.actions]`: alias and actions.
    pub actions: Vec<(Word, Vec<Word>)>,
    /// `[subject]` or `[[subject]]`: at most one fits a token, the one without `when` last.
    pub subjects: Vec<Subject>,
    /// `[obligations]`: guard and what follows where it fails.
    pub obligations: Vec<(Word, Obligation)>,
    /// `mask.attributes`.
    pub masked: Vec<Word>,
    /// `[approvers]`: the id of a key, and the type and id of the principal who holds it.
    pub approvers: Vec<(String, Word, String)>,
}

/// One route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The host; `None`: any.
    pub host: Option<String>,
    /// Its methods, sorted; none where the route has faults, so that no request is it.
    pub methods: Vec<String>,
    /// The path.
    pub path: Vec<Segment>,
    /// Where the path stands.
    pub span: Span,
    /// The action.
    pub action: Word,
    /// The type of the resource, where one is given.
    pub ty: Option<Word>,
    /// Where the resource's id comes from, and where that stands; `None` where it has faults.
    pub id: Option<(IdSource, Span)>,
}

/// Where a resource's id comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdSource {
    /// `path:NAME`, a name of the path.
    Path(String),
    /// `header:NAME`, in lower case.
    Header(String),
    /// `fixed:ID`
    Fixed(String),
}

/// Who asks, by their token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Where it begins.
    pub span: Span,
    /// The principal type.
    pub ty: Word,
    /// The claim that a token must have, and the text in it.
    pub when: Option<(Word, Word)>,
    /// The claim with the id.
    pub id: String,
    /// Attribute and claim.
    pub attributes: Vec<(Word, Word)>,
    /// Context attribute and claim.
    pub context: Vec<(Word, Word)>,
}

/// What follows where a guard fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obligation {
    /// To authenticate again, by one of these classes.
    StepUp(Vec<String>),
    /// To tell these channels.
    Notification(Vec<String>),
}

const SECTIONS: [&str; 6] = ["route", "names", "subject", "obligations", "mask", "approvers"];
const NAMES: [&str; 2] = ["types", "actions"];
const SUBJECT: [&str; 5] = ["type", "when", "id", "attributes", "context"];
const WHEN: [&str; 2] = ["claim", "is"];
const MASK: [&str; 1] = ["attributes"];
/// Each kind of obligation with the key of its list and an example of one.
const OBLIGATIONS: [(&str, &str, &str); 2] =
    [("step-up", "acr", "[\"urn:example:mfa\"]"), ("notification", "channels", "[\"secops\"]")];
/// The claim with the id where none is named.
const ID_CLAIM: &str = "sub";
/// The length of a key's id.
const KEY_ID: usize = 64;

impl GatewayFile {
    /// Reads the file. All its faults go to `out` in one run.
    #[must_use]
    pub fn parse(sources: &Sources, file: FileId, out: &mut Diagnostics) -> Self {
        let mut gateway = Self::default();
        let Some(top) = load::toml::parse(sources, file, out) else {
            return gateway;
        };
        let Some(top) = CONFIG.fields(&top, "`gateway.toml`", &SECTIONS, out) else {
            return gateway;
        };
        gateway.routes = route::routes(&top, out);
        if let Some(section) = top.section("names", out) {
            section.only(&NAMES, out);
            if let Some(types) = section.section("types", out) {
                gateway.types = words(&types, out);
            }
            if let Some(actions) = section.section("actions", out) {
                for (alias, field) in actions.each() {
                    let names = names(Some(field), "[\"Payout.read\", \"Payment.read\"]", out);
                    gateway.actions.push((Word::from(alias), names));
                }
            }
        }
        gateway.subjects = subjects(&top, out);
        if let Some(section) = top.section("obligations", out) {
            for (guard, one) in section.subsections(out) {
                let obligation = obligation(&one, out);
                gateway.obligations.extend(obligation.map(|one| (Word::from(guard), one)));
            }
        }
        if let Some(section) = top.section("mask", out) {
            section.only(&MASK, out);
            let example = "[\"Payout.destination\", \"context.source_ip\"]";
            gateway.masked = names(section.at("attributes"), example, out);
        }
        if let Some(section) = top.section("approvers", out) {
            let pairs = section.pairs(out).into_iter();
            gateway.approvers = pairs.filter_map(|(key, who)| approver(key, who, out)).collect();
        }
        gateway
    }
}

fn subjects(top: &Fields<'_>, out: &mut Diagnostics) -> Vec<Subject> {
    let mut subjects: Vec<Subject> = Vec::new();
    for section in top.sections("subject", out) {
        let Some(subject) = subject(&section, out) else {
            continue;
        };
        let fault = subjects.iter().find_map(|other| {
            let fault = match (&subject.when, &other.when) {
                (None, None) => Some((subject.span, "two subjects accept any token".to_owned())),
                (Some((claim, _)), Some((known, _))) if claim.text != known.text => {
                    Some((claim.span, format!("a token may have both this claim and `{}`", known.text)))
                }
                (Some((_, is)), Some((_, known))) if is.text == known.text => {
                    Some((is.span, format!("two subjects accept tokens with `{}`", is.text)))
                }
                _ => None,
            };
            fault.map(|(span, message)| (span, message, other.span))
        });
        match fault {
            Some((span, message, other)) => out.push(
                Diagnostic::error(codes::GATEWAY_AMBIGUOUS, span, message)
                    .also(other, "the other one")
                    .help("distinguish them by one claim: `when = { claim = \"kind\", is = \"app\" }`"),
            ),
            None => subjects.push(subject),
        }
    }
    subjects.sort_by_key(|subject| subject.when.is_none());
    subjects
}

fn subject(section: &Fields<'_>, out: &mut Diagnostics) -> Option<Subject> {
    section.only(&SUBJECT, out);
    let ty = text(section, "type", "\"User\"", out);
    let id = optional(section, "id", out);
    let when = section
        .at("when")
        .and_then(|when| when.help("write `when = { … }`, with its keys in the braces").fields(&WHEN, out))
        .map(|when| {
            let claim = text(&when, "claim", "\"kind\"", out);
            (claim, text(&when, "is", "\"app\"", out))
        });
    let when = match (section.has("when"), when) {
        (false, _) => Some(None),
        (true, Some((Some(claim), Some(is)))) => Some(Some((claim, is))),
        (true, _) => None,
    };
    let mut claims = |key: &str| section.section(key, out).map_or_else(Vec::new, |section| words(&section, out));
    let (attributes, context) = (claims("attributes"), claims("context"));
    Some(Subject {
        span: section.span(),
        ty: ty?,
        when: when?,
        id: id?.map_or_else(|| ID_CLAIM.to_owned(), |claim| claim.text),
        attributes,
        context,
    })
}

fn obligation(section: &Fields<'_>, out: &mut Diagnostics) -> Option<Obligation> {
    let kind = text(section, "type", "\"step-up\"", out)?;
    let Some((name, key, example)) = OBLIGATIONS.iter().find(|(name, ..)| *name == kind.text) else {
        let message = format!("`{}` is not an obligation", kind.text);
        out.push(CONFIG.invalid(kind.span, message).meant_quoted(
            kind.span,
            &kind.text,
            OBLIGATIONS.map(|(name, ..)| name),
        ));
        return None;
    };
    section.only(&["type", key], out);
    let texts = names(section.require_like(key, example, out), example, out).into_iter();
    let texts: Vec<String> = texts.map(|word| word.text).collect();
    match *name {
        _ if texts.is_empty() => None,
        "step-up" => Some(Obligation::StepUp(texts)),
        _ => Some(Obligation::Notification(texts)),
    }
}

fn approver(
    (key, key_span): Placed<'_>,
    (who, span): Placed<'_>,
    out: &mut Diagnostics,
) -> Option<(String, Word, String)> {
    let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let is_key = key.len() == KEY_ID && key.chars().all(is_digit);
    if !is_key {
        out.push(
            CONFIG
                .invalid(key_span, format!("`{key}` is not a key id"))
                .help(format!("write the {KEY_ID} lower-case hexadecimal digits printed by `gatewright key inspect`")),
        );
    }
    let found = who
        .split_once("::\"")
        .and_then(|(ty, id)| Some((ty, id.strip_suffix('"')?)))
        .filter(|(ty, id)| !ty.is_empty() && !id.is_empty() && !id.contains(['"', '\\']));
    if found.is_none() {
        out.push(
            CONFIG
                .invalid(span, format!("`{who}` is not a principal"))
                .help("write type and id in single quotes: 'User::\"amy\"'"),
        );
    }
    let (ty, id) = found.filter(|_| is_key)?;
    Some((key.to_owned(), Word::from((ty, span)), id.to_owned()))
}

/// All keys with their texts, where neither is empty.
fn words(section: &Fields<'_>, out: &mut Diagnostics) -> Vec<(Word, Word)> {
    let pairs = section.pairs(out).into_iter();
    let filled: Vec<_> = pairs.filter(|(key, text)| is_filled(*key, out) && is_filled(*text, out)).collect();
    let words = filled.into_iter();
    words.map(|(key, text)| (Word::from(key), Word::from(text))).collect()
}

/// The text under a key that must be there.
fn text(section: &Fields<'_>, key: &str, example: &str, out: &mut Diagnostics) -> Option<Word> {
    section.require_like(key, example, out)?.filled(out).map(Word::from)
}

/// The text under a key that may be left out; `None` where it has a fault.
fn optional(section: &Fields<'_>, key: &str, out: &mut Diagnostics) -> Option<Option<Word>> {
    match section.at(key) {
        None => Some(None),
        Some(field) => field.filled(out).map(|text| Some(Word::from(text))),
    }
}

/// Its text or texts, if there are any.
fn names(field: Option<Field<'_>>, example: &str, out: &mut Diagnostics) -> Vec<Word> {
    let field = field.map(|field| field.help(format!("write {example}")));
    field.map(|field| field.names(out)).unwrap_or_default().into_iter().map(Word::from).collect()
}

fn is_filled((text, span): Placed<'_>, out: &mut Diagnostics) -> bool {
    if text.is_empty() {
        out.push(CONFIG.invalid(span, "the text must not be empty").help("write a name"));
    }
    !text.is_empty()
}

#[cfg(test)]
mod tests;
