//! Template links: JSON in the form of Cedar's command line or of its policy sets, each with its place. A link becomes a static
//! policy of its own.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use cedar_policy::{Policy, SlotId, Template, pst};
use serde_json::Value;

use crate::bundle::entity_uid;
use crate::diag::{Diagnostic, Diagnostics};
use crate::lower::codes;
use crate::text::{FileId, Sources, Span};

use super::RawPolicy;

const SHAPE: &str =
    "a link is `{\"template_id\": \"…\", \"link_id\": \"…\", \"args\": {\"?principal\": \"User::\\\"alice\\\"\"}}`";

/// What a link says, by the names of Cedar's command line; its policy sets have others for the same.
const KEYS: [[&str; 2]; 3] = [["link_id", "newId"], ["template_id", "templateId"], ["args", "values"]];

/// A link as written.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) id: String,
    template: String,
    args: Vec<(Written, Value)>,
    /// Where its id stands.
    pub(super) at: Span,
    /// Where it names its template.
    template_at: Span,
}

/// A text of a JSON file.
#[derive(Debug)]
struct Written {
    text: String,
    /// Of an argument, key and value.
    at: Span,
}

/// The links of a file; what is at fault is left out.
pub(super) fn read(sources: &Sources, file: FileId, out: &mut Diagnostics) -> Vec<Link> {
    let text = sources.code(file);
    let whole = Span::new(file, 0, text.len());
    let list: Vec<Value> = match serde_json::from_str(&text) {
        Ok(Value::Array(links)) => links,
        Ok(_) => {
            out.push(fault(whole.at_start(), "template links must be a JSON list").help(SHAPE));
            return Vec::new();
        }
        Err(error) => {
            let start = sources
                .lines(file)
                .and_then(|lines| lines.line_start(u32::try_from(error.line()).unwrap_or(1)))
                .map_or(0, |start| start as usize + error.column().saturating_sub(1));
            let at = Span::new(file, start.min(text.len()), start.min(text.len()));
            out.push(fault(at, format!("this is not JSON: {error}")));
            return Vec::new();
        }
    };
    let places = items(&text, 0..text.len());
    let mut links = Vec::new();
    for (link, place) in list.iter().zip(places) {
        let reader = Reader { text: &text, file, place };
        links.extend(reader.link(link, out));
    }
    links
}

/// One link and its place.
struct Reader<'t> {
    text: &'t str,
    file: FileId,
    place: Range<usize>,
}

impl Reader<'_> {
    fn link(&self, link: &Value, out: &mut Diagnostics) -> Option<Link> {
        let whole = self.span(self.place.clone());
        if !link.is_object() {
            out.push(fault(whole, "this is not a template link").help(SHAPE));
            return None;
        }
        let members = self.members(self.place.clone());
        let before = out.len();
        for (at, (key, _)) in members.iter().enumerate() {
            let known = KEYS.iter().find(|names| names.contains(&key.text.as_str()));
            let Some(names) = known else {
                let names = KEYS.iter().map(|[first, _]| *first);
                out.push(
                    fault(key.at, format!("a template link has no key `{}`", key.text))
                        .meant_quoted(key.at, &key.text, names),
                );
                continue;
            };
            let mut earlier = members.iter().take(at);
            if let Some((first, _)) = earlier.find(|(key, _)| names.contains(&key.text.as_str())) {
                out.push(
                    fault(key.at, format!("duplicate `{}` in the link", first.text))
                        .also(first.at, "first given here")
                        .help("keep one of the two"),
                );
            }
        }
        let member = |names: [&str; 2]| {
            let found = members.iter().find(|(key, _)| names.contains(&key.text.as_str()));
            let (key, value) = found?;
            Some((link.get(&key.text)?, value.clone()))
        };
        let [id, template, args] = KEYS.map(|names| {
            let found = member(names);
            if found.is_none() {
                out.push(fault(whole, format!("this link is missing `{}`", names[0])).help(SHAPE));
            }
            found
        });
        let id = id.and_then(|(id, at)| self.text(id, at, out));
        let template = template.and_then(|(template, at)| self.text(template, at, out));
        let args = args.and_then(|(args, at)| self.args(args, at, out));
        let (id, template, args) = (id?, template?, args?);
        if id.text.is_empty() {
            out.push(fault(id.at, "a link needs a name").help("tests, diffs and logs use this name"));
        }
        (out.len() == before).then(|| Link {
            id: id.text,
            template: template.text,
            args,
            at: id.at,
            template_at: template.at,
        })
    }

    fn text(&self, value: &Value, at: Range<usize>, out: &mut Diagnostics) -> Option<Written> {
        let at = self.span(at);
        match value {
            Value::String(text) => Some(Written { text: text.clone(), at }),
            _ => {
                out.push(fault(at, "expected a name in quotes").help(SHAPE));
                None
            }
        }
    }

    fn args(&self, args: &Value, at: Range<usize>, out: &mut Diagnostics) -> Option<Vec<(Written, Value)>> {
        let Some(values) = args.as_object() else {
            out.push(fault(self.span(at), "expected an object with a value for each slot").help(SHAPE));
            return None;
        };
        let members = self.members(at).into_iter();
        let args = members.filter_map(|(slot, value)| {
            let given = values.get(&slot.text)?.clone();
            let at = slot.at.to(self.span(value));
            Some((Written { text: slot.text, at }, given))
        });
        Some(args.collect())
    }

    /// The keys of a mapping, and the places of their values.
    fn members(&self, within: Range<usize>) -> Vec<(Written, Range<usize>)> {
        let parts = items(self.text, within);
        let pairs = parts.chunks_exact(2).filter_map(|pair| {
            let [key, value] = pair else { return None };
            let text = serde_json::from_str(self.text.get(key.clone())?).ok()?;
            let at = self.span(key.clone());
            Some((Written { text, at }, value.clone()))
        });
        pairs.collect()
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range.start, range.end)
    }
}

/// What stands directly in a list or a mapping of valid JSON; of a mapping, keys and values in turn.
fn items(text: &str, within: Range<usize>) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut depth = 0_usize;
    let mut part: Option<Range<usize>> = None;
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in text.get(within.clone()).unwrap_or_default().char_indices() {
        let at = within.start + at;
        let inner = quoted || depth > 1;
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let ends = !inner && !quoted && (matches!(c, ',' | ':') || (depth == 0 && matches!(c, ']' | '}')));
        let opens = depth == 1 && !inner && matches!(c, '[' | '{');
        if ends {
            found.extend(part.take());
        } else if !opens && (inner || !c.is_whitespace()) {
            let start = part.map_or(at, |part| part.start);
            part = Some(start..at + c.len_utf8());
        }
    }
    found
}

/// Makes the static policies of links.
pub(super) fn instantiate(
    links: Vec<Link>,
    templates: &BTreeMap<String, (Template, Span)>,
    out: &mut Diagnostics,
) -> Vec<RawPolicy> {
    let mut made = Vec::new();
    for link in links {
        let Some((template, span)) = templates.get(&link.template) else {
            let known = templates.keys().map(String::as_str);
            out.push(fault(link.template_at, format!("unknown template `{}`", link.template)).meant_quoted(
                link.template_at,
                &link.template,
                known,
            ));
            continue;
        };
        let Some(values) = values(&link, template, *span, out) else {
            continue;
        };
        match policy(template, &link.id, values) {
            Ok(policy) => made.push(RawPolicy { policy, body: None, span: *span, link: Some(link.at) }),
            Err(error) => out.push(
                fault(link.at, format!("`{}` does not fit its template: {error}", link.id))
                    .also(*span, "the template")
                    .help(SHAPE),
            ),
        }
    }
    made
}

/// The values of the slots: one for each that the template has, and no other. A value without a slot would restrict nothing,
/// though it looks as if it did.
fn values(
    link: &Link,
    template: &Template,
    span: Span,
    out: &mut Diagnostics,
) -> Option<HashMap<pst::SlotId, pst::EntityUID>> {
    let before = out.len();
    let slots: Vec<String> = template.slots().map(SlotId::to_string).collect();
    let mut values = HashMap::new();
    for (at, (slot, value)) in link.args.iter().enumerate() {
        let name = slot.text.as_str();
        if link.args.iter().take(at).any(|(earlier, _)| earlier.text == name) {
            out.push(fault(slot.at, format!("duplicate `{name}` in the link")).help("keep one of the two"));
            continue;
        }
        let id = match name {
            "?principal" => pst::SlotId::Principal,
            "?resource" => pst::SlotId::Resource,
            _ => {
                out.push(fault(slot.at, format!("`{name}` is neither `?principal` nor `?resource`")).meant_quoted(
                    slot.at,
                    name,
                    slots.iter().map(String::as_str),
                ));
                continue;
            }
        };
        if !slots.iter().any(|slot| slot == name) {
            out.push(
                fault(slot.at, format!("the template `{}` has no slot `{name}`", link.template))
                    .label("would restrict nothing")
                    .also(span, "the template")
                    .help(format!("write `{name}` into the scope of the template, or remove the value")),
            );
            continue;
        }
        match entity(value) {
            Ok(entity) => {
                values.insert(id, entity);
            }
            Err(error) => out.push(fault(slot.at, error).help("write it as `\"User::\\\"alice\\\"\"`")),
        }
    }
    for slot in slots.iter().filter(|slot| link.args.iter().all(|(given, _)| given.text != **slot)) {
        out.push(fault(link.at, format!("the link has no value for `{slot}`")).also(span, "the template").help(SHAPE));
    }
    (out.len() == before).then_some(values)
}

fn policy(template: &Template, id: &str, values: HashMap<pst::SlotId, pst::EntityUID>) -> Result<Policy, String> {
    let body = template.to_pst().map_err(|error| error.to_string())?;
    let linked =
        pst::LinkedPolicy::new(Arc::new(body), values, pst::PolicyID(id.into())).map_err(|error| error.to_string())?;
    let mut body = linked.into_static_policy().map_err(|error| error.to_string())?.body().clone();
    // The template's name stays readable; the linked policy's own is what everybody speaks of.
    if let Some(name) = body.annotations.insert("id".to_owned(), id.into()) {
        body.annotations.insert("template".to_owned(), name);
    }
    let policy = pst::StaticPolicy::try_from(body).map_err(|error| error.to_string())?;
    Policy::from_pst(pst::Policy::Static(policy)).map_err(|error| error.to_string())
}

/// `User::"alice"` or `{"type": "User", "id": "alice"}`.
fn entity(value: &Value) -> Result<pst::EntityUID, String> {
    let uid = match value {
        Value::String(text) => entity_uid(text).ok_or_else(|| format!("`{text}` is not a Cedar entity"))?,
        other => cedar_policy::EntityUid::from_json(other.clone()).map_err(|error| error.to_string())?,
    };
    let full = uid.type_name().to_string();
    let mut parts: Vec<&str> = full.split("::").collect();
    let last = parts.pop().unwrap_or_default();
    let name = pst::Name::qualified(parts, last).map_err(|error| error.to_string())?;
    Ok(pst::EntityUID { ty: pst::EntityType::from_name(name), eid: uid.id().unescaped().into() })
}

fn fault(at: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(codes::TEMPLATE_LINK, at, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let found = items(text, 0..text.len()).into_iter();
        found.map(|range| text.get(range).unwrap()).collect()
    }

    #[test]
    fn items_of_lists_and_mappings_are_found_with_their_places() {
        assert_eq!(found("[]"), [] as [&str; 0]);
        assert_eq!(found(" { } "), [] as [&str; 0]);
        assert_eq!(
            found(" [ {\"a\": [1, 2]} ,\n\"x,]\\\"y\", 3 , {} ] "),
            ["{\"a\": [1, 2]}", "\"x,]\\\"y\"", "3", "{}"]
        );
        assert_eq!(found("{\"a:b\" : {\"c\": \"é\"}, \"d\":[1]}"), ["\"a:b\"", "{\"c\": \"é\"}", "\"d\"", "[1]"]);
    }
}
