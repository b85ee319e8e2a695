//! Changes of access as a reviewer reads them: holders and requests that change alike, by the same statements, stand in one
//! row with one example.

use std::collections::{BTreeMap, BTreeSet};

use crate::semdiff::{Access, Cover, Difference, Direction, Doubt, Example, Finding, Presence};

use super::words;

/// What some holders gain or lose alike.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) way: Direction,
    pub(super) who: Vec<String>,
    pub(super) what: Vec<String>,
    /// The same as declarations name them, whichever side has such requests.
    pub(super) kinds: Vec<String>,
    /// What the sides say of it.
    pub(super) when: Vec<String>,
    pub(super) example: &'a Example,
    /// Indices of changes.
    pub(super) causes: Vec<usize>,
    /// The declaration that covers it.
    pub(super) declared: Option<usize>,
}

/// What is not known alike of some holders.
#[derive(Debug)]
pub(super) struct Open<'a> {
    pub(super) who: Vec<String>,
    pub(super) what: Vec<String>,
    pub(super) doubt: &'a Doubt,
    /// `gains or loses`
    pub(super) ways: &'static str,
    pub(super) causes: Vec<usize>,
}

/// What rows have in common that say the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Alike<'a> {
    way: Direction,
    when: Vec<String>,
    causes: &'a [usize],
    declared: Option<usize>,
}

/// The same of what is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct AlikeOpen<'a> {
    doubt: &'a Doubt,
    ways: &'static str,
    causes: &'a [usize],
}

/// A kind of request as it is shown, and as declarations name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Asked {
    shown: String,
    kind: String,
}

impl Asked {
    fn of(access: &Access) -> Self {
        Self { shown: what(access), kind: access.request.title() }
    }
}

/// Several names, each once.
type Names = BTreeSet<String>;

/// What is found, gains first. `covers` says of each access which declaration covers it; it may be empty.
pub(super) fn rows<'a>(difference: &'a Difference, covers: &[Cover]) -> Vec<Row<'a>> {
    // What is alike for several holders, request by request; then what is alike for several requests.
    let mut by_request: BTreeMap<(Alike<'_>, Asked), (Names, &Example)> = BTreeMap::new();
    for (at, access) in difference.accesses.iter().enumerate() {
        let cover = covers.get(at).copied().unwrap_or_default();
        for (way, declared) in [(Direction::Widened, cover.gained), (Direction::Narrowed, cover.lost)] {
            let Some(example) = access.finding(way).example() else { continue };
            let alike = Alike { way, when: words::when(way, example), causes: &access.causes, declared };
            let group = by_request.entry((alike, Asked::of(access))).or_insert_with(|| (Names::new(), example));
            group.0.insert(access.who());
        }
    }
    let mut by_holders: BTreeMap<(Alike<'_>, Names), (Vec<Asked>, &Example)> = BTreeMap::new();
    for ((alike, what), (who, example)) in by_request {
        let group = by_holders.entry((alike, who)).or_insert_with(|| (Vec::new(), example));
        group.0.push(what);
    }
    let mut rows: Vec<Row<'_>> = by_holders
        .into_iter()
        .map(|((alike, who), (what, example))| Row {
            way: alike.way,
            who: who.into_iter().collect(),
            kinds: what.iter().map(|asked| asked.kind.clone()).collect::<BTreeSet<_>>().into_iter().collect(),
            what: what.into_iter().map(|asked| asked.shown).collect(),
            when: alike.when,
            example,
            causes: alike.causes.to_vec(),
            declared: alike.declared,
        })
        .collect();
    rows.sort_by(|a, b| (a.way, &a.who, &a.what).cmp(&(b.way, &b.who, &b.what)));
    rows
}

/// What is not known.
pub(super) fn open(difference: &Difference) -> Vec<Open<'_>> {
    let mut by_request: BTreeMap<(AlikeOpen<'_>, String), Names> = BTreeMap::new();
    for access in &difference.accesses {
        for doubt in access.doubts() {
            let unsure = |finding: &Finding| matches!(finding, Finding::Unsure(other) if other == doubt);
            let alike = AlikeOpen {
                doubt,
                ways: match (unsure(&access.gained), unsure(&access.lost)) {
                    (true, true) => "gains or loses",
                    (true, false) => "gains",
                    (false, _) => "loses",
                },
                causes: &access.causes,
            };
            by_request.entry((alike, what(access))).or_default().insert(access.who());
        }
    }
    let mut by_holders: BTreeMap<(AlikeOpen<'_>, Names), Vec<String>> = BTreeMap::new();
    for ((alike, what), who) in by_request {
        by_holders.entry((alike, who)).or_default().push(what);
    }
    by_holders
        .into_iter()
        .map(|((alike, who), what)| Open {
            who: who.into_iter().collect(),
            what,
            doubt: alike.doubt,
            ways: alike.ways,
            causes: alike.causes.to_vec(),
        })
        .collect()
}

/// `Bill.read`, `Bill.list on Org`
fn what(access: &Access) -> String {
    let presence = match access.request.presence {
        Presence::Both => "",
        Presence::OnlyOld => " (gone)",
        Presence::OnlyNew => " (new)",
    };
    let besides = match access.stands_for {
        0 => String::new(),
        1 => " (and 1 kind of request that it stands for)".to_owned(),
        count => format!(" (and {count} kinds of request that it stands for)"),
    };
    format!("{}{presence}{besides}", access.request.title())
}
