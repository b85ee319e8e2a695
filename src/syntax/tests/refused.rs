//! Texts that are well bracketed and still refused: habits of other languages, reserved words, bad literals, clauses out of place.

use super::faults;

#[test]
fn habits_of_other_languages_get_the_gate_form() {
    insta::assert_snapshot!(faults(r#"allow User to read on Payout unless a;
condition b = a = 1;
condition c = a and b;
condition d = a or b;
condition e = not a;
condition f = a => 1;
condition g = a & b;
condition h = a / 2;
allow everything;
allow * on Payout;
permit User to read on Payout;
action read;"#), @r#"
syntax 1:30 `unless` is only allowed in `assert`
  1:30 `unless`
  = write `when !(…)`
syntax 2:17 `=` is not an operator
  2:17 `=`
  = write `==` to compare
syntax 3:17 `and` is not an operator
  3:17 `and`
  = write `&&`
syntax 4:17 `or` is not an operator
  4:17 `or`
  = write `||`
syntax 5:15 `not` is not an operator
  5:15 `not`
  = write `!`
syntax 6:17 `=>` is not an operator
  6:17 `=>`
  = write `>=`
syntax 7:17 `&` is not an operator
  7:17 `&`
  = write `&&`
syntax 8:17 `/` is not an operator
  8:17 `/`
  = Cedar does not support division or remainder
syntax 9:7 a grant must name its actions and a resource type
  9:7 `everything`
  = write `allow read, list on Payout`; no grant allows everything
syntax 10:7 a grant must name its actions and a resource type
  10:7 `*`
  = write `allow read, list on Payout`
unknown-keyword 11:1 expected a declaration, found `permit`
  11:1 `permit`
  = write `allow … on …` or `deny … to … on …`; Cedar policies belong in `.cedar` files
unknown-keyword 12:1 expected a declaration, found `action`
  12:1 `action`
  = declare actions in the block of their `resource`
0 kept
"#);
}

#[test]
fn other_spellings_get_the_gate_form() {
    insta::assert_snapshot!(faults(r#"allow User read on Payout when a;
deny User can read on Payout;
assert a: only User may read on Payout;
allow User to read on Payout if a;
allow User to read on Payout reason "x";
condition b = resource.amount <= 500.00;
role r for User {
    allow read write on Payout;
}
break-glass g {
    expires within 2 hours;
}
resource Payout {
    scopes: String[],
    owners: List<User>,
    note: String?,
    tip: Option<String>,
    open: Bool = true,
    paid Bool,
    action list, create in org;
    action sensitive pay;
    action read;
}
require a;
liftable require a > 3;
role s for User {
    allow read on Payout because ticket;
    allow read on Payout when x not in y;
    allow read on Payout when x ? true : false;
    allow read on Payout.tags;
    allow read on Payout when x =~ "a";
}
enum E { a, b };
principal User: { level: Long }
principal Robot { level: Long; }
/* old */"#), @r#"
syntax 1:12 expected `on`, `to` or `,`, found `read`
  1:12 `read`
  = write `to` before `read`
syntax 2:11 expected `to` or `,`, found `can`
  2:11 `can`
  = write `to` in place of `can`
syntax 3:21 expected `to` or `,`, found `may`
  3:21 `may`
  = write `to` in place of `may`
syntax 4:30 expected `because`, `until`, `via`, `when`, `,` or `;`, found `if`
  4:30 `if`
  = write `when` in place of `if`
syntax 5:30 expected `because`, `until`, `via`, `when`, `,` or `;`, found `reason`
  5:30 `reason`
  = write `because` in place of `reason`
syntax 6:34 `500.00` is not a whole number
  6:34 `500.00`
  = write a decimal as `decimal("500.00")`
syntax 8:16 expected `on` or `,`, found `write`
  8:16 `write`
  = write `,` before `write`
syntax 11:20 expected a duration such as `15m`, found `2`
  11:20 `2`
  = write `2h`
syntax 14:19 expected `,`, found `[`
  14:19 `[`
  = write `Set<String>`
syntax 15:17 expected `,`, found `<`
  15:17 `<`
  = write `Set<User>`
syntax 16:17 expected `,`, found `?`
  16:17 `?`
  = put `?` after the name of the attribute: `name?: TYPE`
syntax 17:16 expected `,`, found `<`
  17:16 `<`
  = put `?` after the name of the attribute: `name?: TYPE`
syntax 18:16 expected `,`, found `=`
  18:16 `=`
  = attributes have no default; remove it, or put `?` after the name
syntax 19:10 expected `:` or `?`, found `Bool`
  19:10 `Bool`
  = write `paid: Bool`
syntax 21:12 `sensitive` must come before `action`
  21:12 `sensitive`
  = write `sensitive action pay`
syntax 24:10 expected an operator or `for`, found `;`
  24:10 `;`
  = add the actions that it guards: `for TYPE.ACTION`
syntax 25:23 expected an operator or `for`, found `;`
  25:23 `;`
  = add the actions that it guards: `for TYPE.ACTION`
syntax 27:34 expected a string, found `ticket`
  27:34 `ticket`
  = write it in quotes: `"ticket"`
syntax 28:33 expected an operator, `because`, `until`, `via`, `when` or `;`, found `not`
  28:33 `not`
  = write `!` before what it negates: `!(a in b)`
syntax 29:33 expected an operator, `because`, `until`, `via`, `when` or `;`, found `?`
  29:33 `?`
  = write `if a then b else c`
syntax 30:25 expected `because`, `until`, `via`, `when`, `,` or `;`, found `.`
  30:25 `.`
  = grants apply to whole resources; write `on Payout`
stray-character 31:34 stray character `~`
  31:34 `~` no word, number, string or operator starts with it
  = compare strings with `==`, or with a pattern by `like`: `like "a*"`
syntax 33:16 `;` is not allowed here
  33:16 `;`
  = remove it; a block ends with `}`, without `;`
syntax 34:15 expected `holds`, `in`, `tags`, `;` or `{`, found `:`
  34:15 `:`
  = remove the `:`
syntax 35:30 expected `,`, found `;`
  35:30 `;`
  = write `,` after an attribute
syntax 36:1 expected a declaration, found `/`
  36:1 `/`
  = comments begin with `//`
5 kept
"#);
}

#[test]
fn a_faulty_member_of_a_type_costs_the_others_nothing() {
    insta::assert_snapshot!(faults(r#"resource Payout {
    action: String,
    action list, create in org;
    @writes("state") sensitive action refund, write_off
    sensitive: Bool,
    action read read;
    actions crud, more;
}"#), @r#"
syntax 4:56 missing `;`
  4:56 `` the statement ends here
  = write `;` after `write_off`
syntax 6:17 expected `in`, `,`, `;` or `{`, found `read`
  6:17 `read`
  = write `,` before `read`
syntax 7:17 expected `;`, found `,`
  7:17 `,`
1 kept
"#);
}

#[test]
fn a_reserved_word_is_no_name() {
    insta::assert_snapshot!(faults(r#"role for for User;
principal if;
condition c(resource: Payout) = true;"#), @r#"
reserved-word 1:6 expected a name, found the reserved word `for`
  1:6 `for`
  = add the missing name before it, or choose another name
reserved-word 2:11 expected a name, found the reserved word `if`
  2:11 `if`
  = add the missing name before it, or choose another name
reserved-word 3:13 expected a name, found the reserved word `resource`
  3:13 `resource`
  = add the missing name before it, or choose another name
0 kept
"#);
}

#[test]
fn what_a_later_edition_will_have_is_refused() {
    insta::assert_snapshot!(faults(r#"import "platform" { User };
param env: { dev, prod };
principal Agent acts for User as user;"#), @r#"
not-in-edition 1:1 `import` is not in this edition of the language
  1:1 `import`
  = the word is reserved for a later edition; remove the declaration
not-in-edition 2:1 `param` is not in this edition of the language
  2:1 `param`
  = the word is reserved for a later edition; remove the declaration
not-in-edition 3:17 `acts for` is not in this edition of the language
  3:17 `acts`
  = the words are reserved for a later edition
0 kept
"#);
}

#[test]
fn a_missing_semicolon_is_placed_after_the_last_token() {
    insta::assert_snapshot!(faults(r#"allow User to read on Payout // to be continued
isolate by org"#), @r#"
syntax 1:29 missing `;`
  1:29 `` the statement ends here
  = write `;` after `Payout`
syntax 2:15 missing `;`
  2:15 `` the statement ends here
  = write `;` after `org`
1 kept
"#);
}

#[test]
fn numbers_durations_and_instants_are_checked() {
    insta::assert_snapshot!(faults(r#"condition a = 9223372036854775808;
condition b = -9223372036854775808;
condition c = x < 1m1h;
role r until "2027-01-01";
role s until "tomorrow";"#), @r#"
bad-number 1:15 this number does not fit in 64 bits
  1:15 `9223372036854775808`
  = numbers range from -9223372036854775808 to 9223372036854775807
bad-number 3:19 `1m1h` is neither a number nor a duration
  3:19 `1m1h`
  = durations are written `15m` or `1h30m`: units `d`, `h`, `m`, `s`, `ms` in this order, each at most once
bad-instant 4:14 `2027-01-01` is not an instant
  4:14 `"2027-01-01"` expected a date, a time and a zone
  = write `until "2027-01-01T00:00:00Z"`; the end is exclusive
bad-instant 5:14 `tomorrow` is not an instant
  5:14 `"tomorrow"` expected a date, a time and a zone
  = write it as `until "2027-02-01T00:00:00Z"`; the end is exclusive
3 kept
"#);
}

#[test]
fn escapes_are_checked_at_their_place() {
    insta::assert_snapshot!(faults(r#"condition a = "a\q";
condition b = x like "a\*\u{110000}";
condition c = "\*\x80";"#), @r#"
bad-escape 1:17 unknown escape `\q`
  1:17 `\q`
  = escapes are `\n`, `\r`, `\t`, `\0`, `\\`, `\"`, `\'`, `\x41` and `\u{1F600}`; a pattern also has `\*`
bad-escape 2:26 unknown escape `\u{110000}`
  2:26 `\u{110000}`
  = escapes are `\n`, `\r`, `\t`, `\0`, `\\`, `\"`, `\'`, `\x41` and `\u{1F600}`; a pattern also has `\*`
bad-escape 3:16 unknown escape `\*`
  3:16 `\*`
  = escapes are `\n`, `\r`, `\t`, `\0`, `\\`, `\"`, `\'`, `\x41` and `\u{1F600}`; a pattern also has `\*`
bad-escape 3:18 unknown escape `\x80`
  3:18 `\x80`
  = escapes are `\n`, `\r`, `\t`, `\0`, `\\`, `\"`, `\'`, `\x41` and `\u{1F600}`; a pattern also has `\*`
3 kept
"#);
}

#[test]
fn clauses_stand_once() {
    insta::assert_snapshot!(faults(r#"allow User to read on Payout when a because "x" when b;
role r for User for Robot;
separate Payout.create from Payout.approve by a by b;"#), @r#"
duplicate-clause 1:49 duplicate `when`
  1:49 `when b` given again here
  1:30 `when a` first given here
  = keep one of the two
duplicate-clause 2:17 duplicate `for`
  2:17 `for Robot` given again here
  2:8 `for User` first given here
  = keep one of the two
duplicate-clause 3:49 duplicate `by`
  3:49 `by b` given again here
  3:44 `by a` first given here
  = keep one of the two
3 kept
"#);
}

#[test]
fn comparisons_do_not_chain() {
    insta::assert_snapshot!(faults(r#"condition a = 1 < x < 3;
condition b = x == y in z;"#), @r#"
chained-comparison 1:21 comparisons cannot be chained
  1:21 `<` a second comparison
  1:17 `<` the first one
  = join two comparisons with `&&`, or put one of them in parentheses
chained-comparison 2:22 comparisons cannot be chained
  2:22 `in` a second comparison
  2:17 `==` the first one
  = join two comparisons with `&&`, or put one of them in parentheses
0 kept
"#);
}

#[test]
fn a_fifth_unary_operator_is_refused() {
    insta::assert_snapshot!(faults(r#"condition a = !!!!b;
condition c = !!!!!d;
condition e = !-1;"#), @r#"
nesting-too-deep 2:19 more than 4 unary operators in a row
  2:19 `!` one too many
  = remove them in pairs: two of the same operator cancel out
syntax 3:16 expected an expression, found `-`
  3:16 `-`
1 kept
"#);
}

#[test]
fn labels_docs_and_annotations_have_their_places() {
    insta::assert_snapshot!(faults(r#"late: role support;
resource Payout {
    /// Everything.
    @reads
    actions crud;
    @reads
    action group write = create;
}
enum Plan {
    /// Free.
    free
}
actions crud {
    /// Look.
    read
}
/// The end."#), @r#"
misplaced-label 1:1 `late:` labels a declaration that has its own name
  1:1 `late`
  = remove it; only `allow`, `deny`, `require`, `isolate` and `separate` take a label
misplaced-doc 3:5 the use of a set of actions cannot have a doc comment
  3:5 `/// Everything.`
  = write `//` for a plain comment; `///` belongs before a declaration, an attribute or an action
misplaced-annotation 4:5 the use of a set of actions cannot have an annotation
  4:5 `@reads`
misplaced-annotation 6:5 a group of actions cannot have an annotation
  6:5 `@reads`
misplaced-doc 10:5 a doc comment is not allowed here
  10:5 `/// Free.`
  = write `//` for a plain comment; `///` belongs before a declaration, an attribute or an action
misplaced-doc 14:5 a member of a set of actions cannot have a doc comment
  14:5 `/// Look.`
  = write `//` for a plain comment; `///` belongs before a declaration, an attribute or an action
misplaced-doc 17:1 nothing follows this doc comment
  17:1 `/// The end.`
  = write it before the item that it describes
3 kept
"#);
}

#[test]
fn something_must_follow_a_label_or_an_annotation() {
    insta::assert_snapshot!(faults(r#"@id("x")"#), @r#"
misplaced-annotation 1:1 nothing follows this annotation
  1:1 `@id("x")`
  = write it before the item that it describes
0 kept
"#);
}

#[test]
fn grants_name_their_holder_outside_roles_only() {
    insta::assert_snapshot!(faults(r#"allow read on Payout;
role support { allow User to read on Payout; }"#), @r#"
grant-holder 1:1 a grant outside a role must name a principal type or a role
  1:1 `allow read on Payout;` no `WHO to` before the actions
  = write `allow WHO to ACTIONS on TYPE`, or move the grant into a role
grant-holder 2:22 a grant inside a role cannot name who it is for
  2:22 `User` the grant is for every holder of the role
  = remove the name and `to`, or move the grant out of the role
2 kept
"#);
}

#[test]
fn expected_lists_speak_of_tokens() {
    insta::assert_snapshot!(faults(r#"allow User to read on Payout when a b;
enum Plan free;
principal User in;
deny User read on Payout;
isolate org;
assert a: nevr any to any on any;
assert b never any to any on any;
condition c = User::alice;
condition d = x["a" + "b"];"#), @r#"
syntax 1:37 expected an operator, `because`, `until`, `via`, `when` or `;`, found `b`
  1:37 `b`
syntax 2:11 expected `{`, found `free`
  2:11 `free`
  = write the members in braces: `enum NAME { one, other }`
syntax 3:18 expected a name, found `;`
  3:18 `;`
syntax 4:11 expected `to` or `,`, found `read`
  4:11 `read`
  = write `to` before `read`
syntax 5:9 expected `by`, found `org`
  5:9 `org`
  = write `by` before `org`
syntax 6:11 expected `never`, `only`, `always` or `possible`, found `nevr`
  6:11 `nevr`
  = did you mean `never`?
syntax 7:10 expected `:`, found `never`
  7:10 `never`
  = give it a name: `assert NAME: never WHO to ACTIONS on TYPE`
syntax 8:21 `alice` is not an entity
  8:21 `alice`
  = write the id as a string: `::"alice"`
syntax 9:21 expected `]`, found `+`
  9:21 `+`
0 kept
"#);
}
