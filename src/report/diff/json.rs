//! For programs: everything, in one object.

use serde::Serialize;
use serde_json::Value;

use crate::report::json::{Item, items};
use crate::semdiff::{Access, Change, Contrast, Difference, Direction, Example, Finding, Judged, Name, Replayed, What};
use crate::text::{Span, safe};

use super::asserted::AssertionItem;
use super::{Review, Sides, asserted, assigned, terms};
use crate::report::files::Files;

/// The version of the JSON format.
const FORMAT: u32 = 1;

/// The whole.
#[must_use]
pub fn json(difference: &Difference, review: Review<'_>, sides: Sides<'_>) -> String {
    let extent = &difference.extent;
    let declared = review.declared;
    let refusals = declared.refusals();
    let report = Report {
        format: FORMAT,
        package: sides.package,
        old: sides.old,
        new: sides.new,
        verdict: difference.verdict().name(),
        widened: difference.widens(),
        narrowed: difference.narrows(),
        unknown: difference.is_unsure(),
        gate: review.gate().name(),
        undeclared: declared.undeclared,
        undeclared_terms: declared.undeclared_terms,
        accesses: difference
            .accesses
            .iter()
            .enumerate()
            .map(|(at, access)| {
                let cover = declared.covers.get(at).copied().unwrap_or_default();
                let file = |at: Option<usize>| {
                    let judged = declared.declarations.get(at?)?;
                    Some(sides.new_files.path(judged.declaration.file))
                };
                AccessItem::new(access, [file(cover.gained), file(cover.lost)])
            })
            .collect(),
        assignments: assigned::told(difference, review, sides)
            .into_iter()
            .map(|one| AssignmentItem {
                direction: one.assigned.way.name(),
                who: &one.assigned.who,
                what: &one.assigned.what,
                brings: &one.assigned.brings,
                declared: one.declared.map(|judged| sides.new_files.path(judged.declaration.file)),
                place: place(
                    one.assigned.at,
                    match one.way {
                        Direction::Widened => sides.new_files,
                        Direction::Narrowed => sides.old_files,
                    },
                ),
            })
            .collect(),
        contract: terms::terms(difference, review)
            .map(|term| TermItem {
                path: &term.change.path,
                change: term.change.effect.name(),
                from: term.change.from.as_deref(),
                to: term.change.to.as_deref(),
                readers: &term.change.readers,
                through: term.through(),
                declared: term.declared.map(|judged| sides.new_files.path(judged.declaration.file)),
            })
            .collect(),
        declarations: declared
            .declarations
            .iter()
            .map(|judged| DeclarationItem::new(judged, sides.new_files))
            .collect(),
        refusals: items(refusals.iter(), sides.new_files),
        assertions: review.asserted.map(|all| asserted::items(review, all, sides.new_files)),
        unproved: review.asserted.map(|all| all.unasked),
        breaks: difference.breaks.iter().map(|one| BreakItem { what: &one.what, how: &one.how }).collect(),
        changes: difference
            .structure
            .changes
            .iter()
            .enumerate()
            .map(|(at, change)| ChangeItem::new(difference, at, change, sides))
            .collect(),
        extent: ExtentItem {
            kinds: extent.kinds,
            untouched: extent.untouched,
            equal: extent.equal,
            differing: extent.differing,
            elsewhere: extent.elsewhere,
            assuming: extent.assuming,
            questions: extent.statistics.questions,
            engine: extent.engine.as_deref(),
            wildcards: &extent.wildcards,
            uncompared: &extent.uncompared,
        },
    };
    safe::json(&report)
}

#[derive(Serialize)]
struct Report<'a> {
    format: u32,
    package: &'a str,
    old: &'a str,
    new: &'a str,
    verdict: &'static str,
    widened: bool,
    narrowed: bool,
    unknown: bool,
    gate: &'static str,
    undeclared: usize,
    undeclared_terms: usize,
    accesses: Vec<AccessItem<'a>>,
    assignments: Vec<AssignmentItem<'a>>,
    contract: Vec<TermItem<'a>>,
    declarations: Vec<DeclarationItem<'a>>,
    refusals: Vec<Item<'a>>,
    /// Assertions of the new side that do not hold, or are not known to.
    #[serde(skip_serializing_if = "Option::is_none")]
    assertions: Option<Vec<AssertionItem<'a>>>,
    /// How many were not asked about, as there is no solver.
    #[serde(skip_serializing_if = "Option::is_none")]
    unproved: Option<usize>,
    breaks: Vec<BreakItem<'a>>,
    changes: Vec<ChangeItem<'a>>,
    extent: ExtentItem<'a>,
}

#[derive(Serialize)]
struct AccessItem<'a> {
    direction: &'static str,
    holder: HolderItem<'a>,
    principal: &'a str,
    action: &'a str,
    resource: &'a str,
    presence: &'static str,
    gained: FindingItem<'a>,
    lost: FindingItem<'a>,
    /// How many other kinds of request change with it, where it is a wildcard's.
    #[serde(skip_serializing_if = "is_zero")]
    stands_for: usize,
    causes: &'a [usize],
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[derive(Serialize)]
struct AssignmentItem<'a> {
    direction: &'static str,
    who: &'a str,
    what: &'a str,
    brings: &'a [String],
    declared: Option<String>,
    place: PlaceItem,
}

#[derive(Serialize)]
struct HolderItem<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(tag = "found", rename_all = "lowercase")]
enum FindingItem<'a> {
    None,
    Some(Box<ExampleItem<'a>>),
    Unknown { reason: &'static str, message: String },
}

#[derive(Serialize)]
struct ExampleItem<'a> {
    declared: Option<String>,
    basis: &'static str,
    request: Value,
    before: Side<'a>,
    after: Side<'a>,
    contrasts: Vec<ContrastItem<'a>>,
}

#[derive(Serialize)]
struct Side<'a> {
    decision: &'static str,
    cause: &'static str,
    reasons: Vec<ReasonItem<'a>>,
}

#[derive(Serialize)]
struct ContrastItem<'a> {
    kind: &'static str,
    statement: &'a str,
    conditions: &'a [String],
}

#[derive(Serialize)]
struct ReasonItem<'a> {
    statement: &'a str,
    policy: &'a str,
    file: &'a str,
    line: u32,
    column: u32,
    when: &'a [String],
}

#[derive(Serialize)]
struct DeclarationItem<'a> {
    file: String,
    standing: &'static str,
    change: &'static str,
    who: Vec<&'a str>,
    what: Vec<&'a str>,
    contract: Vec<&'a str>,
    because: &'a str,
    owner: &'a str,
    ticket: Option<&'a str>,
    until: Option<String>,
    /// Names that nothing matches.
    unmatched: Vec<&'a str>,
}

#[derive(Serialize)]
struct TermItem<'a> {
    path: &'a str,
    change: &'static str,
    from: Option<&'a str>,
    to: Option<&'a str>,
    readers: &'a [String],
    through: Vec<String>,
    declared: Option<String>,
}

#[derive(Serialize)]
struct BreakItem<'a> {
    what: &'a str,
    how: &'a str,
}

#[derive(Serialize)]
struct ChangeItem<'a> {
    change: &'static str,
    kind: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldItem<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old: Option<PlaceItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new: Option<PlaceItem>,
    /// Indices into `accesses`.
    effects: Vec<usize>,
}

#[derive(Serialize)]
struct FieldItem<'a> {
    field: &'static str,
    from: Option<&'a str>,
    to: Option<&'a str>,
}

#[derive(Serialize)]
struct PlaceItem {
    file: String,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct ExtentItem<'a> {
    kinds: usize,
    untouched: usize,
    equal: usize,
    differing: usize,
    elsewhere: usize,
    assuming: usize,
    questions: usize,
    engine: Option<&'a str>,
    /// Wildcards that stand for more than is compared.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    wildcards: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    uncompared: &'a [String],
}

impl<'a> DeclarationItem<'a> {
    fn new(judged: &'a Judged, files: Files<'_>) -> Self {
        let declaration = &judged.declaration;
        let names = |all: &'a [Name]| all.iter().map(|name| name.text.as_str()).collect();
        Self {
            file: files.path(declaration.file),
            standing: judged.standing.name(),
            change: declaration.change.name(),
            who: names(&declaration.who),
            what: names(&declaration.what),
            contract: names(&declaration.contract),
            because: &declaration.because,
            owner: &declaration.owner,
            ticket: declaration.ticket.as_deref(),
            until: declaration.until.map(|until| until.at.to_string()),
            unmatched: judged.unmatched.iter().map(|one| one.name.text.as_str()).collect(),
        }
    }
}

impl<'a> AccessItem<'a> {
    fn new(access: &'a Access, [gained, lost]: [Option<String>; 2]) -> Self {
        Self {
            direction: access.change(),
            holder: HolderItem { kind: access.holder.kind(), name: access.holder.name() },
            principal: &access.request.principal,
            action: &access.request.action,
            resource: &access.request.resource,
            presence: access.request.presence.name(),
            gained: FindingItem::new(&access.gained, gained),
            lost: FindingItem::new(&access.lost, lost),
            stands_for: access.stands_for,
            causes: &access.causes,
        }
    }
}

impl<'a> FindingItem<'a> {
    fn new(finding: &'a Finding, declared: Option<String>) -> Self {
        match finding {
            Finding::None => Self::None,
            Finding::Found(example) => Self::example(example, declared),
            Finding::Unsure(doubt) => Self::Unknown { reason: doubt.name(), message: doubt.to_string() },
        }
    }

    fn example(example: &'a Example, declared: Option<String>) -> Self {
        Self::Some(Box::new(ExampleItem {
            declared,
            basis: example.basis.name(),
            request: example.witness.to_json(),
            before: Side::new(&example.before),
            after: Side::new(&example.after),
            contrasts: example.contrasts.iter().map(ContrastItem::new).collect(),
        }))
    }
}

impl<'a> ContrastItem<'a> {
    fn new(contrast: &'a Contrast) -> Self {
        Self { kind: contrast.name(), statement: contrast.statement(), conditions: contrast.conditions() }
    }
}

impl<'a> Side<'a> {
    fn new(side: &'a Replayed) -> Self {
        let reasons = side.reasons.iter().map(|reason| ReasonItem {
            statement: &reason.statement,
            policy: &reason.policy,
            file: &reason.place.file,
            line: reason.place.line,
            column: reason.place.column,
            when: &reason.when,
        });
        Self { decision: if side.allowed { "allow" } else { "deny" }, cause: side.cause, reasons: reasons.collect() }
    }
}

impl<'a> ChangeItem<'a> {
    fn new(difference: &'a Difference, at: usize, change: &'a Change, sides: Sides<'_>) -> Self {
        let (from, fields) = match &change.what {
            What::Added | What::Removed => (None, Vec::new()),
            What::Renamed { from } => (Some(from.as_str()), Vec::new()),
            What::Changed(fields) => {
                let fields = fields.iter().map(|field| FieldItem {
                    field: field.field,
                    from: field.from.as_deref(),
                    to: field.to.as_deref(),
                });
                (None, fields.collect())
            }
        };
        let effects = difference.accesses.iter().enumerate();
        Self {
            change: change.what.name(),
            kind: change.kind.name(),
            name: &change.name,
            from,
            fields,
            old: change.old.map(|span| place(span, sides.old_files)),
            new: change.new.map(|span| place(span, sides.new_files)),
            effects: effects.filter(|(_, access)| access.causes.contains(&at)).map(|(at, _)| at).collect(),
        }
    }
}

fn place(span: Span, files: Files<'_>) -> PlaceItem {
    let at = files.sources.position(span);
    PlaceItem { file: files.path(span.file), line: at.line, column: at.column }
}
