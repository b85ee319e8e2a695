//! Changes of access as a reviewer reads them: holders and requests that change alike, by the same statements, stand in one
//! row with one example.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::semdiff::Access;
use crate::semdiff::Difference;
use crate::semdiff::Doubt;
use crate::semdiff::Example;
use crate::semdiff::Finding;
use crate::semdiff::Presence;

use super::words;

/// Which way a row goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    Gains,
    Loses,
}

impl Way {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Gains => "gains",
            Self::Loses => "loses",
        }
    }
}

/// What some holders gain or lose alike.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) way: Way,
    pub(super) who: Vec<String>,
    pub(super) what: Vec<String>,
    /// What the sides say of it.
    pub(super) when: [String; 2],
    pub(super) example: &'a Example,
    /// Indices of changes.
    pub(super) causes: Vec<usize>,
}

/// What is not known alike of some holders.
#[derive(Debug)]
pub(super) struct Open<'a> {
    pub(super) who: Vec<String>,
    pub(super) what: Vec<String>,
    pub(super) doubt: &'a Doubt,
    /// `gains or loses`
    pub(super) ways: String,
    pub(super) causes: Vec<usize>,
}

/// What is found, gains first.
pub(super) fn rows(difference: &Difference) -> Vec<Row<'_>> {
    // What is alike for several holders, request by request; then what is alike for several requests.
    let mut by_request: BTreeMap<(Way, [String; 2], &[usize], String), (BTreeSet<String>, &Example)> = BTreeMap::new();
    for access in &difference.accesses {
        for (way, finding) in [(Way::Gains, &access.gained), (Way::Loses, &access.lost)] {
            let Finding::Found(example) = finding else { continue };
            let key = (way, words::when(way, example), access.causes.as_slice(), what(access));
            let group = by_request.entry(key).or_insert_with(|| (BTreeSet::new(), example));
            group.0.insert(who(access));
        }
    }
    let mut by_holders: BTreeMap<(Way, BTreeSet<String>, [String; 2], &[usize]), (Vec<String>, &Example)> =
        BTreeMap::new();
    for ((way, when, causes, what), (who, example)) in by_request {
        let group = by_holders
            .entry((way, who, when, causes))
            .or_insert_with(|| (Vec::new(), example));
        group.0.push(what);
    }
    by_holders
        .into_iter()
        .map(|((way, who, when, causes), (what, example))| Row {
            way,
            who: who.into_iter().collect(),
            what,
            when,
            example,
            causes: causes.to_vec(),
        })
        .collect()
}

/// What is not known.
pub(super) fn open(difference: &Difference) -> Vec<Open<'_>> {
    let mut groups: BTreeMap<(&Doubt, String, &[usize], String), BTreeSet<String>> = BTreeMap::new();
    for access in &difference.accesses {
        for doubt in access.doubts() {
            let unsure = |finding: &Finding| matches!(finding, Finding::Unsure(other) if other == doubt);
            let ways = match (unsure(&access.gained), unsure(&access.lost)) {
                (true, true) => "gains or loses",
                (true, false) => "gains",
                (false, _) => "loses",
            };
            let group = groups
                .entry((doubt, ways.to_owned(), &access.causes, what(access)))
                .or_default();
            group.insert(who(access));
        }
    }
    let mut alike: BTreeMap<(&Doubt, String, BTreeSet<String>, &[usize]), Vec<String>> = BTreeMap::new();
    for ((doubt, ways, causes, what), who) in groups {
        alike.entry((doubt, ways, who, causes)).or_default().push(what);
    }
    alike
        .into_iter()
        .map(|((doubt, ways, who, causes), what)| Open {
            who: who.into_iter().collect(),
            what,
            doubt,
            ways,
            causes: causes.to_vec(),
        })
        .collect()
}

fn who(access: &Access) -> String {
    access.holder.title(&access.request.principal)
}

/// `Bill.read`, `Bill.list on Org`
fn what(access: &Access) -> String {
    let request = &access.request;
    let declared_on = request.action.split_once('.').map(|(ty, _)| ty);
    let place = match declared_on == Some(request.resource.as_str()) || request.resource == "BreakGlassProfile" {
        true => String::new(),
        false => format!(" on {}", request.resource),
    };
    let presence = match request.presence {
        Presence::Both => "",
        Presence::OnlyOld => " (gone)",
        Presence::OnlyNew => " (new)",
    };
    format!("{}{place}{presence}", request.action)
}
