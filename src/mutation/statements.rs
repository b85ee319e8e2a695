//! The mutants of a program, in the order of its texts: of grants, guards, break-glass profiles. They are made from the author's
//! words, so that each is a change which a person could have made.

use crate::graph::{Grant, Holder, Program};
use crate::syntax::ast;
use crate::syntax::ast::{Actions, BreakGlassClause, BreakGlassKind, ExprKind, Item, ItemKind, Types};
use crate::text::{Sources, Span};

use super::mutant::{Edit, Making, Mutant, Named};
use super::operator::MutationOperator;
use super::{edit, expressions};

/// All mutants of a program without faults, in the order of its texts.
#[must_use]
pub fn mutants(files: &[ast::File], program: &Program, sources: &Sources) -> Vec<Mutant> {
    let items = || files.iter().flat_map(|file| &file.items);
    let roles = items().filter_map(|item| match &item.kind {
        ItemKind::Role(role) => Some((item, role)),
        _ => None,
    });
    let mut making = Making { program, sources, roles: roles.collect(), made: Vec::new() };
    for declaration in items() {
        item(&mut making, declaration);
    }
    let mut made = making.made;
    made.sort_by(|a, b| (a.span, a.operator, &a.edit.text).cmp(&(b.span, b.operator, &b.edit.text)));
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
            for inner in &role.grants {
                if let ItemKind::Grant(decl) = &inner.kind {
                    grant(making, inner, decl);
                    also_to(making, inner, role);
                }
            }
        }
        ItemKind::Grant(decl) => grant(making, item, decl),
        ItemKind::Deny(decl) => {
            gone(making, MutationOperator::DropGuard, item);
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
        }
        ItemKind::Isolate(_) => gone(making, MutationOperator::DropGuard, item),
        // Without `by` it becomes no policy: `check` holds the program to it, and no test can.
        ItemKind::Separate(decl) if decl.by.is_some() => gone(making, MutationOperator::DropGuard, item),
        ItemKind::BreakGlass(decl) => {
            for clause in &decl.clauses {
                emergency(making, clause);
            }
        }
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

fn grant(making: &mut Making<'_>, item: &Item, decl: &ast::GrantDecl) {
    gone(making, MutationOperator::DropGrant, item);
    let named = named(making, item);
    also_opens(making, item, decl, named.as_ref());
    if let Some(when) = &decl.when {
        expressions::condition(making, when, named.as_ref());
    }
}

/// One action more of the same type, such as none of the grant's holders has by another grant: sensitive ones first.
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
    let is_held = |action| {
        let mut theirs = program.grants.iter().filter(|grant| holders.contains(&grant.holder));
        theirs.any(|grant| grant.actions.iter().any(|(granted, _)| *granted == action))
    };
    let others = program
        .action_ids()
        .filter_map(|id| Some((id, program.action(id)?)))
        .filter(|(id, action)| action.declared_on == Some(on) && !is_held(*id));
    let Some((_, action)) = others.min_by_key(|(_, action)| !action.sensitive) else {
        return;
    };
    let what = format!("`{}` is also granted", action.name);
    let edit = Edit { span: last.span.at_end(), text: format!(", {}", action.name) };
    let span = names.iter().map(|name| name.span).fold(last.span, Span::to);
    making.add(MutationOperator::AddAction, span, what, edit, named);
}

/// The same grant to the next role, in the order of the texts, that is held in the same way and does not extend this one.
fn also_to(making: &mut Making<'_>, item: &Item, role: &ast::RoleDecl) {
    let on = |role: &ast::RoleDecl| role.on.as_ref().map(ast::Path::dotted);
    let holders = |role: &ast::RoleDecl| role.holders.iter().map(ast::Path::dotted).collect::<Vec<_>>();
    let inherits = |other: &ast::RoleDecl| {
        let name = |role: &ast::RoleDecl| match on(role) {
            Some(on) => format!("{on}.{}", role.name.text),
            None => role.name.text.clone(),
        };
        let mut known = vec![name(other)];
        let mut at = 0;
        while let Some(next) = known.get(at).cloned() {
            let more = making.roles.iter().filter(|(_, role)| name(role) == next);
            for extended in more.flat_map(|(_, role)| &role.extends).map(ast::Path::dotted) {
                if !known.contains(&extended) {
                    known.push(extended);
                }
            }
            at += 1;
        }
        known.contains(&name(role))
    };
    let place = making.roles.iter().position(|(_, other)| other.name.span == role.name.span);
    let Some(place) = place else { return };
    let mut others = making.roles.iter().cycle().skip(place + 1).take(making.roles.len() - 1);
    let fits = |other: &ast::RoleDecl| {
        on(other) == on(role) && other.by.is_some() == role.by.is_some() && holders(other) == holders(role)
    };
    let to = others
        .find(|(whole, other)| fits(other) && !inherits(other) && making.sources.slice(whole.span).ends_with('}'));
    let Some((whole, other)) = to else { return };
    // Before the brace that closes the role. A label would stand twice.
    let end = Span { start: whole.span.end - 1, end: whole.span.end - 1, ..whole.span };
    let words = making.sources.slice(item.span);
    let words = match &item.label {
        Some(_) => words.split_once(':').map_or(words, |(_, rest)| rest.trim_start()),
        None => words,
    };
    let edit = Edit { span: end, text: format!("    {words}\n") };
    let what = format!("this is also granted to `{}`", other.name.text);
    making.add(MutationOperator::AddRole, item.span, what, edit, None);
}

fn emergency(making: &mut Making<'_>, clause: &BreakGlassClause) {
    match &clause.kind {
        BreakGlassKind::When(when) => expressions::condition(making, when, None),
        BreakGlassKind::ApprovedBy(number, _) => {
            let (span, text, what) = match number.value {
                ..=1 => {
                    let end = if making.sources.slice(clause.span).ends_with(';') { ";" } else { "" };
                    let what = "no approval is required".to_owned();
                    (clause.span, format!("approved by none{end}"), what)
                }
                more => {
                    let what = format!("{} of {more} approvals suffice", more - 1);
                    (number.span, (more - 1).to_string(), what)
                }
            };
            making.add(MutationOperator::FewerApprovals, clause.span, what, Edit { span, text }, None);
        }
        BreakGlassKind::Bound(known, amount) => {
            let Some(bound) = known.row().bound.filter(|bound| bound.doubled) else {
                return;
            };
            let span = amount.span();
            let twice = bound.unit.show(amount.value().saturating_mul(2));
            let what = format!("`{}` becomes `{twice}`", making.words(span));
            making.add(MutationOperator::LongerWindow, clause.span, what, Edit { span, text: twice }, None);
        }
        _ => {}
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
            let after = mutant.edit.applied(&sources);
            let before: Vec<&str> = sources.text(mutant.edit.span.file).lines().collect();
            let changed = after.lines().filter(|line| !before.contains(line)).map(str::trim);
            let changed = changed.collect::<Vec<_>>().join(" ⏎ ");
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
        swap-and-or: `&&` becomes `||` in `(resource.paid) && (context.mfa || !resource.paid)` => allow User to read on Bill when (resource.paid) || (context.mfa || !resource.paid);
        drop-clause: `resource.paid` always holds => allow User to read on Bill when (true) && (context.mfa || !resource.paid);
        drop-clause: `context.mfa` never holds => allow User to read on Bill when (resource.paid) && (false || !resource.paid);
        drop-clause: `context.mfa || !resource.paid` always holds => allow User to read on Bill when (resource.paid) && (true);
        swap-and-or: `||` becomes `&&` in `context.mfa || !resource.paid` => allow User to read on Bill when (resource.paid) && (context.mfa && !resource.paid);
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
        insta::assert_snapshot!(shown(text), @"
        drop-guard: `isolate by org;` is removed =>
        drop-guard: `four_eyes: separate Bill.create from Bill.pay by owner;` is removed =>
        drop-guard: the guard no longer requires `context.mfa` => stepped_up: liftable require true for Bill.pay;
        drop-guard: `deny User to pay on Bill;` is removed =>
        ");
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
        drop-grant: `mine: allow pay on Bill;` is removed =>
        add-role: this is also granted to `clerk` => allow pay on Bill;
        add-action: `create` is also granted => mine: allow pay, create on Bill;
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
        drop-clause: `context.mfa` always holds => when true;
        fewer-approvals: 1 of 2 approvals suffice => approved by 1 of clerk;
        longer-window: `15m` becomes `30m` => idle 30m;
        longer-window: `90m` becomes `3h` => expires within 3h;
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
}
