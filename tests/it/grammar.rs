//! Random conditions in Cedar's own grammar, which Gate's expressions share: every form, literals in every spelling, and
//! operators with the fewest and with needless parentheses. They type strictly for a `User` who asks for a `Doc`.

use crate::reference::random::Random;

/// The schema that they read. Names need quotes here and there.
pub(crate) const SCHEMA: &str = r#"
entity Team in [Team];
entity User in [Team] {
    n: Long, m?: Long, name: String, "odd name": String, since: datetime, wait: duration, cost: decimal, addr: ipaddr,
    boss: User, roles: Set<String>, home: { "a b": Long, city?: { zip: Long, "if": Bool } }
} tags String;
entity Bot in [Team] { n: Long, serial: Long };
entity Doc in [Doc] { n: Long, open: Bool, owner: User, title: String, numbers: Set<Long>, made: datetime, note?: String };
action read, list appliesTo {
    principal: [User, Bot], resource: Doc, context: { mfa: Bool, n: Long, now: datetime, from?: ipaddr }
};
"#;

/// Texts as they are, and as one writes them between quotes.
const TEXTS: [&str; 10] =
    ["", "a", "o'neil", "say \"hi\"", "back\\slash", "tab\tand\nline", "jos\u{e9}", "nul\0", "*star*", "\u{1f600}"];

const NUMBERS: [&str; 6] = ["0", "1", "7", "42", "9223372036854775807", "007"];

/// A condition of some depth.
pub(crate) fn condition(random: &mut Random, depth: usize) -> String {
    truth(random, depth)
}

fn one_of(random: &mut Random, all: &[&'static str]) -> &'static str {
    all[random.below(all.len())]
}

fn spaced(random: &mut Random) -> &'static str {
    one_of(random, &[" ", " ", " ", "", "\n", " // why not\n"])
}

fn grouped(random: &mut Random, text: String) -> String {
    match random.one_in(4) {
        true => format!("({}{text}{})", spaced(random), spaced(random)),
        false => text,
    }
}

/// Something of which attributes may be read, or that stands behind a `!`.
fn operand(text: &str) -> String {
    format!("({text})")
}

fn truth(random: &mut Random, depth: usize) -> String {
    let text = match (depth, random.below(12)) {
        (0, _) | (_, 0) => atom(random),
        (_, 1) => format!("{}({})", one_of(random, &["!", "!!", "!!!", "!!!!"]), truth(random, depth - 1)),
        (_, 2 | 3) => {
            let joint = one_of(random, &["&&", "||"]);
            let parts: Vec<String> = (0..2 + random.below(2)).map(|_| operand(&truth(random, depth - 1))).collect();
            parts.join(&format!("{}{joint}{}", spaced(random), spaced(random)))
        }
        (_, 4) => format!(
            "if {} then {} else {}",
            truth(random, depth - 1),
            truth(random, depth - 1),
            truth(random, depth - 1)
        ),
        (_, 5 | 6) => {
            let sign = one_of(random, &["<", "<=", ">", ">=", "==", "!="]);
            format!("{} {sign} {}", number(random, depth), number(random, depth))
        }
        (_, 7) => {
            let (one, other) = (text(random, depth), text(random, depth));
            format!("{one} {} {other}", one_of(random, &["==", "!="]))
        }
        (_, 8) => format!("{} like {}", text(random, depth), pattern(random)),
        (_, 9) => moments(random),
        (_, 10) => sets(random, depth),
        _ => entities(random, depth),
    };
    let needs = text.starts_with("if ");
    match needs {
        true => operand(&text),
        false => grouped(random, text),
    }
}

fn atom(random: &mut Random) -> String {
    let atoms = [
        "true",
        "false",
        "context.mfa",
        "resource.open",
        "principal has m",
        "principal has \"odd name\"",
        "principal has home.city",
        "principal has home && principal.home has city.zip",
        "principal has home.city && principal.home.city[\"if\"]",
        "resource has note",
        "context has from",
        "principal has m && principal.m > 3",
        "(if resource has note then resource.note == \"\" else false)",
        "resource is Doc",
        "principal is User",
        "principal is User in Team::\"a\"",
        "principal is Bot || principal is User && principal.cost.lessThan(decimal(\"1.5\"))",
        "principal is Bot && principal.serial > 1",
        "principal.hasTag(\"k\")",
        "principal.hasTag(\"k\") && principal.getTag(\"k\") like \"v*\"",
        "principal.addr.isLoopback()",
        "ip(\"10.0.0.0/8\").isIpv4()",
        "principal.addr.isInRange(ip(\"::1\"))",
        "principal.cost.greaterThanOrEqual(decimal(\"-0.5\"))",
        "{a: 1, \"b c\": true}[\"b c\"]",
    ];
    one_of(random, &atoms).to_owned()
}

/// A sum, a product, a number with its sign or the value of an attribute.
fn number(random: &mut Random, depth: usize) -> String {
    match (depth, random.below(6)) {
        (0, _) | (_, 0 | 1) => term(random),
        (_, 2) => {
            let parts: Vec<String> = (0..2 + random.below(2)).map(|_| product(random, depth - 1)).collect();
            let sign = one_of(random, &[" + ", " - ", "-", "+"]);
            operand(&parts.join(sign))
        }
        (_, 3) => operand(&product(random, depth - 1)),
        (_, 4) => format!("{}({})", one_of(random, &["-", "--", "- -", "---"]), number(random, depth - 1)),
        _ => format!(
            "(if {} then {} else {})",
            truth(random, depth - 1),
            number(random, depth - 1),
            number(random, depth - 1)
        ),
    }
}

fn product(random: &mut Random, depth: usize) -> String {
    let parts: Vec<String> = (0..1 + random.below(2)).map(|_| number(random, depth)).collect();
    parts.join(one_of(random, &[" * ", "*"]))
}

fn term(random: &mut Random) -> String {
    let digits = one_of(random, &NUMBERS);
    match random.below(12) {
        0 => digits.to_owned(),
        1 => format!("-{digits}"),
        2 => format!("-(-{digits})"),
        3 => format!("--{digits}"),
        4 => format!("-({digits})"),
        5 => format!("(-{digits})"),
        6 => "-9223372036854775808".to_owned(),
        7 => "principal.home[\"a b\"]".to_owned(),
        8 => "-context.n".to_owned(),
        9 => "{n: -1, \"if\": 2}.n".to_owned(),
        _ => one_of(random, &["principal.n", "resource.n", "resource[\"n\"]", "principal.boss.n"]).to_owned(),
    }
}

/// A string between quotes, each character as it is or by an escape.
pub(crate) fn quoted(random: &mut Random, text: &str) -> String {
    let mut written = String::from("\"");
    for c in text.chars() {
        let code = u32::from(c);
        match c {
            '"' | '\\' => written.extend(['\\', c]),
            '\n' => written.push_str("\\n"),
            '\0' => written.push_str(one_of(random, &["\\0", "\\x00", "\\u{0}"])),
            _ => match random.below(8) {
                0 => written.push_str(&format!("\\u{{{code:x}}}")),
                1 => written.push_str(&format!("\\u{{{code:06X}}}")),
                5 if code > 0xff => written.push_str(&format!("\\u{{{:x}_{:02x}}}", code >> 8, code & 0xff)),
                2 if c.is_ascii() => written.push_str(&format!("\\x{code:02x}")),
                3 if c == '\'' => written.push_str("\\'"),
                4 if c == '\t' => written.push_str("\\t"),
                _ => written.push(c),
            },
        }
    }
    written.push('"');
    written
}

fn text(random: &mut Random, depth: usize) -> String {
    match random.below(6) {
        0 => "principal.name".to_owned(),
        1 => "principal[\"odd name\"]".to_owned(),
        2 => "resource.title".to_owned(),
        3 if depth > 0 => format!("(if {} then principal.name else {})", truth(random, depth - 1), literal(random)),
        _ => literal(random),
    }
}

pub(crate) fn literal(random: &mut Random) -> String {
    let text = one_of(random, &TEXTS);
    quoted(random, text)
}

fn pattern(random: &mut Random) -> String {
    let parts = [
        "*",
        "a",
        "\\*",
        "\\\"",
        "\\\\",
        "\\'",
        "\\n",
        "\\x41",
        "\\u{e9}",
        "\\u{1F600}",
        "\\u{1_F6_00}",
        "é",
        "?",
        "\\0",
        "\\t",
    ];
    let pattern: String = (0..random.below(5)).map(|_| one_of(random, &parts)).collect();
    format!("\"{pattern}\"")
}

fn moments(random: &mut Random) -> String {
    let forms = [
        "principal.since < context.now",
        "context.now >= datetime(\"2026-03-01\")",
        "context.now.toDate() == datetime(\"2026-03-01T00:00:00Z\")",
        "context.now.durationSince(principal.since) <= duration(\"1d2h3m4s5ms\")",
        "principal.since.offset(duration(\"-1h\")) != datetime(\"2026-03-01T10:00:00.123+0100\")",
        "principal.wait.toMinutes() > -(-15)",
        "context.now.toTime() < duration(\"12h\")",
    ];
    one_of(random, &forms).to_owned()
}

fn sets(random: &mut Random, depth: usize) -> String {
    match random.below(6) {
        0 => format!("[{}, {}].contains({})", text(random, 0), literal(random), text(random, depth)),
        1 => format!("principal.roles.containsAny([{}])", literal(random)),
        2 => format!("principal.roles.containsAll([{}, {}])", literal(random), literal(random)),
        3 => "principal.roles.isEmpty()".to_owned(),
        4 => format!("[{}] == resource.numbers", number(random, depth)),
        _ => format!("resource.numbers.contains({})", number(random, depth)),
    }
}

fn entities(random: &mut Random, depth: usize) -> String {
    let user = format!("User::{}", literal(random));
    match random.below(6) {
        0 => format!("principal == {user}"),
        1 => format!("principal in Team::{}", literal(random)),
        2 => format!("principal in [Team::{}, Team::\"b\"]", literal(random)),
        3 => format!("resource.owner != {user}"),
        4 => "resource.owner.boss == principal".to_owned(),
        _ if depth > 0 => format!("(if {} then principal else principal.boss) == {user}", truth(random, depth - 1)),
        _ => "resource in Doc::\"d\"".to_owned(),
    }
}
