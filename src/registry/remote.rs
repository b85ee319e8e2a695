//! A repository of an OCI registry (OCI distribution specification 1.1), over `oci-client`. This machine is asked over plain
//! HTTP, unless certificates are given; everybody else over TLS. Where a registry does not list referrers, the list is kept
//! under the tag that the specification gives it, with everything in it that others wrote.

use std::collections::BTreeSet;
use std::io;
use std::pin::Pin as Pinned;
use std::task::{Context, Poll};

use docker_credential::{CredentialRetrievalError, DockerCredential};
use oci_client::client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol};
use oci_client::errors::{OciDistributionError, OciErrorCode};
use oci_client::manifest::OciDescriptor;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference, RegistryOperation};
use reqwest::header::HeaderValue;
use serde::Deserialize;
use tokio::io::AsyncWrite;
use tokio::runtime::{Builder, Runtime};

use super::artifact::{Content, Descriptor, INDEX, Index, MANIFEST};
use super::digest::is_digest;
use super::error::causes;
use super::location::is_loopback;
use super::pages::{Credentials, Pages};
use super::{Options, RegistryError, http};

/// How often the list of referrers is written again where somebody else writes it at the same time.
const ATTEMPTS: usize = 8;
/// How many tags are asked for at once; registries may give fewer.
const PAGE: usize = 1000;
/// Most tags, or statements on a bundle, that are listed.
const MAX_LISTED: usize = 100_000;

/// A repository.
pub(super) struct Remote {
    runtime: Runtime,
    client: Client,
    pages: Pages,
    auth: RegistryAuth,
    host: String,
    repository: String,
}

impl Remote {
    pub(super) fn new(host: &str, repository: &str, options: &Options) -> Result<Self, RegistryError> {
        let certificates =
            options.authorities.iter().map(|pem| Certificate { encoding: CertificateEncoding::Pem, data: pem.clone() });
        let plain = is_loopback(host) && options.authorities.is_none();
        let place = format!("oci://{host}/{repository}");
        let scheme = if plain { "http" } else { "https" };
        let resolved = Reference::with_tag(host.to_owned(), repository.to_owned(), "latest".to_owned());
        let pages = Pages::new(&format!("{scheme}://{}/", resolved.resolve_registry()), place.clone(), options)?;
        let config = ClientConfig {
            protocol: match plain {
                true => ClientProtocol::HttpsExcept(vec![host.to_owned()]),
                false => ClientProtocol::Https,
            },
            extra_root_certificates: certificates.collect(),
            read_timeout: Some(http::READ),
            connect_timeout: Some(http::CONNECT),
            user_agent: http::USER_AGENT,
            ..ClientConfig::default()
        };
        let failed = |why: String| RegistryError::Unreachable { place: place.clone(), why };
        let client = Client::try_from(config).map_err(|error| failed(error.to_string()))?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            runtime,
            client,
            pages,
            auth: credentials(host, options.credentials.as_deref())?,
            host: host.to_owned(),
            repository: repository.to_owned(),
        })
    }

    fn reference(&self, name: &str) -> Reference {
        let (host, repository) = (self.host.clone(), self.repository.clone());
        match is_digest(name) {
            true => Reference::with_digest(host, repository, name.to_owned()),
            false => Reference::with_tag(host, repository, name.to_owned()),
        }
    }

    /// Sees to it that what follows is asked with the right credentials.
    fn log_in(&self, reference: &Reference, operation: RegistryOperation) -> Result<(), RegistryError> {
        let what = match operation {
            RegistryOperation::Push => "write",
            RegistryOperation::Pull => "read",
        };
        let logged_in = self.runtime.block_on(async {
            self.client.store_auth_if_needed(&self.host, &self.auth).await;
            self.client.auth(reference, &self.auth, operation).await
        });
        logged_in.map(|_| ()).map_err(|error| self.error(what, error))
    }

    fn place(&self) -> String {
        format!("oci://{}/{}", self.host, self.repository)
    }

    fn error(&self, what: &str, error: OciDistributionError) -> RegistryError {
        let (place, what) = (self.place(), what.to_owned());
        let denied = |why: String| RegistryError::Denied { place: place.clone(), what: what.clone(), why };
        match error {
            OciDistributionError::RequestError(error) => RegistryError::Unreachable { place, why: causes(&error) },
            OciDistributionError::UnauthorizedError { .. } => denied("authentication required".to_owned()),
            OciDistributionError::AuthenticationFailure(why) => denied(why),
            OciDistributionError::ServerError { code: code @ (401 | 403), .. } => denied(format!("HTTP {code}")),
            OciDistributionError::RegistryError { envelope, .. } => {
                let is_denial = envelope
                    .errors
                    .iter()
                    .any(|error| matches!(error.code, OciErrorCode::Denied | OciErrorCode::Unauthorized));
                let said: Vec<String> = envelope.errors.iter().map(|error| error.message.clone()).collect();
                match is_denial {
                    true => denied(said.join("; ")),
                    false => RegistryError::Failed { place, what, why: said.join("; ") },
                }
            }
            OciDistributionError::DigestError(error) => {
                RegistryError::InvalidResponse { place, why: error.to_string() }
            }
            OciDistributionError::ServerError { code, message, .. } => RegistryError::Failed {
                place,
                what,
                why: format!("HTTP {code}: {}", message.chars().take(200).collect::<String>()),
            },
            other => RegistryError::Failed { place, what, why: other.to_string() },
        }
    }

    /// Who asks for pages.
    fn credentials(&self) -> Result<Credentials<'_>, RegistryError> {
        let reference = self.reference("latest");
        let token = self.runtime.block_on(self.client.auth(&reference, &self.auth, RegistryOperation::Pull));
        Ok(match (token.map_err(|error| self.error("read", error))?, &self.auth) {
            (Some(token), _) => Credentials::Token(token),
            (None, RegistryAuth::Basic(user, password)) => Credentials::Password(user, password),
            (None, _) => Credentials::None,
        })
    }

    /// Manifests that refer to one: the registry's own list, or the one under the specification's tag if it has none.
    fn list(&self, digest: &str) -> Result<Index, RegistryError> {
        let mut all = Index::empty();
        let first = self.pages.first(&format!("/v2/{}/referrers/{digest}", self.repository));
        let credentials = self.credentials()?;
        let listed = self.pages.all(first, &credentials, "list statements", |page| {
            let index: Index = serde_json::from_slice(&page.body).map_err(|error| self.not_an_index(&error))?;
            all.manifests.extend(index.manifests);
            match all.manifests.len() > MAX_LISTED {
                true => Err(self.pages.failed("list statements", format!("it lists more than {MAX_LISTED}"))),
                false => Ok(None),
            }
        });
        match self.runtime.block_on(listed)? {
            true => Ok(all),
            false => self.tagged_list(digest),
        }
    }

    fn not_an_index(&self, error: &serde_json::Error) -> RegistryError {
        self.pages.invalid(format!("the list of statements is not a valid index: {error}"))
    }

    /// The list under the specification's tag, as whoever wrote it last left it.
    fn tagged_list(&self, digest: &str) -> Result<Index, RegistryError> {
        let Some(bytes) = self.manifest(&digest.replace(':', "-"))? else {
            return Ok(Index::empty());
        };
        serde_json::from_slice(&bytes).map_err(|error| self.not_an_index(&error))
    }
}

impl Content for Remote {
    fn manifest(&self, reference: &str) -> Result<Option<Vec<u8>>, RegistryError> {
        let reference = self.reference(reference);
        self.log_in(&reference, RegistryOperation::Pull)?;
        let pulled = self.runtime.block_on(self.client.pull_manifest_raw(&reference, &self.auth, &[MANIFEST, INDEX]));
        match pulled {
            Ok((bytes, _)) => Ok(Some(bytes.to_vec())),
            Err(error) if is_absence(&error) => Ok(None),
            Err(error) => Err(self.error("read a manifest", error)),
        }
    }

    fn blob(&self, descriptor: &Descriptor, progress: &dyn Fn(u64)) -> Result<Vec<u8>, RegistryError> {
        let reference = self.reference(&descriptor.digest);
        self.log_in(&reference, RegistryOperation::Pull)?;
        let layer = OciDescriptor {
            media_type: descriptor.media_type.clone(),
            digest: descriptor.digest.clone(),
            size: i64::try_from(descriptor.size).unwrap_or(i64::MAX),
            ..OciDescriptor::default()
        };
        let mut sink =
            Sink { bytes: Vec::new(), most: usize::try_from(descriptor.size).unwrap_or(usize::MAX), progress };
        let pulled = self.runtime.block_on(self.client.pull_blob(&reference, &layer, &mut sink));
        match pulled {
            Ok(()) => Ok(sink.bytes),
            Err(OciDistributionError::IoError(error)) if error.kind() == io::ErrorKind::FileTooLarge => {
                Err(RegistryError::InvalidResponse {
                    place: self.place(),
                    why: format!("the blob {} is larger than stated in its manifest", descriptor.digest),
                })
            }
            Err(error) => Err(self.error("read a blob", error)),
        }
    }

    fn put_blob(&self, digest: &str, bytes: &[u8]) -> Result<(), RegistryError> {
        let reference = self.reference("latest");
        self.log_in(&reference, RegistryOperation::Push)?;
        let put = self.runtime.block_on(async {
            match self.client.blob_exists(&reference, digest).await {
                Ok(true) => Ok(()),
                _ => self.client.push_blob(&reference, bytes.to_vec(), digest).await.map(|_| ()),
            }
        });
        put.map_err(|error| self.error("write a blob", error))
    }

    fn put_manifest(&self, reference: &str, media_type: &str, bytes: &[u8]) -> Result<(), RegistryError> {
        let reference = self.reference(reference);
        self.log_in(&reference, RegistryOperation::Push)?;
        let media_type = HeaderValue::from_str(media_type).map_err(|error| RegistryError::Failed {
            place: self.place(),
            what: "write a manifest".to_owned(),
            why: error.to_string(),
        })?;
        let pushed = self.runtime.block_on(self.client.push_manifest_raw(&reference, bytes.to_vec(), media_type));
        pushed.map(|_| ()).map_err(|error| self.error("write a manifest", error))
    }

    fn referrers(&self, digest: &str) -> Result<Vec<Descriptor>, RegistryError> {
        Ok(self.list(digest)?.manifests)
    }

    fn refer(&self, to: &str, referrer: &Descriptor) -> Result<(), RegistryError> {
        let is_listed = |index: &Index| index.manifests.iter().any(|known| known.digest == referrer.digest);
        for _ in 0..ATTEMPTS {
            // A registry that lists referrers has done so by itself.
            if is_listed(&self.list(to)?) {
                return Ok(());
            }
            let mut index = self.tagged_list(to)?;
            if !is_listed(&index) {
                index.manifests.push(referrer.clone());
                // Strings and numbers always serialize.
                let bytes = serde_json::to_vec(&index).unwrap_or_default();
                self.put_manifest(&to.replace(':', "-"), INDEX, &bytes)?;
            }
        }
        Err(RegistryError::Failed {
            place: self.place(),
            what: "list a statement".to_owned(),
            why: "others are writing the list at the same time".to_owned(),
        })
    }

    fn tags(&self) -> Result<Vec<String>, RegistryError> {
        const WHAT: &str = "list versions";
        let mut tags: BTreeSet<String> = BTreeSet::new();
        let list = self.pages.first(&format!("/v2/{}/tags/list", self.repository));
        let asked = |last: Option<&str>| {
            let mut url = list.clone();
            url.query_pairs_mut().append_pair("n", &PAGE.to_string()).extend_pairs(last.map(|last| ("last", last)));
            url
        };
        let credentials = self.credentials()?;
        let listed = self.pages.all(asked(None), &credentials, WHAT, |page| {
            let Tags { tags: found } = serde_json::from_slice(&page.body)
                .map_err(|error| self.pages.invalid(format!("the list of tags cannot be read: {error}")))?;
            let found = found.unwrap_or_default();
            let (count, before) = (found.len(), tags.len());
            let last = found.last().cloned();
            tags.extend(found);
            if tags.len() > MAX_LISTED {
                return Err(self.pages.failed(WHAT, format!("it lists more than {MAX_LISTED} tags")));
            }
            // A page that is full may have another after it, whether or not a header says so. One that is not full is the last
            // without a header.
            if page.next.is_some() || count != PAGE {
                return Ok(None);
            }
            match tags.len() > before {
                true => Ok(Some(asked(last.as_deref()))),
                false => Err(self.pages.failed(WHAT, "it gives the same page again, so there may be more".to_owned())),
            }
        });
        self.runtime.block_on(listed)?;
        Ok(tags.into_iter().collect())
    }
}

/// A page of tags. Some registries say `null` if there are none.
#[derive(Deserialize)]
struct Tags {
    tags: Option<Vec<String>>,
}

fn is_absence(error: &OciDistributionError) -> bool {
    match error {
        OciDistributionError::ImageManifestNotFoundError(_) | OciDistributionError::ServerError { code: 404, .. } => {
            true
        }
        OciDistributionError::RegistryError { envelope, .. } => envelope.errors.iter().any(|error| {
            matches!(error.code, OciErrorCode::ManifestUnknown | OciErrorCode::NameUnknown | OciErrorCode::NotFound)
        }),
        _ => false,
    }
}

/// The credentials that Docker keeps for a registry.
fn credentials(host: &str, config: Option<&[u8]>) -> Result<RegistryAuth, RegistryError> {
    let Some(config) = config else {
        return Ok(RegistryAuth::Anonymous);
    };
    let failed = |why: String| RegistryError::Credentials { host: host.to_owned(), why };
    match docker_credential::get_credential_from_reader(config, host) {
        Ok(DockerCredential::UsernamePassword(name, password)) => Ok(RegistryAuth::Basic(name, password)),
        Ok(DockerCredential::IdentityToken(_)) => {
            Err(failed("the stored credential is an identity token, which is not supported".to_owned()))
        }
        Err(CredentialRetrievalError::NoCredentialConfigured) => Ok(RegistryAuth::Anonymous),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// Takes a blob of a size and no more.
struct Sink<'a> {
    bytes: Vec<u8>,
    most: usize,
    progress: &'a dyn Fn(u64),
}

impl AsyncWrite for Sink<'_> {
    fn poll_write(mut self: Pinned<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.bytes.len().saturating_add(bytes.len()) > self.most {
            return Poll::Ready(Err(io::ErrorKind::FileTooLarge.into()));
        }
        self.bytes.extend_from_slice(bytes);
        (self.progress)(u64::try_from(self.bytes.len()).unwrap_or(u64::MAX));
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pinned<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pinned<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
