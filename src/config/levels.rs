//! The stack of lint levels: a lint's own default below, then `gatewright.toml`, then the command line. The last word
//! counts, and each setting knows where it came from.

use crate::text::Span;

/// What becomes of a lint's findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Not shown.
    Allow,
    /// Shown; does not fail the check.
    Warn,
    /// Fails the check.
    Error,
}

impl Level {
    /// All levels with their names in `gatewright.toml`.
    pub const NAMES: [(&'static str, Self); 3] = [("allow", Self::Allow), ("warn", Self::Warn), ("error", Self::Error)];

    /// The level with a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, level)| *level)
    }

    /// Its name in `gatewright.toml`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    /// The command line flag that sets it.
    #[must_use]
    pub fn flag(self) -> &'static str {
        match self {
            Self::Allow => "--allow",
            Self::Warn => "--warn",
            Self::Error => "--deny",
        }
    }
}

/// Where a setting was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// In `gatewright.toml`: the place of the lint's id.
    File(Span),
    /// By `--allow`, `--warn` or `--deny`.
    CommandLine,
}

impl Origin {
    /// Its place, if it is in a file.
    #[must_use]
    pub fn span(self) -> Option<Span> {
        match self {
            Self::File(span) => Some(span),
            Self::CommandLine => None,
        }
    }
}

/// One lint's level, as someone set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The lint's id as written; there may be no such lint.
    pub lint: String,
    /// The level.
    pub level: Level,
    /// Where it was set.
    pub origin: Origin,
}

/// All settings, the weakest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Levels {
    settings: Vec<Setting>,
    /// Lints that are named with a level which is none.
    unlevelled: Vec<(String, Span)>,
}

impl Levels {
    /// Adds a setting that outranks all before it.
    pub fn set(&mut self, lint: impl Into<String>, level: Level, origin: Origin) {
        self.settings.push(Setting { lint: lint.into(), level, origin });
    }

    /// Adds a lint that is named with a level which is none: the name may be wrong as well.
    pub fn name(&mut self, lint: impl Into<String>, span: Span) {
        self.unlevelled.push((lint.into(), span));
    }

    /// Every lint that is named in `gatewright.toml` with a level which is none.
    pub fn unlevelled(&self) -> impl Iterator<Item = (&str, Span)> {
        self.unlevelled.iter().map(|(lint, span)| (lint.as_str(), *span))
    }

    /// The setting that counts for a lint; `None` leaves the lint at its default.
    #[must_use]
    pub fn of(&self, lint: &str) -> Option<&Setting> {
        self.settings.iter().rev().find(|setting| setting.lint == lint)
    }

    /// All settings, also those that are outranked or name no lint.
    pub fn iter(&self) -> impl Iterator<Item = &Setting> {
        self.settings.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;

    #[test]
    fn the_last_setting_counts_and_knows_its_origin() {
        let file = Origin::File(Span::new(FileId(0), 3, 9));
        let mut levels = Levels::default();
        levels.set("unused-name", Level::Error, file);
        levels.set("broad-role", Level::Warn, file);
        levels.set("unused-name", Level::Allow, Origin::CommandLine);
        let setting = levels.of("unused-name").unwrap();
        assert_eq!((setting.level, setting.origin.span()), (Level::Allow, None));
        assert_eq!(levels.of("broad-role").unwrap().origin, file);
        assert_eq!(levels.of("other"), None);
        assert_eq!(levels.iter().count(), 3, "an outranked setting of an unknown lint is still reported");
    }

    #[test]
    fn names_and_levels_are_one_to_one() {
        for (name, level) in Level::NAMES {
            assert_eq!(Level::parse(name), Some(level));
            assert_eq!(level.name(), name);
        }
        assert_eq!(Level::parse("deny"), None);
    }
}
