//! The trust policy, `trust.toml`: whose signatures count for what, as it is written. Which of its keys are keys, `trust` says.

use super::bundle::{EvidenceKind, evidence};
use crate::config::codes;
use crate::config::codes::CONFIG;
use crate::diag::{Diagnostic, Diagnostics};
use crate::load;
use crate::load::document::{Fields, Key};
use crate::text::{FileId, Instant, Sources, Span};

/// A trust policy as written. Where the file has faults, it is not to be used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustFile {
    /// `package`: the only package whose bundles are accepted; `None`: any.
    pub package: Option<String>,
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
const SECTIONS: [&str; 7] = ["format", "package", "keys", "release", "provenance", "evidence", "channel"];
const KEY: [&str; 4] = ["public", "not_before", "not_after", "revoked"];
const MAX_THRESHOLD: u32 = 100;
const MAX_COUNT: u32 = 1_000_000;

impl TrustFile {
    /// Reads the file. All its faults go to `out` in one run; with one, the policy is none.
    #[must_use]
    pub fn parse(sources: &Sources, file: FileId, out: &mut Diagnostics) -> Self {
        let mut policy = Self::default();
        let Some(top) = load::toml::parse(sources, file, out) else {
            return policy;
        };
        let Some(top) = CONFIG.fields(&top, "a trust policy", &SECTIONS, out) else {
            return policy;
        };
        format(&top, out);
        let package = top.at("package").and_then(|package| package.help("write `package = \"NAME\"`").filled(out));
        policy.package = package.map(|(name, _)| name.to_owned());
        if let Some(section) = top.section("keys", out) {
            let keys = section.subsections(out);
            policy.keys = keys.iter().filter_map(|(name, key)| read_key(name, key, out)).collect();
            if keys.is_empty() {
                let message = "the trust policy has no keys";
                out.push(
                    Diagnostic::error(codes::CONFIG_MISSING_KEY, section.span(), message)
                        .help("write `[keys.NAME]`, with `public = \"\"\"` and the PEM of a public key below"),
                );
            }
        }
        if let Some(section) = top.section("release", out) {
            section.only(&["keys", "threshold", "rebuilt"], out);
            policy.release = role(&section, &policy.keys, out);
            policy.rebuilt = section.at("rebuilt").and_then(|flag| flag.flag(out)).unwrap_or_default();
        }
        if let Some(section) = present(&top, "provenance", out) {
            section.only(&["keys", "threshold", "builders", "hosted"], out);
            policy.provenance = role(&section, &policy.keys, out);
            policy.builders = builders(&section, out);
            policy.hosted = texts(&section, "hosted", out);
        }
        if let Some(section) = present(&top, "evidence", out) {
            section.only(&["keys", "threshold", "require", "max_warnings", "min_tests"], out);
            policy.evidence = role(&section, &policy.keys, out);
            policy.require = evidence(&section, "require", out).unwrap_or_default();
            policy.max_warnings = section.number("max_warnings", 0..=MAX_COUNT, out);
            policy.min_tests = section.number("min_tests", 0..=MAX_COUNT, out).unwrap_or_default();
        }
        if let Some(section) = present(&top, "channel", out) {
            section.only(&["keys"], out);
            policy.channel = role(&section, &policy.keys, out);
        }
        policy
    }
}

/// A section that is there; one without entries is reported for its missing `keys`.
fn present<'a>(top: &Fields<'a>, name: &str, out: &mut Diagnostics) -> Option<Fields<'a>> {
    top.has(name).then(|| top.section(name, out)).flatten()
}

fn format(top: &Fields<'_>, out: &mut Diagnostics) {
    let example = FORMAT.to_string();
    let Some(format) = top.require_like("format", &example, out) else {
        return;
    };
    let format = format.help(format!("write `format = {FORMAT}`"));
    let span = format.node.span;
    if format.number(0..=u32::MAX, out).is_some_and(|format| format != FORMAT) {
        let message = "this version does not support this trust policy format";
        out.push(CONFIG.invalid(span, message).help(format!("write `format = {FORMAT}`")));
    }
}

fn read_key(name: &Key, section: &Fields<'_>, out: &mut Diagnostics) -> Option<TrustKey> {
    section.only(&KEY, out);
    let revoked = section.at("revoked").and_then(|flag| flag.flag(out)).unwrap_or(false);
    let mut date = |key| section.at(key).and_then(|date| date.date(out));
    let (not_before, not_after) = (date("not_before"), date("not_after"));
    if let (Some(before), Some(after)) = (not_before, not_after)
        && after <= before
    {
        let message = format!("the key `{}` expires before it becomes valid", name.text);
        out.push(CONFIG.invalid(name.span, message).help("set `not_after` later than `not_before`"));
    }
    let public = section.require_like("public", "\"\"\"-----BEGIN PUBLIC KEY----- …\"\"\"", out)?;
    let (public, public_span) = public.text(out)?;
    Some(TrustKey {
        name: name.text.clone(),
        span: name.span,
        public: public.to_owned(),
        public_span,
        not_before,
        not_after,
        revoked,
    })
}

/// A section that is there names keys: an empty one would look as if it demanded something.
fn role(section: &Fields<'_>, known: &[TrustKey], out: &mut Diagnostics) -> TrustRole {
    let names = section.require_like("keys", "[\"NAME\"]", out);
    let Some(names) = names.and_then(|names| names.help("write a list, as in [\"release-2026\"]").texts(out)) else {
        return TrustRole::default();
    };
    let mut keys: Vec<String> = Vec::new();
    for (name, span) in names {
        if !known.iter().any(|key| key.name == name) {
            let message = format!("unknown key name `{name}`");
            let fault = CONFIG.invalid(span, message);
            out.push(fault.meant_quoted(span, name, known.iter().map(|key| key.name.as_str())));
        } else if keys.iter().any(|key| key == name) {
            let message = format!("duplicate key `{name}`");
            out.push(CONFIG.invalid(span, message).help("list each key once"));
        } else {
            keys.push(name.to_owned());
        }
    }
    let threshold = section.number("threshold", 1..=MAX_THRESHOLD, out).unwrap_or(1);
    let revoked = |name: &String| known.iter().any(|key| key.name == *name && key.revoked);
    let usable = keys.iter().filter(|name| !revoked(name)).count();
    if usize::try_from(threshold).is_ok_and(|threshold| threshold > usable) {
        let message = format!("the threshold is {threshold} distinct keys, but only {usable} can sign");
        out.push(
            CONFIG
                .invalid(section.span(), message)
                .help("list more keys, or lower `threshold`; otherwise nothing can pass"),
        );
    }
    TrustRole { keys, threshold }
}

/// The builders that may have built; none where the key is absent, and any may. So an empty list is no way to say it.
fn builders(section: &Fields<'_>, out: &mut Diagnostics) -> Vec<String> {
    let builders = texts(section, "builders", out);
    if let Some(field) = section.at("builders")
        && field.node.as_list().is_some_and(<[_]>::is_empty)
    {
        let fault = CONFIG.invalid(field.node.span, "`provenance.builders` is empty");
        out.push(fault.help("list the builders that may build, or remove the key to allow any"));
    }
    builders
}

fn texts(section: &Fields<'_>, key: &str, out: &mut Diagnostics) -> Vec<String> {
    let field = section.at(key).map(|field| field.help("write a list, as in [\"https://example.com/builder\"]"));
    let texts = field.and_then(|field| field.texts(out)).unwrap_or_default();
    texts.into_iter().map(|(text, _)| text.to_owned()).collect()
}
