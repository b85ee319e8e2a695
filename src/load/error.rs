//! What the outside world can do to loading and writing. Faults in the files themselves are diagnostics instead.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Loading or writing could not be done at all.
#[derive(Debug, Error)]
pub enum LoadError {
    /// There is nothing at the path.
    #[error("`{}` does not exist", .0.display())]
    Missing(PathBuf),
    /// The path is not a package.
    #[error("`{}` is not a package", path.display())]
    NotAPackage {
        /// The path.
        path: PathBuf,
        /// The package around it, if it lies in one.
        around: Option<PathBuf>,
    },
    /// A file or folder named by the user cannot be read.
    #[error("cannot read `{}`: {}", path.display(), cause.kind())]
    Read {
        /// The path.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// A path named by the user is neither a file nor a link to one.
    #[error("`{}` is not a file", .0.display())]
    NotAFile(PathBuf),
    /// A link whose target is missing.
    #[error("`{}` is a symbolic link to something that does not exist", .0.display())]
    LinkToNowhere(PathBuf),
    /// Something with the ending of the files that are looked for, below a folder, that is no regular file.
    #[error("`{}` is {what}; below a folder, only regular files are read", path.display())]
    NotReadBelow {
        /// The path.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// A revision is asked for where there is no repository.
    #[error("`{}` is not in a git repository", .0.display())]
    NotARepository(PathBuf),
    /// The repository has no such revision.
    #[error("unknown revision `{revision}`")]
    UnknownRevision {
        /// What was asked for.
        revision: String,
        /// A branch or tag of nearly that name.
        near: Option<String>,
        /// How much of its history the repository has.
        history: History,
    },
    /// The revision is there, the package in it is not.
    #[error("revision `{revision}` has no package `{}`", path.display())]
    NotInRevision {
        /// The package.
        path: PathBuf,
        /// The revision.
        revision: String,
    },
    /// Two revisions went apart nowhere.
    #[error("`{0}` and `{1}` have no common commit")]
    NoCommonCommit(String, String),
    /// The repository cannot be read.
    #[error("cannot read the repository of `{}`: {message}", path.display())]
    Git {
        /// The package.
        path: PathBuf,
        /// git's reason.
        message: String,
    },
    /// A repository in a format that libgit2 does not read.
    #[error("the git repository of `{}` uses {format}, which is not supported", path.display())]
    RepositoryFormat {
        /// The package.
        path: PathBuf,
        /// What it uses.
        format: String,
    },
    /// A repository has its files elsewhere.
    #[error("`{}` is not in the work tree of its git repository", path.display())]
    OutsideWorkTree {
        /// The package.
        path: PathBuf,
        /// The folder with the files; `None`: it has none.
        top: Option<PathBuf>,
    },
    /// A folder of git is there and is no repository.
    #[error("`{}` is not a git repository", .0.display())]
    BrokenRepository(PathBuf),
    /// A folder of git has too much in it to be looked at.
    #[error("`{}` has more than {most} files", path.display())]
    LargeRepository {
        /// The folder.
        path: PathBuf,
        /// How many are looked at.
        most: usize,
    },
    /// A file cannot be written.
    #[error("cannot write `{}`: {}", path.display(), cause.kind())]
    Write {
        /// The path.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The output folder holds something that no earlier build wrote.
    #[error("`{}` contains `{found}`, which an earlier build did not write", dir.display())]
    NotABuild {
        /// The folder.
        dir: PathBuf,
        /// What is in it.
        found: String,
    },
    /// A path that would leave the output folder.
    #[error("`{name}` is not a path inside `{}`", dir.display())]
    OutsideFolder {
        /// The folder.
        dir: PathBuf,
        /// The path.
        name: String,
    },
}

/// How much of its history a repository has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// All of it.
    Whole,
    /// What a shallow clone brought.
    Part,
    /// None: nothing was committed yet.
    None,
}

impl LoadError {
    pub(super) fn read(path: &Path, cause: io::Error) -> Self {
        let path = path.to_owned();
        match cause.kind() {
            io::ErrorKind::NotFound => Self::Missing(path),
            _ => Self::Read { path, cause },
        }
    }

    pub(super) fn write(path: &Path, cause: io::Error) -> Self {
        Self::Write { path: path.to_owned(), cause }
    }

    /// What to do instead.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        const PACKAGE: &str = "a package is a folder with `gatewright.toml` and `policy/`; \
                               for existing Cedar policies, pass the `.cedar` files and `--schema FILE`";
        match self {
            Self::Missing(path) if path.extension().is_some() => {
                Some("check the path; it is read from the current folder".to_owned())
            }
            Self::Missing(_) => Some(PACKAGE.to_owned()),
            Self::NotAPackage { around: None, .. } => Some(PACKAGE.to_owned()),
            Self::NotAPackage { around: Some(around), .. } if around.as_os_str() == "." => {
                Some("it is inside the package in this folder; leave PACKAGE out, or pass `.`".to_owned())
            }
            Self::NotAPackage { around: Some(around), .. } => {
                Some(format!("it is inside the package `{}`; pass that folder", around.display()))
            }
            Self::NotABuild { .. } => Some("use an empty or new folder, or one that `build` wrote".to_owned()),
            Self::OutsideFolder { .. } => Some("delete the folder and build again".to_owned()),
            Self::UnknownRevision { near: Some(near), .. } => Some(format!("did you mean `{near}`?")),
            Self::UnknownRevision { history: History::None, .. } => {
                Some("the repository has no commits yet".to_owned())
            }
            Self::UnknownRevision { history: History::Part, .. } => {
                Some("this clone is shallow; run `git fetch --unshallow` to get the full history".to_owned())
            }
            Self::UnknownRevision { .. } => Some("use a commit, branch or tag, such as `HEAD~1`".to_owned()),
            Self::NoCommonCommit(..) => Some(
                "a shallow clone may lack it; run `git fetch --unshallow`, or use `..`, which needs no common commit"
                    .to_owned(),
            ),
            Self::NotInRevision { .. } => Some(
                "the package must have its `gatewright.toml` in that revision; to compare a package \
                 that moved, use `diff --from OLD --to NEW`, with `git worktree` for the old version"
                    .to_owned(),
            ),
            Self::NotARepository(_) => Some(
                "revisions need a git repository; without one, leave out `--at-rev`, or compare two folders with \
                 `diff --from OLD --to NEW`"
                    .to_owned(),
            ),
            Self::OutsideWorkTree { top: Some(top), .. } => Some(format!(
                "`core.worktree` of the repository is `{}`; pass the package in that folder",
                top.display()
            )),
            Self::OutsideWorkTree { top: None, .. } => {
                Some("`core.bare` says that the repository has no files; pass the package in a work tree".to_owned())
            }
            Self::BrokenRepository(_) => Some(
                "repair it, or remove it if the package is in no repository; `git fsck` reports what is wrong"
                    .to_owned(),
            ),
            Self::LargeRepository { .. } => Some("run `git gc`, which packs the objects".to_owned()),
            Self::LinkToNowhere(_) => Some("create what it leads to again, or remove the link".to_owned()),
            Self::NotReadBelow { .. } => Some("remove it, or name the files one by one".to_owned()),
            Self::RepositoryFormat { .. } => Some(
                "`git refs migrate --ref-format=files` converts reftables, and `git sparse-checkout reapply --no-sparse-index` a \
                 sparse index; SHA-256 objects cannot be converted: copy the package out of the repository, and compare \
                 folders with `diff --from OLD --to NEW`"
                    .to_owned(),
            ),
            Self::Git { .. } => None,
            Self::Read { .. } | Self::NotAFile(_) | Self::Write { .. } => None,
        }
    }
}
