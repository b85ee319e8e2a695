//! What a registry, a folder or a server can do to whoever asks it. Credentials are never in a message.

use thiserror::Error;

/// Why something could not be kept or brought.
#[derive(Debug, Error)]
pub enum RegistryError {
    /// The location cannot be understood.
    #[error("`{location}` is not a valid bundle location: {why}")]
    Location {
        /// As written.
        location: String,
        /// Why.
        why: String,
    },
    /// Nobody answers.
    #[error("cannot reach {place}: {why}")]
    Unreachable {
        /// Who was asked.
        place: String,
        /// Why.
        why: String,
    },
    /// It wants to know who asks, or does not let them.
    #[error("{place} denied permission to {what}: {why}")]
    Denied {
        /// Who was asked.
        place: String,
        /// What for.
        what: String,
        /// What it said.
        why: String,
    },
    /// It failed.
    #[error("{place} failed to {what}: {why}")]
    Failed {
        /// Who was asked.
        place: String,
        /// What for.
        what: String,
        /// What it said.
        why: String,
    },
    /// What it gave is not what was asked for.
    #[error("{place} returned an unexpected response: {why}")]
    InvalidResponse {
        /// Who was asked.
        place: String,
        /// How.
        why: String,
    },
    /// A version that is there holds another bundle.
    #[error("{place} already has version {version} with a different bundle ({digest})")]
    Taken {
        /// Where.
        place: String,
        /// The version.
        version: String,
        /// The digest of the bundle there.
        digest: String,
    },
    /// Another version appeared after this one was judged.
    #[error("version {other} was published to {place} in the meantime, so version {version} was not; publish it again")]
    Overtaken {
        /// Where.
        place: String,
        /// The version that was to be published.
        version: String,
        /// The one that appeared.
        other: String,
    },
    /// Two versions appeared at the same moment in a registry, which has no lock.
    #[error(
        "versions {version} and {other} were published to {place} at the same moment and may have the same release number; \
         delete the tag of one of them, and publish its sources with a higher version"
    )]
    AtOnce {
        /// Where.
        place: String,
        /// The version that was published.
        version: String,
        /// The one that appeared.
        other: String,
    },
    /// A statement that is there says something else.
    #[error("{place} already has a different `{kind}` statement for version {version}")]
    Stated {
        /// Where.
        place: String,
        /// The version.
        version: String,
        /// The kind of statement.
        kind: String,
    },
    /// A channel is not where it was when it was read.
    #[error("the channel `{channel}` at {place} was moved by someone else in the meantime")]
    Moved {
        /// Where.
        place: String,
        /// The channel.
        channel: String,
    },
    /// Nothing can be written there.
    #[error("{0} is read-only")]
    ReadOnly(String),
    /// The credentials of Docker cannot be read.
    #[error("the credentials for {host} cannot be read: {why}")]
    Credentials {
        /// The registry.
        host: String,
        /// Why.
        why: String,
    },
    /// A file cannot be read or written.
    #[error("cannot use `{path}`: {why}")]
    Disk {
        /// The path.
        path: String,
        /// Why.
        why: String,
    },
}

/// An error of the network with what is behind it, without the address that it repeats.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = cause.to_string();
        source = cause.source();
    }
    text
}
