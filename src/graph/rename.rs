//! A program under other names: what it would be had its author called things as another program does. Ids stay.

use std::collections::BTreeMap;

use crate::bundle::ACTION_TYPE;
use crate::syntax::ast::{Expr, ExprKind, Ident, Path};

use super::{NameOf, Program};

/// New names by old ones, full on both sides: `Payout.approve`, `Org.admin`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Renames {
    /// The namespace of the other program, where it is another one.
    pub namespace: Option<Option<String>>,
    /// What is called otherwise.
    pub names: BTreeMap<(NameOf, String), String>,
}

impl Renames {
    /// Whether everything is called the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.namespace.is_none() && self.names.is_empty()
    }

    /// What something is called in the other program. An action or a role of a type that is called otherwise is, too.
    #[must_use]
    pub fn of(&self, kind: NameOf, name: &str) -> String {
        if let Some(new) = self.names.get(&(kind, name.to_owned())) {
            return new.clone();
        }
        if let (NameOf::Action | NameOf::Role, Some((ty, own))) = (kind, name.split_once('.'))
            && let Some(ty) = self.names.get(&(NameOf::Type, ty.to_owned()))
        {
            return format!("{ty}.{own}");
        }
        name.to_owned()
    }
}

impl Program {
    /// The same program under other names. What a raw schema declares keeps its own.
    #[must_use]
    pub fn renamed(&self, renames: &Renames) -> Self {
        let mut program = self.clone();
        if let Some(namespace) = &renames.namespace {
            program.namespace.clone_from(namespace);
        }
        let qualified = |name: &str| match &program.namespace {
            Some(namespace) => format!("{namespace}::{name}"),
            None => name.to_owned(),
        };
        for (ty, old) in program.types.iter_mut().zip(&self.types) {
            if !old.from_schema {
                ty.name = renames.of(NameOf::Type, &old.name);
                ty.cedar = qualified(&ty.name);
            }
        }
        for (action, old) in program.actions.iter_mut().zip(&self.actions) {
            if !old.is_raw() {
                let full = renames.of(NameOf::Action, &old.full_name(self));
                action.name = own(&full);
                action.cedar = (qualified(ACTION_TYPE), full);
            }
        }
        for (role, old) in program.roles.iter_mut().zip(&self.roles) {
            role.name = own(&renames.of(NameOf::Role, &old.full_name(self)));
        }
        for profile in &mut program.profiles {
            profile.name = renames.of(NameOf::Profile, &profile.name);
        }
        let grants = program.grants.iter_mut().map(|grant| &mut grant.statement);
        let denies = program.denies.iter_mut().map(|deny| &mut deny.statement);
        let requires = program.requires.iter_mut().map(|require| &mut require.statement);
        let isolations = program.isolations.iter_mut().map(|isolation| &mut isolation.statement);
        let separations = program.separations.iter_mut().map(|separation| &mut separation.statement);
        for statement in grants.chain(denies).chain(requires).chain(isolations).chain(separations) {
            statement.name = renames.of(NameOf::Statement, &statement.name);
        }
        let conditions = program.conditions.iter_mut().map(|condition| &mut condition.body);
        let requires = program.requires.iter_mut().map(|require| &mut require.condition);
        let optional = (program.roles.iter_mut().map(|role| &mut role.when))
            .chain(program.grants.iter_mut().map(|grant| &mut grant.when))
            .chain(program.denies.iter_mut().map(|deny| &mut deny.when))
            .chain(program.profiles.iter_mut().map(|profile| &mut profile.when))
            .chain(program.assertions.iter_mut().map(|assertion| &mut assertion.when))
            .flatten();
        for expr in conditions.chain(requires).chain(optional) {
            self.rename_types(expr, renames);
        }
        program.index();
        program
    }

    /// Names of types in an expression of this program.
    fn rename_types(&self, expr: &mut Expr, renames: &Renames) {
        match &mut expr.kind {
            ExprKind::Entity(path, _) => self.rename_path(path, renames),
            ExprKind::Is(_, path, _) => self.rename_path(path, renames),
            _ => {}
        }
        for part in parts(&mut expr.kind) {
            self.rename_types(part, renames);
        }
    }

    fn rename_path(&self, path: &mut Path, renames: &Renames) {
        let written: Vec<&str> = path.parts.iter().map(|part| part.text.as_str()).collect();
        if let Some(ty) = self.find_type(&written.join("::")).and_then(|id| self.ty(id))
            && !ty.from_schema
        {
            path.parts = vec![Ident { text: renames.of(NameOf::Type, &ty.name), span: path.span }];
        }
    }
}

/// What follows the dot, if there is one.
fn own(full: &str) -> String {
    full.rsplit_once('.').map_or(full, |(_, own)| own).to_owned()
}

fn parts(kind: &mut ExprKind) -> Vec<&mut Expr> {
    match kind {
        ExprKind::Bool(_)
        | ExprKind::Long(_)
        | ExprKind::Text(_)
        | ExprKind::Duration(_)
        | ExprKind::Name(_)
        | ExprKind::Entity(..) => Vec::new(),
        ExprKind::Not(one)
        | ExprKind::Negate(one)
        | ExprKind::Has(one, _)
        | ExprKind::Like(one, _)
        | ExprKind::Attribute(one, _) => vec![one],
        ExprKind::And(all) | ExprKind::Or(all) | ExprKind::Set(all) | ExprKind::Call(_, all) => {
            all.iter_mut().collect()
        }
        ExprKind::Binary(_, left, right) => vec![left, right],
        ExprKind::If(test, yes, no) => vec![test, yes, no],
        ExprKind::Is(one, _, container) => std::iter::once(one).chain(container).map(AsMut::as_mut).collect(),
        ExprKind::Method(receiver, _, args) => std::iter::once(receiver.as_mut()).chain(args).collect(),
        ExprKind::Record(fields) => fields.iter_mut().map(|(_, value)| value).collect(),
    }
}
