//! Types, their attributes and their actions.

use super::{Cx, Prelude, child, ident, names, path};
use crate::syntax::ast;
use crate::syntax::grammar::{Pair, Rule};

pub(super) fn enumeration(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::EnumDecl> {
    let ordered = child(&pair, Rule::kw_ordered).is_some();
    let mut names = names(cx, &pair).into_iter();
    Some(ast::EnumDecl { ordered, name: names.next()?, members: names.collect() })
}

pub(super) fn entity(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::EntityDecl> {
    let kind = match child(&pair, Rule::entity_kind)?.into_inner().next()?.as_rule() {
        Rule::kw_principal => ast::EntityKind::Principal,
        Rule::kw_resource => ast::EntityKind::Resource,
        Rule::kw_group => ast::EntityKind::Group,
        _ => return None,
    };
    let mut decl = ast::EntityDecl {
        kind,
        name: ident(cx, &child(&pair, Rule::name)?),
        parents: Vec::new(),
        holds_roles: child(&pair, Rule::holds_roles).map(|holds| cx.span(&holds)),
        tags: None,
        attributes: Vec::new(),
        actions: Vec::new(),
        groups: Vec::new(),
        uses: Vec::new(),
    };
    for inner in pair.into_inner() {
        match inner.as_rule() {
            Rule::parents => {
                for found in inner.into_inner().filter(|inner| inner.as_rule() == Rule::parent) {
                    decl.parents.push(parent(cx, &found)?);
                }
            }
            Rule::tags => decl.tags = Some(type_expr(cx, child(&inner, Rule::type_expr)?)?),
            Rule::entity_block => {
                for member in inner.into_inner() {
                    match member.as_rule() {
                        Rule::field => decl.attributes.extend(cx.part(member, field)),
                        Rule::action_decl => decl.actions.extend(cx.part(member, action)),
                        Rule::action_group => decl.groups.extend(cx.part(member, action_group)),
                        Rule::action_set_use => decl.uses.extend(cx.part(member, action_set_use)),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Some(decl)
}

fn parent(cx: &Cx<'_>, pair: &Pair<'_>) -> Option<ast::Parent> {
    let attribute = child(pair, Rule::parent_attribute);
    Some(ast::Parent {
        ty: path(cx, &child(pair, Rule::type_name)?),
        optional: attribute.as_ref().is_some_and(|a| child(a, Rule::question).is_some()),
        attribute: attribute.and_then(|a| child(&a, Rule::name)).map(|name| ident(cx, &name)),
        span: cx.span(pair),
    })
}

/// `name: T` with what stands before it.
fn field(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::Attribute> {
    let mut prelude = Prelude::default();
    let mut name = None;
    let mut ty = None;
    let mut optional = false;
    for inner in pair.into_inner() {
        match inner.as_rule() {
            Rule::attribute_name => name = Some(ident(cx, &inner)),
            Rule::question => optional = true,
            Rule::type_expr => ty = Some(type_expr(cx, inner)?),
            _ => {
                prelude.take(cx, &inner);
            }
        }
    }
    Some(ast::Attribute { doc: prelude.doc(), annotations: prelude.annotations, name: name?, optional, ty: ty? })
}

fn fields(cx: &mut Cx<'_>, record: Pair<'_>) -> Option<Vec<ast::Attribute>> {
    record.into_inner().filter(|inner| inner.as_rule() == Rule::field).map(|inner| field(cx, inner)).collect()
}

/// A type as written.
pub(super) fn type_expr(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::TypeExpr> {
    let span = cx.span(&pair);
    let inner = pair.into_inner().next()?;
    let kind = match inner.as_rule() {
        Rule::set_type => ast::TypeKind::Set(Box::new(type_expr(cx, child(&inner, Rule::type_expr)?)?)),
        Rule::record_type => ast::TypeKind::Record(fields(cx, inner)?),
        Rule::type_name => ast::TypeKind::Name(path(cx, &inner)),
        _ => return None,
    };
    Some(ast::TypeExpr { kind, span })
}

fn action(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::ActionDecl> {
    let end = cx.span(&pair).at_end();
    let mut prelude = Prelude::default();
    let mut start = None;
    let mut decl = ast::ActionDecl {
        doc: None,
        annotations: Vec::new(),
        sensitive: None,
        names: Vec::new(),
        decided_on: None,
        context: Vec::new(),
        span: end,
    };
    for inner in pair.into_inner() {
        if prelude.take(cx, &inner) {
            continue;
        }
        let span = cx.span(&inner);
        start = start.or(Some(span));
        match inner.as_rule() {
            Rule::kw_sensitive => decl.sensitive = Some(span),
            Rule::names => decl.names = names(cx, &inner),
            Rule::decided_on => decl.decided_on = child(&inner, Rule::name).map(|name| ident(cx, &name)),
            Rule::record_type => decl.context = fields(cx, inner)?,
            _ => {}
        }
    }
    decl.doc = prelude.doc();
    decl.annotations = prelude.annotations;
    decl.span = start?.to(end);
    Some(decl)
}

fn action_group(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::ActionGroupDecl> {
    let mut prelude = Prelude::default();
    let start = pair.clone().into_inner().find(|inner| !prelude.take(cx, inner))?;
    prelude.refuse_annotations(cx, "a group of actions");
    Some(ast::ActionGroupDecl {
        doc: prelude.doc(),
        name: ident(cx, &child(&pair, Rule::name)?),
        members: names(cx, &child(&pair, Rule::names)?),
        span: cx.span(&start).to(cx.span(&pair).at_end()),
    })
}

fn action_set_use(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::ActionSetUse> {
    let mut prelude = Prelude::default();
    let start = pair.clone().into_inner().find(|inner| !prelude.take(cx, inner))?;
    prelude.refuse_doc(cx, "the use of a set of actions");
    prelude.refuse_annotations(cx, "the use of a set of actions");
    Some(ast::ActionSetUse {
        name: ident(cx, &child(&pair, Rule::name)?),
        span: cx.span(&start).to(cx.span(&pair).at_end()),
    })
}

pub(super) fn action_set(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::ActionSetDecl> {
    let name = ident(cx, &child(&pair, Rule::name)?);
    let members = pair.into_inner().filter(|inner| inner.as_rule() == Rule::set_member);
    let members = members.map(|member| set_member(cx, member)).collect::<Option<_>>()?;
    Some(ast::ActionSetDecl { name, members })
}

fn set_member(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::ActionSetMember> {
    let mut prelude = Prelude::default();
    for inner in pair.clone().into_inner() {
        prelude.take(cx, &inner);
    }
    prelude.refuse_doc(cx, "a member of a set of actions");
    Some(ast::ActionSetMember {
        annotations: prelude.annotations,
        sensitive: child(&pair, Rule::kw_sensitive).map(|word| cx.span(&word)),
        name: ident(cx, &child(&pair, Rule::name)?),
    })
}

pub(super) fn context(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::ContextDecl> {
    let sections = pair.into_inner().filter(|inner| inner.as_rule() == Rule::context_section);
    let sections = sections.map(|inner| section(cx, inner)).collect::<Option<_>>()?;
    Some(ast::ContextDecl { sections })
}

fn section(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::ContextSection> {
    let provenance = match child(&pair, Rule::provenance)?.into_inner().next()?.as_rule() {
        Rule::kw_gateway => ast::Provenance::Gateway,
        Rule::kw_token => ast::Provenance::Token,
        Rule::kw_caller => ast::Provenance::Caller,
        _ => return None,
    };
    let span = cx.span(&pair);
    let attributes = fields(cx, child(&pair, Rule::record_type)?)?;
    Some(ast::ContextSection { provenance, attributes, span })
}
