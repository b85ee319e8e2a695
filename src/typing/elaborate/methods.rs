//! Cedar's methods: which there are, what they are called on, what they give.

use crate::diag::{Diagnostic, did_you_mean};
use crate::graph::{Ty, codes};
use crate::syntax::ast::{Expr, ExprKind, Ident};
use crate::text::Span;

use super::Elaborator;
use crate::typing::{Method, TypedExpr, TypedKind};

/// What a method is called on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    Set,
    Entity,
    Decimal,
    Datetime,
    Duration,
    Ipaddr,
}

impl On {
    fn accepts(self, ty: &Ty) -> bool {
        match self {
            Self::Set => matches!(ty, Ty::Set(_)),
            Self::Entity => matches!(ty, Ty::Entity(_) | Ty::Named(_)),
            Self::Decimal => *ty == Ty::Decimal,
            Self::Datetime => *ty == Ty::Datetime,
            Self::Duration => *ty == Ty::Duration,
            Self::Ipaddr => *ty == Ty::Ipaddr,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Set => "a set",
            Self::Entity => "an entity with tags",
            Self::Decimal => "a `decimal`",
            Self::Datetime => "a `datetime`",
            Self::Duration => "a `duration`",
            Self::Ipaddr => "an `ipaddr`",
        }
    }
}

/// Receiver, number of arguments and result (`Unknown`: it depends) of a method.
fn signature(method: Method) -> (On, usize, Ty) {
    match method {
        Method::Contains | Method::ContainsAll | Method::ContainsAny => (On::Set, 1, Ty::Bool),
        Method::IsEmpty => (On::Set, 0, Ty::Bool),
        Method::HasTag => (On::Entity, 1, Ty::Bool),
        Method::GetTag => (On::Entity, 1, Ty::Unknown),
        Method::LessThan | Method::LessThanOrEqual | Method::GreaterThan | Method::GreaterThanOrEqual => {
            (On::Decimal, 1, Ty::Bool)
        }
        Method::IsIpv4 | Method::IsIpv6 | Method::IsLoopback | Method::IsMulticast => (On::Ipaddr, 0, Ty::Bool),
        Method::IsInRange => (On::Ipaddr, 1, Ty::Bool),
        Method::Offset => (On::Datetime, 1, Ty::Datetime),
        Method::DurationSince => (On::Datetime, 1, Ty::Duration),
        Method::ToDate => (On::Datetime, 0, Ty::Datetime),
        Method::ToTime => (On::Datetime, 0, Ty::Duration),
        Method::ToMilliseconds | Method::ToSeconds | Method::ToMinutes | Method::ToHours | Method::ToDays => {
            (On::Duration, 0, Ty::Long)
        }
    }
}

/// The names of the methods that can be called on a type.
fn methods_of(ty: &Ty) -> Vec<&'static str> {
    let accepting = Method::ALL.into_iter().filter(|method| signature(*method).0.accepts(ty));
    accepting.map(Method::name).collect()
}

/// What other languages call a method for, and what Gate writes.
fn elsewhere(name: &str) -> Option<&'static str> {
    Some(match name {
        "includes" | "include" | "has" | "contain" | "hasMember" => "use `contains` on a set: `set.contains(x)`",
        "startsWith" | "starts_with" | "startswith" => "write `like \"start*\"`",
        "endsWith" | "ends_with" | "endswith" => "write `like \"*end\"`",
        "matches" | "match" | "test" => "write `like \"a*b\"`; there are no regular expressions",
        "equals" | "eq" => "write `==`",
        "length" | "len" | "size" | "count" => "Cedar cannot count elements; a set only has `isEmpty()`",
        "toLowerCase" | "lower" | "toUpperCase" | "upper" | "trim" => {
            "Cedar cannot change strings; let the gateway pass them in the form that the policy compares"
        }
        "now" => "the time is `context.now`, declared in `context { from gateway { now: datetime } }`",
        _ => return None,
    })
}

impl Elaborator<'_, '_> {
    pub(super) fn method(&mut self, receiver: &Expr, name: &Ident, args: &[Expr], span: Span) -> TypedExpr {
        let (receiver, args) = self.receiver_and_arguments(receiver, name, args);
        let Some(method) = Method::by_name(&name.text) else {
            let known = methods_of(&receiver.ty);
            let help = elsewhere(&name.text)
                .map(str::to_owned)
                .or_else(|| did_you_mean(&name.text, known.iter().copied()))
                .or_else(|| did_you_mean(&name.text, Method::ALL.map(Method::name)));
            let fault = Diagnostic::error(codes::UNKNOWN_NAME, name.span, format!("unknown method `{}`", name.text));
            let fault = match elsewhere(&name.text) {
                Some(_) => fault,
                None => fault.near(name.span, &name.text, known),
            };
            self.fail(fault.maybe_help(help));
            return self.poisoned(span);
        };
        let (on, arity, result) = signature(method);
        if args.len() != arity {
            self.fail(
                Diagnostic::error(
                    codes::WRONG_ARGUMENTS,
                    name.span,
                    format!(
                        "`{}` takes {arity} argument{}, not {}",
                        name.text,
                        if arity == 1 { "" } else { "s" },
                        args.len()
                    ),
                )
                .help("see the table of methods in the language reference"),
            );
            return self.poisoned(span);
        }
        if receiver.ty != Ty::Unknown && !on.accepts(&receiver.ty) {
            let what = self.describe(&receiver.ty);
            self.fail(
                Diagnostic::error(
                    codes::TYPE_MISMATCH,
                    receiver.span,
                    format!("`{}` needs {}, but this is {what}", name.text, on.words()),
                )
                .label(format!("this is {what}"))
                .maybe_help(self.instead(&receiver.ty, &name.text)),
            );
            return self.poisoned(span);
        }
        if let (Ty::Set(element), Method::Contains, Some(argument)) = (&receiver.ty, method, args.first()) {
            let plain = |ty: &Ty| !matches!(ty, Ty::Unknown | Ty::Record(_) | Ty::Set(_) | Ty::Named(_));
            if plain(element) && plain(&argument.ty) && **element != argument.ty {
                let (holds, is) = (self.describe(element), self.describe(&argument.ty));
                let at = argument.span;
                self.fail(
                    Diagnostic::error(
                        codes::TYPE_MISMATCH,
                        at,
                        format!("each element of the set is {holds}, but this is {is}"),
                    )
                    .help("pass a value of the elements' type"),
                );
            }
        }
        let ty = match (result, &receiver.ty) {
            (Ty::Unknown, Ty::Entity(id)) => self.program.ty(*id).and_then(|ty| ty.tags.clone()).unwrap_or(Ty::Unknown),
            (other, _) => other,
        };
        TypedExpr::new(TypedKind::Method(Box::new(receiver), method, args), ty, span)
    }

    /// `[public, internal].contains(resource.classification)`: the argument gives bare members their enumeration, and
    /// `resource.labels.contains(urgent)` the other way round.
    fn receiver_and_arguments(&mut self, receiver: &Expr, name: &Ident, args: &[Expr]) -> (TypedExpr, Vec<TypedExpr>) {
        let membership = name.text == Method::Contains.name();
        if let (ExprKind::Set(_), true, [argument]) = (&receiver.kind, membership, args) {
            let argument = self.expr(argument, None);
            let wanted = Ty::Set(Box::new(argument.ty.clone()));
            let receiver = self.expr(receiver, Some(&wanted));
            return (receiver, vec![argument]);
        }
        let receiver = self.expr(receiver, None);
        let wanted = match &receiver.ty {
            Ty::Set(element) if membership => Some(element.as_ref().clone()),
            Ty::Set(_) => Some(receiver.ty.clone()),
            _ => None,
        };
        let args = args.iter().map(|arg| self.expr(arg, wanted.as_ref())).collect();
        (receiver, args)
    }

    fn instead(&self, ty: &Ty, name: &str) -> Option<String> {
        match (ty, name) {
            (Ty::String, "contains" | "containsAny" | "containsAll") => {
                Some("search a string with `like`: `x like \"*part*\"`".to_owned())
            }
            (Ty::Entity(_), "contains" | "includes") => {
                Some("compare entities with `==`: `x == y`; test membership with `in`: `x in y`".to_owned())
            }
            _ => {
                let known = methods_of(ty);
                (!known.is_empty()).then(|| {
                    format!("it has {}", known.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", "))
                })
            }
        }
    }
}
