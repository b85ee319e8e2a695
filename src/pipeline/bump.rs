//! From a difference to the version that it takes.

use std::collections::BTreeMap;

use crate::config::{Step, Version, with_version};
use crate::load::PackageFiles;
use crate::semdiff::{Bumped, Difference, Ground, NoNextVersion, Required, required};

use super::Checked;

/// The version that a difference takes, by the larger step of both sides' `[bump]`. Packages that are the same but for their
/// versions take none. A package that the old side does not have may have any version.
///
/// # Errors
/// Where the old side's version cannot go up.
pub fn bump(
    (old, was): (&PackageFiles, &Checked),
    (new, is): (&PackageFiles, &Checked),
    difference: &Difference,
) -> Result<Bumped, NoNextVersion> {
    if difference.is_initial() {
        let required = Required { step: Step::None, at_least: Step::None, ground: Ground::Initial };
        let version = version(is);
        return Ok(Bumped { required, old: version.clone(), new: version.clone(), next: version });
    }
    if texts(old, was) == texts(new, is) {
        let required = Required { step: Step::None, at_least: Step::None, ground: Ground::Unchanged };
        return by(required, was, is);
    }
    bump_of_shipped(was, is, difference)
}

/// The same for a difference of what two bundles ship, whatever the texts of their packages are.
///
/// # Errors
/// Where the old side's version cannot go up.
pub fn bump_of_shipped(was: &Checked, is: &Checked, difference: &Difference) -> Result<Bumped, NoNextVersion> {
    by(required(difference, &was.project.bump.stricter(is.project.bump)), was, is)
}

fn by(required: Required, was: &Checked, is: &Checked) -> Result<Bumped, NoNextVersion> {
    let (old, new) = (version(was), version(is));
    let next = old.next(required.step).ok_or_else(|| NoNextVersion(old.clone()))?;
    Ok(Bumped { required, old, new, next })
}

/// A package that was checked has a version that can be read.
fn version(checked: &Checked) -> Version {
    Version::parse(&checked.project.version).unwrap_or_else(Version::zero)
}

/// A package's texts by their names, the version aside.
fn texts(package: &PackageFiles, checked: &Checked) -> BTreeMap<String, String> {
    let text = |file, text: &str| match (package.config == Some(file), checked.project.version_place) {
        (true, Some(place)) => with_version(text, place, "").unwrap_or_else(|| text.to_owned()),
        _ => text.to_owned(),
    };
    let all = package.sources.iter();
    all.map(|(file, source)| (source.name().to_owned(), text(file, source.text()))).collect()
}
