//! A file's text to its tree.

use super::ast;
use super::build;
use super::codes;
use super::grammar::Rule;
use super::grammar::parse_rule;
use super::limits::Limits;
use crate::diag::Diagnostic;
use crate::diag::Diagnostics;
use crate::text::FileId;
use crate::text::Sources;
use crate::text::Span;

/// Parses one file. Every fault goes to `out`; what could be read is in the tree.
pub fn parse(sources: &Sources, file: FileId, _limits: &Limits, out: &mut Diagnostics) -> ast::File {
    let text = sources.text(file);
    match parse_rule(Rule::file, text) {
        Ok(pairs) => build::file(pairs, file, out),
        Err(fault) => {
            let at = match fault.location {
                pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
            };
            out.push(Diagnostic::error(
                codes::SYNTAX,
                Span::new(file, at, at),
                fault.variant.message(),
            ));
            ast::File {
                file,
                items: Vec::new(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_of_the_language_page_parses() {
        let mut sources = Sources::default();
        let file = sources.add("policy/marketplace.gate", include_str!("../samples/marketplace.gate"));
        let mut out = Diagnostics::new();
        let tree = parse(&sources, file, &Limits::default(), &mut out);
        assert_eq!(out.iter().collect::<Vec<_>>(), Vec::<&Diagnostic>::new());
        assert_eq!(tree.items.len(), 29);
    }
}
