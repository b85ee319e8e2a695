//! `gateway.toml` as values, its faults, and the order of routes.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::template::{Overlap, overlap};
use super::*;

fn read(text: &str) -> (GatewayFile, Sources, Diagnostics) {
    let mut sources = Sources::default();
    let file = sources.add("gateway.toml", text);
    let mut out = Diagnostics::new();
    let gateway = GatewayFile::parse(&sources, file, &mut out);
    (gateway, sources, out)
}

fn shown(sources: &Sources, out: Diagnostics) -> String {
    let faults = out.sorted();
    let shown = faults.iter().map(|fault| {
        let span = fault.primary().unwrap();
        let line = sources.position(span).line;
        let help = fault.help.as_deref().unwrap_or("-");
        let at = sources.slice(span).lines().next().unwrap_or_default();
        format!("{line} {} `{at}`: {}; {help}", fault.code, fault.message)
    });
    shown.collect::<Vec<_>>().join("\n")
}

const WHOLE: &str = r#"
[[route]]
method = ["POST", "GET"]
path = "/files/{path...}"
action = "File.read"
resource = { type = "File", id = "path:path" }

[[route]]
host = "api.example.com"
method = "GET"
path = "/"
action = "Site.read"
resource = { id = "fixed:main" }

[[route]]
method = "GET"
path = "/files/{id}"
action = "File.head"
resource = { id = "header:X-File" }

[names.types]
file = "File"
[names.actions]
can_read = ["File.read", "Site.read"]
can_head = "File.head"

[[subject]]
type = "User"
[subject.attributes]
clearance = "level"
[subject.context]
mfa = "amr_mfa"

[[subject]]
type = "App"
when = { claim = "kind", is = "app" }
id = "client_id"

[obligations]
stepped_up = { type = "step-up", acr = ["urn:mfa"] }
[obligations.risk]
type = "notification"
channels = ["secops"]

[mask]
attributes = ["File.owner", "context.source_ip"]

[approvers]
0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef = 'User::"amy"'
"#;

#[test]
fn everything_is_read_and_narrower_routes_come_first() {
    let (gateway, sources, out) = read(WHOLE);
    assert!(out.is_empty(), "{}", shown(&sources, out));
    let routes: Vec<_> = gateway
        .routes
        .iter()
        .map(|route| {
            let (id, _) = route.id.clone().unwrap();
            (route.methods.join(","), route.action.text.as_str(), id)
        })
        .collect();
    assert_eq!(
        routes,
        [
            ("GET".to_owned(), "Site.read", IdSource::Fixed("main".to_owned())),
            ("GET".to_owned(), "File.head", IdSource::Header("x-file".to_owned())),
            ("GET,POST".to_owned(), "File.read", IdSource::Path("path".to_owned())),
        ]
    );
    assert_eq!(sources.slice(gateway.routes[2].span), "\"/files/{path...}\"");
    assert_eq!(gateway.routes[0].path, []);
    assert_eq!(gateway.types[0].1.text, "File");
    assert_eq!((gateway.actions[0].1.len(), gateway.actions[1].1.len()), (2, 1));
    let subjects: Vec<_> = gateway.subjects.iter().map(|one| (one.ty.text.as_str(), one.id.as_str())).collect();
    assert_eq!(subjects, [("App", "client_id"), ("User", "sub")], "what takes any token is last");
    assert_eq!(gateway.subjects[1].attributes[0].1.text, "level");
    assert_eq!(gateway.subjects[1].context[0].0.text, "mfa");
    assert_eq!(gateway.obligations[0].1, Obligation::StepUp(vec!["urn:mfa".to_owned()]));
    assert_eq!(gateway.obligations[1].1, Obligation::Notification(vec!["secops".to_owned()]));
    assert_eq!(gateway.masked.len(), 2);
    assert_eq!((gateway.approvers[0].1.text.as_str(), gateway.approvers[0].2.as_str()), ("User", "amy"));
}

#[test]
fn all_faults_are_found_at_their_places() {
    let (gateway, sources, out) = read(
        r#"
[[routes]]
[[route]]
method = "get"
path = "payouts//"
action = ""
resource = { id = "path:id", typ = "Payout" }
[[route]]
host = "https://api"
method = ["GET", "GET", "*"]
path = "/a/{x}/{x}/{X}/b{y}/{rest...}/../%20/"
action = "A.b"
resource = "path:x"
[[route]]
methods = "GET"
path = "/a/{id}"
resource = { id = "path:ib" }
[[route]]
method = []
path = "/a"
action = "A.b"
resource = { type = 3, id = "cookie:x" }
[names]
types = { user = 1, u = "" }
[names.action]
[subject]
when = { claim = "kind", to = "app" }
[subject.attributes]
org = ["org"]
[obligations]
one = "step-up"
two = { type = "stepup", acr = [] }
three = { type = "step-up", channels = ["a"] }
four = { type = "notification", channels = [] }
[mask]
attributes = ["A.b", 1, "A.b"]
[approvers]
abc = "amy"
"#,
    );
    assert!(gateway.routes.iter().all(|route| route.methods.is_empty() || route.id.is_none()));
    assert!(gateway.types.is_empty() && gateway.subjects.is_empty() && gateway.obligations.is_empty());
    insta::assert_snapshot!(shown(&sources, out), @r#"
    2 config-unknown-key `routes`: unknown key `routes` in `gateway.toml`; did you mean `route`?
    4 config-value `"get"`: `get` is not an HTTP method; write "GET"
    5 config-value `"payouts//"`: the path `payouts//` must start with `/`; write only the path, as in `/payouts/{id}`
    6 config-value `""`: `route.action` must not be empty; write a value
    7 config-unknown-key `typ`: unknown key `typ` in `[route.resource]`; did you mean `type`?
    9 config-value `"https://api"`: `https://api` is not a host name; write only the name, in lower case, without scheme and port: "api.example.com"
    10 config-value `"GET"`: duplicate `GET` in `route.method`; list it once
    10 config-value `"*"`: `*` is not an HTTP method; write it in upper case, as in "GET"
    11 config-value `"/a/{x}/{x}/{X}/b{y}/{rest...}/../%20/"`: `%20` is not a valid path segment; write letters, digits and `-._~!$&'()*+,;=:@`, without escapes and without a query
    11 config-value `"/a/{x}/{x}/{X}/b{y}/{rest...}/../%20/"`: `b{y}` mixes text and a name; write a segment as text or as one `{name}`
    11 config-value `"/a/{x}/{x}/{X}/b{y}/{rest...}/../%20/"`: `{X}` is not a valid name; a name starts with a lower-case letter, followed by lower-case letters, digits and `_`
    11 config-value `"/a/{x}/{x}/{X}/b{y}/{rest...}/../%20/"`: `{rest...}` matches the rest of the path, so it must be last; move it to the end
    11 config-value `"/a/{x}/{x}/{X}/b{y}/{rest...}/../%20/"`: a path cannot have an empty segment; remove the trailing `/`, and write one `/` between segments
    11 config-value `"/a/{x}/{x}/{X}/b{y}/{rest...}/../%20/"`: a route with the segment `..` never matches; write the resolved path
    11 config-value `"/a/{x}/{x}/{X}/b{y}/{rest...}/../%20/"`: duplicate name `x` in the path; give each a different name
    13 config-type `"path:x"`: `route.resource` must be a section, found text; write `resource = { … }`, with its keys in the braces
    14 config-missing-key `[[route]]`: missing key `action` in `[[route]]`; write `action = "Payout.read"` under `[[route]]`
    14 config-missing-key `[[route]]`: missing key `method` in `[[route]]`; write `method = "GET"` under `[[route]]`
    15 config-unknown-key `methods`: unknown key `methods` in `[[route]]`; did you mean `method`?
    17 config-value `"path:ib"`: the path has no `{ib}`; did you mean `id`?
    19 config-value `[]`: `route.method` must not be empty; write "GET" or ["GET", "HEAD"]
    22 config-type `3`: `route.resource.type` must be text, found a whole number; quote it: "3"
    22 config-value `"cookie:x"`: `cookie:x` is not a source for the id; write "path:NAME" for a name in the path, "header:NAME" for a header, or "fixed:ID" for a fixed id
    24 config-type `1`: `names.types.user` must be text, found a whole number; quote it: "1"
    24 config-value `""`: the text must not be empty; write a name
    25 config-unknown-key `action`: unknown key `action` in `[names]`; did you mean `actions`?
    26 config-missing-key `[subject]`: missing key `type` in `[subject]`; write `type = "User"` under `[subject]`
    27 config-missing-key `{ claim = "kind", to = "app" }`: missing key `is` in `[subject.when]`; write `is = "app"` under `[subject.when]`
    27 config-unknown-key `to`: unknown key `to` in `[subject.when]`; known here: `claim`, `is`
    29 config-type `["org"]`: `subject.attributes.org` must be text, found a list; write text in quotes
    31 config-type `"step-up"`: `obligations.one` must be a section, found text; write `[obligations.one]`, with its keys below
    32 config-value `"stepup"`: `stepup` is not an obligation; did you mean `step-up`?
    33 config-missing-key `{ type = "step-up", channels = ["a"] }`: missing key `acr` in `[obligations.three]`; write `acr = ["urn:example:mfa"]` under `[obligations.three]`
    33 config-unknown-key `channels`: unknown key `channels` in `[obligations.three]`; known here: `acr`, `type`
    34 config-value `[]`: `obligations.four.channels` must not be empty; write ["secops"]
    36 config-type `1`: an entry of `mask.attributes` must be text, found a whole number; write ["Payout.destination", "context.source_ip"]
    36 config-value `"A.b"`: duplicate `A.b` in `mask.attributes`; list it once
    38 config-value `abc`: `abc` is not a key id; write the 64 lower-case hexadecimal digits printed by `gatewright key inspect`
    38 config-value `"amy"`: `amy` is not a principal; write type and id in single quotes: 'User::"amy"'
    "#);
}

#[test]
fn what_one_request_or_token_may_mean_twice_is_told() {
    let route = |method: &str, host: &str, path: &str, action: &str| {
        format!(
            "[[route]]\nmethod = {method}\n{host}path = \"{path}\"\naction = \"{action}\"\nresource = {{ id = \"fixed:x\" }}\n"
        )
    };
    let host = "host = \"a.example\"\n";
    let text = [
        route("\"GET\"", "", "/a/{id}", "A.read"),
        route("\"PUT\"", "", "/a/{id}", "A.write"),
        route("\"GET\"", host, "/a/{id}", "A.write"),
        route("\"GET\"", "", "/a/b", "A.write"),
        route("\"GET\"", "", "/{all...}", "A.write"),
        // From here on each is one too many.
        route("[\"HEAD\", \"GET\"]", "", "/a/{other}", "A.read"),
        route("\"GET\"", host, "/a/{id}", "A.read"),
        route("\"GET\"", "", "/{x}/b", "A.read"),
        route("\"PUT\"", "", "/{x}/b/{rest...}", "A.read"),
        route("\"PUT\"", "", "/a/{y}/c", "A.read"),
        "[[subject]]\ntype = \"U\"\n[[subject]]\ntype = \"U\"\n".to_owned(),
        "[[subject]]\ntype = \"V\"\nwhen = { claim = \"kind\", is = \"v\" }\n".to_owned(),
        "[[subject]]\ntype = \"V\"\nwhen = { claim = \"kind\", is = \"v\" }\n".to_owned(),
        "[[subject]]\ntype = \"V\"\nwhen = { claim = \"other\", is = \"v\" }\n".to_owned(),
    ];
    let (_, sources, out) = read(&text.concat());
    insta::assert_snapshot!(shown(&sources, out), @r#"
    29 gateway-ambiguous `"/a/{other}"`: duplicate route for `GET`; keep one of the two
    35 gateway-ambiguous `"/a/{id}"`: `A.write` and `A.read` match the same requests; give one of the two a different path, method or host
    40 gateway-ambiguous `"/{x}/b"`: ambiguous: `GET /a/b` matches two routes, and neither is more specific; replace a name with text in one of the two, so that no path matches both
    50 gateway-ambiguous `"/a/{y}/c"`: ambiguous: `PUT /a/b/c` matches two routes, and neither is more specific; replace a name with text in one of the two, so that no path matches both
    55 gateway-ambiguous `[[subject]]`: two subjects accept any token; distinguish them by one claim: `when = { claim = "kind", is = "app" }`
    62 gateway-ambiguous `"v"`: two subjects accept tokens with `v`; distinguish them by one claim: `when = { claim = "kind", is = "app" }`
    65 gateway-ambiguous `"other"`: a token may have both this claim and `kind`; distinguish them by one claim: `when = { claim = "kind", is = "app" }`
    "#);
}

/// Whether a path matches a template.
fn matches(template: &[Segment], path: &[&str]) -> bool {
    match (template.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((Segment::Rest(_), _)), Some(_)) => true,
        (Some((Segment::One(_), rest)), Some((_, path))) => matches(rest, path),
        (Some((Segment::Text(text), rest)), Some((first, path))) => text == first && matches(rest, path),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

/// All paths of up to four segments over an alphabet that has every text of the templates below, and one more.
fn paths() -> Vec<Vec<&'static str>> {
    let mut all: Vec<Vec<&str>> = vec![Vec::new()];
    let mut last = all.clone();
    for _ in 0..4 {
        last = last.iter().flat_map(|path| ["a", "b", "z"].map(|next| [path.as_slice(), &[next]].concat())).collect();
        all.extend(last.clone());
    }
    all
}

fn template() -> impl Strategy<Value = Vec<Segment>> {
    let segment = prop_oneof![
        Just(Segment::Text("a".to_owned())),
        Just(Segment::Text("b".to_owned())),
        Just(Segment::One("x".to_owned())),
        Just(Segment::One("a".to_owned())),
    ];
    (proptest::collection::vec(segment, 0..3), any::<bool>()).prop_map(|(mut segments, is_open)| {
        segments.extend(is_open.then(|| Segment::Rest("rest".to_owned())));
        segments
    })
}

proptest! {
    #[test]
    fn templates_overlap_as_the_paths_that_match_them(a in template(), b in template()) {
        let paths = paths();
        let of = |template: &[Segment]| -> BTreeSet<usize> {
            (0..paths.len()).filter(|at| matches(template, &paths[*at])).collect()
        };
        let (left, right) = (of(&a), of(&b));
        match overlap(&a, &b) {
            Overlap::Same => prop_assert_eq!(left, right),
            Overlap::Ordered => prop_assert!(
                left.is_disjoint(&right) || left != right && (left.is_subset(&right) || left.is_superset(&right))
            ),
            Overlap::Cross(path) => {
                let path: Vec<&str> = path.split('/').skip(1).collect();
                prop_assert!(matches(&a, &path) && matches(&b, &path));
                prop_assert!(!left.is_subset(&right) && !left.is_superset(&right));
            }
        }
    }

    #[test]
    fn the_first_route_that_matches_is_within_all_others_that_do(templates in proptest::collection::vec(template(), 0..5)) {
        let written = |segments: &[Segment]| -> String {
            let words = segments.iter().map(|segment| match segment {
                Segment::Text(text) => format!("/{text}"),
                Segment::One(_) => "/{x}".to_owned(),
                Segment::Rest(_) => "/{rest...}".to_owned(),
            });
            Some(words.collect::<String>()).filter(|path| !path.is_empty()).unwrap_or_else(|| "/".to_owned())
        };
        // A name stands once in a path.
        let written: Vec<String> = templates.iter().map(|one| written(one)).filter(|path| path.matches("{x}").count() < 2).collect();
        let text: String = written
            .iter()
            .map(|path| format!("[[route]]\nmethod = \"GET\"\npath = \"{path}\"\naction = \"A.b\"\nresource = {{ id = \"fixed:x\" }}\n"))
            .collect();
        let (gateway, _, out) = read(&text);
        prop_assert_eq!(gateway.routes.len(), written.len());
        if out.is_empty() {
            for path in paths() {
                let matching: Vec<_> = gateway.routes.iter().filter(|route| matches(&route.path, &path)).collect();
                let Some((first, others)) = matching.split_first() else { continue };
                for other in others {
                    prop_assert!(paths().iter().all(|path| !matches(&first.path, path) || matches(&other.path, path)));
                }
            }
        }
    }

    #[test]
    fn no_toml_like_text_panics(
        text in r#"(\n|\[\[?(route|subject|names\.types|names|obligations|mask|approvers|x)\]?\]\n|(method|path|action|resource|host|type|when|attributes|id|a\.b) = ([0-9]{1,3}|"[a-z/{}.:é]{0,8}"|true|\["a", 2\]|\{id = "path:a", type = "step-up"\})\n|[=\[\]"'#.é]){0,20}"#
    ) {
        let (_, sources, out) = read(&text);
        for diagnostic in out.iter() {
            let span = diagnostic.primary().unwrap();
            prop_assert!(sources.text(span.file).get(span.range()).is_some());
        }
    }
}

#[test]
fn the_page_lists_every_key() {
    let page = include_str!("../../../book/src/reference/gateway-toml.md");
    let listed: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .filter(|key| !key.starts_with("config-") && !key.starts_with("gateway-"))
        .collect();
    let mut known: BTreeSet<String> = BTreeSet::from(
        ["obligations.GUARD", "approvers.KEY", "names.types.NAME", "names.actions.NAME"].map(str::to_owned),
    );
    for (section, keys) in [
        ("route", &route::ROUTE[..]),
        ("route.resource", &route::RESOURCE),
        ("subject", &SUBJECT),
        ("subject.when", &WHEN),
        ("mask", &MASK),
    ] {
        known.extend(keys.iter().map(|key| format!("{section}.{key}")));
    }
    assert_eq!(listed, known.iter().map(String::as_str).collect());
    for (kind, key, _) in OBLIGATIONS {
        assert!(page.contains(kind) && page.contains(key), "{kind}");
    }
}
