//! Bare names, entity literals and calls: parameters, request variables, conditions, enum members.

use std::collections::BTreeMap;

use crate::bundle::ROLE_TYPE;
use crate::diag::{Diagnostic, did_you_mean};
use crate::graph::{ConditionId, Named, Ty, TypeId, TypeKind, codes};
use crate::syntax::ast::{Expr, ExprKind, Ident, Path};
use crate::text::Span;

use super::{Elaborator, Frame};
use crate::typing::sizes::chain_text;
use crate::typing::{Constructor, TypedExpr, TypedKind, Variable};

/// Most conditions inside conditions.
const DEEPEST_EXPANSION: usize = 128;

/// The type of what a constructor makes.
fn made_by(constructor: Constructor) -> Ty {
    match constructor {
        Constructor::Datetime => Ty::Datetime,
        Constructor::Decimal => Ty::Decimal,
        Constructor::Duration => Ty::Duration,
        Constructor::Ip => Ty::Ipaddr,
    }
}

impl Elaborator<'_, '_> {
    /// Whether a bare name means something without knowing what it is compared with.
    pub(super) fn stands_alone(&self, name: &str) -> bool {
        self.frames.last().is_some_and(|frame| frame.params.contains_key(name))
            || matches!(name, "principal" | "action" | "resource" | "context")
            || self.program.find_condition(name).is_some()
    }

    pub(super) fn name(&mut self, name: &str, span: Span, expected: Option<&Ty>) -> TypedExpr {
        if let Some(bound) = self.frames.last().and_then(|frame| frame.params.get(name)) {
            return TypedExpr { span, ..bound.clone() };
        }
        let variable = match name {
            "principal" => Some((Variable::Principal, self.env.principal.clone())),
            "action" => Some((Variable::Action, Ty::Unknown)),
            "resource" => Some((Variable::Resource, self.env.resource.clone())),
            "context" => Some((Variable::Context, self.env.context.clone().map_or(Ty::Unknown, Ty::Record))),
            _ => None,
        };
        if let Some((variable, ty)) = variable {
            return TypedExpr::variable(variable, ty, span);
        }
        if let Some(Ty::Entity(id)) = expected
            && let Some(member) = self.member(*id, name, span)
        {
            return member;
        }
        if let Some(condition) = self.program.find_condition(name) {
            return self.expand(condition, name, &[], span);
        }
        self.unknown_name(name, span, expected)
    }

    /// A member of an enumeration; `None` where the type is no enumeration or has no such member.
    fn member(&mut self, id: TypeId, name: &str, span: Span) -> Option<TypedExpr> {
        let program = self.program;
        let ty = program.ty(id)?;
        let TypeKind::Enum { members, .. } = &ty.kind else {
            return None;
        };
        if !members.iter().any(|member| member == name) {
            return None;
        }
        self.refer(span, Named::Member(id, name.to_owned()));
        Some(TypedExpr::new(TypedKind::Entity(ty.cedar.clone(), name.to_owned()), Ty::Entity(id), span))
    }

    fn unknown_name(&mut self, name: &str, span: Span, expected: Option<&Ty>) -> TypedExpr {
        let program = self.program;
        if matches!(expected, Some(Ty::Unknown)) && (self.failed || program.has_unknown_types()) {
            // The other operand or its declaration was at fault; what this name would have been is anybody's guess.
            return self.poisoned(span);
        }
        if let Some(Ty::Entity(id)) = expected
            && let Some(ty) = program.ty(*id)
            && let TypeKind::Enum { members, .. } = &ty.kind
        {
            self.fail(
                Diagnostic::error(codes::UNKNOWN_NAME, span, format!("`{}` has no member `{name}`", ty.name))
                    .also(ty.span, "declared here")
                    .meant(span, name, members.iter().map(String::as_str)),
            );
            return self.poisoned(span);
        }
        let owners: Vec<&str> = program
            .types
            .iter()
            .filter(|ty| matches!(&ty.kind, TypeKind::Enum { members, .. } if members.iter().any(|m| m == name)))
            .map(|ty| ty.name.as_str())
            .collect();
        if let Some(owner) = owners.first() {
            if self.env.context.is_none() {
                // Nothing is known of the other operand here; each use of the condition tells.
                return TypedExpr::new(TypedKind::Bool(true), Ty::Unknown, span);
            }
            self.fail(
                Diagnostic::error(codes::AMBIGUOUS_MEMBER, span, format!("cannot tell which enum `{name}` belongs to"))
                    .help(format!("compare it with an attribute of that type, or write `{owner}::\"{name}\"`")),
            );
            return self.poisoned(span);
        }
        if let Some(not_a_value) = self.no_value(name, span) {
            self.fail(not_a_value);
            return self.poisoned(span);
        }
        let mut known: Vec<String> = program.conditions.iter().map(|condition| condition.name.clone()).collect();
        known.extend(self.frames.last().iter().flat_map(|frame| frame.params.keys().cloned()));
        known.extend(["principal", "action", "resource", "context"].map(str::to_owned));
        let help = if let Some(attribute) = self.attribute_named(name) {
            Some(format!("did you mean `{attribute}`?"))
        } else {
            did_you_mean(name, known.iter().map(String::as_str))
                .filter(|help| help.starts_with("did you mean"))
                .or_else(|| {
                    Some(
                        "write a string in quotes; attributes start with `principal.`, `resource.` or `context.`"
                            .to_owned(),
                    )
                })
        };
        let fault = Diagnostic::error(
            codes::UNKNOWN_NAME,
            span,
            format!("unknown condition, parameter or enum member `{name}`"),
        );
        let fault = match self.attribute_named(name) {
            Some(_) => fault,
            None => fault.near(span, name, known.iter().map(String::as_str)),
        };
        self.fail(fault.maybe_help(help));
        self.poisoned(span)
    }

    /// Words that other languages have for values and Gate does not: a type before its member, and what is not there.
    fn no_value(&self, name: &str, span: Span) -> Option<Diagnostic> {
        let fault =
            |message: String, help: String| Some(Diagnostic::error(codes::UNKNOWN_NAME, span, message).help(help));
        if matches!(name, "null" | "nil" | "none" | "None" | "undefined") {
            return fault(
                format!("`{name}` is not a value"),
                "test whether an attribute is present: `resource has note`, or `!(resource has note)`".to_owned(),
            );
        }
        let program = self.program;
        for (ty, variable) in [(&self.env.principal, "principal"), (&self.env.resource, "resource")] {
            let named = match ty {
                Ty::Entity(id) => program.type_name(*id).eq_ignore_ascii_case(name) && program.type_name(*id) != name,
                _ => false,
            };
            if named {
                return fault(
                    format!("unknown condition, parameter or enum member `{name}`"),
                    format!("did you mean `{variable}`?"),
                );
            }
        }
        let ty = program.find_type(name).and_then(|id| program.ty(id))?;
        fault(
            format!("`{name}` is a type, not a value"),
            match &ty.kind {
                TypeKind::Enum { members, .. } => {
                    let member = members.first().map_or("member", String::as_str);
                    format!(
                        "write the member alone, as `{member}`; or `{name}::\"{member}\"` where the type is ambiguous"
                    )
                }
                _ => format!("write `principal is {name}` to test the type, and `{name}::\"id\"` for an entity"),
            },
        )
    }

    /// `context.mfa` for a bare `mfa`.
    fn attribute_named(&self, name: &str) -> Option<String> {
        let has = |ty: &Ty| match ty {
            Ty::Entity(id) => self.program.ty(*id).is_some_and(|ty| ty.attributes.contains_key(name)),
            _ => false,
        };
        if self.program.context.contains_key(name) {
            return Some(format!("context.{name}"));
        }
        if has(&self.env.resource) {
            return Some(format!("resource.{name}"));
        }
        has(&self.env.principal).then(|| format!("principal.{name}"))
    }

    /// The full Cedar name of a type named in an expression.
    pub(super) fn type_name(&mut self, path: &Path) -> Option<String> {
        self.type_id(path).and_then(|id| self.program.ty(id)).map(|ty| ty.cedar.clone())
    }

    fn type_id(&mut self, path: &Path) -> Option<TypeId> {
        let text = path.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("::");
        if let Some(id) = self.program.find_type(&text) {
            return Some(id);
        }
        let known = self.program.types.iter().map(|ty| ty.name.as_str());
        let help = match text.as_str() {
            // The entity that stands for a role in Cedar.
            ROLE_TYPE => {
                Some("a condition cannot test for a role; put the grant into the block of the role".to_owned())
            }
            _ => did_you_mean(&text, known),
        };
        let known = self.program.types.iter().map(|ty| ty.name.as_str());
        self.fail(
            Diagnostic::error(codes::UNKNOWN_NAME, path.span, format!("unknown type `{text}`"))
                .maybe_help(match self.is_member(&text) {
                    true => Some(format!("`is` tests the type of an entity; compare with `== {text}`")),
                    false => help,
                })
                .near(path.span, &text, known),
        );
        None
    }

    /// Whether an enumeration has a member of this name.
    fn is_member(&self, name: &str) -> bool {
        let is_one =
            |ty: &TypeKind| matches!(ty, TypeKind::Enum { members, .. } if members.iter().any(|one| one == name));
        self.program.types.iter().any(|ty| is_one(&ty.kind))
    }

    pub(super) fn entity(&mut self, path: &Path, id: &str, span: Span) -> TypedExpr {
        let Some(ty) = self.type_id(path) else {
            return self.poisoned(span);
        };
        let program = self.program;
        let Some(found) = program.ty(ty) else {
            return self.poisoned(span);
        };
        // Behind `TYPE::`.
        let member = Span::new(span.file, path.span.end as usize + 2, span.end as usize);
        if found.member_spans.contains_key(id) {
            self.refer(member, Named::Member(ty, id.to_owned()));
        }
        if let TypeKind::Enum { members, .. } = &found.kind
            && !members.iter().any(|member| member == id)
        {
            self.fail(
                Diagnostic::error(codes::UNKNOWN_NAME, span, format!("`{}` has no member `{id}`", found.name))
                    .also(found.span, "declared here")
                    .meant_quoted(member, id, members.iter().map(String::as_str)),
            );
            return self.poisoned(span);
        }
        TypedExpr::new(TypedKind::Entity(found.cedar.clone(), id.to_owned()), Ty::Entity(ty), span)
    }

    pub(super) fn call(&mut self, name: &Ident, args: &[Expr], span: Span) -> TypedExpr {
        if let Some(constructor) = Constructor::by_name(&name.text) {
            let [argument] = args else {
                let name = constructor.name();
                self.fail(
                    Diagnostic::error(codes::WRONG_ARGUMENTS, span, format!("`{name}` takes one string"))
                        .help(format!("write `{name}(\"…\")`")),
                );
                return self.poisoned(span);
            };
            let argument = self.expr(argument, None);
            self.must_be(&argument, &Ty::String, "a constructor takes a string");
            return TypedExpr::new(TypedKind::Construct(constructor, Box::new(argument)), made_by(constructor), span);
        }
        if let Some(condition) = self.program.find_condition(&name.text) {
            return self.expand(condition, &name.text, args, span);
        }
        let conditions = self.program.conditions.iter().map(|condition| condition.name.as_str());
        let known: Vec<&str> = conditions.chain(Constructor::ALL.map(Constructor::name)).collect();
        self.fail(
            Diagnostic::error(codes::UNKNOWN_NAME, name.span, format!("unknown condition `{}`", name.text))
                .meant(name.span, &name.text, known),
        );
        self.poisoned(span)
    }

    /// What to write in place of an argument of the wrong type.
    fn help_for(&self, arg: &Expr, is: &Ty, wanted: &Ty) -> String {
        let members = |ty: &Ty| match ty {
            Ty::Entity(id) => match self.program.ty(*id).map(|ty| &ty.kind) {
                Some(TypeKind::Enum { members, .. }) => members.as_slice(),
                _ => &[],
            },
            _ => &[],
        };
        if let ExprKind::Text(text) = &arg.kind
            && members(wanted).contains(text)
        {
            return format!("write the member without quotes, as `{text}`");
        }
        let varies = matches!((is, wanted), (Ty::Entity(_), Ty::Entity(_))) && *is == self.env.resource;
        let pass = match self.value_of(wanted) {
            Some(example) => format!("pass {}, such as `{example}`", self.describe(wanted)),
            None => format!("pass {}", self.describe(wanted)),
        };
        match varies {
            // Some actions of the statement may be decided on the one type, others on the other.
            true => format!("{pass}; if the statement has actions on several types, split it"),
            false => pass,
        }
    }

    /// What a request has of a type: `resource`, `principal.level`. It types wherever this is written.
    fn value_of(&self, ty: &Ty) -> Option<String> {
        let variables = [(&self.env.resource, "resource"), (&self.env.principal, "principal")];
        if let Some((_, variable)) = variables.iter().find(|(of, _)| *of == ty && **of != Ty::Unknown) {
            return Some((*variable).to_owned());
        }
        let held = variables.iter().find_map(|(of, variable)| {
            let Ty::Entity(id) = of else { return None };
            let attributes = &self.program.ty(*id)?.attributes;
            let (name, _) = attributes.iter().find(|(_, attribute)| attribute.ty == *ty && attribute.required)?;
            Some(format!("{variable}.{name}"))
        });
        held.or_else(|| {
            let context = self.env.context.as_ref()?;
            let (name, _) = context.iter().find(|(_, attribute)| attribute.ty == *ty && attribute.required)?;
            Some(format!("context.{name}"))
        })
    }

    fn expand(&mut self, id: ConditionId, name: &str, args: &[Expr], span: Span) -> TypedExpr {
        let Some(condition) = self.program.condition(id) else {
            return self.poisoned(span);
        };
        // Cycles were cut where the conditions were resolved; what is left is only as deep as it is written.
        if self.frames.len() >= DEEPEST_EXPANSION {
            if !self.failed {
                let at = self.frames.first().map_or(span, |frame| frame.call);
                let message = format!("conditions are nested in each other deeper than {DEEPEST_EXPANSION} levels");
                let chain: Vec<String> = self.frames.iter().map(|frame| frame.condition.clone()).collect();
                self.out.push(
                    Diagnostic::error(codes::EXPANSION_LIMIT, at, message)
                        .help("use fewer nested conditions, or move part of the decision into an attribute")
                        .maybe_note(chain_text(&chain).map(|chain| format!("expanded through {chain}"))),
                );
            }
            return self.poisoned(span);
        }
        if args.len() != condition.params.len() {
            let wanted = condition.params.len();
            let wants = condition.params.iter().map(|(param, ty, _)| format!("`{param}`, {}", self.describe(ty)));
            let takes = format!("it takes {}", wants.collect::<Vec<_>>().join("; and "));
            let example: Option<Vec<String>> = condition.params.iter().map(|(_, ty, _)| self.value_of(ty)).collect();
            let write = match example {
                Some(example) if example.is_empty() => format!("write `{name}`"),
                Some(example) => format!("{takes}; write for example `{name}({})`", example.join(", ")),
                None => takes,
            };
            let arguments = if wanted == 1 { "argument" } else { "arguments" };
            self.fail(
                Diagnostic::error(
                    codes::WRONG_ARGUMENTS,
                    span,
                    format!("`{name}` takes {wanted} {arguments}, not {}", args.len()),
                )
                .also(condition.span, "declared here")
                .help(write),
            );
            return self.poisoned(span);
        }
        let mut params = BTreeMap::new();
        for (arg, (param, wanted, declared)) in args.iter().zip(&condition.params) {
            let typed = self.expr(arg, Some(wanted));
            let comparable = !matches!(wanted, Ty::Unknown | Ty::Record(_)) && typed.ty != Ty::Unknown;
            if comparable && typed.ty != *wanted {
                let (is, wants) = (self.describe(&typed.ty), self.describe(wanted));
                let help = self.help_for(arg, &typed.ty, wanted);
                self.fail(
                    Diagnostic::error(
                        codes::TYPE_MISMATCH,
                        typed.span,
                        format!("`{param}` of `{name}` is {wants}, but this is {is}"),
                    )
                    .label(format!("this is {is}"))
                    .also(*declared, "the parameter")
                    .help(help),
                );
                return self.poisoned(span);
            }
            params.insert(param.clone(), typed);
        }
        if self.env.context.is_none() {
            // By itself a condition is checked word by word; those it uses are checked by themselves, too.
            return TypedExpr::bool(true, span);
        }
        self.frames.push(Frame { condition: condition.name.clone(), call: span, params });
        let body = self.expr(&condition.body, None);
        self.frames.pop();
        let ty = body.ty.clone();
        TypedExpr::new(TypedKind::Named(name.to_owned(), Box::new(body)), ty, span)
    }
}
