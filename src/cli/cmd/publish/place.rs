//! A place opened, what is known of its channels, and what comes from it checked.

use std::path::{Path, PathBuf};

use crate::bundle::{Bundle, Refusal};
use crate::cli::args::PlaceArgs;
use crate::cli::cmd::bundle::opened;
use crate::cli::cmd::bundle::trust::read;
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::{env, progress};
use crate::registry::{Fetched, Location, Options, Pin, Place, Since, Store};
use crate::text::Instant;
use crate::trust::{Expected, Expiry, Followed, Mark, Signer, TrustPolicy, Verified};
use crate::{load, trust};

use super::error::PublishError;

/// A place, and the folder where the marks of its channels are kept.
pub(super) struct Opened {
    pub(super) store: Store,
    /// The one spelling of the place, by which marks go.
    canonical: String,
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
            Some(path) => {
                let bytes = load::read_if_present(path)?;
                Some(bytes.ok_or_else(|| CliError::NoFile { path: path.clone() })?)
            }
            None => None,
        };
        let credentials = match env::docker_config() {
            Some(path) => load::read_if_present(&path)?,
            None => None,
        };
        let options = Options { authorities, credentials };
        Ok(Self {
            store: Store::open(&args.location, &options)?,
            canonical: canonical(&args.location)?,
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
        let path = self.mark_path(channel)?;
        let kept = load::read_if_present(&path)?;
        let mark = match kept.map(|bytes| Mark::read(&bytes, &self.canonical, channel)).transpose() {
            Ok(mark) => mark,
            Err(refusal) => return Ok(Err(vec![refusal])),
        };
        // What is asked for by its tag must be at hand where it is the same still.
        let known = load::read_if_present(&path.with_extension("pointer"))?.filter(|bytes| {
            mark.as_ref().is_some_and(|mark| Some(&mark.digest) == trust::pointer_digest(bytes).as_ref())
        });
        let tag = match &known {
            Some(_) => load::read_if_present(&path.with_extension("etag"))?,
            None => None,
        };
        let tag = tag.and_then(|bytes| String::from_utf8(bytes).ok());
        let (bytes, tag) = match (self.store.channel_since(channel, tag.as_deref())?, known) {
            (Since::Pointer { bytes, tag }, _) => (bytes, tag),
            (Since::Same, Some(known)) => (known, tag),
            (Since::Same, None) | (Since::Absent, _) if mark.is_none() => return Ok(Ok(None)),
            (Since::Same, None) | (Since::Absent, _) => {
                let message = format!("the channel `{channel}` is gone, and it was there before");
                return Ok(Err(vec![Refusal::new("pointer-rollback", message)]));
            }
        };
        let expected = Expected { channel, name: None, mark: mark.as_ref(), expiry };
        Ok(trust::follow(&bytes, expected, policy, now).map(|followed| Some(Current { followed, bytes, tag })))
    }

    /// Keeps a pointer as the latest that was seen of its channel.
    pub(super) fn keep(&self, current: &Current) -> Result<(), CliError> {
        let mark = current.followed.mark(&self.canonical);
        let path = self.mark_path(&mark.channel)?;
        // The mark last: what lies beside it counts only where its digest is the mark's.
        load::write_atomic(&path.with_extension("pointer"), &current.bytes)?;
        let etag = path.with_extension("etag");
        match &current.tag {
            Some(tag) => load::write_atomic(&etag, tag.as_bytes())?,
            None => load::remove_if_present(&etag)?,
        }
        Ok(load::write_atomic(&path, &mark.write())?)
    }

    /// Sets aside what was seen of a channel, so that its next pointer is taken as the first one is. What it was is told; `None`
    /// where nothing was seen. A mark that cannot be read goes, too.
    pub(super) fn forget(&self, channel: &str) -> Result<Option<Result<Mark, Refusal>>, CliError> {
        let path = self.mark_path(channel)?;
        let Some(kept) = load::read_if_present(&path)? else {
            return Ok(None);
        };
        // The mark first: what lies beside it counts for nothing without.
        for path in [path.clone(), path.with_extension("pointer"), path.with_extension("etag")] {
            load::remove_if_present(&path)?;
        }
        Ok(Some(Mark::read(&kept, &self.canonical, channel)))
    }

    fn mark_path(&self, channel: &str) -> Result<PathBuf, CliError> {
        let state = self.state.as_ref().ok_or(PublishError::NoState)?;
        Ok(state.join("channels").join(Mark::file_name(&self.canonical, channel)))
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
                let message = format!("version {version} was asked for, and it is {}", bundle.manifest.version);
                return Err(vec![Refusal::new("wrong-version", message)]);
            }
            Ok(Some((bundle, verified)))
        });
        Ok(believed.map(|believed| believed.map(|(bundle, verified)| Believed { bundle, fetched, verified })))
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
                format!("the channel points to {}, and the version holds {}", pointer.bundle_digest, bundle.digest);
            refusals.push(Refusal::new("pointer-mismatch", message));
        }
        if (&pointer.name, &pointer.version) != (&manifest.name, &manifest.version) {
            let message = format!(
                "the channel points to {} {}, and the bundle is {} {}",
                pointer.name, pointer.version, manifest.name, manifest.version
            );
            refusals.push(Refusal::new("pointer-mismatch", message));
        }
        let issued = Instant::parse(&pointer.issued_at);
        let validity = issued.and_then(|issued| self.followed.expires_at.since(issued));
        let most = days(manifest.limits.max_validity_days);
        if validity.is_none_or(|validity| validity > most) {
            let message = format!(
                "the pointer counts for longer than the {} days that the package allows",
                manifest.limits.max_validity_days
            );
            refusals.push(Refusal::new("pointer-validity", message));
        }
        refusals
    }
}

/// The one spelling of a place, however its folder or address is written.
fn canonical(location: &Location) -> Result<String, CliError> {
    Ok(match (&location.place, location.canonical()) {
        (_, Some(canonical)) => canonical,
        (Place::Layout(path), None) => format!("oci-layout:{}", load::real_path(path)?.display()),
        (Place::Folder(path), None) => load::real_path(path)?.display().to_string(),
        (Place::Oci { .. } | Place::Web(_), None) => location.place_name(),
    })
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
