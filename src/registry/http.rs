//! The HTTP client of this room, and bodies of answers up to a size.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Response};

use super::{Options, RegistryError};

/// How long nobody may answer.
pub(super) const READ: Duration = Duration::from_secs(60);
pub(super) const CONNECT: Duration = Duration::from_secs(15);
pub(super) const USER_AGENT: &str = concat!("gatewright/", env!("CARGO_PKG_VERSION"));

/// A client for an address, which asks over TLS only if the address does.
pub(super) fn client(address: &str, redirects: Policy, options: &Options) -> Result<Client, RegistryError> {
    let failed =
        |error: reqwest::Error| RegistryError::Unreachable { place: address.to_owned(), why: error.to_string() };
    let mut client = Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(CONNECT)
        .read_timeout(READ)
        .redirect(redirects)
        .https_only(address.starts_with("https://"));
    if let Some(pem) = &options.authorities {
        let all = Certificate::from_pem_bundle(pem).map_err(failed)?;
        client = all.into_iter().fold(client, reqwest::ClientBuilder::add_root_certificate);
    }
    client.build().map_err(failed)
}

/// The body of an answer, of at most some bytes. `named` says what it is, for the message.
pub(super) async fn body(
    mut response: Response,
    place: &str,
    named: &str,
    most: usize,
    progress: &dyn Fn(u64, u64),
) -> Result<Vec<u8>, RegistryError> {
    let total = response.content_length().unwrap_or(0);
    let mut bytes = Vec::new();
    loop {
        let chunk = response.chunk().await.map_err(|error| RegistryError::Unreachable {
            place: place.to_owned(),
            why: error.without_url().to_string(),
        })?;
        let Some(chunk) = chunk else {
            return Ok(bytes);
        };
        if bytes.len().saturating_add(chunk.len()) > most {
            return Err(RegistryError::InvalidResponse {
                place: place.to_owned(),
                why: format!("{named} is larger than {most} bytes"),
            });
        }
        bytes.extend_from_slice(&chunk);
        progress(u64::try_from(bytes.len()).unwrap_or(u64::MAX), total);
    }
}
