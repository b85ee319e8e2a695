//! The mutants of a program, in the order of its texts: of grants and guards here, the others next door. They are made from the
//! author's words, so that each is a change which a person could have made.

use std::collections::BTreeSet;

use crate::graph::{ActionId, Grant, Holder, Program, TypeId, TypeKind};
use crate::syntax::ast;
use crate::syntax::ast::{Actions, ExprKind, Item, ItemKind, Types};
use crate::text::{Sources, Span};

use super::mutant::{Edit, Making, Mutant, Named};
use super::operator::MutationOperator;
use super::{edit, emergencies, expressions, roles};

/// All mutants of a program without faults, in the order of its texts.
#[must_use]
pub fn mutants(files: &[ast::File], program: &Program, sources: &Sources) -> Vec<Mutant> {
    let items = || files.iter().flat_map(|file| &file.items);
    let roles = items().filter_map(|item| match &item.kind {
        ItemKind::Role(role) => Some((item, role)),
        _ => None,
    });
    let profiles = items().filter_map(|item| match &item.kind {
        ItemKind::BreakGlass(profile) => Some((item, profile)),
        _ => None,
    });
    let mut making = Making {
        program,
        sources,
        roles: roles.collect(),
        profiles: profiles.collect(),
        made: Vec::new(),
        seen: BTreeSet::new(),
    };
    for declaration in items() {
        item(&mut making, declaration);
    }
    let mut made = making.made;
    made.sort_by(|a, b| (a.span, a.operator, &a.edits).cmp(&(b.span, b.operator, &b.edits)));
    made
}

/// Mutants of one declaration. Assertions are claims about the policy and no part of it.
fn item(making: &mut Making<'_>, item: &Item) {
    let named = named(making, item);
    let named = named.as_ref();
    match &item.kind {
        ItemKind::Condition(decl) => expressions::condition(making, &decl.body, None),
        ItemKind::Role(role) => {
            if let Some(when) = &role.when {
                expressions::condition(making, when, None);
            }
            roles::declared(making, item, role);
            for inner in &role.grants {
                if let ItemKind::Grant(decl) = &inner.kind {
                    grant(making, inner, decl);
                    roles::granted(making, inner, role);
                }
            }
        }
        ItemKind::Grant(decl) => grant(making, item, decl),
        ItemKind::Deny(decl) => {
            gone(making, MutationOperator::DropGuard, item);
            roles::named(making, &decl.who, named);
            if let Some(when) = &decl.when {
                expressions::condition(making, when, named);
            }
        }
        ItemKind::Require(decl) => {
            let span = decl.condition.span;
            if !matches!(decl.condition.kind, ExprKind::Bool(_)) {
                // The guard stays, since profiles may name it.
                let what = format!("the guard no longer requires `{}`", making.words(span));
                let text = "true".to_owned();
                making.add(MutationOperator::DropGuard, span, what, Edit { span, text }, named);
            }
            expressions::parts(making, &decl.condition, named);
            emergencies::lifted(making, item);
        }
        ItemKind::Isolate(decl) => {
            gone(making, MutationOperator::DropGuard, item);
            leaves_out(making, item, decl);
        }
        // Without `by` it becomes no policy: `check` holds the program to it, and no test can.
        ItemKind::Separate(decl) if decl.by.is_some() => gone(making, MutationOperator::DropGuard, item),
        ItemKind::BreakGlass(decl) => emergencies::profile(making, item, decl),
        _ => {}
    }
}

/// The name of a statement that keeps it whatever becomes of its words.
fn named(making: &Making<'_>, item: &Item) -> Option<Named> {
    let program = making.program;
    let id = program.statement_of(item.span)?;
    let mut all = (program.grants.iter().map(|one| &one.statement))
        .chain(program.denies.iter().map(|one| &one.statement))
        .chain(program.requires.iter().map(|one| &one.statement));
    all.find(|statement| statement.id == *id)
        .map(|statement| Named { span: statement.span, name: statement.name.clone() })
}

fn gone(making: &mut Making<'_>, operator: MutationOperator, item: &Item) {
    let what = format!("`{}` is removed", making.words(item.span));
    let edit = Edit { span: edit::whole(item, making.sources), text: String::new() };
    making.add(operator, item.span, what, edit, None);
}

/// An isolation that leaves out one of the types that it keeps apart. Its name follows its words only where it has no label.
fn leaves_out(making: &mut Making<'_>, item: &Item, decl: &ast::IsolateDecl) {
    let program = making.program;
    let found = program.isolations.iter().find(|isolation| isolation.statement.span == item.span);
    let (Some(isolation), ";") = (found, making.last_character(item)) else {
        return;
    };
    let decided = program.action_ids().flat_map(|action| program.decided_on(action, &[]));
    let apart: BTreeSet<TypeId> = decided.filter(|ty| isolation.except.iter().all(|(other, _)| other != ty)).collect();
    for ty in apart {
        if !program.ty(ty).is_some_and(|ty| ty.kind == TypeKind::Resource && !ty.from_schema) {
            continue;
        }
        let name = program.type_name(ty).to_owned();
        let end = Span { start: item.span.end - 1, end: item.span.end - 1, ..item.span };
        let edit = Edit { span: end, text: format!(" except {name} because \"a mistake\"") };
        let what = format!("`{name}` is not kept apart by `{}`", decl.by.text);
        making.add(MutationOperator::IsolateLess, item.span, what, edit, None);
    }
}

fn grant(making: &mut Making<'_>, item: &Item, decl: &ast::GrantDecl) {
    gone(making, MutationOperator::DropGrant, item);
    let named = named(making, item);
    let named = named.as_ref();
    also_opens(making, item, decl, named);
    on_parent(making, &decl.on, &decl.actions, named);
    if let Some(until) = &decl.until {
        roles::until(making, until, named);
    }
    if let Some(when) = &decl.when {
        expressions::condition(making, when, named);
    }
}

/// One action more of the same type, such as none of the grant's holders has by another grant: sensitive ones first. Then all
/// of them, where that is more.
fn also_opens(making: &mut Making<'_>, item: &Item, decl: &ast::GrantDecl, named: Option<&Named>) {
    let (Actions::Names(names), Types::Names(types)) = (&decl.actions, &decl.on) else {
        return;
    };
    let (Some(last), [_]) = (names.last(), types.as_slice()) else {
        return;
    };
    let program = making.program;
    let id = program.statement_of(item.span);
    let of_item: Vec<&Grant> = program.grants.iter().filter(|grant| Some(&grant.statement.id) == id).collect();
    let Some(on) = of_item.first().map(|grant| grant.on) else {
        return;
    };
    let holders: Vec<Holder> = of_item.iter().map(|grant| grant.holder).collect();
    let theirs = program.grants.iter().filter(|grant| holders.contains(&grant.holder));
    let held: BTreeSet<ActionId> = theirs.flat_map(|grant| &grant.actions).map(|(action, _)| *action).collect();
    let others = making.other_actions(on, &held);
    let Some(first) = others.first() else {
        return;
    };
    let span = names.iter().map(|name| name.span).fold(last.span, Span::to);
    making.also_opens(last.span, span, first, named);
    if others.len() > 1 {
        let what = format!("every action of `{}` is granted", program.type_name(on));
        making.add(MutationOperator::AnyAction, span, what, Edit { span, text: "any".to_owned() }, named);
    }
}

/// What is granted on a type is granted on its parent, where that has actions of these names.
fn on_parent(making: &mut Making<'_>, types: &Types, actions: &Actions, named: Option<&Named>) {
    let Types::Names(types) = types else { return };
    let program = making.program;
    for path in types {
        let Some(ty) = program.find_type(&path.dotted()).and_then(|id| program.ty(id)) else {
            continue;
        };
        for parent in ty.parents.iter().map(|link| link.ty) {
            let has = |name: &ast::Ident| {
                let mut all = program.action_ids().filter_map(|id| program.action(id));
                all.any(|action| action.declared_on == Some(parent) && action.name == name.text)
            };
            let fits = match actions {
                Actions::Any(_) => true,
                Actions::Names(names) => names.iter().all(has),
            };
            let name = program.type_name(parent).to_owned();
            if fits && types.iter().all(|other| other.dotted() != name) {
                let what = format!("this is granted on `{name}` instead of `{}`", path.dotted());
                let edit = Edit { span: path.span, text: name };
                making.add(MutationOperator::WidenType, path.span, what, edit, named);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Diagnostics;
    use crate::text::Duration;
    use crate::{graph, syntax};

    const MODEL: &str = "\
principal User in Org as org { level: Long }
resource Org;
resource Bill in Org as org { level: Long, paid: Bool, owner: User, action create in org; action read; sensitive action pay; }
context { from token { mfa: Bool } }
";

    /// The mutants of a program, each as its operator, what it does, and the line of the text it changes, before and after.
    fn shown(text: &str) -> String {
        let mut sources = Sources::default();
        let model = sources.add("model.gate", MODEL);
        let file = sources.add("a.gate", text);
        let mut out = Diagnostics::new();
        let limits = syntax::Limits::default();
        let files = [model, file].map(|file| syntax::parse(&sources, file, &limits, &mut out));
        let externals = graph::Externals::default();
        let program = graph::resolve(&files, &externals, Duration(24 * Duration::HOUR.0), &mut out);
        assert!(!out.has_errors(), "{out:?}");
        let mut all = String::new();
        for mutant in mutants(&files, &program, &sources) {
            let mut changed = Vec::new();
            for (file, after) in mutant.applied(&sources) {
                let before: Vec<&str> = sources.text(file).lines().collect();
                changed.extend(after.lines().filter(|line| !before.contains(line)).map(|line| line.trim().to_owned()));
            }
            let changed = changed.join(" ⏎ ");
            all += format!("{}: {} => {changed}", mutant.operator.name(), mutant.what).trim_end();
            all += "\n";
        }
        all
    }

    #[test]
    fn clauses_always_hold_and_alternatives_never_do() {
        let text = "allow User to read on Bill when (resource.paid) && (context.mfa || !resource.paid);";
        insta::assert_snapshot!(shown(text), @"
        drop-grant: `allow User to read on Bill when (resource.paid) && (context.…` is removed =>
        add-action: `pay` is also granted => allow User to read, pay on Bill when (resource.paid) && (context.mfa || !resource.paid);
        any-action: every action of `Bill` is granted => allow User to any on Bill when (resource.paid) && (context.mfa || !resource.paid);
        swap-and-or: `&&` becomes `||` in `(resource.paid) && (context.mfa || !resource.paid)` => allow User to read on Bill when (resource.paid) || (context.mfa || !resource.paid);
        drop-clause: `resource.paid` always holds => allow User to read on Bill when (true) && (context.mfa || !resource.paid);
        drop-clause: `context.mfa` never holds => allow User to read on Bill when (resource.paid) && (false || !resource.paid);
        drop-clause: `context.mfa || !resource.paid` always holds => allow User to read on Bill when (resource.paid) && (true);
        swap-and-or: `||` becomes `&&` in `context.mfa || !resource.paid` => allow User to read on Bill when (resource.paid) && (context.mfa && !resource.paid);
        drop-negation: `resource.paid` is no longer negated => allow User to read on Bill when (resource.paid) && (context.mfa || resource.paid);
        drop-clause: `!resource.paid` never holds => allow User to read on Bill when (resource.paid) && (context.mfa || false);
        ");
    }

    #[test]
    fn comparisons_are_flipped_and_bounds_shifted() {
        let text = "condition low(b: Bill) = b.level < principal.level;\ncondition own(b: Bill) = (b.owner) // ==\n == principal;";
        insta::assert_snapshot!(shown(text), @"
        drop-clause: `b.level < principal.level` always holds => condition low(b: Bill) = true;
        flip-comparison: `<` becomes `>=` in `b.level < principal.level` => condition low(b: Bill) = b.level >= principal.level;
        shift-bound: `<` becomes `<=` in `b.level < principal.level` => condition low(b: Bill) = b.level <= principal.level;
        drop-clause: `(b.owner) // == == principal` always holds => condition own(b: Bill) = true;
        flip-comparison: `==` becomes `!=` in `(b.owner) // == == principal` => != principal;
        ");
    }

    #[test]
    fn guards_and_denials_go() {
        let text = "\
/// Nobody else's.
isolate by org;
four_eyes: separate Bill.create from Bill.pay by owner;
stepped_up: liftable require context.mfa for Bill.pay;
deny User to pay on Bill;
";
        insta::assert_snapshot!(shown(text), @r#"
        drop-guard: `isolate by org;` is removed =>
        isolate-less: `Bill` is not kept apart by `org` => isolate by org except Bill because "a mistake";
        isolate-less: `Org` is not kept apart by `org` => isolate by org except Org because "a mistake";
        drop-guard: `four_eyes: separate Bill.create from Bill.pay by owner;` is removed =>
        drop-guard: the guard no longer requires `context.mfa` => stepped_up: liftable require true for Bill.pay;
        drop-guard: `deny User to pay on Bill;` is removed =>
        "#);
    }

    #[test]
    fn grants_go_open_more_and_reach_the_next_role() {
        let text = "\
role clerk for User {
    allow read on Bill;
}
role boss for User extends clerk {
    @allow(self-approval, because: \"few\")
    mine: allow pay on Bill;
}
";
        insta::assert_snapshot!(shown(text), @"
        drop-grant: `allow read on Bill;` is removed =>
        add-action: `pay` is also granted => allow read, pay on Bill;
        any-action: every action of `Bill` is granted => allow any on Bill;
        drop-grant: `mine: allow pay on Bill;` is removed =>
        add-role: this is also granted to `clerk` => allow pay on Bill;
        add-action: `create` is also granted => mine: allow pay, create on Bill;
        any-action: every action of `Bill` is granted => mine: allow any on Bill;
        ");
    }

    #[test]
    fn break_glass_is_laxer() {
        let text = "\
role clerk for User { allow create, read, pay on Bill; }
break-glass outage {
    for clerk;
    grants pay on Bill;
    resources at most 2;
    requires reason;
    when context.mfa;
    approved by 2 of clerk;
    refused by 1;
    pending 30m;
    idle 15m;
    expires within 90m;
    uses at most 3;
    alerts on request to \"ops\";
    revoked by clerk;
    review within 24h by clerk;
}
";
        insta::assert_snapshot!(shown(text), @"
        drop-grant: `allow create, read, pay on Bill;` is removed => role clerk for User {  }
        add-action: `create` is also granted => grants pay, create on Bill;
        raise-limit: `2` becomes `3` in `resources at most 2;` => resources at most 3;
        drop-clause: `context.mfa` always holds => when true;
        fewer-approvals: 1 of 2 approvals suffice => approved by 1 of clerk;
        raise-limit: `1` becomes `2` in `refused by 1;` => refused by 2;
        longer-window: `30m` becomes `1h` in `pending 30m;` => pending 1h;
        longer-window: `15m` becomes `30m` in `idle 15m;` => idle 30m;
        longer-window: `90m` becomes `3h` in `expires within 90m;` => expires within 3h;
        raise-limit: `3` becomes `4` in `uses at most 3;` => uses at most 4;
        longer-window: `24h` becomes `2d` in `review within 24h by clerk;` => review within 2d by clerk;
        ");
    }

    #[test]
    fn a_rewritten_statement_keeps_its_name() {
        let mut sources = Sources::default();
        let file = sources.add("a.gate", format!("{MODEL}require context.mfa for Bill.pay;"));
        let mut out = Diagnostics::new();
        let files = [syntax::parse(&sources, file, &syntax::Limits::default(), &mut out)];
        let program = graph::resolve(&files, &graph::Externals::default(), Duration::HOUR, &mut out);
        let all = mutants(&files, &program, &sources);
        let named = all.iter().map(|mutant| mutant.statement.as_ref().map(|named| named.name.as_str()));
        assert_eq!(named.collect::<Vec<_>>(), [Some("require.Bill.pay")]);
    }

    #[test]
    fn negations_go() {
        let text = "allow User to read on Bill when !resource.paid && !(context.mfa || resource.paid);";
        let all = shown(text);
        let negations = all.lines().filter(|line| line.starts_with("drop-negation")).collect::<Vec<_>>();
        insta::assert_snapshot!(negations.join("\n"), @"
        drop-negation: `resource.paid` is no longer negated => allow User to read on Bill when resource.paid && !(context.mfa || resource.paid);
        drop-negation: `context.mfa || resource.paid` is no longer negated => allow User to read on Bill when !resource.paid && (context.mfa || resource.paid);
        ");
    }

    #[test]
    fn roles_become_their_bases_and_extend_more() {
        let text = "\
role clerk for User;
role boss for User extends clerk {
    allow read on Bill;
}
role guest for User { allow read on Bill; }
deny boss to create on Bill;
";
        let all = shown(text);
        let roles = all.lines().filter(|line| line.starts_with("widen-role") || line.starts_with("add-extends"));
        insta::assert_snapshot!(roles.collect::<Vec<_>>().join("\n"), @"
        add-extends: `clerk` extends `guest` => role clerk for User extends guest;
        add-extends: `boss` extends `guest` => role boss for User extends clerk, guest {
        widen-role: this is granted to `clerk`, which `boss` extends => role clerk for User {
        add-extends: `guest` extends `clerk` => role guest for User extends clerk { allow read on Bill; }
        widen-role: `boss` becomes `clerk`, which it extends => deny clerk to create on Bill;
        ");
    }

    #[test]
    fn what_ends_ends_later_or_not_at_all() {
        let text = "role helper for User until \"2028-02-28T00:00:00Z\" { allow read on Bill; }\n\
                    allow User to pay on Bill when context.mfa until \"2027-01-01T12:00:00Z\" because \"soon\";\n";
        let all = shown(text);
        let until = all.lines().filter(|line| line.contains("-until"));
        insta::assert_snapshot!(until.collect::<Vec<_>>().join("\n"), @r#"
        later-until: it ends on `2028-02-29T00:00:00Z`, a day later => role helper for User until "2028-02-29T00:00:00Z" { allow read on Bill; }
        drop-until: it does not end => role helper for User { allow read on Bill; }
        later-until: it ends on `2027-01-02T12:00:00Z`, a day later => allow User to pay on Bill when context.mfa until "2027-01-02T12:00:00Z" because "soon";
        drop-until: it does not end => allow User to pay on Bill when context.mfa because "soon";
        "#);
    }

    #[test]
    fn grants_open_everything_and_reach_the_parent() {
        let mut sources = Sources::default();
        let text = "principal User;\nresource Folder { action read, list; }\n\
                    resource Doc in Folder as folder { action read; action edit, purge, sign; }\n\
                    allow User to read on Doc;\nallow User to edit on Doc;\n";
        let file = sources.add("a.gate", text);
        let mut out = Diagnostics::new();
        let files = [syntax::parse(&sources, file, &syntax::Limits::default(), &mut out)];
        let program = graph::resolve(&files, &graph::Externals::default(), Duration::HOUR, &mut out);
        let all = mutants(&files, &program, &sources);
        let wide =
            all.iter().filter(|one| matches!(one.operator, MutationOperator::AnyAction | MutationOperator::WidenType));
        let wide: Vec<String> = wide.map(|one| format!("{}: {}", one.operator.name(), one.what)).collect();
        insta::assert_snapshot!(wide.join("\n"), @"
        any-action: every action of `Doc` is granted
        widen-type: this is granted on `Folder` instead of `Doc`
        any-action: every action of `Doc` is granted
        ");
    }

    #[test]
    fn guards_are_lifted_and_isolations_leave_out_types() {
        let text = "\
isolate by org;
role clerk for User { allow create, read, pay on Bill; }
stepped_up: require context.mfa for Bill.pay;
risk: liftable require resource.paid for Bill.pay;
elsewhere: require context.mfa for Bill.read;
break-glass outage {
    for clerk;
    grants pay on Bill;
    resources at most 2;
    requires reason;
    approved by 2 of clerk;
    expires within 90m;
    uses at most 3;
    review within 24h by clerk;
}
";
        let all = shown(text);
        let kinds = ["isolate-less", "make-liftable", "lift-more"];
        let lines = all.lines().filter(|line| kinds.iter().any(|kind| line.starts_with(kind)));
        insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
        isolate-less: `Bill` is not kept apart by `org` => isolate by org except Bill because "a mistake";
        isolate-less: `Org` is not kept apart by `org` => isolate by org except Org because "a mistake";
        make-liftable: the break-glass profile `outage` lifts this guard => stepped_up: liftable require context.mfa for Bill.pay; ⏎ lifts stepped_up;
        lift-more: `risk` is lifted, too => lifts risk;
        "#);
    }

    #[test]
    fn no_two_mutants_change_the_text_alike() {
        let text = "role a for User { allow read on Bill; }\nrole b for User extends a { allow pay on Bill; }\n";
        let all = shown(text);
        let copies = all.lines().filter(|line| line.starts_with("add-role") || line.starts_with("widen-role"));
        assert_eq!(copies.count(), 1, "granted to `a` as the next role and as the one that `b` extends: {all}");
    }
}
