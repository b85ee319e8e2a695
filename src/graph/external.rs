//! What raw sources say, in the terms of this room: what a `.cedarschema` declares, so that Gate files can name it, and whom
//! the scopes of `.cedar` files let in. `lower` reads the files and fills these in.

use std::collections::BTreeMap;

use super::Attribute;

/// Declarations from outside the Gate files.
#[derive(Debug, Clone, Default)]
pub struct Externals {
    /// Entity types by full Cedar name.
    pub entities: BTreeMap<String, ExternalEntity>,
    /// Actions by full Cedar entity text, `NS::Action::"id"`.
    pub actions: BTreeMap<String, ExternalAction>,
    /// The scopes of raw permits.
    pub permits: Vec<ExternalPermit>,
}

/// The scope of a raw permit. Its conditions are not read: they can only let in fewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalPermit {
    /// Who asks.
    pub principal: ExternalScope,
    /// The actions or groups of actions, each as Cedar type and id; `None`: any.
    pub actions: Option<Vec<(String, String)>>,
    /// What is asked for.
    pub resource: ExternalScope,
}

/// The entities that one side of a scope admits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExternalScope {
    /// All.
    Any,
    /// Those of a type, by its full Cedar name.
    Of(String),
    /// Those within an entity of a type: that entity and its descendants.
    Within {
        /// The type of the container, by its full Cedar name.
        container: String,
        /// The id of the container.
        id: String,
    },
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
