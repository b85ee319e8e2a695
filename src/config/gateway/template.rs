//! Path templates, `/payouts/{id}`: how they are read, which of two is the narrower one, and where two cross.

use super::Word;
use crate::config::codes::CONFIG;
use crate::diag::Diagnostics;

/// One segment of a path template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// This text.
    Text(String),
    /// `{name}`: any one segment.
    One(String),
    /// `{name...}`: all segments that are left, at least one. Stands last.
    Rest(String),
}

/// What two templates have to do with each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Overlap {
    /// No path matches both, or one template matches only paths that the other one matches, too.
    Ordered,
    /// The same paths match both.
    Same,
    /// This path matches both, and each matches some that the other does not.
    Cross(String),
}

/// What a text of a path may be made of besides letters and digits: all that need not be escaped in one.
const PLAIN: &str = "-._~!$&'()*+,;=:@";

/// The segments of a template. All faults go to `out`, at the template's place.
pub(super) fn parse(path: &Word, out: &mut Diagnostics) -> Option<Vec<Segment>> {
    let mut faults: Vec<(String, &str)> = Vec::new();
    let mut segments = Vec::new();
    match path.text.strip_prefix('/') {
        Some("") => {}
        Some(rest) => {
            let mut names: Vec<&str> = Vec::new();
            let last = rest.split('/').count();
            for (at, text) in rest.split('/').enumerate() {
                let segment = segment(text);
                match &segment {
                    Err(fault) => faults.push(fault.clone()),
                    Ok(Segment::Rest(_)) if at + 1 < last => {
                        faults.push((
                            format!("`{text}` matches the rest of the path, so it must be last"),
                            "move it to the end",
                        ));
                    }
                    Ok(_) => {}
                }
                if let Some(name) = text.strip_prefix('{').map(|name| name.trim_end_matches(['.', '}'])) {
                    if names.contains(&name) {
                        faults.push((format!("duplicate name `{name}` in the path"), "give each a different name"));
                    }
                    names.push(name);
                }
                segments.extend(segment.ok());
            }
        }
        None => faults.push((
            format!("the path `{}` must start with `/`", path.text),
            "write only the path, as in `/payouts/{id}`",
        )),
    }
    let whole = faults.is_empty();
    for (message, help) in faults {
        out.push(CONFIG.invalid(path.span, message).help(help));
    }
    whole.then_some(segments)
}

fn segment(text: &str) -> Result<Segment, (String, &'static str)> {
    if let Some(name) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
        let (name, is_rest) = match name.strip_suffix("...") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        return match (is_name, is_rest) {
            (false, _) => Err((
                format!("`{text}` is not a valid name"),
                "a name starts with a lower-case letter, followed by lower-case letters, digits and `_`",
            )),
            (true, false) => Ok(Segment::One(name.to_owned())),
            (true, true) => Ok(Segment::Rest(name.to_owned())),
        };
    }
    match text {
        "" => Err((
            "a path cannot have an empty segment".to_owned(),
            "remove the trailing `/`, and write one `/` between segments",
        )),
        "." | ".." => Err((format!("a route with the segment `{text}` never matches"), "write the resolved path")),
        _ if text.contains(['{', '}']) => {
            Err((format!("`{text}` mixes text and a name"), "write a segment as text or as one `{name}`"))
        }
        _ if text.chars().all(|c| c.is_ascii_alphanumeric() || PLAIN.contains(c)) => Ok(Segment::Text(text.to_owned())),
        _ => Err((
            format!("`{text}` is not a valid path segment"),
            "write letters, digits and `-._~!$&'()*+,;=:@`, without escapes and without a query",
        )),
    }
}

/// Compares two templates.
pub(super) fn overlap(a: &[Segment], b: &[Segment]) -> Overlap {
    let (mut narrower, mut wider) = (true, true);
    let mut path = String::new();
    let mut sides = (a.iter(), b.iter());
    loop {
        let segment = match (sides.0.next(), sides.1.next()) {
            (None, None) => break,
            (None, _) | (_, None) => return Overlap::Ordered,
            (Some(rest @ Segment::Rest(_)), Some(Segment::Rest(_))) => {
                show(rest, &mut path);
                break;
            }
            (Some(Segment::Rest(_)), Some(other)) => {
                narrower = false;
                std::iter::once(other).chain(sides.1).for_each(|segment| show(segment, &mut path));
                break;
            }
            (Some(other), Some(Segment::Rest(_))) => {
                wider = false;
                std::iter::once(other).chain(sides.0).for_each(|segment| show(segment, &mut path));
                break;
            }
            (Some(Segment::Text(one)), Some(Segment::Text(other))) if one != other => return Overlap::Ordered,
            (Some(text @ Segment::Text(_)), Some(Segment::Text(_))) => text,
            (Some(text @ Segment::Text(_)), Some(Segment::One(_))) => {
                wider = false;
                text
            }
            (Some(Segment::One(_)), Some(text @ Segment::Text(_))) => {
                narrower = false;
                text
            }
            (Some(one @ Segment::One(_)), Some(Segment::One(_))) => one,
        };
        show(segment, &mut path);
    }
    match (narrower, wider) {
        (true, true) => Overlap::Same,
        (false, false) => Overlap::Cross(path),
        _ => Overlap::Ordered,
    }
}

fn show(segment: &Segment, path: &mut String) {
    path.push('/');
    path.push_str(match segment {
        Segment::Text(text) => text,
        Segment::One(_) | Segment::Rest(_) => "x",
    });
}
