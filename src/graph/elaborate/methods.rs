//! Cedar's methods: which there are, what they are called on, what they give.

use crate::diag::{Diagnostic, did_you_mean};
use crate::syntax::ast::{Expr, ExprKind, Ident};
use crate::text::Span;

use super::Elaborator;
use crate::graph::{Ty, TypedExpr, TypedKind, codes};

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

/// Name, receiver, number of arguments, result (`Unknown`: it depends).
const METHODS: [(&str, On, usize, Ty); 24] = [
    ("contains", On::Set, 1, Ty::Bool),
    ("containsAll", On::Set, 1, Ty::Bool),
    ("containsAny", On::Set, 1, Ty::Bool),
    ("isEmpty", On::Set, 0, Ty::Bool),
    ("hasTag", On::Entity, 1, Ty::Bool),
    ("getTag", On::Entity, 1, Ty::Unknown),
    ("lessThan", On::Decimal, 1, Ty::Bool),
    ("lessThanOrEqual", On::Decimal, 1, Ty::Bool),
    ("greaterThan", On::Decimal, 1, Ty::Bool),
    ("greaterThanOrEqual", On::Decimal, 1, Ty::Bool),
    ("isIpv4", On::Ipaddr, 0, Ty::Bool),
    ("isIpv6", On::Ipaddr, 0, Ty::Bool),
    ("isLoopback", On::Ipaddr, 0, Ty::Bool),
    ("isMulticast", On::Ipaddr, 0, Ty::Bool),
    ("isInRange", On::Ipaddr, 1, Ty::Bool),
    ("offset", On::Datetime, 1, Ty::Datetime),
    ("durationSince", On::Datetime, 1, Ty::Duration),
    ("toDate", On::Datetime, 0, Ty::Datetime),
    ("toTime", On::Datetime, 0, Ty::Duration),
    ("toMilliseconds", On::Duration, 0, Ty::Long),
    ("toSeconds", On::Duration, 0, Ty::Long),
    ("toMinutes", On::Duration, 0, Ty::Long),
    ("toHours", On::Duration, 0, Ty::Long),
    ("toDays", On::Duration, 0, Ty::Long),
];

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
        let Some((_, on, arity, result)) = METHODS.iter().find(|(known, ..)| *known == name.text) else {
            let known = METHODS.iter().filter(|(_, on, ..)| on.accepts(&receiver.ty)).map(|(known, ..)| *known);
            let help = elsewhere(&name.text)
                .map(str::to_owned)
                .or_else(|| did_you_mean(&name.text, known.clone().collect::<Vec<_>>()))
                .or_else(|| did_you_mean(&name.text, METHODS.iter().map(|(known, ..)| *known)));
            let fault =
                Diagnostic::error(codes::UNKNOWN_NAME, name.span, format!("unknown method `{}`", name.text));
            let fault = match elsewhere(&name.text) {
                Some(_) => fault,
                None => fault.near(name.span, &name.text, known),
            };
            self.fail(fault.maybe_help(help));
            return self.poisoned(span);
        };
        if args.len() != *arity {
            self.fail(
                Diagnostic::error(
                    codes::WRONG_ARGUMENTS,
                    name.span,
                    format!(
                        "`{}` takes {arity} argument{}, not {}",
                        name.text,
                        if *arity == 1 { "" } else { "s" },
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
                    format!("`{}` is called on {}, but this is {what}", name.text, on.words()),
                )
                .label(format!("this is {what}"))
                .maybe_help(self.instead(&receiver.ty, &name.text)),
            );
            return self.poisoned(span);
        }
        if let (Ty::Set(element), "contains", Some(argument)) = (&receiver.ty, name.text.as_str(), args.first()) {
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
            (Ty::Unknown, Ty::Entity(id)) => {
                self.env.program.ty(*id).and_then(|ty| ty.tags.clone()).unwrap_or(Ty::Unknown)
            }
            (other, _) => other.clone(),
        };
        TypedExpr::new(TypedKind::Method(Box::new(receiver), name.text.clone(), args), ty, span)
    }

    /// `[public, internal].contains(resource.classification)`: the argument gives bare members their enumeration, and
    /// `resource.labels.contains(urgent)` the other way round.
    fn receiver_and_arguments(&mut self, receiver: &Expr, name: &Ident, args: &[Expr]) -> (TypedExpr, Vec<TypedExpr>) {
        let membership = name.text == "contains";
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
                let known: Vec<&str> = METHODS
                    .iter()
                    .filter(|(_, on, ..)| on.accepts(ty))
                    .map(|(n, ..)| *n)
                    .collect();
                (!known.is_empty()).then(|| {
                    format!(
                        "it has {}",
                        known.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
                    )
                })
            }
        }
    }
}
