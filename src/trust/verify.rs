//! Whether a bundle is what trusted keys say it is. Statements come by the names of their files; a file that is no
//! statement of a known kind, is altered, or speaks of another bundle is a reason to refuse, whoever else signed. A
//! signature by a key that the policy does not know counts for nothing and is no fault: keys are rotated by signing with
//! the old one and the new one, and not everybody knows the new one yet.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use super::envelope::Sealed;
use super::minimum::below;
use super::policy::Role;
use super::statement::{
    Evidence, Kind, LOCAL_BUILDER, Provenance, Release, Statement, evidence, is_statement, subject,
};
use super::{TrustPolicy, envelope};
use crate::bundle::{Bundle, Refusal};
use crate::text::Instant;

/// What is known of a bundle whose signatures are in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The only package that the policy trusts; `None`: it trusts any.
    pub package: Option<String>,
    /// Which release it is.
    pub release: Release,
    /// Names of the keys that say so, as the trust policy calls them.
    pub released_by: Vec<String>,
    /// How it was built, where the policy asks for it.
    pub built: Option<Built>,
    /// Names of the keys that signed its evidence, where the policy asks for it.
    pub evidence_by: Option<Vec<String>>,
}

/// How a bundle was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The builder's id.
    pub builder: String,
    /// The build level of SLSA v1.0 that signature and builder support: 2 where the trust policy knows the builder for a
    /// hosted service, else 1.
    pub slsa_level: u8,
    /// Names of the keys that say so.
    pub by: Vec<String>,
}

/// Files beside a bundle by what stands between the bundle's name and `.sigstore.json`: `release`, or `release.` and the
/// start of a key's id.
pub type Statements = BTreeMap<String, Vec<u8>>;

/// Checks the statements of a bundle.
///
/// # Errors
/// With everything that is wrong.
pub fn verify(
    bundle: &Bundle,
    statements: &Statements,
    policy: &TrustPolicy,
    now: Instant,
) -> Result<Verified, Vec<Refusal>> {
    let mut check = Check { policy, now, refusals: Vec::new() };
    let signed = check.read(bundle, statements);
    let release = check.role::<Release>(Kind::Release, &policy.release, &signed);
    let provenance = check.role::<Provenance>(Kind::Provenance, &policy.provenance, &signed);
    let said = check.role::<Evidence>(Kind::Evidence, &policy.evidence, &signed);
    if let Some((release, _)) = &release {
        check.release(bundle, release);
    }
    let built = provenance.map(|(provenance, by)| check.built(bundle, &provenance, by));
    if let Some((said, _)) = &said
        && *said != evidence(bundle)
    {
        check.refuse("evidence-mismatch", "the signed evidence is not the evidence in the bundle");
    }
    check.minimum(bundle);
    check.refusals.extend(policy.other_package(&bundle.manifest.name));
    match (release, check.refusals.is_empty()) {
        (Some((release, released_by)), true) => Ok(Verified {
            package: policy.package.clone(),
            release,
            released_by,
            built,
            evidence_by: said.map(|(_, by)| by),
        }),
        // INVARIANT: a role that is not fulfilled has been refused; a release is wanted by every policy.
        (None, true) => Err(vec![Refusal::new("missing-statement", "no statement says which release it is")]),
        (_, false) => Err(check.refusals),
    }
}

/// A statement file with whose signature is right.
struct Signed {
    kind: Kind,
    file: String,
    payload: Vec<u8>,
    by: Signatory,
}

/// Who signed a file.
pub(super) enum Signatory {
    /// The key's id. The policy knows it, and it counts.
    Counts(String),
    /// Why it does not count.
    Not(Refusal),
}

/// A check under way.
struct Check<'a> {
    policy: &'a TrustPolicy,
    now: Instant,
    refusals: Vec<Refusal>,
}

impl Check<'_> {
    fn refuse(&mut self, code: &'static str, message: impl Into<String>) {
        self.refusals.push(Refusal::new(code, message));
    }

    /// All files, opened, with their signatures and subjects checked.
    fn read(&mut self, bundle: &Bundle, statements: &Statements) -> Vec<Signed> {
        let mut signed = Vec::new();
        for (name, bytes) in statements {
            let file = format!("{name}.sigstore.json");
            let kind = Kind::BESIDE.into_iter().find(|kind| {
                let rest = name.strip_prefix(kind.name());
                rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('.').is_some_and(is_key_start))
            });
            let Some(kind) = kind else {
                let shown = file.escape_debug();
                self.refuse("unexpected-statement", format!("`{shown}` is an unknown kind of statement"));
                continue;
            };
            let within = |refusal: Refusal| Refusal::new(refusal.code, format!("`{file}`: {}", refusal.message));
            match envelope::open(bytes).and_then(|sealed| self.opened(kind, bundle, sealed)) {
                Ok((payload, by)) => signed.push(Signed {
                    kind,
                    by: match by {
                        Signatory::Not(why) => Signatory::Not(within(why)),
                        counts @ Signatory::Counts(_) => counts,
                    },
                    payload,
                    file,
                }),
                Err(refusal) => self.refusals.push(within(refusal)),
            }
        }
        signed
    }

    fn opened(&self, kind: Kind, bundle: &Bundle, sealed: Sealed) -> Result<(Vec<u8>, Signatory), Refusal> {
        let by = signatory(self.policy, &sealed, self.now)?;
        is_about(kind, bundle, &sealed.payload)?;
        Ok((sealed.payload, by))
    }

    /// What a role says, if enough distinct keys say the same.
    fn role<P: DeserializeOwned>(&mut self, kind: Kind, role: &Role, signed: &[Signed]) -> Option<(P, Vec<String>)> {
        if role.threshold == 0 {
            return None;
        }
        let mut sayings: BTreeMap<&[u8], BTreeSet<&str>> = BTreeMap::new();
        let mut others: Vec<Refusal> = Vec::new();
        let mut any = false;
        for one in signed.iter().filter(|one| one.kind == kind) {
            any = true;
            match &one.by {
                Signatory::Counts(id) if role.keys.contains(id) => {
                    sayings.entry(&one.payload).or_default().insert(id);
                }
                Signatory::Counts(id) => {
                    let name = self.name(id);
                    let message = format!("`{}`: the key `{name}` may not sign for `{}`", one.file, kind.name());
                    others.push(Refusal::new("wrong-key", message));
                }
                Signatory::Not(why) => others.push(why.clone()),
            }
        }
        let enough: Vec<_> = sayings.iter().filter(|(_, keys)| keys.len() >= role.threshold).collect();
        let (payload, keys) = match enough.as_slice() {
            [(payload, keys)] => (*payload, *keys),
            [] => {
                self.refusals.extend(others);
                let most = sayings.values().map(BTreeSet::len).max().unwrap_or(0);
                let (name, wanted) = (kind.name(), role.threshold);
                match any {
                    false => self.refuse("missing-statement", format!("no `{name}` statement found")),
                    true => self.refuse(
                        "threshold-not-met",
                        format!("only {most} of {wanted} required trusted keys signed the same `{name}` statement"),
                    ),
                }
                return None;
            }
            _ => {
                let message = format!("trusted keys signed two different `{}` statements", kind.name());
                self.refuse("statement-conflict", message);
                return None;
            }
        };
        let by = keys.iter().map(|id| self.name(id)).collect();
        match serde_json::from_slice::<Statement<P>>(payload) {
            Ok(statement) => Some((statement.predicate, by)),
            Err(error) => {
                self.refuse("statement-form", format!("the `{}` statement cannot be read: {error}", kind.name()));
                None
            }
        }
    }

    fn name(&self, id: &str) -> String {
        self.policy.keys.get(id).map_or_else(|| id.to_owned(), |key| key.name.clone())
    }

    fn release(&mut self, bundle: &Bundle, release: &Release) {
        let manifest = &bundle.manifest;
        if (&release.name, &release.version) != (&manifest.name, &manifest.version) {
            let message = format!(
                "the release is `{} {}`, but the bundle is `{} {}`",
                release.name.escape_debug(),
                release.version.escape_debug(),
                manifest.name,
                manifest.version
            );
            self.refuse("release-mismatch", message);
        }
        if self.policy.rebuilt && !release.rebuilt {
            self.refuse(
                "not-rebuilt",
                "the signer of the release does not state that the bundle was rebuilt from its sources",
            );
        }
        if release.sequence == 0 || (release.sequence == 1) != release.parent.is_none() {
            self.refuse(
                "release-mismatch",
                "the first release must not have a parent, and every later one must have one",
            );
        }
    }

    fn built(&mut self, bundle: &Bundle, provenance: &Provenance, by: Vec<String>) -> Built {
        let builder = provenance.run_details.builder.id.clone();
        let allowed = &self.policy.builders;
        if !allowed.is_empty() && !allowed.contains(&builder) {
            let message =
                format!("it was built by `{}`, which the trust policy does not allow", builder.escape_debug());
            self.refuse("builder", message);
        }
        let commit = bundle.manifest.git.as_ref().map(|git| git.commit.as_str());
        let commits = provenance.build_definition.resolved_dependencies.iter();
        let mut commits = commits.filter_map(|one| one.get("digest")?.get("gitCommit")?.as_str());
        if commit.is_some_and(|commit| !commits.any(|built| built == commit)) {
            let message = "the provenance names a different commit than the bundle's manifest";
            self.refuse("provenance-mismatch", message);
        }
        let hosted = builder != LOCAL_BUILDER && self.policy.hosted.contains(&builder);
        Built { slsa_level: if hosted { 2 } else { 1 }, builder, by }
    }

    fn minimum(&mut self, bundle: &Bundle) {
        for message in below(&self.policy.minimum, &bundle.manifest.evidence) {
            self.refuse("evidence-below-minimum", message);
        }
    }
}

/// Whether a text is the start of a key's id.
fn is_key_start(text: &str) -> bool {
    text.len() == KEY_START && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// How much of a key's id names the file of a further signer.
pub(super) const KEY_START: usize = 16;

/// Who signed something. The signature of a key that is known is right, or the whole is refused.
pub(super) fn signatory(policy: &TrustPolicy, sealed: &Sealed, now: Instant) -> Result<Signatory, Refusal> {
    let not = |code, message: String| Ok(Signatory::Not(Refusal::new(code, message)));
    let Some(trusted) = policy.keys.get(&sealed.key) else {
        let start: String = sealed.key.chars().take(KEY_START).collect();
        let shown = start.escape_debug();
        return not("wrong-key", format!("it is signed by the key `{shown}…`, which is not in the trust policy"));
    };
    let name = &trusted.name;
    if !sealed.is_by(&trusted.key) {
        let message = format!("the signature by the key `{name}` does not match this statement");
        return Err(Refusal::new("bad-signature", message));
    }
    if trusted.revoked {
        return not("key-revoked", format!("the key `{name}` is revoked"));
    }
    if trusted.not_before.is_some_and(|from| now < from) {
        return not("key-expired", format!("the key `{name}` is not valid yet"));
    }
    if trusted.not_after.is_some_and(|until| now >= until) {
        return not("key-expired", format!("the key `{name}` is no longer valid"));
    }
    Ok(Signatory::Counts(sealed.key.clone()))
}

/// Whether a statement is of a kind, and about a bundle and nothing else.
fn is_about(kind: Kind, bundle: &Bundle, payload: &[u8]) -> Result<(), Refusal> {
    let statement = typed::<serde_json::Value>(kind, payload)?;
    match statement.subject.as_slice() == [subject(bundle)] {
        true => Ok(()),
        false => Err(Refusal::new("subject-mismatch", "it is about a different bundle, or about more than one")),
    }
}

/// A statement of a kind.
pub(super) fn typed<P: DeserializeOwned>(kind: Kind, payload: &[u8]) -> Result<Statement<P>, Refusal> {
    let statement: Statement<P> = serde_json::from_slice(payload)
        .map_err(|error| Refusal::new("statement-form", format!("its payload is not such a statement: {error}")))?;
    if !is_statement(&statement.type_) || statement.predicate_type != kind.predicate_type() {
        let message =
            format!("it is a `{}` statement, expected `{}`", statement.predicate_type.escape_debug(), kind.name());
        return Err(Refusal::new("statement-kind", message));
    }
    Ok(statement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_a_further_signer_is_named_by_sixteen_lower_case_digits() {
        for (text, is) in [
            ("0123456789abcdef", true),
            ("0123456789abcde", false),
            ("0123456789abcdef0", false),
            ("0123456789abcdeF", false),
            ("0123456789abcdeg", false),
            ("", false),
        ] {
            assert_eq!(is_key_start(text), is, "{text}");
        }
    }
}
