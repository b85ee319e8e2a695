//! Entity types and enumerations.

use std::collections::BTreeMap;

use crate::diag::{Certainty, Diagnostic, Fix, did_you_mean};
use crate::graph::{Attribute, EntityType, Named, ParentLink, Ty, TypeId, TypeKind, codes};
use crate::syntax::ast;

use super::annotations::{Place, Said, read};
use super::lookup::find_type;
use super::{Externals, Resolver};

/// Names every type first, then fills in parents and attributes, which may name any of them.
pub(super) fn shapes(cx: &mut Resolver<'_>, items: &[&ast::Item], externals: &Externals) {
    for item in items {
        match &item.kind {
            ast::ItemKind::Enum(decl) => enumeration(cx, item, decl),
            ast::ItemKind::Entity(decl) => {
                let place = match decl.kind {
                    ast::EntityKind::Principal => Place::Principal,
                    ast::EntityKind::Resource => Place::Resource,
                    ast::EntityKind::Group => Place::Type,
                };
                let said = read(cx, &item.annotations, place, item.span);
                let kind = match decl.kind {
                    ast::EntityKind::Principal => TypeKind::Principal,
                    ast::EntityKind::Resource => TypeKind::Resource,
                    ast::EntityKind::Group => TypeKind::Group,
                };
                let ty = blank(cx, &decl.name, kind, item.doc.clone(), said);
                cx.program.add_type(ty);
            }
            _ => {}
        }
    }
    for (cedar, external) in &externals.entities {
        let kind = match &external.members {
            Some(members) => TypeKind::Enum { ordered: false, members: members.clone() },
            None => TypeKind::Raw,
        };
        cx.program.add_type(EntityType {
            name: external.name.clone(),
            cedar: cedar.clone(),
            kind,
            from_schema: true,
            span: external.span,
            parents: Vec::new(),
            attributes: BTreeMap::new(),
            member_spans: BTreeMap::new(),
            tags: None,
            holds_roles: false,
            workload: false,
            wildcard: false,
            partial: false,
            actions: Vec::new(),
            groups: BTreeMap::new(),
            doc: None,
            annotations: Vec::new(),
        });
    }
    let mut done: Vec<TypeId> = Vec::new();
    for item in items {
        let ast::ItemKind::Entity(decl) = &item.kind else {
            continue;
        };
        let Some(id) = declared(cx, &decl.name).filter(|id| !done.contains(id)) else {
            continue;
        };
        done.push(id);
        fill(cx, id, decl);
    }
    for external in externals.entities.values() {
        let Some(id) = cx.program.find_type(&external.name) else {
            continue;
        };
        let parents: Vec<ParentLink> = external
            .parents
            .iter()
            .filter_map(|cedar| by_cedar(cx, cedar))
            .map(|ty| ParentLink { ty, attribute: None, optional: false, span: external.span })
            .collect();
        let attributes = external.attributes.iter().map(|(n, a)| (n.clone(), settle(cx, a))).collect();
        let tags = external.tags.as_ref().map(|ty| settle_type(cx, ty));
        if let Some(ty) = cx.program.types.get_mut(id.index()) {
            ty.parents = parents;
            ty.attributes = attributes;
            ty.tags = tags;
        }
    }
}

/// The type this very name declares; `None` where the name was refused as a repeat or reserved.
pub(super) fn declared(cx: &Resolver<'_>, name: &ast::Ident) -> Option<TypeId> {
    cx.program.types.iter().position(|ty| ty.span == name.span).map(TypeId::at)
}

/// The type that a raw schema names: by its full Cedar name, or by a name without a namespace, which the schema itself does
/// not declare and which is then a type of Gate's.
pub(super) fn by_cedar(cx: &Resolver<'_>, cedar: &str) -> Option<TypeId> {
    let known = cx.program.types.iter().position(|ty| ty.cedar == cedar);
    known.map(TypeId::at).or_else(|| cx.program.find_type(cedar))
}

pub(super) fn settle(cx: &Resolver<'_>, attribute: &Attribute) -> Attribute {
    Attribute { ty: settle_type(cx, &attribute.ty), ..attribute.clone() }
}

fn settle_type(cx: &Resolver<'_>, ty: &Ty) -> Ty {
    match ty {
        Ty::Named(cedar) => by_cedar(cx, cedar).map_or_else(|| ty.clone(), Ty::Entity),
        Ty::Set(inner) => Ty::Set(Box::new(settle_type(cx, inner))),
        Ty::Record(fields) => Ty::Record(fields.iter().map(|(n, a)| (n.clone(), settle(cx, a))).collect()),
        other => other.clone(),
    }
}

pub(super) fn qualified(cx: &Resolver<'_>, name: &str) -> String {
    match &cx.program.namespace {
        Some(namespace) => format!("{namespace}::{name}"),
        None => name.to_owned(),
    }
}

fn blank(cx: &Resolver<'_>, name: &ast::Ident, kind: TypeKind, doc: Option<String>, said: Said) -> EntityType {
    EntityType {
        name: name.text.clone(),
        cedar: qualified(cx, &name.text),
        kind,
        from_schema: false,
        span: name.span,
        parents: Vec::new(),
        attributes: BTreeMap::new(),
        member_spans: BTreeMap::new(),
        tags: None,
        holds_roles: false,
        workload: said.workload,
        wildcard: said.wildcard,
        partial: said.partial,
        actions: Vec::new(),
        groups: BTreeMap::new(),
        doc,
        annotations: said.pass,
    }
}

fn enumeration(cx: &mut Resolver<'_>, item: &ast::Item, decl: &ast::EnumDecl) {
    let said = read(cx, &item.annotations, Place::Type, item.span);
    let mut members: Vec<String> = Vec::new();
    let mut member_spans = BTreeMap::new();
    for (at, member) in decl.members.iter().enumerate() {
        if members.contains(&member.text) {
            let before = decl.members.iter().take(at).find(|known| known.text == member.text);
            let mut diagnostic = Diagnostic::error(
                codes::DUPLICATE_NAME,
                member.span,
                format!("duplicate member `{}` of `{}`", member.text, decl.name.text),
            )
            .help("keep one of the two");
            if let Some(before) = before {
                diagnostic = diagnostic.also(before.span, "first listed here");
            }
            cx.out.push(diagnostic);
        } else {
            members.push(member.text.clone());
            member_spans.insert(member.text.clone(), member.span);
        }
    }
    let kind = TypeKind::Enum { ordered: decl.ordered, members };
    let ty = blank(cx, &decl.name, kind, item.doc.clone(), said);
    cx.program.add_type(EntityType { member_spans, ..ty });
}

fn fill(cx: &mut Resolver<'_>, id: TypeId, decl: &ast::EntityDecl) {
    let mut attributes: BTreeMap<String, Attribute> = BTreeMap::new();
    let mut parents: Vec<ParentLink> = Vec::new();
    for parent in &decl.parents {
        let Some(ty) = find_type(cx, &parent.ty) else {
            cx.orphans.insert(id);
            if let Some(name) = &parent.attribute {
                insert(cx, &mut attributes, name, parent_attribute(Ty::Unknown, parent, name));
            }
            continue;
        };
        if cx.program.ty(ty).is_some_and(|ty| matches!(ty.kind, TypeKind::Enum { .. })) {
            cx.out.push(
                Diagnostic::error(
                    codes::WRONG_KIND,
                    parent.span,
                    format!("`{}` is an enum and cannot be a parent", parent.ty.dotted()),
                )
                .help("make it an attribute: `name: EnumType`"),
            );
            continue;
        }
        if let Some(name) = &parent.attribute {
            insert(cx, &mut attributes, name, parent_attribute(Ty::Entity(ty), parent, name));
        }
        parents.push(ParentLink {
            ty,
            attribute: parent.attribute.as_ref().map(|name| name.text.clone()),
            optional: parent.optional,
            span: parent.span,
        });
    }
    for written in &decl.attributes {
        let attribute = attribute(cx, written);
        insert(cx, &mut attributes, &written.name, attribute);
    }
    let tags = decl.tags.as_ref().map(|tags| type_of(cx, tags));
    if decl.holds_roles.is_some() && decl.kind != ast::EntityKind::Group {
        let span = decl.holds_roles.unwrap_or(decl.name.span);
        cx.out.push(
            Diagnostic::error(codes::WRONG_KIND, span, "only a group can have `holds roles`")
                .help("principals hold the roles declared `for` their type without it"),
        );
    }
    if let Some(ty) = cx.program.types.get_mut(id.index()) {
        ty.attributes = attributes;
        ty.parents = parents;
        ty.tags = tags;
        ty.holds_roles = decl.holds_roles.is_some();
    }
}

/// The attribute that names a parent.
fn parent_attribute(ty: Ty, parent: &ast::Parent, name: &ast::Ident) -> Attribute {
    Attribute { ty, required: !parent.optional, masked: false, doc: None, annotations: Vec::new(), span: name.span }
}

fn insert(cx: &mut Resolver<'_>, all: &mut BTreeMap<String, Attribute>, name: &ast::Ident, attribute: Attribute) {
    if let Some(before) = all.get(&name.text) {
        cx.out.push(
            Diagnostic::error(codes::DUPLICATE_NAME, name.span, format!("`{}` is declared twice", name.text))
                .also(before.span, "first declared here")
                .help("rename one of the two attributes"),
        );
        return;
    }
    all.insert(name.text.clone(), attribute);
}

pub(super) fn attribute(cx: &mut Resolver<'_>, written: &ast::Attribute) -> Attribute {
    let said = read(cx, &written.annotations, Place::Attribute, written.name.span);
    Attribute {
        ty: type_of(cx, &written.ty),
        required: !written.optional,
        masked: said.masked,
        doc: written.doc.clone(),
        annotations: said.pass,
        span: written.name.span,
    }
}

/// Attributes of a record, a context or a section of it.
pub(super) fn record(cx: &mut Resolver<'_>, written: &[ast::Attribute]) -> BTreeMap<String, Attribute> {
    let mut all = BTreeMap::new();
    for one in written {
        let attribute = attribute(cx, one);
        insert(cx, &mut all, &one.name, attribute);
    }
    all
}

/// The type a type expression names.
pub(super) fn type_of(cx: &mut Resolver<'_>, written: &ast::TypeExpr) -> Ty {
    match &written.kind {
        ast::TypeKind::Set(inner) => Ty::Set(Box::new(type_of(cx, inner))),
        ast::TypeKind::Record(fields) => Ty::Record(record(cx, fields)),
        ast::TypeKind::Name(path) => match path.parts.as_slice() {
            [one] => match one.text.as_str() {
                "Bool" => Ty::Bool,
                "Long" => Ty::Long,
                "String" => Ty::String,
                "decimal" => Ty::Decimal,
                "datetime" => Ty::Datetime,
                "duration" => Ty::Duration,
                "ipaddr" => Ty::Ipaddr,
                name => named_type(cx, path, name),
            },
            _ => find_type(cx, path).map_or(Ty::Unknown, Ty::Entity),
        },
    }
}

fn named_type(cx: &mut Resolver<'_>, path: &ast::Path, name: &str) -> Ty {
    if let Some(id) = cx.program.find_type(name) {
        cx.refer(path.span, Named::Type(id));
        return Ty::Entity(id);
    }
    const BUILT_IN: [&str; 7] = ["Bool", "Long", "String", "decimal", "datetime", "duration", "ipaddr"];
    if cx.names.contains_key(name) {
        return find_type(cx, path).map_or(Ty::Unknown, Ty::Entity);
    }
    let known = cx.program.types.iter().map(|ty| ty.name.as_str()).chain(BUILT_IN);
    let usual = match name {
        "int" | "Int" | "integer" | "Integer" | "number" | "Number" | "i64" | "long" => Some("Long"),
        "bool" | "boolean" | "Boolean" => Some("Bool"),
        "string" | "str" | "text" => Some("String"),
        "Decimal" | "float" | "Float" | "double" => Some("decimal"),
        "time" | "timestamp" | "Timestamp" | "date" | "Date" | "DateTime" | "Datetime" => Some("datetime"),
        "ip" | "IpAddr" | "IP" => Some("ipaddr"),
        _ => None,
    };
    let help = match usual {
        Some(usual) => Some(format!("did you mean `{usual}`?")),
        None => did_you_mean(name, known.clone()),
    };
    let fault = Diagnostic::error(codes::UNKNOWN_NAME, path.span, format!("unknown type `{name}`"));
    let fault = match usual {
        Some(usual) => fault.fix(Fix::replace(path.span, name, usual, Certainty::Likely)),
        None => fault.near(path.span, name, known),
    };
    cx.out.push(fault.maybe_help(help));
    Ty::Unknown
}
