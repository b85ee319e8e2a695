//! The parser that pest makes of `grammar/gate.pest`. Nothing outside this room sees its rules.

/// The generated parser.
#[derive(Debug, pest_derive::Parser)]
#[grammar = "grammar/gate.pest"]
pub(super) struct Grammar;

/// A node of pest's tree.
pub(super) type Pair<'i> = pest::iterators::Pair<'i, Rule>;
/// A row of such nodes.
pub(super) type Pairs<'i> = pest::iterators::Pairs<'i, Rule>;
/// What pest says about text it cannot parse.
pub(super) type Fault = pest::error::Error<Rule>;

/// Parses text by one rule.
pub(super) fn parse_rule(rule: Rule, text: &str) -> Result<Pairs<'_>, Box<Fault>> {
    <Grammar as pest::Parser<Rule>>::parse(rule, text).map_err(Box::new)
}

/// The byte at which pest could go no further.
pub(super) fn offset(fault: &Fault) -> usize {
    match fault.location {
        pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
    }
}

/// The rules that pest tried where it could go no further.
pub(super) fn expected(fault: &Fault) -> &[Rule] {
    match &fault.variant {
        pest::error::ErrorVariant::ParsingError { positives, .. } => positives,
        pest::error::ErrorVariant::CustomError { .. } => &[],
    }
}
