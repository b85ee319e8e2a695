//! Drafts to Cedar's PST. Building from syntax trees leaves nothing to escape and nothing to inject.

use std::collections::BTreeMap;
use std::sync::Arc;

use cedar_policy::pst::{BinaryOp, Expr, NonEmpty, SmolStr, UnaryOp};
use cedar_policy::{Policy, pst};

use crate::syntax::ast::Operator;
use crate::typing::{Constructor, Method, TypedExpr, TypedKind, Variable};

use super::draft::{Draft, Effect, Entity};

/// Names of types as Cedar has read them. It parses each name, which costs more than all the rest of a policy.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<String, pst::EntityType>);

impl Draft {
    /// As a Cedar policy. `source` is the place it names.
    ///
    /// # Errors
    /// Where Cedar refuses a name; resolved programs hold none that it would.
    pub fn policy(&self, source: &str) -> Result<Policy, String> {
        policy(&mut Names::default(), self, source)
    }
}

/// A draft as a Cedar policy with its annotations.
///
/// # Errors
/// Where Cedar refuses a name or a pattern. Resolved programs hold none it would, so an error is a fault of ours.
pub(super) fn policy(names: &mut Names, draft: &Draft, source: &str) -> Result<Policy, String> {
    let principal = match (&draft.principal, draft.scope_role()) {
        (Some(ty), Some(role)) => {
            pst::PrincipalConstraint::IsIn(entity_type(names, ty)?, pst::EntityOrSlot::Entity(entity(names, role)?))
        }
        (Some(ty), None) => pst::PrincipalConstraint::Is(entity_type(names, ty)?),
        (None, Some(role)) => pst::PrincipalConstraint::In(pst::EntityOrSlot::Entity(entity(names, role)?)),
        (None, None) => pst::PrincipalConstraint::Any,
    };
    let action = match draft.actions.as_slice() {
        [] => pst::ActionConstraint::Any,
        [one] => pst::ActionConstraint::Eq(entity(names, one)?),
        several => pst::ActionConstraint::In(several.iter().map(|one| entity(names, one)).collect::<Result<_, _>>()?),
    };
    let resource = match (&draft.resource_is, &draft.resource) {
        (Some(one), _) => pst::ResourceConstraint::Eq(pst::EntityOrSlot::Entity(entity(names, one)?)),
        (None, Some(ty)) => pst::ResourceConstraint::Is(entity_type(names, ty)?),
        (None, None) => pst::ResourceConstraint::Any,
    };
    let effect = match draft.effect {
        Effect::Permit => pst::Effect::Permit,
        Effect::Forbid => pst::Effect::Forbid,
    };
    let mut clauses = Vec::new();
    for part in draft.conjuncts() {
        clauses.push(pst::Clause::When(expr(names, &part.expr)?));
    }
    if let Some(required) = super::text::required(draft) {
        clauses.push(pst::Clause::Unless(expr(names, &required)?));
    }
    let mut annotations: BTreeMap<String, SmolStr> =
        draft.annotations.iter().map(|(name, text)| (name.clone(), SmolStr::from(text.as_str()))).collect();
    annotations.insert("id".to_owned(), SmolStr::from(draft.id.as_str()));
    annotations.insert("source".to_owned(), SmolStr::from(source));
    if let Some(because) = &draft.because {
        annotations.insert("because".to_owned(), SmolStr::from(because.as_str()));
    }
    let id = pst::PolicyID(SmolStr::from(draft.id.as_str()));
    let template = pst::Template::new(id, effect, principal, action, resource)
        .try_with_clauses(clauses)
        .map_err(|error| error.to_string())?
        .with_annotations(annotations);
    let body = pst::StaticPolicy::try_from(template).map_err(|error| error.to_string())?;
    Policy::from_pst(pst::Policy::Static(body)).map_err(|error| error.to_string())
}

fn name(full: &str) -> Result<pst::Name, String> {
    let mut parts: Vec<&str> = full.split("::").collect();
    let last = parts.pop().unwrap_or_default();
    pst::Name::qualified(parts, last).map_err(|error| error.to_string())
}

fn entity_type(names: &mut Names, full: &str) -> Result<pst::EntityType, String> {
    if let Some(known) = names.0.get(full) {
        return Ok(known.clone());
    }
    let ty = pst::EntityType::from_name(name(full)?);
    names.0.insert(full.to_owned(), ty.clone());
    Ok(ty)
}

fn entity(names: &mut Names, (ty, id): &Entity) -> Result<pst::EntityUID, String> {
    Ok(pst::EntityUID { ty: entity_type(names, ty)?, eid: SmolStr::from(id.as_str()) })
}

/// A typed expression as PST.
fn expr(names: &mut Names, typed: &TypedExpr) -> Result<Arc<Expr>, String> {
    let built = match &typed.kind {
        TypedKind::Bool(value) => Expr::Literal(pst::Literal::Bool(*value)),
        TypedKind::Long(value) => Expr::Literal(pst::Literal::Long(*value)),
        TypedKind::Text(value) => Expr::Literal(pst::Literal::String(SmolStr::from(value.as_str()))),
        TypedKind::Duration(value) => Expr::UnaryOp {
            op: UnaryOp::Duration,
            expr: Arc::new(Expr::Literal(pst::Literal::String(SmolStr::from(value.to_string())))),
        },
        TypedKind::Variable(variable) => Expr::Var(match variable {
            Variable::Principal => pst::Var::Principal,
            Variable::Action => pst::Var::Action,
            Variable::Resource => pst::Var::Resource,
            Variable::Context => pst::Var::Context,
        }),
        TypedKind::Entity(ty, id) => Expr::Literal(pst::Literal::EntityUID(pst::EntityUID {
            ty: entity_type(names, ty)?,
            eid: SmolStr::from(id.as_str()),
        })),
        TypedKind::Not(inner) => Expr::UnaryOp { op: UnaryOp::Not, expr: expr(names, inner)? },
        TypedKind::Negate(inner) => Expr::UnaryOp { op: UnaryOp::Neg, expr: expr(names, inner)? },
        TypedKind::And(parts) => return chain(names, parts, BinaryOp::And),
        TypedKind::Or(parts) => return chain(names, parts, BinaryOp::Or),
        TypedKind::Binary(operator, left, right) => {
            let op = match operator {
                Operator::Equal => BinaryOp::Eq,
                Operator::NotEqual => BinaryOp::NotEq,
                Operator::Less => BinaryOp::Less,
                Operator::LessEqual => BinaryOp::LessEq,
                Operator::Greater => BinaryOp::Greater,
                Operator::GreaterEqual => BinaryOp::GreaterEq,
                Operator::In => BinaryOp::In,
                Operator::Add => BinaryOp::Add,
                Operator::Subtract => BinaryOp::Sub,
                Operator::Multiply => BinaryOp::Mul,
            };
            Expr::BinaryOp { op, left: expr(names, left)?, right: expr(names, right)? }
        }
        TypedKind::If(test, yes, no) => {
            Expr::IfThenElse { cond: expr(names, test)?, then_expr: expr(names, yes)?, else_expr: expr(names, no)? }
        }
        TypedKind::Has(inner, attributes) => {
            let path: Vec<SmolStr> = attributes.iter().map(|name| SmolStr::from(name.as_str())).collect();
            let attrs = NonEmpty::from_vec(path).ok_or("`has` without an attribute")?;
            Expr::HasAttr { expr: expr(names, inner)?, attrs }
        }
        TypedKind::Like(inner, pattern) => Expr::Like { expr: expr(names, inner)?, pattern: like(pattern)? },
        TypedKind::Is(inner, ty, container) => Expr::Is {
            expr: expr(names, inner)?,
            entity_type: entity_type(names, ty)?,
            in_expr: container.as_ref().map(|container| expr(names, container)).transpose()?,
        },
        TypedKind::Attribute(inner, attribute) => {
            Expr::GetAttr { expr: expr(names, inner)?, attr: SmolStr::from(attribute.as_str()) }
        }
        TypedKind::Construct(constructor, argument) => {
            let op = match constructor {
                Constructor::Datetime => UnaryOp::Datetime,
                Constructor::Decimal => UnaryOp::Decimal,
                Constructor::Duration => UnaryOp::Duration,
                Constructor::Ip => UnaryOp::Ip,
            };
            Expr::UnaryOp { op, expr: expr(names, argument)? }
        }
        TypedKind::Method(receiver, method, args) => {
            let receiver = expr(names, receiver)?;
            match (operation(*method), args.as_slice()) {
                (Operation::Unary(op), []) => Expr::UnaryOp { op, expr: receiver },
                (Operation::Binary(op), [one]) => Expr::BinaryOp { op, left: receiver, right: expr(names, one)? },
                _ => return Err(format!("Cedar's `{}` does not take {} arguments", method.name(), args.len())),
            }
        }
        TypedKind::Set(elements) => Expr::Set(elements.iter().map(|one| expr(names, one)).collect::<Result<_, _>>()?),
        TypedKind::Record(fields) => {
            let mut record = BTreeMap::new();
            for (name, value) in fields {
                record.insert(name.clone(), expr(names, value)?);
            }
            Expr::Record(record)
        }
        TypedKind::Named(_, body) => return expr(names, body),
        TypedKind::Opaque => return Err("a part that is not known cannot be written".to_owned()),
    };
    Ok(Arc::new(built))
}

fn chain(names: &mut Names, parts: &[TypedExpr], op: BinaryOp) -> Result<Arc<Expr>, String> {
    let mut built: Option<Arc<Expr>> = None;
    for part in parts {
        let right = expr(names, part)?;
        built = Some(match built {
            None => right,
            Some(left) => Arc::new(Expr::BinaryOp { op, left, right }),
        });
    }
    built.ok_or_else(|| "an empty chain".to_owned())
}

/// A method as an operator of Cedar's syntax trees.
enum Operation {
    Unary(UnaryOp),
    Binary(BinaryOp),
}

fn operation(method: Method) -> Operation {
    use Operation::{Binary, Unary};
    match method {
        Method::Contains => Binary(BinaryOp::Contains),
        Method::ContainsAll => Binary(BinaryOp::ContainsAll),
        Method::ContainsAny => Binary(BinaryOp::ContainsAny),
        Method::IsEmpty => Unary(UnaryOp::IsEmpty),
        Method::HasTag => Binary(BinaryOp::HasTag),
        Method::GetTag => Binary(BinaryOp::GetTag),
        Method::LessThan => Binary(BinaryOp::DecimalLessThan),
        Method::LessThanOrEqual => Binary(BinaryOp::DecimalLessEq),
        Method::GreaterThan => Binary(BinaryOp::DecimalGreater),
        Method::GreaterThanOrEqual => Binary(BinaryOp::DecimalGreaterEq),
        Method::IsIpv4 => Unary(UnaryOp::IsIPv4),
        Method::IsIpv6 => Unary(UnaryOp::IsIPV6),
        Method::IsLoopback => Unary(UnaryOp::IsLoopback),
        Method::IsMulticast => Unary(UnaryOp::IsMulticast),
        Method::IsInRange => Binary(BinaryOp::IsInRange),
        Method::Offset => Binary(BinaryOp::Offset),
        Method::DurationSince => Binary(BinaryOp::DurationSince),
        Method::ToDate => Unary(UnaryOp::ToDate),
        Method::ToTime => Unary(UnaryOp::ToTime),
        Method::ToMilliseconds => Unary(UnaryOp::ToMilliseconds),
        Method::ToSeconds => Unary(UnaryOp::ToSeconds),
        Method::ToMinutes => Unary(UnaryOp::ToMinutes),
        Method::ToHours => Unary(UnaryOp::ToHours),
        Method::ToDays => Unary(UnaryOp::ToDays),
    }
}

/// A pattern as written between the quotes, with Cedar's escapes: `*` matches anything, `\*` is a star.
fn like(pattern: &str) -> Result<Vec<pst::PatternElem>, String> {
    let mut elements = Vec::new();
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        let element = match c {
            '*' => pst::PatternElem::Wildcard,
            '\\' => pst::PatternElem::Char(match rest.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('0') => '\0',
                Some('x') => {
                    let digits: String = rest.by_ref().take(2).collect();
                    code_point(&digits)?
                }
                Some('u') => {
                    let digits: String = rest.by_ref().skip(1).take_while(|c| *c != '}').collect();
                    code_point(&digits)?
                }
                Some(other) => other,
                None => return Err("a pattern ends in a backslash".to_owned()),
            }),
            other => pst::PatternElem::Char(other),
        };
        elements.push(element);
    }
    Ok(elements)
}

fn code_point(digits: &str) -> Result<char, String> {
    u32::from_str_radix(&digits.replace('_', ""), 16)
        .ok()
        .and_then(char::from_u32)
        .ok_or_else(|| format!("`{digits}` is not the number of a character"))
}
