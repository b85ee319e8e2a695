//! Broken texts: every fault with its code, place, message and help, and how many declarations are kept.

use super::faults;

#[test]
fn a_misspelt_keyword_is_named_and_the_next_declaration_kept() {
    insta::assert_snapshot!(faults(r#"alow User to read on Payout;
allow PartnerApp to read on Payout;"#), @r#"
unknown-keyword 1:1 expected a declaration, found `alow`
  1:1 `alow`
  = did you mean `allow`?
1 kept
"#);
}

#[test]
fn every_fault_of_a_role_is_reported_and_its_sound_grants_kept() {
    insta::assert_snapshot!(faults(r#"role support for User {
    allow read on Payout
    allow list on Payout;
    deny User to list on Payout;
    allow close Payout;
}"#), @r#"
syntax 2:25 missing `;`
  2:25 `` the statement ends here
  = write `;` after `Payout`
unknown-keyword 4:5 expected a grant, found `deny`
  4:5 `deny`
  = a role contains only grants (`allow …;`); move this out of the role
syntax 5:17 expected `on` or `,`, found `Payout`
  5:17 `Payout`
  = write `on` before `Payout`
1 kept
"#);
}

#[test]
fn a_block_without_its_end_closes_at_the_next_declaration() {
    insta::assert_snapshot!(faults(r#"role support for User {
    allow read on Payout;

role finance for User {
    allow list on Payout;
}"#), @r#"
unclosed-block 1:23 unclosed block
  1:23 `{` opened here
  4:1 `role` assumed to end before this
  = add the missing `}`
2 kept
"#);
}

#[test]
fn a_block_without_its_end_closes_at_the_end_of_the_file() {
    insta::assert_snapshot!(faults(r#"context {
    from token {
        mfa: Bool,"#), @r#"
unclosed-block 1:9 unclosed block
  1:9 `{` opened here
  = add the missing `}`
  = also unclosed: 1 more inside it
1 kept
"#);
}

#[test]
fn parentheses_without_their_end_cost_one_grant() {
    insta::assert_snapshot!(faults(r#"role support for User {
    allow read on Payout when (a && (b;
    allow list on Payout;
}
role finance;"#), @r#"
unclosed-bracket 2:31 unclosed `(`
  2:31 `(` opened here
  = add the missing `)`
  = also unclosed: 1 more inside it
2 kept
"#);
}

#[test]
fn a_bracket_that_closes_nothing_is_left_out() {
    insta::assert_snapshot!(faults(r#"allow User to read on Payout;
}
allow User to list on Payout when a);"#), @r#"
unmatched-bracket 2:1 unmatched closing `}`
  2:1 `}`
  = remove it, or open the `{` it belongs to
unmatched-bracket 3:36 unmatched closing `)`
  3:36 `)`
  = remove it, or open the `(` it belongs to
2 kept
"#);
}

#[test]
fn a_string_ends_on_its_line() {
    insta::assert_snapshot!(faults(r#"condition a = "abc;
condition b = true;"#), @r#"
unclosed-string 1:15 unterminated string
  1:15 `"abc;` no closing `"` on this line
  = close it with `"`; write a line break inside a string as `\n`
1 kept
"#);
}

#[test]
fn stray_characters_are_named_once_a_run() {
    insta::assert_snapshot!(faults(r#"allow User to read on Payout when “x”;
# comment
condition a = b ≤ §§§ c;"#), @r#"
stray-character 1:35 stray character `“`
  1:35 `“` no word, number, string or operator starts with it
  = write strings in straight double quotes: `"text"`
stray-character 1:37 stray character `”`
  1:37 `”` no word, number, string or operator starts with it
  = write strings in straight double quotes: `"text"`
stray-character 2:1 stray character `#`
  2:1 `#` no word, number, string or operator starts with it
  = comments begin with `//`
stray-character 3:17 stray character `≤`
  3:17 `≤` no word, number, string or operator starts with it
  = write `<=`
stray-character 3:19 stray character `§`
  3:19 `§` no word, number, string or operator starts with it
0 kept
"#);
}

#[test]
fn hidden_characters_are_named_wherever_they_stand() {
    insta::assert_snapshot!(faults("role \0support; // fine \u{202e}\ncondition a = \"\u{202e}\";"), @r#"
hidden-character 1:6 hidden character U+0000
  1:6 `<U+0000>` not visible in most editors
  = remove it; in a string, write `\u{0}`
hidden-character 1:24 hidden character U+202E
  1:24 `<U+202E>` not visible in most editors
  = remove it; in a string, write `\u{202e}`
hidden-character 2:16 hidden character U+202E
  2:16 `<U+202E>` not visible in most editors
  = remove it; in a string, write `\u{202e}`
2 kept
"#);
}

#[test]
fn every_fault_of_a_type_is_reported() {
    insta::assert_snapshot!(faults(r#"resource Payout in Org as org {
    amount: Long
    state String,
    action read
    @reads
    acton close;
}"#), @r#"
syntax 2:17 missing `,`
  2:17 `` the attribute ends here
  = write `,` after `Long`
syntax 4:16 missing `;`
  4:16 `` the statement ends here
  = write `;` after `read`
syntax 6:11 expected `:` or `?`, found `close`
  6:11 `close`
  = did you mean `action`?
1 kept
"#);
}

#[test]
fn a_break_glass_keeps_its_sound_clauses() {
    insta::assert_snapshot!(faults(r#"break-glass incident {
    for support;
    grnts read on Payout;
    expires within 2x;
    uses at most twenty;
    pending 30;
    cooldown 1h
    cooldown 2h;
}"#), @r#"
unknown-keyword 3:5 expected a break-glass clause, found `grnts`
  3:5 `grnts`
  = did you mean `grants`?
bad-number 4:20 `2x` is neither a number nor a duration
  4:20 `2x`
  = durations are written `15m` or `1h30m`: units `d`, `h`, `m`, `s`, `ms` in this order, each at most once
syntax 5:18 expected a number, found `twenty`
  5:18 `twenty`
syntax 6:13 expected a duration such as `15m`, found `30`
  6:13 `30`
syntax 7:16 missing `;`
  7:16 `` the statement ends here
  = write `;` after `1h`
duplicate-clause 8:5 duplicate clause
  8:5 `cooldown 2h;` given again here
  7:5 `cooldown 1h<U+000A>` first given here
  = keep one of the two
1 kept
"#);
}

#[test]
fn the_context_is_read_section_by_section() {
    insta::assert_snapshot!(faults(r#"context {
    mfa: Bool,
    from gatway { now: datetime }
    from token { mfa Bool, session: String }
}"#), @r#"
unknown-keyword 2:5 expected a section of the context, found `mfa`
  2:5 `mfa`
  = declare attributes in `from gateway { … }`, `from token { … }` or `from caller { … }`
syntax 4:22 expected `:` or `?`, found `Bool`
  4:22 `Bool`
  = write `mfa: Bool`
1 kept
"#);
}
