//! The whole answer of a comparison: which access changed for whom, with a request for each change that both sides decide
//! differently, which parts changed, and which callers' requests the new side no longer takes. What could not be decided
//! stands here as such; it is never "equal".

use std::collections::BTreeSet;
use std::fmt;

use crate::analysis::solver::REMEDY;
use crate::analysis::{Statistics, Witness};
use crate::bundle::{OriginKind, Place};
use crate::decide::AttributePath;

use super::assigned::Assigned;
use super::breaks::Break;
use super::common_schema::Basis;
use super::contrast::Contrast;
use super::direction::Direction;
use super::holder::Holder;
use super::request_kind::RequestKind;
use super::structural::Structure;
use super::terms::{Effect, PACKAGE, TermChange};

/// Two programs compared.
#[derive(Debug, Clone, Default)]
pub struct Difference {
    /// Changes of parts, and the renames under which everything else was compared.
    pub structure: Structure,
    /// Changes of access, each kind of request and holder once, sorted. What is equal is not listed.
    pub accesses: Vec<Access>,
    /// Roles that somebody came to hold, or does not hold any more, by the package's assignments.
    pub assignments: Vec<Assigned>,
    /// What callers of the old side send that the new side refuses, whatever the policies say.
    pub breaks: Vec<Break>,
    /// What a gateway is told beside the policies, as far as it is told otherwise, sorted.
    pub terms: Vec<TermChange>,
    /// What the comparison came to in numbers.
    pub extent: Extent,
}

/// A change of what a holder may do in one kind of request, or a doubt whether there is one.
#[derive(Debug, Clone)]
pub struct Access {
    /// The kind of request, in the new side's names.
    pub request: RequestKind,
    /// Who the permits are for.
    pub holder: Holder,
    /// Requests that are allowed now and were not.
    pub gained: Finding,
    /// Requests that were allowed and are not any more.
    pub lost: Finding,
    /// How many other kinds of request change with it, because it is a wildcard's that stands for them.
    pub stands_for: usize,
    /// The changes of parts that bring it about, as indices into [`Structure::changes`], sorted.
    pub causes: Vec<usize>,
}

/// Whether requests were found that changed sides in one direction.
#[derive(Debug, Clone)]
pub enum Finding {
    /// There are none: proved, or plain from the policies.
    None,
    /// Here is one.
    Found(Box<Example>),
    /// There may be some.
    Unsure(Doubt),
}

/// Why it is not known whether there are such requests.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// There is no solver, so it was not asked.
    NoSolver,
    /// The solver did not answer, or the run was over.
    Unanswered(String),
    /// A counterexample was found that cannot be shown.
    NotShown(String),
    /// The two sides' schemas have no common ground for this kind of request.
    Incomparable(String),
}

/// A request that the two sides decide differently.
#[derive(Debug, Clone)]
pub struct Example {
    /// The request and its entities, in the new side's names.
    pub witness: Witness,
    /// The schema that takes them.
    pub basis: Basis,
    /// What the old side decides.
    pub before: Replayed,
    /// What the new side decides.
    pub after: Replayed,
    /// What the policies of the two sides differ by for such requests, whether or not this one runs into it.
    pub contrasts: Vec<Contrast>,
}

/// What one side decides of an example, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// Whether it is allowed.
    pub allowed: bool,
    /// What decided, as scenarios write it: `granted`, `no-grant`, `forbidden`.
    pub cause: &'static str,
    /// The statements that decided; where nothing grants, those of the holder's that come nearest to it.
    pub reasons: Vec<Reason>,
}

/// A statement that decided, or failed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Its name.
    pub statement: String,
    /// Its kind.
    pub kind: OriginKind,
    /// The Cedar policy.
    pub policy: String,
    /// Where it stands, on its own side.
    pub place: Place,
    /// Conditions in the author's words: of a grant that grants its own, of one that does not those that fail, of a guard
    /// those that it wants and that fail, of a denial its own.
    pub when: Vec<String>,
    /// What these read of the request.
    pub reads: Vec<AttributePath>,
}

/// The whole in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Every request is decided as before.
    Equivalent,
    /// Some requests are newly allowed or terms of access weakened, and nothing is the other way round.
    Widened,
    /// Some requests are newly denied or terms of access strengthened, and nothing is the other way round.
    Narrowed,
    /// Some of each.
    Both,
    /// Requests or entities that the old side takes are refused by the new one.
    SchemaBreaking,
    /// Something could not be decided.
    Unknown,
}

/// What was compared, and how it was settled. The four parts sum up to the pairs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extent {
    /// Kinds of request on either side.
    pub kinds: usize,
    /// Kinds of request that no change of a policy touches: equal without a question.
    pub untouched: usize,
    /// Kinds of request that some change touches and all requests of which are decided as before.
    pub equal: usize,
    /// Kinds of request with a change or a doubt.
    pub differing: usize,
    /// Kinds of request that are other shards' business.
    pub elsewhere: usize,
    /// Kinds of request of which something is proved only for times that are so near that Cedar's arithmetic cannot overflow:
    /// within 146 million years of 1970.
    pub assuming: usize,
    /// Wildcards that either side grants, which stand for more than the sides declare.
    pub wildcards: Vec<String>,
    /// Files of two bundles that a gateway may read, that differ, and that were not compared.
    pub uncompared: Vec<String>,
    /// What was put to the prover.
    pub statistics: Statistics,
    /// The solver, `cvc5 1.3.1`; `None` where there is none or none was needed.
    pub engine: Option<String>,
}

impl Difference {
    /// Whether nothing at all changed, names included.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.structure.changes.is_empty()
            && self.accesses.is_empty()
            && self.assignments.is_empty()
            && self.breaks.is_empty()
            && self.terms.is_empty()
            && self.extent.uncompared.is_empty()
    }

    /// Whether the old side has no such package, so that no requests were compared and everything that it allows is new.
    #[must_use]
    pub fn is_initial(&self) -> bool {
        self.terms.iter().any(|term| term.path == PACKAGE)
    }

    /// Whether some request is newly allowed, or a term of access weakened.
    #[must_use]
    pub fn widens(&self) -> bool {
        self.changes_access(Direction::Widened) || self.changes_terms(Effect::Weakens)
    }

    /// Whether some request is newly denied, or a term of access strengthened.
    #[must_use]
    pub fn narrows(&self) -> bool {
        self.changes_access(Direction::Narrowed) || self.changes_terms(Effect::Strengthens)
    }

    /// Whether the decision of some request changed in a direction, or somebody came to hold a role, or lost one.
    #[must_use]
    pub fn changes_access(&self, way: Direction) -> bool {
        self.accesses.iter().any(|access| access.finding(way).is_found())
            || self.assignments.iter().any(|one| one.way == way)
    }

    /// Whether some change of a term has an effect.
    #[must_use]
    pub fn changes_terms(&self, effect: Effect) -> bool {
        self.terms.iter().any(|term| term.effect == effect)
    }

    /// Whether something could not be decided.
    #[must_use]
    pub fn is_unsure(&self) -> bool {
        self.accesses.iter().any(|access| access.doubts().next().is_some())
    }

    /// The whole in one word. What is not known outranks everything, and a broken schema the rest.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match (self.is_unsure(), self.breaks.is_empty(), self.widens(), self.narrows()) {
            (true, ..) => Verdict::Unknown,
            (_, false, ..) => Verdict::SchemaBreaking,
            (_, _, true, true) => Verdict::Both,
            (_, _, true, false) => Verdict::Widened,
            (_, _, false, true) => Verdict::Narrowed,
            // What was not compared is not the same.
            (_, _, false, false) if !self.extent.uncompared.is_empty() => Verdict::Unknown,
            (_, _, false, false) => Verdict::Equivalent,
        }
    }

    /// The accesses that a change of a part brings about.
    pub fn effects(&self, change: usize) -> impl Iterator<Item = &Access> {
        let all = self.accesses.iter();
        all.filter(move |access| access.causes.contains(&change))
    }
}

impl Access {
    /// What people call its holder, and declarations name: `finance`, `every User`.
    #[must_use]
    pub fn who(&self) -> String {
        self.holder.title(&self.request.principal)
    }

    /// What was found of one direction.
    #[must_use]
    pub fn finding(&self, way: Direction) -> &Finding {
        match way {
            Direction::Widened => &self.gained,
            Direction::Narrowed => &self.lost,
        }
    }

    /// How it changed in one word, as far as is known. With a doubt beside it, it may be both.
    #[must_use]
    pub fn change(&self) -> &'static str {
        match (self.gained.is_found(), self.lost.is_found()) {
            (true, true) => "both",
            (true, false) => Direction::Widened.name(),
            (false, true) => Direction::Narrowed.name(),
            (false, false) => match self.doubts().any(|doubt| !matches!(doubt, Doubt::Incomparable(_))) {
                true => "unknown",
                false => "incomparable",
            },
        }
    }

    /// What is not known of it.
    pub fn doubts(&self) -> impl Iterator<Item = &Doubt> {
        let both: BTreeSet<&Doubt> = [&self.gained, &self.lost]
            .into_iter()
            .filter_map(|finding| match finding {
                Finding::Unsure(doubt) => Some(doubt),
                Finding::None | Finding::Found(_) => None,
            })
            .collect();
        both.into_iter()
    }

    /// The requests that changed sides: gained ones first.
    pub fn examples(&self) -> impl Iterator<Item = &Example> {
        [&self.gained, &self.lost].into_iter().filter_map(Finding::example)
    }
}

impl Finding {
    /// Whether there is a request.
    #[must_use]
    pub fn is_found(&self) -> bool {
        matches!(self, Self::Found(_))
    }

    /// The request.
    #[must_use]
    pub fn example(&self) -> Option<&Example> {
        match self {
            Self::Found(example) => Some(example),
            Self::None | Self::Unsure(_) => None,
        }
    }
}

impl Verdict {
    /// Its name, and for a mixture what is mixed: `widened and narrowed`.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Both => "widened and narrowed",
            one => one.name(),
        }
    }

    /// Its name, as reports write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Equivalent => "equivalent",
            Self::Widened => "widened",
            Self::Narrowed => "narrowed",
            Self::Both => "both",
            Self::SchemaBreaking => "schema-breaking",
            Self::Unknown => "unknown",
        }
    }
}

impl Doubt {
    /// Its name, as reports write it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NoSolver => "no-solver",
            Self::Unanswered(_) => "unanswered",
            Self::NotShown(_) => "not-shown",
            Self::Incomparable(_) => "incomparable",
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSolver => write!(f, "not checked: no solver found; {REMEDY}"),
            Self::Unanswered(why) | Self::NotShown(why) => f.write_str(why),
            Self::Incomparable(why) => write!(f, "the two sides cannot be compared: {why}"),
        }
    }
}
