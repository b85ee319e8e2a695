//! Existing Cedar: its files as they are, each policy with a name that tests, diffs and logs can speak of. Nothing else of the
//! text changes, comments included, so that what is built decides as the original does.

use std::collections::BTreeSet;

use crate::diag::{Diagnostic, Diagnostics};
use crate::lower;
use crate::lower::{RawIds, RawPolicy, fresh};
use crate::text::{FileId, Sources, Span, safe};

use super::gate::{literal, snake};
use super::package::count;
use super::{Imported, codes};

/// Where entities lie in the package, for suites that take them in by `entities: entities.json`.
const ENTITIES: &str = "scenarios/entities.json";

/// The files of an application of Cedar.
#[derive(Debug, Clone, Copy)]
pub struct CedarFiles<'a> {
    /// `.cedar` files.
    pub policies: &'a [FileId],
    /// `.cedarschema` files.
    pub schemas: &'a [FileId],
    /// Template links, as Cedar's JSON.
    pub links: Option<FileId>,
    /// Entities, as Cedar's JSON.
    pub entities: Option<FileId>,
}

/// Makes a package of Cedar policies and their schema. `None` where there are faults, all of which are in `out`. What
/// Cedar's validator says of them is the package's `check` to say.
pub fn cedar(sources: &Sources, files: CedarFiles<'_>, name: &str, out: &mut Diagnostics) -> Option<Imported> {
    let schema = lower::read_schemas(sources, files.schemas, None, out);
    let links: Vec<FileId> = files.links.into_iter().collect();
    let policies = lower::read_policies(sources, files.policies, &links, RawIds::Numbered, out);
    if out.has_errors() {
        return None;
    }
    let statements: usize = files.policies.iter().map(|file| lower::raw_statements(sources, *file).len()).sum();
    if statements == 0 {
        out.push(
            Diagnostic::global_error(codes::NOTHING_TO_IMPORT, "no policies found in these files")
                .help("name `.cedar` files with a `permit` or a `forbid`"),
        );
        return None;
    }
    let mut imported = Imported {
        summary: format!(
            "{} in {}, {} of a schema",
            count(statements, "statement"),
            count(files.policies.len(), "file"),
            count(declarations(&schema), "declaration"),
        ),
        ..Imported::default()
    };
    let project = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2026\"\ndescription = \"Cedar policies, imported.\"\n"
    );
    imported.files.insert("gatewright.toml".to_owned(), project);
    carry_policies(sources, files.policies, &policies, &mut imported);
    let mut stems = BTreeSet::new();
    for file in files.schemas {
        let stem = fresh(&stem(sources.name(*file)), &mut stems);
        let text = sources.text(*file).to_owned();
        imported.files.insert(format!("policy/{stem}.cedarschema"), text);
    }
    if let Some(file) = files.entities {
        let text = sources.text(file).to_owned();
        imported.files.insert(ENTITIES.to_owned(), text);
    }
    Some(imported)
}

/// Types and actions.
fn declarations(schema: &lower::RawSchema) -> usize {
    let sections = schema.json.values().filter_map(|namespace| namespace.as_object());
    let entries = sections
        .flatten()
        .filter(|(section, _)| *section != "annotations")
        .filter_map(|(_, entries)| entries.as_object());
    entries.map(serde_json::Map::len).sum()
}

/// The policy files, each statement with an `@id`: its own, or the number that Cedar knows it by.
fn carry_policies(sources: &Sources, files: &[FileId], policies: &[RawPolicy], imported: &mut Imported) {
    let statements: Vec<(FileId, Vec<_>)> =
        files.iter().map(|file| (*file, lower::raw_statements(sources, *file))).collect();
    let named = statements.iter().flat_map(|(_, found)| found);
    let mut ids: BTreeSet<String> = named.filter_map(|statement| statement.id.clone()).collect();
    // A link is a policy of its own, whose name is taken as well.
    let stand_alone = statements.iter().flat_map(|(_, found)| found);
    let stand_alone: BTreeSet<Span> =
        stand_alone.filter(|statement| !statement.is_template).map(|statement| statement.span).collect();
    let linked = policies.iter().filter(|known| !stand_alone.contains(&known.span));
    let linked: Vec<&RawPolicy> = linked.collect();
    ids.extend(linked.iter().map(|known| known.policy.id().to_string()));
    let mut stems = BTreeSet::new();
    for (file, found) in statements {
        let stem = fresh(&stem(sources.name(file)), &mut stems);
        let text = sources.text(file);
        let mut carried = String::with_capacity(text.len() + found.len() * 24);
        let mut from = 0;
        for statement in &found {
            if statement.id.is_some() {
                continue;
            }
            let numbered = format!("policy{}", statement.number);
            let wanted = match files.len() {
                1 => numbered,
                _ => format!("{}:{numbered}", snake(&stem)),
            };
            let name = format!("@id({})", literal(&fresh(&wanted, &mut ids)));
            if let Some(empty) = statement.empty_id {
                carried.push_str(text.get(from..empty.range().start).unwrap_or_default());
                carried.push_str(&name);
                from = empty.range().end;
                continue;
            }
            let at = statement.span.range().start;
            carried.push_str(text.get(from..at).unwrap_or_default());
            carried.push_str(&format!("{name}\n"));
            // A statement that does not begin its line keeps the place that it has.
            carried.push_str(indent(text, at));
            from = at;
        }
        carried.push_str(text.get(from..).unwrap_or_default());
        imported.files.insert(format!("policy/{stem}.cedar"), carried);
    }
    carry_links(&linked, &mut stems, imported);
}

/// White space between the start of a line and a place; nothing where something else stands there.
fn indent(text: &str, at: usize) -> &str {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    match line.trim_start_matches('\u{feff}').trim().is_empty() {
        true => line.trim_start_matches('\u{feff}'),
        false => "",
    }
}

/// The policies that links make of templates. The templates stay where they are, and decide nothing by themselves.
fn carry_links(linked: &[&RawPolicy], stems: &mut BTreeSet<String>, imported: &mut Imported) {
    let mut text = String::from("// The policies that the template links stand for, one for each link.\n");
    for linked in linked {
        let policy = &linked.policy;
        text.push('\n');
        if policy.annotation("id").is_none() {
            text.push_str(&format!("@id({})\n", literal(policy.id().as_ref())));
        }
        text.push_str(policy.to_cedar().unwrap_or_default().trim_end());
        text.push('\n');
    }
    if !linked.is_empty() {
        imported.files.insert(format!("policy/{}.cedar", fresh("links", stems)), text);
    }
}

/// `a/b/roles.v2.cedar` → `roles-v2`, in letters that every file system takes.
fn stem(path: &str) -> String {
    let file = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    match safe::file_stem(stem).to_ascii_lowercase().trim_matches('-') {
        "" => "imported".to_owned(),
        stem => stem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_lie_where_suites_find_them() {
        let mut sources = Sources::default();
        let schema = sources.add("s.cedarschema", "entity User;");
        let policy = sources.add("p.cedar", "permit (principal, action, resource);");
        let entities = sources.add("people.json", "[ ]\n");
        let files = CedarFiles { policies: &[policy], schemas: &[schema], links: None, entities: Some(entities) };
        let found = cedar(&sources, files, "app", &mut Diagnostics::new()).unwrap();
        assert_eq!(found.files["scenarios/entities.json"], "[ ]\n");
    }

    fn imported(policies: &[(&str, &str)]) -> Imported {
        let mut sources = Sources::default();
        let schema =
            sources.add("s.cedarschema", "entity User; action a appliesTo { principal: User, resource: User };");
        let ids: Vec<FileId> = policies.iter().map(|(name, text)| sources.add(*name, *text)).collect();
        let files = CedarFiles { policies: &ids, schemas: &[schema], links: None, entities: None };
        let mut out = Diagnostics::new();
        let imported = cedar(&sources, files, "app", &mut out);
        imported.unwrap_or_else(|| panic!("{out:?}"))
    }

    #[test]
    fn statements_without_a_name_get_their_number_and_the_text_stays() {
        let text = "// first;\npermit (principal, action, resource);\n@id(\"policy2\") forbid (principal, action, resource);\n  // third\n  @why(\"é;\")\n  permit (principal == ?principal, action, resource); permit (principal, action, resource);\n// end";
        let found = imported(&[("a/My Policies.cedar", text)]);
        assert_eq!(
            found.files["policy/my-policies.cedar"],
            "// first;\n@id(\"policy0\")\npermit (principal, action, resource);\n@id(\"policy2\") forbid (principal, action, resource);\n  // third\n  @id(\"policy2-2\")\n  @why(\"é;\")\n  permit (principal == ?principal, action, resource); @id(\"policy3\")\npermit (principal, action, resource);\n// end"
        );
        assert_eq!(found.summary, "4 statements in 1 file, 2 declarations of a schema");
    }

    #[test]
    fn an_empty_name_is_replaced_and_numbers_make_way_for_names() {
        let text = "@id(\"\") @why(\"x\") permit (principal, action, resource);\npermit (principal, action, resource);\n\
                    @id(\"policy1\") permit (principal, action, resource);\n@why(\"y\") @id forbid (principal, action, resource);";
        let found = imported(&[("p.cedar", text)]);
        assert_eq!(
            found.files["policy/p.cedar"],
            "@id(\"policy0\") @why(\"x\") permit (principal, action, resource);\n@id(\"policy1-2\")\npermit (principal, action, resource);\n\
             @id(\"policy1\") permit (principal, action, resource);\n@why(\"y\") @id(\"policy3\") forbid (principal, action, resource);"
        );
    }

    #[test]
    fn files_of_one_name_and_their_policies_are_told_apart() {
        let text = "permit (principal, action, resource);";
        let found = imported(&[("a/p.cedar", text), ("b/P.cedar", text)]);
        assert_eq!(found.files["policy/p.cedar"], format!("@id(\"p:policy0\")\n{text}"));
        assert_eq!(found.files["policy/p-2.cedar"], format!("@id(\"p_2:policy0\")\n{text}"));
    }

    #[test]
    fn stems_hold_letters_that_every_file_system_takes() {
        assert_eq!(
            ["a/b.cedar", "C:\\x\\Y Z.v2.cedar", "..cedar", "é"].map(stem),
            ["b", "y-z-v2", "imported", "imported"].map(str::to_owned)
        );
    }
}
