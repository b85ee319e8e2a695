//! Places in a text that the syntax tree has no span for: operators between operands, descriptions before a statement.

use crate::syntax::ast;
use crate::text::{Sources, Span};

/// What stands between two operands with each operator replaced; comments stay as they are. `None` where there is none.
pub(super) fn replaced(between: &str, operator: &str, with: &str) -> Option<String> {
    let mut text = String::with_capacity(between.len());
    let mut found = false;
    for line in between.split_inclusive('\n') {
        let (code, comment) = line.split_at(line.find("//").unwrap_or(line.len()));
        found |= code.contains(operator);
        text.push_str(&code.replace(operator, with));
        text.push_str(comment);
    }
    found.then_some(text)
}

/// The span between two expressions of a file.
pub(super) fn between(left: &ast::Expr, right: &ast::Expr) -> Span {
    Span { start: left.span.end, end: right.span.start, ..left.span }
}

/// A statement with its annotations and the lines of its description, which have no span.
pub(super) fn whole(item: &ast::Item, sources: &Sources) -> Span {
    let annotations = item.annotations.iter().map(|annotation| annotation.span);
    let mut span = annotations.fold(item.span, Span::to);
    let text = sources.text(span.file);
    if item.doc.is_some() {
        while let Some(start) = doc_line(text, span.start as usize) {
            span = Span::new(span.file, start, span.end as usize);
        }
    }
    span
}

/// Where the line before this place starts, if it is one of a description and nothing stands between.
fn doc_line(text: &str, place: usize) -> Option<usize> {
    let before = text.get(..place)?.trim_end();
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let written = before.get(line..)?;
    let start = line + (written.len() - written.trim_start().len());
    written.trim_start().starts_with("///").then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_in_comments_stay() {
        let shown = replaced(") && // this && that\n (", "&&", "||").unwrap();
        assert_eq!(shown, ") || // this && that\n (");
        assert_eq!(replaced(" // &&\n", "&&", "||"), None);
    }

    #[test]
    fn a_description_belongs_to_its_statement() {
        let text = "a;\n  /// one\n  /// two\n  b;";
        let place = text.find("b;").unwrap();
        let two = doc_line(text, place).unwrap();
        let one = doc_line(text, two).unwrap();
        assert_eq!(text.get(one..two), Some("/// one\n  "));
        assert_eq!(doc_line(text, one), None);
    }
}
