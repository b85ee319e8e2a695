//! What a package promises of changes to come: its assertions and separations of duties. They decide no request of today, so
//! that no access shows that one is gone. Whatever the new side promises at least as firmly is kept; what it does not is
//! weakened. A promise is as firm as another one if its words say as much, and if what they stand for on the two sides is as
//! much. What has no order there must be kept as it is.

mod meant;

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{NameOf, Program, Renames};

use super::Side;
use super::inventory::inventory;
use super::item::{BECAUSE, Item, Kind};
use super::structural::Structure;
use super::terms::{ASSERTIONS, Effect, SEPARATIONS, TermChange, spelt};
use meant::Meant;

/// The names of assertions of the old side, in its names, with those of the new side that are at least as firm, sorted.
pub type Kept = BTreeMap<String, BTreeSet<String>>;

/// The promises of the old side that the new one does not keep, sorted, and what keeps the others. `aligned` is the old program
/// under the new side's names.
pub(super) fn compared(
    old: Side<'_>,
    new: Side<'_>,
    aligned: &Program,
    structure: &Structure,
) -> (Vec<TermChange>, Kept) {
    let (before, after) = (inventory(old), inventory(new));
    let known = Known::new(new.program);
    let as_is = Renames::default();
    let kept: Vec<Promise> = promises(&after, new.program, &as_is).collect();
    let mut meant = Meant::new([aligned, new.program], structure);
    let (mut found, mut by) = (Vec::new(), Kept::new());
    let before = promises(&before, aligned, &structure.renames);
    for promise in before.filter_map(|promise| promise.about(&known)) {
        let keepers = kept.iter().filter(|other| other.implies(&promise) && meant.is_kept(&promise, other));
        let keepers: BTreeSet<String> = keepers.map(|other| other.name.clone()).collect();
        if !keepers.is_empty() {
            if promise.kind == Kind::Assertion {
                by.insert(promise.item.key.plain(), keepers);
            }
            continue;
        }
        let now = kept.iter().find(|other| (other.kind, &other.name) == (promise.kind, &promise.name));
        let from = words(old, promise.item);
        let to = now.map(|now| words(new, now.item));
        // Where the words do not say less, what they stand for does.
        let by_meaning = now.filter(|now| to.as_ref() == Some(&from) || now.implies(&promise));
        found.push(TermChange {
            path: spelt(&[promise.of().to_owned(), promise.name.clone()]),
            through: by_meaning.map(|now| meant.through(&promise, now)).unwrap_or_default(),
            to,
            from: Some(from),
            effect: Effect::Weakens,
            readers: Vec::new(),
        });
    }
    found.sort();
    (found, by)
}

/// A statement on one line, without its end.
fn words(side: Side<'_>, item: &Item) -> String {
    let text = item.span.map_or("", |span| side.sources.slice(span));
    let words: Vec<&str> = text.trim_end().trim_end_matches(';').split_whitespace().collect();
    words.join(" ")
}

/// What the new side has: no promise about anything else can be kept, or needs to be.
struct Known(BTreeSet<(NameOf, String)>);

impl Known {
    fn new(program: &Program) -> Self {
        let actions = program.action_ids().map(|id| (NameOf::Action, program.action_name(id)));
        let types = program.type_ids().map(|id| (NameOf::Type, program.type_name(id).to_owned()));
        let roles = program.role_ids().map(|id| (NameOf::Role, program.role_name(id)));
        let profiles = program.profiles.iter().map(|profile| (NameOf::Profile, profile.name.clone()));
        Self(actions.chain(types).chain(roles).chain(profiles).collect())
    }
}

/// A promise under the new side's names.
struct Promise<'a> {
    kind: Kind,
    name: String,
    item: &'a Item,
    /// Which of the program's assertions it is; `None` of a separation.
    at: Option<usize>,
    /// `never`, `only`; of a separation nothing.
    claim: String,
    /// Who, with the roles that extend those which are named; nothing: anyone.
    who: Names,
    /// The actions and the steps of break-glass.
    what: Names,
    /// The types after `on`; nothing: any.
    on: Names,
    /// Its conditions, each of which it is bound to: `when`, with what the named ones among them say, and `unless`.
    conditions: BTreeSet<(&'static str, String)>,
    /// What else it says.
    rest: Vec<(&'static str, String)>,
    /// The roles and conditions that its words stand for.
    stands_for: BTreeSet<(Kind, String)>,
}

/// Names and forms with the declarations that each needs.
type Names = BTreeSet<(String, Vec<(NameOf, String)>)>;

/// All promises of a side, whose program has the new side's names already.
fn promises<'a>(items: &'a [Item], program: &'a Program, renames: &'a Renames) -> impl Iterator<Item = Promise<'a>> {
    let of = |kind| items.iter().filter(move |item| item.kind == kind);
    // Parts of a kind stand in the order of their declarations.
    let assertions = of(Kind::Assertion).enumerate().map(|(at, item)| (item, Some(at)));
    let all = of(Kind::Separation).map(|item| (item, None)).chain(assertions);
    all.map(move |(item, at)| Promise::new(item, at, items, program, renames))
}

impl<'a> Promise<'a> {
    fn new(item: &'a Item, at: Option<usize>, items: &[Item], program: &Program, renames: &Renames) -> Self {
        let mut promise = Self {
            kind: item.kind,
            name: item.key.with(|of, name| renames.of(of, name)),
            item,
            at,
            claim: String::new(),
            who: Names::new(),
            what: Names::new(),
            on: Names::new(),
            conditions: BTreeSet::new(),
            rest: Vec::new(),
            stands_for: BTreeSet::new(),
        };
        let mut reached = BTreeSet::new();
        for field in item.fields.iter().filter(|field| field.name != BECAUSE) {
            let said = field.form.with(|of, name| renames.of(of, name));
            let needs = || -> Vec<(NameOf, String)> {
                let all = field.form.all_names().into_iter();
                all.map(|(of, name)| (of, renames.of(of, name))).collect()
            };
            match field.name {
                "claim" => promise.claim = said,
                "who" => {
                    let who: Vec<(NameOf, String)> =
                        needs().into_iter().flat_map(|one| holding(program, one)).collect();
                    for item in items.iter().filter(|item| item.kind == Kind::Role) {
                        let role = (NameOf::Role, shown(item, renames));
                        if who.contains(&role) {
                            promise.stands_for.insert((Kind::Role, role.1));
                            named(&all_names(item), items, &mut reached);
                        }
                    }
                    promise.who = who.into_iter().map(|name| (name.1.clone(), vec![name])).collect();
                }
                "actions" | "steps" => {
                    promise.what.insert((said, needs()));
                }
                "on" => {
                    promise.on.insert((said, needs()));
                }
                "when" | "unless break-glass" => {
                    let mut conditions = BTreeSet::new();
                    named(&field.form.all_names(), items, &mut conditions);
                    reached.extend(conditions.iter().copied());
                    let bodies = conditions.into_iter().flat_map(|at| items.get(at)).map(|condition| {
                        let said = condition.fields.iter();
                        let said = said.map(|field| field.form.with(|of, name| renames.of(of, name)));
                        format!("{}: {}", shown(condition, renames), said.collect::<Vec<_>>().join("; "))
                    });
                    let all: Vec<String> = std::iter::once(said).chain(bodies).collect();
                    promise.conditions.insert((field.name, all.join("\n")));
                }
                // The two duties of a separation cannot be left out one by one.
                "first" | "second" => {
                    promise.what.insert((said.clone(), needs()));
                    // Without `by` nobody does both, in any order.
                    if item.fields.iter().any(|field| field.name == "by") {
                        promise.rest.push((field.name, said));
                    }
                }
                name => promise.rest.push((name, said)),
            }
        }
        let conditions = reached.into_iter().filter_map(|at| items.get(at));
        promise.stands_for.extend(conditions.map(|condition| (Kind::Condition, shown(condition, renames))));
        promise
    }

    fn of(&self) -> &'static str {
        match self.kind {
            Kind::Separation => SEPARATIONS,
            _ => ASSERTIONS,
        }
    }

    /// The part of it that is about what there is; `None` where nothing is left to be about.
    fn about(mut self, known: &Known) -> Option<Self> {
        let is_there = |needs: &[(NameOf, String)]| needs.iter().all(|name| known.0.contains(name));
        let all = self.what.len();
        self.what.retain(|(_, needs)| is_there(needs));
        let whole = self.what.len() == all;
        let anywhere = self.on.is_empty();
        self.on.retain(|(_, needs)| is_there(needs));
        // Whom a promise names and nobody can be, it need not name.
        let anyone = self.who.is_empty();
        if self.claim != "only" {
            self.who.retain(|(_, needs)| is_there(needs));
        }
        let left = match self.kind {
            Kind::Separation => whole,
            _ => !self.what.is_empty() && (anyone || !self.who.is_empty()) && (anywhere || !self.on.is_empty()),
        };
        left.then_some(self)
    }

    /// Whether whoever keeps it keeps another one, too, by their words.
    fn implies(&self, other: &Self) -> bool {
        let within = |one: &Names, all: &Names| one.iter().all(|(name, _)| all.iter().any(|(other, _)| other == name));
        let is_same = |one: &Names, other: &Names| within(one, other) && within(other, one);
        let covers = |mine: &Names, others: &Names| mine.is_empty() || (!others.is_empty() && within(others, mine));
        if (self.kind, &self.claim, &self.rest) != (other.kind, &other.claim, &other.rest) {
            return false;
        }
        let has_fewer_conditions = self.conditions.is_subset(&other.conditions);
        let says_of_more = within(&other.what, &self.what) && covers(&self.on, &other.on) && has_fewer_conditions;
        match self.claim.as_str() {
            "never" | "always" => says_of_more && covers(&self.who, &other.who),
            "only" => says_of_more && within(&self.who, &other.who),
            // That something is possible somewhere follows from no other promise.
            _ => {
                is_same(&self.what, &other.what)
                    && is_same(&self.who, &other.who)
                    && is_same(&self.on, &other.on)
                    && self.conditions == other.conditions
            }
        }
    }
}

/// What an item is called on the new side.
fn shown(item: &Item, renames: &Renames) -> String {
    item.key.with(|of, name| renames.of(of, name))
}

/// A role with those that extend it, whose holders are its own; anything else alone.
fn holding(program: &Program, (of, name): (NameOf, String)) -> Vec<(NameOf, String)> {
    let role = (of == NameOf::Role).then(|| program.find_role(&name)).flatten();
    match role {
        Some(id) => program.extenders(id).into_iter().map(|id| (of, program.role_name(id))).collect(),
        None => vec![(of, name)],
    }
}

/// All that an item names.
fn all_names(item: &Item) -> Vec<(NameOf, &str)> {
    item.fields.iter().flat_map(|field| field.form.all_names()).collect()
}

/// The conditions that are named, and those that they name, by their places among all parts.
fn named(names: &[(NameOf, &str)], items: &[Item], found: &mut BTreeSet<usize>) {
    for (of, name) in names.iter().filter(|(of, _)| *of == NameOf::Condition) {
        let place =
            items.iter().position(|item| item.names.as_ref().is_some_and(|(kind, other)| kind == of && other == name));
        let Some(at) = place else { continue };
        if found.insert(at)
            && let Some(condition) = items.get(at)
        {
            named(&all_names(condition), items, found);
        }
    }
}
