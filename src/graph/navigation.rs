//! From a word to what it names, where that is declared and where it is used: what an editor asks when somebody points at one.

use std::collections::BTreeSet;

use crate::text::{FileId, Span};

use super::{ConditionId, Named, Program, StatementId, TypeId};

impl Program {
    /// What the name at a place stands for, where it is used or declared; empty where there is no name.
    #[must_use]
    pub fn named_at(&self, file: FileId, offset: u32) -> BTreeSet<Named> {
        let place = Span { file, start: offset, end: offset };
        self.references.at(place).cloned().unwrap_or_else(|| {
            let declared = self.declarations().into_iter().filter(|(at, _)| at.contains(place));
            declared.map(|(_, named)| named).collect()
        })
    }

    /// The places that declare what the name at a place stands for.
    #[must_use]
    pub fn definition_of(&self, file: FileId, offset: u32) -> BTreeSet<Span> {
        self.named_at(file, offset).iter().filter_map(|named| self.declared_at(named)).collect()
    }

    /// Which statement the whole of a declaration's words is.
    #[must_use]
    pub fn statement_of(&self, words: Span) -> Option<&StatementId> {
        self.references.statement(words)
    }

    /// The places that use a name, in order.
    #[must_use]
    pub fn references_of(&self, named: &Named) -> Vec<Span> {
        self.references.of(named)
    }

    /// Where something is declared: its name, or the whole of a statement.
    #[must_use]
    pub fn declared_at(&self, named: &Named) -> Option<Span> {
        Some(match named {
            Named::Type(id) => self.ty(*id)?.span,
            Named::Action(id) => self.action(*id)?.span,
            Named::Role(id) => self.role(*id)?.span,
            Named::Condition(id) => self.condition(*id)?.span,
            Named::Profile(id) => self.profile(*id)?.span,
            Named::Statement(id) => self.requires.iter().find(|require| require.statement.id == *id)?.statement.span,
            Named::Attribute(id, name) => self.ty(*id)?.attributes.get(name)?.span,
            Named::Member(id, name) => *self.ty(*id)?.member_spans.get(name)?,
            Named::Context(name) => self.context.get(name)?.attribute.span,
            Named::ActionContext(id, name) => self.action(*id)?.context.get(name)?.span,
        })
    }

    /// The names that the Gate files declare.
    fn declarations(&self) -> Vec<(Span, Named)> {
        let of_gate = self.type_ids().filter(|id| self.ty(*id).is_some_and(|ty| !ty.from_schema));
        let types: Vec<TypeId> = of_gate.collect();
        let of_types = types.iter().filter_map(|id| Some((*id, self.ty(*id)?))).flat_map(|(id, ty)| {
            let attributes = ty.attributes.keys().map(move |name| Named::Attribute(id, name.clone()));
            attributes.chain(ty.member_spans.keys().map(move |name| Named::Member(id, name.clone())))
        });
        let of_gate = self.action_ids().filter_map(|id| Some((id, self.action(id)?)));
        let actions: Vec<_> = of_gate.filter(|(_, action)| !action.is_raw()).collect();
        let of_actions = actions
            .iter()
            .flat_map(|(id, action)| action.context.keys().map(|name| Named::ActionContext(*id, name.clone())));
        (types.iter().copied().map(Named::Type))
            .chain(actions.iter().map(|(id, _)| Named::Action(*id)))
            .chain(self.role_ids().map(Named::Role))
            .chain((0..self.conditions.len()).map(|at| Named::Condition(ConditionId::at(at))))
            .chain(self.profile_ids().map(Named::Profile))
            .chain(of_types)
            .chain(self.context.keys().cloned().map(Named::Context))
            .chain(of_actions)
            .filter_map(|named| Some((self.declared_at(&named)?, named)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Diagnostics;
    use crate::graph::{Externals, resolve};
    use crate::syntax;
    use crate::text::{Duration, Sources};

    const PROGRAM: &str = "context { from gateway { now: datetime } }\n\
        resource Org;\n\
        principal User in Org as org;\n\
        resource Bill in Org as org { paid: Bool, maker: User, action read, pay; }\n\
        condition open(bill: Bill) = !bill.paid && bill is Bill;\n\
        role viewer for User { allow read on Bill when open(resource); }\n\
        role clerk for User extends viewer { allow pay on Bill; }\n\
        role author on Bill by maker { allow read on Bill; }\n\
        deny clerk to pay on Bill when open(resource);\n\
        separate Bill.read from Bill.pay by maker;\n\
        unpaid: liftable require !resource.paid for Bill.pay;\n\
        break-glass outage { for viewer; grants pay on Bill; resources at most 2; requires reason; approved by 1 of clerk;\n\
        lifts unpaid; expires within 30m; uses at most 3; review within 24h by clerk; }\n\
        deny viewer to ApproveBreakGlass on outage;\n\
        assert nobody: never any to pay on Bill unless break-glass outage;\n\
        isolate by org;\n";
    const WORDS: [&str; 8] = ["Org", "User", "Bill", "open", "viewer", "clerk", "pay", "outage"];

    fn program(text: &str) -> (Program, Sources, FileId) {
        let mut sources = Sources::default();
        let file = sources.add("a.gate", text);
        let mut out = Diagnostics::new();
        let tree = syntax::parse(&sources, file, &syntax::Limits::default(), &mut out);
        let program = resolve(&[tree], &Externals::default(), Duration::HOUR, &mut out);
        assert!(!out.has_errors(), "{out:?}");
        (program, sources, file)
    }

    /// Offsets of a word in the program.
    fn places(word: &str) -> Vec<u32> {
        let is_whole = |at: usize| {
            let part = |c: char| c.is_alphanumeric() || c == '_';
            let before = PROGRAM.get(..at).and_then(|text| text.chars().last());
            let after = PROGRAM.get(at + word.len()..).and_then(|text| text.chars().next());
            !before.is_some_and(part) && !after.is_some_and(part)
        };
        let all = PROGRAM.match_indices(word).map(|(at, _)| at).filter(|at| is_whole(*at));
        all.map(|at| u32::try_from(at).unwrap()).collect()
    }

    #[test]
    fn every_use_of_a_name_leads_to_its_declaration() {
        let (program, sources, file) = program(PROGRAM);
        for word in WORDS {
            let places = places(word);
            let declared = places[0];
            assert!(places.len() > 1, "{word}");
            for place in &places {
                let found = program.definition_of(file, *place);
                let starts: Vec<u32> = found.iter().map(|span| span.start).collect();
                assert_eq!(starts, [declared], "{word} at {place}");
                assert!(found.iter().all(|span| sources.slice(*span) == word));
            }
        }
    }

    #[test]
    fn every_use_is_found_from_the_declaration() {
        let (program, sources, file) = program(PROGRAM);
        for word in WORDS {
            let named = program.named_at(file, places(word)[0]);
            let [named] = named.iter().collect::<Vec<_>>()[..] else { panic!("{word}: {named:?}") };
            let found: Vec<u32> = program.references_of(named).iter().map(|span| span.start).collect();
            assert_eq!(found, places(word)[1..], "{word}");
            assert!(program.references_of(named).iter().all(|span| sources.slice(*span) == word));
        }
    }

    #[test]
    fn attributes_that_statements_name_lead_to_their_types() {
        let (program, _, file) = program(PROGRAM);
        let bill = program.find_type("Bill").unwrap();
        let of = |at: u32| program.named_at(file, at).into_iter().collect::<Vec<_>>();
        let maker = Named::Attribute(bill, "maker".to_owned());
        for place in places("maker") {
            assert_eq!(of(place), std::slice::from_ref(&maker), "{place}");
        }
        let org = *places("org").last().unwrap();
        let user = program.find_type("User").unwrap();
        let expected = [user, bill].map(|ty| Named::Attribute(ty, "org".to_owned()));
        assert_eq!(of(org), expected);
    }

    #[test]
    fn a_guard_that_is_lifted_is_named_by_its_label() {
        let (program, _, file) = program(PROGRAM);
        let guard = &program.requires[0].statement;
        let lifted = *places("unpaid").last().unwrap();
        assert_eq!(program.named_at(file, lifted), BTreeSet::from([Named::Statement(guard.id.clone())]));
        assert_eq!(program.definition_of(file, lifted), BTreeSet::from([guard.span]));
    }

    #[test]
    fn what_is_no_name_stands_for_nothing() {
        let (program, _, file) = program(PROGRAM);
        let when = u32::try_from(PROGRAM.find("when").unwrap()).unwrap();
        assert!(program.named_at(file, when + 1).is_empty());
        assert!(program.definition_of(FileId(7), 3).is_empty());
    }
}
