//! The archive that a bundle travels as. A tree of files has exactly one archive, and no other bytes are taken for it:
//! ZIP (APPNOTE 6.3), every entry stored and not compressed, names in bytewise order, times at 1980-01-01, modes at 0644,
//! no extra fields, no comments, no folders, nothing before, between or behind the records. So the digest of the file is
//! the identity of what is in it, and no two readers of ZIP can see two things in one archive.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::{Cursor, Write as _};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::{BundleTree, Refusal};

/// What an archive may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// The whole file, in bytes.
    pub bytes: usize,
    /// One entry, in bytes.
    pub entry_bytes: usize,
    /// Entries.
    pub entries: usize,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self { bytes: 64 * 1024 * 1024, entry_bytes: 64 * 1024 * 1024, entries: 10_000 }
    }
}

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
const LOCAL_BYTES: usize = 30;
const CENTRAL_BYTES: usize = 46;
const END_BYTES: usize = 22;
/// Longest path of an entry.
const MAX_NAME: usize = 512;
/// The type bits of a Unix mode, and those of a symbolic link (`sys/stat.h`).
const TYPE_BITS: u16 = 0o170_000;
const SYMBOLIC_LINK: u16 = 0o120_000;

/// The one archive of a tree.
///
/// # Errors
/// Where a name cannot be that of an entry, which [`name_fault`] tells, or the tree is too large for a ZIP archive.
pub fn pack(tree: &BundleTree) -> Result<Vec<u8>, Refusal> {
    if let Some(fault) = tree.iter().find_map(|(name, _)| name_fault(name)) {
        return Err(fault);
    }
    if let Some(fault) = look_alike(tree.iter().map(|(name, _)| name)) {
        return Err(fault);
    }
    write(tree).map_err(|error| Refusal::new("archive-form", format!("the archive cannot be written: {error}")))
}

fn write(tree: &BundleTree) -> Result<Vec<u8>, ZipError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in tree.iter() {
        writer.start_file(name, options)?;
        writer.write_all(bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// The tree of an archive that [`pack`] wrote.
///
/// # Errors
/// For every other byte sequence, with the first thing that is wrong with it.
pub fn unpack(bytes: &[u8], limits: &ArchiveLimits) -> Result<BundleTree, Refusal> {
    if bytes.len() > limits.bytes {
        let message = format!("the archive has {} bytes, more than {}", bytes.len(), limits.bytes);
        return Err(Refusal::new("archive-oversize", message));
    }
    let mut reader = Reader { bytes, at: 0 };
    let mut tree = BundleTree::default();
    let mut names: Vec<&str> = Vec::new();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    while reader.is_at(LOCAL) {
        let (name, content) = local(&mut reader, limits)?;
        if names.len() == limits.entries {
            let message = format!("the archive has more than {} entries", limits.entries);
            return Err(Refusal::new("archive-oversize", message));
        }
        match seen.entry(name.to_ascii_lowercase()) {
            Entry::Occupied(known) => return Err(twice(known.get(), name)),
            Entry::Vacant(free) => free.insert(name),
        };
        names.push(name);
        tree.insert(name, content);
    }
    if names.is_empty() {
        return Err(broken("it does not start with an entry"));
    }
    for name in &names {
        central(&mut reader, name)?;
    }
    end(&reader, names.len())?;
    // What is left, such as checksums, offsets and versions, is right exactly if it is what would be written.
    match pack(&tree) {
        Ok(written) if written == bytes => Ok(tree),
        _ => Err(Refusal::new(
            "archive-form",
            "the archive is not in canonical form: a time, mode, order, checksum or offset differs from what `bundle` writes",
        )),
    }
}

/// Why a path cannot be that of an entry. Only printable ASCII is one, so that no two names look alike.
#[must_use]
pub fn name_fault(name: &str) -> Option<Refusal> {
    let fault = |why: &str| {
        let shown: String = name.chars().take(80).flat_map(char::escape_default).collect();
        Some(Refusal::new("entry-name", format!("the entry `{shown}` {why}")))
    };
    if name.is_empty() || name.len() > MAX_NAME {
        return fault("has a name that is empty or too long");
    }
    if !name.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return fault("has a character in its name that is not printable ASCII");
    }
    if name.contains(['\\', ':', '<', '>', '"', '|', '?', '*']) {
        return fault("has a character in its name that some systems do not allow");
    }
    if name.starts_with('/') {
        return fault("is an absolute path");
    }
    let part_fault = name.split('/').find_map(|part| match part {
        "" => Some("is a folder, or has an empty part in its path"),
        "." | ".." => Some("leads out of the folder that it is unpacked into"),
        part if part.ends_with(['.', ' ']) || part.starts_with(' ') => {
            Some("has a name that starts or ends with a space or ends with a dot")
        }
        _ => None,
    });
    part_fault.and_then(fault)
}

/// Two names that are one where case does not count.
fn look_alike<'a>(names: impl Iterator<Item = &'a str>) -> Option<Refusal> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for name in names {
        if let Some(known) = seen.insert(name.to_ascii_lowercase(), name) {
            return Some(twice(known, name));
        }
    }
    None
}

fn twice(known: &str, name: &str) -> Refusal {
    let message = match known == name {
        true => format!("duplicate entry `{name}`"),
        false => format!("the entries `{known}` and `{name}` are the same file if case is ignored"),
    };
    Refusal::new("entry-twice", message)
}

fn broken(why: &str) -> Refusal {
    Refusal::new("archive-broken", format!("it is not a complete bundle archive: {why}"))
}

/// A position in the archive.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn is_at(&self, signature: [u8; 4]) -> bool {
        self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(&signature))
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Refusal> {
        let end = self.at.checked_add(count);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or_else(|| broken("it ends in the middle of a record"))?;
        self.at = self.at.saturating_add(count);
        Ok(taken)
    }
}

/// A record of fixed length, its numbers little-endian.
struct Record<'a>(&'a [u8]);

impl Record<'_> {
    fn short(&self, at: usize) -> u16 {
        self.number::<2>(at).map_or(0, u16::from_le_bytes)
    }

    fn long(&self, at: usize) -> usize {
        let number = self.number::<4>(at).map_or(0, u32::from_le_bytes);
        usize::try_from(number).unwrap_or(usize::MAX)
    }

    fn number<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..)?.first_chunk::<N>().copied()
    }
}

/// One entry, its header checked as far as that gives a better reason than the comparison at the end.
fn local<'a>(reader: &mut Reader<'a>, limits: &ArchiveLimits) -> Result<(&'a str, &'a [u8]), Refusal> {
    let header = Record(reader.take(LOCAL_BYTES)?);
    let name = reader.take(usize::from(header.short(26)))?;
    let name = std::str::from_utf8(name).map_err(|_| {
        let shown = String::from_utf8_lossy(name).into_owned();
        Refusal::new("entry-name", format!("the entry `{}` is not ASCII", shown.escape_default()))
    })?;
    if let Some(fault) = name_fault(name) {
        return Err(fault);
    }
    if header.short(8) != 0 || header.short(6) != 0 {
        let message =
            format!("the entry `{name}` is compressed, encrypted or streamed; entries must be stored uncompressed");
        return Err(Refusal::new("entry-compressed", message));
    }
    if header.short(28) != 0 {
        return Err(Refusal::new("archive-form", format!("the entry `{name}` has extra fields")));
    }
    let size = header.long(22);
    if size != header.long(18) {
        let message = format!("the entry `{name}` has two sizes");
        return Err(Refusal::new("entry-compressed", message));
    }
    if size > limits.entry_bytes {
        let message = format!("the entry `{name}` has {size} bytes, more than {}", limits.entry_bytes);
        return Err(Refusal::new("archive-oversize", message));
    }
    Ok((name, reader.take(size)?))
}

/// The directory's record of an entry.
fn central(reader: &mut Reader<'_>, name: &str) -> Result<(), Refusal> {
    if !reader.is_at(CENTRAL) {
        return Err(broken(&format!("its directory does not list `{name}` in its place")));
    }
    let header = Record(reader.take(CENTRAL_BYTES)?);
    let listed = reader.take(usize::from(header.short(28)))?;
    if listed != name.as_bytes() {
        let listed = String::from_utf8_lossy(listed).into_owned();
        let message = format!("its directory lists `{}`, but the entry is `{name}`", listed.escape_default());
        return Err(Refusal::new("archive-form", message));
    }
    if header.short(40) & TYPE_BITS == SYMBOLIC_LINK {
        return Err(Refusal::new("entry-link", format!("the entry `{name}` is a symbolic link")));
    }
    if header.short(30) != 0 || header.short(32) != 0 {
        let message = format!("the directory's record of `{name}` has extra fields or a comment");
        return Err(Refusal::new("archive-form", message));
    }
    Ok(())
}

/// The record at the very end.
fn end(reader: &Reader<'_>, count: usize) -> Result<(), Refusal> {
    let rest = reader.bytes.get(reader.at..).unwrap_or_default();
    if rest.starts_with(&CENTRAL) {
        let message = format!("its directory lists more than its {count} entries");
        return Err(Refusal::new("second-directory", message));
    }
    if !rest.starts_with(&END) || rest.len() < END_BYTES {
        return Err(broken("it has no end record after its directory"));
    }
    let behind = rest.get(END_BYTES..).unwrap_or_default();
    if behind.windows(4).any(|four| four == CENTRAL || four == END) {
        return Err(Refusal::new("second-directory", "a second directory follows the first"));
    }
    if !behind.is_empty() {
        let message = format!("{} bytes follow the end of the archive", behind.len());
        return Err(Refusal::new("trailing-data", message));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
