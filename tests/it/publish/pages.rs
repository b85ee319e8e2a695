//! A registry that lists its tags in pages, as most do: a list that is not whole would let a lower version pass as the highest.
//! The registry of these tests gives all at once, so a proxy in front of it makes the pages.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use serde_json::Value;

use super::Shop;
use super::server::{Access, Registry};

/// How a proxy answers for a list of tags.
#[derive(Clone, Copy)]
enum Paging {
    /// This many at once, with a `Link` to the next page.
    Link(usize),
    /// As many as were asked for and no `Link`, behind so many other tags.
    Asked { others: usize },
    /// The first page, whichever is asked for, behind so many other tags.
    Again { others: usize },
    /// A `Link` to another server.
    Elsewhere,
    /// A `Link` to a page that does not exist.
    Nowhere,
    /// A `Link` to the same page, forever.
    Circle,
}

/// The address of a proxy before a registry. It lives as long as the tests do.
fn proxy(registry: &Registry, paging: Paging) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, upstream) = (listener.local_addr().unwrap().to_string(), registry.address.clone());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let upstream = upstream.clone();
            // Whoever hangs up in the middle is not this server's concern.
            thread::spawn(move || answer(stream, &upstream, paging));
        }
    });
    address
}

fn answer(mut stream: TcpStream, upstream: &str, paging: Paging) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    let (mut head, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        lines.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if !lower.starts_with("connection:") {
            head.push(line);
        }
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body)?;
    let target = head.first().and_then(|line| line.split(' ').nth(1)).unwrap_or("/").to_owned();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let is_list = path.ends_with("/tags/list");
    if is_list {
        head[0] = format!("GET {path} HTTP/1.1\r\n");
    }
    let mut behind = TcpStream::connect(upstream)?;
    behind.write_all(format!("{}Connection: close\r\n\r\n", head.concat()).as_bytes())?;
    behind.write_all(&body)?;
    let mut given = Vec::new();
    behind.read_to_end(&mut given)?;
    let found = String::from_utf8_lossy(&given).into_owned();
    match found.split_once("\r\n\r\n") {
        Some((head, body)) if is_list && head.starts_with("HTTP/1.1 200") => {
            stream.write_all(page(body, path, query, paging).as_bytes())?;
        }
        _ => stream.write_all(&given)?,
    }
    stream.shutdown(Shutdown::Both)
}

/// A page of a list.
fn page(list: &str, path: &str, query: &str, paging: Paging) -> String {
    let list: Value = serde_json::from_str(list).unwrap();
    let mut tags: Vec<String> = serde_json::from_value(list["tags"].clone()).unwrap();
    if let Paging::Asked { others } | Paging::Again { others } = paging {
        tags.extend((0..others).map(|number| format!("0other{number:05}")));
    }
    tags.sort();
    let field = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let asked: usize = field("n").unwrap().parse().unwrap();
    let after = match paging {
        Paging::Again { .. } | Paging::Circle => None,
        _ => field("last"),
    };
    tags.retain(|tag| after.is_none_or(|after| tag.as_str() > after));
    let count = if let Paging::Link(most) = paging { most.min(asked) } else { asked };
    let is_last = tags.len() <= count;
    tags.truncate(count);
    let link = match paging {
        Paging::Link(_) if is_last => String::new(),
        Paging::Link(most) => {
            format!("Link: <{path}?n={most}&last={}>; rel=\"next\"\r\n", tags.last().unwrap())
        }
        Paging::Asked { .. } | Paging::Again { .. } => String::new(),
        Paging::Elsewhere => format!("Link: <http://127.0.0.1:9{path}?n=1>; rel=\"next\"\r\n"),
        Paging::Nowhere => "Link: </v2/nowhere?n=1>; rel=\"next\"\r\n".to_owned(),
        Paging::Circle => format!("Link: <{path}?n=1>; rel=\"next\"\r\n"),
    };
    let body = serde_json::json!({ "name": "x", "tags": tags }).to_string();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{link}Connection: close\r\n\r\n{body}", body.len())
}

#[test]
fn all_pages_of_a_list_count_before_a_version_is_judged() {
    let Some(registry) = Registry::start(Access::Anyone) else {
        return;
    };
    for (name, paging) in [
        ("one-by-one", Paging::Link(1)),
        ("by-two", Paging::Link(2)),
        ("full-page", Paging::Asked { others: 1000 }),
        ("two-full-pages", Paging::Asked { others: 2000 }),
    ] {
        let place = format!("oci://{}/{name}/quickstart", proxy(&registry, paging));
        let shop = Shop::new();
        shop.publish("1.0.0", &place);
        for version in ["1.0.2", "1.0.3"] {
            shop.version(version);
            shop.publish(version, &place);
        }
        let said = shop.ok(&format!("channel rollback {place} --channel prod --key k/private.pem"));
        assert!(said.contains("points to quickstart 1.0.2,"), "{name}: {said}");
        shop.version("1.0.1");
        shop.refused(&format!("publish 1.0.1.cjar {place} --key k/private.pem"), &["version-order"]);
        // The version that is taken is found, too.
        shop.version("1.0.3");
        shop.refused(&format!("publish 1.0.3.cjar {place} --key k/private.pem"), &["version-taken"]);
    }
}

#[test]
fn a_list_that_may_not_be_whole_is_an_error() {
    let Some(registry) = Registry::start(Access::Anyone) else {
        return;
    };
    let shop = Shop::new();
    shop.ok(&format!("publish 1.0.0.cjar oci://{}/p --key k/private.pem", registry.address));
    shop.version("1.0.1");
    for (paging, why) in [
        (Paging::Again { others: 1000 }, "gives the same page again"),
        (Paging::Elsewhere, "continues on another server"),
        (Paging::Nowhere, "does not exist"),
        (Paging::Circle, "more than 1000 pages"),
    ] {
        let place = format!("oci://{}/p", proxy(&registry, paging));
        let run = shop.run(&format!("publish 1.0.1.cjar {place} --key k/private.pem"));
        assert_eq!(run.code, 2, "{why}: {run:?}");
        assert!(run.err.contains(why), "{why}: {run:?}");
    }
}
