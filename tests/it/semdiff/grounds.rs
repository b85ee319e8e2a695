//! What is easily taken for equal: tests that one schema decides by itself, and forbids that may err where a gateway denies.

use gatewright::semdiff::Access;

use super::access::{between, difference, told};
use super::random::assert_valid;
use super::{Built, shop};

const RAW: &str = "\
//- /policy/a.cedarschema
entity Team;
entity User in [Team] { n: Long, shut?: Bool };
entity Doc { open: Bool };
action read appliesTo { principal: User, resource: Doc, context: { n: Long } };
//- /policy/a.cedar
@id(\"p\")
permit(principal in Team::\"x\", action, resource);
";

fn raw(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(RAW.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "the text has {old}");
        text.replace(old, new)
    })
}

#[test]
fn a_break_glass_that_goes_takes_its_access_along() {
    let start = super::SHOP.find("break-glass outage {").unwrap();
    let end = super::SHOP.find("assert paying").unwrap();
    let (without, asserted) =
        (super::SHOP.replace(super::SHOP.get(start..end).unwrap(), ""), " unless break-glass outage");
    let without = without.replace(asserted, "").replace("liftable ", "");
    let Some(found) = difference(super::SHOP, &without) else {
        return;
    };
    let text = told(&found);
    let lost =
        "narrowed break-glass outage: User Bill.pay on Bill [changed require steady; removed break-glass outage]";
    assert!(text.starts_with("narrowed\n") && text.contains(lost), "{text}");
    let Some(found) = difference(&without, super::SHOP) else {
        return;
    };
    let text = told(&found);
    assert!(text.contains("widened break-glass outage: User Bill.pay on Bill"), "{text}");
}

#[test]
fn what_an_attribute_kept_out_is_let_in_once_the_attribute_is_gone() {
    let deny = "no_secrets: deny App to read on Bill when resource.level == secret because \"L-1\";";
    let with = |attribute: &str| {
        let more = format!(
            "{deny}\nshut: deny App to read on Bill when principal has {attribute} && principal.{attribute} because \"L-2\";"
        );
        let app = format!("scopes: Set<String>, {attribute}?: Bool }}");
        shop(&[(deny, &more), ("scopes: Set<String> }", &app)])
    };
    let Some(found) = difference(&with("shut"), &with("barred")) else {
        return;
    };
    insta::assert_snapshot!(told(&found), @r#"
    schema-breaking
    both every App: App Bill.read on Bill [added attribute App.barred; removed attribute App.shut; changed deny shut]
        gained: forbidden shut (principal has shut && principal.shut) → granted App.Bill.read (principal.scopes.contains("bills"))
        lost: granted App.Bill.read (principal.scopes.contains("bills")) → forbidden shut (principal has barred && principal.barred)
    breaks: App.shut was removed
    "#);
}

#[test]
fn an_example_has_every_attribute_that_the_schema_requires() {
    let text = |grant: &str| {
        format!(
            "//- /policy/a.cedarschema\nentity User, Thing;\naction view appliesTo {{ principal: User, resource: Thing, context: {{ \
             n1: Long, n2: Long, ns: Set<Long>, user1: User, thing: Thing, at: datetime, price: decimal, from: ipaddr, \
             place: {{ n: Long, s?: String }}, note?: String }} }};\n//- /policy/a.cedar\n@id(\"p\")\n{grant}\n"
        )
    };
    let nobody = "permit(principal, action, resource) when { false };";
    for condition in [
        "context.n1 == 10 && context.n2 == 20 && context.ns == [context.n1, context.n2, 20, 10]",
        "context.place has s && context.place.s == \"x\"",
        "context.user1 == principal || context.n2 > 3",
    ] {
        let granted = format!("permit(principal, action, resource) when {{ {condition} }};");
        let (old, new) = (Built::of(&text(nobody)), Built::of(&text(&granted)));
        for sides in [[&old, &new], [&new, &old]] {
            let Some(found) = between(sides[0], sides[1]) else {
                return;
            };
            assert_eq!(found.accesses.iter().flat_map(Access::examples).count(), 1, "{}", told(&found));
            assert_valid(&found, sides);
        }
    }
}

#[test]
fn who_can_be_in_a_group_no_longer_loses_what_it_gave() {
    let alone = raw(&[(" in [Team]", ""), ("principal in Team::\"x\"", "principal == User::\"ann\"")]);
    let Some(found) = difference(RAW, &alone) else { return };
    insta::assert_snapshot!(told(&found), @r#"
    schema-breaking
    narrowed Team::"x": User read on Doc [changed raw policy p]
        lost: granted p () → no-grant 
    widened User::"ann": User read on Doc [changed type User; changed raw policy p]
        gained: no-grant  → granted p ()
    breaks: User is no longer in `Team`
    "#);
}

#[test]
fn a_guard_that_may_err_is_not_taken_for_one_that_always_holds() {
    // It holds of every number, but the sum overflows at the end of them, and a raw permit does not carry the guard.
    let guarded = |guard: &str| {
        shop(&[(
            "assert paying: only boss to pay on Bill unless break-glass outage;\n",
            &format!(
                "{guard}\n//- /policy/raw.cedar\n@id(\"pins\")\npermit(principal is Shop::User, action == Shop::Action::\"Note.pin\", resource);\n"
            ),
        )])
    };
    let Some(found) = difference(&guarded(""), &guarded("sums: require context.risk + 1 > context.risk for Note.pin;"))
    else {
        return;
    };
    insta::assert_snapshot!(told(&found), @r#"
    unknown
    unknown every User: User Note.pin on Note [added require sums]
        lost: `sums` may error here, and a gateway then denies
    "#);
}

#[test]
fn a_forbid_that_errs_at_times_which_nobody_can_state_leaves_nothing_open() {
    let text = |hours: &str, lifts: &str| {
        shop(&[
            ("from token { mfa: Bool }", "from token { mfa: Bool, auth_time: datetime }"),
            (
                "no_secrets: deny",
                &format!(
                    "stale: deny User to read on Bill when context.now.durationSince(context.auth_time) > {hours} because \"S-1\";\nfresh: liftable require context.now.durationSince(context.auth_time) <= 8h for Bill.pay;\nno_secrets: deny"
                ),
            ),
            ("lifts steady", &format!("when context.now.durationSince(context.auth_time) <= 8h;\n    lifts {lifts}")),
        ])
    };
    let Some(found) = difference(&text("8h", "steady"), &text("4h", "steady")) else {
        return;
    };
    assert_eq!(found.verdict().name(), "narrowed", "{}", told(&found));
    // A grant that wants by itself what it lifts.
    let Some(found) = difference(&text("8h", "steady"), &text("8h", "steady, fresh")) else {
        return;
    };
    assert_eq!(told(&found), "equivalent\n");
}
