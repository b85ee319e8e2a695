//! What a raw `.cedarschema` declares, in the terms of this room, so that Gate files can name it.
//! `lower` reads the schema and fills these in.

use std::collections::BTreeMap;

use super::Attribute;

/// Declarations from outside the Gate files.
#[derive(Debug, Clone, Default)]
pub struct Externals {
    /// Entity types by full Cedar name.
    pub entities: BTreeMap<String, ExternalEntity>,
    /// Actions by full Cedar entity text, `NS::Action::"id"`.
    pub actions: BTreeMap<String, ExternalAction>,
}

/// A raw entity type.
#[derive(Debug, Clone)]
pub struct ExternalEntity {
    /// Its name without the namespace of the program.
    pub name: String,
    /// Members, for an enumerated type.
    pub members: Option<Vec<String>>,
    /// Full Cedar names of its possible parents.
    pub parents: Vec<String>,
    /// Attributes; entity types in them are [`Ty::Named`](super::Ty::Named) until resolved.
    pub attributes: BTreeMap<String, Attribute>,
    /// The type of its tags.
    pub tags: Option<super::Ty>,
    /// The schema file.
    pub span: crate::text::Span,
}

/// A raw action.
#[derive(Debug, Clone)]
pub struct ExternalAction {
    /// The bare id.
    pub id: String,
    /// Full Cedar names of the principal types.
    pub principals: Vec<String>,
    /// Full Cedar names of the resource types.
    pub resources: Vec<String>,
    /// Ids of the groups it is in.
    pub groups: Vec<String>,
    /// Its context.
    pub context: BTreeMap<String, Attribute>,
    /// The schema file.
    pub span: crate::text::Span,
}
