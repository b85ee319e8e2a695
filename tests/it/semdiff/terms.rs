//! What a gateway reads beside policies is compared, too: break-glass, provenance, `gateway.toml`.

use gatewright::pipeline;
use gatewright::semdiff::{Difference, Ground, Options, compare, required};
use gatewright::text::Instant;

use super::{Built, SHOP, shop};

const DAY: &str = "2026-03-01";

const GATEWAY: &str = r#"
//- /gateway.toml
[[route]]
method = "GET"
path = "/bills/{id}"
action = "Bill.read"
resource = { id = "path:id" }

[[route]]
method = "POST"
path = "/bills/{id}/pay"
action = "Bill.pay"
resource = { id = "path:id" }

[names.types]
bill = "Bill"

[names.actions]
get = "Bill.read"

[[subject]]
type = "User"
attributes = { level = "lvl" }
context = { mfa = "mfa" }

[obligations]
stepped_up = { type = "step-up", acr = ["gold"] }

[mask]
attributes = "Bill.level"

[approvers]
5b9a1e0c7f3d24860e91c5a7b3f2d8416c0e7a95b1d3f8240a6c9e5172b4d803 = 'User::"ann"'
"#;

const APPROVER: &str = "gateway.approvers.5b9a1e0c7f3d24860e91c5a7b3f2d8416c0e7a95b1d3f8240a6c9e5172b4d803.id";

fn at() -> Instant {
    Instant::parse_date(DAY).unwrap()
}

/// Compared without a solver: terms need none.
pub(super) fn between(old: &Built, new: &Built) -> Difference {
    let options = Options { prover: None, at: at(), is_mine: &|_| true, own_form: None, progress: &|_, _| () };
    compare(old.side(), new.side(), &options).unwrap()
}

/// The verdict, then a line for each term.
pub(super) fn told(difference: &Difference) -> String {
    let said = |side: &Option<String>| side.clone().unwrap_or_else(|| "-".to_owned());
    let mut lines = vec![difference.verdict().name().to_owned()];
    for term in &difference.terms {
        let readers = match term.readers.is_empty() {
            true => String::new(),
            false => format!(" (read by {})", term.readers.join(", ")),
        };
        let (from, to) = (said(&term.from), said(&term.to));
        lines.push(format!("{} {}: {from} → {to}{readers}", term.effect.name(), term.path));
    }
    lines.join("\n")
}

pub(super) fn terms(old: &str, new: &str) -> String {
    told(&between(&Built::of(old), &Built::of(new)))
}

/// The shop with its gateway, and with texts of either replaced.
fn with(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(format!("{SHOP}{GATEWAY}"), |text, (old, new)| {
        assert!(text.contains(old), "the shop has {old}");
        text.replace(old, new)
    })
}

fn edited(edits: &[(&str, &str)]) -> String {
    terms(&with(&[]), &with(edits))
}

#[test]
fn clauses_of_a_break_glass_that_no_policy_holds_weaken_in_one_direction() {
    let limited = [
        ("    pending 30m;\n", "    pending 30m;\n    grants per 24h at most 2;\n    cooldown 1h;\n"),
        ("requires reason;", "requires reason, ticket like \"INC-*\";"),
    ];
    let old = shop(&limited);
    let mut told = Vec::new();
    for (from, to) in [
        ("per 24h", "per 1h"),
        ("per 24h", "per 48h"),
        ("at most 2;\n    cooldown", "at most 3;\n    cooldown"),
        ("    grants per 24h at most 2;\n", ""),
        ("cooldown 1h", "cooldown 1m"),
        ("within 24h", "within 2400h"),
        ("pending 30m", "pending 3h"),
        ("refused by 1", "refused by 3"),
        ("    alerts on request to \"ops\";\n", ""),
        ("ticket like \"INC-*\"", "ticket like \"*\""),
        (", ticket like \"INC-*\"", ", ticket"),
        (", ticket like \"INC-*\"", ""),
    ] {
        assert!(old.contains(from), "{from}");
        let new = old.replace(from, to);
        told.push(format!("{from:?} → {to:?}\n{}", terms(&old, &new)));
    }
    insta::assert_snapshot!(told.join("\n\n"), @r#"
    "per 24h" → "per 1h"
    widened
    weakened break_glass.outage.window: 1d → 1h

    "per 24h" → "per 48h"
    narrowed
    strengthened break_glass.outage.window: 1d → 2d

    "at most 2;\n    cooldown" → "at most 3;\n    cooldown"
    unknown
    weakened break_glass.outage.max_grants: 2 → 3

    "    grants per 24h at most 2;\n" → ""
    unknown
    weakened break_glass.outage.max_grants: 2 → no limit
    weakened break_glass.outage.window: 1d → no limit

    "cooldown 1h" → "cooldown 1m"
    unknown
    weakened break_glass.outage.cooldown: 1h → 1m

    "within 24h" → "within 2400h"
    widened
    weakened break_glass.outage.review_within: 1d → 100d

    "pending 30m" → "pending 3h"
    unknown
    weakened break_glass.outage.pending: 30m → 3h

    "refused by 1" → "refused by 3"
    unknown
    weakened break_glass.outage.refusals: 1 → 3

    "    alerts on request to \"ops\";\n" → ""
    widened
    weakened break_glass.outage.alerts: {"request":["ops"]} → {}

    "ticket like \"INC-*\"" → "ticket like \"*\""
    unknown
    weakened break_glass.outage.ticket_pattern: INC-* → *

    ", ticket like \"INC-*\"" → ", ticket"
    unknown
    weakened break_glass.outage.ticket_pattern: INC-* → -

    ", ticket like \"INC-*\"" → ""
    unknown
    weakened break_glass.outage.ticket_pattern: INC-* → -
    weakened break_glass.outage.ticket_required: true → false
    "#);
}

#[test]
fn who_vouches_for_an_attribute_is_a_term() {
    let moved = [
        ("from gateway { now: datetime, risk: Long }", "from gateway { now: datetime }"),
        ("from token { mfa: Bool }", "from token { mfa: Bool, risk: Long }"),
    ];
    insta::assert_snapshot!(edited(&moved), @r"
    widened
    weakened provenance.risk: gateway → token
    ");
    insta::assert_snapshot!(edited(&[("from token { mfa: Bool }", "from caller { mfa: Bool }"), ("context = { mfa = \"mfa\" }\n", "")]), @r"
    widened
    weakened gateway.subjects.User.context.mfa: mfa → -
    weakened provenance.mfa: token → caller
    ");
}

#[test]
fn what_gateway_toml_says_is_a_term() {
    insta::assert_snapshot!(edited(&[]), @"equivalent");
    insta::assert_snapshot!(edited(&[("User::\"ann\"", "User::\"eve\"")]), @r"
    widened
    weakened gateway.approvers.5b9a1e0c7f3d24860e91c5a7b3f2d8416c0e7a95b1d3f8240a6c9e5172b4d803.id: ann → eve
    ");
    insta::assert_snapshot!(edited(&[("mfa = \"mfa\"", "mfa = \"email_verified\"")]), @r"
    widened
    weakened gateway.subjects.User.context.mfa: mfa → email_verified
    ");
    insta::assert_snapshot!(edited(&[("action = \"Bill.pay\"", "action = \"Bill.read\"")]), @r#"
    widened
    weakened gateway.routes["POST /bills/{id}/pay"].action: Bill.pay → Bill.read
    "#);
    insta::assert_snapshot!(edited(&[("attributes = \"Bill.level\"", "attributes = \"Bill.state\"")]), @r"
    widened
    weakened entities.Bill.attributes.level.masked: true → -
    weakened entities.Bill.attributes.state.masked: - → true
    ");
    insta::assert_snapshot!(edited(&[("acr = [\"gold\"]", "acr = [\"gold\", \"tin\"]")]), @r#"
    widened
    weakened gateway.obligations.stepped_up: {"type":"step-up","acr":["gold"]} → {"type":"step-up","acr":["gold","tin"]}
    "#);
    insta::assert_snapshot!(edited(&[("get = \"Bill.read\"", "get = \"Bill.pay\"")]), @r"
    widened
    weakened gateway.action_names.get.Bill: Bill.read → Bill.pay
    ");
    insta::assert_snapshot!(terms(SHOP, &with(&[])), @r#"
    widened
    weakened entities.Bill.attributes.level.masked: - → true
    weakened gateway.action_names.get: - → {"Bill":"Bill.read"}
    weakened gateway.approvers.5b9a1e0c7f3d24860e91c5a7b3f2d8416c0e7a95b1d3f8240a6c9e5172b4d803: - → {"type":"User","id":"ann"}
    weakened gateway.obligations.stepped_up: - → {"type":"step-up","acr":["gold"]}
    weakened gateway.routes["GET /bills/{id}"]: - → {"methods":["GET"],"path":[{"text":"bills"},{"one":"id"}],"action":"Bill.read","resource":"Bill","id":{"path":"id"}}
    weakened gateway.routes["POST /bills/{id}/pay"]: - → {"methods":["POST"],"path":[{"text":"bills"},{"one":"id"},{"text":"pay"}],"action":"Bill.pay","resource":"Bill","id":{"path":"id"}}
    weakened gateway.subjects.User: - → {"type":"User","id":"sub","attributes":{"level":"lvl"},"context":{"mfa":"mfa"}}
    weakened gateway.type_names.bill: - → Bill
    "#);
}

#[test]
fn a_gateway_follows_a_rename() {
    let renamed = with(&[("pay", "settle"), ("stepped_up", "strong"), ("outage", "alarm")]);
    let difference = between(&Built::of(&with(&[])), &Built::of(&renamed));
    // A path is no name of the policy, and stays another route.
    insta::assert_snapshot!(told(&difference), @r#"
    schema-breaking
    weakened gateway.routes["POST /bills/{id}/pay"]: {"methods":["POST"],"path":[{"text":"bills"},{"one":"id"},{"text":"pay"}],"action":"Bill.settle","resource":"Bill","id":{"path":"id"}} → -
    weakened gateway.routes["POST /bills/{id}/settle"]: - → {"methods":["POST"],"path":[{"text":"bills"},{"one":"id"},{"text":"settle"}],"action":"Bill.settle","resource":"Bill","id":{"path":"id"}}
    "#);
}

/// The gate's word on what a new text declares, and what it refuses of the files.
fn gate(old: &str, new: &str) -> String {
    let (old, new) = (Built::of(old), Built::of(new));
    let difference = between(&old, &new);
    let declared = pipeline::declared(old.package(), new.package(), &difference, None, at());
    let refused = declared.refusals();
    let refused = refused.iter().map(|found| {
        let help = found.help.as_deref().unwrap_or("-");
        format!("\n{}: {}; {help}", found.code, found.message)
    });
    let refused: String = refused.collect();
    format!("{}, {} undeclared{refused}", declared.gate().name(), declared.undeclared_terms)
}

#[test]
fn a_weakened_term_passes_the_gate_where_it_is_declared() {
    let weaker = with(&[("User::\"ann\"", "User::\"eve\""), ("review within 24h", "review within 48h")]);
    let declared = |names: &str, change: &str| {
        format!("{weaker}\n//- /changes/a.yaml\ncontract: {names}\nchange: {change}\nbecause: b\nowner: o\n")
    };
    let both = &format!("[{APPROVER}, break_glass.outage.review_within]");
    insta::assert_snapshot!(gate(&with(&[]), &weaker), @"fails, 2 undeclared");
    insta::assert_snapshot!(gate(&with(&[]), &declared(both, "widened")), @"passes, 0 undeclared");
    insta::assert_snapshot!(gate(&with(&[]), &declared("break_glass.outage.review_within", "widened")), @"fails, 1 undeclared");
    insta::assert_snapshot!(gate(&with(&[]), &declared(&format!("[{APPROVER}, break_glass.outage.review]"), "widened")), @r"
    fails, 1 undeclared
    change-stale: `break_glass.outage.review` is not weakened in the contract; did you mean `break_glass.outage.review_within`?
    ");
    insta::assert_snapshot!(gate(&with(&[]), &declared(both, "narrowed")), @r"
    fails, 2 undeclared
    change-stale: `gateway.approvers.5b9a1e0c7f3d24860e91c5a7b3f2d8416c0e7a95b1d3f8240a6c9e5172b4d803.id` is not strengthened in the contract; remove the name or the file: unchanged access needs no declaration
    change-stale: `break_glass.outage.review_within` is not strengthened in the contract; remove the name or the file: unchanged access needs no declaration
    ");
    // What is stricter need not be declared.
    insta::assert_snapshot!(gate(&with(&[("review within 24h", "review within 48h")]), &with(&[])), @"passes, 0 undeclared");
}

#[test]
fn a_weakened_term_is_weighed_like_widened_access() {
    let step = |edits: &[(&str, &str)]| {
        let difference = between(&Built::of(&with(&[])), &Built::of(&with(edits)));
        let required = required(&difference, &gatewright::config::Bump::default());
        (required.step.name(), required.ground)
    };
    assert_eq!(step(&[]), ("patch", Ground::Equivalent));
    assert_eq!(step(&[("User::\"ann\"", "User::\"eve\"")]), ("minor", Ground::Widened));
    assert_eq!(step(&[("pending 30m", "pending 10m")]), ("minor", Ground::Narrowed));
}
