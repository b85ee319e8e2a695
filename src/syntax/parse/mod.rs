//! A file's text to its tree. A sound text is parsed in one go; a broken one by `recover`, which keeps what is sound.
//! No name is looked up here.

mod explain;
mod recover;

use super::faults::Faults;
use super::grammar::{Rule, parse_rule};
use super::limits::Limits;
use super::scan::scan;
use super::{ast, build, codes};
use crate::diag::{Diagnostic, Diagnostics};
use crate::text::{FileId, Sources, Span};

/// Parses one file. All its faults go to `out`, in the order of the text; the declarations and members without a fault
/// are in the tree.
pub fn parse(sources: &Sources, file: FileId, limits: &Limits, out: &mut Diagnostics) -> ast::File {
    let text = sources.text(file);
    if text.len() > limits.bytes {
        let message = format!("this file has {} bytes, more than the limit of {}", text.len(), limits.bytes);
        out.push(
            Diagnostic::error(codes::FILE_TOO_LARGE, Span::new(file, 0, 0), message)
                .help("split it: all files of `policy/` form one program"),
        );
        return ast::File { file, items: Vec::new() };
    }
    let mut faults = Faults::default();
    let scan = scan(text, file, limits, &mut faults);
    let sound = if scan.is_clean() { parse_rule(Rule::file, text).ok() } else { None };
    let tree = match sound {
        Some(pairs) => build::file(pairs, text, file, &mut faults),
        None => recover::recover(&scan, text, file, &mut faults),
    };
    faults.deliver(out);
    tree
}
