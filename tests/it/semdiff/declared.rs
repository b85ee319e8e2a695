//! Declared changes: what covers what, what is stale or has ended, what the files may not hold; and the step of the version.

use gatewright::config::{Bump, Step};
use gatewright::diag::{Diagnostic, Diagnostics};
use gatewright::load::PackageFiles;
use gatewright::pipeline;
use gatewright::semdiff::{Declared, Difference, Gate, Options, Required, compare, required};
use gatewright::text::Instant;

use super::Built;
use super::access::between;
use crate::prover::solver;

const NOTES: &str = "\
//- /policy/notes.gate
principal User;
resource Org;
resource Note in Org as org {
    action read, write, share;
    action list in org;
}
role reader for User { allow read on Note; }
role editor for User { allow read, list on Note; }
";

/// Somebody who may write and share already, so that no sample shows who else may: it takes a solver.
const OWNER: &str = "role owner for User { allow write, share on Note; }\n";

const DAY: &str = "2026-03-01";

fn notes(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(NOTES.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "the notes have {old}");
        text.replace(old, new)
    })
}

fn unproved(old: &Built, new: &Built) -> Difference {
    let options = Options {
        prover: None,
        at: Instant::parse_date(DAY).unwrap(),
        is_mine: &|_| true,
        own_form: None,
        progress: &|_, _| (),
    };
    compare(old.side(), new.side(), &options).unwrap()
}

/// What the new text declares of its difference to the old one, on a day.
fn on(old: &str, new: &str, day: &str) -> (Built, Declared) {
    let (old, new) = (Built::of(old), Built::of(new));
    let difference = between(&old, &new).unwrap();
    let at = Instant::parse_date(day).unwrap();
    let declared = pipeline::declared(old.package(), new.package(), &difference, None, at);
    (new, declared)
}

/// The gate's word, then each declaration, then what is refused.
fn told(old: &str, new: &str) -> String {
    let (new, declared) = on(old, new, DAY);
    summary(&new, &declared)
}

fn summary(new: &Built, declared: &Declared) -> String {
    let sources = &new.package().sources;
    let mut lines = vec![format!("{}, {} undeclared", declared.gate().name(), declared.undeclared)];
    for one in &declared.declarations {
        lines.push(format!("{} {}", sources.name(one.declaration.file), one.standing.name()));
    }
    lines.extend(declared.refusals().iter().map(|found| shown(sources, found)));
    lines.join("\n")
}

fn shown(sources: &gatewright::text::Sources, found: &Diagnostic) -> String {
    let span = found.primary().unwrap();
    format!(
        "{} @ {} `{}`: {}; {}",
        found.code,
        sources.location(span),
        sources.slice(span).escape_debug(),
        found.message,
        found.help.as_deref().unwrap_or("-")
    )
}

/// A file that declares something.
fn file(name: &str, change: &str, who: &str, what: &str) -> String {
    format!(
        "//- /changes/{name}.yaml\nwho: {who}\nwhat: {what}\nchange: {change}\nbecause: they asked for it\nowner: ann\n"
    )
}

const SHARE: (&str, &str) = (
    "role editor for User { allow read, list on Note; }",
    "role editor for User { allow read, list on Note; allow share, write on Note; }",
);

/// Callers must state what they did not.
const BROKEN: (&str, &str) = ("    action list in org;\n", "    action list in org;\n    level: Long,\n");

#[test]
fn what_is_widened_passes_where_it_is_declared_and_nowhere_else() {
    let Some(_) = solver() else { return };
    let new = notes(&[SHARE]);
    let with = |files: &[String]| told(NOTES, &format!("{new}{}", files.concat()));
    insta::assert_snapshot!(with(&[]), @"fails, 2 undeclared");
    insta::assert_snapshot!(with(&[file("a", "widened", "editor", "[Note.share, Note.write]")]), @r"
    passes, 0 undeclared
    changes/a.yaml matched
    ");
    // Two files, one for each.
    insta::assert_snapshot!(with(&[
        file("a", "widened", "editor", "Note.share"),
        file("b", "widened", "editor", "Note.write"),
    ]), @r"
    passes, 0 undeclared
    changes/a.yaml matched
    changes/b.yaml matched
    ");
    // One is declared, the other is not; the other way round is another thing; so is another holder.
    insta::assert_snapshot!(with(&[file("a", "widened", "editor", "Note.share")]), @r"
    fails, 1 undeclared
    changes/a.yaml matched
    ");
    insta::assert_snapshot!(with(&[file("a", "narrowed", "editor", "[Note.share, Note.write]")]), @r"
    fails, 2 undeclared
    changes/a.yaml stale
    change-stale @ changes/a.yaml:2:8 `Note.share`: `editor` does not lose `Note.share`; remove the name or the file: unchanged access needs no declaration
    change-stale @ changes/a.yaml:2:20 `Note.write`: `editor` does not lose `Note.write`; remove the name or the file: unchanged access needs no declaration
    ");
    insta::assert_snapshot!(with(&[file("a", "widened", "reader", "[Note.share, Note.write]")]), @r"
    fails, 2 undeclared
    changes/a.yaml stale
    change-stale @ changes/a.yaml:1:6 `reader`: `reader` gains none of `Note.share`, `Note.write`; known here: `editor`
    ");
}

#[test]
fn a_name_that_nothing_matches_is_stale_whatever_the_others_are() {
    let Some(_) = solver() else { return };
    let new = notes(&[SHARE]);
    let with = |files: &[String]| told(NOTES, &format!("{new}{}", files.concat()));
    insta::assert_snapshot!(with(&[file("a", "widened", "[editor, redaer]", "[Note.share, Note.write, Note.shar]")]), @r"
    fails, 0 undeclared
    changes/a.yaml stale
    change-stale @ changes/a.yaml:1:15 `redaer`: `redaer` gains none of `Note.share`, `Note.write`, `Note.shar`; known here: `editor`
    change-stale @ changes/a.yaml:2:32 `Note.shar`: none of `editor`, `redaer` gains `Note.shar`; did you mean `Note.share`?
    ");
    // Nothing changed at all.
    insta::assert_snapshot!(told(NOTES, &format!("{NOTES}{}", file("a", "widened", "editor", "Note.share"))), @r"
    fails, 0 undeclared
    changes/a.yaml stale
    change-stale @ changes/a.yaml:2:7 `Note.share`: `editor` does not gain `Note.share`; remove the name or the file: unchanged access needs no declaration
    ");
}

#[test]
fn what_only_is_new_is_declared_like_everything_else() {
    let Some(_) = solver() else { return };
    // A new action and type, everyone of a type, an action that is decided on another type, and what is gone.
    let new = notes(&[
        ("    action list in org;\n", "    action list in org;\n    action pin;\n"),
        ("resource Org;", "resource Org;\nresource Bell { loud: Bool, action ring; }"),
        (
            "role reader for User { allow read on Note; }",
            "role reader for User { allow list, pin on Note; }\nallow User to ring on Bell when resource.loud;",
        ),
    ]);
    insta::assert_snapshot!(told(NOTES, &new), @"fails, 3 undeclared");
    let files = [
        file("a", "widened", "reader", "[Note.list on Org, Note.pin]"),
        file("b", "widened", "every User", "Bell.ring"),
        file("c", "narrowed", "reader", "Note.read"),
    ];
    insta::assert_snapshot!(told(NOTES, &format!("{new}{}", files.concat())), @r"
    passes, 0 undeclared
    changes/a.yaml matched
    changes/b.yaml matched
    changes/c.yaml matched
    ");
}

#[test]
fn what_the_old_side_holds_too_is_history() {
    let Some(_) = solver() else { return };
    let declared = file("a", "widened", "editor", "[Note.share, Note.write]");
    let (old, new) = (format!("{NOTES}{declared}"), notes(&[SHARE]));
    // It is not stale, where nothing changes any more, and it covers nothing.
    insta::assert_snapshot!(told(&old, &old), @"passes, 0 undeclared");
    insta::assert_snapshot!(told(&old, &format!("{new}{declared}")), @"fails, 2 undeclared");
    // Moved, or with other line ends, it is the same; with another byte it is new.
    let moved = declared.replace("/a.yaml", "/2026/a.yaml");
    insta::assert_snapshot!(told(&old, &format!("{NOTES}{moved}")), @"passes, 0 undeclared");
    let edited = declared.replace("they asked", "we asked");
    insta::assert_snapshot!(told(&old, &format!("{NOTES}{edited}")), @r"
    fails, 0 undeclared
    changes/a.yaml stale
    change-stale @ changes/a.yaml:2:8 `Note.share`: `editor` does not gain `Note.share`; remove the name or the file: unchanged access needs no declaration
    change-stale @ changes/a.yaml:2:20 `Note.write`: `editor` does not gain `Note.write`; remove the name or the file: unchanged access needs no declaration
    ");
    // What is wrong with it is no longer asked.
    let broken = "//- /changes/a.yaml\nwho: nobody\n";
    insta::assert_snapshot!(told(&format!("{NOTES}{broken}"), &format!("{NOTES}{broken}")), @"passes, 0 undeclared");
}

#[test]
fn line_ends_of_a_checkout_make_no_new_declaration() {
    let text = "who: editor\nwhat: Note.share\nchange: widened\nbecause: b\nowner: ann\n";
    let package = |text: &str| {
        let policy = NOTES.split_once('\n').unwrap().1;
        let config = "[package]\nname = \"notes\"\nversion = \"1.0.0\"\nedition = \"2026\"\n";
        PackageFiles::in_memory(
            [("gatewright.toml", config), ("policy/notes.gate", policy), ("changes/a.yaml", text)],
            &mut Diagnostics::new(),
        )
    };
    let (old, new) = (package(text), package(&text.replace('\n', "\r\n")));
    let none = Difference::default();
    let declared = pipeline::declared(&old, &new, &none, None, Instant::parse_date(DAY).unwrap());
    assert_eq!((declared.history.len(), declared.gate()), (1, Gate::Passes));
}

#[test]
fn past_its_end_a_declaration_covers_nothing() {
    let Some(_) = solver() else { return };
    let ends = |until: &str| {
        let declared = file("a", "widened", "editor", "[Note.share, Note.write]");
        format!("{}{declared}until: {until}\n", notes(&[SHARE]))
    };
    for (until, passes) in
        [("2026-03-02", true), ("2026-03-01", false), ("2026-03-01T00:00:01Z", true), ("2020-01-01", false)]
    {
        let (_, declared) = on(NOTES, &ends(until), DAY);
        let expected = if passes { Gate::Passes } else { Gate::Fails };
        assert_eq!(declared.gate(), expected, "{until}");
    }
    insta::assert_snapshot!(told(NOTES, &ends("2026-02-28")), @r"
    fails, 2 undeclared
    changes/a.yaml expired
    change-expired @ changes/a.yaml:6:8 `2026-02-28`: the declared change ended on 2026-02-28; revert the change, or set a new `until`
    ");
}

/// The same where nobody can be asked.
fn told_unproved(old: &str, new: &str) -> String {
    let (old, new) = (Built::of(old), Built::of(new));
    let at = Instant::parse_date(DAY).unwrap();
    let declared = pipeline::declared(old.package(), new.package(), &unproved(&old, &new), None, at);
    summary(&new, &declared)
}

#[test]
fn what_is_not_known_passes_no_gate_and_makes_nothing_stale() {
    let (old, new) = (format!("{NOTES}{OWNER}"), format!("{}{OWNER}", notes(&[SHARE])));
    insta::assert_snapshot!(told_unproved(&old, &new), @"not-proved, 0 undeclared");
    let both = file("a", "widened", "editor", "[Note.share, Note.write]");
    insta::assert_snapshot!(told_unproved(&old, &format!("{new}{both}")), @r"
    not-proved, 0 undeclared
    changes/a.yaml unknown
    ");
    // What is known to be wrong comes first.
    let stale = file("a", "widened", "editor", "[Note.share, Note.read]");
    insta::assert_snapshot!(told_unproved(&old, &format!("{new}{stale}")), @r"
    fails, 0 undeclared
    changes/a.yaml stale
    change-stale @ changes/a.yaml:2:20 `Note.read`: `editor` does not gain `Note.read`; remove the name or the file: unchanged access needs no declaration
    ");
}

#[test]
fn a_known_widening_fails_whatever_is_not_known() {
    let Some(_) = solver() else { return };
    let (old, new) = (format!("{NOTES}{OWNER}"), format!("{}{OWNER}", notes(&[SHARE])));
    let (old, new) = (Built::of(&old), Built::of(&new));
    let mut difference = between(&old, &new).unwrap();
    difference.accesses.extend(unproved(&old, &new).accesses);
    let at = Instant::parse_date(DAY).unwrap();
    let declared = pipeline::declared(old.package(), new.package(), &difference, None, at);
    assert!(declared.is_unsure);
    assert_eq!((declared.undeclared, declared.gate()), (2, Gate::Fails));
}

#[test]
fn every_fault_of_every_file_is_found_in_one_run() {
    let Some(_) = solver() else { return };
    let faults = |files: &[(&str, &str)]| {
        let texts: String = files.iter().map(|(name, text)| format!("//- /changes/{name}.yaml\n{text}\n")).collect();
        told(NOTES, &format!("{NOTES}{texts}"))
    };
    insta::assert_snapshot!(faults(&[
        ("a", ""),
        ("b", "- who: x\n- who: y"),
        ("c", "just words"),
        ("d", "who: []\nwhat: {a: b}\nchange: [widened]\nbecause: [a]\nowner: {b: c}\nticket: []\nuntil: 5"),
        ("e", "who: [a, '', 5, null]\nwhat: [x, x]\nchange: widen\nbecause: '  '\nowner: '--'\nticket:\nuntil: 2026-02-30"),
        ("f", "who:\nwhat:\nchange:\nbecause:\nowner:"),
        ("g", "widened: x\nwhos: y\nbecause: b\nowner: o"),
        ("h", "who: a\nwho: b\nwhat: !x c\n"),
        ("i", "who: [a\n"),
    ]), @r#"
    fails, 0 undeclared
    change-wrong-shape @ changes/a.yaml:1:1 ``: a declared change must be a mapping, found nothing; run `gatewright diff --declare` to write files to fill in
    change-wrong-shape @ changes/b.yaml:1:1 `- who: x\n- who: y`: a declared change must be a mapping, found a list; write one declaration per file
    change-wrong-shape @ changes/c.yaml:1:1 `just words`: a declared change must be a mapping, found text; run `gatewright diff --declare` to write files to fill in
    change-wrong-value @ changes/d.yaml:1:6 `[]`: `who` must not be empty; write it as shown by `gatewright diff`; quote names that YAML reads as something else
    change-wrong-shape @ changes/d.yaml:2:7 `{a: b}`: `what` must be text or a list, found a mapping; write it as shown by `gatewright diff`; quote names that YAML reads as something else
    change-wrong-shape @ changes/d.yaml:3:9 `[widened]`: `change` must be text, found a list; write `widened` or `narrowed`
    change-wrong-shape @ changes/d.yaml:4:10 `[a]`: `because` must be text, found a list; write a single value
    change-wrong-shape @ changes/d.yaml:5:8 `{b: c}`: `owner` must be text, found a mapping; write a single value
    change-wrong-shape @ changes/d.yaml:6:9 `[]`: `ticket` must be text, found a list; write the ticket's name, or leave `ticket` out
    change-wrong-value @ changes/d.yaml:7:8 `5`: `until` must be a date or an instant; write the first day on which it no longer applies, such as `2026-12-31`, or an instant with a time zone
    change-wrong-value @ changes/e.yaml:1:10 `\'\'`: an entry of `who` must not be empty; write it as shown by `gatewright diff`; quote names that YAML reads as something else
    change-wrong-shape @ changes/e.yaml:1:14 `5`: an entry of `who` must be text, found a whole number; write it as shown by `gatewright diff`; quote names that YAML reads as something else
    change-wrong-shape @ changes/e.yaml:1:17 `null`: an entry of `who` must be text, found nothing; write it as shown by `gatewright diff`; quote names that YAML reads as something else
    change-wrong-value @ changes/e.yaml:2:11 `x`: duplicate `x` in `what`; list it once
    change-wrong-value @ changes/e.yaml:3:9 `widen`: unknown change `widen`; write `widened`
    change-unexplained @ changes/e.yaml:4:10 `\'  \'`: `because` must be an explanation in words; write the reason, in words that a reviewer can assess
    change-unexplained @ changes/e.yaml:5:8 `\'--\'`: `owner` must be an explanation in words; write who is responsible, in words that a reviewer can assess
    change-wrong-shape @ changes/e.yaml:6:7 ``: `ticket` must be text, found nothing; write the ticket's name, or leave `ticket` out
    change-wrong-value @ changes/e.yaml:7:8 `2026-02-30`: `until` must be a date or an instant; write the first day on which it no longer applies, such as `2026-12-31`, or an instant with a time zone
    change-wrong-shape @ changes/f.yaml:1:4 ``: `who` must be text or a list, found nothing; write it as shown by `gatewright diff`; quote names that YAML reads as something else
    change-wrong-shape @ changes/f.yaml:2:5 ``: `what` must be text or a list, found nothing; write it as shown by `gatewright diff`; quote names that YAML reads as something else
    change-wrong-shape @ changes/f.yaml:3:7 ``: `change` must be text, found nothing; write `widened` or `narrowed`
    change-unexplained @ changes/f.yaml:4:1 `because`: `because` must be an explanation in words; write the reason, in words that a reviewer can assess
    change-unexplained @ changes/f.yaml:5:1 `owner`: `owner` must be an explanation in words; write who is responsible, in words that a reviewer can assess
    change-missing-key @ changes/g.yaml:1:1 `widened`: missing key `change` in a declared change; write `change: widened` or `change: narrowed`
    change-missing-key @ changes/g.yaml:1:1 `widened`: missing key `what` in a declared change; write the actions, as `gatewright diff` names them: `what: [Payment.refund, Payout.create on Org]`
    change-missing-key @ changes/g.yaml:1:1 `widened`: missing key `who` in a declared change; write who gains or loses it, as `gatewright diff` names them: `who: finance`
    change-unknown-key @ changes/g.yaml:1:1 `widened`: unknown key `widened` in a declared change; write `change: widened`
    change-unknown-key @ changes/g.yaml:2:1 `whos`: unknown key `whos` in a declared change; did you mean `who`?
    yaml-unsupported @ changes/h.yaml:3:7 `!x c`: tagged values are not supported; remove the tag; quote a value to make it text
    yaml-syntax @ changes/i.yaml:1:6 `[`: a list in brackets is not closed; separate its parts with `,` and close it with `]`
    "#);
}

#[test]
fn hostile_files_are_refused_and_hang_nothing() {
    let Some(_) = solver() else { return };
    let laughs = (1..30).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
        format!("{text}a{n}: &a{n} [{}]\n", format!("*a{},", n - 1).repeat(10))
    });
    for hostile in [
        laughs,
        "[".repeat(100_000),
        format!("who: {}\n", "x".repeat(1 << 20)),
        format!("who: [{}]\n", "x,".repeat(100_000)),
        format!("because: \"{}\"\n", "\\u202e".repeat(1000)),
        "\u{0}".to_owned(),
        "? [a]\n: b\n".to_owned(),
        "who: &w [*w]\n".to_owned(),
    ] {
        let (_, declared) = on(NOTES, &format!("{NOTES}//- /changes/x.yaml\n{hostile}"), DAY);
        assert_eq!(declared.gate(), Gate::Fails);
        assert!(declared.declarations.is_empty());
    }
}

#[test]
fn names_that_reports_write_are_names_that_declarations_take() {
    // Whatever is found can be declared under the names that it is shown by.
    let Some(difference) = between(
        &Built::of(super::SHOP),
        &Built::of(&super::shop(&[
            ("context.risk <= 30", "context.risk <= 35"),
            ("uses at most 3", "uses at most 2"),
            ("approved by 1 of", "approved by 2 of"),
        ])),
    ) else {
        return;
    };
    let mut files = String::new();
    for (at, access) in difference.accesses.iter().enumerate() {
        for (change, finding) in [("widened", &access.gained), ("narrowed", &access.lost)] {
            if finding.is_found() {
                let (who, what) = (access.who(), access.request.title());
                files.push_str(&file(&format!("{at}-{change}"), change, &format!("'{who}'"), &what));
            }
        }
    }
    assert!(files.contains("break-glass outage") && files.contains("narrowed"), "{files}");
    let (old, new) = (Built::of(super::SHOP), Built::of(&format!("{}{files}", super::SHOP)));
    let at = Instant::parse_date(DAY).unwrap();
    let declared = pipeline::declared(old.package(), new.package(), &difference, None, at);
    assert_eq!(declared.gate(), Gate::Passes, "{}", summary(&new, &declared));
}

fn step(old: &str, new: &str, bump: &Bump) -> Required {
    required(&between(&Built::of(old), &Built::of(new)).unwrap(), bump)
}

#[test]
fn the_step_is_that_of_the_highest_verdict() {
    let Some(_) = solver() else { return };
    let bump = Bump::default();
    let narrowed = (SHARE.0, "role editor for User { allow read on Note; }");
    let both = (SHARE.0, "role editor for User { allow read, share on Note; }");
    let told = |edits: &[(&str, &str)], bump: &Bump| {
        let required = step(NOTES, &notes(edits), bump);
        assert!(required.is_certain(), "{required:?}");
        format!("{} since {}", required.step.name(), required.ground.name())
    };
    assert_eq!(told(&[], &bump), "patch since equivalent");
    assert_eq!(told(&[SHARE], &bump), "minor since widened");
    assert_eq!(told(&[narrowed], &bump), "minor since narrowed");
    assert_eq!(told(&[both], &bump), "minor since widened");
    assert_eq!(told(&[BROKEN], &bump), "major since schema-breaking");
    assert_eq!(told(&[BROKEN, SHARE], &bump), "major since schema-breaking");
    let own =
        Bump { widened: Step::Patch, narrowed: Step::Major, equivalent: Step::None, schema_breaking: Step::Minor };
    assert_eq!(told(&[], &own), "none since equivalent");
    assert_eq!(told(&[both], &own), "major since narrowed");
    assert_eq!(told(&[BROKEN, SHARE], &own), "minor since schema-breaking");
}

#[test]
fn what_is_not_known_counts_as_what_it_could_be() {
    let step = |edits: &[(&str, &str)], bump: &Bump| {
        let (old, new) = (format!("{NOTES}{OWNER}"), format!("{}{OWNER}", notes(edits)));
        required(&unproved(&Built::of(&old), &Built::of(&new)), bump)
    };
    let minor = step(&[SHARE], &Bump::default());
    assert_eq!((minor.step, minor.at_least), (Step::Minor, Step::Patch));
    assert!(!minor.is_certain());
    // Where nothing that is not known could make it another, it is certain.
    let flat = Bump { widened: Step::Patch, narrowed: Step::Patch, ..Bump::default() };
    assert!(step(&[SHARE], &flat).is_certain());
    let broken = step(&[SHARE, BROKEN], &Bump::default());
    assert_eq!((broken.step, broken.is_certain()), (Step::Major, true));
    // What callers must change takes less here than what might be opened.
    let careful = Bump { widened: Step::Major, schema_breaking: Step::Minor, ..Bump::default() };
    let careful = step(&[SHARE, BROKEN], &careful);
    assert_eq!((careful.step, careful.at_least), (Step::Major, Step::Minor));
}
