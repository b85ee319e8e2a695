//! The plan as Gate.

use crate::import::gate::{description, literal, starts_with};

use super::entries::TypeKey;
use super::plan::{Grant, Only, Plan, Planned, Type};
use super::risks;
use super::risks::Risk;

/// Bytes after which a further file is begun. A reader's tools and the limit of one file are both far above.
const ENOUGH: usize = 1 << 20;

/// Who asks, and the namespaces.
pub(super) fn subjects() -> String {
    String::from(
        "/// A user from outside: a person with a certificate or token, a node, a controller that runs elsewhere.\n\
         principal User in Group;\n\n\
         /// A program that runs in the cluster; its id is `system:serviceaccount:NAMESPACE:NAME`.\n\
         @workload\n\
         principal ServiceAccount in Group;\n\n\
         /// A group of users and service accounts, which has the roles that it is bound to.\n\
         group Group holds roles;\n\n\
         /// Contains resources, except those of the cluster as a whole.\n\
         resource Namespace;\n",
    )
}

/// The types of resources, each with the verbs that some role grants on it.
pub(super) fn resources(plan: &Plan) -> Vec<String> {
    const HEAD: &str = "// What the roles name. Entries with wildcards are separate types and actions, as they were written, and include those\n\
         // next to them: a grant of `all` includes `get`.\n\n";
    let declarations = plan.types.iter().map(|ty| resource(ty, plan.paths_in_namespaces));
    in_files(HEAD, declarations)
}

/// Texts one after another, in as many files as it takes.
fn in_files(head: &str, texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut files = Vec::new();
    let mut file = head.to_owned();
    for text in texts {
        if file.len() > ENOUGH {
            files.push(std::mem::replace(&mut file, head.to_owned()));
        }
        file.push_str(&text);
        file.push('\n');
    }
    files.push(file);
    files
}

fn resource(ty: &Type, paths_in_namespaces: bool) -> String {
    let mut text = String::new();
    match &ty.key {
        TypeKey::Resource { group, resource } => {
            text.push_str(&description(&what(group, resource), ""));
            if group == "*" || resource == "*" || resource.starts_with("*/") {
                text.push_str("@wildcard\n");
            }
            text.push_str(&format!(
                "@partial\n@x_k8s_group({})\n@x_k8s_resource({})\nresource {} in Namespace as namespace? {{\n\
                 /// The object's name; empty if a request names none.\nname: String,\n\n",
                literal(group),
                literal(resource),
                ty.name
            ));
            actions(ty, |verb| risks::of(group, resource, verb), group == "*" && resource == "*", &mut text);
        }
        TypeKey::Urls => {
            let parents = if paths_in_namespaces { " in Namespace" } else { "" };
            text.push_str(&format!(
                "/// A path of the API server that is not a resource.\n@partial\nresource {}{parents} {{\npath: String,\n\n",
                ty.name
            ));
            actions(ty, |_| Vec::new(), false, &mut text);
        }
    }
    text.push_str("}\n");
    text
}

/// What a type stands for, in words.
fn what(group: &str, resource: &str) -> String {
    let of = match group {
        "" => "of the core group".to_owned(),
        "*" => "of any API group".to_owned(),
        group => format!("of `{group}`"),
    };
    match (resource, resource.strip_prefix("*/")) {
        ("*", _) => format!("Every resource {of}, including future ones."),
        (_, Some(sub)) => format!("The subresource `{sub}` of every resource {of}."),
        _ => format!("`{resource}` {of}."),
    }
}

/// The actions of a type. Those that are alike share a declaration. Who may do everything to everything gains no role by it.
fn actions(ty: &Type, risks: impl Fn(&str) -> Vec<&'static Risk>, everything: bool, text: &mut String) {
    let mut run: Option<(&str, Vec<&str>)> = None;
    let end = |run: &mut Option<(&str, Vec<&str>)>, text: &mut String| {
        if let Some((effect, names)) = run.take() {
            text.push_str(&format!("{effect}action {};\n", names.join(", ")));
        }
    };
    for (verb, name) in &ty.actions {
        let effect = match verb.as_str() {
            "get" | "list" | "watch" => "@reads ",
            "create" | "update" | "patch" | "delete" | "deletecollection" | "*" => "@writes ",
            _ => "",
        };
        let risks = risks(verb);
        if risks.is_empty() && verb == name {
            match &mut run {
                Some((same, names)) if *same == effect => names.push(name),
                _ => {
                    end(&mut run, text);
                    run = Some((effect, vec![name]));
                }
            }
            continue;
        }
        end(&mut run, text);
        for risk in &risks {
            text.push_str(&description(risk.why, ""));
        }
        if verb == "*" {
            text.push_str("@wildcard ");
        }
        if risks.iter().any(|risk| risk.assigns) && !(everything && verb == "*") {
            text.push_str("@assigns(\"any\") ");
        }
        if verb != name {
            text.push_str(&format!("@x_k8s_verb({}) ", literal(verb)));
        }
        let sensitive = if risks.is_empty() { "" } else { "sensitive " };
        text.push_str(&format!("{effect}{sensitive}action {name};\n"));
    }
    end(&mut run, text);
}

/// The roles.
pub(super) fn roles(plan: &Plan) -> Vec<String> {
    in_files("", plan.roles.iter().map(role))
}

fn role(role: &Planned) -> String {
    let mut text = description(&role.description, "");
    text.push_str(&format!("@x_k8s({})\n", literal(&role.written)));
    if let Some(namespace) = &role.bound_in {
        text.push_str(&format!("@x_k8s_bound_in({})\n", literal(namespace)));
    }
    text.push_str(&format!("role {} for ServiceAccount, User", role.name));
    if !role.extends.is_empty() {
        text.push_str(&format!(" extends {}", role.extends.join(", ")));
    }
    if let Some(namespace) = &role.place {
        text.push_str(&format!(" when resource in Namespace::{}", literal(namespace)));
    }
    if role.grants.is_empty() {
        text.push_str(";\n");
        return text;
    }
    text.push_str(" {\n");
    for grant in &role.grants {
        text.push_str(&self::grant(grant));
    }
    text.push_str("}\n");
    text
}

fn grant(grant: &Grant) -> String {
    let label = grant.label.as_ref().map_or_else(String::new, |label| format!("{label}: "));
    let when = match &grant.only {
        Only::All => String::new(),
        Only::Named(names) => match names.as_slice() {
            [one] => format!(" when resource.name == {}", literal(one)),
            several => {
                let several: Vec<String> = several.iter().map(|name| literal(name)).collect();
                format!(" when [{}].contains(resource.name)", several.join(", "))
            }
        },
        Only::Paths(paths) => {
            let paths: Vec<String> = paths.iter().map(|path| self::path(path)).collect();
            format!(" when {}", paths.join(" || "))
        }
    };
    format!("{label}allow {} on {}{when};\n", grant.actions.join(", "), grant.on)
}

/// A path ending in `*` stands for whatever starts so; a star elsewhere is a star.
fn path(path: &str) -> String {
    match path.strip_suffix('*') {
        Some(_) => format!("resource.path like {}", starts_with(path.trim_end_matches('*'))),
        None => format!("resource.path == {}", literal(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_is_several_files_and_nothing_is_lost() {
        assert_eq!(in_files("// h\n", ["a".to_owned()].into_iter()), ["// h\na\n"]);
        let texts = ["a", "b", "c"].map(|text| text.repeat(ENOUGH));
        let files = in_files("", texts.clone().into_iter());
        assert_eq!(files, texts.map(|text| format!("{text}\n")));
    }
}
