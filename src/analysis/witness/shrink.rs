//! Less, and nearer to what people write: entities, memberships and optional attributes go, sets become empty, clocks are set
//! and numbers rounded, one thing at a time, as long as the witness still shows the same.

use serde_json::{Map, Value, json};

use super::{Witness, data};
use crate::text::{Duration, Instant};

/// Replays that one witness may cost. What is left then is larger than it could be, and as right.
const MOST_REPLAYS: usize = 1_500;

/// A smaller witness of the same.
pub(super) fn shrink(witness: Witness, at: Instant, shows: &dyn Fn(&Witness) -> bool) -> Witness {
    let mut shrinking = Shrinking { now: witness, at, shows, left: MOST_REPLAYS };
    shrinking.set_clock();
    loop {
        let before = shrinking.left;
        let changed = shrinking.round();
        if !changed || shrinking.left == 0 || before == shrinking.left {
            return shrinking.now;
        }
    }
}

struct Shrinking<'a> {
    now: Witness,
    /// The time to set clocks to.
    at: Instant,
    shows: &'a dyn Fn(&Witness) -> bool,
    left: usize,
}

impl Shrinking<'_> {
    /// Takes a change over if it still shows the same.
    fn attempt(&mut self, candidate: Witness) -> bool {
        if self.left == 0 || candidate == self.now {
            return false;
        }
        self.left -= 1;
        let shows = (self.shows)(&candidate);
        if shows {
            self.now = candidate;
        }
        shows
    }

    fn round(&mut self) -> bool {
        let mut changed = self.fewer_entities();
        changed |= self.fewer_parents();
        for path in self.values() {
            changed |= self.simpler(&path);
        }
        changed
    }

    fn fewer_entities(&mut self) -> bool {
        let mut changed = false;
        let mut at = 0;
        while let Some(entity) = self.list().get(at) {
            let uid = data::uid_of(entity);
            let needed = uid.is_some_and(|uid| uid == self.now.request.principal || uid == self.now.request.resource);
            let mut fewer = self.now.clone();
            if let Some(list) = fewer.entities.as_array_mut() {
                list.remove(at);
            }
            if !needed && self.attempt(fewer) {
                changed = true;
            } else {
                at += 1;
            }
        }
        changed
    }

    fn fewer_parents(&mut self) -> bool {
        let mut changed = false;
        for at in 0..self.list().len() {
            let mut parent = 0;
            loop {
                let mut fewer = self.now.clone();
                let parents = fewer.entities.pointer_mut(&format!("/{at}/parents")).and_then(Value::as_array_mut);
                let Some(parents) = parents.filter(|parents| parent < parents.len()) else {
                    break;
                };
                parents.remove(parent);
                if self.attempt(fewer) {
                    changed = true;
                } else {
                    parent += 1;
                }
            }
        }
        changed
    }

    fn list(&self) -> &[Value] {
        self.now.entities.as_array().map_or(&[], Vec::as_slice)
    }

    /// Where the values are, outer ones first.
    fn values(&self) -> Vec<Path> {
        let mut found = Vec::new();
        for (name, value) in &self.now.request.context {
            paths(value, Path::context(name), &mut found);
        }
        for (at, entity) in self.list().iter().enumerate() {
            for part in ["attrs", "tags"] {
                for (name, value) in entity.get(part).and_then(Value::as_object).into_iter().flatten() {
                    paths(value, Path::entity(at, part, name), &mut found);
                }
            }
        }
        found
    }

    fn simpler(&mut self, path: &Path) -> bool {
        let Some(value) = path.get(&self.now) else { return false };
        let candidates = candidates(value, self.clock());
        if let Some(without) = path.without(&self.now)
            && self.attempt(without)
        {
            return true;
        }
        candidates.into_iter().any(|candidate| {
            let with = path.with(&self.now, candidate);
            with.is_some_and(|with| self.attempt(with))
        })
    }

    fn clock(&self) -> Instant {
        let now = self.now.request.context.get("now").and_then(Instant::from_json);
        now.unwrap_or(self.at)
    }

    /// Moves all times together, so that the request is made when the reader reads it.
    fn set_clock(&mut self) {
        let Some(now) = self.now.request.context.get("now").and_then(Instant::from_json) else {
            return;
        };
        let Some(by) = self.at.0.checked_sub(now.0) else {
            return;
        };
        let mut moved = self.now.clone();
        for path in self.values() {
            let time = path.get(&self.now).and_then(Instant::from_json);
            // One that is too far away stays where it is.
            let there = time.and_then(|time| of_datetime(Instant(time.0.checked_add(by)?)));
            if let Some(with) = there.and_then(|there| path.with(&moved, there)) {
                moved = with;
            }
        }
        self.attempt(moved);
    }
}

/// Simpler values of the same type, the simplest first.
fn candidates(value: &Value, now: Instant) -> Vec<Value> {
    if let Some(time) = Instant::from_json(value) {
        let steps = [0, -Duration::MINUTE.0, -Duration::HOUR.0, Duration::HOUR.0, -Duration::DAY.0, Duration::DAY.0];
        let times = steps.into_iter().filter_map(|step| now.0.checked_add(step)).map(Instant);
        // At the least it is said as people say it.
        let plainly = of_datetime(time).filter(|plain| plain != value);
        // The day that people write where they mean never.
        let times = times.chain(Instant::parse_date("9999-12-31"));
        let simpler = times.take_while(|simpler| *simpler != time).filter_map(of_datetime);
        return simpler.chain(plainly).collect();
    }
    match value {
        Value::Number(number) => {
            let numbers = [0, 1, 10, 100, -1].into_iter();
            numbers.take_while(|simpler| number.as_i64() != Some(*simpler)).map(Value::from).collect()
        }
        Value::Array(all) if !all.is_empty() => {
            let single = (all.len() > 1).then(|| all.iter().map(|one| json!([one])).collect::<Vec<_>>());
            std::iter::once(json!([])).chain(single.into_iter().flatten()).collect()
        }
        Value::String(text) if text.chars().any(|c| !c.is_ascii_graphic()) => vec![json!("x")],
        _ => match extension(value) {
            Some(("decimal", _)) => simple_extensions("decimal", &["0.0", "1.0", "100.0"], value),
            Some(("duration", _)) => simple_extensions("duration", &["0ms", "1m", "1h", "1d"], value),
            Some(("ip", _)) => simple_extensions("ip", &["10.0.0.1"], value),
            _ => Vec::new(),
        },
    }
}

fn simple_extensions(function: &str, arguments: &[&str], value: &Value) -> Vec<Value> {
    let all = arguments.iter().map(|argument| json!({ "__extn": { "fn": function, "arg": argument } }));
    all.take_while(|simpler| simpler != value).collect()
}

/// The function and the text of a value of an extension type.
fn extension(value: &Value) -> Option<(&str, &str)> {
    let inner = value.get("__extn")?;
    let argument = inner.get("arg").or_else(|| inner.pointer("/args/0"))?;
    Some((inner.get("fn")?.as_str()?, argument.as_str()?))
}

/// The points in time in a context, each with the names that lead to it.
pub(super) fn times(context: &Map<String, Value>) -> Vec<(Vec<String>, Instant)> {
    let mut found = Vec::new();
    for (name, value) in context {
        paths(value, Path::context(name), &mut found);
    }
    let time = |path: Path| {
        let (first, rest) = path.keys.split_first()?;
        let value = rest.iter().try_fold(context.get(first)?, |value, key| value.get(key))?;
        Some((path.keys.clone(), Instant::from_json(value)?))
    };
    found.into_iter().filter_map(time).collect()
}

/// A point in time as Cedar's constructor takes it; `None` of one that it has no text for.
fn of_datetime(time: Instant) -> Option<Value> {
    time.text().map(|_| time.to_json())
}

/// Where a value is: in the context, or in an entity of the list.
#[derive(Debug, Clone)]
struct Path {
    entity: Option<usize>,
    keys: Vec<String>,
}

impl Path {
    fn context(name: &str) -> Self {
        Self { entity: None, keys: vec![name.to_owned()] }
    }

    fn entity(at: usize, part: &str, name: &str) -> Self {
        Self { entity: Some(at), keys: vec![part.to_owned(), name.to_owned()] }
    }

    fn inside(&self, key: &str) -> Self {
        let mut inside = self.clone();
        inside.keys.push(key.to_owned());
        inside
    }

    fn get<'a>(&self, witness: &'a Witness) -> Option<&'a Value> {
        let (first, rest) = self.keys.split_first()?;
        let start = match self.entity {
            Some(at) => witness.entities.get(at)?.get(first)?,
            None => witness.request.context.get(first)?,
        };
        rest.iter().try_fold(start, |value, key| value.get(key))
    }

    /// The record that the value stands in, to be changed.
    fn around<'a>(&self, witness: &'a mut Witness) -> Option<(&'a mut serde_json::Map<String, Value>, &str)> {
        let (last, rest) = self.keys.split_last()?;
        let record = match (self.entity, rest) {
            (None, []) => &mut witness.request.context,
            (None, [first, rest @ ..]) => {
                let start = witness.request.context.get_mut(first)?;
                rest.iter().try_fold(start, |value, key| value.get_mut(key))?.as_object_mut()?
            }
            (Some(at), rest) => {
                let start = witness.entities.get_mut(at)?;
                rest.iter().try_fold(start, |value, key| value.get_mut(key))?.as_object_mut()?
            }
        };
        Some((record, last))
    }

    fn with(&self, witness: &Witness, value: Value) -> Option<Witness> {
        let mut changed = witness.clone();
        let (record, key) = self.around(&mut changed)?;
        record.insert(key.to_owned(), value);
        Some(changed)
    }

    fn without(&self, witness: &Witness) -> Option<Witness> {
        let mut changed = witness.clone();
        let (record, key) = self.around(&mut changed)?;
        record.remove(key)?;
        Some(changed)
    }
}

/// A value and those inside it.
fn paths(value: &Value, at: Path, found: &mut Vec<Path>) {
    found.push(at.clone());
    if value.get("__extn").is_some() || value.get("__entity").is_some() {
        return;
    }
    for (name, inner) in value.as_object().into_iter().flatten() {
        paths(inner, at.inside(name), found);
    }
}
