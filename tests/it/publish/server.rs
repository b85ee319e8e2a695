//! Servers on this machine: Debian's `docker-registry`, and a small file server which can lie.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::{fs, thread};

use tempfile::TempDir;

use crate::support::{has, root};

/// A name and a password, and their line in a file of Apache's `htpasswd -B`.
pub(crate) const USER: (&str, &str) = ("gate", "open-sesame");
const HTPASSWD: &str = "gate:$2b$04$xNAbBty/7YRoYRiqY5ONmO0VmlHRR/wii1xH/2vkzLjmhGF9CBtV2\n";

/// Whether a registry wants to know who asks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Anyone,
    Password,
}

/// A registry that ends with this value.
pub(crate) struct Registry {
    child: Child,
    pub(crate) address: String,
    _dir: TempDir,
}

impl Registry {
    /// `None` where there is no such program.
    pub(crate) fn start(access: Access) -> Option<Self> {
        let on_path = || Command::new("docker-registry").arg("--version").output().is_ok();
        let present = root().join("target/registry/usr/bin/docker-registry").is_file() || on_path();
        if !has("registry", present) {
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new(root().join("tests/registry.sh"));
        command.arg("start").arg(dir.path());
        if access == Access::Password {
            let passwords = dir.path().join("htpasswd");
            fs::write(&passwords, HTPASSWD).unwrap();
            command.arg(passwords);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        assert!(address.starts_with("127.0.0.1:"), "{address}");
        Some(Self { child, address, _dir: dir })
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // The script ends the registry when its standard input ends.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// What a file server does to a file before it gives it: path and bytes in, bytes or a status out.
pub(crate) type Change = dyn Fn(&str, Vec<u8>) -> Result<Vec<u8>, u16> + Send + Sync;

/// A file server over a folder. It lives as long as the tests do.
pub(crate) struct Files {
    pub(crate) url: String,
    /// What was asked for, each with the status of the answer.
    pub(crate) asked: Arc<Mutex<Vec<(String, u16)>>>,
}

impl Files {
    pub(crate) fn honest(folder: &Path) -> Self {
        Self::start(folder, Box::new(|_, bytes| Ok(bytes)))
    }

    pub(crate) fn start(folder: &Path, change: Box<Change>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (folder, log) = (folder.to_owned(), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Whoever hangs up in the middle is not this server's concern.
                let _ = answer(stream, &folder, &change, &log);
            }
        });
        Self { url, asked }
    }
}

fn answer(
    mut stream: TcpStream,
    folder: &Path,
    change: &Change,
    log: &Mutex<Vec<(String, u16)>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    let mut request = String::new();
    lines.read_line(&mut request)?;
    let path = request.split(' ').nth(1).unwrap_or("/").trim_start_matches('/').to_owned();
    let mut wanted = None;
    loop {
        let mut line = String::new();
        lines.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(tag) = line.to_ascii_lowercase().strip_prefix("if-none-match:") {
            wanted = Some(tag.trim().to_owned());
        }
    }
    let file: PathBuf = folder.join(&path);
    let mut bytes = Vec::new();
    let found = fs::File::open(file).and_then(|mut file| file.read_to_end(&mut bytes)).is_ok();
    let tag = format!("\"{}\"", gatewright::bundle::sha256_hex(&bytes));
    let (status, body) = match found {
        false => (404, Vec::new()),
        true if wanted.as_deref() == Some(&tag) => (304, Vec::new()),
        true => match change(&path, bytes) {
            Ok(bytes) => (200, bytes),
            Err(status) => (status, Vec::new()),
        },
    };
    log.lock().unwrap().push((path, status));
    let location = if status == 302 { "Location: http://127.0.0.1:9/\r\n" } else { "" };
    write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nETag: {tag}\r\n{location}Connection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)
}
