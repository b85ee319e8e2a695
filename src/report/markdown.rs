//! Diagnostics as Markdown, for a pull request or a job summary.

use super::files::Files;
use super::human::{Style, diagnostic, summary};
use crate::diag::Diagnostics;
use crate::text::safe;

/// A count, then each diagnostic in full.
#[must_use]
pub fn markdown(all: &Diagnostics, files: Files<'_>) -> String {
    let counted = summary(all);
    let mut text = format!("## {}\n", if counted.is_empty() { "no problems found" } else { &counted });
    for one in all.iter() {
        let drawn = diagnostic(one, files, Style::PLAIN);
        text.push_str(&format!("\n{}\n", safe::markdown_block(&drawn)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Code, Diagnostic};
    use crate::text::{Sources, Span};

    #[test]
    fn each_diagnostic_is_a_block_that_its_own_words_cannot_close() {
        let mut sources = Sources::default();
        let file = sources.add("a.gate", "x ``` y\n");
        let fault = Diagnostic::warning(Code::new("a-fault"), Span::new(file, 0, 1), "```\n# bad").label("here");
        let text = markdown(&[fault].into_iter().collect(), Files::new(&sources));
        assert!(text.starts_with("## 1 warning\n\n````text\n  warning[a-fault]: ```"), "{text}");
        assert!(text.ends_with("````\n") && text.matches("````").count() == 2, "{text}");
        assert_eq!(markdown(&Diagnostics::new(), Files::new(&sources)), "## no problems found\n");
    }
}
