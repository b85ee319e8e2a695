//! The mutants of a program, in the order of its texts. They are made from the author's words, so that each is a change
//! which a person could have made.

use crate::graph::Program;
use crate::syntax::ast;
use crate::syntax::ast::ItemKind;
use crate::text::{Sources, Span};

use super::genre::Genre;
use super::statements;

/// A program with one mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// The kind of mistake.
    pub genre: Genre,
    /// The words that it is about.
    pub span: Span,
    /// What is done, in one line.
    pub what: String,
    /// The change of the text.
    pub edit: Edit,
    /// The statement it changes, where that stays: its name must not follow the change, since tests speak it.
    pub statement: Option<Named>,
}

/// A change of a text: these words become those.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The words before; empty where something is put in.
    pub span: Span,
    /// The words after.
    pub text: String,
}

/// A statement and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The whole statement.
    pub span: Span,
    /// Its name.
    pub name: String,
}

impl Edit {
    /// The whole text of the file after the change.
    #[must_use]
    pub fn applied(&self, sources: &Sources) -> String {
        let text = sources.text(self.span.file);
        let (start, end) = (self.span.start as usize, self.span.end as usize);
        let before = text.get(..start).unwrap_or_default();
        let after = text.get(end..).unwrap_or_default();
        format!("{before}{}{after}", self.text)
    }
}

/// What mutants are made from.
pub(super) struct Making<'a> {
    pub(super) program: &'a Program,
    pub(super) sources: &'a Sources,
    /// All roles of all files.
    pub(super) roles: Vec<(&'a ast::Item, &'a ast::RoleDecl)>,
    made: Vec<Mutant>,
}

impl Making<'_> {
    pub(super) fn add(&mut self, genre: Genre, span: Span, what: String, edit: Edit, statement: Option<&Named>) {
        self.made.push(Mutant { genre, span, what, edit, statement: statement.cloned() });
    }

    /// The words of a span on one line, cut where they are many.
    pub(super) fn words(&self, span: Span) -> String {
        let words: Vec<&str> = self.sources.slice(span).split_whitespace().collect();
        let words = words.join(" ");
        match words.char_indices().nth(MOST_CHARS) {
            Some((at, _)) => format!("{}…", words.get(..at).unwrap_or_default()),
            None => words,
        }
    }
}

/// The most characters of the author's words in one description.
const MOST_CHARS: usize = 60;

/// All mutants of a program without faults, in the order of its texts.
#[must_use]
pub fn mutants(files: &[ast::File], program: &Program, sources: &Sources) -> Vec<Mutant> {
    let items = || files.iter().flat_map(|file| &file.items);
    let roles = items().filter_map(|item| match &item.kind {
        ItemKind::Role(role) => Some((item, role)),
        _ => None,
    });
    let mut making = Making { program, sources, roles: roles.collect(), made: Vec::new() };
    for item in items() {
        statements::item(&mut making, item);
    }
    let mut made = making.made;
    made.sort_by(|a, b| (a.span, a.genre, &a.edit.text).cmp(&(b.span, b.genre, &b.edit.text)));
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Diagnostics;
    use crate::text::Duration;
    use crate::{graph, syntax};

    const MODEL: &str = "\
principal User in Org as org { level: Long }
resource Org;
resource Bill in Org as org { level: Long, paid: Bool, owner: User, action create in org; action read; sensitive action pay; }
context { from token { mfa: Bool } }
";

    /// The mutants of a program, each as its genre, what it does, and the line of the text it changes, before and after.
    fn shown(text: &str) -> String {
        let mut sources = Sources::default();
        let model = sources.add("model.gate", MODEL);
        let file = sources.add("a.gate", text);
        let mut out = Diagnostics::new();
        let limits = syntax::Limits::default();
        let files = [model, file].map(|file| syntax::parse(&sources, file, &limits, &mut out));
        let externals = graph::Externals::default();
        let program = graph::resolve(&files, &externals, Duration(24 * Duration::HOUR.0), &mut out);
        assert!(!out.has_errors(), "{out:?}");
        let mut all = String::new();
        for mutant in mutants(&files, &program, &sources) {
            let after = mutant.edit.applied(&sources);
            let before: Vec<&str> = sources.text(mutant.edit.span.file).lines().collect();
            let changed = after.lines().filter(|line| !before.contains(line)).map(str::trim);
            let changed = changed.collect::<Vec<_>>().join(" ⏎ ");
            all += format!("{}: {} => {changed}", mutant.genre.name(), mutant.what).trim_end();
            all += "\n";
        }
        all
    }

    #[test]
    fn clauses_always_hold_and_alternatives_never_do() {
        let text = "allow User to read on Bill when (resource.paid) && (context.mfa || !resource.paid);";
        insta::assert_snapshot!(shown(text), @"
        drop-grant: `allow User to read on Bill when (resource.paid) && (context.…` is gone =>
        add-action: `pay` is also granted => allow User to read, pay on Bill when (resource.paid) && (context.mfa || !resource.paid);
        swap-and-or: `&&` becomes `||` in `(resource.paid) && (context.mfa || !resource.paid)` => allow User to read on Bill when (resource.paid) || (context.mfa || !resource.paid);
        drop-clause: `resource.paid` always holds => allow User to read on Bill when (true) && (context.mfa || !resource.paid);
        drop-clause: `context.mfa` never holds => allow User to read on Bill when (resource.paid) && (false || !resource.paid);
        drop-clause: `context.mfa || !resource.paid` always holds => allow User to read on Bill when (resource.paid) && (true);
        swap-and-or: `||` becomes `&&` in `context.mfa || !resource.paid` => allow User to read on Bill when (resource.paid) && (context.mfa && !resource.paid);
        drop-clause: `!resource.paid` never holds => allow User to read on Bill when (resource.paid) && (context.mfa || false);
        ");
    }

    #[test]
    fn comparisons_are_flipped_and_bounds_shifted() {
        let text = "condition low(b: Bill) = b.level < principal.level;\ncondition own(b: Bill) = (b.owner) // ==\n == principal;";
        insta::assert_snapshot!(shown(text), @"
        drop-clause: `b.level < principal.level` always holds => condition low(b: Bill) = true;
        flip-comparison: `<` becomes `>=` in `b.level < principal.level` => condition low(b: Bill) = b.level >= principal.level;
        shift-bound: `<` becomes `<=` in `b.level < principal.level` => condition low(b: Bill) = b.level <= principal.level;
        drop-clause: `(b.owner) // == == principal` always holds => condition own(b: Bill) = true;
        flip-comparison: `==` becomes `!=` in `(b.owner) // == == principal` => != principal;
        ");
    }

    #[test]
    fn guards_and_denials_go() {
        let text = "\
/// Nobody else's.
isolate by org;
four_eyes: separate Bill.create from Bill.pay by owner;
stepped_up: liftable require context.mfa for Bill.pay;
deny User to pay on Bill;
";
        insta::assert_snapshot!(shown(text), @"
        drop-guard: `isolate by org;` is gone =>
        drop-guard: `four_eyes: separate Bill.create from Bill.pay by owner;` is gone =>
        drop-guard: the guard no longer requires `context.mfa` => stepped_up: liftable require true for Bill.pay;
        drop-guard: `deny User to pay on Bill;` is gone =>
        ");
    }

    #[test]
    fn grants_go_open_more_and_reach_the_next_role() {
        let text = "\
role clerk for User {
    allow read on Bill;
}
role boss for User extends clerk {
    @allow(self-approval, because: \"few\")
    mine: allow pay on Bill;
}
";
        insta::assert_snapshot!(shown(text), @"
        drop-grant: `allow read on Bill;` is gone =>
        add-action: `pay` is also granted => allow read, pay on Bill;
        drop-grant: `mine: allow pay on Bill;` is gone =>
        add-role: this is also granted to `clerk` => allow pay on Bill;
        add-action: `create` is also granted => mine: allow pay, create on Bill;
        ");
    }

    #[test]
    fn break_glass_is_laxer() {
        let text = "\
role clerk for User { allow create, read, pay on Bill; }
break-glass outage {
    for clerk;
    grants pay on Bill;
    resources at most 2;
    requires reason;
    when context.mfa;
    approved by 2 of clerk;
    refused by 1;
    pending 30m;
    idle 15m;
    expires within 90m;
    uses at most 3;
    alerts on request to \"ops\";
    revoked by clerk;
    review within 24h by clerk;
}
";
        insta::assert_snapshot!(shown(text), @"
        drop-grant: `allow create, read, pay on Bill;` is gone => role clerk for User {  }
        drop-clause: `context.mfa` always holds => when true;
        fewer-approvals: 1 of 2 approvals suffice => approved by 1 of clerk;
        longer-window: `15m` becomes `30m` => idle 30m;
        longer-window: `90m` becomes `3h` => expires within 3h;
        ");
    }

    #[test]
    fn a_rewritten_statement_keeps_its_name() {
        let mut sources = Sources::default();
        let file = sources.add("a.gate", format!("{MODEL}require context.mfa for Bill.pay;"));
        let mut out = Diagnostics::new();
        let files = [syntax::parse(&sources, file, &syntax::Limits::default(), &mut out)];
        let program = graph::resolve(&files, &graph::Externals::default(), Duration::HOUR, &mut out);
        let all = mutants(&files, &program, &sources);
        let named = all.iter().map(|mutant| mutant.statement.as_ref().map(|named| named.name.as_str()));
        assert_eq!(named.collect::<Vec<_>>(), [Some("require.Bill.pay")]);
    }
}
