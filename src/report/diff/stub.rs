//! What is not declared, as files to fill in: whole but for why, and for who answers for it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::report::{printable, proofs};
use crate::semdiff::{Difference, Direction, Effect};

use super::review::Review;
use super::terms::Term;
use super::{rows, terms};

/// The most characters of a name that a file's name holds.
const MOST_CHARS: usize = 60;

/// A declaration that lacks its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stub {
    /// The file's name in `changes/`, without its ending; the same for the same finding in each run.
    pub stem: String,
    /// Its text, YAML. As it stands it is refused.
    pub text: String,
}

/// A stub for each row that nothing covers: for what is gained, which must be declared, and for what is lost, which may be.
#[must_use]
pub fn stubs(difference: &Difference, review: Review<'_>) -> Vec<Stub> {
    let mut stubs: Vec<Stub> = Vec::new();
    let mut said: BTreeSet<(Direction, String, String)> = BTreeSet::new();
    for row in rows::rows(difference, &review.declared.covers) {
        let (who, what) = (&row.who, &row.kinds);
        let pairs = who.iter().flat_map(|who| what.iter().map(move |what| (row.way, who.clone(), what.clone())));
        // One name stands for holders of several types, whose findings may be of several rows.
        let known = said.len();
        said.extend(pairs);
        if row.declared.is_some() || said.len() == known {
            continue;
        }
        let first = |all: &[String]| all.first().map_or_else(String::new, |name| plain(name));
        let stem = format!("{}-{}-{}", first(who), row.way.verb(), first(what));
        let text = text(row.way, &row.when, who, what);
        stubs.push(Stub { stem: free(&stubs, &stem), text });
    }
    roles(difference, review, &mut stubs);
    term_stubs(difference, review, &mut stubs);
    proof_stubs(review, &mut stubs);
    stubs
}

/// A stem that no stub has yet.
fn free(taken: &[Stub], stem: &str) -> String {
    let mut free = stem.to_owned();
    let mut number = 1;
    while taken.iter().any(|stub| stub.stem == free) {
        number += 1;
        free = format!("{stem}-{number}");
    }
    free
}

/// A stub for each person or group whose roles changed one way.
fn roles(difference: &Difference, review: Review<'_>, stubs: &mut Vec<Stub>) {
    let mut open: BTreeMap<(Direction, &str), Vec<String>> = BTreeMap::new();
    for (at, one) in difference.assignments.iter().enumerate() {
        // The declaration of a new package covers them.
        if !difference.is_initial() && review.declared.assigned.get(at).copied().flatten().is_none() {
            open.entry((one.way, &one.who)).or_default().push(one.what.clone());
        }
    }
    for ((way, who), what) in open {
        let first = what.first().map_or("", String::as_str);
        let stem = format!("{}-{}-{}", plain(who), way.verb(), plain(first));
        let found: Vec<String> = what.iter().map(|what| format!("{who} {} {what}", way.verb())).collect();
        stubs.push(Stub { stem: free(stubs, &stem), text: text(way, &found, &[who.to_owned()], &what) });
    }
}

/// A stub for the changed terms of each part of the contract that nothing covers.
fn term_stubs(difference: &Difference, review: Review<'_>, stubs: &mut Vec<Stub>) {
    let mut parts: BTreeMap<(Effect, String), Vec<Term<'_>>> = BTreeMap::new();
    for term in terms::terms(difference, review).filter(|term| term.declared.is_none()) {
        let words = term.change.path.split(['.', '[']).take(2);
        let part = words.collect::<Vec<_>>().join(".");
        parts.entry((term.change.effect, part)).or_default().push(term);
    }
    let stub = |((effect, part), terms): ((Effect, String), Vec<Term<'_>>)| {
        let names: Vec<String> = terms.iter().map(|term| term.change.path.clone()).collect();
        let found: Vec<String> = terms.iter().map(|term| term.title()).collect();
        let change = match effect {
            Effect::Weakens => Direction::Widened,
            Effect::Strengthens => Direction::Narrowed,
        };
        Stub {
            stem: format!("contract-{}-{}", effect.name(), plain(&part)),
            text: declaration(&found, &format!("contract: {}\n", one_or_many(&names)), change),
        }
    };
    stubs.extend(parts.into_iter().map(stub));
}

/// A stub for each assertion of which less is proved and that nothing covers.
fn proof_stubs(review: Review<'_>, stubs: &mut Vec<Stub>) {
    let all = review.asserted.iter().flat_map(|all| &all.in_part).enumerate();
    for (at, one) in all.filter(|(_, one)| one.is_less()) {
        if review.proof(at).is_some() {
            continue;
        }
        let left_out = proofs::left_out(&one.left_out).unwrap_or_default();
        let found = format!("{} is now proved only in part: not for {left_out}", one.proof.title());
        let stem = format!("contract-{}-{}", Effect::Weakens.name(), plain(&one.path()));
        if stubs.iter().any(|stub| stub.stem == stem) {
            // The words of the assertion changed as well, and one declaration covers both.
            continue;
        }
        let names = format!("contract: {}\n", one_or_many(&[one.path()]));
        stubs.push(Stub { stem, text: declaration(&[found], &names, Direction::Widened) });
    }
}

fn text(way: Direction, found: &[String], who: &[String], what: &[String]) -> String {
    let names = format!("who: {}\nwhat: {}\n", one_or_many(who), one_or_many(what));
    declaration(found, &names, way)
}

/// A declaration of what was found, under names, without its reason.
fn declaration(found: &[String], names: &str, change: Direction) -> String {
    let found: String = found.iter().map(|line| format!("#   {}\n", one_line(line))).collect();
    format!(
        "# Written by `gatewright diff --declare`. It declares nothing until `because` gives the reason and `owner`\n\
         # names who is responsible. The change:\n\
         {found}\
         {names}\
         change: {}\n\
         because: \"\"\n\
         owner: \"\"\n\
         # ticket: \"TICKET-1\"\n\
         # until: YYYY-MM-DD\n",
        change.name(),
    )
}

/// JSON is YAML, and leaves nothing to escape.
fn one_or_many(names: &[String]) -> String {
    match names {
        [one] => Value::from(one.as_str()).to_string(),
        many => {
            let quoted: Vec<String> = many.iter().map(|name| Value::from(name.as_str()).to_string()).collect();
            format!("[{}]", quoted.join(", "))
        }
    }
}

/// A comment ends with its line, whatever a condition holds.
fn one_line(text: &str) -> String {
    printable(&text.split(['\n', '\r']).collect::<Vec<_>>().join(" "))
}

/// A name in characters that every file system takes.
fn plain(name: &str) -> String {
    let mut plain = String::new();
    for c in name.chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric()
                || c == '_'
                || (c == '.' && plain.ends_with(|last: char| last.is_ascii_alphanumeric())) =>
            {
                plain.push(c)
            }
            _ if plain.is_empty() || plain.ends_with('-') => {}
            _ => plain.push('-'),
        }
        if plain.len() >= MOST_CHARS {
            break;
        }
    }
    match plain.trim_end_matches(['-', '.']) {
        "" => "unnamed".to_owned(),
        plain => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_hold_nothing_that_a_file_system_minds() {
        for (name, file) in [
            ("Payment.write_off", "payment.write_off"),
            ("Payout.create on Org", "payout.create-on-org"),
            ("every User", "every-user"),
            ("Shop::User::\"../../etc/passwd\"", "shop-user-etc-passwd"),
            ("..", "unnamed"),
            ("ß\u{202e}", "unnamed"),
        ] {
            assert_eq!(plain(name), file, "{name}");
        }
        assert!(plain(&"x".repeat(1000)).len() <= MOST_CHARS);
    }

    #[test]
    fn names_and_comments_stay_what_they_are_in_yaml() {
        assert_eq!(one_or_many(&["no".to_owned()]), "\"no\"");
        assert_eq!(one_or_many(&["T::\"a\\\"\n\"".to_owned(), "b: c".to_owned()]), r#"["T::\"a\\\"\n\"", "b: c"]"#);
        assert_eq!(one_line("now\nwho: everyone\r\u{7}"), "now who: everyone ␇");
    }
}
