//! `gatewright bundle verify --trust` in a build without the feature `signing`: no signature can be checked.

use std::path::Path;

use crate::bundle::Bundle;
use crate::cli::args::BundleVerify;
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::left_out::LeftOut;

use super::vouched::Vouched;

/// Nothing vouches for a bundle here.
pub(super) fn vouched(
    _: &Path,
    _: &BundleVerify,
    _: &Bundle,
    _: &mut Console,
) -> Result<Result<Vouched, Exit>, CliError> {
    Err(LeftOut { verb: "bundle verify --trust", feature: "signing" }.into())
}
