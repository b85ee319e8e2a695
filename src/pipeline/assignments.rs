//! Files of assignments held against the program: those that the project file names, and types and roles that exist.

use std::collections::BTreeMap;

use cedar_policy::EntityUid;

use crate::config;
use crate::config::codes::CONFIG_VALUE;
use crate::config::{Assignment, Project};
use crate::diag::{Diagnostic, Diagnostics, did_you_mean};
use crate::graph::{EntityType, Program, Role, TypeKind};
use crate::lint::Extent;
use crate::load::PackageFiles;
use crate::load::codes::UNUSED_FILE;
use crate::lower::Held;
use crate::text::{FileId, Span};

/// Who holds which role, in the program's names; `None` where the project file names no file. All faults go to `out`.
pub(super) fn assignments(
    package: &PackageFiles,
    project: &Project,
    program: &Program,
    extent: Extent,
    out: &mut Diagnostics,
) -> Option<Vec<Assignment>> {
    let files = files(package, project, out);
    project.assignments.as_ref()?;
    let mut read = config::assignments(&package.sources, &files, out);
    // What does not resolve is not there to be named.
    if extent == Extent::Whole {
        read.retain_mut(|one| resolve(program, one, out));
    }
    let mut seen: BTreeMap<(EntityUid, String, Option<EntityUid>), Span> = BTreeMap::new();
    read.retain(|one| {
        let key = (one.who.clone(), one.role.clone(), one.on.as_ref().map(|(on, _)| on.clone()));
        let first = seen.get(&key).copied();
        match first {
            None => {
                seen.insert(key, one.span);
            }
            Some(first) => out.push(
                Diagnostic::error(
                    codes::ASSIGNMENT_TWICE,
                    one.span,
                    format!("duplicate assignment: `{}` already has the role `{}`", one.who, one.role),
                )
                .label("assigned again here")
                .also(first, "first assigned here")
                .help("keep one of the two"),
            ),
        }
        first.is_none()
    });
    Some(read)
}

/// Assignments by the ids of the program; all have resolved.
pub(super) fn held(program: &Program, assigned: &[Assignment]) -> Vec<Held> {
    let held = assigned.iter().filter_map(|one| {
        let ty = program.find_type(&one.who.type_name().to_string())?;
        Some(Held { who: one.who.clone(), ty, role: program.find_role(&one.role)?, at: one.span })
    });
    held.collect()
}

/// The files that the project file names, in its order.
fn files(package: &PackageFiles, project: &Project, out: &mut Diagnostics) -> Vec<FileId> {
    let named = project.assignments.as_deref().unwrap_or_default();
    let name = |file: &FileId| package.sources.name(*file);
    let mut found = Vec::new();
    for (text, span) in named {
        match package.assignments.iter().find(|file| name(file) == text) {
            Some(file) => found.push(*file),
            None => out.push(
                Diagnostic::error(CONFIG_VALUE, *span, format!("assignment file `{text}` not found"))
                    .help(
                        did_you_mean(text, package.assignments.iter().map(name))
                            .unwrap_or_else(|| "name a `.yaml` file in the folder `assignments/`".to_owned()),
                    )
                    .near_quoted(*span, text, package.assignments.iter().map(name)),
            ),
        }
    }
    for file in package.assignments.iter().filter(|file| !found.contains(file)) {
        out.push(
            Diagnostic::warning(UNUSED_FILE, Span::new(*file, 0, 0), format!("unused file `{}`", name(file)))
                .help(format!("write `assignments = [\"{}\"]` under `[package]` in `gatewright.toml`", name(file))),
        );
    }
    found
}

/// Whether types and role exist and go together; the entities then have the program's names, without its namespace.
fn resolve(program: &Program, one: &mut Assignment, out: &mut Diagnostics) -> bool {
    let who = named(program, &one.who, one.who_span, out);
    let on = one.on.as_ref().map(|(on, span)| (named(program, on, *span, out), *span));
    let role = program.find_role(&one.role).and_then(|id| program.role(id));
    if role.is_none() {
        let names: Vec<String> = program.role_ids().map(|id| program.role_name(id)).collect();
        out.push(
            Diagnostic::error(codes::ASSIGNMENT_UNKNOWN, one.role_span, format!("unknown role `{}`", one.role)).meant(
                one.role_span,
                &one.role,
                names.iter().map(String::as_str),
            ),
        );
    }
    let (Some((ty, who)), Some(role)) = (who, role) else {
        return false;
    };
    if !can_hold(program, ty, role) {
        out.push(
            Diagnostic::error(
                codes::ASSIGNMENT_UNKNOWN,
                one.who_span,
                format!("a `{}` cannot hold the role `{}`", ty.name, one.role),
            )
            .also(role.span, "the role declares its holders here")
            .help(format!(
                "assign it to a type named in `role … for`, or to a group of theirs that `holds roles`, or add `{}` there",
                ty.name
            )),
        );
        return false;
    }
    if let Some((by, at)) = &role.by {
        out.push(
            Diagnostic::error(
                codes::ASSIGNMENT_UNKNOWN,
                one.role_span,
                format!("the role `{}` is derived from `{by}` and cannot be assigned", one.role),
            )
            .also(*at, "the principal in this attribute holds the role")
            .help("remove the assignment"),
        );
        return false;
    }
    let on = match (role.on, on) {
        (None, None) => None,
        (Some(wanted), Some((Some((ty, on)), span))) if program.type_name(wanted) == ty.name => Some((on, span)),
        (Some(wanted), given) => {
            let wanted = program.type_name(wanted);
            let (at, is_known) = match &given {
                Some((found, span)) => (*span, found.is_some()),
                None => (one.span, true),
            };
            if is_known {
                out.push(
                    Diagnostic::error(
                        codes::ASSIGNMENT_UNKNOWN,
                        at,
                        format!("the role `{}` is held on a `{wanted}`", one.role),
                    )
                    .help(format!("write `resource: '{wanted}::\"…\"'`")),
                );
            }
            return false;
        }
        (None, Some((_, span))) => {
            out.push(
                Diagnostic::error(
                    codes::ASSIGNMENT_UNKNOWN,
                    span,
                    format!("the role `{}` is global and takes no resource", one.role),
                )
                .help("remove `resource`"),
            );
            return false;
        }
    };
    (one.who, one.on) = (who, on);
    true
}

/// The type of an entity, and the entity by the type's name without the program's namespace.
fn named<'a>(
    program: &'a Program,
    uid: &EntityUid,
    at: Span,
    out: &mut Diagnostics,
) -> Option<(&'a EntityType, EntityUid)> {
    let written = uid.type_name().to_string();
    let Some(ty) = program.find_type(&written).and_then(|id| program.ty(id)) else {
        let help = did_you_mean(&written, program.types.iter().map(|ty| ty.name.as_str()));
        out.push(
            Diagnostic::error(codes::ASSIGNMENT_UNKNOWN, at, format!("unknown type `{written}`")).maybe_help(help),
        );
        return None;
    };
    let name = ty.name.parse().ok()?;
    Some((ty, EntityUid::from_type_name_and_id(name, uid.id().clone())))
}

/// Whether an entity of a type may be given a role: one of its holders, or a group that holds roles.
fn can_hold(program: &Program, ty: &EntityType, role: &Role) -> bool {
    match ty.kind {
        TypeKind::Group => ty.holds_roles,
        _ => role.holders.iter().any(|id| program.type_name(*id) == ty.name),
    }
}

/// The codes of this file.
pub(super) mod codes {
    use crate::diag::Code;

    /// An assignment of what the program does not have, or to somebody who cannot hold it.
    pub(in crate::pipeline) const ASSIGNMENT_UNKNOWN: Code = Code::new("assignment-unknown");
    /// An assignment that is there already.
    pub(in crate::pipeline) const ASSIGNMENT_TWICE: Code = Code::new("assignment-twice");
}
