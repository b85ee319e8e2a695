//! The reference evaluator: the language reference read literally, on the resolved graph. It shares no code with lowering
//! and is as slow as it is plain.

use std::collections::{BTreeMap, BTreeSet};

use gatewright::graph::{ActionId, Grant, Holder, Program, RoleId, TypeKind};
use gatewright::syntax::ast::{Expr, ExprKind, Operator};

use super::world::{Uid, Value, World, uid};

/// An expression that has no value: a missing attribute, a missing entity, an overflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoValue;

type Result<T> = std::result::Result<T, NoValue>;

/// A request against a world.
pub(super) struct Request<'a> {
    pub(super) program: &'a Program,
    pub(super) world: &'a World,
    pub(super) principal: Uid,
    pub(super) action: ActionId,
    pub(super) resource: Uid,
}

/// Whether the request is allowed: some grant holds, no denial and no guard bites, and nothing that takes access away
/// is without a value.
pub(super) fn allows(request: &Request<'_>) -> bool {
    let program = request.program;
    let concerned = |actions: &[ActionId]| actions.contains(&request.action);
    for deny in program.denies.iter().filter(|deny| concerned(&deny.actions)) {
        // Where nobody can tell who holds a role, everybody counts as a holder.
        let whom = deny.who.is_empty() || deny.who.iter().any(|who| request.is(*who) != Ok(false));
        let when = deny.when.as_ref().map_or(Ok(true), |when| request.truth(when));
        if whom && when != Ok(false) {
            return false;
        }
    }
    if program
        .requires
        .iter()
        .filter(|require| concerned(&require.actions))
        .any(|require| request.truth(&require.condition) != Ok(true))
    {
        return false;
    }
    for separation in program.separations.iter().filter(|s| s.second == request.action) {
        let Some((by, _)) = &separation.by else { continue };
        if request.attribute(&request.resource, by) != Ok(Value::Entity(request.principal.clone()))
            && request.attribute(&request.resource, by).is_ok()
        {
            continue;
        }
        return false;
    }
    if !request.isolated() {
        return false;
    }
    program.grants.iter().any(|grant| request.granted(grant))
}

impl Request<'_> {
    /// Whether every isolation that concerns the pair of types holds.
    fn isolated(&self) -> bool {
        self.program.isolations.iter().all(|isolation| {
            let excepted = isolation
                .except
                .iter()
                .map(|(ty, _)| self.program.type_name(*ty))
                .any(|ty| ty == self.principal.0 || ty == self.resource.0);
            excepted || self.same_organisation()
        })
    }

    /// The tenant of the model: documents reach it by `org` and by the folder's `org`.
    fn same_organisation(&self) -> bool {
        let Ok(Value::Entity(own)) = self.attribute(&self.principal, "org") else {
            return false;
        };
        let mut theirs: Vec<Result<Value>> = Vec::new();
        match self.resource.0.as_str() {
            "Org" => theirs.push(Ok(Value::Entity(self.resource.clone()))),
            "Folder" => theirs.push(self.attribute(&self.resource, "org")),
            _ => {
                theirs.push(self.attribute(&self.resource, "org"));
                theirs.push(self.follow(&self.resource, &["folder", "org"]));
            }
        }
        theirs.into_iter().all(|found| found == Ok(Value::Entity(own.clone())))
    }

    fn follow(&self, from: &Uid, path: &[&str]) -> Result<Value> {
        let mut at = Value::Entity(from.clone());
        for step in path {
            let Value::Entity(entity) = at else { return Err(NoValue) };
            at = self.attribute(&entity, step)?;
        }
        Ok(at)
    }

    fn granted(&self, grant: &Grant) -> bool {
        if !grant.actions.iter().any(|(id, _)| *id == self.action) {
            return false;
        }
        let own = || {
            let open = grant.until.is_none_or(|until| self.now() < until.at.0);
            open && grant.when.as_ref().is_none_or(|when| self.truth(when) == Ok(true))
        };
        match grant.holder {
            Holder::Type(ty) => self.program.type_name(ty) == self.principal.0 && own(),
            Holder::Role(base) => {
                let via = grant.path.via.as_ref().map(|(via, _)| via.as_str());
                let received = self
                    .program
                    .role_ids()
                    .any(|role| self.may_hold(role) && self.holds(role, via) == Ok(true) && self.comes_by(role, base));
                received && own()
            }
        }
    }

    /// Whether some way along `extends` from a role down to another meets only ends and conditions that hold.
    fn comes_by(&self, role: RoleId, base: RoleId) -> bool {
        let Some(found) = self.program.role(role) else {
            return false;
        };
        let open = found.until.is_none_or(|until| self.now() < until.at.0);
        if !open || found.when.as_ref().is_some_and(|when| self.truth(when) != Ok(true)) {
            return false;
        }
        role == base || found.extends.iter().any(|(next, _)| self.comes_by(*next, base))
    }

    fn now(&self) -> i64 {
        match self.world.context.get("now") {
            Some(Value::Instant(now)) => *now,
            _ => panic!("the model's clock"),
        }
    }

    fn may_hold(&self, role: RoleId) -> bool {
        self.program
            .role(role)
            .is_some_and(|role| role.holders.iter().any(|ty| self.program.type_name(*ty) == self.principal.0))
    }

    /// Of a type, or holding a role or one that extends it.
    fn is(&self, who: Holder) -> Result<bool> {
        match who {
            Holder::Type(ty) => Ok(self.program.type_name(ty) == self.principal.0),
            Holder::Role(base) => {
                let mut any = false;
                // Whoever is in it, be it by a group of entities that it is not for.
                for role in self.program.role_ids().filter(|role| self.extends(*role, base)) {
                    any |= self.holds(role, None)?;
                }
                Ok(any)
            }
        }
    }

    fn extends(&self, role: RoleId, base: RoleId) -> bool {
        role == base
            || self
                .program
                .role(role)
                .is_some_and(|role| role.extends.iter().any(|(next, _)| self.extends(*next, base)))
    }

    /// Whether the principal holds a role itself, on what the resource leads to where it is held per entity.
    fn holds(&self, role: RoleId, via: Option<&str>) -> Result<bool> {
        let Some(role) = self.program.role(role) else {
            return Ok(false);
        };
        let Some(on) = role.on.map(|ty| self.program.type_name(ty)) else {
            return Ok(self
                .groups()
                .iter()
                .any(|group| self.world.entities.get(group).is_some_and(|entity| entity.roles.contains(&role.name))));
        };
        let carrier = match (self.resource.0.as_str(), on, via) {
            (here, on, _) if here == on => Value::Entity(self.resource.clone()),
            ("Doc", "Folder", _) => self.attribute(&self.resource, "folder")?,
            ("Doc", "Org", Some("folder")) => self.follow(&self.resource, &["folder", "org"])?,
            ("Doc" | "Folder", "Org", _) => self.attribute(&self.resource, "org")?,
            // Nothing leads there: the program would have been refused.
            _ => return Ok(false),
        };
        let Value::Entity(carrier) = carrier else {
            return Err(NoValue);
        };
        if let Some((by, _)) = &role.by {
            return Ok(match self.attribute(&carrier, by)? {
                Value::Set(all) => all.contains(&Value::Entity(self.principal.clone())),
                one => one == Value::Entity(self.principal.clone()),
            });
        }
        if !self.world.entities.contains_key(&carrier) {
            return Err(NoValue);
        }
        // Held on a folder, a role reaches all the way down.
        let mut carriers = vec![carrier];
        while let Some(Value::Entity(above)) = carriers
            .last()
            .and_then(|last| self.world.entities.get(last))
            .and_then(|entity| entity.attributes.get("parent"))
        {
            carriers.push(above.clone());
        }
        Ok(self
            .groups()
            .iter()
            .filter_map(|group| self.world.entities.get(group))
            .any(|entity| carriers.iter().any(|carrier| entity.held.contains(&(carrier.clone(), role.name.clone())))))
    }

    /// The principal and the teams it is in: they hold roles for it.
    fn groups(&self) -> Vec<Uid> {
        let mut all = vec![self.principal.clone()];
        if let Some(entity) = self.world.entities.get(&self.principal) {
            all.extend(entity.parents.iter().filter(|(ty, _)| ty == "Team").cloned());
        }
        all
    }

    fn attribute(&self, of: &Uid, name: &str) -> Result<Value> {
        self.world.entities.get(of).and_then(|entity| entity.attributes.get(name)).cloned().ok_or(NoValue)
    }

    pub(super) fn truth(&self, expr: &Expr) -> Result<bool> {
        self.truth_with(expr, &BTreeMap::new())
    }

    fn truth_with(&self, expr: &Expr, bound: &BTreeMap<String, Value>) -> Result<bool> {
        match self.value(expr, bound)? {
            Value::Bool(truth) => Ok(truth),
            other => panic!("{other:?} where a truth value was typed"),
        }
    }

    fn value(&self, expr: &Expr, bound: &BTreeMap<String, Value>) -> Result<Value> {
        Ok(match &expr.kind {
            ExprKind::Bool(value) => Value::Bool(*value),
            ExprKind::Long(value) => Value::Long(*value),
            ExprKind::Text(value) => Value::Text(value.clone()),
            ExprKind::Duration(value) => Value::Duration(value.0),
            ExprKind::Name(name) => return self.name(name, bound),
            ExprKind::Entity(path, id) => Value::Entity(uid(&path.dotted(), id)),
            ExprKind::Not(inner) => Value::Bool(!self.truth_with(inner, bound)?),
            ExprKind::Negate(inner) => match self.value(inner, bound)? {
                Value::Long(value) => Value::Long(value.checked_neg().ok_or(NoValue)?),
                other => panic!("minus {other:?}"),
            },
            ExprKind::And(parts) => {
                for part in parts {
                    if !self.truth_with(part, bound)? {
                        return Ok(Value::Bool(false));
                    }
                }
                Value::Bool(true)
            }
            ExprKind::Or(parts) => {
                for part in parts {
                    if self.truth_with(part, bound)? {
                        return Ok(Value::Bool(true));
                    }
                }
                Value::Bool(false)
            }
            ExprKind::Binary(op, left, right) => {
                let (left, right) = (self.value(left, bound)?, self.value(right, bound)?);
                return self.binary(*op, left, right);
            }
            ExprKind::If(test, yes, no) => match self.truth_with(test, bound)? {
                true => return self.value(yes, bound),
                false => return self.value(no, bound),
            },
            ExprKind::Has(inner, names) => Value::Bool(self.has(inner, &names[0].text, bound)?),
            ExprKind::Like(inner, pattern) => match self.value(inner, bound)? {
                Value::Text(text) => Value::Bool(like(&text, &pattern.value)),
                other => panic!("{other:?} like"),
            },
            ExprKind::Is(inner, path, _) => match self.value(inner, bound)? {
                Value::Entity((ty, _)) => Value::Bool(ty == path.dotted()),
                other => panic!("{other:?} is"),
            },
            ExprKind::Attribute(inner, name) => {
                if is_context(inner) {
                    return self.world.context.get(&name.text).cloned().ok_or(NoValue);
                }
                match self.value(inner, bound)? {
                    Value::Entity(entity) => return self.attribute(&entity, &name.text),
                    other => panic!("{other:?}.{}", name.text),
                }
            }
            ExprKind::Call(name, args) => return self.call(&name.text, args, bound),
            ExprKind::Method(receiver, name, args) => {
                let receiver = self.value(receiver, bound)?;
                let args: Vec<Value> = args.iter().map(|arg| self.value(arg, bound)).collect::<Result<_>>()?;
                return method(receiver, &name.text, &args);
            }
            ExprKind::Set(elements) => {
                let all: BTreeSet<Value> = elements.iter().map(|one| self.value(one, bound)).collect::<Result<_>>()?;
                Value::Set(all)
            }
            ExprKind::Record(_) => panic!("no record in the model"),
        })
    }

    fn has(&self, inner: &Expr, name: &str, bound: &BTreeMap<String, Value>) -> Result<bool> {
        if is_context(inner) {
            return Ok(self.world.context.contains_key(name));
        }
        match self.value(inner, bound)? {
            Value::Entity(entity) => {
                Ok(self.world.entities.get(&entity).is_some_and(|entity| entity.attributes.contains_key(name)))
            }
            other => panic!("{other:?} has"),
        }
    }

    fn name(&self, name: &str, bound: &BTreeMap<String, Value>) -> Result<Value> {
        if let Some(value) = bound.get(name) {
            return Ok(value.clone());
        }
        match name {
            "principal" => return Ok(Value::Entity(self.principal.clone())),
            "resource" => return Ok(Value::Entity(self.resource.clone())),
            _ => {}
        }
        if let Some(condition) = self.program.find_condition(name).and_then(|id| self.program.condition(id)) {
            return self.value(&condition.body, &BTreeMap::new());
        }
        // Member names are unique in the model.
        let owner = self
            .program
            .types
            .iter()
            .find(|ty| matches!(&ty.kind, TypeKind::Enum { members, .. } if members.iter().any(|m| m == name)))
            .unwrap_or_else(|| panic!("the name `{name}`"));
        Ok(Value::Entity(uid(&owner.name, name)))
    }

    fn call(&self, name: &str, args: &[Expr], bound: &BTreeMap<String, Value>) -> Result<Value> {
        if let Some(condition) = self.program.find_condition(name).and_then(|id| self.program.condition(id)) {
            let mut inner = BTreeMap::new();
            for ((param, _, _), arg) in condition.params.iter().zip(args) {
                inner.insert(param.clone(), self.value(arg, bound)?);
            }
            return self.value(&condition.body, &inner);
        }
        let Value::Text(text) = self.value(&args[0], bound)? else { panic!("{name} of no text") };
        Ok(match name {
            "decimal" => {
                let (whole, part) = text.split_once('.').unwrap();
                let part: i64 = format!("{part:0<4}").parse().unwrap();
                Value::Decimal(whole.parse::<i64>().unwrap() * 10_000 + part)
            }
            "datetime" => Value::Instant(gatewright::text::Instant::parse(&text).unwrap().0),
            other => panic!("the constructor `{other}`"),
        })
    }

    fn binary(&self, op: Operator, left: Value, right: Value) -> Result<Value> {
        Ok(match op {
            Operator::Equal => Value::Bool(left == right),
            Operator::NotEqual => Value::Bool(left != right),
            Operator::Less => Value::Bool(self.rank(&left) < self.rank(&right)),
            Operator::LessEqual => Value::Bool(self.rank(&left) <= self.rank(&right)),
            Operator::Greater => Value::Bool(self.rank(&left) > self.rank(&right)),
            Operator::GreaterEqual => Value::Bool(self.rank(&left) >= self.rank(&right)),
            Operator::In => match (left, right) {
                (Value::Entity(inner), Value::Entity(outer)) => Value::Bool(self.within(&inner, &outer)),
                (left, right) => panic!("{left:?} in {right:?}"),
            },
            Operator::Add | Operator::Subtract | Operator::Multiply => match (left, right) {
                (Value::Long(a), Value::Long(b)) => {
                    let value = match op {
                        Operator::Add => a.checked_add(b),
                        Operator::Subtract => a.checked_sub(b),
                        _ => a.checked_mul(b),
                    };
                    Value::Long(value.ok_or(NoValue)?)
                }
                (left, right) => panic!("{left:?} {op:?} {right:?}"),
            },
        })
    }

    /// What an order compares: numbers as they are, members of an ordered enum by their place.
    fn rank(&self, value: &Value) -> i64 {
        match value {
            Value::Long(n) | Value::Decimal(n) | Value::Instant(n) | Value::Duration(n) => *n,
            Value::Entity((ty, member)) => {
                let ty = self.program.find_type(ty).and_then(|id| self.program.ty(id)).unwrap();
                let TypeKind::Enum { members, .. } = &ty.kind else { panic!("no order on {}", ty.name) };
                i64::try_from(members.iter().position(|known| known == member).unwrap()).unwrap()
            }
            other => panic!("no order on {other:?}"),
        }
    }

    fn within(&self, inner: &Uid, outer: &Uid) -> bool {
        inner == outer
            || self
                .world
                .entities
                .get(inner)
                .is_some_and(|entity| entity.parents.iter().any(|parent| self.within(parent, outer)))
    }
}

fn is_context(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Name(name) if name == "context")
}

fn method(receiver: Value, name: &str, args: &[Value]) -> Result<Value> {
    Ok(match (receiver, name, args) {
        (Value::Set(all), "contains", [one]) => Value::Bool(all.contains(one)),
        (Value::Set(all), "isEmpty", []) => Value::Bool(all.is_empty()),
        (Value::Instant(a), "durationSince", [Value::Instant(b)]) => Value::Duration(a.checked_sub(*b).ok_or(NoValue)?),
        (Value::Instant(a), "offset", [Value::Duration(b)]) => Value::Instant(a.checked_add(*b).ok_or(NoValue)?),
        (receiver, name, args) => panic!("{receiver:?}.{name}({args:?})"),
    })
}

/// `*` matches anything, `\*` a star.
fn like(text: &str, pattern: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => (0..=text.len()).any(|at| text.is_char_boundary(at) && like(&text[at..], &pattern[1..])),
        Some('\\') => text.starts_with('*') && like(&text[1..], &pattern[2..]),
        Some(c) => text.starts_with(c) && like(&text[c.len_utf8()..], &pattern[c.len_utf8()..]),
    }
}
