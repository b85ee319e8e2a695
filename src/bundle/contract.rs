//! `contract.json`: what a caller of the policy must know to put a request together — entity types and their attributes,
//! how roles are held, which actions are decided on what, who vouches for which context attribute, the break-glass profiles.
//! Scenarios type every name in a test against it; a gateway builds requests by it.

use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Serialize};

use crate::clauses::Step;

use super::{Bounds, GatewayContract};

/// Version of `contract.json`. A new one is for what readers of this one must not read; a clause or a field that is new needs
/// none, since they refuse what they do not know.
pub const CONTRACT_FORMAT: &str = "1";

/// The whole contract. Names are Gate names (`Payout`, `Payout.approve`); `cedar` fields are the full Cedar names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// Version of this file's format.
    pub format: String,
    /// The Cedar namespace of the program, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Entity types by name, enums included; generated types are not listed.
    pub entities: BTreeMap<String, EntityContract>,
    /// Actions by name, `Payout.approve`; those of a raw `.cedarschema` by their Cedar id.
    pub actions: BTreeMap<String, ActionContract>,
    /// Who vouches for each attribute of the common context: `gateway`, `token` or `caller`.
    pub provenance: BTreeMap<String, String>,
    /// Roles by name: `finance`, `Org.admin`.
    pub roles: BTreeMap<String, RoleContract>,
    /// The Cedar entity type of roles; none where no role is held as a parent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_type: Option<String>,
    /// The Cedar entity type of holder groups, whose ids are `TYPE::ID.ROLE` (`Org::acme.admin`); none where no role is held
    /// as a parent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holders_type: Option<String>,
    /// How principals show which roles they hold; absent: as parents.
    #[serde(default, skip_serializing_if = "RolesForm::is_default")]
    pub roles_form: RolesForm,
    /// Break-glass profiles by name.
    pub break_glass: BTreeMap<String, BreakGlassProfile>,
    /// How requests become questions; absent where the package does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<GatewayContract>,
}

impl Contract {
    /// Reads a `contract.json`. Fields and clauses that this version does not know are refused, since whoever skips one enforces
    /// less than was written; only what is marked informative is skipped.
    ///
    /// # Errors
    /// Where it is of another format, or is no contract.
    pub fn read(bytes: &[u8]) -> serde_json::Result<Self> {
        // A contract of another format has other fields, and its number is the better reason.
        let format: Format = serde_json::from_slice(bytes)?;
        if format.format != CONTRACT_FORMAT {
            let format = format.format.escape_debug();
            let message = format!("it has format `{format}`; this version reads `{CONTRACT_FORMAT}`");
            return Err(serde_json::Error::custom(message));
        }
        serde_json::from_slice(bytes)
    }
}

#[derive(Deserialize)]
struct Format {
    format: String,
}

/// In which form a principal shows the roles that it holds. Whatever the form, the same principals hold the same roles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RolesForm {
    /// As parents: the entities of its roles, and the holder groups of those held per entity.
    #[default]
    Parents,
    /// As names in the attribute `ROLES_ATTRIBUTE`, for engines that build principals without parents.
    Attribute,
    /// As either; policies accept the one and the other.
    Both,
}

/// The generated attribute of an entity with the name of one role held on it, `Org::acme.admin`.
#[must_use]
pub fn relation_attribute(role: &str) -> String {
    format!("gate:{role}")
}

impl RolesForm {
    /// Its name in `gatewright.toml` and in the contract.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Parents => "parents",
            Self::Attribute => "attribute",
            Self::Both => "both",
        }
    }

    /// Whether a role may be held as a parent.
    #[must_use]
    pub fn has_parents(self) -> bool {
        self != Self::Attribute
    }

    /// Whether a role may be held by the attribute.
    #[must_use]
    pub fn has_attribute(self) -> bool {
        self != Self::Parents
    }

    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What an entity type is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntityRole {
    /// Declared by `principal`.
    Principal,
    /// Declared by `resource`.
    Resource,
    /// Declared by `group`.
    Group,
    /// An enumeration; `members` lists its values.
    Enum,
    /// Declared in a raw `.cedarschema`.
    Raw,
}

/// One entity type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntityContract {
    /// The full Cedar name, `Marketplace::User`.
    pub cedar: String,
    /// What it is for.
    pub kind: EntityRole,
    /// Members of an enumeration in their order; empty otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
    /// Its possible parents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<ParentContract>,
    /// Attributes, those that hold a parent included, generated ones (`relations`) not.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, AttributeContract>,
    /// The type of its tags' values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<ValueType>,
    /// Whether roles may be given to it: a principal type that some role is `for`, or a group that `holds roles`.
    #[serde(default)]
    pub holds_roles: bool,
    /// Whether its entities carry the attribute with the names of their roles, `gate:roles`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub carries_roles: bool,
    /// Roles held per entity of this type through a holder group (`role admin on Org`); those `by` an attribute are not listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<RelationContract>,
}

/// A generated attribute that holds a holder group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationContract {
    /// The role's own name, `admin`; also the name of the attribute that holds the group. Where roles are held by attribute,
    /// `gate:admin` holds the group's id.
    pub role: String,
    /// Named parents of the same type, whose holder group is a member of this one's: rights reach all the way down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inherits_through: Vec<String>,
}

/// A possible parent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParentContract {
    /// The parent's type, a name in `entities`.
    #[serde(rename = "type")]
    pub ty: String,
    /// The attribute that equals the one parent; absent: any number of memberships.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
}

/// One attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeContract {
    /// Its type.
    #[serde(rename = "type")]
    pub ty: ValueType,
    /// Whether it must be there.
    pub required: bool,
    /// `@masked`, or in the `[mask]` of `gateway.toml`: never written to a log in clear.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub masked: bool,
}

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueType {
    /// `true`, `false`
    Bool,
    /// A 64-bit signed integer.
    Long,
    /// Text.
    String,
    /// Cedar's `decimal`, four digits after the point.
    Decimal,
    /// Cedar's `datetime`, milliseconds since 1970 UTC.
    Datetime,
    /// Cedar's `duration`, milliseconds.
    Duration,
    /// Cedar's `ipaddr`, an address or a range.
    Ipaddr,
    /// A set.
    Set(Box<ValueType>),
    /// A record.
    Record(BTreeMap<String, AttributeContract>),
    /// An entity; the type is a name in `entities`, or a full Cedar name for generated types.
    Entity(String),
}

/// One action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionContract {
    /// The full Cedar entity, `Marketplace::Action::"Payout.approve"`.
    pub cedar: String,
    /// The resource type that declares it; `None` for an action of a raw schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared_on: Option<String>,
    /// Entity types that a request for it is decided on: the declaring type, or the parent named by `in`.
    pub resources: Vec<String>,
    /// Entity types that may ask.
    pub principals: Vec<String>,
    /// `sensitive`.
    #[serde(default)]
    pub sensitive: bool,
    /// Its whole context: common attributes, own ones, and `break_glass` where a profile covers it.
    pub context: BTreeMap<String, AttributeContract>,
}

/// One role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleContract {
    /// `on Org`: the type each of whose entities has its own holders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// `by created_by`: the attribute's value is the one holder, so nobody can be given the role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Principal types that can hold it.
    pub holders: Vec<String>,
    /// Roles it extends, nearest first, transitively.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extends: Vec<String>,
    /// RFC 3339, exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// Someone named in a break-glass profile: a role, or a relation reached through the tenant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// A name in `roles`.
    pub role: String,
}

/// What the break-glass state machine needs to know of a profile. Durations are in milliseconds.
/// Cedar re-checks every clause it can; see the policies named `break-glass:NAME…`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakGlassProfile {
    /// Full Cedar entity of the profile, `Marketplace::BreakGlassProfile::"payout_incident"`: the resource of the actions below.
    pub cedar: String,
    /// The Cedar actions that decide each step, full entities.
    pub request_action: String,
    /// See `request_action`.
    pub approve_action: String,
    /// See `request_action`.
    pub refuse_action: String,
    /// See `request_action`.
    pub revoke_action: String,
    /// See `request_action`.
    pub review_action: String,
    /// The principal type of requester, approvers and reviewers, a name in `entities`.
    pub principal: String,
    /// Tenant attributes that requester, approvers and resources must share: attribute → tenant type; empty without `isolate`.
    pub tenant: BTreeMap<String, String>,
    /// Who may ask.
    pub eligible: Vec<Holder>,
    /// What it opens: action names, `Payout.approve`.
    pub actions: Vec<String>,
    /// Resource types it opens; each request names so many entities of them.
    pub resources: Vec<String>,
    /// What the table of clauses bounds, each in its own field of the profile. Takes every field that has no name here, and
    /// refuses those that the table does not know.
    #[serde(flatten)]
    pub bounds: Bounds,
    /// Whether a reason is needed.
    pub reason_required: bool,
    /// Whether a ticket is needed.
    pub ticket_required: bool,
    /// A Cedar `like` pattern for the ticket, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_pattern: Option<String>,
    /// How many distinct approvers it takes; 0: self-activated.
    pub approvals: i64,
    /// Who may approve and refuse; `None` with `approvals` 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<Holder>,
    /// The window in which grants are counted, ms; 0: they are not limited.
    pub window: i64,
    /// Most grants to one requester in the window.
    pub max_grants: i64,
    /// Guards it lifts, by statement name.
    pub lifts: Vec<String>,
    /// Events that alert: `request`, `approve`, `refuse`, `use`, `revoke`, `review`, each with the channels to tell.
    pub alerts: BTreeMap<String, Vec<String>>,
    /// Who may revoke, besides the requester.
    pub revokers: Vec<Holder>,
    /// Time after a grant's end by which it must be reviewed, ms.
    pub review_within: i64,
    /// Who reviews.
    pub reviewer: Holder,
}

impl BreakGlassProfile {
    /// The Cedar action that decides a step, a full entity; `None` where no policy decides it.
    #[must_use]
    pub fn step_action(&self, step: Step) -> Option<&str> {
        match step {
            Step::Request => Some(&self.request_action),
            Step::Approve => Some(&self.approve_action),
            Step::Refuse => Some(&self.refuse_action),
            Step::Withdraw => None,
            Step::Revoke => Some(&self.revoke_action),
            Step::Review => Some(&self.review_action),
        }
    }
}
