//! The typed model of a suite: every name in it is known to exist in the policy's contract and its fixtures.
//! Reading it from YAML is in `load` and its neighbours; nothing here knows YAML.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Entities, EntityUid};

use crate::bundle::ValueType;
use crate::clauses::Step;
use crate::diag::Diagnostic;
use crate::text::{Duration, FileId, Instant, Span};

use super::value::Value;

/// One suite: a world of fixtures, a clock and tests.
#[derive(Debug, Clone)]
pub struct Suite {
    /// Its name, unique in the package.
    pub name: String,
    /// Its file.
    pub file: FileId,
    /// The name of its file, relative to the package.
    pub file_name: String,
    /// Its file and all that it includes.
    pub files: BTreeSet<FileId>,
    /// What every test's clock starts at.
    pub at: Instant,
    /// Its fixtures, included ones too.
    pub world: World,
    /// Its tests, in their order.
    pub tests: Vec<Test>,
}

impl Suite {
    /// What is wrong with causes that its tests name. These tests fail by it, and no others.
    pub fn faults(&self) -> impl Iterator<Item = &Diagnostic> {
        self.tests.iter().flat_map(Test::faults)
    }
}

/// The fixtures of a suite.
#[derive(Debug, Clone)]
pub struct World {
    /// Every entity that a decision sees: fixtures, holder groups and loaded Cedar data. Relative times in them are
    /// counted from the suite's `at`.
    pub entities: Entities,
    /// Principals, resources and groups by name.
    pub fixtures: BTreeMap<String, Fixture>,
    /// Contexts by name.
    pub contexts: BTreeMap<String, ContextFixture>,
}

/// Under which key a fixture stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// `principals`
    Principals,
    /// `resources`
    Resources,
    /// `groups`
    Groups,
}

/// One entity of the suite.
#[derive(Debug, Clone)]
pub struct Fixture {
    /// How tests name it, and what it is.
    pub named: Named,
    /// Its section.
    pub section: Section,
    /// The roles it was given, as written: `finance`, `Org::acme.admin`. Those it has through a group are included.
    pub roles: BTreeSet<String>,
}

/// An entity and what tests call it: a fixture's name, or `Type::"id"` for loaded data.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// What tests call it.
    pub label: String,
    /// Its type, a name in the contract's `entities`.
    pub ty: String,
    /// The Cedar entity.
    pub uid: EntityUid,
}

/// A context of which each action takes the attributes it knows.
#[derive(Debug, Clone, Default)]
pub struct ContextFixture {
    /// Values by attribute. Where actions give a name different types, the value has one reading for each type it fits.
    pub attributes: BTreeMap<String, Vec<(ValueType, Value)>>,
}

/// One test.
#[derive(Debug, Clone)]
pub struct Test {
    /// Its name, unique in the suite.
    pub name: String,
    /// The name in the suite.
    pub span: Span,
    /// Why it does not run.
    pub skip: Option<String>,
    /// Whether it goes into the bundle for a gateway to run.
    pub smoke: bool,
    /// What it claims.
    pub body: Body,
}

impl Test {
    /// What is wrong with causes that it names. The test fails by it, and no other.
    pub fn faults(&self) -> impl Iterator<Item = &Diagnostic> {
        let (claims, steps): (&[Claim], &[TimelineStep]) = match &self.body {
            Body::Claims(claims) => (claims, &[]),
            Body::Steps(steps) => (&[], steps),
            Body::Snapshot(_) => (&[], &[]),
        };
        let asked = steps.iter().flat_map(|step| match &step.action {
            StepAction::Ask { claims, .. } => claims.as_slice(),
            _ => &[],
        });
        let cited = claims.iter().chain(asked).filter_map(|claim| claim.because.as_ref());
        cited.flat_map(|because| &because.faults).chain(steps.iter().flat_map(|step| &step.faults))
    }
}

/// What a test claims.
#[derive(Debug, Clone)]
pub enum Body {
    /// Decisions, each on its own: `can`, `cannot`, `unknown`, `matrix`, `who-can`, `what-can`, `request`.
    Claims(Vec<Claim>),
    /// A timeline.
    Steps(Vec<TimelineStep>),
    /// A table that must be as accepted.
    Snapshot(SnapshotSpec),
}

/// One decision and what it must be.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The request.
    pub request: Request,
    /// The decision it must get.
    pub expected: Expected,
    /// The statements that must decide.
    pub because: Option<Because>,
    /// The words of the suite that claim it.
    pub span: Span,
    /// How those words claim it.
    pub stated: Stated,
}

/// What a claim says of the statements that decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Because {
    /// Whether these are all of them.
    pub extent: Extent,
    /// Their names.
    pub statements: BTreeSet<String>,
    /// What is wrong with some of the names: the policy has no such statement, or one that never decides so. A policy that
    /// lost a guard makes such a claim fail, and keeps no other from being tested.
    pub faults: Vec<Diagnostic>,
}

/// Whether named statements are all that decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// These and no others: `because: NAME`.
    Exactly,
    /// At least these: `because: {includes: NAME}`.
    Includes,
}

impl Extent {
    /// `exactly`, `includes`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Exactly => "exactly",
            Self::Includes => "includes",
        }
    }
}

impl Because {
    /// Whether it is true of what decided.
    #[must_use]
    pub fn agrees(&self, decided: &BTreeSet<String>) -> bool {
        let named = match self.extent {
            Extent::Exactly => self.statements == *decided,
            Extent::Includes => self.statements.is_subset(decided),
        };
        named && self.faults.is_empty()
    }
}

/// How a suite states a claim: a failure says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stated {
    /// In so many words.
    Directly,
    /// As the `decision` of a raw request, which is Cedar's: a permit that errors denies.
    AsDecision,
    /// By `otherwise: deny` of a matrix.
    Otherwise,
    /// By being in an exact set.
    InSet,
    /// By not being in an exact set.
    NotInSet,
}

/// A request to be decided.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who asks.
    pub principal: Named,
    /// For what: a name in the contract's `actions`.
    pub action: String,
    /// On what.
    pub resource: Named,
    /// In which context.
    pub context: ContextRef,
}

/// The context of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContextRef {
    /// None was named.
    None,
    /// A fixture's name.
    Fixture(String),
    /// A Cedar context of a raw request.
    Raw(serde_json::Map<String, serde_json::Value>),
}

/// What a decision must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expected {
    /// `can`
    Allow,
    /// `cannot`
    Deny,
    /// `unknown`
    Unknown,
}

impl Expected {
    /// `allowed`, `denied`, `unknown`: how a request was decided that met it.
    #[must_use]
    pub fn participle(self) -> &'static str {
        match self {
            Self::Allow => "allowed",
            Self::Deny => "denied",
            Self::Unknown => "unknown",
        }
    }

    /// `allow`, `deny`, `unknown`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Unknown => "unknown",
        }
    }
}

/// One step of a timeline.
#[derive(Debug, Clone)]
pub struct TimelineStep {
    /// How far the clock moves before it.
    pub after: Duration,
    /// The step in the suite.
    pub span: Span,
    /// What happens.
    pub action: StepAction,
    /// What is wrong with the cause of a refusal that it names: the policy has none such, and the step fails.
    pub faults: Vec<Diagnostic>,
}

/// What happens in a step.
#[derive(Debug, Clone)]
pub enum StepAction {
    /// Decisions are asked for, each with a grant if one is named.
    Ask {
        /// The decisions.
        claims: Vec<Claim>,
        /// The grant that the gateway would put into the context.
        with: Option<String>,
    },
    /// A break-glass grant is requested.
    Request(Box<GrantRequest>),
    /// People act on a request or a grant, one after the other.
    Act {
        /// What they do.
        act: Step,
        /// The grant's name in the suite.
        grant: String,
        /// Who.
        by: Vec<Named>,
        /// The context they do it in.
        context: ContextRef,
        /// The cause for which each must be refused; `None`: each must succeed.
        refused: Option<String>,
    },
    /// Nothing but time.
    Wait,
    /// The audit log must hold exactly these kinds of events, in this order, since the timeline began.
    Log(Vec<String>),
}

/// A request for a break-glass grant.
#[derive(Debug, Clone)]
pub struct GrantRequest {
    /// The profile.
    pub profile: String,
    /// Who asks.
    pub by: Named,
    /// Where the suite names them.
    pub by_span: Span,
    /// The context they ask in.
    pub context: ContextRef,
    /// The actions they ask for, names in the contract's `actions`.
    pub actions: Vec<String>,
    /// The resources they ask for.
    pub resources: Vec<Named>,
    /// How long the grant shall last.
    pub duration: Duration,
    /// Why.
    pub reason: Option<String>,
    /// Under which ticket.
    pub ticket: Option<String>,
    /// What later steps call the grant.
    pub grant: String,
    /// The cause for which it must be refused; `None`: it must be accepted.
    pub refused: Option<String>,
}

/// Which table a snapshot test writes.
#[derive(Debug, Clone)]
pub struct SnapshotSpec {
    /// The snapshot's file, relative to the package.
    pub path: String,
    /// The tables, one for each resource type and context.
    pub tables: Vec<Table>,
    /// Which decisions they list.
    pub listed: Listed,
    /// Roles asked for that no principal of the suite holds.
    pub unheld: Vec<String>,
}

/// Which decisions a table lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// Every one.
    All,
    /// All but denials: what is unknown or errs is never left out.
    NoDenials,
}

/// One table: who may do what to the resources of a type, in one context.
#[derive(Debug, Clone)]
pub struct Table {
    /// The resource type.
    pub ty: String,
    /// The context's name, if one was asked for.
    pub context: Option<String>,
    /// The lines of each principal, sorted by roles and name.
    pub rows: Vec<Row>,
}

/// A principal's lines in a table.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its roles, or its type if it holds none.
    pub roles: String,
    /// What tests call it.
    pub name: String,
    /// A request for each action and resource.
    pub requests: Vec<Request>,
}
