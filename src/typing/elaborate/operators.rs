//! Operators with two operands, and the sugar on them: bare enum members, ordered enums, comparisons of decimals.

use crate::diag::Diagnostic;
use crate::graph::{Ty, TypeId, TypeKind, codes};
use crate::syntax::ast::{Expr, ExprKind, Operator};
use crate::text::{Instant, Span};

use super::Elaborator;
use crate::typing::sizes::MOST_PARTS;
use crate::typing::{Method, TypedExpr, TypedKind};

impl Elaborator<'_, '_> {
    pub(super) fn binary(&mut self, operator: Operator, left: &Expr, right: &Expr, span: Span) -> TypedExpr {
        let (left, right) = self.operands(operator, left, right);
        match operator {
            Operator::Equal | Operator::NotEqual => {
                self.same_type(&left, &right);
                TypedExpr::new(TypedKind::Binary(operator, Box::new(left), Box::new(right)), Ty::Bool, span)
            }
            Operator::Less | Operator::LessEqual | Operator::Greater | Operator::GreaterEqual => {
                self.order(operator, left, right, span)
            }
            Operator::In => {
                if !matches!(left.ty, Ty::Entity(_) | Ty::Named(_) | Ty::Unknown) {
                    let what = self.describe(&left.ty);
                    self.fail(
                        Diagnostic::error(
                            codes::TYPE_MISMATCH,
                            left.span,
                            format!("`in` takes an entity, but this is {what}"),
                        )
                        .help("write `[…].contains(x)` to test whether a set contains a value"),
                    );
                }
                TypedExpr::new(TypedKind::Binary(operator, Box::new(left), Box::new(right)), Ty::Bool, span)
            }
            Operator::Add | Operator::Subtract | Operator::Multiply => {
                let counts = |ty: &Ty| matches!(ty, Ty::Long | Ty::Unknown);
                let failing = !counts(&left.ty) || !counts(&right.ty);
                self.must_be(&left, &Ty::Long, "arithmetic takes `Long` numbers");
                if counts(&left.ty) {
                    self.must_be(&right, &Ty::Long, "arithmetic takes `Long` numbers");
                }
                if failing {
                    return self.poisoned(span);
                }
                TypedExpr::new(TypedKind::Binary(operator, Box::new(left), Box::new(right)), Ty::Long, span)
            }
        }
    }

    /// Types both operands; a bare name that means nothing by itself takes its meaning from the other side.
    fn operands(&mut self, operator: Operator, left: &Expr, right: &Expr) -> (TypedExpr, TypedExpr) {
        let leans = match &left.kind {
            ExprKind::Name(name) => !self.stands_alone(name),
            ExprKind::Set(_) => true,
            _ => false,
        };
        if leans && operator != Operator::In {
            let right = self.expr(right, None);
            let wanted = right.ty.clone();
            let left = self.expr(left, Some(&wanted));
            return (left, right);
        }
        let left = self.expr(left, None);
        let wanted = left.ty.clone();
        let right = self.expr(right, Some(&wanted));
        (left, right)
    }

    fn same_type(&mut self, left: &TypedExpr, right: &TypedExpr) {
        let plain = |ty: &Ty| !matches!(ty, Ty::Unknown | Ty::Record(_) | Ty::Set(_) | Ty::Named(_));
        let sets = |ty: &Ty| matches!(ty, Ty::Set(_));
        let differ = (plain(&left.ty) && plain(&right.ty) && left.ty != right.ty)
            || (sets(&left.ty) && plain(&right.ty))
            || (plain(&left.ty) && sets(&right.ty));
        if differ {
            self.mismatch(left, right);
        }
    }

    fn mismatch(&mut self, left: &TypedExpr, right: &TypedExpr) {
        let (one, other) = (self.describe(&left.ty), self.describe(&right.ty));
        let help = match (&left.ty, &right.ty) {
            (Ty::Entity(id), Ty::String) | (Ty::String, Ty::Entity(id)) => {
                let name = self.program.type_name(*id);
                match self.program.ty(*id).map(|ty| &ty.kind) {
                    Some(TypeKind::Enum { members, .. }) => {
                        let written = [left, right].into_iter().find_map(|side| match &side.kind {
                            TypedKind::Text(text) => members.iter().find(|member| *member == text),
                            _ => None,
                        });
                        let member = written.or(members.first()).map_or("member", String::as_str);
                        format!("write the member without quotes, as `{member}`")
                    }
                    _ => format!("write an entity as `{name}::\"id\"`"),
                }
            }
            (Ty::Decimal, Ty::Long) | (Ty::Long, Ty::Decimal) => "write a decimal as `decimal(\"10.00\")`".to_owned(),
            (Ty::Datetime, Ty::String) | (Ty::String, Ty::Datetime) => {
                "write an instant as `datetime(\"2026-03-01T10:00:00Z\")`".to_owned()
            }
            (Ty::Datetime, Ty::Long) | (Ty::Long, Ty::Datetime)
                if let Some(date) = [left, right].into_iter().find_map(date) =>
            {
                format!("write a date as `datetime(\"{date}\")`: without quotes this is a subtraction")
            }
            (Ty::Datetime, _) | (_, Ty::Datetime) => {
                "compare instants with each other, and an age with a duration: `context.now.durationSince(x) < 15m`"
                    .to_owned()
            }
            (Ty::Duration, _) | (_, Ty::Duration) => "write a duration as `15m`".to_owned(),
            _ => "compare values of one type".to_owned(),
        };
        self.fail(
            Diagnostic::error(
                codes::TYPE_MISMATCH,
                left.span.to(right.span),
                format!("cannot compare {one} with {other}"),
            )
            .also(left.span, format!("this is {one}"))
            .also(right.span, format!("this is {other}"))
            .help(help),
        );
    }

    fn order(&mut self, operator: Operator, left: TypedExpr, right: TypedExpr, span: Span) -> TypedExpr {
        match (&left.ty, &right.ty) {
            (Ty::Entity(a), Ty::Entity(b)) if a == b => self.order_of_members(operator, *a, left, right, span),
            (Ty::Decimal, Ty::Decimal) => {
                let method = match operator {
                    Operator::Less => Method::LessThan,
                    Operator::LessEqual => Method::LessThanOrEqual,
                    Operator::Greater => Method::GreaterThan,
                    _ => Method::GreaterThanOrEqual,
                };
                TypedExpr::new(TypedKind::Method(Box::new(left), method, vec![right]), Ty::Bool, span)
            }
            (Ty::Unknown, _)
            | (_, Ty::Unknown)
            | (Ty::Long, Ty::Long)
            | (Ty::Datetime, Ty::Datetime)
            | (Ty::Duration, Ty::Duration) => {
                TypedExpr::new(TypedKind::Binary(operator, Box::new(left), Box::new(right)), Ty::Bool, span)
            }
            (a, b) if a == b => {
                let what = self.describe(a);
                self.fail(
                    Diagnostic::error(codes::TYPE_MISMATCH, span, format!("{what} has no order"))
                        .help("`<`, `<=`, `>` and `>=` compare numbers, decimals, instants, durations and members of an `ordered enum`"),
                );
                self.poisoned(span)
            }
            _ => {
                self.mismatch(&left, &right);
                self.poisoned(span)
            }
        }
    }

    /// Members of an ordered enum: a finite test, since Cedar has no order on entities.
    fn order_of_members(
        &mut self,
        operator: Operator,
        id: TypeId,
        left: TypedExpr,
        right: TypedExpr,
        span: Span,
    ) -> TypedExpr {
        let Some(ty) = self.program.ty(id) else {
            return self.poisoned(span);
        };
        let members = match &ty.kind {
            TypeKind::Enum { ordered: true, members } => members,
            TypeKind::Enum { ordered: false, .. } => {
                self.fail(
                    Diagnostic::error(codes::UNORDERED_ENUM, span, format!("members of `{}` have no order", ty.name))
                        .also(ty.span, "declared here")
                        .help(format!("write `ordered enum {} {{ … }}`, from lowest to highest", ty.name)),
                );
                return self.poisoned(span);
            }
            _ => {
                let name = ty.name.clone();
                self.fail(
                    Diagnostic::error(codes::TYPE_MISMATCH, span, format!("entities of `{name}` have no order"))
                        .help("compare one of their attributes"),
                );
                return self.poisoned(span);
            }
        };
        // The test grows with the members, squared where neither side is fixed.
        let fixed = [&left, &right].iter().any(|side| matches!(side.kind, TypedKind::Entity(..)));
        let count = u64::try_from(members.len()).unwrap_or(u64::MAX);
        // Where neither side is fixed, each member has its own test of both.
        let each = if fixed { 1 } else { count.saturating_add(left.parts()).saturating_add(right.parts()) };
        if !self.grow(span, count.saturating_mul(each)) {
            self.fail(
                Diagnostic::error(
                    codes::EXPANSION_LIMIT,
                    span,
                    format!("comparisons of members of `{}` expand this to more than {MOST_PARTS} parts", ty.name),
                )
                .help("compare with one member, as in `resource.level < secret`, or compare numbers"),
            );
            return self.poisoned(span);
        }
        let entity =
            |name: &String| TypedExpr::new(TypedKind::Entity(ty.cedar.clone(), name.clone()), Ty::Entity(id), span);
        let holds = |a: usize, b: usize| match operator {
            Operator::Less => a < b,
            Operator::LessEqual => a <= b,
            Operator::Greater => a > b,
            _ => a >= b,
        };
        let rank = |expr: &TypedExpr| match &expr.kind {
            TypedKind::Entity(_, member) => members.iter().position(|known| known == member),
            _ => None,
        };
        let one_of = |wanted: Vec<TypedExpr>, value: &TypedExpr| {
            let set = TypedExpr::new(TypedKind::Set(wanted), Ty::Set(Box::new(Ty::Entity(id))), span);
            set.method(Method::Contains, vec![value.clone()], Ty::Bool)
        };
        let of = |test: &dyn Fn(usize) -> bool| -> Vec<TypedExpr> {
            members.iter().enumerate().filter(|(at, _)| test(*at)).map(|(_, name)| entity(name)).collect()
        };
        let mut tests = Vec::new();
        if let Some(fixed) = rank(&right) {
            let wanted = of(&|at| holds(at, fixed));
            if !wanted.is_empty() {
                tests.push(one_of(wanted, &left));
            }
        } else if let Some(fixed) = rank(&left) {
            let wanted = of(&|at| holds(fixed, at));
            if !wanted.is_empty() {
                tests.push(one_of(wanted, &right));
            }
        } else {
            for (at, name) in members.iter().enumerate() {
                let wanted = of(&|other| holds(at, other));
                if !wanted.is_empty() {
                    let this = left.clone().binary(Operator::Equal, entity(name));
                    tests.push(TypedExpr::all(vec![this, one_of(wanted, &right)], span));
                }
            }
        }
        TypedExpr { span, ..TypedExpr::any(tests, span) }
    }
}

/// The date that a subtraction of three numbers looks like: `2026-03-01`.
fn date(expr: &TypedExpr) -> Option<String> {
    let parts = |expr: &TypedExpr| match &expr.kind {
        TypedKind::Binary(Operator::Subtract, left, right) => Some((left.clone(), right.clone())),
        _ => None,
    };
    let number = |expr: &TypedExpr| match expr.kind {
        TypedKind::Long(number) => Some(number),
        _ => None,
    };
    let (rest, day) = parts(expr)?;
    let (year, month) = parts(&rest)?;
    let text = format!("{:04}-{:02}-{:02}", number(&year)?, number(&month)?, number(&day)?);
    Instant::parse_date(&text).map(|_| text)
}
