//! Short constructors for generated expressions.

use crate::graph::Ty;
use crate::lower::draft::Entity;
use crate::text::{Duration, Span};
use crate::typing::{Constructor, TypedExpr, TypedKind};

/// Short constructors for generated expressions, all at one span.
pub(super) struct At(pub(in crate::lower) Span);

impl At {
    pub(super) fn long(&self, value: i64) -> TypedExpr {
        TypedExpr::new(TypedKind::Long(value), Ty::Long, self.0)
    }

    pub(super) fn text(&self, value: &str) -> TypedExpr {
        TypedExpr::new(TypedKind::Text(value.to_owned()), Ty::String, self.0)
    }

    pub(super) fn duration(&self, value: Duration) -> TypedExpr {
        TypedExpr::new(TypedKind::Duration(value), Ty::Duration, self.0)
    }

    pub(super) fn datetime(&self, text: &str) -> TypedExpr {
        let construct = TypedKind::Construct(Constructor::Datetime, Box::new(self.text(text)));
        TypedExpr::new(construct, Ty::Datetime, self.0)
    }

    pub(super) fn all(&self, parts: Vec<TypedExpr>) -> TypedExpr {
        TypedExpr::all(parts, self.0)
    }

    pub(super) fn any(&self, parts: Vec<TypedExpr>) -> TypedExpr {
        TypedExpr::any(parts, self.0)
    }

    pub(super) fn entity(&self, (ty, id): &Entity) -> TypedExpr {
        TypedExpr::new(TypedKind::Entity(ty.clone(), id.clone()), Ty::Unknown, self.0)
    }

    pub(super) fn has(&self, of: TypedExpr, attributes: &[&str]) -> TypedExpr {
        let attributes = attributes.iter().map(|name| (*name).to_owned()).collect();
        TypedExpr::new(TypedKind::Has(Box::new(of), attributes), Ty::Bool, self.0)
    }
}

pub(super) fn get(of: &TypedExpr, name: &str) -> TypedExpr {
    of.clone().attribute(name, Ty::Unknown)
}
