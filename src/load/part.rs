//! Which part of a package a file is, by its name.

/// Where a package's parts lie, in the order of their names.
pub(super) const TOP: [&str; 7] =
    ["assignments", "changes", "gateway.toml", "gatewright.toml", "policy", "scenarios", "snapshots"];

/// The part that a name plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Config,
    Gateway,
    Gate,
    Cedar,
    CedarSchema,
    Scenario,
    ScenarioData,
    Snapshot,
    Change,
    Assignment,
    /// A file of another tool, to be imported.
    Foreign,
    /// A folder that holds parts.
    Folder,
    /// Nothing reads it, though its place suggests that something should.
    Unused,
    /// Documentation, editors' files, everything outside these places.
    None,
}

impl Part {
    pub(super) fn of(name: &str) -> Self {
        let (place, rest) = match name.split_once('/') {
            Some((place, rest)) => (place, rest),
            None if name == "gatewright.toml" => return Self::Config,
            None if name == "gateway.toml" => return Self::Gateway,
            None if TOP.contains(&name) => return Self::Folder,
            None => return Self::None,
        };
        let file = rest.rsplit('/').next().unwrap_or(rest);
        let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
        let hidden = rest.split('/').any(|part| part.starts_with('.'));
        let part = match (place, extension) {
            ("policy", "gate") => Self::Gate,
            ("policy", "cedar") => Self::Cedar,
            ("policy", "cedarschema") => Self::CedarSchema,
            ("scenarios", "yaml" | "yml") => Self::Scenario,
            ("scenarios", "json") => Self::ScenarioData,
            ("snapshots", "snap") => Self::Snapshot,
            ("changes", "yaml" | "yml") => Self::Change,
            ("assignments", "yaml" | "yml") => Self::Assignment,
            ("policy" | "scenarios" | "changes" | "assignments", "md") | ("snapshots", _) => Self::None,
            ("policy" | "scenarios" | "changes" | "assignments", _) if !hidden => Self::Unused,
            _ => Self::None,
        };
        match part {
            Self::Unused | Self::None => part,
            // Emacs locks the file it edits with a dangling link of this name.
            _ if file.starts_with(".#") => Self::None,
            _ if hidden => Self::Unused,
            _ => part,
        }
    }

    /// Whether it is one file, where no folder belongs.
    pub(super) fn is_one_file(self) -> bool {
        matches!(self, Self::Config | Self::Gateway)
    }

    /// Whether the bytes of such a file are wanted.
    pub(super) fn is_read(self) -> bool {
        !matches!(self, Self::Folder | Self::Unused | Self::None)
    }

    pub(super) fn is_policy(self) -> bool {
        matches!(self, Self::Gate | Self::Cedar | Self::CedarSchema)
    }
}
