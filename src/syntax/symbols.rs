//! Grammar rules by the names a user would type or say: what "expected …" lists are made of.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::grammar::Rule;

/// The words that name nothing but attributes. Cedar's own (`CEDAR_RESERVED`) cannot name attributes either; every
/// other keyword of the language is an ordinary word where no keyword is expected.
pub const RESERVED: [&str; 28] = [
    "__cedar",
    "action",
    "any",
    "as",
    "because",
    "by",
    "context",
    "else",
    "except",
    "extends",
    "false",
    "for",
    "from",
    "has",
    "if",
    "in",
    "is",
    "like",
    "on",
    "principal",
    "resource",
    "then",
    "to",
    "true",
    "unless",
    "until",
    "via",
    "when",
];

/// The reserved words that Cedar reserves everywhere, after a dot too.
pub const CEDAR_RESERVED: [&str; 10] = ["__cedar", "else", "false", "has", "if", "in", "is", "like", "then", "true"];

/// The keywords in backticks, by their rules, which bear their names: `kw_break_glass` is the rule of `break-glass`.
static KEYWORDS: LazyLock<BTreeMap<Rule, String>> = LazyLock::new(|| {
    let keyword = |rule: &Rule| {
        let name = format!("{rule:?}");
        let word = match name.strip_prefix("kw_")? {
            "set" => "Set".to_owned(),
            word => word.replace('_', "-"),
        };
        Some((*rule, format!("`{word}`")))
    };
    Rule::all_rules().iter().filter_map(keyword).collect()
});

/// The rule as the user knows it. A test lists the rules that are tokens, so that no new rule goes without a name.
pub(super) fn symbol(rule: Rule) -> &'static str {
    match rule {
        Rule::EOI => END,
        Rule::file
        | Rule::item
        | Rule::only_item
        | Rule::namespace_decl
        | Rule::enum_decl
        | Rule::entity_decl
        | Rule::action_set_decl
        | Rule::context_decl
        | Rule::condition_decl
        | Rule::role_decl
        | Rule::role_header
        | Rule::deny_decl
        | Rule::require_decl
        | Rule::isolate_decl
        | Rule::separate_decl
        | Rule::break_glass_decl
        | Rule::assert_decl
        | Rule::declaration => DECLARATION,
        Rule::grant_decl | Rule::role_member | Rule::only_role_member => "`allow`",
        Rule::label => "a label",
        Rule::annotation => "an annotation",
        Rule::annotation_arg | Rule::annotation_key => "an argument",
        Rule::entity_kind => "`principal`, `resource` or `group`",
        Rule::parents | Rule::decided_on => "`in`",
        Rule::parent => NAME,
        Rule::parent_attribute => "`as`",
        Rule::holds_roles => "`holds roles`",
        Rule::tags => "`tags`",
        Rule::entity_block | Rule::role_block | Rule::record_type | Rule::record => "`{`",
        Rule::entity_member | Rule::only_entity_member | Rule::only_last_entity_member => "an attribute or an action",
        Rule::field | Rule::only_field | Rule::only_last_field => "an attribute",
        Rule::set_type | Rule::type_expr => TYPE,
        Rule::action_decl | Rule::action_group => "an action",
        Rule::action_set_use => "`actions`",
        Rule::set_member => "an action",
        Rule::context_section | Rule::only_context_section => "`from`",
        Rule::provenance => "`gateway`, `token` or `caller`",
        Rule::params | Rule::arguments | Rule::annotation_args => "`(`",
        Rule::param => "a parameter",
        Rule::role_clause => "a clause",
        Rule::role_on => "`on`",
        Rule::role_for => "`for`",
        Rule::role_extends => "`extends`",
        Rule::who | Rule::actions | Rule::types => NAME,
        Rule::via => "`via`",
        Rule::by => "`by`",
        Rule::when => "`when`",
        Rule::because => "`because`",
        Rule::until => "`until`",
        Rule::exception => "`except`",
        Rule::claim => "`never`, `only`, `always` or `possible`",
        Rule::unless => "`unless`",
        Rule::break_glass_clause
        | Rule::only_break_glass_clause
        | Rule::bg_for
        | Rule::bg_grants
        | Rule::bg_grants_per
        | Rule::bg_count
        | Rule::bg_duration
        | Rule::bg_requires
        | Rule::bg_approved
        | Rule::bg_lifts
        | Rule::bg_alerts
        | Rule::bg_revoked
        | Rule::bg_review => "a break-glass clause",
        Rule::requirement => NAME,
        Rule::expr
        | Rule::primary
        | Rule::if_expr
        | Rule::or_expr
        | Rule::and_expr
        | Rule::relation
        | Rule::sum
        | Rule::product
        | Rule::unary
        | Rule::member
        | Rule::truth
        | Rule::entity
        | Rule::call
        | Rule::group
        | Rule::set
        | Rule::variable => EXPRESSION,
        Rule::comparison
        | Rule::relational_operator
        | Rule::has_test
        | Rule::like_test
        | Rule::is_test
        | Rule::kw_has
        | Rule::kw_is
        | Rule::kw_like
        | Rule::method
        | Rule::attribute
        | Rule::index
        | Rule::op_or
        | Rule::op_and
        | Rule::op_not
        | Rule::op_equal
        | Rule::op_not_equal
        | Rule::op_less
        | Rule::op_less_equal
        | Rule::op_greater
        | Rule::op_greater_equal
        | Rule::op_plus
        | Rule::op_minus
        | Rule::op_times => OPERATOR,
        Rule::record_entry => "a field",
        Rule::names
        | Rule::paths
        | Rule::path
        | Rule::type_names
        | Rule::type_name
        | Rule::name
        | Rule::any_word
        | Rule::hyphenated => NAME,
        Rule::attribute_name => ATTRIBUTE,
        Rule::number | Rule::numeral => NUMBER,
        Rule::duration => DURATION,
        Rule::text => TEXT,
        Rule::doc => "a doc comment",
        Rule::at => "`@`",
        Rule::dot => "`.`",
        Rule::comma => "`,`",
        Rule::semicolon => "`;`",
        Rule::colon => "`:`",
        Rule::double_colon => "`::`",
        Rule::question => "`?`",
        Rule::equals => "`=`",
        Rule::open_paren => "`(`",
        Rule::close_paren => "`)`",
        Rule::open_brace => "`{`",
        Rule::close_brace => "`}`",
        Rule::open_bracket => "`[`",
        Rule::close_bracket => "`]`",
        Rule::open_angle => "`<`",
        Rule::close_angle => "`>`",
        _ => KEYWORDS.get(&rule).map_or(TOKEN, String::as_str),
    }
}

/// What `symbol` calls a declaration.
pub(super) const DECLARATION: &str = "a declaration";
/// What `symbol` calls a name.
pub(super) const NAME: &str = "a name";
/// What `symbol` calls the name of an attribute.
pub(super) const ATTRIBUTE: &str = "an attribute name";
/// What `symbol` calls an expression.
pub(super) const EXPRESSION: &str = "an expression";
/// What `symbol` calls a type of a value.
pub(super) const TYPE: &str = "a type";
/// What `symbol` calls a number.
pub(super) const NUMBER: &str = "a number";
/// What `symbol` calls a string.
pub(super) const TEXT: &str = "a string";
/// What `symbol` calls a duration.
pub(super) const DURATION: &str = "a duration such as `15m`";
/// What `symbol` calls an operator.
pub(super) const OPERATOR: &str = "an operator";
/// What `symbol` calls what is part of a token.
const TOKEN: &str = "a token";
/// What `symbol` calls the end of the text.
pub(super) const END: &str = "the end";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::grammar::parse_rule;

    /// Whether the whole word is taken by a rule.
    fn takes(rule: Rule, word: &str) -> bool {
        parse_rule(rule, word).is_ok_and(|pairs| pairs.as_str() == word)
    }

    #[test]
    fn the_lists_of_reserved_words_are_those_of_the_grammar() {
        let grammar = include_str!("../../grammar/gate.pest");
        let quoted = |line: &str| line.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        let words = grammar.lines().flat_map(quoted).filter(|word| takes(Rule::any_word, word));
        let words: std::collections::BTreeSet<String> = words.chain(["__cedarx", "inn"].map(str::to_owned)).collect();
        assert!(words.contains("allow") && words.contains("review"), "{words:?}");
        for word in &words {
            let word = word.as_str();
            assert_eq!(takes(Rule::name, word), !RESERVED.contains(&word), "{word}");
            assert_eq!(takes(Rule::attribute_name, word), !CEDAR_RESERVED.contains(&word), "{word}");
        }
        assert!(RESERVED.iter().all(|word| words.contains(*word)));
        assert!(CEDAR_RESERVED.iter().all(|word| RESERVED.contains(word)));
    }

    #[test]
    fn every_rule_that_is_no_part_of_a_token_has_a_name() {
        let tokens: Vec<String> =
            Rule::all_rules().iter().filter(|rule| symbol(**rule) == TOKEN).map(|rule| format!("{rule:?}")).collect();
        insta::assert_snapshot!(tokens.join(" "), @"word_start word_char reserved_word cedar_word request_variable clause_word text_char WHITESPACE COMMENT comment_text bom lexemes lexeme comment open_text symbol stray");
    }

    #[test]
    fn keywords_go_by_their_own_spelling() {
        assert_eq!(symbol(Rule::kw_set), "`Set`");
        assert_eq!(symbol(Rule::kw_break_glass), "`break-glass`");
        for name in ["`allow`", "`extends`", "`sensitive`", "`most`"] {
            let known = Rule::all_rules().iter().any(|rule| symbol(*rule) == name);
            assert!(known, "{name}");
        }
    }
}
