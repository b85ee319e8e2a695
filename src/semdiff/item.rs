//! A part of a program as the diff sees it: what it is called and what it says, field by field.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{Form, NameOf};
use crate::text::Span;

/// Kinds of parts, in the order in which changes of them are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The program's namespace.
    Namespace,
    /// An entity type or an enumeration.
    Type,
    /// An attribute of a type.
    Attribute,
    /// An action.
    Action,
    /// An attribute of the common context.
    Context,
    /// A named condition.
    Condition,
    /// A role.
    Role,
    /// `allow`
    Grant,
    /// `deny`
    Deny,
    /// `require`
    Require,
    /// `isolate`
    Isolation,
    /// `separate`
    Separation,
    /// `break-glass`
    BreakGlass,
    /// `assert`
    Assertion,
    /// A policy of a raw `.cedar` source.
    RawPolicy,
}

impl Kind {
    /// Its name, as reports write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Namespace => "namespace",
            Self::Type => "type",
            Self::Attribute => "attribute",
            Self::Action => "action",
            Self::Context => "context attribute",
            Self::Condition => "condition",
            Self::Role => "role",
            Self::Grant => "grant",
            Self::Deny => "deny",
            Self::Require => "require",
            Self::Isolation => "isolate",
            Self::Separation => "separate",
            Self::BreakGlass => "break-glass",
            Self::Assertion => "assert",
            Self::RawPolicy => "raw policy",
        }
    }

    /// Whether it is a statement, whose name may follow from what it says.
    pub(super) fn is_statement(self) -> bool {
        matches!(self, Self::Grant | Self::Deny | Self::Require | Self::Isolation | Self::Separation)
    }
}

/// The field with the author's reason, which decides nothing.
pub(super) const BECAUSE: &str = "because";

/// The annotation in which an imported role has its name as it was spelt. A role by another name is the same one renamed.
const SPELLING: &str = "x_k8s";

/// A part of a program.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) kind: Kind,
    /// What it is called.
    pub(super) key: Form,
    /// What names it elsewhere, where anything does.
    pub(super) names: Option<(NameOf, String)>,
    /// Whether its author chose its name.
    pub(super) named: bool,
    /// What it is a part of: it comes and goes with that.
    pub(super) owner: Option<(NameOf, String)>,
    pub(super) fields: Vec<Field>,
    /// What it stands for outside of Gate, as its annotations say: `@x_…` and `@wildcard`.
    pub(super) stands_for: BTreeMap<String, String>,
    pub(super) span: Option<Span>,
}

/// One thing that a part says.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: &'static str,
    /// In the author's words.
    pub(super) shown: String,
    pub(super) form: Form,
}

impl Item {
    pub(super) fn new(kind: Kind, key: Form, span: impl Into<Option<Span>>) -> Self {
        Self {
            kind,
            key,
            names: None,
            named: true,
            owner: None,
            fields: Vec::new(),
            stands_for: BTreeMap::new(),
            span: span.into(),
        }
    }

    /// A part that others name.
    pub(super) fn of_name(kind: Kind, of: NameOf, name: &str, span: Span) -> Self {
        let mut key = Form::default();
        key.name(of, name);
        Self { names: Some((of, name.to_owned())), ..Self::new(kind, key, span) }
    }

    /// Says that it is a part of something.
    pub(super) fn owned_by(mut self, of: NameOf, name: impl Into<String>) -> Self {
        self.owner = Some((of, name.into()));
        self
    }

    /// Notes what annotations say that it stands for. Those of Gate's own only describe, and [`SPELLING`] is a name.
    pub(super) fn stands_for(&mut self, annotations: &[(String, String)]) {
        let foreign = annotations.iter().filter(|(name, _)| name.starts_with("x_") && name != SPELLING);
        self.stands_for.extend(foreign.cloned());
    }

    /// Notes `@wildcard`.
    pub(super) fn is_wildcard(&mut self, is: bool) {
        if is {
            self.stands_for.insert("wildcard".to_owned(), String::new());
        }
    }

    /// A field whose form is what is shown.
    pub(super) fn plain(&mut self, name: &'static str, shown: impl Into<String>) {
        let shown = shown.into();
        self.fields.push(Field { name, form: Form::of(shown.clone()), shown });
    }

    /// A field that is there only where something is said.
    pub(super) fn flag(&mut self, name: &'static str, said: bool) {
        if said {
            self.plain(name, "yes");
        }
    }

    /// Names of one kind, whose order says nothing: a field for each, so that a change tells those that came and went.
    pub(super) fn list(&mut self, name: &'static str, of: NameOf, names: impl IntoIterator<Item = String>) {
        let names: BTreeSet<String> = names.into_iter().collect();
        for one in names {
            let mut form = Form::default();
            form.name(of, one.clone());
            self.field(name, one, form);
        }
    }

    pub(super) fn field(&mut self, name: &'static str, shown: impl Into<String>, form: Form) {
        self.fields.push(Field { name, shown: shown.into(), form });
    }

    /// The name that people know it by.
    pub(super) fn shown_name(&self) -> String {
        self.key.plain()
    }
}
