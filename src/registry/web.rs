//! A file server that serves a [folder](super::folder) of bundles, over HTTPS (plain HTTP to this machine only). It is read
//! and never written. What is asked for again is asked for by its entity tag (RFC 9110, section 8.8.3).

use reqwest::header::{ETAG, IF_NONE_MATCH};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use tokio::runtime::{Builder, Runtime};

use super::folder::{Listing, channel_file, folder_of};
use super::release::MAX_SMALL;
use super::{Fetched, Options, Progress, RegistryError, Since, http};

/// A file server.
pub(super) struct Web {
    runtime: Runtime,
    client: Client,
    url: String,
}

impl Web {
    pub(super) fn new(url: String, options: &Options) -> Result<Self, RegistryError> {
        let failed = |why: String| RegistryError::Unreachable { place: url.clone(), why };
        // What is served elsewhere is named there; a server that sends one away is not the one that was named.
        let client = http::client(&url, Policy::none(), options)?;
        Ok(Self {
            runtime: Builder::new_current_thread().enable_all().build().map_err(|error| failed(error.to_string()))?,
            client,
            url,
        })
    }

    /// Asks for a file, unless it is the one of an entity tag.
    fn ask(
        &self,
        path: &str,
        most: usize,
        tag: Option<&str>,
        progress: &dyn Fn(u64, u64),
    ) -> Result<Since, RegistryError> {
        let url = format!("{}/{path}", self.url);
        let unreachable = |error: reqwest::Error| RegistryError::Unreachable {
            place: self.url.clone(),
            why: error.without_url().to_string(),
        };
        self.runtime.block_on(async {
            let mut request = self.client.get(&url);
            if let Some(tag) = tag {
                request = request.header(IF_NONE_MATCH, tag);
            }
            let response = request.send().await.map_err(unreachable)?;
            match response.status() {
                StatusCode::NOT_MODIFIED if tag.is_some() => Ok(Since::Same),
                StatusCode::NOT_FOUND | StatusCode::GONE => Ok(Since::Absent),
                StatusCode::OK => {
                    let tag = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
                    let bytes = http::body(response, &self.url, &format!("`{path}`"), most, progress).await?;
                    Ok(Since::Pointer { bytes, tag })
                }
                status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => Err(RegistryError::Denied {
                    place: self.url.clone(),
                    what: format!("read `{path}`"),
                    why: format!("HTTP {}", status.as_u16()),
                }),
                status => Err(RegistryError::Failed {
                    place: self.url.clone(),
                    what: format!("give `{path}`"),
                    why: format!("HTTP {}", status.as_u16()),
                }),
            }
        })
    }

    fn read(&self, path: &str, most: usize, progress: &dyn Fn(u64, u64)) -> Result<Option<Vec<u8>>, RegistryError> {
        match self.ask(path, most, None, progress)? {
            Since::Pointer { bytes, .. } => Ok(Some(bytes)),
            Since::Absent | Since::Same => Ok(None),
        }
    }

    pub(super) fn fetch(&self, version: &str, progress: Progress<'_>) -> Result<Option<Fetched>, RegistryError> {
        let quiet = |_: u64, _: u64| ();
        let path = format!("{}/release.json", folder_of(version)?);
        let Some(bytes) = self.read(&path, MAX_SMALL, &quiet)? else {
            return Ok(None);
        };
        let listing = Listing::read(&bytes, &self.url)?;
        let fetched = listing.fetch(version, &self.url, |path, most| {
            let is_bundle = path.ends_with(".cjar");
            self.read(path, most, if is_bundle { &progress } else { &quiet })
        })?;
        Ok(Some(fetched))
    }

    pub(super) fn channel(&self, channel: &str, tag: Option<&str>) -> Result<Since, RegistryError> {
        self.ask(&channel_file(channel), MAX_SMALL, tag, &|_, _| ())
    }
}
