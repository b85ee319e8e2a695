//! `[[route]]`: which requests are which action on which resource, the narrower routes first, and no two that one request may mean.

use super::{IdSource, Route, Segment, Word, names, optional, template, text};
use crate::config::codes;
use crate::config::codes::CONFIG;
use crate::diag::{Diagnostic, Diagnostics, did_you_mean};
use crate::load::document::Fields;

pub(super) const ROUTE: [&str; 5] = ["host", "method", "path", "action", "resource"];
pub(super) const RESOURCE: [&str; 2] = ["type", "id"];

pub(super) fn routes(top: &Fields<'_>, out: &mut Diagnostics) -> Vec<Route> {
    let mut routes: Vec<Route> = Vec::new();
    for section in top.sections("route", out) {
        let Some(route) = route(&section, out) else { continue };
        // One fault for each route, however often it stands there.
        if let Some(fault) = routes.iter().find_map(|other| conflict(&route, other)) {
            out.push(fault);
        }
        routes.push(route);
    }
    // Of two routes that match one request, neither crosses the other, so that the narrower one comes first.
    let precision = |segment: &Segment| match segment {
        Segment::Text(text) => (0, text.clone()),
        Segment::One(_) => (1, String::new()),
        Segment::Rest(_) => (2, String::new()),
    };
    routes.sort_by_cached_key(|route| {
        let path: Vec<_> = route.path.iter().map(precision).collect();
        (route.host.is_none(), route.host.clone(), path, route.methods.clone())
    });
    routes
}

/// The fault of two routes that match one request, neither of which is the narrower one.
fn conflict(route: &Route, other: &Route) -> Option<Diagnostic> {
    let method = route.methods.iter().find(|method| other.methods.contains(method))?;
    if route.host != other.host {
        return None;
    }
    let (message, help) = match template::overlap(&route.path, &other.path) {
        template::Overlap::Ordered => return None,
        template::Overlap::Same if route.action.text == other.action.text => {
            (format!("duplicate route for `{method}`"), "keep one of the two".to_owned())
        }
        template::Overlap::Same => (
            format!("`{}` and `{}` match the same requests", other.action.text, route.action.text),
            "give one of the two a different path, method or host".to_owned(),
        ),
        template::Overlap::Cross(path) => (
            format!("ambiguous: `{method} {path}` matches two routes, and neither is more specific"),
            "replace a name with text in one of the two, so that no path matches both".to_owned(),
        ),
    };
    let fault = Diagnostic::error(codes::GATEWAY_AMBIGUOUS, route.span, message);
    Some(fault.also(other.span, "the other one").help(help))
}

fn route(section: &Fields<'_>, out: &mut Diagnostics) -> Option<Route> {
    section.only(&ROUTE, out);
    let host = optional(section, "host", out);
    let host = host.filter(|host| host.as_ref().is_none_or(|host| is_host(host, out)));
    let written = section.require_like("method", "\"GET\"", out);
    let mut methods: Vec<String> = Vec::new();
    for Word { text: method, span } in names(written, "\"GET\" or [\"GET\", \"HEAD\"]", out) {
        if method.chars().all(|c| c.is_ascii_uppercase() || c == '-') {
            methods.push(method);
            continue;
        }
        let upper = method.to_ascii_uppercase();
        let near = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
        out.push(CONFIG.invalid(span, format!("`{method}` is not an HTTP method")).help(
            match near.contains(&upper.as_str()) {
                true => format!("write \"{upper}\""),
                false => "write it in upper case, as in \"GET\"".to_owned(),
            },
        ));
    }
    methods.sort();
    let path = text(section, "path", "\"/payouts/{id}\"", out);
    let segments = path.as_ref().and_then(|path| template::parse(path, out));
    let action = text(section, "action", "\"Payout.read\"", out);
    let resource = section.require_like("resource", "{ id = \"path:id\" }", out);
    let resource = resource.and_then(|resource| {
        resource.help("write `resource = { … }`, with its keys in the braces").fields(&RESOURCE, out)
    });
    let (ty, id) = match resource {
        Some(resource) => {
            let ty = optional(&resource, "type", out);
            let id = text(&resource, "id", "\"path:id\"", out);
            let source = id.and_then(|id| Some((id_source(&id, segments.as_deref(), out)?, id.span)));
            (ty, source)
        }
        None => (None, None),
    };
    if host.is_none() || segments.is_none() {
        methods.clear();
    }
    Some(Route {
        host: host.flatten().map(|host| host.text),
        methods,
        path: segments.unwrap_or_default(),
        span: path.map_or(section.span(), |path| path.span),
        action: action?,
        ty: ty.flatten(),
        id,
    })
}

fn is_host(host: &Word, out: &mut Diagnostics) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    let right = host.text.split('.').all(is_label);
    if !right {
        out.push(
            CONFIG
                .invalid(host.span, format!("`{}` is not a host name", host.text))
                .help("write only the name, in lower case, without scheme and port: \"api.example.com\""),
        );
    }
    right
}

fn id_source(id: &Word, path: Option<&[Segment]>, out: &mut Diagnostics) -> Option<IdSource> {
    let found = match id.text.split_once(':') {
        Some(("path", name)) => {
            // Where the path itself has faults, what it names is not known.
            let path = path?;
            let names: Vec<&str> = path
                .iter()
                .filter_map(|segment| match segment {
                    Segment::One(name) | Segment::Rest(name) => Some(name.as_str()),
                    Segment::Text(_) => None,
                })
                .collect();
            if !names.contains(&name) {
                let message = format!("the path has no `{{{name}}}`");
                let help = did_you_mean(name, names.iter().copied())
                    .unwrap_or_else(|| format!("write `{{{name}}}` for a segment of `path`"));
                out.push(CONFIG.invalid(id.span, message).help(help));
                return None;
            }
            Some(IdSource::Path(name.to_owned()))
        }
        Some(("header", name)) if is_header(name) => Some(IdSource::Header(name.to_ascii_lowercase())),
        Some(("fixed", id)) if !id.is_empty() => Some(IdSource::Fixed(id.to_owned())),
        _ => None,
    };
    if found.is_none() {
        out.push(CONFIG.invalid(id.span, format!("`{}` is not a source for the id", id.text)).help(
            "write \"path:NAME\" for a name in the path, \"header:NAME\" for a header, or \"fixed:ID\" for a fixed id",
        ));
    }
    found
}

fn is_header(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}
