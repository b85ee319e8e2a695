//! "Did you mean": the nearest of a set of known names.

use super::Certainty;

/// One letter in so many may be wrong.
const SHARE: usize = 3;
/// Letters that are compared.
const MOST_LETTERS: usize = 64;

/// The nearest candidate within an edit distance of a third of the word's length (at least one), if any.
/// Equal distances go to the first in alphabetical order, so that the answer is stable.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let length = word.chars().count();
    let limit = (length / SHARE).max(1);
    candidates
        .into_iter()
        // Each character more or less is one edit: most candidates need not be compared.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= limit && *candidate != word)
        .map(|candidate| (distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The nearest candidate, and whether nothing else can be meant: it is the only one that is near, and a word of so few letters
/// is not another.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<(&'a str, Certainty)> {
    let mut known: Vec<&str> = candidates.into_iter().collect();
    known.sort_unstable();
    known.dedup();
    let near = closest(word, known.iter().copied())?;
    let others = known.into_iter().filter(|other| *other != near);
    let away = distance(&word.to_lowercase(), &near.to_lowercase());
    let is_close = away * SHARE <= word.chars().count();
    let certainty = match is_close && closest(word, others).is_none() {
        true => Certainty::Certain,
        false => Certainty::Likely,
    };
    Some((near, certainty))
}

/// The help line for an unknown name: the nearest known one, else the known ones if they are few.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut known: Vec<&str> = candidates.into_iter().collect();
    known.sort_unstable();
    known.dedup();
    let near = closest(word, known.iter().copied()).or_else(|| longer(word, &known));
    if let Some(near) = near {
        return Some(format!("did you mean `{near}`?"));
    }
    match known.len() {
        0 => None,
        1..=8 => {
            Some(format!("known here: {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")))
        }
        _ => None,
    }
}

/// The only candidate that goes on after the word, `risk_score` for `risk`.
fn longer<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let goes_on = |candidate: &&&str| candidate.strip_prefix(word).is_some_and(|rest| rest.starts_with('_'));
    let mut longer = candidates.iter().filter(goes_on);
    longer.next().copied().filter(|_| longer.next().is_none() && !word.is_empty())
}

/// Insertions, deletions, substitutions and swaps of neighbours, in the first letters: a word may be as long as a file.
fn distance(a: &str, b: &str) -> usize {
    let start = |word: &str| word.chars().take(MOST_LETTERS).collect::<String>();
    strsim::osa_distance(&start(a), &start(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_certain_where_it_alone_is_near() {
        let near = |word, known: &[&'static str]| nearest(word, known.iter().copied());
        assert_eq!(near("raed", &["read", "list"]), Some(("read", Certainty::Certain)));
        assert_eq!(near("reat", &["read", "rent"]), Some(("read", Certainty::Likely)));
        assert_eq!(near("a", &["b"]), Some(("b", Certainty::Likely)), "any letter is near any other");
        assert_eq!(near("payout", &["Payout"]), Some(("Payout", Certainty::Certain)));
        assert_eq!(near("zzz", &["read"]), None);
    }

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        assert_eq!(closest("finanec", ["finance", "support"]), Some("finance"));
        assert_eq!(closest("Payouts", ["Payout", "Org"]), Some("Payout"));
        assert_eq!(closest("zzz", ["finance", "support"]), None);
        assert_eq!(did_you_mean("zzz", ["b", "a"]).unwrap(), "known here: `a`, `b`");
        let meant = |word| did_you_mean(word, ["risk_score", "auth_time", "auth_level"]).unwrap();
        assert_eq!(meant("risk"), "did you mean `risk_score`?");
        assert_eq!(meant("auth"), "known here: `auth_level`, `auth_time`, `risk_score`");
    }
}
