//! Contexts that were read lately. Reading one from JSON takes longer than deciding by it, and scenarios ask in the same few
//! contexts again and again. What is kept depends on the schema, the action and the JSON alone.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use cedar_policy::{Context, EntityUid};
use serde_json::{Map, Value};

/// The most contexts that are kept; with one more, all are forgotten.
const MOST: usize = 1024;

/// Contexts by action and JSON text.
#[derive(Debug, Default)]
pub(super) struct ReadContexts(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    count: usize,
    contexts: HashMap<EntityUid, HashMap<String, Context>>,
}

impl ReadContexts {
    /// The context of an action that some JSON is. `read` reads one that is not known; one that it refuses is not kept.
    pub(super) fn get_or_read<E>(
        &self,
        action: &EntityUid,
        json: Map<String, Value>,
        read: impl FnOnce(Map<String, Value>) -> Result<Context, E>,
    ) -> Result<Context, E> {
        // JSON with text keys can always be written.
        let Ok(text) = serde_json::to_string(&json) else {
            return read(json);
        };
        let known = |kept: &Kept| kept.contexts.get(action)?.get(&text).cloned();
        if let Some(context) = known(&self.0.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(context);
        }
        let context = read(json)?;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.count >= MOST {
            *kept = Kept::default();
        }
        kept.count += 1;
        kept.contexts.entry(action.clone()).or_default().insert(text, context.clone());
        Ok(context)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(json: Value) -> Map<String, Value> {
        let Value::Object(map) = json else { panic!("a record") };
        map
    }

    #[test]
    fn each_context_of_an_action_is_read_once_and_refused_ones_each_time() {
        let contexts = ReadContexts::default();
        let mut reads = 0;
        let mut ask = |action: &str, json: Value, refuse: bool| {
            contexts.get_or_read(&action.parse().unwrap(), object(json), |json| {
                reads += 1;
                if refuse { Err("no") } else { Ok(Context::from_json_value(Value::Object(json), None).unwrap()) }
            })
        };
        let (read, write) = ("Action::\"read\"", "Action::\"write\"");
        assert!(ask(read, json!({ "a": 1 }), true).is_err());
        let first = ask(read, json!({ "a": 1 }), false).unwrap();
        assert_eq!(format!("{first:?}"), format!("{:?}", ask(read, json!({ "a": 1 }), true).unwrap()));
        let other = ask(read, json!({ "a": 2 }), false).unwrap();
        assert_ne!(format!("{first:?}"), format!("{other:?}"));
        assert!(ask(write, json!({ "a": 1 }), true).is_err());
        assert_eq!(reads, 4);
    }

    #[test]
    fn no_more_are_kept_than_there_is_room_for() {
        let contexts = ReadContexts::default();
        for number in 0..=MOST {
            let read = |json| Context::from_json_value(Value::Object(json), None).map_err(|error| error.to_string());
            contexts.get_or_read(&"Action::\"a\"".parse().unwrap(), object(json!({ "a": number })), read).unwrap();
        }
        assert_eq!(contexts.0.lock().unwrap().count, 1);
    }
}
