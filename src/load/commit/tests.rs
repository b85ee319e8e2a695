//! Work trees as git and people leave them.

use git2::build::CheckoutBuilder;
use git2::{Index, IndexAddOption, Signature, Time};
use tempfile::TempDir;

use super::*;

const POLICY: &str = "// $Id$\nprincipal User;\n";

/// A package in the folder `p` of a repository, committed as it is.
fn repository(attributes: &str) -> (TempDir, Repository) {
    let dir = tempfile::tempdir().unwrap();
    let repository = Repository::init(dir.path()).unwrap();
    fs::create_dir_all(dir.path().join("p/policy")).unwrap();
    fs::write(dir.path().join(".gitattributes"), attributes).unwrap();
    fs::write(dir.path().join("p/gatewright.toml"), "[package]\n").unwrap();
    fs::write(dir.path().join("p/policy/a.gate"), POLICY).unwrap();
    commit(&repository);
    (dir, repository)
}

fn commit(repository: &Repository) {
    let mut index = repository.index().unwrap();
    index.add_all(["*"], IndexAddOption::DEFAULT, None).unwrap();
    index.write().unwrap();
    let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
    let who = Signature::new("a", "a@example.com", &Time::new(7, 0)).unwrap();
    let parent = repository.head().ok().map(|head| head.peel_to_commit().unwrap());
    let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
    repository.commit(Some("HEAD"), &who, &who, "c", &tree, &parents).unwrap();
}

/// Checks the files out anew, with settings of this machine.
fn checked_out(dir: &TempDir, repository: &Repository, settings: &[(&str, &str)]) {
    let mut config = repository.config().unwrap();
    for (name, value) in settings {
        config.set_str(name, value).unwrap();
    }
    for name in ["p/gatewright.toml", "p/policy/a.gate"] {
        fs::remove_file(dir.path().join(name)).unwrap();
    }
    let again = Repository::open(dir.path()).unwrap();
    again.checkout_head(Some(CheckoutBuilder::new().force())).unwrap();
}

fn load(dir: &TempDir) -> (String, Commit) {
    let (package, commit) = load_checkout(&dir.path().join("p"), &mut Diagnostics::new()).unwrap();
    let file = package.find("policy/a.gate").unwrap();
    (package.sources.text(file).to_owned(), commit.unwrap())
}

#[cfg(unix)]
fn pipe(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn on_disk(dir: &TempDir) -> String {
    fs::read_to_string(dir.path().join("p/policy/a.gate")).unwrap()
}

#[test]
fn what_a_checkout_made_of_a_file_is_no_change_and_what_was_committed_is_read() {
    for (attributes, settings, made) in [
        ("", [("core.autocrlf", "true")], "\r\n"),
        ("* text=auto\n", [("core.eol", "crlf")], "\r\n"),
        ("*.gate text eol=crlf\n", [("core.autocrlf", "input")], "\r\n"),
        ("*.gate ident\n", [("core.autocrlf", "false")], "// $Id: "),
        ("*.gate ident eol=crlf\n", [("core.autocrlf", "true")], "\r\n"),
    ] {
        let (dir, repository) = repository(attributes);
        checked_out(&dir, &repository, &settings);
        assert!(on_disk(&dir).contains(made), "{attributes} {settings:?}: {:?}", on_disk(&dir));
        let (text, commit) = load(&dir);
        assert_eq!((text.as_str(), commit.is_dirty()), (POLICY, false), "{attributes} {settings:?}");
        // A change is one with any line ends.
        let changed = on_disk(&dir).replace("User", "Staff");
        fs::write(dir.path().join("p/policy/a.gate"), &changed).unwrap();
        let (text, commit) = load(&dir);
        assert_eq!((text.as_str(), commit.is_dirty()), (changed.as_str(), true), "{attributes} {settings:?}");
    }
}

/// Line ends that nothing translates are another text, as git has it.
#[test]
fn line_ends_that_git_would_commit_are_a_change() {
    let (dir, _) = repository("");
    fs::write(dir.path().join("p/policy/a.gate"), POLICY.replace('\n', "\r\n")).unwrap();
    assert!(load(&dir).1.is_dirty());
    let (dir, repository) = repository("*.gate -text\n");
    repository.config().unwrap().set_str("core.autocrlf", "true").unwrap();
    fs::write(dir.path().join("p/policy/a.gate"), POLICY.replace('\n', "\r\n")).unwrap();
    assert!(load(&dir).1.is_dirty());
}

#[test]
fn a_file_that_is_more_less_ignored_or_hidden_is_a_change() {
    let dirty = |change: &dyn Fn(&TempDir, &Repository)| {
        let (dir, repository) = repository("");
        assert!(!load(&dir).1.is_dirty());
        change(&dir, &repository);
        let (_, commit) = load_checkout(&dir.path().join("p"), &mut Diagnostics::new()).unwrap();
        commit.unwrap().is_dirty()
    };
    let write = |dir: &TempDir, name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    assert!(dirty(&|dir, _| write(dir, "p/policy/b.gate", "")));
    assert!(dirty(&|dir, _| write(dir, "p/notes.md", "")));
    assert!(dirty(&|dir, _| fs::remove_file(dir.path().join("p/policy/a.gate")).unwrap()));
    assert!(!dirty(&|dir, _| write(dir, "elsewhere.md", "")), "it is not the package's");
    assert!(dirty(&|dir, repository| {
        write(dir, ".git/info/exclude", "b.gate\n");
        assert!(repository.is_path_ignored("p/policy/b.gate").unwrap());
        write(dir, "p/policy/b.gate", "");
    }));
    for hide in [
        |entry: &mut git2::IndexEntry| entry.flags |= IndexEntryFlag::VALID.bits(),
        |entry: &mut git2::IndexEntry| entry.flags_extended |= IndexEntryExtendedFlag::SKIP_WORKTREE.bits(),
    ] {
        for attributes in ["", "*.gate filter=other\n"] {
            assert!(dirty(&|dir, repository| {
                write(dir, ".gitattributes", attributes);
                let mut index: Index = repository.index().unwrap();
                let mut entry = index.get_path(Path::new("p/policy/a.gate"), 0).unwrap();
                hide(&mut entry);
                index.add(&entry).unwrap();
                index.write().unwrap();
                write(dir, "p/policy/a.gate", "principal Nobody;\n");
            }));
        }
    }
}

#[test]
fn what_is_not_as_committed_is_named_from_the_folder() {
    let (dir, _) = repository("");
    let write = |name: &str| fs::write(dir.path().join(name), "x").unwrap();
    for name in ["p/policy/b.gate", "p/out.cjar", "p/policy/a.gate", "elsewhere.md"] {
        write(name);
    }
    fs::remove_file(dir.path().join("p/gatewright.toml")).unwrap();
    fs::create_dir(dir.path().join("p/out")).unwrap();
    write("p/out/x");
    write("p/gatewright.toml");
    assert_eq!(load(&dir).1.changed, ["gatewright.toml", "out", "out.cjar", "policy/a.gate", "policy/b.gate"]);
}

#[test]
fn looking_writes_nothing_into_the_repository() {
    let (dir, repository) = repository("");
    checked_out(&dir, &repository, &[("core.autocrlf", "true")]);
    let changed = on_disk(&dir).replace("User", "Staff");
    fs::write(dir.path().join("p/policy/a.gate"), &changed).unwrap();
    let objects = || {
        let folders = fs::read_dir(dir.path().join(".git/objects")).unwrap();
        let files = folders.flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap());
        files.map(|file| file.unwrap().path()).collect::<std::collections::BTreeSet<_>>()
    };
    let before = objects();
    assert!(load(&dir).1.is_dirty());
    assert_eq!(objects(), before);
}

#[test]
fn outside_a_repository_and_before_its_first_commit_there_is_no_commit() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("policy")).unwrap();
    fs::write(dir.path().join("gatewright.toml"), "").unwrap();
    let load = || load_checkout(dir.path(), &mut Diagnostics::new()).unwrap().1;
    assert_eq!(load(), None);
    let repository = Repository::init(dir.path()).unwrap();
    assert_eq!(load(), None);
    fs::write(dir.path().join("elsewhere"), "").unwrap();
    let mut index = repository.index().unwrap();
    index.add_path(Path::new("elsewhere")).unwrap();
    let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
    let who = Signature::new("a", "a@example.com", &Time::new(7, 0)).unwrap();
    let id = repository.commit(Some("HEAD"), &who, &who, "c", &tree, &[]).unwrap();
    let commit = load().unwrap();
    assert_eq!(
        (commit.id, commit.time, commit.changed),
        (id.to_string(), 7, vec!["elsewhere".to_owned(), "gatewright.toml".to_owned()])
    );
    assert!(!commit_of(dir.path(), "HEAD").unwrap().is_dirty(), "a revision is as committed");
    assert!(matches!(commit_of(dir.path(), "nope"), Err(LoadError::UnknownRevision { .. })));
}

/// Files that a filter program translated: what is on disk is nothing that is understood here, and the index knows what git
/// wrote.
#[cfg(unix)]
#[test]
fn a_file_of_a_filter_is_as_git_left_it_by_the_index_alone() {
    type Note = fn(&mut IndexEntry);
    let state = |attributes: &str, note: Note, staged: bool| {
        let (dir, repository) = repository(attributes);
        let path = Path::new("p/policy/a.gate");
        fs::write(dir.path().join(path), "smudged").unwrap();
        let mut index = repository.index().unwrap();
        let mut entry = index.get_path(path, 0).unwrap();
        let found = fs::metadata(dir.path().join(path)).unwrap();
        let time = |seconds: i64, nanoseconds: i64| {
            IndexTime::new(i32::try_from(seconds).unwrap(), u32::try_from(nanoseconds).unwrap())
        };
        use std::os::unix::fs::MetadataExt as _;
        entry.mtime = time(found.mtime(), found.mtime_nsec());
        entry.ctime = time(found.ctime(), found.ctime_nsec());
        entry.file_size = u32::try_from(found.len()).unwrap();
        if staged {
            entry.id = repository.blob(b"staged").unwrap();
        }
        note(&mut entry);
        index.add(&entry).unwrap();
        index.write().unwrap();
        let (text, commit) = load(&dir);
        assert_eq!(text == POLICY, !commit.is_dirty(), "{text}");
        commit.is_dirty()
    };
    let filtered = "*.gate filter=other\n";
    let same: Note = |_| {};
    assert!(!state(filtered, same, false));
    assert!(!state("*.gate working-tree-encoding=UTF-16\n", same, false));
    // A git that notes whole seconds only.
    let seconds: Note = |entry| {
        entry.mtime = IndexTime::new(entry.mtime.seconds(), 0);
        entry.ctime = IndexTime::new(entry.ctime.seconds(), 0);
    };
    assert!(!state(filtered, seconds, false));
    assert!(state("", same, false), "no filter explains what is there");
    assert!(state("*.gate -filter\n", same, false));
    assert!(state(filtered, same, true), "something else is staged");
    let others: [Note; 7] = [
        // Of these git does not look at the file.
        |entry| entry.flags |= IndexEntryFlag::VALID.bits(),
        |entry| entry.flags_extended |= IndexEntryExtendedFlag::SKIP_WORKTREE.bits(),
        |entry| entry.file_size += 1,
        |entry| entry.mtime = IndexTime::new(entry.mtime.seconds() - 1, entry.mtime.nanoseconds()),
        |entry| entry.ctime = IndexTime::new(entry.ctime.seconds() - 1, entry.ctime.nanoseconds()),
        |entry| entry.mtime = IndexTime::new(entry.mtime.seconds(), (entry.mtime.nanoseconds() ^ 1) | 2),
        |entry| entry.ctime = IndexTime::new(entry.ctime.seconds(), (entry.ctime.nanoseconds() ^ 1) | 2),
    ];
    for (at, note) in others.into_iter().enumerate() {
        assert!(state(filtered, note, false), "{at}");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_among_what_git_reads_is_an_error_and_a_folder_of_that_name_is_none() {
    let names = [".gitignore", "p/.gitattributes", "p/policy/deep/.gitignore"];
    for name in names {
        let (dir, _) = repository("");
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        pipe(&path);
        let loaded = load_checkout(&dir.path().join("p"), &mut Diagnostics::new());
        assert!(matches!(loaded, Err(LoadError::NotAFile(found)) if found.ends_with(name)), "{name}");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(load_checkout(&dir.path().join("p"), &mut Diagnostics::new()).is_ok(), "{name}");
    }
    // What lies beside the package is not asked.
    let (dir, _) = repository("");
    fs::create_dir_all(dir.path().join("q")).unwrap();
    pipe(&dir.path().join("q/.gitignore"));
    assert!(load_checkout(&dir.path().join("p"), &mut Diagnostics::new()).is_ok());
}

#[test]
fn a_repository_that_cannot_be_read_is_not_taken_for_none() {
    let (dir, repository) = repository("");
    let head = repository.head().unwrap().name().unwrap().to_owned();
    fs::write(dir.path().join(".git").join(head), "garbage\n").unwrap();
    let loaded = load_checkout(&dir.path().join("p"), &mut Diagnostics::new());
    assert!(matches!(loaded, Err(LoadError::Git { .. })), "{loaded:?}");
    fs::write(dir.path().join(".git/config"), "[core\n").unwrap();
    let loaded = load_checkout(&dir.path().join("p"), &mut Diagnostics::new());
    assert!(matches!(loaded, Err(LoadError::Git { .. })), "{loaded:?}");
}
