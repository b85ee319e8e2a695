//! The gateway's part of the contract, from a package's `gateway.toml`: which request is which action on which resource, by
//! which other names callers know types and actions, who a token stands for, what follows where a guard fails, whose keys
//! approve break-glass. What is masked is told by the attributes themselves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The whole part. Names are Gate names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayContract {
    /// Routes, the narrower ones first: the first that matches a request is its route.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<RouteContract>,
    /// Other names of types, as callers write them, each with its type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub type_names: BTreeMap<String, String>,
    /// Other names of actions, as callers write them, each with the action for every type of resource.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub action_names: BTreeMap<String, BTreeMap<String, String>>,
    /// Who a token stands for: the first whose `when` it meets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<SubjectContract>,
    /// What follows where a guard fails, by the guard's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub obligations: BTreeMap<String, ObligationContract>,
    /// Who holds a key that signs approvals, by the key's id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub approvers: BTreeMap<String, ApproverContract>,
}

/// One route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteContract {
    /// The host, in lower case and without a port; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The methods, in capitals.
    pub methods: Vec<String>,
    /// The segments of the path.
    pub path: Vec<PathSegment>,
    /// A name in `actions`.
    pub action: String,
    /// The type of the resource, a name in `entities`.
    pub resource: String,
    /// Where the resource's id comes from.
    pub id: IdFrom,
}

/// One segment of a route's path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PathSegment {
    /// This text.
    Text(String),
    /// Any one segment, under this name.
    One(String),
    /// All segments that are left, at least one, under this name. Stands last.
    Rest(String),
}

/// Where the id of a route's resource comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IdFrom {
    /// The part of the path with this name.
    Path(String),
    /// The header with this name, in lower case.
    Header(String),
    /// This id.
    Fixed(String),
}

/// Who a token stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectContract {
    /// The principal type, a name in `entities`.
    #[serde(rename = "type")]
    pub ty: String,
    /// What the token must say; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<ClaimTest>,
    /// The claim with the principal's id.
    pub id: String,
    /// Attributes of the principal and the claims that they come from.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// Attributes of the context and the claims that they come from.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub context: BTreeMap<String, String>,
}

/// A claim with a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimTest {
    /// The claim.
    pub claim: String,
    /// The text in it.
    pub is: String,
}

/// What follows where a guard fails, an obligation of AuthZEN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ObligationContract {
    /// The caller is to authenticate again.
    StepUp {
        /// By one of these classes.
        acr: Vec<String>,
    },
    /// Somebody is to be told.
    Notification {
        /// On these channels.
        channels: Vec<String>,
    },
}

/// Who holds a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApproverContract {
    /// The principal type, a name in `entities`.
    #[serde(rename = "type")]
    pub ty: String,
    /// The id.
    pub id: String,
}

impl GatewayContract {
    /// The route of a request and what its path's names stand for. The host is in lower case and has no port; the path comes in
    /// segments, with nothing escaped in them any more.
    #[must_use]
    pub fn route(
        &self,
        method: &str,
        host: Option<&str>,
        path: &[&str],
    ) -> Option<(&RouteContract, BTreeMap<&str, String>)> {
        let mut routes = self.routes.iter();
        routes.find_map(|route| Some((route, route.matches(method, host, path)?)))
    }
}

impl RouteContract {
    fn matches(&self, method: &str, host: Option<&str>, path: &[&str]) -> Option<BTreeMap<&str, String>> {
        let is_host = self.host.is_none() || self.host.as_deref() == host;
        if !is_host || !self.methods.iter().any(|known| known == method) {
            return None;
        }
        let mut names = BTreeMap::new();
        let mut left = path.iter();
        for segment in &self.path {
            match segment {
                PathSegment::Text(text) => {
                    left.next().filter(|next| *next == text)?;
                }
                PathSegment::One(name) => {
                    names.insert(name.as_str(), (*left.next()?).to_owned());
                }
                PathSegment::Rest(name) => {
                    let rest: Vec<&str> = left.by_ref().copied().collect();
                    if rest.is_empty() {
                        return None;
                    }
                    names.insert(name.as_str(), rest.join("/"));
                }
            }
        }
        left.next().is_none().then_some(names)
    }
}
