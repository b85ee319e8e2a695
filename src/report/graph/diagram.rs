//! What there is to draw, in the program's order: nodes with a line of detail, and links between them.

use crate::clauses::Clause;
use crate::graph::{Action, Grant, Holder, Node, Profile, Program, Role, RoleId, TypeId, TypeKind, Until};
use crate::text::{Sources, Span};

/// Everything that a picture of a program shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagram {
    /// What the picture is of.
    pub(super) title: String,
    /// Principal types.
    pub(super) principals: Vec<Item>,
    /// Roles.
    pub(super) roles: Vec<Item>,
    /// Break-glass profiles.
    pub(super) profiles: Vec<Item>,
    /// Types that something is done to.
    pub(super) resources: Vec<Resource>,
    /// What leads where.
    pub(super) links: Vec<Link>,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) node: Node,
    pub(super) name: String,
    /// What there is to say about it, a few words a line.
    pub(super) details: Vec<String>,
}

/// A type with its actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resource {
    pub(super) node: Node,
    pub(super) name: String,
    pub(super) actions: Vec<ActionItem>,
}

/// An action of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ActionItem {
    pub(super) node: Node,
    pub(super) name: String,
    pub(super) sensitivity: Sensitivity,
}

/// Whether an action is declared `sensitive`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sensitivity {
    Plain,
    Sensitive,
}

/// A link; it points from who has to what is had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) from: Node,
    pub(super) to: Node,
    pub(super) kind: LinkKind,
}

/// What a link means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LinkKind {
    /// Principals of a type may hold a role.
    Holds,
    /// A role has what another has.
    Extends,
    /// A role or a type may do an action; the conditions under which, if there are any.
    Grants(String),
    /// Holders of a role may ask for a profile.
    MayRequest,
    /// A role approves a profile; so many of it.
    Approves(String),
    /// A profile opens an action.
    Opens,
}

impl Diagram {
    /// The diagram of a program.
    #[must_use]
    pub fn of(program: &Program, sources: &Sources, title: &str) -> Self {
        let principals = program.types_of(|kind| *kind == TypeKind::Principal);
        let roles = program.role_ids();
        Self {
            title: title.to_owned(),
            principals: principals
                .map(|id| Item {
                    node: Node::Type(id),
                    name: program.type_name(id).to_owned(),
                    details: vec!["everyone of this type".to_owned()],
                })
                .collect(),
            roles: roles
                .filter_map(|id| {
                    let role = program.role(id)?;
                    Some(Item {
                        node: Node::Role(id),
                        name: program.role_name(id),
                        details: vec![role_detail(role, program)],
                    })
                })
                .collect(),
            profiles: program
                .profile_ids()
                .filter_map(|id| {
                    let profile = program.profile(id)?;
                    Some(Item {
                        node: Node::Profile(id),
                        name: profile.name.clone(),
                        details: profile_details(profile, program),
                    })
                })
                .collect(),
            resources: program.type_ids().filter_map(|id| resource(id, program)).collect(),
            links: links(program, sources),
        }
    }

    /// Links of some kind.
    pub(super) fn links_of(&self, wanted: impl Fn(&LinkKind) -> bool) -> impl Iterator<Item = &Link> {
        self.links.iter().filter(move |link| wanted(&link.kind))
    }

    /// What a node is called.
    pub(super) fn name(&self, node: Node) -> String {
        let items = self.principals.iter().chain(&self.roles).chain(&self.profiles);
        let item = items.filter(|item| item.node == node).map(|item| item.name.clone());
        let actions = self.resources.iter().flat_map(|resource| {
            let named = resource.actions.iter().filter(|action| action.node == node);
            named.map(|action| format!("{}.{}", resource.name, action.name))
        });
        item.chain(actions).next().unwrap_or_default()
    }
}

/// `for User, extends support, until 2028-02-01`.
fn role_detail(role: &Role, program: &Program) -> String {
    let mut parts = Vec::new();
    match (&role.by, role.on) {
        (Some((attribute, _)), _) => parts.push(format!("by {attribute}")),
        (None, on) => {
            let holders: Vec<&str> = role.holders.iter().map(|ty| program.type_name(*ty)).collect();
            let per = on.map(|ty| format!(", per {}", program.type_name(ty))).unwrap_or_default();
            parts.push(format!("for {}{per}", holders.join(", ")));
        }
    }
    if !role.extends.is_empty() {
        parts.push(format!("extends {}", role_names(&role.extends, program)));
    }
    if role.when.is_some() {
        parts.push("conditional".to_owned());
    }
    parts.extend(role.until.as_ref().map(until));
    parts.join(" · ")
}

/// `break-glass for support, Org.admin`, and `2 of security_lead approve · at most 2h`.
fn profile_details(profile: &Profile, program: &Program) -> Vec<String> {
    let approval = match &profile.approval {
        Some((count, role, _)) => format!("{} of {} approve", count.value, program.role_name(*role)),
        None => "no approval".to_owned(),
    };
    vec![
        format!("break-glass for {}", role_names(&profile.eligible, program)),
        format!("{approval} · at most {}", profile.duration(Clause::Expires)),
    ]
}

fn role_names(roles: &[(RoleId, Span)], program: &Program) -> String {
    let names: Vec<String> = roles.iter().map(|(role, _)| program.role_name(*role)).collect();
    names.join(", ")
}

fn until(until: &Until) -> String {
    format!("until {}", until.at.date())
}

/// A type with the actions it declares, and those of a raw schema that are decided on it first.
fn resource(id: TypeId, program: &Program) -> Option<Resource> {
    let owner = |action: &Action| action.declared_on.or(action.decided_on.first().copied());
    let actions: Vec<ActionItem> = program
        .action_ids()
        .filter_map(|action| Some((action, program.action(action)?)))
        .filter(|(_, action)| owner(action) == Some(id))
        .map(|(node, action)| ActionItem {
            node: Node::Action(node),
            name: action.name.clone(),
            sensitivity: match action.sensitive {
                true => Sensitivity::Sensitive,
                false => Sensitivity::Plain,
            },
        })
        .collect();
    (!actions.is_empty()).then(|| Resource { node: Node::Type(id), name: program.type_name(id).to_owned(), actions })
}

fn links(program: &Program, sources: &Sources) -> Vec<Link> {
    let mut links = Vec::new();
    let mut link = |from, to, kind| links.push(Link { from, to, kind });
    for id in program.role_ids() {
        let Some(role) = program.role(id) else { continue };
        for holder in &role.holders {
            link(Node::Type(*holder), Node::Role(id), LinkKind::Holds);
        }
        for (base, _) in &role.extends {
            link(Node::Role(id), Node::Role(*base), LinkKind::Extends);
        }
    }
    for grant in &program.grants {
        let conditions = conditions(grant, program, sources);
        let from = match grant.holder {
            Holder::Type(ty) => Node::Type(ty),
            Holder::Role(role) => Node::Role(role),
        };
        for (action, _) in &grant.actions {
            link(from, Node::Action(*action), LinkKind::Grants(conditions.clone()));
        }
    }
    for id in program.profile_ids() {
        let Some(profile) = program.profile(id) else { continue };
        for (role, _) in &profile.eligible {
            link(Node::Role(*role), Node::Profile(id), LinkKind::MayRequest);
        }
        if let Some((count, role, _)) = &profile.approval {
            let count = format!("{} approve", count.value);
            link(Node::Role(*role), Node::Profile(id), LinkKind::Approves(count));
        }
        for (action, _) in &profile.actions {
            link(Node::Profile(id), Node::Action(*action), LinkKind::Opens);
        }
    }
    links
}

/// Under which conditions a grant opens, in the author's words: its own and those of its role.
fn conditions(grant: &Grant, program: &Program, sources: &Sources) -> String {
    let role = match grant.holder {
        Holder::Role(role) => program.role(role),
        Holder::Type(_) => None,
    };
    let whens = [grant.when.as_ref(), role.and_then(|role| role.when.as_ref())];
    let words = |span: Span| sources.slice(span).split_whitespace().collect::<Vec<_>>().join(" ");
    let whens = whens.into_iter().flatten().map(|when| format!("when {}", words(when.span)));
    let untils = [grant.until.as_ref(), role.and_then(|role| role.until.as_ref())];
    let all: Vec<String> = whens.chain(untils.into_iter().flatten().map(until)).collect();
    all.join(", ")
}
