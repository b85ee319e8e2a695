//! Assertions: names and targets. What they claim is proved by a later stage.

use crate::diag::Diagnostic;
use crate::syntax::ast;

use super::annotations::{Place, read};
use super::lookup::find_who;
use super::targets::{Wildcards, find_targets};
use super::{NameKind, Resolver};
use crate::graph::{Assertion, Claimed, Named, ProfileId, StatementKind, codes};

pub(super) fn assertions(cx: &mut Resolver<'_>, items: &[&ast::Item]) {
    for item in items {
        let ast::ItemKind::Assert(decl) = &item.kind else {
            continue;
        };
        read(cx, &item.annotations, Place::Statement, item.span);
        let who = find_who(cx, &decl.who);
        // One of the requests is enough for `possible`: with more of them, it would claim less.
        let wildcards = match decl.claim {
            ast::Claim::Possible => Wildcards::AsWritten,
            ast::Claim::Never | ast::Claim::Only | ast::Claim::Always => Wildcards::StandForOthers,
        };
        let targets = find_targets(cx, &decl.actions, &decl.on, |_| true, wildcards);
        if let (ast::Claim::Only, ast::Who::Any(span)) = (decl.claim, &decl.who) {
            cx.out.push(
                Diagnostic::error(codes::WRONG_KIND, *span, "`only any` restricts nobody")
                    .help("name the roles or principal types that alone may do it"),
            );
        }
        let unless = match &decl.unless {
            None => None,
            Some(name) => {
                let found = cx.program.profiles.iter().position(|profile| profile.name == name.text);
                let declared = cx.names.get(&name.text).is_some_and(|known| known.kind == NameKind::Profile);
                // One with faults of its own is told where it is declared.
                if found.is_none() && !declared {
                    let known: Vec<String> = cx.program.profiles.iter().map(|p| p.name.clone()).collect();
                    cx.out.push(
                        Diagnostic::error(
                            codes::UNKNOWN_NAME,
                            name.span,
                            format!("unknown break-glass profile `{}`", name.text),
                        )
                        .meant(name.span, &name.text, known.iter().map(String::as_str)),
                    );
                }
                let found = found.map(ProfileId::at);
                found.into_iter().for_each(|id| cx.refer(name.span, Named::Profile(id)));
                found
            }
        };
        let Some(who) = who else { continue };
        let id = cx.statement_id(StatementKind::Assertion, &decl.name.text, item.span);
        cx.program.assertions.push(Assertion {
            id,
            name: decl.name.text.clone(),
            span: item.span,
            claim: claimed(decl.claim),
            who,
            actions: targets.actions,
            steps: targets.steps,
            on: targets.on,
            when: decl.when.clone(),
            unless,
        });
    }
}

fn claimed(written: ast::Claim) -> Claimed {
    match written {
        ast::Claim::Never => Claimed::Never,
        ast::Claim::Only => Claimed::Only,
        ast::Claim::Always => Claimed::Always,
        ast::Claim::Possible => Claimed::Possible,
    }
}
