//! The syntax tree: one file, spans everywhere, no meaning. Built even from broken text, without the parts that did not parse.

mod base;
mod break_glass;
mod expr;
mod item;
mod model;
mod statements;

pub use base::{
    Annotation, AnnotationArg, AnnotationValue, DurationLiteral, Ident, InstantLiteral, Number, Path, Text,
};
pub use break_glass::{Amount, BreakGlassClause, BreakGlassDecl, BreakGlassKind, Requirement};
pub use expr::{Expr, ExprKind, Operator};
pub use item::{File, Item, ItemKind, RoleDecl};
pub use model::{
    ActionDecl, ActionGroupDecl, ActionSetDecl, ActionSetMember, ActionSetUse, Attribute, ConditionDecl, ContextDecl,
    ContextSection, EntityDecl, EntityKind, EnumDecl, Param, Parent, Provenance, TypeExpr, TypeKind,
};
pub use statements::{
    Actions, AssertDecl, Claim, DenyDecl, GrantDecl, IsolateDecl, IsolateException, RequireDecl, SeparateDecl, Types,
    Who,
};
