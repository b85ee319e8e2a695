//! Lists that a registry gives in pages: tags and referrers (OCI distribution specification 1.1, "Content Discovery"). The
//! `Link` header of an answer leads to the next page. A list is whole or an error: from a part of it, a lower version would
//! pass as the highest.

use reqwest::header::{HeaderMap, LINK};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};

use super::release::MAX_SMALL;
use super::{Options, RegistryError, http};

/// Most pages of a list.
const MAX_PAGES: usize = 1_000;
/// Most redirects to one page.
const MAX_REDIRECTS: usize = 5;

/// Who asks.
pub(super) enum Credentials<'a> {
    /// Nobody in particular.
    None,
    /// Whoever holds a token.
    Token(String),
    /// A user with a password.
    Password(&'a str, &'a str),
}

/// Asks a registry for pages.
pub(super) struct Pages {
    client: Client,
    origin: Url,
    place: String,
}

/// A page, and where the next one is.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) body: Vec<u8>,
    pub(super) next: Option<Url>,
}

impl Pages {
    /// `origin` is the address of the registry, as `https://HOST:PORT/`; `place` is what messages call it.
    pub(super) fn new(origin: &str, place: String, options: &Options) -> Result<Self, RegistryError> {
        let url = Url::parse(origin);
        let origin =
            url.map_err(|error| RegistryError::Unreachable { place: place.clone(), why: error.to_string() })?;
        let client = http::client(origin.as_str(), Policy::limited(MAX_REDIRECTS), options)?;
        Ok(Self { client, origin, place })
    }

    /// The address of the first page of a list.
    pub(super) fn first(&self, path: &str) -> Url {
        let mut url = self.origin.clone();
        url.set_path(path);
        url
    }

    /// All pages from one on: each is given to `take`, which may name a further one where no header leads to any. `false`: there
    /// is no such list.
    pub(super) async fn all(
        &self,
        first: Url,
        credentials: &Credentials<'_>,
        what: &str,
        mut take: impl FnMut(&Page) -> Result<Option<Url>, RegistryError>,
    ) -> Result<bool, RegistryError> {
        let mut url = first;
        for number in 0..MAX_PAGES {
            let Some(page) = self.page(url, credentials, what).await? else {
                return match number {
                    0 => Ok(false),
                    // What came so far is not all of it.
                    _ => Err(self.failed(what, "a page that another leads to does not exist".to_owned())),
                };
            };
            let more = take(&page)?;
            match page.next.or(more) {
                Some(next) => url = next,
                None => return Ok(true),
            }
        }
        Err(self.failed(what, format!("the list has more than {MAX_PAGES} pages")))
    }

    async fn page(&self, url: Url, credentials: &Credentials<'_>, what: &str) -> Result<Option<Page>, RegistryError> {
        let request = self.client.get(url.clone());
        let request = match credentials {
            Credentials::None => request,
            Credentials::Token(token) => request.bearer_auth(token),
            Credentials::Password(user, password) => request.basic_auth(user, Some(password)),
        };
        let response = request.send().await.map_err(|error| RegistryError::Unreachable {
            place: self.place.clone(),
            why: super::error::causes(&error.without_url()),
        })?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                return Err(RegistryError::Denied {
                    place: self.place.clone(),
                    what: what.to_owned(),
                    why: format!("HTTP {}", status.as_u16()),
                });
            }
            status => return Err(self.failed(what, format!("HTTP {}", status.as_u16()))),
        }
        let next = next(response.headers(), &url, &self.origin).map_err(|why| self.invalid(why))?;
        let body = http::body(response, &self.place, "a page of a list", MAX_SMALL, &|_, _| ()).await?;
        Ok(Some(Page { body, next }))
    }

    pub(super) fn failed(&self, what: &str, why: String) -> RegistryError {
        RegistryError::Failed { place: self.place.clone(), what: what.to_owned(), why }
    }

    pub(super) fn invalid(&self, why: String) -> RegistryError {
        RegistryError::InvalidResponse { place: self.place.clone(), why }
    }
}

/// Where the `Link` headers of an answer say that the next page is (RFC 8288). A header that cannot be read may lead to one, and a
/// page of another origin is not this registry's.
fn next(headers: &HeaderMap, asked: &Url, origin: &Url) -> Result<Option<Url>, String> {
    let mut found = None;
    for header in headers.get_all(LINK) {
        let unreadable = || "its `Link` header cannot be read, so the list may be incomplete".to_owned();
        let mut rest = header.to_str().map_err(|_| unreadable())?.trim();
        while !rest.is_empty() {
            let (target, after) =
                rest.strip_prefix('<').and_then(|rest| rest.split_once('>')).ok_or_else(unreadable)?;
            let (parameters, others) = after.split_once(",").unwrap_or((after, ""));
            let is_next = parameters.split(';').any(|parameter| {
                let (name, value) = parameter.split_once('=').unwrap_or_default();
                let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
                name.trim().eq_ignore_ascii_case("rel") && relations.any(|one| one.eq_ignore_ascii_case("next"))
            });
            if is_next {
                let url = asked.join(target).map_err(|_| unreadable())?;
                if url.origin() != origin.origin() {
                    return Err("the list continues on another server, which is not asked".to_owned());
                }
                found = Some(url);
            }
            rest = others.trim();
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn of(links: &[&str]) -> Result<Option<String>, String> {
        let mut headers = HeaderMap::new();
        for link in links {
            headers.append(LINK, HeaderValue::from_str(link).unwrap());
        }
        let asked = Url::parse("https://r.example/v2/a/b/tags/list?n=1000").unwrap();
        let origin = Url::parse("https://r.example/").unwrap();
        next(&headers, &asked, &origin).map(|url| url.map(|url| url.to_string()))
    }

    #[test]
    fn the_next_page_is_where_the_link_header_says() {
        let at = |url: &str| Ok(Some(url.to_owned()));
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(
            of(&["</v2/a/b/tags/list?last=x&n=9>; rel=\"next\""]),
            at("https://r.example/v2/a/b/tags/list?last=x&n=9")
        );
        assert_eq!(of(&["<?last=x>;rel=next"]), at("https://r.example/v2/a/b/tags/list?last=x"));
        assert_eq!(of(&["<https://r.example:443/z>; title=t; REL=\"last Next\""]), at("https://r.example/z"));
        assert_eq!(of(&["</a>; rel=\"prev\", </b>; rel=\"next\""]), at("https://r.example/b"));
        assert_eq!(of(&["</a>; rel=\"prev\"", "</b>; rel=\"next\""]), at("https://r.example/b"));
        assert_eq!(of(&["</a>; rel=\"prev\""]), Ok(None));
    }

    #[test]
    fn a_link_that_leads_elsewhere_or_nowhere_is_an_error() {
        for link in ["</a; rel=next", "a; rel=next", "rel=next", "<http://[>; rel=next"] {
            assert!(of(&[link]).unwrap_err().contains("cannot be read"), "{link}");
        }
        for elsewhere in ["http://r.example/a", "https://r.example:8443/a", "//other.example/a"] {
            let link = format!("<{elsewhere}>; rel=\"next\"");
            assert!(of(&[&link]).unwrap_err().contains("another server"), "{link}");
        }
    }
}
