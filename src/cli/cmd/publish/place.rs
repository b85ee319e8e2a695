//! A place opened, what is known of its channels, and what comes from it checked.

use std::path::{Path, PathBuf};

use crate::bundle::{Bundle, Refusal};
use crate::cli::args::PlaceArgs;
use crate::cli::cmd::bundle::opened;
use crate::cli::cmd::bundle::trust::read;
use crate::cli::cmd::named;
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::{env, progress};
use crate::registry::{Fetched, Location, Options, Pin, Place, Since, Store};
use crate::text::{Instant, counted};
use crate::trust::{Expected, Expiry, Followed, Mark, Signer, TrustPolicy, Verified};
use crate::{load, trust};

use super::error::PublishError;

/// A place, and the folder where the marks of its channels are kept.
pub(super) struct Opened {
    pub(super) store: Store,
    /// The spellings of the place by which marks go.
    spellings: Vec<String>,
    state: Option<PathBuf>,
}

/// A channel's pointer that may be followed, and its file.
pub(super) struct Current {
    pub(super) followed: Followed,
    pub(super) bytes: Vec<u8>,
    /// By what to ask for it the next time.
    tag: Option<String>,
}

/// A release that was brought and believed.
pub(super) struct Believed {
    pub(super) bundle: Bundle,
    pub(super) fetched: Fetched,
    pub(super) verified: Verified,
}

impl Opened {
    pub(super) fn new(args: &PlaceArgs) -> Result<Self, CliError> {
        let authorities = match &args.ca {
            Some(path) => Some(named::read(path, named::AUTHORITIES)?),
            None => None,
        };
        let credentials = match env::docker_config() {
            Some(path) => load::read_if_present(&path)?,
            None => None,
        };
        let options = Options { authorities, credentials };
        Ok(Self {
            store: Store::open(&args.location, &options)?,
            spellings: spellings(&args.location)?,
            state: args.state.clone().or_else(env::state),
        })
    }

    /// The pointer of a channel, checked against the latest that was seen; `None` where there is none and none was seen.
    pub(super) fn current(
        &self,
        channel: &str,
        policy: &TrustPolicy,
        now: Instant,
        expiry: Expiry,
    ) -> Result<Result<Option<Current>, Vec<Refusal>>, CliError> {
        let mut marks = Vec::new();
        for (spelling, path) in self.mark_paths(channel)? {
            let kept = load::read_if_present(&path)?;
            match kept.map(|bytes| Mark::read(&bytes, &spelling, channel)).transpose() {
                Ok(mark) => marks.extend(mark.map(|mark| (mark, path))),
                Err(refusal) => return Ok(Err(vec![refusal])),
            }
        }
        // What is asked for by its tag must be at hand where it is the same still. Only a file server knows tags, and it has one
        // spelling.
        let (known, tag) = match marks.first() {
            Some((mark, path)) => {
                let known = load::read_if_present(&path.with_extension("pointer"))?;
                let known = known.filter(|bytes| Some(&mark.digest) == trust::pointer_digest(bytes).as_ref());
                let tag = known.as_ref().map(|_| load::read_if_present(&path.with_extension("etag"))).transpose()?;
                (known, tag.flatten())
            }
            None => (None, None),
        };
        let tag = tag.and_then(|bytes| String::from_utf8(bytes).ok());
        let (bytes, tag) = match (self.store.channel_since(channel, tag.as_deref())?, known) {
            (Since::Pointer { bytes, tag }, _) => (bytes, tag),
            (Since::Same, Some(known)) => (known, tag),
            (Since::Same, None) | (Since::Absent, _) if marks.is_empty() => return Ok(Ok(None)),
            (Since::Same, None) | (Since::Absent, _) => {
                let message = format!("the channel `{channel}` no longer exists, but a pointer was recorded for it");
                return Ok(Err(vec![Refusal::new("pointer-rollback", message)]));
            }
        };
        // Each mark binds: a pointer that one of them refuses is refused.
        let follow = |mark| trust::follow(&bytes, Expected { channel, name: None, mark, expiry }, policy, now);
        let mut followed = follow(marks.first().map(|(mark, _)| mark));
        for (mark, _) in marks.iter().skip(1) {
            followed = followed.and_then(|_| follow(Some(mark)));
        }
        Ok(followed.map(|followed| Some(Current { followed, bytes, tag })))
    }

    /// Keeps a pointer as the latest that was seen of its channel.
    pub(super) fn keep(&self, current: &Current) -> Result<(), CliError> {
        for (spelling, path) in self.mark_paths(&current.followed.pointer.channel)? {
            // The mark last: what lies beside it counts only where its digest is the mark's.
            load::write_atomic(&path.with_extension("pointer"), &current.bytes)?;
            let etag = path.with_extension("etag");
            match &current.tag {
                Some(tag) => load::write_atomic(&etag, tag.as_bytes())?,
                None => load::remove_if_present(&etag)?,
            }
            load::write_atomic(&path, &current.followed.mark(&spelling).write())?;
        }
        Ok(())
    }

    /// Sets aside what was seen of a channel, so that its next pointer is taken as the first one is. What it was is told, of
    /// several the latest; `None` where nothing was seen. A mark that cannot be read goes, too.
    pub(super) fn forget(&self, channel: &str) -> Result<Option<Result<Mark, Refusal>>, CliError> {
        let mut forgotten: Option<Result<Mark, Refusal>> = None;
        for (spelling, path) in self.mark_paths(channel)? {
            let kept = match load::read_if_present(&path) {
                Ok(None) => continue,
                Ok(Some(kept)) => Mark::read(&kept, &spelling, channel),
                Err(load::LoadError::LinkToNowhere(link)) if link == path => {
                    Err(Refusal::new("mark", "the mark is a symbolic link to something that does not exist"))
                }
                Err(error) => return Err(error.into()),
            };
            // The mark first: what lies beside it counts for nothing without.
            for path in [path.clone(), path.with_extension("pointer"), path.with_extension("etag")] {
                load::remove_if_present(&path)?;
            }
            forgotten = match (forgotten, kept) {
                (Some(Ok(one)), Ok(other)) if one.sequence >= other.sequence => Some(Ok(one)),
                (Some(Ok(one)), Err(_)) => Some(Ok(one)),
                (_, other) => Some(other),
            };
        }
        Ok(forgotten)
    }

    /// Where the marks of a channel are, each with the spelling of the place that it is for.
    fn mark_paths(&self, channel: &str) -> Result<Vec<(String, PathBuf)>, CliError> {
        let channels = self.state.as_ref().ok_or(PublishError::NoState)?.join("channels");
        let path = |spelling: &String| channels.join(Mark::file_name(spelling, channel));
        Ok(self.spellings.iter().map(|spelling| (spelling.clone(), path(spelling))).collect())
    }

    /// A release, if it is there and is believed.
    pub(super) fn release(
        &self,
        pin: &Pin,
        policy: &TrustPolicy,
        now: Instant,
    ) -> Result<Result<Option<Believed>, Vec<Refusal>>, CliError> {
        let fetched = progress::transfer(&format!("pulling from {}", self.store.name()), |progress| {
            self.store.fetch(pin, progress)
        })?;
        let Some(fetched) = fetched else {
            return Ok(Ok(None));
        };
        let believed = opened::open(&fetched.bundle).and_then(|bundle| {
            let verified = trust::verify(&bundle, &fetched.statements, policy, now)?;
            if let Pin::Version(version) = pin
                && *version != bundle.manifest.version
            {
                let message = format!("expected version {version}, found {}", bundle.manifest.version);
                return Err(vec![Refusal::new("wrong-version", message)]);
            }
            Ok(Some((bundle, verified)))
        });
        Ok(believed.map(|believed| believed.map(|(bundle, verified)| Believed { bundle, fetched, verified })))
    }
}

impl Believed {
    /// Its number among the releases of its package.
    pub(super) fn sequence(&self) -> u64 {
        self.verified.release.sequence
    }
}

impl Current {
    /// A pointer that was just made from this one's successor.
    pub(super) fn new(followed: Followed, bytes: Vec<u8>) -> Self {
        Self { followed, bytes, tag: None }
    }

    /// Why a bundle is not what the pointer points to.
    pub(super) fn disagreements(&self, bundle: &Bundle) -> Vec<Refusal> {
        let pointer = &self.followed.pointer;
        let manifest = &bundle.manifest;
        let mut refusals = Vec::new();
        if pointer.bundle_digest != bundle.digest {
            let message =
                format!("the channel points to {}, but the version contains {}", pointer.bundle_digest, bundle.digest);
            refusals.push(Refusal::new("pointer-mismatch", message));
        }
        if (&pointer.name, &pointer.version) != (&manifest.name, &manifest.version) {
            let message = format!(
                "the channel points to {} {}, but the bundle is {} {}",
                pointer.name, pointer.version, manifest.name, manifest.version
            );
            refusals.push(Refusal::new("pointer-mismatch", message));
        }
        let issued = Instant::parse(&pointer.issued_at);
        let validity = issued.and_then(|issued| self.followed.expires_at.since(issued));
        let most = days(manifest.limits.max_validity_days);
        if validity.is_none_or(|validity| validity > most) {
            let message = format!(
                "the pointer is valid for longer than the {} that the package allows",
                counted(usize::try_from(manifest.limits.max_validity_days).unwrap_or(usize::MAX), "day")
            );
            refusals.push(Refusal::new("pointer-validity", message));
        }
        refusals
    }
}

/// The spellings of a place by which its marks go. An address has one, however it is written. A folder has two if a link leads to
/// it: where it is now, and how it is written. Tools such as `git-sync` move a link with each change, and a mark of the real path
/// alone would be lost each time.
fn spellings(location: &Location) -> Result<Vec<String>, CliError> {
    let both = |start: &str, path: &Path| -> Result<Vec<String>, CliError> {
        let mut both = vec![load::real_path(path)?, load::written_path(path)?];
        both.dedup();
        Ok(both.into_iter().map(|path| format!("{start}{}", path.display())).collect())
    };
    match (&location.place, location.canonical()) {
        (_, Some(canonical)) => Ok(vec![canonical]),
        (Place::Layout(path), None) => both("oci-layout:", path),
        (Place::Folder(path), None) => both("", path),
        (Place::Oci { .. } | Place::Web(_), None) => Ok(vec![location.place_name()]),
    }
}

/// Days as a duration.
pub(super) fn days(days: u32) -> crate::text::Duration {
    crate::text::Duration(i64::from(days).saturating_mul(crate::text::Duration::DAY.0))
}

/// What must be fulfilled: the trust policy that is named, or that the key which signs signed. `None` where the policy has
/// faults, which are told.
pub(super) fn policy(
    path: Option<&Path>,
    signer: Option<&Signer>,
    console: &mut Console,
) -> Result<Option<TrustPolicy>, CliError> {
    match (path, signer) {
        (Some(path), _) => read(path, console),
        (None, Some(signer)) => Ok(Some(TrustPolicy::of_one(signer.public()))),
        (None, None) => Err(PublishError::NoTrust.into()),
    }
}
