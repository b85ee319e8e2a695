//! The trust policy, `trust.toml`: whose signatures count for what, as it is written. Which of its keys are keys, `trust` says.

use super::bundle::{EvidenceKind, evidence};
use super::table;
use super::table::Section;
use crate::config::codes;
use crate::diag::{Diagnostic, Diagnostics};
use crate::text::{FileId, Instant, Sources, Span};

/// A trust policy as written. Where the file has faults, it is not to be used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustFile {
    /// `[keys.NAME]`, in the order of the file.
    pub keys: Vec<TrustKey>,
    /// `[release]`.
    pub release: TrustRole,
    /// `release.rebuilt`: whether they must have made the same bytes of the bundle's sources.
    pub rebuilt: bool,
    /// `[provenance]`.
    pub provenance: TrustRole,
    /// `provenance.builders`: those that may have built; empty: any.
    pub builders: Vec<String>,
    /// `provenance.hosted`: builders that you know to be hosted services which sign what they ran.
    pub hosted: Vec<String>,
    /// `[evidence]`.
    pub evidence: TrustRole,
    /// `evidence.require`.
    pub require: Vec<EvidenceKind>,
    /// `evidence.max_warnings`; `None`: any number.
    pub max_warnings: Option<u32>,
    /// `evidence.min_tests`.
    pub min_tests: u32,
    /// `[channel]`; one signature is all that a pointer can hold.
    pub channel: TrustRole,
}

/// A key under its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustKey {
    /// Its name in this file.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// The PEM.
    pub public: String,
    /// Where it stands.
    pub public_span: Span,
    /// From when on it counts.
    pub not_before: Option<Instant>,
    /// Until when it counts, exclusive.
    pub not_after: Option<Instant>,
    /// Whether it counts no more, whenever it signed.
    pub revoked: bool,
}

/// Whose signatures count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustRole {
    /// Names of keys.
    pub keys: Vec<String>,
    /// How many distinct keys it takes. 0: the role is not there.
    pub threshold: u32,
}

const FORMAT: u32 = 1;
const SECTIONS: [&str; 6] = ["format", "keys", "release", "provenance", "evidence", "channel"];
const KEY: [&str; 4] = ["public", "not_before", "not_after", "revoked"];
const MAX_THRESHOLD: u32 = 100;
const MAX_COUNT: u32 = 1_000_000;

impl TrustFile {
    /// Reads the file. All its faults go to `out` in one run; with one, the policy is none.
    #[must_use]
    pub fn parse(sources: &Sources, file: FileId, out: &mut Diagnostics) -> Self {
        let mut policy = Self::default();
        let Some(top) = table::parse(sources, file, out) else {
            return policy;
        };
        let top = top.get_ref();
        for (key, _) in top.iter() {
            let name = key.get_ref().as_ref();
            if !SECTIONS.contains(&name) {
                let span = Span::new(file, key.span().start, key.span().end);
                out.push(
                    Diagnostic::error(codes::CONFIG_UNKNOWN_KEY, span, format!("unknown section `[{name}]`"))
                        .meant(span, name, SECTIONS),
                );
            }
        }
        format(top, file, out);
        if let Some(section) = Section::of(top, "keys", file, out) {
            let inner = section.inner(out);
            policy.keys =
                inner.iter().filter_map(|(name, span, key)| read_key(name, *span, key, sources, out)).collect();
            if inner.is_empty() {
                let message = "the trust policy has no keys";
                out.push(
                    Diagnostic::error(codes::CONFIG_MISSING_KEY, section.header(), message)
                        .help("write `[keys.NAME]`, with `public = \"\"\"` and the PEM of a public key below"),
                );
            }
        }
        if let Some(section) = Section::of(top, "release", file, out) {
            section.only(&["keys", "threshold", "rebuilt"], out);
            policy.release = role(&section, &policy.keys, Needed::Yes, out);
            policy.rebuilt = section.boolean("rebuilt", out).unwrap_or_default();
        }
        if let Some(section) = Section::of(top, "provenance", file, out) {
            section.only(&["keys", "threshold", "builders", "hosted"], out);
            policy.provenance = role(&section, &policy.keys, Needed::No, out);
            policy.builders = texts(&section, "builders", out);
            policy.hosted = texts(&section, "hosted", out);
        }
        if let Some(section) = Section::of(top, "evidence", file, out) {
            section.only(&["keys", "threshold", "require", "max_warnings", "min_tests"], out);
            policy.evidence = role(&section, &policy.keys, Needed::No, out);
            policy.require = evidence(&section, "require", out).unwrap_or_default();
            policy.max_warnings = section.whole_number("max_warnings", 0..=MAX_COUNT, out);
            policy.min_tests = section.whole_number("min_tests", 0..=MAX_COUNT, out).unwrap_or_default();
        }
        if let Some(section) = Section::of(top, "channel", file, out) {
            section.only(&["keys"], out);
            policy.channel = role(&section, &policy.keys, Needed::No, out);
        }
        policy
    }
}

fn format(top: &toml::de::DeTable<'_>, file: FileId, out: &mut Diagnostics) {
    let Some(value) = top.get("format") else {
        let message = "`format` is missing";
        out.push(
            Diagnostic::error(codes::CONFIG_MISSING_KEY, Span::new(file, 0, 0), message)
                .help(format!("write `format = {FORMAT}` at the top")),
        );
        return;
    };
    let span = Span::new(file, value.span().start, value.span().end);
    let toml::de::DeValue::Integer(number) = value.get_ref() else {
        let message = format!("`format` must be a whole number, found {}", table::kind(value.get_ref()));
        out.push(Diagnostic::error(codes::CONFIG_TYPE, span, message).help(format!("write `format = {FORMAT}`")));
        return;
    };
    if u32::from_str_radix(number.as_str(), number.radix()) != Ok(FORMAT) {
        let message = "this version does not support this trust policy format";
        out.push(Diagnostic::error(codes::CONFIG_VALUE, span, message).help(format!("write `format = {FORMAT}`")));
    }
}

fn read_key(
    name: &str,
    span: Span,
    section: &Section<'_>,
    sources: &Sources,
    out: &mut Diagnostics,
) -> Option<TrustKey> {
    section.only(&KEY, out);
    let revoked = section.boolean("revoked", out).unwrap_or(false);
    let not_before = date(section, "not_before", sources, out);
    let not_after = date(section, "not_after", sources, out);
    if let (Some(before), Some(after)) = (not_before, not_after)
        && after <= before
    {
        let message = format!("the key `{name}` expires before it becomes valid");
        out.push(Diagnostic::error(codes::CONFIG_VALUE, span, message).help("set `not_after` later than `not_before`"));
    }
    let public = section.text("public", out);
    if public.is_none() && !section.has("public") {
        section.missing("public", "\"\"\"-----BEGIN PUBLIC KEY----- …\"\"\"", out);
    }
    let (public, public_span) = public?;
    Some(TrustKey {
        name: name.to_owned(),
        span,
        public: public.to_owned(),
        public_span,
        not_before,
        not_after,
        revoked,
    })
}

fn date(section: &Section<'_>, key: &str, sources: &Sources, out: &mut Diagnostics) -> Option<Instant> {
    let span = section.date(key, out)?;
    let written = sources.slice(span);
    let at = Instant::parse_either(written);
    if at.is_none() {
        out.push(
            Diagnostic::error(codes::CONFIG_VALUE, span, format!("`{written}` is not a date or an instant"))
                .help("write an instant with `T` and a time zone, `2026-03-01T10:00:00Z`, or a date, `2026-03-01`"),
        );
    }
    at
}

/// Whether a policy without the role is none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needed {
    Yes,
    No,
}

fn role(section: &Section<'_>, known: &[TrustKey], needed: Needed, out: &mut Diagnostics) -> TrustRole {
    let is_there = !section.entries().is_empty();
    if !section.has("keys") {
        if is_there || needed == Needed::Yes {
            section.missing("keys", "[\"NAME\"]", out);
        }
        return TrustRole::default();
    }
    let Some(names) = section.texts("keys", "[\"release-2026\"]", out) else {
        return TrustRole::default();
    };
    let mut keys: Vec<String> = Vec::new();
    for (name, span) in names.into_iter().flatten() {
        if !known.iter().any(|key| key.name == name) {
            let message = format!("unknown key name `{name}`");
            let fault = Diagnostic::error(codes::CONFIG_VALUE, span, message);
            out.push(fault.meant_quoted(span, name, known.iter().map(|key| key.name.as_str())));
        } else if keys.iter().any(|key| key == name) {
            let message = format!("duplicate key `{name}`");
            out.push(Diagnostic::error(codes::CONFIG_VALUE, span, message).help("list each key once"));
        } else {
            keys.push(name.to_owned());
        }
    }
    let threshold = section.whole_number("threshold", 1..=MAX_THRESHOLD, out).unwrap_or(1);
    let revoked = |name: &String| known.iter().any(|key| key.name == *name && key.revoked);
    let usable = keys.iter().filter(|name| !revoked(name)).count();
    if usize::try_from(threshold).is_ok_and(|threshold| threshold > usable) {
        let message = format!("the threshold is {threshold} distinct keys, but only {usable} can sign");
        out.push(
            Diagnostic::error(codes::CONFIG_VALUE, section.header(), message)
                .help("list more keys, or lower `threshold`; otherwise nothing can pass"),
        );
    }
    TrustRole { keys, threshold }
}

fn texts(section: &Section<'_>, key: &str, out: &mut Diagnostics) -> Vec<String> {
    let texts = section.texts(key, "[\"https://example.com/builder\"]", out).unwrap_or_default();
    texts.into_iter().flatten().map(|(text, _)| text.to_owned()).collect()
}
