//! The formatter: one style, no options. It lays out the tokens of the text, not the tree, so that nothing the author
//! wrote can be lost: comments, parentheses and trailing commas stay.

mod comments;
mod doc;
mod layout;
mod spacing;

use super::faults::Faults;
use super::limits::Limits;
use super::parse::parse;
use super::scan::scan;
use crate::diag::Diagnostics;
use crate::text::{FileId, Sources};

/// The text of a file in the one style: its tokens and comments, in their order, with new white space.
///
/// # Errors
/// The file's diagnostics, if any is an error: a text that does not parse is left alone.
pub fn format(sources: &Sources, file: FileId, limits: &Limits) -> Result<String, Diagnostics> {
    let mut out = Diagnostics::new();
    parse(sources, file, limits, &mut out);
    if out.has_errors() {
        return Err(out);
    }
    let text = sources.text(file);
    let outline = scan(text, file, limits, &mut Faults::default()).outline;
    Ok(doc::print(&layout::layout(text, outline)))
}
