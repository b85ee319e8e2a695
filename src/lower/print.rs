//! Policies as Cedar text that people read, printed from Cedar's own syntax trees: one clause after the other, each on one line
//! where it fits and broken at its operators where it does not, with no more parentheses than Cedar needs.

mod layout;

use std::fmt::Write as _;

use cedar_policy::pst;
use cedar_policy::pst::{BinaryOp, Clause, EntityOrSlot, Expr, Literal, PatternElem, UnaryOp};

use layout::Doc;

use super::text::is_plain_name;

/// A policy or template with its annotations. No line end follows.
///
/// # Errors
/// Where the tree has a part that Cedar's language cannot write.
pub(super) fn policy(body: &pst::Template) -> Result<String, String> {
    let mut out = String::new();
    for (name, value) in &body.annotations {
        // Cedar's JSON tells an empty value from none, and Cedar makes no value of an empty one that is built.
        out.push_str(&match value.as_str() {
            "" => format!("@{name}\n"),
            value => format!("@{name}({})\n", quoted(value)),
        });
    }
    // Writing to a string cannot fail.
    let _ = write!(out, "{} (", body.effect);
    let scope = [principal(&body.principal), action(&body.action), resource(&body.resource)];
    match &scope {
        [Doc::Text(_), Doc::Text(_), Doc::Text(_)] => {
            let parts: Vec<String> = scope.iter().map(Doc::flat).collect();
            out.push_str(&parts.join(", "));
        }
        parts => {
            for (at, part) in parts.iter().enumerate() {
                out.push_str(if at == 0 { "\n  " } else { ",\n  " });
                part.write(&mut out, 2, 1);
            }
            out.push('\n');
        }
    }
    out.push(')');
    for clause in body.clauses() {
        let (word, condition) = match clause {
            Clause::When(condition) => ("when", condition),
            Clause::Unless(condition) => ("unless", condition),
        };
        let _ = write!(out, "\n{word} ");
        let block = match expr(condition)? {
            (Doc::Row(parts), _) => Doc::block("{ ", vec![Doc::Row(parts)], "", " }"),
            (Doc::Chain { parts, operator, .. }, _) => Doc::block("{ ", parts, operator, " }"),
            (other, _) => Doc::block("{ ", vec![other], "", " }"),
        };
        block.write(&mut out, 0, 1);
    }
    out.push(';');
    Ok(out)
}

/// How tightly the forms of expressions hold their parts, in the order of Cedar's grammar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    If,
    Or,
    And,
    Relation,
    Add,
    Multiply,
    Unary,
    Member,
}

fn principal(constraint: &pst::PrincipalConstraint) -> Doc {
    match constraint {
        pst::PrincipalConstraint::Any => Doc::text("principal"),
        pst::PrincipalConstraint::Eq(one) => scoped(format!("principal == {}", entity_or_slot(one))),
        pst::PrincipalConstraint::In(one) => scoped(format!("principal in {}", entity_or_slot(one))),
        pst::PrincipalConstraint::Is(ty) => scoped(format!("principal is {}", type_name(ty))),
        pst::PrincipalConstraint::IsIn(ty, one) => {
            scoped(format!("principal is {} in {}", type_name(ty), entity_or_slot(one)))
        }
    }
}

fn action(constraint: &pst::ActionConstraint) -> Doc {
    match constraint {
        pst::ActionConstraint::Any => Doc::text("action"),
        pst::ActionConstraint::Eq(one) => scoped(format!("action == {}", entity(one))),
        pst::ActionConstraint::In(several) => {
            let several = several.iter().map(|one| Doc::text(entity(one))).collect();
            Doc::Row(vec![Doc::text("action in "), Doc::block("[", several, ",", "]")])
        }
    }
}

fn resource(constraint: &pst::ResourceConstraint) -> Doc {
    match constraint {
        pst::ResourceConstraint::Any => Doc::text("resource"),
        pst::ResourceConstraint::Eq(one) => scoped(format!("resource == {}", entity_or_slot(one))),
        pst::ResourceConstraint::In(one) => scoped(format!("resource in {}", entity_or_slot(one))),
        pst::ResourceConstraint::Is(ty) => scoped(format!("resource is {}", type_name(ty))),
        pst::ResourceConstraint::IsIn(ty, one) => {
            scoped(format!("resource is {} in {}", type_name(ty), entity_or_slot(one)))
        }
    }
}

/// A constraint that asks something: a scope with such stands on several lines.
fn scoped(text: String) -> Doc {
    Doc::Row(vec![Doc::Text(text)])
}

fn entity_or_slot(one: &EntityOrSlot) -> String {
    match one {
        EntityOrSlot::Entity(uid) => entity(uid),
        EntityOrSlot::Slot(slot) => slot.to_string(),
    }
}

fn entity(uid: &pst::EntityUID) -> String {
    format!("{}::{}", type_name(&uid.ty), quoted(&uid.eid))
}

fn type_name(ty: &pst::EntityType) -> String {
    let pst::EntityType(name) = ty;
    name.namespace.iter().fold(String::new(), |all, part| all + part.as_str() + "::") + name.id.as_str()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.escape_debug())
}

/// An expression, and how tightly it holds its parts.
fn expr(of: &Expr) -> Result<(Doc, Level), String> {
    Ok(match of {
        Expr::Literal(literal) => match literal {
            Literal::Bool(value) => (Doc::text(value.to_string()), Level::Member),
            Literal::Long(value) if *value < 0 => (Doc::text(value.to_string()), Level::Unary),
            Literal::Long(value) => (Doc::text(value.to_string()), Level::Member),
            Literal::String(value) => (Doc::text(quoted(value)), Level::Member),
            Literal::EntityUID(uid) => (Doc::text(entity(uid)), Level::Member),
            _ => return Err("a literal of a kind that is not known".to_owned()),
        },
        Expr::Var(variable) => (
            Doc::text(match variable {
                pst::Var::Principal => "principal",
                pst::Var::Action => "action",
                pst::Var::Resource => "resource",
                pst::Var::Context => "context",
            }),
            Level::Member,
        ),
        Expr::Slot(slot) => (Doc::text(slot.to_string()), Level::Member),
        Expr::UnaryOp { op, expr } => unary(*op, expr)?,
        Expr::BinaryOp { op, left, right } => binary(*op, left, right)?,
        Expr::GetAttr { expr, attr } => {
            let of = at_least(expr, Level::Member)?;
            let step = match is_plain_name(attr) {
                true => format!(".{attr}"),
                false => format!("[{}]", quoted(attr)),
            };
            (joined(of, Doc::Text(step)), Level::Member)
        }
        Expr::HasAttr { expr, attrs } => {
            let names: Vec<&str> = attrs.iter().map(AsRef::as_ref).collect();
            let path = match names.as_slice() {
                [one] if !is_plain_name(one) => quoted(one),
                path => path.join("."),
            };
            (joined(at_least(expr, Level::Add)?, Doc::Text(format!(" has {path}"))), Level::Relation)
        }
        Expr::Like { expr, pattern } => {
            let text: String = pattern.iter().map(pattern_part).collect();
            (joined(at_least(expr, Level::Add)?, Doc::Text(format!(" like \"{text}\""))), Level::Relation)
        }
        Expr::Is { expr, entity_type, in_expr } => {
            let is = joined(at_least(expr, Level::Add)?, Doc::Text(format!(" is {}", type_name(entity_type))));
            let whole = match in_expr {
                Some(container) => joined(joined(is, Doc::text(" in ")), at_least(container, Level::Add)?),
                None => is,
            };
            (whole, Level::Relation)
        }
        Expr::IfThenElse { cond, then_expr, else_expr } => {
            let parts = vec![
                Doc::text("if "),
                at_least(cond, Level::If)?,
                Doc::text(" then "),
                at_least(then_expr, Level::If)?,
                Doc::text(" else "),
                at_least(else_expr, Level::If)?,
            ];
            (Doc::Row(parts), Level::If)
        }
        Expr::Set(elements) => {
            let elements = elements.iter().map(|one| at_least(one, Level::If)).collect::<Result<_, _>>()?;
            (Doc::block("[", elements, ",", "]"), Level::Member)
        }
        Expr::Record(fields) => {
            let fields = fields.iter().map(|(name, value)| {
                let name = if is_plain_name(name) { name.clone() } else { quoted(name) };
                Ok(Doc::Row(vec![Doc::Text(format!("{name}: ")), at_least(value, Level::If)?]))
            });
            (Doc::block("{", fields.collect::<Result<_, String>>()?, ",", "}"), Level::Member)
        }
        _ => return Err("an expression of a kind that Cedar's language cannot write".to_owned()),
    })
}

fn pattern_part(part: &PatternElem) -> String {
    match part {
        PatternElem::Wildcard => "*".to_owned(),
        PatternElem::Char('*') => "\\*".to_owned(),
        PatternElem::Char(char) => char.escape_debug().to_string(),
    }
}

fn unary(op: UnaryOp, of: &Expr) -> Result<(Doc, Level), String> {
    Ok(match op {
        // Cedar reads `-` and digits as one number, and no more than four signs in a row.
        UnaryOp::Not | UnaryOp::Neg => {
            let sign = if op == UnaryOp::Not { "!" } else { "-" };
            let is_digits = matches!(of, Expr::Literal(Literal::Long(_)));
            let inner = match is_digits {
                true => parenthesised(expr(of)?.0),
                false => at_least(of, Level::Member)?,
            };
            (joined(Doc::text(sign), inner), Level::Unary)
        }
        UnaryOp::Datetime | UnaryOp::Decimal | UnaryOp::Duration | UnaryOp::Ip => {
            (joined(Doc::Text(op.to_string()), arguments(vec![at_least(of, Level::If)?])), Level::Member)
        }
        _ => {
            let receiver = joined(at_least(of, Level::Member)?, Doc::Text(format!(".{op}")));
            (joined(receiver, arguments(Vec::new())), Level::Member)
        }
    })
}

fn binary(op: BinaryOp, left: &Expr, right: &Expr) -> Result<(Doc, Level), String> {
    let relation = |operator: &str| {
        let left = at_least(left, Level::Add)?;
        Ok((joined(joined(left, Doc::Text(format!(" {operator} "))), at_least(right, Level::Add)?), Level::Relation))
    };
    let sum = |operator: &str, level: Level, above: Level| {
        let left = at_least(left, level)?;
        Ok((joined(joined(left, Doc::Text(format!(" {operator} "))), at_least(right, above)?), level))
    };
    match op {
        BinaryOp::And => Ok((chained(BinaryOp::And, " &&", left, right)?, Level::And)),
        BinaryOp::Or => Ok((chained(BinaryOp::Or, " ||", left, right)?, Level::Or)),
        BinaryOp::Eq => relation("=="),
        BinaryOp::NotEq => relation("!="),
        BinaryOp::Less => relation("<"),
        BinaryOp::LessEq => relation("<="),
        BinaryOp::Greater => relation(">"),
        BinaryOp::GreaterEq => relation(">="),
        BinaryOp::In => relation("in"),
        BinaryOp::Add => sum("+", Level::Add, Level::Multiply),
        BinaryOp::Sub => sum("-", Level::Add, Level::Multiply),
        BinaryOp::Mul => sum("*", Level::Multiply, Level::Unary),
        _ => {
            let receiver = joined(at_least(left, Level::Member)?, Doc::Text(format!(".{op}")));
            Ok((joined(receiver, arguments(vec![at_least(right, Level::If)?])), Level::Member))
        }
    }
}

/// Operands of `&&` or `||`, which Cedar reads from the left. A chain of the other operator among them has parentheses,
/// also where Cedar needs none.
fn chained(op: BinaryOp, operator: &'static str, left: &Expr, right: &Expr) -> Result<Doc, String> {
    let mut operands = vec![right];
    let mut rest = left;
    while let Expr::BinaryOp { op: inner, left, right } = rest
        && *inner == op
    {
        operands.push(right);
        rest = left;
    }
    operands.push(rest);
    let parts = operands.into_iter().rev().map(|operand| at_least(operand, Level::Relation));
    Ok(Doc::chain(parts.collect::<Result<_, _>>()?, operator))
}

fn arguments(all: Vec<Doc>) -> Doc {
    match all.as_slice() {
        // A lone word is never broken off its brackets.
        [Doc::Text(one)] => Doc::Text(format!("({one})")),
        _ => Doc::block("(", all, ",", ")"),
    }
}

/// An expression where at least this much holds it together.
fn at_least(of: &Expr, level: Level) -> Result<Doc, String> {
    let (doc, own) = expr(of)?;
    Ok(if own < level { parenthesised(doc) } else { doc })
}

fn parenthesised(doc: Doc) -> Doc {
    match doc {
        Doc::Chain { parts, operator, .. } => Doc::block("(", parts, operator, ")"),
        other => Doc::block("(", vec![other], "", ")"),
    }
}

fn joined(left: Doc, right: Doc) -> Doc {
    match (left, right) {
        (Doc::Text(left), Doc::Text(right)) => Doc::Text(left + &right),
        (Doc::Row(mut parts), right) => {
            parts.push(right);
            Doc::Row(parts)
        }
        (left, right) => Doc::Row(vec![left, right]),
    }
}

#[cfg(test)]
mod tests {
    use cedar_policy::Policy;
    use proptest::prelude::*;

    use super::*;

    fn printed(text: &str) -> String {
        let policy = Policy::parse(None, text).unwrap();
        super::policy(policy.to_pst().unwrap().body()).unwrap()
    }

    /// The condition of a policy, printed.
    fn condition(text: &str) -> String {
        let whole = printed(&format!("permit(principal, action, resource) when {{ {text} }};"));
        let rest = whole.strip_prefix("permit (principal, action, resource)\nwhen ").unwrap();
        rest.strip_suffix(';').unwrap().to_owned()
    }

    #[test]
    fn scopes_and_annotations_stand_as_people_write_them() {
        let text = "@id(\"a\\\"b\") @flag permit(principal is N::User in N::Role::\"x\", action in [Action::\"r\", Action::\"w\"], resource);";
        insta::assert_snapshot!(printed(text), @r#"
        @flag
        @id("a\"b")
        permit (
          principal is N::User in N::Role::"x",
          action in [Action::"r", Action::"w"],
          resource
        );
        "#);
        insta::assert_snapshot!(printed("forbid(principal, action, resource) unless { context.mfa };"), @"
        forbid (principal, action, resource)
        unless { context.mfa };
        ");
    }

    #[test]
    fn parentheses_stand_only_where_the_grammar_or_a_reader_needs_them() {
        let all = [
            "(principal.a == 1) && (principal.b < -2)",
            "principal.a && (principal.b || principal.c) && !(principal.d)",
            "(principal.a && principal.b) || (principal.c && (principal.d && principal.e))",
            "!(!(!(!(!principal.a))))",
            "(1 + 2) * 3 - (4 - 5) == -(5)",
            "(if principal.a then principal.b else principal.c) == 1",
            "if principal.a then principal.b else (if principal.c then 1 else 2) == 1",
            "[1, 2].contains(principal.a) && principal has \"b c\" && principal has d.e",
            "principal[\"b c\"].d like \"a*\\*\\\"b\"",
            "(principal is User in Group::\"g\") && (principal in [Group::\"a\"])",
            "context.now.offset(duration(\"-1h\")) <= datetime(\"2026-01-01\")",
            "{a: 1, \"b c\": {d: [\"\\n\"]}}.a == (-5).b",
            "ip(\"10.0.0.1\").isInRange(context.ip) && ip(context.text).isIpv4()",
        ];
        let shown: Vec<String> = all.iter().map(|text| condition(text)).collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        { principal.a == 1 && principal.b < -2 }
        { principal.a && (principal.b || principal.c) && !principal.d }
        { (principal.a && principal.b) || (principal.c && (principal.d && principal.e)) }
        { !(!(!(!(!principal.a)))) }
        { (1 + 2) * 3 - (4 - 5) == -(5) }
        { (if principal.a then principal.b else principal.c) == 1 }
        { if principal.a then principal.b else (if principal.c then 1 else 2) == 1 }
        { [1, 2].contains(principal.a) && principal has "b c" && principal has d.e }
        { principal["b c"].d like "a*\*\"b" }
        { principal is User in Group::"g" && principal in [Group::"a"] }
        { context.now.offset(duration("-1h")) <= datetime("2026-01-01") }
        { {a: 1, "b c": {d: ["\n"]}}.a == (-5).b }
        { ip("10.0.0.1").isInRange(context.ip) && ip(context.text).isIpv4() }
        "#);
    }

    #[test]
    fn what_is_too_wide_is_broken_at_its_outermost_operators() {
        let long = "context.break_glass.payout_incident";
        let text = format!(
            "{long}.approved_at <= {long}.requested_at.offset(duration(\"30m\")) && {long}.approver1 != principal \
             && ([{long}.a, {long}.b, {long}.c, {long}.d].contains(principal) || !({long}.e && {long}.f && {long}.g && {long}.h))"
        );
        insta::assert_snapshot!(condition(&text), @r#"
        {
          context.break_glass.payout_incident.approved_at <= context.break_glass.payout_incident.requested_at.offset(duration("30m")) &&
          context.break_glass.payout_incident.approver1 != principal &&
          (
            [
              context.break_glass.payout_incident.a,
              context.break_glass.payout_incident.b,
              context.break_glass.payout_incident.c,
              context.break_glass.payout_incident.d
            ].contains(principal) ||
            !(
              context.break_glass.payout_incident.e &&
              context.break_glass.payout_incident.f &&
              context.break_glass.payout_incident.g &&
              context.break_glass.payout_incident.h
            )
          )
        }
        "#);
        let wide = "x".repeat(130);
        insta::assert_snapshot!(condition(&format!("context.a == \"{wide}\"")), @r#"
        {
          context.a == "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        }
        "#);
    }

    fn leaf() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("true".to_owned()),
            Just("principal".to_owned()),
            Just("context.a".to_owned()),
            Just("context[\"if\"]".to_owned()),
            Just("U::\"o'neil\\n\"".to_owned()),
            any::<i64>().prop_map(|number| number.to_string()),
            "[a-z\"\\\\*\u{e9}]{0,3}".prop_map(|text| quoted(&text)),
        ]
    }

    /// Expressions in Cedar's language, typed or not, each part in parentheses.
    fn expression() -> impl Strategy<Value = String> {
        leaf().prop_recursive(6, 60, 4, |inner| {
            let operator =
                prop::sample::select(vec!["&&", "||", "==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*"]);
            let method =
                prop::sample::select(vec!["contains", "containsAll", "hasTag", "getTag", "offset", "lessThan"]);
            let suffix = prop::sample::select(vec![
                ".a",
                "[\"b c\"]",
                " has a.b",
                " has \"if\"",
                " like \"*\\*x\"",
                " is N::U",
                ".isEmpty()",
                ".toDays()",
            ]);
            prop_oneof![
                (inner.clone(), operator, inner.clone()).prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
                (inner.clone(), method, inner.clone()).prop_map(|(a, name, b)| format!("({a}).{name}({b})")),
                (inner.clone(), suffix).prop_map(|(a, suffix)| format!("({a}){suffix}")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) is N::U in ({b})")),
                inner.clone().prop_map(|a| format!("!({a})")),
                inner.clone().prop_map(|a| format!("-({a})")),
                inner.clone().prop_map(|a| format!("ip({a})")),
                (inner.clone(), inner.clone(), inner.clone())
                    .prop_map(|(a, b, c)| format!("if ({a}) then ({b}) else ({c})")),
                prop::collection::vec(inner.clone(), 0..4).prop_map(|all| format!("[{}]", all.join(", "))),
                (inner.clone(), inner).prop_map(|(a, b)| format!("{{a: {a}, \"b c\": {b}}}")),
            ]
        })
    }

    proptest! {
        /// What is printed reads back as what was printed, and printing that changes nothing.
        #[test]
        fn what_is_printed_reads_back(when in expression(), unless in expression()) {
            let text = format!("permit(principal, action, resource) when {{ {when} }} unless {{ {unless} }};");
            let built = Policy::parse(None, &text).unwrap();
            let again = printed(&text);
            let read = Policy::parse(None, &again);
            prop_assert!(read.is_ok(), "{again}\n{read:?}");
            prop_assert_eq!(read.unwrap().to_json().unwrap(), built.to_json().unwrap(), "{}", again);
            prop_assert_eq!(printed(&again), again);
        }
    }
}
