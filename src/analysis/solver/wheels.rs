//! The pinned cvc5: one wheel of PyPI per platform, each by its SHA-256. The libraries inside do not depend on Python.

/// The pinned version.
pub(super) const VERSION: &str = "1.3.1";

/// A wheel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wheel {
    /// Operating system and processor, as Rust names them.
    pub(super) os: &'static str,
    pub(super) processor: &'static str,
    /// As pip names the platform.
    pub(super) platform: &'static str,
    pub(super) sha256: &'static str,
    /// The folder inside the wheel that holds the libraries.
    pub(super) folder: &'static str,
}

/// All pinned wheels. There is none for musl.
pub(super) const WHEELS: [Wheel; 5] = [
    Wheel {
        os: "linux",
        processor: "x86_64",
        platform: "manylinux2014_x86_64",
        sha256: "ec29191d5efd04000dc6fa696e993e50601743e5ad3b16b82fb8670a40bd026d",
        folder: "cvc5.libs/",
    },
    Wheel {
        os: "linux",
        processor: "aarch64",
        platform: "manylinux2014_aarch64",
        sha256: "9c17e8df15a90f0f5a5e5d9b24825f782fac7805308fe634f7dc2ecc9830bf0a",
        folder: "cvc5.libs/",
    },
    Wheel {
        os: "macos",
        processor: "aarch64",
        platform: "macosx_11_0_arm64",
        sha256: "66b4b1472e331ca678b13f78cbb73ac069d37d7f7015af8c244e398a04bc7a91",
        folder: "cvc5/.dylibs/",
    },
    Wheel {
        os: "macos",
        processor: "x86_64",
        platform: "macosx_10_13_x86_64",
        sha256: "dbb3d1c242cf8a6c9fc979bc86b39869b90c5560faf842dbf6cb2f6bae4855c0",
        folder: "cvc5/.dylibs/",
    },
    Wheel {
        os: "windows",
        processor: "x86_64",
        platform: "win_amd64",
        sha256: "a56942b099885867ecd370b68edacd91c428547a05d620699c842a70c0aed68d",
        folder: "cvc5.libs/",
    },
];

/// The wheel of the machine this runs on.
pub(super) fn of_this_machine() -> Option<&'static Wheel> {
    let musl = cfg!(target_env = "musl");
    let fits = |wheel: &&Wheel| wheel.os == std::env::consts::OS && wheel.processor == std::env::consts::ARCH;
    WHEELS.iter().find(fits).filter(|_| !musl)
}
