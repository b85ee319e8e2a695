//! The one style, rule by rule. Each text is also formatted twice and read again.

use super::{MARKETPLACE, formatted, parsed};
use crate::syntax::{Limits, format};
use crate::text::Sources;

#[test]
fn the_sample_is_nearly_in_the_style() {
    let neat = formatted(MARKETPLACE);
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().concat();
    assert_eq!(squeezed(&neat), squeezed(MARKETPLACE));
    assert!(neat.lines().all(|line| line.split("//").next().unwrap().chars().count() <= 100));
    insta::assert_snapshot!(neat.lines().skip(30).take(16).collect::<Vec<_>>().join("\n"), @r#"
condition cleared(r: Payout) = r.classification <= principal.clearance;

role support for User {
    allow read on Payout when resource.classification != restricted; // a condition must type for every action of its grant
    allow list on Payout; // (list is decided on the Org: no classification there)
}
role finance for User extends support {
    allow create on Payout when low_risk;
    allow approve on Payout
        when low_risk && cleared(resource)
        because "FIN-12: finance approves what it is cleared for";
}
role security_lead for User { allow read, list on Payout; }
role helper for User extends support until "2027-02-01T00:00:00Z"; // exclusive, zone required; ends the inherited grants too
role admin on Org for User {
    allow read, list on Payout;
"#);
}

#[test]
fn line_ends_become_line_feeds_and_a_byte_order_mark_goes() {
    assert_eq!(formatted("\u{feff}role a;\r\n\r\n// c \r\nrole b; // d\t\r\n"), "role a;\n\n// c\nrole b; // d\n");
    assert_eq!(formatted(" \n "), "");
    assert_eq!(formatted("// c"), "// c\n");
}

#[test]
fn a_text_with_faults_is_left_alone() {
    let mut sources = Sources::default();
    let file = sources.add("p.gate", "role a\nrole b;");
    let faults = format(&sources, file, &Limits::default()).unwrap_err();
    assert_eq!(faults.len(), parsed("role a\nrole b;").1.len());
}

#[test]
fn blanks_stand_where_they_help_reading() {
    insta::assert_snapshot!(formatted(r#"condition  a( r :Payout,s:Set < Set<Level> > )=!( -b+ - 1*c )&&f ( ) . g [ "x" ]||A :: B :: "id" has d;
@allow(no-guard,because:"x")@x_y
gate:liftable   require ( a ) for T . b , U.c because"d" ;"#), @r#"
condition a(r: Payout, s: Set<Set<Level>>) = !(-b + -1 * c) && f().g["x"] || A::B::"id" has d;
@allow(no-guard, because: "x")
@x_y
gate: liftable require (a) for T.b, U.c because "d";
"#);
}

#[test]
fn at_most_one_empty_line_is_kept_and_none_at_the_edges_of_a_block() {
    insta::assert_snapshot!(formatted(r#"

// A comment.



role a {

    allow read on T;


    allow list on T;

}
role b;"#), @r#"
// A comment.

role a {
    allow read on T;

    allow list on T;
}
role b;
"#);
}

#[test]
fn a_block_stays_on_its_line_unless_broken_crowded_or_too_long() {
    insta::assert_snapshot!(formatted(r#"resource Org { plan: String }
resource Org {
    plan: String }
role a { allow read on T; }
role a { allow read on T; allow list on T; }
context { from token { mfa: Bool } }
resource Payout { amount: decimal, action read; }
enum Plan { a_rather_long_member, another_rather_long_member, a_third_rather_long_member, the_last }
principal User in Org as org, Team holds roles { clearance: Classification, contractor?: Bool, x: Long }
role b { }"#), @r#"
resource Org { plan: String }
resource Org {
    plan: String
}
role a { allow read on T; }
role a {
    allow read on T;
    allow list on T;
}
context { from token { mfa: Bool } }
resource Payout {
    amount: decimal,
    action read;
}
enum Plan { a_rather_long_member, another_rather_long_member, a_third_rather_long_member, the_last }
principal User in Org as org, Team holds roles {
    clearance: Classification,
    contractor?: Bool,
    x: Long
}
role b {}
"#);
}

#[test]
fn long_statements_break_before_their_clauses() {
    insta::assert_snapshot!(formatted(r#"allow User to approve, refuse on Payout via org when low_risk && cleared(resource) because "FIN-12: finance approves";
role admin on Organisation for User, Robot extends support, finance until "2027-02-01T00:00:00Z" when step_up;
role admin on Organisation for User, Robot extends support, finance until "2027-02-01T00:00:00Z" { allow a on T; }
isolate by org except AuditLog because "shared by all tenants" except Template because "made by us, for everyone";
deny FirstPartnerApplication, SecondPartnerApplication, ThirdPartnerApplication, Fourth to any on Payout when a;"#), @r#"
allow User to approve, refuse on Payout
    via org
    when low_risk && cleared(resource)
    because "FIN-12: finance approves";
role admin
    on Organisation
    for User, Robot
    extends support, finance
    until "2027-02-01T00:00:00Z"
    when step_up;
role admin on Organisation for User, Robot extends support, finance until "2027-02-01T00:00:00Z" {
    allow a on T;
}
isolate by org
    except AuditLog because "shared by all tenants"
    except Template because "made by us, for everyone";
deny FirstPartnerApplication,
    SecondPartnerApplication,
    ThirdPartnerApplication,
    Fourth to any on Payout
    when a;
"#);
}

#[test]
fn long_conditions_break_before_their_loosest_operators() {
    insta::assert_snapshot!(formatted(r#"condition a = resource.classification == restricted && principal.clearance == restricted || context.mfa && step_up;
condition b = if resource.classification == restricted then principal.clearance == restricted && context.mfa else true;
condition c = [principal.manager, principal.deputy] == [resource.owner, resource.deputy, resource.keeper, User::"a"];
allow User to read on Payout when a_condition_with_a_long_name(resource, principal) && another_condition_with_a_long_name(x);"#), @r#"
condition a =
    resource.classification == restricted && principal.clearance == restricted
    || context.mfa && step_up;
condition b =
    if resource.classification == restricted
    then principal.clearance == restricted && context.mfa
    else true;
condition c =
    [principal.manager, principal.deputy] == [
        resource.owner,
        resource.deputy,
        resource.keeper,
        User::"a"
    ];
allow User to read on Payout
    when a_condition_with_a_long_name(resource, principal) && another_condition_with_a_long_name(x);
"#);
}

#[test]
fn comments_keep_their_places() {
    insta::assert_snapshot!(formatted(r#"role a { // after the brace
    // before a grant
    allow read // in between
        on T; // after a grant

    // at the end
}
condition b = x && // why
    // why not
    y;
// the last one"#), @r#"
role a { // after the brace
    // before a grant
    allow read // in between
        on T; // after a grant

    // at the end
}
condition b =
    x
    && // why
        // why not
        y;
// the last one
"#);
}

#[test]
fn docs_and_annotations_precede_what_they_describe() {
    insta::assert_snapshot!(formatted(r#"/// A doc.
@owner("iam") resource R { /// Its name.
    @masked name: String,
    /// Reads.
    @reads @writes("name") action read; }
role r { /// Looks.
    @temporary looking: allow read on R until "2027-01-01T00:00:00Z"; }
actions crud { @reads read, sensitive erase }"#), @r#"
/// A doc.
@owner("iam")
resource R {
    /// Its name.
    @masked name: String,
    /// Reads.
    @reads @writes("name") action read;
}
role r {
    /// Looks.
    @temporary
    looking: allow read on R until "2027-01-01T00:00:00Z";
}
actions crud { @reads read, sensitive erase }
"#);
}
