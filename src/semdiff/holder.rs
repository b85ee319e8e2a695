//! Whom permits are for.

/// Whom permits are for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// Everyone of the principal's type, or whom the condition picks.
    Everyone,
    /// Holders of a role, `finance` or `Org.admin`.
    Role(String),
    /// Who has or takes part in a break-glass grant, by the profile's name.
    BreakGlass(String),
    /// One entity, or those below it, which a raw policy names: `Shop::User::"ann"`.
    Entity(String),
}

impl Holder {
    /// What people call them, given the principal's type: `every User`, `finance`, `break-glass outage`.
    #[must_use]
    pub fn title(&self, principal: &str) -> String {
        match self {
            Self::Everyone => format!("every {principal}"),
            Self::Role(name) | Self::Entity(name) => name.clone(),
            Self::BreakGlass(profile) => format!("break-glass {profile}"),
        }
    }

    /// The kind of holder, as reports write it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Everyone => "everyone",
            Self::Role(_) => "role",
            Self::BreakGlass(_) => "break-glass",
            Self::Entity(_) => "entity",
        }
    }

    /// The name of role, profile or entity.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Everyone => None,
            Self::Role(name) | Self::BreakGlass(name) | Self::Entity(name) => Some(name),
        }
    }
}
