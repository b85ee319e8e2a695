//! `steps`: a timeline on a virtual clock. Each step may move the clock first (`after`), then asks, or acts on a
//! break-glass grant, or looks at the audit log.

use std::collections::BTreeSet;

use crate::break_glass::{EventKind, Reason};
use crate::clauses::Step;
use crate::diag::{Diagnostic, Diagnostics, closest};
use crate::load::document::{Fields, Node};
use crate::scenario::codes;
use crate::scenario::codes::SUITE;
use crate::scenario::suite::{ContextRef, Expected, GrantRequest, StepAction, TimelineStep};
use crate::text::Duration;

use super::claims;
use super::names::Names;

/// The steps that people take with a grant that was asked for.
const ACTS: [Step; 5] = [Step::Withdraw, Step::Approve, Step::Refuse, Step::Revoke, Step::Review];

const REQUEST_KEYS: [&str; 11] =
    ["after", "request", "by", "in", "actions", "resources", "for", "reason", "ticket", "as-grant", "refused"];
const ASK_KEYS: [&str; 8] = ["after", "as", "in", "with", "can", "cannot", "unknown", "because"];

/// Reads a timeline.
pub(super) fn read(test: &Fields<'_>, names: &Names<'_>, out: &mut Diagnostics) -> Vec<TimelineStep> {
    let Some(node) = test.require("steps", out) else {
        return Vec::new();
    };
    let faults = out.len();
    let mut grants = BTreeSet::new();
    let mut steps = Vec::new();
    for item in SUITE.at(node, "`steps`").list(out).unwrap_or_default() {
        let Some((fields, action)) = step(item, &mut grants, names, out) else {
            continue;
        };
        let after = fields.get("after").and_then(|node| SUITE.at(node, "`after`").duration(out));
        let refused_in_vain = refused_in_vain(&fields, names);
        let Some(action) = action else {
            // The suite does not run; what else is wrong with the step is told all the same.
            out.extend(refused_in_vain);
            continue;
        };
        steps.push(TimelineStep {
            after: after.unwrap_or(Duration(0)),
            span: item.span,
            action,
            faults: refused_in_vain,
        });
    }
    if node.as_list().is_some_and(<[Node]>::is_empty) {
        out.push(Diagnostic::error(codes::EMPTY_CLAIM, node.span, "the timeline has no steps").label("empty"));
    } else if out.len() == faults && steps.iter().all(|step| does_nothing(&step.action)) {
        out.push(
            Diagnostic::error(codes::EMPTY_CLAIM, node.span, "the timeline checks nothing")
                .label("it would pass under any policy")
                .help("add a question (`can`, `cannot`, `unknown`), a step on a grant or `log`"),
        );
    }
    steps
}

fn step<'a>(
    node: &'a Node,
    grants: &mut BTreeSet<String>,
    names: &Names<'_>,
    out: &mut Diagnostics,
) -> Option<(Fields<'a>, Option<StepAction>)> {
    SUITE.at(node, "a step").mapping(out)?;
    if node.get("request").is_some() {
        let fields = SUITE.fields(node, "a request for a grant", &REQUEST_KEYS, out)?;
        let action = request(&fields, names, out).map(|request| {
            grants.insert(request.grant.clone());
            StepAction::Request(Box::new(request))
        });
        // A grant that a faulty step would have named is known all the same, or every later step is reported too.
        grants.extend(node.get("as-grant").and_then(Node::written).map(str::to_owned));
        return Some((fields, action));
    }
    if let Some(act) = ACTS.into_iter().find(|act| node.get(act.word()).is_some()) {
        let fields = SUITE.fields(node, "a step on a grant", &["after", act.word(), "by", "in", "refused"], out)?;
        let action = acted(act, &fields, grants, names, out);
        return Some((fields, action));
    }
    if node.get("log").is_some() {
        let fields = SUITE.fields(node, "a `log` step", &["after", "log"], out)?;
        let action = log(&fields, out);
        return Some((fields, action));
    }
    let keys: Vec<&str> = ASK_KEYS.into_iter().chain(["request", "log"]).chain(ACTS.map(Step::word)).collect();
    // The other keys of a step depend on this one, so that nothing is said of them.
    let starts: Vec<&str> = ["request", "log"].into_iter().chain(ACTS.map(Step::word)).collect();
    let misspelt = |key: &str| !keys.contains(&key) && closest(key, starts.iter().copied()).is_some();
    if let Some((key, _)) = node.as_map().unwrap_or_default().iter().find(|(key, _)| misspelt(&key.text)) {
        out.push(SUITE.unknown(key, "a step", &keys));
        grants.extend(node.get("as-grant").and_then(Node::written).map(str::to_owned));
        return None;
    }
    let faults = out.len();
    let fields = SUITE.fields(node, "a step", &keys, out)?;
    let asks = claims::VERBS.iter().any(|(verb, _)| fields.get(verb).is_some());
    let waits = fields.get("after").is_some() && fields.get("as").is_none();
    if !asks && waits {
        return Some((fields, Some(StepAction::Wait)));
    }
    if !asks {
        // A misspelt key is the likeliest reason that nothing is found.
        if out.len() == faults {
            out.push(
                Diagnostic::error(codes::EMPTY_CLAIM, fields.span(), "this step does nothing")
                    .label("no question, act or event")
                    .help("add `can`, `cannot`, `unknown`, `request`, `approve`, `refuse`, `withdraw`, `revoke`, `review`, `after` or `log`"),
            );
        }
        return Some((fields, None));
    }
    let with = fields.get("with").and_then(|node| grant(node, grants, out));
    // A grant that does not count is the cause of a denial in place of the missing grant.
    let causes = if with.is_some() { reasons() } else { Vec::new() };
    let faults = out.len();
    let claims = claims::direct(&fields, &causes, names, out);
    if claims.is_empty() && out.len() == faults {
        nobody(&fields, out);
    }
    Some((fields, Some(StepAction::Ask { claims, with })))
}

fn request(fields: &Fields<'_>, names: &Names<'_>, out: &mut Diagnostics) -> Option<GrantRequest> {
    let profile_node = fields.require("request", out)?;
    let profile = SUITE.at(profile_node, "a break-glass profile").scalar(out)?;
    if !names.profiles.contains_key(profile) {
        out.push(
            Diagnostic::error(
                codes::UNKNOWN_NAME,
                profile_node.span,
                format!("unknown break-glass profile `{profile}`"),
            )
            .label("no such profile is declared")
            .meant(profile_node.span, profile, names.profiles.keys().map(String::as_str)),
        );
    }
    let by_node = fields.require("by", out);
    let by = by_node.and_then(|node| names.principal(node, out));
    let resources: Vec<_> = fields
        .require("resources", out)
        .map(|node| names.resources(node, out))
        .unwrap_or_default()
        .into_iter()
        .map(|at| at.value)
        .collect();
    let asked =
        fields.require("actions", out).map(|node| claims::actions_on(node, &resources, names, out)).unwrap_or_default();
    let actions: BTreeSet<String> = asked.into_iter().map(|(_, action, _)| action).collect();
    let duration = fields.require("for", out).and_then(|node| SUITE.at(node, "`for`").duration(out));
    let grant = fields.require("as-grant", out).and_then(|node| SUITE.at(node, "a grant's name").scalar(out));
    let optional = |key: &'static str, out: &mut Diagnostics| {
        fields.get(key).and_then(|node| SUITE.at(node, "this value").scalar(out)).map(str::to_owned)
    };
    // Everything is read before anything is missed, so that all faults are told at once.
    let (reason, ticket) = (optional("reason", out), optional("ticket", out));
    let (context, refused) = (context(fields, names, out), refused(fields, out));
    Some(GrantRequest {
        profile: profile.to_owned(),
        by: by?,
        by_span: by_node?.span,
        context: context?,
        actions: actions.into_iter().collect(),
        resources,
        duration: duration?,
        reason,
        ticket,
        grant: grant?.to_owned(),
        refused,
    })
}

fn acted(
    act: Step,
    fields: &Fields<'_>,
    grants: &BTreeSet<String>,
    names: &Names<'_>,
    out: &mut Diagnostics,
) -> Option<StepAction> {
    let grant = fields.require(act.word(), out).and_then(|node| grant(node, grants, out));
    let faults = out.len();
    let by_node = fields.require("by", out);
    let by: Vec<_> =
        by_node.map(|node| names.principals(node, out)).unwrap_or_default().into_iter().map(|at| at.value).collect();
    if by.is_empty() && out.len() == faults {
        nobody(fields, out);
    }
    let (context, refused) = (context(fields, names, out), refused(fields, out));
    Some(StepAction::Act { act, grant: grant?, by, context: context?, refused })
}

/// A step whose lists are empty, or whose `all` stands for nothing, would pass whatever the policy says.
fn nobody(fields: &Fields<'_>, out: &mut Diagnostics) {
    out.push(
        Diagnostic::error(codes::EMPTY_CLAIM, fields.span(), "this step does nothing")
            .label("it names no principal, or makes no request"),
    );
}

/// Whether a step neither asks nor changes anything. Nothing is in the log of a timeline in which nothing happens.
fn does_nothing(action: &StepAction) -> bool {
    match action {
        StepAction::Wait => true,
        StepAction::Log(events) => events.is_empty(),
        _ => false,
    }
}

fn log(fields: &Fields<'_>, out: &mut Diagnostics) -> Option<StepAction> {
    let known: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.name()).collect();
    let mut kinds = Vec::new();
    for item in SUITE.at(fields.require("log", out)?, "`log`").list(out)? {
        let kind = SUITE.at(item, "a kind of event").scalar(out)?;
        if !known.contains(&kind) {
            out.push(
                Diagnostic::error(codes::UNKNOWN_NAME, item.span, format!("unknown kind of event `{kind}`"))
                    .label("the log never contains this")
                    .meant(item.span, kind, known.iter().copied()),
            );
        }
        kinds.push(kind.to_owned());
    }
    Some(StepAction::Log(kinds))
}

fn grant(node: &Node, grants: &BTreeSet<String>, out: &mut Diagnostics) -> Option<String> {
    let name = SUITE.at(node, "a grant").scalar(out)?;
    if !grants.contains(name) {
        out.push(
            Diagnostic::error(codes::UNKNOWN_NAME, node.span, format!("unknown grant `{name}`"))
                .label("no earlier step of this timeline requests it")
                .meant(node.span, name, grants.iter().map(String::as_str)),
        );
        return None;
    }
    Some(name.to_owned())
}

fn context(fields: &Fields<'_>, names: &Names<'_>, out: &mut Diagnostics) -> Option<ContextRef> {
    match fields.get("in") {
        Some(node) => names.context(node, out),
        None => Some(ContextRef::None),
    }
}

/// The cause of a refusal: one of the state machine's, or a statement that denies.
fn refused(fields: &Fields<'_>, out: &mut Diagnostics) -> Option<String> {
    let node = fields.get("refused")?;
    SUITE.at(node, "the cause of a refusal").scalar(out).map(str::to_owned)
}

/// What is wrong with the cause of a refusal. Such a step fails, whatever happens.
fn refused_in_vain(fields: &Fields<'_>, names: &Names<'_>) -> Vec<Diagnostic> {
    let cause = fields.get("refused").and_then(|node| Some((node, node.written()?)));
    let fault = cause.and_then(|(node, cause)| names.cannot_decide(cause, node.span, Expected::Deny, &reasons()));
    fault.into_iter().collect()
}

/// The reasons of the state machine by name.
fn reasons() -> Vec<&'static str> {
    Reason::ALL.iter().map(|reason| reason.name()).collect()
}

#[cfg(test)]
mod tests {
    use crate::scenario::testing::{WORLD, faults, load, marketplace};

    #[test]
    fn a_timeline_in_which_nothing_happens_checks_nothing() {
        for steps in ["[]", "[{after: 5m}]", "[{log: []}]", "[{log: []}, {after: 5m}, {log: []}]"] {
            let loaded =
                load(&[("s.yaml", &format!("{WORLD}tests:\n  - {{name: t, steps: {steps}}}\n"))], &marketplace());
            assert!(faults(&loaded).starts_with("scenario-empty-claim"), "{steps}: {}", faults(&loaded));
        }
        let asked = "tests:\n  - {name: t, steps: [{log: []}, {as: dana, in: calm, cannot: {approve: p1}}]}\n";
        assert_eq!(faults(&load(&[("s.yaml", &format!("{WORLD}{asked}"))], &marketplace())), "");
    }

    #[test]
    fn every_fault_in_a_timeline_is_told_in_one_run() {
        let steps = r#"tests:
  - name: t
    steps:
      - {request: incident, by: dana, in: calm, actions: [aprove], resources: [p1], for: long, as-grant: g1}
      - {approve: g2, by: [sam], refused: [self-approval, cooldown]}
      - {revoke: g1, by: dana, refused: too-late}
      - {as: dana, in: calm, with: g1, cannot: {approve: p1}, because: expried}
      - {as: dana, in: calm, cannot: {approve: p1}, because: expired}
      - {log: [denied, request]}
      - {after: -5m}
      - {as: dana, in: calm}
      - {review: g1, by: dana, when: now}
      - {who: dana}
      - {approve: g1, by: []}
      - {as: [], in: calm, can: {approve: p1}}
      - []
"#;
        let loaded = load(&[("s.yaml", &format!("{WORLD}{steps}"))], &marketplace());
        insta::assert_snapshot!(faults(&loaded), @"
        scenario-unknown-name @ 18:19 `incident`: unknown break-glass profile `incident` | no such profile is declared
        scenario-unknown-name @ 18:59 `aprove`: unknown action `aprove` | no action on a Payout has this name | did you mean `approve`?
        scenario-wrong-value @ 18:90 `long`: `for` must be a duration |  | write `30m`, `1h30m` or `2d`
        scenario-unknown-name @ 19:19 `g2`: unknown grant `g2` | no earlier step of this timeline requests it | did you mean `g1`?
        scenario-unknown-name @ 19:28 `sam`: unknown fixture `sam` | not declared | known here: `acme`, `dana`, `fred`, `mia`, `p1`, `p2`, `shopify`
        scenario-wrong-shape @ 19:43 `[self-approval, cooldown]`: the cause of a refusal must be text, found a list |  | write a single value
        scenario-unknown-name @ 20:41 `too-late`: unknown statement `too-late` | no statement of the policy has this name
        scenario-unknown-name @ 21:72 `expried`: unknown statement `expried` | no statement of the policy has this name | did you mean `expired`?
        scenario-unknown-name @ 22:62 `expired`: unknown statement `expired` | no statement of the policy has this name | known here: `isolate.org`, `no-grant`, `partners`, `permit-errored`, `stepped_up`
        scenario-unknown-name @ 23:24 `request`: unknown kind of event `request` | the log never contains this | did you mean `requested`?
        scenario-wrong-value @ 24:17 `-5m`: `after` must be a duration |  | write `30m`, `1h30m` or `2d`
        scenario-empty-claim @ 25:9 `{as: dana, in: calm}`: this step does nothing | no question, act or event | add `can`, `cannot`, `unknown`, `request`, `approve`, `refuse`, `withdraw`, `revoke`, `review`, `after` or `log`
        scenario-unknown-key @ 26:32 `when`: unknown key `when` in a step on a grant |  | known here: `after`, `by`, `in`, `refused`, `review`
        scenario-unknown-key @ 27:10 `who`: unknown key `who` in a step |  | write `as` in place of `who`
        scenario-empty-claim @ 28:9 `{approve: g1, by: []}`: this step does nothing | it names no principal, or makes no request
        scenario-empty-claim @ 29:9 `{as: [], in: calm, can: {approve: p1}}`: this step does nothing | it names no principal, or makes no request
        scenario-wrong-shape @ 30:9 `[]`: a step must be a mapping, found a list |  | write `key: value` entries
        ");
    }
}
