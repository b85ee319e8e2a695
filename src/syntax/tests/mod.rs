//! Tests of the room as a whole: texts in, trees, diagnostics and formatted texts out.

mod broken;
mod hostile;
mod laws;
mod refused;
mod sound;
mod style;

use crate::diag::Diagnostics;
use crate::syntax::compare::without_spans;
use crate::syntax::{Limits, ast, equal_but_for_spans, format, parse};
use crate::text::{FileId, Sources};

/// The sample program of the language's design.
pub(super) const MARKETPLACE: &str = include_str!("marketplace.gate");

/// A text in sources of its own, parsed.
pub(in crate::syntax) fn parsed(text: &str) -> (ast::File, Diagnostics, Sources) {
    let mut sources = Sources::default();
    let file = sources.add("p.gate", text);
    let mut out = Diagnostics::new();
    let tree = parse(&sources, file, &Limits::default(), &mut out);
    (tree, out, sources)
}

/// The tree of a sound text without its spans, a declaration a line.
pub(in crate::syntax) fn tree(text: &str) -> String {
    let (tree, out, _) = parsed(text);
    assert!(out.is_empty(), "{}", faults(text));
    tree.items.iter().map(|item| shown(tree.file, item)).collect::<Vec<_>>().join("\n")
}

/// A declaration as `Debug` writes it, without what it has not, and names without their wrapping.
fn shown(file: FileId, item: &ast::Item) -> String {
    let bare = without_spans(&ast::File { file, items: vec![item.clone()] });
    let noise = [", span: _", "doc: None, ", "annotations: [], ", "label: None, ", "span: _"];
    let bare = noise.iter().fold(bare, |bare, noise| bare.replace(noise, ""));
    let mut pieces = bare.split("Ident { text: \"");
    let mut shown = pieces.next().unwrap().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once("\" }").unwrap();
        shown += name;
        shown += rest;
    }
    shown.trim_start_matches("[Item { ").trim_end_matches(" }]").to_owned()
}

/// The diagnostics of a text: code, place, message, then what is underlined with its label, then the help.
pub(in crate::syntax) fn faults(text: &str) -> String {
    let (tree, out, sources) = parsed(text);
    let mut shown = String::new();
    for fault in out.iter() {
        let span = fault.primary().unwrap();
        let at = sources.position(span);
        shown += &format!("{} {}:{} {}\n", fault.code, at.line, at.column, fault.message);
        for label in &fault.labels {
            let at = sources.position(label.span);
            let marked: String = sources.slice(label.span).chars().map(visible).collect();
            shown += format!("  {}:{} `{marked}` {}", at.line, at.column, label.text).trim_end();
            shown += "\n";
        }
        for help in fault.help.iter().chain(&fault.notes) {
            shown += &format!("  = {help}\n");
        }
    }
    shown + &format!("{} kept", tree.items.len())
}

/// Control characters by their numbers.
fn visible(c: char) -> String {
    if c.is_ascii_control() || matches!(c, '\u{202a}'..='\u{202e}') {
        format!("<U+{:04X}>", u32::from(c))
    } else {
        c.to_string()
    }
}

/// Expressions, one a line, each as its tree: all operators before their operands, in parentheses.
pub(in crate::syntax) fn expressions(lines: &str) -> String {
    let line = |line: &str| {
        let (tree, out, _) = parsed(&format!("condition c = {line};"));
        assert!(out.is_empty(), "{line}: {out:?}");
        let ast::ItemKind::Condition(condition) = &tree.items[0].kind else { panic!("{line}") };
        prefix(&condition.body)
    };
    lines.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn prefix(expr: &ast::Expr) -> String {
    use ast::ExprKind;
    let all = |exprs: &[ast::Expr]| exprs.iter().map(prefix).collect::<Vec<_>>().join(" ");
    let words = |names: &[ast::Ident]| names.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".");
    match &expr.kind {
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Long(value) => value.to_string(),
        ExprKind::Text(value) => format!("{value:?}"),
        ExprKind::Duration(value) => value.to_string(),
        ExprKind::Name(name) => name.clone(),
        ExprKind::Entity(ty, id) => format!("{}::{id:?}", words(&ty.parts)),
        ExprKind::Not(inner) => format!("(! {})", prefix(inner)),
        ExprKind::Negate(inner) => format!("(- {})", prefix(inner)),
        ExprKind::And(operands) => format!("(&& {})", all(operands)),
        ExprKind::Or(operands) => format!("(|| {})", all(operands)),
        ExprKind::Binary(op, left, right) => format!("({op:?} {} {})", prefix(left), prefix(right)),
        ExprKind::If(a, b, c) => format!("(if {} {} {})", prefix(a), prefix(b), prefix(c)),
        ExprKind::Has(inner, names) => format!("(has {} {})", prefix(inner), words(names)),
        ExprKind::Like(inner, pattern) => format!("(like {} {})", prefix(inner), pattern.value),
        ExprKind::Is(inner, ty, None) => format!("(is {} {})", prefix(inner), words(&ty.parts)),
        ExprKind::Is(inner, ty, Some(holder)) => {
            format!("(is {} {} {})", prefix(inner), words(&ty.parts), prefix(holder))
        }
        ExprKind::Attribute(inner, name) => format!("(. {} {:?})", prefix(inner), name.text),
        ExprKind::Call(name, args) => format!("({} {})", name.text, all(args)),
        ExprKind::Method(inner, name, args) => format!("(.{} {})", name.text, [prefix(inner), all(args)].join(" ")),
        ExprKind::Set(items) => format!("[{}]", all(items)),
        ExprKind::Record(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{:?}: {}", key.text, prefix(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A sound text formatted; formatting it again, and reading it again, must change nothing.
pub(in crate::syntax) fn formatted(text: &str) -> String {
    let once = format_once(text);
    assert_eq!(format_once(&once), once, "formatting twice differs from once:\n{text}");
    let (before, after) = (parsed(text).0, parsed(&once).0);
    assert!(equal_but_for_spans(&before, &after), "formatting changed the tree:\n{text}\n->\n{once}");
    once
}

fn format_once(text: &str) -> String {
    let mut sources = Sources::default();
    let file = sources.add("p.gate", text);
    format(&sources, file, &Limits::default()).unwrap_or_else(|_| panic!("{}", faults(text)))
}
