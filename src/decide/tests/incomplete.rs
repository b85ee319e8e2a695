//! Requests whose context lacks attributes: which answers are definite, and the law of these.

use super::*;

#[test]
fn a_left_out_attribute_matters_only_where_the_decision_depends_on_it() {
    let unknown = decide(&ask(r#"User::"bob""#, "edit", r#"Order::"o1""#, json!({ "note": "" })));
    assert_eq!(unknown.cause, Cause::Undetermined);
    let Outcome::Unknown { residuals, missing } = &unknown.outcome else { panic!("{unknown:?}") };
    assert_eq!(missing, &set(&["mfa"]));
    assert_eq!(residuals.len(), 1);
    assert_eq!((residuals[0].policy.as_str(), residuals[0].effect), ("mfa", Effect::Forbid));
    insta::assert_snapshot!(residuals[0].cedar, @r"
    forbid (principal, action, resource) when {
      !context.mfa
    };
    ");
    assert!(!unknown.is_allow());

    let read = decide(&ask(r#"User::"ann""#, "read", r#"Order::"o1""#, json!({})));
    assert_eq!((read.is_allow(), read.reasons), (true, set(&["clerk.read"])));
    let no_grant = decide(&ask(r#"User::"ann""#, "edit", r#"Order::"o1""#, json!({ "note": "" })));
    assert_eq!((no_grant.outcome, no_grant.cause), (Outcome::Deny, Cause::NoGrant));
    let errored = decide(&ask(r#"User::"bob""#, "edit", r#"Order::"o1""#, json!({})));
    assert_eq!((errored.outcome, errored.cause), (Outcome::Deny, Cause::ForbidErrored));
    assert_eq!(errored.reasons, set(&["managed"]));
}

#[test]
fn what_is_given_is_read_though_something_else_is_left_out() {
    // A datetime beside an unknown keeps Cedar from looking at the record at all.
    let text = r#"
        permit (principal, action, resource) when { context.now < datetime("2027-01-01") && context has note };
        forbid (principal, action, resource) when { context.now < datetime("2026-01-01") || (context.note == "x" && !context.mfa) };
    "#;
    let engine = Engine::new(text.parse().unwrap(), Some(schema()), []).unwrap();
    let outcome = |now: &str, note: &str| {
        let request = ask(r#"User::"bob""#, "edit", r#"Order::"o1""#, json!({ "now": now, "note": note }));
        engine.decide(&request, &world(&engine)).unwrap().outcome
    };
    assert_eq!(outcome("2026-03-01", ""), Outcome::Allow);
    assert_eq!(outcome("2027-03-01", ""), Outcome::Deny);
    assert_eq!(outcome("2025-03-01", "x"), Outcome::Deny);
    let Outcome::Unknown { residuals, missing } = outcome("2026-03-01", "x") else { panic!("it depends on `mfa`") };
    assert_eq!(missing, set(&["mfa"]));
    insta::assert_snapshot!(residuals[0].cedar, @r"
    forbid (principal, action, resource) when {
      !context.mfa
    };
    ");
}

#[test]
fn a_left_out_attribute_that_is_read_in_a_part_that_is_not_used_leaves_the_answer_unknown() {
    let permit = "permit (principal, action, resource);";
    for (text, context, missing) in [
        (
            format!("{permit} forbid (principal, action, resource) when {{ {{a: context.mfa, c: 1}}.c == 2 }};"),
            json!({}),
            Some("mfa"),
        ),
        (
            format!("{permit} forbid (principal, action, resource) when {{ {{a: context.mfa, c: 1}} has b }};"),
            json!({}),
            Some("mfa"),
        ),
        (
            format!(
                "{permit} forbid (principal, action, resource) when {{ {{a: {{b: context}}.b.mfa, c: 1}}.c == 2 }};"
            ),
            json!({}),
            Some("mfa"),
        ),
        (
            "permit (principal, action, resource) when { {a: context.mfa, c: 1}.c == 1 };".to_owned(),
            json!({}),
            Some("mfa"),
        ),
        // It is not read.
        (
            format!(
                "{permit} forbid (principal, action, resource) when {{ false && {{a: context.mfa, c: 1}}.c == 2 }};"
            ),
            json!({}),
            None,
        ),
        (format!("{permit} forbid (principal, action, resource) when {{ {{a: 2, c: 1}}.c == 2 }};"), json!({}), None),
        (
            format!("{permit} forbid (principal, action, resource) when {{ {{a: context.mfa, c: 1}}.c == 2 }};"),
            json!({ "mfa": true }),
            None,
        ),
    ] {
        let engine = Engine::new(text.parse().unwrap(), Some(schema()), []).unwrap();
        let mut context = context;
        context["now"] = json!("2026-03-01T10:00:00Z");
        let request = ask(r#"User::"bob""#, "edit", r#"Order::"o1""#, context);
        match (engine.decide(&request, &world(&engine)).unwrap().outcome, missing) {
            (Outcome::Unknown { residuals, missing }, Some(name)) => {
                assert_eq!((residuals.len(), missing), (1, set(&[name])), "{text}");
            }
            (Outcome::Allow, None) => {}
            (other, _) => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn a_left_out_attribute_that_cannot_change_the_answer_leaves_it_definite() {
    let decide = |text: &str, context: Value| {
        let engine = Engine::new(text.parse().unwrap(), Some(schema()), []).unwrap();
        engine.decide(&ask(r#"User::"bob""#, "edit", r#"Order::"o1""#, context), &world(&engine)).unwrap()
    };
    let open = json!({ "mfa": true, "case": { "open": true } });
    // A record of several steps that is not there, or is there in part, or whole.
    for (text, context, outcome) in [
        ("permit (principal, action, resource) when { context has case.by };", json!({ "mfa": true }), Outcome::Deny),
        ("permit (principal, action, resource) when { context has case.by.who };", open.clone(), Outcome::Deny),
        ("permit (principal, action, resource) when { context has case.open };", open.clone(), Outcome::Allow),
        ("permit (principal, action, resource) unless { context has case.open };", open.clone(), Outcome::Deny),
        (
            "permit (principal, action, resource); forbid (principal, action, resource) when { context has case.by };",
            open,
            Outcome::Allow,
        ),
    ] {
        let decision = decide(text, context.clone());
        assert_eq!(decision.outcome, outcome, "{text} {context}");
        assert!(decision.errors.is_empty(), "{text} {context}");
    }
    // A part that is false keeps a permit from holding, wherever it stands.
    let late = "context.now < datetime(\"2027-01-01\")";
    for text in [
        format!("permit (principal, action, resource) when {{ {late} && principal.clearance > 9 }};"),
        format!(
            "permit (principal, action, resource) when {{ {late} && (context.mfa && {late} && principal.clearance > 9) }};"
        ),
        format!("permit (principal, action, resource) unless {{ {late} || principal.clearance < 9 }};"),
        format!("permit (principal, action, resource) when {{ if {late} then principal.clearance > 9 else false }};"),
    ] {
        let decision = decide(&text, json!({ "mfa": true }));
        assert_eq!((decision.outcome, decision.cause), (Outcome::Deny, Cause::NoGrant), "{text}");
    }
    // It does not keep a forbid from erring, which denies.
    let forbid = format!(
        "permit (principal, action, resource); forbid (principal, action, resource) when {{ {late} && principal.clearance > 9 }};"
    );
    assert_eq!(decide(&forbid, json!({ "mfa": true })).cause, Cause::Undetermined);
    // Another permit may still hold, and only that is told.
    let other = format!(
        "permit (principal, action, resource) when {{ context.mfa && principal.clearance > 9 }}; permit (principal, action, resource) when {{ {late} }};"
    );
    let Outcome::Unknown { residuals, missing } = decide(&other, json!({})).outcome else {
        panic!("it depends on `now`")
    };
    assert_eq!((residuals.len(), missing), (1, set(&["now"])));
}

/// A condition of tests that read the context, principal and resource, of which some err.
fn condition() -> impl Strategy<Value = String> {
    let test = prop::sample::select(vec![
        "context.mfa",
        "context.now < datetime(\"2027-01-01\")",
        "context.now.offset(duration(\"1d\")) < datetime(\"2027-01-01\")",
        "context has note",
        "context has case.open",
        "context has case.by.who",
        "context.case.open",
        "context.case.by.who == principal",
        "principal.clearance > 1",
        "principal.manager.clearance > 1",
        "resource.owner == principal",
        "true",
        "false",
    ]);
    test.prop_map(str::to_owned).prop_recursive(3, 10, 3, |inner| {
        (prop::sample::select(vec!["&&", "||", "!", "if", "==", "{}", "{} has"]), inner.clone(), inner.clone(), inner)
            .prop_map(|(operator, a, b, c)| match operator {
                "!" => format!("!({a})"),
                "{}" => format!("({{a: {a}, b: {b}}}.a)"),
                "{} has" => format!("({{a: {a}, b: {b}}} has c)"),
                "if" => format!("(if {a} then {b} else {c})"),
                _ => format!("(({a}) {operator} ({b}))"),
            })
    })
}

/// What Cedar comes to on a request as it is, where a forbid that errs denies.
fn denies_as_it_is(text: &str, strictness: Strictness, request: &Request, entities: &Entities) -> bool {
    fn cedar(value: &Value) -> Value {
        match value {
            Value::Object(fields) if fields.contains_key("id") => json!({ "__entity": value }),
            Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), cedar(value))).collect(),
            other => other.clone(),
        }
    }
    let mut context = cedar(&Value::Object(request.context.clone()));
    if let Some(now) = context.get_mut("now") {
        *now = json!({ "__extn": { "fn": "datetime", "arg": now.take() } });
    }
    let context = cedar_policy::Context::from_json_value(context, None).unwrap();
    let (principal, action, resource) = (&request.principal, &request.action, &request.resource);
    let asked = cedar_policy::Request::new(principal.clone(), action.clone(), resource.clone(), context, None).unwrap();
    let policies: PolicySet = text.parse().unwrap();
    let response = cedar_policy::Authorizer::new().is_authorized(&asked, &policies, entities);
    let errored = response.diagnostics().errors().any(|error| {
        let cedar_policy::AuthorizationError::PolicyEvaluationError(error) = error;
        policies.policy(error.policy_id()).unwrap().effect() == Effect::Forbid
    });
    response.decision() == cedar_policy::Decision::Deny || (errored && strictness == Strictness::FailClosed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_decision_without_an_attribute_is_that_of_every_value_of_it(texts in prop::collection::vec(policy_text(), 0..8)) {
        let engine = Engine::new(texts.concat().parse().unwrap(), Some(schema()), []).unwrap();
        let world = world(&engine);
        for partial in requests(&json!({ "now": "2026-03-01T10:00:00Z" })) {
            let Ok(decision) = engine.decide(&partial, &world) else { continue };
            let outcomes: Vec<Outcome> = [true, false].map(|mfa| {
                let mut request = partial.clone();
                request.context.insert("mfa".to_owned(), json!(mfa));
                engine.decide(&request, &world).unwrap().outcome
            }).into();
            match decision.outcome {
                Outcome::Unknown { missing, .. } => prop_assert_eq!(missing, set(&["mfa"])),
                decided => prop_assert_eq!(outcomes, [decided.clone(), decided]),
            }
        }
    }

    #[test]
    fn a_definite_answer_is_that_of_every_completion_and_an_unknown_one_tells_what_it_lacks(
        policies in prop::collection::vec((prop::sample::select(vec!["permit", "forbid"]), condition()), 1..5),
        strictness in prop::sample::select(vec![Strictness::FailClosed, Strictness::Cedar]),
        left_out in prop::sample::subsequence(vec!["mfa", "now"], 1..=2),
        case in prop::sample::select(vec![None, Some(json!({ "open": true })), Some(json!({ "open": false, "by": { "who": { "type": "Shop::User", "id": "bob" } } }))]),
    ) {
        let texts = policies.iter().map(|(effect, when)| format!("{effect} (principal, action, resource) when {{ {when} }};"));
        let text: String = texts.collect();
        let engine = Engine::new(text.parse().unwrap(), Some(schema()), []).unwrap().with_strictness(strictness);
        let world = world(&engine);
        let values = [("mfa", [json!(true), json!(false)]), ("now", [json!("2026-03-01T10:00:00Z"), json!("2028-03-01T10:00:00Z")])];
        let mut completions = vec![serde_json::Map::new()];
        for (name, values) in &values {
            let with = |known: &serde_json::Map<String, Value>, value: &Value| {
                let mut known = known.clone();
                known.insert((*name).to_owned(), value.clone());
                known
            };
            completions = completions.iter().flat_map(|known| values.iter().map(move |value| with(known, value))).collect();
        }
        for request in requests(&Value::Object(case.into_iter().map(|case| ("case".to_owned(), case)).collect())) {
            for given in &completions {
                let mut partial = request.clone();
                partial.context.extend(given.clone().into_iter().filter(|(name, _)| !left_out.contains(&name.as_str())));
                let Ok(decision) = engine.decide(&partial, &world) else { continue };
                let mut outcomes = BTreeSet::new();
                for whole in &completions {
                    let mut request = request.clone();
                    request.context.extend(whole.clone());
                    if partial.context.iter().all(|(name, value)| request.context.get(name) == Some(value)) {
                        outcomes.insert(engine.decide(&request, &world).unwrap().is_allow());
                    }
                }
                match &decision.outcome {
                    Outcome::Unknown { residuals, missing } => {
                        prop_assert!(!residuals.is_empty() && !missing.is_empty(), "{text}");
                        prop_assert!(missing.iter().all(|name| left_out.contains(&name.as_str())), "{text}");
                    }
                    decided => {
                        prop_assert_eq!(outcomes, BTreeSet::from([*decided == Outcome::Allow]), "{} {:?}", text, partial);
                        let denies = denies_as_it_is(&text, strictness, &partial, &world);
                        prop_assert_eq!(*decided == Outcome::Deny, denies, "{} {:?}", text, partial);
                    }
                }
            }
        }
    }
}

#[test]
fn a_link_of_a_template_is_decided_for_its_own_slots() {
    let mut policies = PolicySet::new();
    let text = "permit (principal == ?principal, action, resource == ?resource) when { context has case.open };";
    policies.add_template(Template::parse(Some(PolicyId::new("t")), text).unwrap()).unwrap();
    let slots = HashMap::from([
        (SlotId::principal(), r#"Shop::User::"ann""#.parse().unwrap()),
        (SlotId::resource(), r#"Shop::Order::"o1""#.parse().unwrap()),
    ]);
    policies.link(PolicyId::new("t"), PolicyId::new("link"), slots).unwrap();
    let engine = Engine::new(policies, Some(schema()), []).unwrap();
    let world = world(&engine);
    let outcome = |who: &str, context: Value| {
        let request = ask(who, "read", r#"Order::"o1""#, context);
        engine.decide(&request, &world).unwrap().outcome
    };
    let open = json!({ "mfa": true, "case": { "open": true } });
    for (who, context, allowed) in [
        (r#"User::"ann""#, open.clone(), true),
        (r#"User::"bob""#, open, false),
        (r#"User::"ann""#, json!({ "mfa": true }), false),
    ] {
        assert_eq!(
            outcome(who, context.clone()),
            if allowed { Outcome::Allow } else { Outcome::Deny },
            "{who} {context}"
        );
    }
}
