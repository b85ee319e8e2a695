//! Entity types, attributes, actions and the context.

use std::collections::BTreeMap;

use crate::syntax::ast::{Provenance, Text};
use crate::text::Span;

use crate::graph::{ActionId, TypeId};

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ty {
    /// `Bool`
    Bool,
    /// `Long`
    Long,
    /// `String`
    String,
    /// `decimal`
    Decimal,
    /// `datetime`
    Datetime,
    /// `duration`
    Duration,
    /// `ipaddr`
    Ipaddr,
    /// `Set<T>`
    Set(Box<Ty>),
    /// A record.
    Record(BTreeMap<String, Attribute>),
    /// An entity or an enumeration's member.
    Entity(TypeId),
    /// An entity type that the compiler generates, or one not yet resolved: its Cedar name.
    Named(String),
    /// Not known: a fault already reported, or nothing this room can tell. Cedar's validator has the last word.
    Unknown,
}

/// An attribute of an entity, a record or a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its type.
    pub ty: Ty,
    /// Whether it must be there.
    pub required: bool,
    /// `@masked`.
    pub masked: bool,
    /// Its description.
    pub doc: Option<String>,
    /// Other annotations, as name and text.
    pub annotations: Vec<(String, String)>,
    /// Where it is declared.
    pub span: Span,
}

/// An attribute of the common context.
#[derive(Debug, Clone)]
pub struct ContextAttribute {
    /// Type and place.
    pub attribute: Attribute,
    /// Who vouches for it.
    pub provenance: Provenance,
}

impl ContextAttribute {
    /// Whether nobody but the caller vouches for it.
    #[must_use]
    pub fn is_from_caller(&self) -> bool {
        self.provenance == Provenance::Caller
    }
}

impl ContextAttribute {
    /// Who vouches for it: `gateway`, `token` or `caller`.
    #[must_use]
    pub fn voucher(&self) -> &'static str {
        match self.provenance {
            Provenance::Gateway => "gateway",
            Provenance::Token => "token",
            Provenance::Caller => "caller",
        }
    }
}

/// What an entity type is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeKind {
    /// `principal`
    Principal,
    /// `resource`
    Resource,
    /// `group`
    Group,
    /// `enum`, `ordered enum`
    Enum {
        /// Whether members rise from first to last.
        ordered: bool,
        /// The members in their order.
        members: Vec<String>,
    },
    /// From a raw `.cedarschema`.
    Raw,
}

/// An entity type or an enumeration.
#[derive(Debug, Clone)]
pub struct EntityType {
    /// The name: without the program's namespace, with any other.
    pub name: String,
    /// The full Cedar name, `Marketplace::User`.
    pub cedar: String,
    /// What it is.
    pub kind: TypeKind,
    /// Whether a raw `.cedarschema` declares it.
    pub from_schema: bool,
    /// Where its name stands.
    pub span: Span,
    /// Its possible parents.
    pub parents: Vec<ParentLink>,
    /// Its attributes: declared ones and those that name a parent.
    pub attributes: BTreeMap<String, Attribute>,
    /// Where the members of an enumeration of Gate are declared.
    pub member_spans: BTreeMap<String, Span>,
    /// The type of its tags.
    pub tags: Option<Ty>,
    /// `holds roles`.
    pub holds_roles: bool,
    /// `@workload`: a principal type that is a program, with nobody before it.
    pub workload: bool,
    /// `@wildcard`: it stands for every type there is, those to come included.
    pub wildcard: bool,
    /// `@partial`: it has further actions, which the program does not declare.
    pub partial: bool,
    /// Its actions.
    pub actions: Vec<ActionId>,
    /// Groups of its actions: name → members.
    pub groups: BTreeMap<String, Vec<ActionId>>,
    /// Its description.
    pub doc: Option<String>,
    /// `@x_…`, `@owner`, … as name and text.
    pub annotations: Vec<(String, String)>,
}

/// A possible parent of an entity type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParentLink {
    /// The parent's type.
    pub ty: TypeId,
    /// The attribute that holds the one parent; absent: any number of memberships.
    pub attribute: Option<String>,
    /// `?`: the one parent may be absent.
    pub optional: bool,
    /// Where it is declared.
    pub span: Span,
}

impl ParentLink {
    /// Whether every entity of the type has such a parent.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.attribute.is_some() && !self.optional
    }
}

/// What an action does, as its annotations say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActionEffects {
    /// `@reads`
    pub reads: bool,
    /// `@writes("attr", …)`; `Some` and empty: writes, without saying what.
    pub writes: Option<Vec<Text>>,
    /// `@assigns("role", …)`
    pub assigns: Vec<Text>,
    /// `@wildcard`: it stands for every action of its type, those to come included.
    pub wildcard: bool,
}

impl ActionEffects {
    /// `@assigns("any")`: it gives away every role there is, those to come included. No role can be called so.
    #[must_use]
    pub fn assigns_any(&self) -> bool {
        self.assigns.iter().any(|role| role.value == "any")
    }
}

/// An action.
#[derive(Debug, Clone)]
pub struct Action {
    /// Its own name, `approve`; for a raw action its Cedar id.
    pub name: String,
    /// The Cedar entity: type `Marketplace::Action` and id `Payout.approve`.
    pub cedar: (String, String),
    /// The resource type that declares it; `None` for a raw action.
    pub declared_on: Option<TypeId>,
    /// The types a request is decided on: one for a Gate action.
    pub decided_on: Vec<TypeId>,
    /// Principal types of a raw action; those of a Gate action follow from its grants.
    pub raw_principals: Vec<TypeId>,
    /// `sensitive`.
    pub sensitive: bool,
    /// Its own context attributes (a raw action: all of them).
    pub context: BTreeMap<String, Attribute>,
    /// What it does.
    pub effects: ActionEffects,
    /// Where its name stands.
    pub span: Span,
    /// Its description.
    pub doc: Option<String>,
    /// Other annotations, as name and text.
    pub annotations: Vec<(String, String)>,
}

impl Action {
    /// Whether it comes from a raw schema.
    #[must_use]
    pub fn is_raw(&self) -> bool {
        self.declared_on.is_none()
    }
}
