//! What a policy may find in the schema and entities of a package.

use crate::bundle::Contract;

/// One thing that a policy may find. Types have their full Cedar names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Thing {
    /// Entities of a type may have an attribute.
    Attribute { ty: String, name: String },
    /// They always have it.
    Always { ty: String, name: String },
    /// The context of an action, by its Cedar id, may have an attribute, or a record in it a field.
    Context { action: String, path: Vec<String> },
    /// Entities of a type may be in those of another.
    Parent { ty: String, parent: String },
    /// An enumeration has a member.
    Member { ty: String, member: String },
    /// Principals of a type may hold a role, and show it in one of two ways. Names of the contract.
    Held { ty: String, role: String, shown: Shown },
    /// Members of a group show the roles of the group by name.
    Group { ty: String },
}

/// How a principal shows a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shown {
    AsParent,
    ByName,
}

/// Whether a type is that of roles or of groups of holders.
pub(super) fn is_role_type(contract: &Contract, ty: &str) -> bool {
    [&contract.role_type, &contract.holders_type].into_iter().any(|known| known.as_deref() == Some(ty))
}
