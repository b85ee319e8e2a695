//! From `gateway.toml` to the gateway's part of the contract: each name that it writes is looked up in the program.

use std::collections::{BTreeMap, BTreeSet};

use crate::bundle::{
    ApproverContract, ClaimTest, Contract, EntityContract, GatewayContract, IdFrom, ObligationContract, PathSegment,
    RouteContract, SubjectContract,
};
use crate::config::codes::GATEWAY_AMBIGUOUS;
use crate::config::{GatewayFile, IdSource, Obligation, Route, Segment, Subject, Word};
use crate::diag::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::graph::Program;
use crate::text::Span;

/// A type, action, attribute or guard that the program does not have.
const UNKNOWN_NAME: Code = Code::new("gateway-unknown-name");
/// One that it has, and that does not fit where it stands.
const WRONG_NAME: Code = Code::new("gateway-wrong-name");

/// How a context attribute is written in `[mask]`, before its name.
const CONTEXT: &str = "context";

/// Adds to the contract what the file says. All faults go to `out`, which has those of reading the file; with one, nothing is
/// added.
pub(super) fn resolve(file: &GatewayFile, program: &Program, contract: &mut Contract, out: &mut Diagnostics) {
    let mut names = Names { program, contract, out: &mut *out };
    let gateway = GatewayContract {
        routes: file.routes.iter().filter_map(|route| names.route(route)).collect(),
        type_names: file.types.iter().filter_map(|(alias, ty)| names.type_name(alias, ty)).collect(),
        action_names: file
            .actions
            .iter()
            .map(|(alias, actions)| (alias.text.clone(), names.action_name(alias, actions)))
            .collect(),
        subjects: file.subjects.iter().filter_map(|one| names.subject(one)).collect(),
        obligations: file
            .obligations
            .iter()
            .filter_map(|(guard, obligation)| names.obligation(guard, obligation))
            .collect(),
        approvers: file.approvers.iter().filter_map(|(key, ty, id)| names.approver(key, ty, id)).collect(),
    };
    for masked in &file.masked {
        names.masked(masked);
    }
    if !out.has_errors() {
        for masked in &file.masked {
            mask(contract, &masked.text);
        }
        contract.gateway = Some(gateway);
    }
}

struct Names<'a> {
    program: &'a Program,
    contract: &'a Contract,
    out: &'a mut Diagnostics,
}

impl<'a> Names<'a> {
    fn fault(&mut self, code: Code, span: Span, message: String, help: Option<String>) {
        self.out.push(Diagnostic::error(code, span, message).maybe_help(help));
    }

    fn unknown<'n>(&mut self, name: &Word, what: &str, known: impl IntoIterator<Item = &'n String>) {
        let known: Vec<&str> = known.into_iter().map(String::as_str).collect();
        let near = did_you_mean(&name.text, known.iter().copied());
        let help = near.unwrap_or_else(|| "use a name from the policy".to_owned());
        let message = format!("unknown {what} `{}`", name.text);
        let fault = Diagnostic::error(UNKNOWN_NAME, name.span, message).help(help);
        self.out.push(fault.near_quoted(name.span, &name.text, known));
    }

    fn wrong(&mut self, span: Span, message: String, help: String) {
        self.fault(WRONG_NAME, span, message, Some(help));
    }

    fn ty(&mut self, name: &Word) -> Option<&'a EntityContract> {
        let contract = self.contract;
        let found = contract.entities.get(&name.text);
        if found.is_none() {
            self.unknown(name, "type", contract.entities.keys());
        }
        found
    }

    /// The types of resources that an action is decided on.
    fn action(&mut self, name: &Word) -> Option<&'a [String]> {
        let contract = self.contract;
        let Some(action) = contract.actions.get(&name.text) else {
            match meant_action(&name.text, contract) {
                Some(help) => {
                    self.fault(UNKNOWN_NAME, name.span, format!("unknown action `{}`", name.text), Some(help))
                }
                None => self.unknown(name, "action", contract.actions.keys()),
            }
            return None;
        };
        if action.resources.is_empty() {
            let message = format!("no request for `{}` is possible", name.text);
            self.wrong(name.span, message, "name an action that applies to a resource type".to_owned());
            return None;
        }
        Some(&action.resources)
    }

    fn route(&mut self, route: &Route) -> Option<RouteContract> {
        let given = route.ty.as_ref().map(|name| (name, self.ty(name)));
        let on = self.action(&route.action)?;
        let action = &route.action.text;
        let resource = match (given, on) {
            (Some((_, None)), _) => return None,
            (Some((name, Some(_))), on) if !on.contains(&name.text) => {
                let message = format!("`{action}` is not decided on `{}`", name.text);
                self.wrong(name.span, message, format!("it is decided on {}", listed(on)));
                return None;
            }
            (Some((name, _)), _) => name.text.clone(),
            (None, [only]) => only.clone(),
            // The type may be what has a fault.
            (None, _) if route.id.is_none() => return None,
            (None, several) => {
                let message = format!("`{action}` is decided on more than one type of resource");
                let help = format!("add `type` to `resource`: one of {}", listed(several));
                self.wrong(route.action.span, message, help);
                return None;
            }
        };
        let (id, span) = route.id.clone()?;
        let members = self.contract.entities.get(&resource).map(|ty| &ty.members);
        if let (IdSource::Fixed(id), Some(members)) = (&id, members)
            && !members.is_empty()
            && !members.contains(id)
        {
            let help = did_you_mean(id, members.iter().map(String::as_str));
            let message = format!("`{resource}` has no member `{id}`");
            self.fault(UNKNOWN_NAME, span, message, help);
            return None;
        }
        Some(RouteContract {
            host: route.host.clone(),
            methods: route.methods.clone(),
            path: route.path.iter().map(segment).collect(),
            action: action.clone(),
            resource,
            id: match id {
                IdSource::Path(name) => IdFrom::Path(name),
                IdSource::Header(name) => IdFrom::Header(name),
                IdSource::Fixed(id) => IdFrom::Fixed(id),
            },
        })
    }

    fn type_name(&mut self, alias: &Word, ty: &Word) -> Option<(String, String)> {
        self.ty(ty)?;
        if alias.text != ty.text && self.contract.entities.contains_key(&alias.text) {
            let message = format!("`{}` is already a type, so it cannot be an alias of `{}`", alias.text, ty.text);
            let help = "choose a name that is not a type".to_owned();
            self.fault(GATEWAY_AMBIGUOUS, alias.span, message, Some(help));
            return None;
        }
        Some((alias.text.clone(), ty.text.clone()))
    }

    /// The actions that an alias stands for, by type of resource.
    fn action_name(&mut self, alias: &Word, actions: &[Word]) -> BTreeMap<String, String> {
        let mut by_type: BTreeMap<String, (String, Span)> = BTreeMap::new();
        for action in actions {
            for on in self.action(action).unwrap_or_default() {
                match by_type.get(on) {
                    Some((other, span)) => {
                        let message =
                            format!("ambiguous: `{}` on `{on}` may be `{other}` or `{}`", alias.text, action.text);
                        let fault = Diagnostic::error(GATEWAY_AMBIGUOUS, action.span, message)
                            .also(*span, "the other action")
                            .help("give one of the two a different name");
                        self.out.push(fault);
                    }
                    None => {
                        by_type.insert(on.clone(), (action.text.clone(), action.span));
                    }
                }
            }
        }
        if self.contract.actions.contains_key(&alias.text) && !actions.iter().any(|one| one.text == alias.text) {
            let message = format!("`{}` is already an action, so it cannot be an alias", alias.text);
            let help = "choose a name that is not an action".to_owned();
            self.fault(GATEWAY_AMBIGUOUS, alias.span, message, Some(help));
        }
        by_type.into_iter().map(|(on, (action, _))| (on, action)).collect()
    }

    fn subject(&mut self, subject: &Subject) -> Option<SubjectContract> {
        for (name, _) in &subject.context {
            self.vouched_by_token(name);
        }
        let ty = self.ty(&subject.ty)?;
        let name = &subject.ty.text;
        let contract = self.contract;
        let asking = contract.actions.values().flat_map(|action| &action.principals);
        let asking: BTreeSet<&String> = asking.collect();
        if !asking.contains(name) {
            let message = format!("`{name}` cannot request any action");
            self.wrong(subject.ty.span, message, format!("name one of {}", listed(asking)));
            return None;
        }
        for (attribute, _) in &subject.attributes {
            if !ty.attributes.contains_key(&attribute.text) {
                self.unknown(attribute, &format!("attribute of `{name}` called"), ty.attributes.keys());
            }
        }
        let claims = |all: &[(Word, Word)]| {
            let pairs = all.iter().map(|(to, claim)| (to.text.clone(), claim.text.clone()));
            pairs.collect()
        };
        Some(SubjectContract {
            ty: name.clone(),
            when: subject.when.as_ref().map(|(claim, is)| ClaimTest { claim: claim.text.clone(), is: is.text.clone() }),
            id: subject.id.clone(),
            attributes: claims(&subject.attributes),
            context: claims(&subject.context),
        })
    }

    /// Checks that a context attribute is one that the token vouches for.
    fn vouched_by_token(&mut self, name: &Word) {
        let contract = self.contract;
        match contract.provenance.get(&name.text).map(String::as_str) {
            Some("token") => {}
            Some(voucher) => {
                let message = format!("`{}` comes from the {voucher}, not from a token", name.text);
                let help = format!("remove it, or declare it under `from token` in `{CONTEXT}`");
                self.wrong(name.span, message, help);
            }
            None => {
                let tokens = contract.provenance.iter().filter(|(_, voucher)| *voucher == "token");
                self.unknown(name, "context attribute `from token` called", tokens.map(|(name, _)| name));
            }
        }
    }

    fn obligation(&mut self, guard: &Word, obligation: &Obligation) -> Option<(String, ObligationContract)> {
        let program = self.program;
        let requires = program.requires.iter().map(|require| &require.statement);
        let guards: Vec<_> = requires.chain(program.denies.iter().map(|deny| &deny.statement)).collect();
        let others = program.separations.iter().map(|separation| &separation.statement);
        let mut others = others.chain(program.isolations.iter().map(|isolation| &isolation.statement));
        match guards.iter().find(|statement| statement.name == guard.text) {
            Some(statement) if statement.labelled => {}
            Some(_) => {
                let message = format!("`{}` has no explicit name", guard.text);
                let help = "name the statement, `NAME: require …`, and use that name here".to_owned();
                self.wrong(guard.span, message, help);
                return None;
            }
            None if others.any(|statement| statement.name == guard.text) => {
                let message = format!("`{}` is neither a `require` nor a `deny`", guard.text);
                let help = "name a `require` or `deny`: a caller cannot satisfy other guards".to_owned();
                self.wrong(guard.span, message, help);
                return None;
            }
            None => {
                let labelled = guards.iter().filter(|statement| statement.labelled);
                self.unknown(guard, "guard", labelled.map(|statement| &statement.name));
                return None;
            }
        }
        let contract = match obligation.clone() {
            Obligation::StepUp(acr) => ObligationContract::StepUp { acr },
            Obligation::Notification(channels) => ObligationContract::Notification { channels },
        };
        Some((guard.text.clone(), contract))
    }

    /// Checks that there is what is to be masked.
    fn masked(&mut self, masked: &Word) {
        let contract = self.contract;
        let word = |text: &str| Word::from((text, masked.span));
        match masked.text.rsplit_once('.') {
            Some((CONTEXT, name)) => {
                let known: Vec<&String> = contract.actions.values().flat_map(|action| action.context.keys()).collect();
                if !known.iter().any(|known| known.as_str() == name) {
                    self.unknown(&word(name), "context attribute", known);
                }
            }
            Some((ty, name)) => {
                let Some(entity) = self.ty(&word(ty)) else { return };
                if !entity.attributes.contains_key(name) {
                    self.unknown(&word(name), &format!("attribute of `{ty}` called"), entity.attributes.keys());
                }
            }
            None => {
                let message = format!("`{}` is not an attribute", masked.text);
                let help = "write `TYPE.ATTRIBUTE` or `context.ATTRIBUTE`".to_owned();
                self.wrong(masked.span, message, help);
            }
        }
    }

    fn approver(&mut self, key: &str, ty: &Word, id: &str) -> Option<(String, ApproverContract)> {
        self.ty(ty)?;
        let contract = self.contract;
        let profiles = contract.break_glass.values();
        let takes: BTreeSet<&String> = profiles.map(|profile| &profile.principal).collect();
        if !takes.contains(&ty.text) {
            let message = format!("no break-glass profile is for `{}`", ty.text);
            let help = match takes.is_empty() {
                true => "the policy has no break-glass profile: remove the key".to_owned(),
                false => format!("name one of {}", listed(takes)),
            };
            self.wrong(ty.span, message, help);
            return None;
        }
        let approver = ApproverContract { ty: ty.text.clone(), id: id.to_owned() };
        Some((key.to_owned(), approver))
    }
}

fn segment(segment: &Segment) -> PathSegment {
    match segment.clone() {
        Segment::Text(text) => PathSegment::Text(text),
        Segment::One(name) => PathSegment::One(name),
        Segment::Rest(name) => PathSegment::Rest(name),
    }
}

fn listed<'n>(names: impl IntoIterator<Item = &'n String>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// Marks an attribute as masked: of a type, or of the context of every action that has it.
fn mask(contract: &mut Contract, masked: &str) {
    let attributes: Vec<_> = match masked.rsplit_once('.') {
        Some((CONTEXT, name)) => {
            let actions = contract.actions.values_mut();
            actions.filter_map(|action| action.context.get_mut(name)).collect()
        }
        Some((ty, name)) => {
            let entity = contract.entities.get_mut(ty);
            entity.and_then(|entity| entity.attributes.get_mut(name)).into_iter().collect()
        }
        None => Vec::new(),
    };
    for attribute in attributes {
        attribute.masked = true;
    }
}

/// What is meant by an action without its type, or by several in one text.
fn meant_action(name: &str, contract: &Contract) -> Option<String> {
    let all: Vec<&str> = name.split(',').map(str::trim).collect();
    if all.len() > 1 {
        let listed: Vec<String> = all.iter().map(|one| format!("\"{one}\"")).collect();
        return Some(format!("write each in its own quotes: `[{}]`", listed.join(", ")));
    }
    let is_own = |action: &&String| action.split_once('.').is_some_and(|(_, own)| own == name);
    let full: Vec<String> = contract.actions.keys().filter(is_own).map(|action| format!("\"{action}\"")).collect();
    (!full.is_empty()).then(|| format!("write the type before the action: {}", full.join(" or ")))
}

#[cfg(test)]
mod tests;
