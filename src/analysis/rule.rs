//! Policies as questions speak of them: with a digest of what they mean, which neither id nor annotations change.

use std::cmp::Ordering;
use std::sync::Arc;

use cedar_policy::{Policy, PolicyId, PolicySet};

use crate::bundle::{canonical_json, sha256_hex};

/// A static policy and the digest of its meaning. Equal are rules that say the same.
#[derive(Debug, Clone)]
pub struct Rule {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    policy: Policy,
    digest: String,
}

impl Rule {
    /// A rule of a policy; `None` of one that is linked to a template, which the prover does not take.
    #[must_use]
    pub fn new(policy: &Policy) -> Option<Self> {
        Self::without(policy, &["annotations"])
    }

    /// A rule that is asked about only in kinds of request that its policy admits: which other actions the policy names makes
    /// no difference there, and so none to the rule.
    #[must_use]
    pub fn of_any_action(policy: &Policy) -> Option<Self> {
        Self::without(policy, &["annotations", "action"])
    }

    fn without(policy: &Policy, left_out: &[&str]) -> Option<Self> {
        if !policy.is_static() {
            return None;
        }
        let mut json = policy.to_json().ok()?;
        if let Some(fields) = json.as_object_mut() {
            fields.retain(|name, _| !left_out.contains(&name.as_str()));
        }
        let digest = sha256_hex(&canonical_json(&json).ok()?);
        Some(Self { inner: Arc::new(Inner { policy: policy.clone(), digest }) })
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.inner.policy
    }

    /// The digest of its meaning.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.inner.digest
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.inner.digest == other.inner.digest
    }
}

impl Eq for Rule {}

impl PartialOrd for Rule {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rule {
    fn cmp(&self, other: &Self) -> Ordering {
        self.inner.digest.cmp(&other.inner.digest)
    }
}

/// A set of rules: sorted, each once, so that equal sets are asked about in equal words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    all: Arc<[Rule]>,
    digest: Arc<str>,
}

impl Rules {
    /// A set of some rules.
    #[must_use]
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        let mut all: Vec<Rule> = rules.into_iter().collect();
        all.sort();
        all.dedup();
        let digests: Vec<&str> = all.iter().map(Rule::digest).collect();
        let digest = sha256_hex(digests.join("\n").as_bytes()).into();
        Self { all: all.into(), digest }
    }

    /// The rules.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.all.iter()
    }

    /// The digest of their meaning.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// As a Cedar policy set. Ids are numbers, so that no id of the author's changes the question.
    #[must_use]
    pub fn policy_set(&self) -> PolicySet {
        let numbered =
            self.all.iter().enumerate().map(|(number, rule)| rule.policy().new_id(PolicyId::new(format!("p{number}"))));
        // Numbers are distinct, which is all that could fail.
        PolicySet::from_policies(numbered).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Rule {
        Rule::new(&Policy::parse(None, text).unwrap()).unwrap()
    }

    #[test]
    fn ids_annotations_and_order_change_no_digest_and_conditions_do() {
        let one = rule(r#"@id("a") permit(principal, action, resource) when { context.mfa };"#);
        let same = rule(r#"@id("b") @because("x") permit(principal, action, resource) when { context.mfa };"#);
        let other = rule("forbid(principal, action, resource) when { context.mfa };");
        assert_eq!(one, same);
        assert_ne!(one, other);
        let set = Rules::new([one.clone(), other.clone(), same]);
        assert_eq!(set, Rules::new([other, one]));
        assert_eq!(set.iter().count(), 2);
        assert_eq!(set.policy_set().num_of_policies(), 2);
    }
}
