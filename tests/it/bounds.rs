//! Small inputs that stand for very much: each is answered or refused at its place, within the memory and the time that the
//! process is given. One generator for each construct that expands, doubled or multiplied until a file has up to 100 KB.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use tempfile::TempDir;

/// What the process may take. The tests run unoptimised code; an optimised one needs a tenth of the time.
const MEMORY_KB: u32 = 1_500_000;
const CPU_SECONDS: u32 = 60;

const PROJECT: &str = "[package]\nname = \"bounds\"\nversion = \"0.1.0\"\nedition = \"2026\"\n";

const MODEL: &str =
    "principal User; resource Doc { action a; }\ncontext { from gateway { now: datetime, n: Long, b: Bool } }\n";

/// What one input is answered with: the exit code and all that was printed.
struct Answer {
    code: Option<i32>,
    text: String,
}

impl Answer {
    #[track_caller]
    fn is_refused(&self, code: &str, words: &str) {
        assert_eq!(self.code, Some(1), "{}", self.shown());
        assert!(self.text.contains(&format!("[{code}]")), "no `{code}`: {}", self.shown());
        assert!(self.text.contains(words), "no `{words}`: {}", self.shown());
    }

    #[track_caller]
    fn is_accepted(&self) {
        assert_eq!(self.code, Some(0), "{}", self.shown());
    }

    fn shown(&self) -> String {
        self.text.chars().take(600).collect()
    }
}

/// Runs a verb on a package of some files, under the limits.
fn run(verb: &str, files: &[(&str, String)]) -> Answer {
    let folder: TempDir = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("gatewright.toml"), PROJECT).unwrap();
    let mut bytes = 0;
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        bytes += text.len();
        fs::write(path, text).unwrap();
    }
    assert!(bytes <= 100_000, "the input has {bytes} bytes, which is no small input");
    let limited = format!("ulimit -v {MEMORY_KB} -t {CPU_SECONDS}; exec \"$0\" \"$@\"");
    let output = Command::new("bash")
        .args(["-c", &limited, env!("CARGO_BIN_EXE_gatewright"), verb])
        .arg(folder.path())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    Answer { code: output.status.code(), text: String::from_utf8_lossy(&text).into_owned() }
}

fn check(gate: String) -> Answer {
    run("check", &[("policy/main.gate", gate)])
}

/// `line(1)`, `line(2)`, … below one another.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (1..=count).fold(String::new(), |mut all, number| {
        let _ = writeln!(all, "{}", line(number));
        all
    })
}

/// `name(0), name(1), …`
fn list(count: usize, name: impl Fn(usize) -> String) -> String {
    (0..count).map(name).collect::<Vec<_>>().join(", ")
}

#[test]
fn conditions_whose_arguments_double_are_refused_where_they_are_used() {
    let of = |levels: usize| {
        let conditions = lines(levels, |n| format!("condition c{n}(x: Long) = c{}(x + x);", n - 1));
        format!(
            "{MODEL}condition c0(x: Long) = x > 0;\n{conditions}role r for User {{ allow a on Doc when c{levels}(context.n); }}\n"
        )
    };
    check(of(9)).is_accepted();
    for levels in [20, 22, 60, 120] {
        let answer = check(of(levels));
        answer.is_refused("expansion-limit", "this expands to more than 20000 parts");
        answer.is_refused("expansion-limit", &format!("c{levels}(context.n)"));
    }
}

#[test]
fn conditions_whose_bodies_double_are_refused_in_every_statement_at_once() {
    let conditions = lines(40, |n| format!("condition c{n} = c{} && c{};", n - 1, n - 1));
    let roles = lines(1000, |n| format!("role r{n} for User {{ allow a on Doc when c40; }}"));
    let answer = check(format!("{MODEL}condition c0 = context.b;\n{conditions}{roles}"));
    answer.is_refused("expansion-limit", "this expands to more than 20000 parts");
}

#[test]
fn a_condition_within_its_limit_is_refused_where_many_statements_use_it() {
    let conditions = lines(11, |n| format!("condition c{n} = c{} && c{};", n - 1, n - 1));
    let roles = lines(1000, |n| format!("role r{n} for User {{ allow a on Doc when c11; }}"));
    let answer = check(format!("{MODEL}condition c0 = context.b;\n{conditions}{roles}"));
    answer.is_refused("expansion-limit", "all statements together expand to more than");
}

#[test]
fn comparisons_of_members_count_what_they_expand_to() {
    let members = list(130, |n| format!("m{n}"));
    let gate = format!(
        "ordered enum Level {{ {members} }}\nprincipal User {{ level: Level }}\nresource Doc {{ level: Level, action a; }}\n\
         role r for User {{ allow a on Doc when {}; }}\n",
        (0..40).map(|_| "principal.level > resource.level").collect::<Vec<_>>().join(" && ")
    );
    check(gate).is_refused("expansion-limit", "comparisons of members of `Level`");
}

#[test]
fn roles_in_diamonds_are_refused_at_the_first_with_too_many_ways() {
    let of = |layers: usize| {
        let layers = lines(layers, |n| {
            let below = n - 1;
            format!(
                "role b{n} for User extends a{below} until \"20{}-01-01T00:00:00Z\";\n\
                 role c{n} for User extends a{below} when context.n > {n};\nrole a{n} for User extends b{n}, c{n};",
                30 + n % 60
            )
        });
        format!("{MODEL}role a0 for User {{ allow a on Doc; }}\n{layers}")
    };
    check(of(6)).is_accepted();
    for layers in [7, 12, 14, 400] {
        check(of(layers)).is_refused("expansion-limit", "`a7` inherits from `a0` in more than 64 ways");
    }
}

#[test]
fn a_long_chain_of_roles_is_walked_and_a_grant_in_each_is_refused() {
    let chain = |grant: &str| {
        let roles = lines(1400, |n| format!("role r{n} for User extends r{}{grant}", n - 1));
        format!("{MODEL}role r0 for User {{ allow a on Doc; }}\n{roles}")
    };
    check(chain(";")).is_accepted();
    check(chain(" { allow a on Doc; }")).is_refused("expansion-limit", "all statements together expand to more than");
}

#[test]
fn a_knot_of_roles_or_conditions_is_refused_however_many_cycles_it_has() {
    let gate = "role base for User { allow a on Doc; }\nrole x for User extends y, z, base;\nrole y for User extends x;\n\
                role z for User extends x;\ncondition c = d && e;\ncondition d = c || c;\ncondition e = c || c;\n\
                role q for User { allow a on Doc when c; }\n";
    let answer = check(format!("{MODEL}{gate}"));
    answer.is_refused("role-cycle", "roles extend each other");
    answer.is_refused("condition-cycle", "conditions use each other");
}

#[test]
fn types_times_actions_are_refused_before_statements_are_multiplied_by_them() {
    let types = lines(900, |n| format!("principal U{n} {{ s: Bool }}\nresource R{n} {{ action a; }}"));
    let statements = [
        lines(20, |n| format!("d{n}: deny any to any on any when principal.s;")),
        lines(40, |n| format!("assert x{n}: never any to any on any when principal.s;")),
        format!("role r for {} {{ allow a on R1; }}", list(900, |n| format!("U{}", n + 1))),
    ];
    for statements in statements {
        check(format!("{types}{statements}")).is_refused("expansion-limit", "kinds of request, more than 50000");
    }
}

#[test]
fn sets_of_actions_on_many_types_are_refused() {
    let members = list(2000, |n| format!("x{n}"));
    let types = lines(900, |n| format!("resource R{n} {{ actions S; }}"));
    check(format!("principal User;\nactions S {{ {members} }}\n{types}"))
        .is_refused("expansion-limit", "there are more than 50000 actions");
}

#[test]
fn groups_of_groups_of_actions_are_refused() {
    let members = list(2500, |n| format!("x{n}"));
    let groups = lines(600, |n| format!("action group g{n} = g{};", n - 1));
    let gate = format!(
        "principal User;\nresource R {{ action {members};\naction group g0 = {members};\n{groups} }}\n\
         role r for User {{ allow x1 on R; }}\n"
    );
    check(gate).is_refused("expansion-limit", "all statements together name more than");
}

#[test]
fn a_large_context_on_many_actions_is_refused() {
    let facts = list(1500, |n| format!("a{n}: Bool"));
    let actions = list(2500, |n| format!("x{n}"));
    let gate = format!(
        "context {{ from gateway {{ {facts} }} }}\nprincipal User;\nresource Doc {{ action {actions}; }}\n\
         role r for User {{ allow x1 on Doc; }}\n"
    );
    check(gate).is_refused("expansion-limit", "the contexts of all actions");
}

#[test]
fn parents_in_diamonds_are_refused() {
    let types = lines(200, |n| {
        let below = n - 1;
        format!(
            "resource A{n} in A{below} as p, B{below} as q {{ action a; }}\nresource B{n} in A{below} as p, B{below} as q {{ action a; }}"
        )
    });
    let gate = format!(
        "group Org;\nprincipal User in Org as org;\nresource A0 in Org as org {{ action a; }}\n\
         resource B0 in Org as org {{ action a; }}\n{types}role r for User {{ allow a on A0; }}\nisolate by org;\n"
    );
    check(gate).is_refused("expansion-limit", "reaches its tenant in more than 32 ways");
}

#[test]
fn guards_times_grants_are_refused() {
    let roles = lines(1200, |n| format!("role r{n} for User {{ allow a on Doc; }}"));
    let guards = lines(1200, |n| format!("g{n}: require context.b for Doc.a;"));
    check(format!("{MODEL}{roles}{guards}"))
        .is_refused("expansion-limit", "all statements together expand to more than");
}

#[test]
fn nested_types_and_expressions_are_refused_by_their_depth() {
    let record = format!("principal User {{ r: {}Long{} }}\n", "{ a: ".repeat(2000), " }".repeat(2000));
    check(record).is_refused("nesting-too-deep", "nested deeper than");
    let chain = (0..8000).map(|_| "context.n").collect::<Vec<_>>().join(" + ");
    check(format!("{MODEL}role r for User {{ allow a on Doc when {chain} > 1; }}\n"))
        .is_refused("nesting-too-deep", "nested deeper than");
    let raw = format!(
        "@id(\"p\") permit(principal, action, resource) when {{ {}true{} }};\n",
        "(".repeat(5000),
        ")".repeat(5000)
    );
    run("check", &[("policy/main.gate", MODEL.to_owned()), ("policy/p.cedar", raw)])
        .is_refused("cedar-syntax", "nested too deeply");
}

#[test]
fn separations_are_counted_for_somebody_with_many_roles() {
    let roles = lines(300, |n| format!("role r{n} for User {{ allow a{n} on D; }}"));
    let apart = lines(298, |n| format!("separate D.a{n} from D.a{};\ndeny r1 to a{n} on D;", n + 1));
    let actions = list(301, |n| format!("a{n}"));
    let held = lines(299, |n| format!("  - {{who: 'User::\"ann\"', role: r{}}}", n + 1));
    let files = [
        ("policy/main.gate", format!("principal User;\nresource D {{ action {actions}; }}\n{roles}{apart}")),
        ("gatewright.toml", format!("{PROJECT}assignments = [\"assignments/a.yaml\"]\n")),
        ("assignments/a.yaml", format!("assignments:\n{held}")),
    ];
    run("check", &files).is_refused("separated-duties", "is assigned roles that hold both");
}

#[test]
fn raw_policies_times_kinds_of_request_are_refused() {
    let types = |prefix: &str| list(20, |n| format!("{prefix}{n}"));
    let schema = format!(
        "entity {};\nentity {} {{ a: Long }};\naction {} appliesTo {{ principal: [{}], resource: [{}] }};\n",
        types("P"),
        types("R"),
        types("a"),
        types("P"),
        types("R")
    );
    let raw =
        lines(300, |n| format!("@id(\"p{n}\") permit (principal, action, resource) when {{ resource.a == {n} }};"));
    run("check", &[("policy/s.cedarschema", schema), ("policy/p.cedar", raw)])
        .is_refused("expansion-limit", "raw policies apply to more than 2000000 kinds of");
}

/// A suite over a small policy.
fn suite(text: String, more: &[(&str, String)]) -> Answer {
    let policy = format!("{MODEL}role r for User {{ allow a on Doc; }}\n");
    let mut files =
        vec![("policy/main.gate", policy), ("scenarios/s.yaml", format!("suite: s\nat: 2026-03-01T10:00:00Z\n{text}"))];
    files.extend(more.iter().cloned());
    run("test", &files)
}

#[test]
fn claims_that_multiply_are_refused_in_every_form() {
    let users = lines(390, |n| format!("  u{n}: {{type: User, roles: [r]}}"));
    let docs = lines(390, |n| format!("  d{n}: {{type: Doc}}"));
    let contexts = lines(200, |n| format!("  c{n}: {{now: 2026-01-01T00:00:00Z, n: {n}, b: true}}"));
    let world = format!("principals:\n{users}resources:\n{docs}contexts:\n{contexts}");
    let all = list(200, |n| format!("c{}", n + 1));
    let forms = [
        format!("- name: t\n  as: all\n  in: [{all}]\n  can: {{a: all}}\n"),
        format!("- name: t\n  matrix: {{as: all, do: a, to: all, in: [{all}]}}\n  otherwise: deny\n"),
        lines(60, |n| format!("- name: t{n}\n  who-can: {{a: d1, in: [{all}]}}\n  is: all")),
        lines(60, |n| format!("- name: t{n}\n  what-can: {{as: u1, in: [{all}]}}\n  is: {{a: all}}")),
    ];
    for tests in forms {
        suite(format!("{world}tests:\n{tests}"), &[]).is_refused("scenario-limit", "requests and fixtures");
    }
}

#[test]
fn fixtures_that_many_suites_include_are_refused() {
    let users = lines(1500, |n| format!("  u{n}: {{type: User}}"));
    let more: Vec<(String, String)> = (0..250)
        .map(|n| {
            let text = format!("suite: s{n}\nat: 2026-03-01T10:00:00Z\ninclude: w.yaml\ntests: [{{name: t, as: u1, cannot: {{a: d}}}}]\n");
            (format!("scenarios/s{n}.yaml"), text)
        })
        .collect();
    let mut files: Vec<(&str, String)> = more.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    let policy = format!("{MODEL}role r for User {{ allow a on Doc; }}\n");
    files.push(("policy/main.gate", policy));
    files.push(("scenarios/w.yaml", format!("principals:\n{users}resources:\n  d: {{type: Doc}}\n")));
    run("test", &files).is_refused("scenario-limit", "requests and fixtures");
}

#[test]
fn aliases_and_merge_keys_that_double_are_refused() {
    let aliases = lines(60, |n| format!("x{n}: &x{n} [*x{}, *x{}]", n - 1, n - 1));
    suite(format!("x0: &x0 [1, 1]\n{aliases}tests: []\n"), &[]).is_refused("yaml-limit", "too many values");
    let merged = lines(40, |n| format!("x{n}: &x{n} {{<<: [*x{}, *x{}], b{n}: *x{}}}", n - 1, n - 1, n - 1));
    suite(format!("x0: &x0 {{a: 1}}\n{merged}tests: []\n"), &[]).is_refused("yaml-limit", "too many values");
}

#[test]
fn files_that_include_one_file_by_many_ways_have_it_once() {
    let more: Vec<(String, String)> = (0..60)
        .map(|n| (format!("scenarios/f{n}.yaml"), format!("include: [f{}.yaml, f{}.yaml]\n", n + 1, n + 1)))
        .collect();
    let mut files: Vec<(&str, String)> = more.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    files.push((
        "scenarios/f60.yaml",
        "principals: {u: {type: User, roles: [r]}}\nresources: {d: {type: Doc}}\n".to_owned(),
    ));
    files.push(("scenarios/none.md", String::new()));
    let tests =
        "contexts: {c: {now: 2026-01-01T00:00:00Z, n: 1, b: true}}\ntests: [{name: t, as: u, in: c, can: {a: d}}]\n";
    suite(format!("include: f0.yaml\n{tests}"), &files).is_accepted();
}

#[test]
fn common_types_that_double_are_refused_at_the_type_to_blame() {
    let of = |levels: usize, uses: &str| {
        let types = lines(levels, |n| format!("type T{n} = {{ a: T{}, b: T{} }};", n - 1, n - 1));
        let schema = format!("type T0 = {{ a: Long }};\n{types}{uses}\n");
        run(
            "check",
            &[
                ("policy/main.gate", format!("{MODEL}role r for User {{ allow a on Doc; }}\n")),
                ("policy/types.cedarschema", schema),
            ],
        )
    };
    of(11, "entity A { a: T11 };").is_accepted();
    for levels in [16, 40, 1500] {
        of(levels, "entity A { a: T15 };").is_refused("expansion-limit", "`T15` has 98302 attributes");
    }
    // Many uses of what is small, also in contexts and tags.
    let uses = lines(10, |n| format!("entity A{n} {{ a: T11 }} tags T11;"));
    of(11, &uses).is_refused("expansion-limit", "the schema has");
    let uses =
        lines(20, |n| format!("action a{n} appliesTo {{ principal: [P], resource: [P], context: {{ a: T11 }} }};"));
    of(11, &format!("entity P;\n{uses}")).is_refused("expansion-limit", "the schema has");
    // One that contains itself by two ways.
    of(1, "type X = { a: Y, b: Y }; type Y = { a: X, b: X };").is_refused("cedar-schema", "`X` contains itself");
}

#[test]
fn separations_times_raw_permits_are_counted_and_few_are_told() {
    let actions = list(60, |n| format!("a{n}"));
    let roles = lines(60, |n| format!("role r{n} for User {{ allow a{} on Doc; }}", n - 1));
    let separations = lines(59, |n| format!("s{n}: separate Doc.a{} from Doc.a{n};", n - 1));
    let of = |more: &str| {
        let permits = lines(380, |n| {
            let role = |by: usize| n * by % 60 + 1;
            format!(
                "@id(\"f{n}\") permit(principal, action, resource) when {{ (principal in Role::\"r{}\" || principal in \
                 Role::\"r{}\" && principal == User::\"u{n}\") && (principal in Role::\"r{}\" || principal in Role::\"r{}\"){more} }};",
                role(1),
                role(7),
                role(11),
                role(13)
            )
        });
        let gate = format!("principal User; resource Doc {{ action {actions}; x: Bool }}\n{roles}{separations}");
        run("check", &[("policy/main.gate", gate), ("policy/raw.cedar", permits)])
    };
    for more in ["", " && resource.x"] {
        let answer = of(more);
        answer.is_refused("separated-duties", "holds both `Doc.a0` and `Doc.a1`");
        let errors =
            answer.text.lines().find_map(|line| line.split_once(" errors")?.0.rsplit(' ').next()?.parse().ok());
        assert!(errors.is_some_and(|errors: usize| errors < 59 * 20), "{errors:?} errors");
    }
}

#[test]
fn ways_from_role_to_role_are_counted_and_few_are_told() {
    let of = |count: usize, assigns: &dyn Fn(usize) -> String| {
        let actions = lines(count, |n| format!("@assigns({}) action a{n};", assigns(n)));
        let roles = lines(count, |n| format!("role r{n} for User {{ allow a{n} on Doc; }}"));
        check(format!("principal User; resource Doc {{\n{actions}}}\n{roles}"))
    };
    let chain = of(900, &|n| format!("\"r{}\"", n % 900 + 1));
    chain.is_accepted();
    assert!(chain.text.contains("`r1` can make itself `r2`"), "{}", chain.shown());
    let all = of(80, &|_| list(80, |n| format!("\"r{}\"", n + 1)));
    all.is_accepted();
    for answer in [chain, all] {
        let warnings =
            answer.text.lines().find_map(|line| line.split_once(" warnings")?.0.rsplit(' ').next()?.parse().ok());
        assert!(warnings.is_some_and(|warnings: usize| warnings < 900 * 7), "{warnings:?} warnings");
    }
}
