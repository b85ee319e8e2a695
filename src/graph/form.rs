//! What a part of a program says, as text that depends on neither layout nor place, with each name of a declaration
//! marked, so that two programs can be compared in which something is called otherwise. Nobody reads it; people are shown
//! the author's words.

use std::fmt::Write;

use crate::syntax::ast::{Expr, ExprKind, Path};

use super::{Program, Ty};

/// What a marked name names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameOf {
    /// An entity type or an enumeration.
    Type,
    /// An action, `Payout.approve`.
    Action,
    /// A named condition.
    Condition,
    /// A role, `Org.admin`.
    Role,
    /// A statement.
    Statement,
    /// A break-glass profile.
    Profile,
}

/// A piece of a form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Piece {
    /// What is not a name.
    Text(String),
    /// A name.
    Name(NameOf, String),
    /// Forms whose order says nothing.
    Unordered(Vec<Form>),
}

/// What a part of a program says.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Form {
    pieces: Vec<Piece>,
}

impl Form {
    /// A form of plain text.
    #[must_use]
    pub fn of(text: impl Into<String>) -> Self {
        let mut form = Self::default();
        form.text(&text.into());
        form
    }

    /// Adds text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        match self.pieces.last_mut() {
            Some(Piece::Text(last)) => last.push_str(text),
            _ => self.pieces.push(Piece::Text(text.to_owned())),
        }
        self
    }

    /// Adds a name.
    pub fn name(&mut self, of: NameOf, name: impl Into<String>) -> &mut Self {
        self.pieces.push(Piece::Name(of, name.into()));
        self
    }

    /// Adds names of one kind whose order says nothing.
    pub fn names(&mut self, of: NameOf, names: impl IntoIterator<Item = String>) -> &mut Self {
        self.unordered(names.into_iter().map(|name| {
            let mut form = Self::default();
            form.name(of, name);
            form
        }))
    }

    /// Adds forms whose order says nothing.
    pub fn unordered(&mut self, forms: impl IntoIterator<Item = Self>) -> &mut Self {
        let mut forms: Vec<Self> = forms.into_iter().collect();
        forms.sort();
        self.pieces.push(Piece::Unordered(forms));
        self
    }

    /// All names in it.
    #[must_use]
    pub fn all_names(&self) -> Vec<(NameOf, &str)> {
        let mut found = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(_) => {}
                Piece::Name(of, name) => found.push((*of, name.as_str())),
                Piece::Unordered(forms) => found.extend(forms.iter().flat_map(Self::all_names)),
            }
        }
        found
    }

    /// Adds a type.
    pub fn ty(&mut self, program: &Program, ty: &Ty) -> &mut Self {
        match ty {
            Ty::Entity(id) => self.name(NameOf::Type, program.type_name(*id)),
            Ty::Set(element) => self.text("Set<").ty(program, element).text(">"),
            Ty::Record(fields) => {
                self.text("{");
                for (at, (name, field)) in fields.iter().enumerate() {
                    let separator = if at == 0 { " " } else { ", " };
                    let optional = if field.required { "" } else { "?" };
                    self.text(separator).text(name).text(optional).text(": ");
                    self.ty(program, &field.ty);
                }
                self.text(" }")
            }
            Ty::Named(name) => self.text(name),
            Ty::Bool => self.text("Bool"),
            Ty::Long => self.text("Long"),
            Ty::String => self.text("String"),
            Ty::Decimal => self.text("decimal"),
            Ty::Datetime => self.text("datetime"),
            Ty::Duration => self.text("duration"),
            Ty::Ipaddr => self.text("ipaddr"),
            Ty::Unknown => self.text("?"),
        }
    }

    /// Adds an expression. `params` are those of the condition it is the body of: they count by their position.
    pub fn expr(&mut self, program: &Program, expr: &Expr, params: &[&str]) -> &mut Self {
        let mut writer = Writer { form: self, program, params };
        writer.expr(expr);
        self
    }

    /// The form as text, names as they are.
    #[must_use]
    pub fn plain(&self) -> String {
        self.with(|_, name| name.to_owned())
    }

    /// The form as text, with another word for each name. What has no order is sorted under those words.
    #[must_use]
    pub fn with(&self, word: impl Fn(NameOf, &str) -> String) -> String {
        self.worded(&word)
    }

    fn worded(&self, word: &dyn Fn(NameOf, &str) -> String) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Name(of, name) => text.push_str(&word(*of, name)),
                Piece::Unordered(forms) => {
                    let mut words: Vec<String> = forms.iter().map(|form| form.worded(word)).collect();
                    words.sort();
                    text.push_str(&words.join(" "));
                }
            }
        }
        text
    }
}

/// Writes expressions with every operand in parentheses.
struct Writer<'a> {
    form: &'a mut Form,
    program: &'a Program,
    params: &'a [&'a str],
}

impl Writer<'_> {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Bool(value) => self.text(if *value { "true" } else { "false" }),
            ExprKind::Long(value) => self.text(&value.to_string()),
            ExprKind::Text(value) => self.text(&format!("{value:?}")),
            ExprKind::Duration(value) => self.text(&format!("{}ms", value.0)),
            ExprKind::Name(name) => self.bare(name),
            ExprKind::Entity(path, id) => {
                self.path(path);
                self.text(&format!("::{id:?}"));
            }
            ExprKind::Not(one) => self.call("!", [one.as_ref()]),
            ExprKind::Negate(one) => self.call("-", [one.as_ref()]),
            ExprKind::And(all) => self.call("&&", all),
            ExprKind::Or(all) => self.call("||", all),
            ExprKind::Binary(operator, left, right) => {
                self.call(operator.symbol(), [left.as_ref(), right.as_ref()]);
            }
            ExprKind::If(test, yes, no) => self.call("if", [test.as_ref(), yes.as_ref(), no.as_ref()]),
            ExprKind::Has(one, names) => {
                let names: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
                self.call(&format!("has {}", names.join(".")), [one.as_ref()]);
            }
            ExprKind::Like(one, pattern) => self.call(&format!("like {:?}", pattern.value), [one.as_ref()]),
            ExprKind::Is(one, path, container) => {
                self.text("is ");
                self.path(path);
                self.call("", std::iter::once(one).chain(container).map(AsRef::as_ref));
            }
            ExprKind::Attribute(one, name) => self.call(&format!(".{}", name.text), [one.as_ref()]),
            ExprKind::Call(name, args) => {
                match self.program.find_condition(&name.text) {
                    Some(_) => self.form.name(NameOf::Condition, &name.text),
                    None => self.form.text(&name.text),
                };
                self.call("", args);
            }
            ExprKind::Method(one, name, args) => {
                self.call(&format!(".{}", name.text), std::iter::once(one.as_ref()).chain(args));
            }
            ExprKind::Set(items) => self.call("set", items),
            ExprKind::Record(fields) => {
                self.text("{");
                for (name, value) in fields {
                    self.text(&format!("{:?}:", name.text));
                    self.expr(value);
                    self.text(",");
                }
                self.text("}");
            }
        }
    }

    fn text(&mut self, text: &str) {
        self.form.text(text);
    }

    fn call<'e>(&mut self, head: &str, args: impl IntoIterator<Item = &'e Expr>) {
        self.text(head);
        self.text("(");
        for arg in args {
            self.expr(arg);
            self.text(",");
        }
        self.text(")");
    }

    /// A parameter, a condition, or a name that means the same in every program that has it.
    fn bare(&mut self, name: &str) {
        if let Some(at) = self.params.iter().position(|param| *param == name) {
            let mut position = String::new();
            // Writing to a string cannot fail.
            let _ = write!(position, "${at}");
            self.text(&position);
        } else if self.program.find_condition(name).is_some() {
            self.form.name(NameOf::Condition, name);
            // The same as a call without arguments, which it is.
            self.text("()");
        } else {
            self.text(name);
        }
    }

    fn path(&mut self, path: &Path) {
        let parts: Vec<&str> = path.parts.iter().map(|part| part.text.as_str()).collect();
        let written = parts.join("::");
        match self.program.find_type(&written) {
            Some(ty) => self.form.name(NameOf::Type, self.program.type_name(ty)),
            None => self.form.text(&written),
        };
    }
}
