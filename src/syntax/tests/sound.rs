//! Sound texts, construct by construct: the tree without its spans, and the expressions with all their parentheses.

use super::{MARKETPLACE, expressions, faults, parsed, tree};

#[test]
fn the_sample_of_the_language_page_parses() {
    assert_eq!(faults(MARKETPLACE), "29 kept");
}

#[test]
fn spans_cover_what_they_name_and_no_white_space() {
    let (tree, _, sources) = parsed("/// d\n@x l: allow  U  to a , b  on T  when (a ) ; // c\n");
    let item = &tree.items[0];
    assert_eq!(sources.slice(item.span), "l: allow  U  to a , b  on T  when (a ) ;");
    assert_eq!(sources.slice(item.annotations[0].span), "@x");
    let crate::syntax::ast::ItemKind::Grant(grant) = &item.kind else { panic!("{item:?}") };
    assert_eq!(sources.slice(grant.who.as_ref().unwrap().span().unwrap()), "U");
    assert_eq!(sources.slice(grant.actions.span().unwrap()), "a , b");
    assert_eq!(sources.slice(grant.when.as_ref().unwrap().span), "a");
}

#[test]
fn namespaces_and_enums() {
    insta::assert_snapshot!(tree(r#"namespace Acme::Shop;
enum Plan { free, pro, }
ordered enum Level { low, high }"#), @r#"
kind: Namespace(Path { parts: [Acme, Shop] })
kind: Enum(EnumDecl { ordered: false, name: Plan, members: [free, pro] })
kind: Enum(EnumDecl { ordered: true, name: Level, members: [low, high] })
"#);
}

#[test]
fn types_with_parents_tags_and_attributes() {
    insta::assert_snapshot!(tree(r#"/// People.
@owner("iam")
principal User in Org as org, Team, Site as site? holds roles tags Set<String> {
    /// Never shown.
    @masked
    email: String,
    address?: { street: String, zip?: Long },
    on: Bool, for: Acme::Plan, action: String
}
group Team;"#), @r#"
doc: Some("People."), annotations: [Annotation { name: owner, args: [AnnotationArg { key: None, value: Text(Text { value: "iam" }) }] }], kind: Entity(EntityDecl { kind: Principal, name: User, parents: [Parent { ty: Path { parts: [Org] }, attribute: Some(org), optional: false }, Parent { ty: Path { parts: [Team] }, attribute: None, optional: false }, Parent { ty: Path { parts: [Site] }, attribute: Some(site), optional: true }], holds_roles: Some(_), tags: Some(TypeExpr { kind: Set(TypeExpr { kind: Name(Path { parts: [String] }) }) }), attributes: [Attribute { doc: Some("Never shown."), annotations: [Annotation { name: masked, args: [] }], name: email, optional: false, ty: TypeExpr { kind: Name(Path { parts: [String] }) } }, Attribute { name: address, optional: true, ty: TypeExpr { kind: Record([Attribute { name: street, optional: false, ty: TypeExpr { kind: Name(Path { parts: [String] }) } }, Attribute { name: zip, optional: true, ty: TypeExpr { kind: Name(Path { parts: [Long] }) } }]) } }, Attribute { name: on, optional: false, ty: TypeExpr { kind: Name(Path { parts: [Bool] }) } }, Attribute { name: for, optional: false, ty: TypeExpr { kind: Name(Path { parts: [Acme, Plan] }) } }, Attribute { name: action, optional: false, ty: TypeExpr { kind: Name(Path { parts: [String] }) } }], actions: [], groups: [], uses: [] })
kind: Entity(EntityDecl { kind: Group, name: Team, parents: [], holds_roles: None, tags: None, attributes: [], actions: [], groups: [], uses: [] })
"#);
}

#[test]
fn actions_of_a_type() {
    insta::assert_snapshot!(tree(r#"resource Payout {
    amount: decimal,
    action list, create in org;
    /// Looks.
    @reads @writes("amount", "state")
    sensitive action approve, group { ticket?: String }
    action group write = create, update;
    actions crud;
    action group;
}
actions crud { @reads read, sensitive erase }"#), @r#"
kind: Entity(EntityDecl { kind: Resource, name: Payout, parents: [], holds_roles: None, tags: None, attributes: [Attribute { name: amount, optional: false, ty: TypeExpr { kind: Name(Path { parts: [decimal] }) } }], actions: [ActionDecl { sensitive: None, names: [list, create], decided_on: Some(org), context: [] }, ActionDecl { doc: Some("Looks."), annotations: [Annotation { name: reads, args: [] }, Annotation { name: writes, args: [AnnotationArg { key: None, value: Text(Text { value: "amount" }) }, AnnotationArg { key: None, value: Text(Text { value: "state" }) }] }], sensitive: Some(_), names: [approve, group], decided_on: None, context: [Attribute { name: ticket, optional: true, ty: TypeExpr { kind: Name(Path { parts: [String] }) } }] }, ActionDecl { sensitive: None, names: [group], decided_on: None, context: [] }], groups: [ActionGroupDecl { name: write, members: [create, update] }], uses: [ActionSetUse { name: crud }] })
kind: ActionSet(ActionSetDecl { name: crud, members: [ActionSetMember { annotations: [Annotation { name: reads, args: [] }], sensitive: None, name: read }, ActionSetMember { sensitive: Some(_), name: erase }] })
"#);
}

#[test]
fn the_context() {
    insta::assert_snapshot!(tree(r#"context { from gateway { now: datetime } from token { mfa: Bool, } from caller { } }"#), @r#"
kind: Context(ContextDecl { sections: [ContextSection { provenance: Gateway, attributes: [Attribute { name: now, optional: false, ty: TypeExpr { kind: Name(Path { parts: [datetime] }) } }] }, ContextSection { provenance: Token, attributes: [Attribute { name: mfa, optional: false, ty: TypeExpr { kind: Name(Path { parts: [Bool] }) } }] }, ContextSection { provenance: Caller, attributes: [] }] })
"#);
}

#[test]
fn conditions_with_parameters() {
    insta::assert_snapshot!(tree(r#"condition cleared(r: Payout, levels: Set<Level>,) = r.level in levels;"#), @r#"
kind: Condition(ConditionDecl { name: cleared, params: [Param { name: r, ty: TypeExpr { kind: Name(Path { parts: [Payout] }) } }, Param { name: levels, ty: TypeExpr { kind: Set(TypeExpr { kind: Name(Path { parts: [Level] }) }) } }], body: Expr { kind: Binary(In, Expr { kind: Attribute(Expr { kind: Name("r") }, level) }, Expr { kind: Name("levels") }) } })
"#);
}

#[test]
fn roles_and_their_clauses() {
    insta::assert_snapshot!(tree(r#"role admin until "2027-01-01T00:00:00Z" when a by owner extends base, Org.admin for User, Robot on Org;
role support {
    /// Looks.
    @temporary
    looking: allow read, list on Payout, Org via org until "2027-01-01T00:00:00Z" because "x" when a;
}"#), @r#"
kind: Role(RoleDecl { name: admin, on: Some(Path { parts: [Org] }), holders: [Path { parts: [User] }, Path { parts: [Robot] }], extends: [Path { parts: [base] }, Path { parts: [Org, admin] }], by: Some(owner), when: Some(Expr { kind: Name("a") }), until: Some(InstantLiteral { text: Text { value: "2027-01-01T00:00:00Z" }, at: Some(Instant(1798761600000)) }), grants: [], header: _ })
kind: Role(RoleDecl { name: support, on: None, holders: [], extends: [], by: None, when: None, until: None, grants: [Item { doc: Some("Looks."), annotations: [Annotation { name: temporary, args: [] }], label: Some(looking), kind: Grant(GrantDecl { who: None, actions: Names([read, list]), on: Names([Path { parts: [Payout] }, Path { parts: [Org] }]), via: Some(org), when: Some(Expr { kind: Name("a") }), because: Some(Text { value: "x" }), until: Some(InstantLiteral { text: Text { value: "2027-01-01T00:00:00Z" }, at: Some(Instant(1798761600000)) }) }) }], header: _ })
"#);
}

#[test]
fn statements() {
    insta::assert_snapshot!(tree(r#"@allow(sensitive-without-guard, because: "later", until: "2027-01-01")
first: allow any to any on any;
second: deny PartnerApp, Org.admin to any on Payout because "x" when a;
third: liftable require a && b for Payout.approve, Payout.read because "x";
fourth: isolate by org except Log because "x" except Audit because "y";
fifth: separate Payout.create from Payout.approve because "x" by creator;"#), @r#"
annotations: [Annotation { name: allow, args: [AnnotationArg { key: None, value: Name(sensitive-without-guard) }, AnnotationArg { key: Some(because), value: Text(Text { value: "later" }) }, AnnotationArg { key: Some(until), value: Text(Text { value: "2027-01-01" }) }] }], label: Some(first), kind: Grant(GrantDecl { who: Some(Any(_)), actions: Any(_), on: Any(_), via: None, when: None, because: None, until: None })
label: Some(second), kind: Deny(DenyDecl { who: Names([Path { parts: [PartnerApp] }, Path { parts: [Org, admin] }]), actions: Any(_), on: Names([Path { parts: [Payout] }]), when: Some(Expr { kind: Name("a") }), because: Some(Text { value: "x" }) })
label: Some(third), kind: Require(RequireDecl { liftable: Some(_), condition: Expr { kind: And([Expr { kind: Name("a") }, Expr { kind: Name("b") }]) }, actions: [Path { parts: [Payout, approve] }, Path { parts: [Payout, read] }], because: Some(Text { value: "x" }) })
label: Some(fourth), kind: Isolate(IsolateDecl { by: org, except: [IsolateException { ty: Path { parts: [Log] }, because: Text { value: "x" } }, IsolateException { ty: Path { parts: [Audit] }, because: Text { value: "y" } }] })
label: Some(fifth), kind: Separate(SeparateDecl { first: Path { parts: [Payout, create] }, second: Path { parts: [Payout, approve] }, by: Some(creator), because: Some(Text { value: "x" }) })
"#);
}

#[test]
fn assertions() {
    insta::assert_snapshot!(tree(r#"assert a: never any to any on any when x;
assert b: only finance, Org.admin to approve on Payout unless break-glass incident when x;
assert c: always User to read on Payout;
assert d: possible User to read on Payout;"#), @r#"
kind: Assert(AssertDecl { name: a, claim: Never, who: Any(_), actions: Any(_), on: Any(_), when: Some(Expr { kind: Name("x") }), unless: None })
kind: Assert(AssertDecl { name: b, claim: Only, who: Names([Path { parts: [finance] }, Path { parts: [Org, admin] }]), actions: Names([approve]), on: Names([Path { parts: [Payout] }]), when: Some(Expr { kind: Name("x") }), unless: Some(incident) })
kind: Assert(AssertDecl { name: c, claim: Always, who: Names([Path { parts: [User] }]), actions: Names([read]), on: Names([Path { parts: [Payout] }]), when: None, unless: None })
kind: Assert(AssertDecl { name: d, claim: Possible, who: Names([Path { parts: [User] }]), actions: Names([read]), on: Names([Path { parts: [Payout] }]), when: None, unless: None })
"#);
}

#[test]
fn every_clause_of_a_break_glass() {
    insta::assert_snapshot!(tree(r#"break-glass incident {
    for support, Org.admin;
    grants read, approve on Payout;
    grants any on any;
    resources at most 5;
    requires reason, ticket like "INC-\*";
    when a;
    approved by 2 of lead;
    refused by 1;
    pending 30m;
    expires within 2h;
    uses at most 20;
    cooldown 1h;
    grants per 24h at most 2;
    lifts gate, other;
    alerts on request, use to "secops";
    revoked by lead, Org.admin;
    review within 24h by lead;
}
break-glass open { approved by none; }"#), @r#"
kind: BreakGlass(BreakGlassDecl { name: incident, clauses: [BreakGlassClause { kind: For([Path { parts: [support] }, Path { parts: [Org, admin] }]) }, BreakGlassClause { kind: Grants(Names([read, approve]), Names([Path { parts: [Payout] }])) }, BreakGlassClause { kind: Grants(Any(_), Any(_)) }, BreakGlassClause { kind: Bound(Resources, Count(Number { value: 5 })) }, BreakGlassClause { kind: Requires([Requirement { name: reason, like: None }, Requirement { name: ticket, like: Some(Text { value: "INC-\\*" }) }]) }, BreakGlassClause { kind: When(Expr { kind: Name("a") }) }, BreakGlassClause { kind: ApprovedBy(Number { value: 2 }, Path { parts: [lead] }) }, BreakGlassClause { kind: Bound(Refused, Count(Number { value: 1 })) }, BreakGlassClause { kind: Bound(Pending, Duration(DurationLiteral { value: Duration(1800000) })) }, BreakGlassClause { kind: Bound(Expires, Duration(DurationLiteral { value: Duration(7200000) })) }, BreakGlassClause { kind: Bound(Uses, Count(Number { value: 20 })) }, BreakGlassClause { kind: Bound(Cooldown, Duration(DurationLiteral { value: Duration(3600000) })) }, BreakGlassClause { kind: GrantsPer(DurationLiteral { value: Duration(86400000) }, Number { value: 2 }) }, BreakGlassClause { kind: Lifts([gate, other]) }, BreakGlassClause { kind: Alerts([request, use], Text { value: "secops" }) }, BreakGlassClause { kind: RevokedBy([Path { parts: [lead] }, Path { parts: [Org, admin] }]) }, BreakGlassClause { kind: Review(DurationLiteral { value: Duration(86400000) }, Path { parts: [lead] }) }] })
kind: BreakGlass(BreakGlassDecl { name: open, clauses: [BreakGlassClause { kind: ApprovedByNone }] })
"#);
}

#[test]
fn precedence_is_that_of_cedar() {
    insta::assert_snapshot!(expressions(r#"a || b && c || d
a && b || c && d
!a && b == c
a == b && c != d || e < f && g <= h && i > j && k >= l
a + b * c - d
a - b - c
-a + -1 * --2
!!a
-9223372036854775808
-(1 - 2)
-5.x
-15m
(a || b) && (c)
if a then b else if c then d else e || f
a && (if b then c else d)"#), @r#"
(|| a (&& b c) d)
(|| (&& a b) (&& c d))
(&& (! a) (Equal b c))
(|| (&& (Equal a b) (NotEqual c d)) (&& (Less e f) (LessEqual g h) (Greater i j) (GreaterEqual k l)))
(Subtract (Add a (Multiply b c)) d)
(Subtract (Subtract a b) c)
(Add (- a) (Multiply -1 (- -2)))
(! (! a))
-9223372036854775808
(- (Subtract 1 2))
(- (. 5 "x"))
-15m
(&& (|| a b) c)
(if a b (if c d (|| e f)))
(&& a (if b c d))
"#);
}

#[test]
fn every_form_of_cedar_has_its_node() {
    insta::assert_snapshot!(expressions(r#"principal in Team::"a"
A::B::"x\"\u{41}"
resource is Doc in Folder::"f"
resource is A::Doc && true
principal has a.b.c
principal has "odd name"
principal has on && context has for
x like "a*\*b"
[1, "two", [], {}, false,]
{ a: 1, "b c": 2, on: 3 }
context["odd"]["name"].on.for.action.group
ip("10.0.0.1").isInRange(ip("10.0.0.0/8"))
principal.tags.contains(resource.name) && cleared(resource, 1)
context.now.durationSince(context.auth_time) <= 1h30m
principal.getTag("a") in [x, y]"#), @r#"
(In principal Team::"a")
A.B::"x\"A"
(is resource Doc Folder::"f")
(&& (is resource A.Doc) true)
(has principal a.b.c)
(has principal odd name)
(&& (has principal on) (has context for))
(like x a*\*b)
[1 "two" [] {} false]
{"a": 1, "b c": 2, "on": 3}
(. (. (. (. (. (. context "odd") "name") "on") "for") "action") "group")
(.isInRange (ip "10.0.0.1") (ip "10.0.0.0/8"))
(&& (.contains (. principal "tags") (. resource "name")) (cleared resource 1))
(LessEqual (.durationSince (. context "now") (. context "auth_time")) 1h30m)
(In (.getTag principal "a") [x y])
"#);
}
