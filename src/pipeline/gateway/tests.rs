//! `gateway.toml` against a policy: what becomes of it in the contract, and every name that does not hold.

use crate::bundle::{Contract, GatewayContract, canonical_json};
use crate::diag::Diagnostics;
use crate::load::PackageFiles;
use crate::pipeline::{Checked, Options, check};
use crate::text::Instant;

const POLICY: &str = r#"
principal User in Org as org { level: Long }
principal Robot in Org as org;
allow Robot to read on Note when principal.org == resource.org;
resource Org;
enum Mode { day, night }
resource Bill in Org as org {
    amount: Long,
    payee: String,
    action list in org;
    @reads action read;
    sensitive action pay { ticket?: String, now_or_never?: Bool }
}
resource Note in Org as org {
    @reads action read;
}
context {
    from gateway { now: datetime, risk: Long }
    from token { mfa: Bool, auth_time: datetime }
}
isolate by org;
stepped_up: require context.mfa for Bill.pay;
require context.risk <= 3 for Bill.pay;
no_robots: deny Robot to pay on Bill when principal.org == resource.org because "LAW-1";
four_eyes: separate Bill.list from Bill.pay;
role clerk for User { allow read on Bill; allow read on Note; }
role payer for User { allow pay on Bill when principal.level > 2 because "FIN-1"; }
role lead for User { allow list on Bill; }
break-glass incident {
    for clerk;
    grants pay on Bill;
    resources at most 1;
    requires reason;
    when context.mfa;
    approved by 1 of lead;
    expires within 1h;
    uses at most 1;
    review within 24h by lead;
}
"#;

fn checked(policy: &str, gateway: Option<&str>) -> (PackageFiles, Checked) {
    let gateway = gateway.map(|text| ("gateway.toml", text));
    checked_files([("policy/main.gate", policy)].into_iter().chain(gateway))
}

fn checked_files<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> (PackageFiles, Checked) {
    let project = "[package]\nname = \"bills\"\nversion = \"0.1.0\"\nedition = \"2026\"\n";
    let mut out = Diagnostics::new();
    let texts = texts.into_iter().chain([("gatewright.toml", project)]);
    let package = PackageFiles::in_memory(texts, &mut out);
    let options = Options { at: Instant::parse_date("2026-03-01").unwrap(), levels: Vec::new(), roles: None };
    let checked = check(&package, &options, out);
    (package, checked)
}

/// What is said of `gateway.toml`.
fn faults((package, checked): &(PackageFiles, Checked)) -> String {
    let here = |span: &crate::text::Span| Some(span.file) == package.gateway;
    let shown = checked.diagnostics.iter().filter_map(|fault| {
        let span = fault.primary().filter(here)?;
        let line = package.sources.position(span).line;
        let help = fault.help.as_deref().unwrap_or("-");
        let at = package.sources.slice(span);
        Some(format!("{line} {} {at}: {}; {help}", fault.code, fault.message))
    });
    shown.collect::<Vec<_>>().join("\n")
}

const ROUTES: &str = r#"
[[route]]
method = "GET"
path = "/orgs/{org}/bills"
action = "Bill.list"
resource = { id = "path:org" }
[[route]]
method = "GET"
path = "/bills/{id}"
action = "Bill.read"
resource = { id = "path:id" }
[[route]]
method = "POST"
path = "/bills/{id}/{rest...}"
action = "Bill.pay"
resource = { type = "Bill", id = "path:id" }
[[route]]
method = "GET"
path = "/note"
action = "Note.read"
resource = { id = "header:X-Note" }
"#;

const REST: &str = r#"
[names.types]
bill = "Bill"
Note = "Note"
[names.actions]
can_read = ["Bill.read", "Note.read"]
"Bill.pay" = "Bill.pay"
[[subject]]
type = "Robot"
when = { claim = "kind", is = "robot" }
[[subject]]
type = "User"
attributes = { org = "tenant", level = "lvl" }
context = { mfa = "mfa" }
[obligations]
stepped_up = { type = "step-up", acr = ["a", "b"] }
no_robots = { type = "notification", channels = ["ops"] }
[mask]
attributes = ["Bill.payee", "context.risk", "context.ticket"]
[approvers]
0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef = 'User::"amy"'
"#;

#[test]
fn what_the_file_says_is_in_the_contract() {
    let run = checked(POLICY, Some(&format!("{ROUTES}{REST}")));
    assert_eq!(faults(&run), "");
    assert!(!run.1.failed(), "{:?}", run.1.diagnostics);
    let contract = &run.1.lowered.contract;
    let gateway = contract.gateway.as_ref().unwrap();
    let written = canonical_json(gateway).unwrap();
    let parts = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&written).unwrap();
    let lines = parts.iter().flat_map(|(key, part)| match part.as_array() {
        Some(items) => items.iter().map(|item| format!("{key}: {item}")).collect(),
        None => vec![format!("{key}: {part}")],
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    action_names: {"Bill.pay":{"Bill":"Bill.pay"},"can_read":{"Bill":"Bill.read","Note":"Note.read"}}
    approvers: {"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef":{"id":"amy","type":"User"}}
    obligations: {"no_robots":{"channels":["ops"],"type":"notification"},"stepped_up":{"acr":["a","b"],"type":"step-up"}}
    routes: {"action":"Bill.read","id":{"path":"id"},"methods":["GET"],"path":[{"text":"bills"},{"one":"id"}],"resource":"Bill"}
    routes: {"action":"Bill.pay","id":{"path":"id"},"methods":["POST"],"path":[{"text":"bills"},{"one":"id"},{"rest":"rest"}],"resource":"Bill"}
    routes: {"action":"Note.read","id":{"header":"x-note"},"methods":["GET"],"path":[{"text":"note"}],"resource":"Note"}
    routes: {"action":"Bill.list","id":{"path":"org"},"methods":["GET"],"path":[{"text":"orgs"},{"one":"org"},{"text":"bills"}],"resource":"Org"}
    subjects: {"id":"sub","type":"Robot","when":{"claim":"kind","is":"robot"}}
    subjects: {"attributes":{"level":"lvl","org":"tenant"},"context":{"mfa":"mfa"},"id":"sub","type":"User"}
    type_names: {"Note":"Note","bill":"Bill"}
    "#);
    assert_eq!(&serde_json::from_slice::<GatewayContract>(&written).unwrap(), gateway);

    assert!(contract.entities["Bill"].attributes["payee"].masked);
    assert!(!contract.entities["Bill"].attributes["amount"].masked);
    assert!(contract.actions.values().all(|action| action.context["risk"].masked && !action.context["now"].masked));
    assert!(contract.actions["Bill.pay"].context["ticket"].masked);

    let found = |method: &str, path: &[&str]| {
        let (route, names) = gateway.route(method, None, path)?;
        Some((route.action.as_str(), names.into_values().collect::<Vec<_>>().join(" ")))
    };
    assert_eq!(found("GET", &["bills", "b1"]), Some(("Bill.read", "b1".to_owned())));
    assert_eq!(found("POST", &["bills", "b1", "x", "y"]), Some(("Bill.pay", "b1 x/y".to_owned())));
    for (method, path) in
        [("POST", &["bills", "b1"][..]), ("GET", &["bills", "b1", "x"]), ("get", &["note"]), ("GET", &[])]
    {
        assert_eq!(found(method, path), None, "{method} {path:?}");
    }
}

#[test]
fn without_the_file_the_contract_is_as_it_was() {
    let plain = |run: (PackageFiles, Checked)| canonical_json(&run.1.lowered.contract).unwrap();
    let without = plain(checked(POLICY, None));
    assert!(!String::from_utf8(without.clone()).unwrap().contains("gateway\":"), "no key at all");
    let read: Contract = serde_json::from_slice(&without).unwrap();
    assert_eq!(read.gateway, None, "a contract without it is read as one without it");
    assert!(plain(checked(POLICY, Some(""))) != without, "an empty file says that there are no routes");
    let faulty = plain(checked(POLICY, Some("[mask]\nattributes = [\"Bill.payee\", \"Bill.x\"]\n")));
    assert!(faulty == without, "a file with a fault says nothing");
}

#[test]
fn every_name_that_does_not_hold_is_told_in_one_run() {
    let run = checked(
        POLICY,
        Some(
            r#"
[[route]]
method = "get"
path = "/a"
action = "Bill.raed"
resource = { type = "Bil", id = "fixed:x" }
[[route]]
method = "GET"
path = "/b"
action = "Bill.list"
resource = { type = "Bill", id = "fixed:x" }
[[route]]
method = "GET"
path = "/c"
action = "Bill.raed"
resource = { type = "Bil", id = "fixed:x" }
[names.types]
Bill = "Note"
memo = "Nota"
[names.actions]
read = ["Bill.read", "Bill.pay", "Note.reed"]
"Bill.pay" = "Note.read"
[subject]
type = "Org"
context = { now = "iat", mfaa = "mfa", ticket = "t" }
[[subjects]]
[obligations]
steped_up = { type = "step-up", acr = ["a"] }
four_eyes = { type = "step-up", acr = ["a"] }
"require.Bill.pay" = { type = "step-up", acr = ["a"] }
[mask]
attributes = ["Bill.paye", "context.rsk", "Bil.payee", "payee"]
[approvers]
0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef = 'Robot::"r2"'
1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef = 'Usr::"amy"'
"#,
        ),
    );
    insta::assert_snapshot!(faults(&run), @r#"
    3 config-value "get": `get` is not an HTTP method; write "GET"
    5 gateway-unknown-name "Bill.raed": unknown action `Bill.raed`; did you mean `Bill.read`?
    6 gateway-unknown-name "Bil": unknown type `Bil`; did you mean `Bill`?
    11 gateway-wrong-name "Bill": `Bill.list` is not decided on `Bill`; it is decided on `Org`
    15 gateway-unknown-name "Bill.raed": unknown action `Bill.raed`; did you mean `Bill.read`?
    16 gateway-unknown-name "Bil": unknown type `Bil`; did you mean `Bill`?
    18 gateway-ambiguous Bill: `Bill` is already a type, so it cannot be an alias of `Note`; choose a name that is not a type
    19 gateway-unknown-name "Nota": unknown type `Nota`; did you mean `Note`?
    21 gateway-ambiguous "Bill.pay": ambiguous: `read` on `Bill` may be `Bill.read` or `Bill.pay`; give one of the two a different name
    21 gateway-unknown-name "Note.reed": unknown action `Note.reed`; did you mean `Note.read`?
    22 gateway-ambiguous "Bill.pay": `Bill.pay` is already an action, so it cannot be an alias; choose a name that is not an action
    24 gateway-wrong-name "Org": `Org` cannot request any action; name one of `Robot`, `User`
    25 gateway-wrong-name now: `now` comes from the gateway, not from a token; remove it, or declare it under `from token` in `context`
    25 gateway-unknown-name mfaa: unknown context attribute `from token` called `mfaa`; did you mean `mfa`?
    25 gateway-unknown-name ticket: unknown context attribute `from token` called `ticket`; known here: `auth_time`, `mfa`
    26 config-unknown-key subjects: unknown key `subjects` in `gateway.toml`; did you mean `subject`?
    28 gateway-unknown-name steped_up: unknown guard `steped_up`; did you mean `stepped_up`?
    29 gateway-wrong-name four_eyes: `four_eyes` is neither a `require` nor a `deny`; name a `require` or `deny`: a caller cannot satisfy other guards
    30 gateway-wrong-name "require.Bill.pay": `require.Bill.pay` has no explicit name; name the statement, `NAME: require …`, and use that name here
    32 gateway-unknown-name "Bill.paye": unknown attribute of `Bill` called `paye`; did you mean `payee`?
    32 gateway-unknown-name "context.rsk": unknown context attribute `rsk`; did you mean `risk`?
    32 gateway-unknown-name "Bil.payee": unknown type `Bil`; did you mean `Bill`?
    32 gateway-wrong-name "payee": `payee` is not an attribute; write `TYPE.ATTRIBUTE` or `context.ATTRIBUTE`
    34 gateway-wrong-name 'Robot::"r2"': no break-glass profile is for `Robot`; name one of `User`
    35 gateway-unknown-name 'Usr::"amy"': unknown type `Usr`; did you mean `User`?
    "#);
    assert_eq!(run.1.lowered.contract.gateway, None);
    let run = checked(POLICY, Some("[subject]\ntype = \"User\"\nattributes = { levl = \"l\" }\n"));
    insta::assert_snapshot!(faults(&run), @r#"
    3 gateway-unknown-name levl: unknown attribute of `User` called `levl`; did you mean `level`?
    "#);
}

#[test]
fn names_are_looked_up_in_a_whole_program_only() {
    let faulty = POLICY.replace("role clerk for User", "role clerk for Usr");
    let run =
        checked(&faulty, Some("[names.types]\nuser = \"User\"\nbill = \"Bil\"\n[mask]\nattribute = \"Bill.payee\"\n"));
    insta::assert_snapshot!(faults(&run), @r#"
    5 config-unknown-key attribute: unknown key `attribute` in `[mask]`; did you mean `attributes`?
    "#);
}

#[test]
fn types_of_a_route_are_those_that_its_action_is_decided_on() {
    let policy = "principal User;\nenum Mode { day, night }\nresource Lamp { action look; }\n\
                  role all for User { allow look on Lamp; }\n";
    let schema = "entity Box;\nentity Crate;\naction \"open\" appliesTo { principal: [User], resource: [Box, Crate, Mode] };\naction \"any\";\n";
    let route = |path: &str, action: &str, resource: &str| {
        format!("[[route]]\nmethod = \"GET\"\npath = \"{path}\"\naction = \"{action}\"\nresource = {{ {resource} }}\n")
    };
    let gateway = [
        route("/a", "open", "type = \"Crate\", id = \"fixed:x\""),
        route("/b", "open", "type = \"Mode\", id = \"fixed:day\""),
        route("/c", "open", "id = \"fixed:x\""),
        route("/d", "any", "id = \"fixed:x\""),
        route("/e", "open", "type = \"Mode\", id = \"fixed:dya\""),
    ];
    let run = |gateway: &str| {
        checked_files([("policy/main.gate", policy), ("policy/raw.cedarschema", schema), ("gateway.toml", gateway)])
    };
    let sound = run(&gateway[..2].concat());
    assert_eq!(faults(&sound), "");
    let contract = sound.1.lowered.contract.gateway.unwrap();
    let types: Vec<_> = contract.routes.iter().map(|route| route.resource.as_str()).collect();
    assert_eq!(types, ["Crate", "Mode"]);
    insta::assert_snapshot!(faults(&run(&gateway.concat())), @r#"
    14 gateway-wrong-name "open": `open` is decided on more than one type of resource; add `type` to `resource`: one of `Box`, `Crate`, `Mode`
    19 gateway-wrong-name "any": no request for `any` is possible; name an action that applies to a resource type
    25 gateway-unknown-name "fixed:dya": `Mode` has no member `dya`; did you mean `day`?
    "#);
}
