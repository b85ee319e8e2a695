//! Input that means harm, or is merely broken: each works or is a located error, and none takes long, panics or floods.

use std::fs;
use std::time::{Duration, Instant};

use super::{Copy, Run};

/// Checks a package with this policy file beside its own.
fn check(bytes: &[u8]) -> Run {
    let package = Copy::of("quickstart");
    fs::write(package.path("policy/hostile.gate"), bytes).unwrap();
    let start = Instant::now();
    let run = package.run("check .");
    assert!(start.elapsed() < Duration::from_secs(20), "took {:?}", start.elapsed());
    assert!([0, 1].contains(&run.code), "{}: {}", run.code, run.err);
    assert_eq!(run.err, "");
    assert!(run.out.len() < 200_000, "{} bytes of output", run.out.len());
    run
}

fn is_located(run: &Run, code: &str) {
    assert_eq!(run.code, 1);
    assert!(run.out.contains(&format!("error[{code}]")), "{}", run.out);
    assert!(run.out.contains("policy/hostile.gate:"), "{}", run.out);
}

#[test]
fn a_line_of_a_megabyte() {
    let names = "x".repeat(1 << 20);
    let run = check(format!("role {names} for Usr;").as_bytes());
    is_located(&run, "unknown-name");
    let many = "role a for Usr; ".repeat((1 << 20) / 16);
    is_located(&check(many.as_bytes()), "unknown-name");
}

#[test]
fn ten_thousand_nested_parentheses_braces_and_nots() {
    let nested =
        |open: &str, close: &str| format!("condition deep = {}true{};", open.repeat(10_000), close.repeat(10_000));
    is_located(&check(nested("(", ")").as_bytes()), "nesting-too-deep");
    is_located(&check(nested("[", "]").as_bytes()), "nesting-too-deep");
    is_located(&check(nested("{a: ", "}").as_bytes()), "nesting-too-deep");
    is_located(&check(nested("!", "").as_bytes()), "nesting-too-deep");
    is_located(&check(nested("if true then ", " else false").as_bytes()), "nesting-too-deep");
    is_located(&check("(".repeat(10_000).as_bytes()), "unclosed-bracket");
    is_located(&check("}".repeat(10_000).as_bytes()), "unmatched-bracket");
}

#[test]
fn characters_that_belong_nowhere() {
    is_located(&check(b"role a\0 for User;"), "hidden-character");
    is_located(&check("role a\u{202e} for User;".as_bytes()), "hidden-character");
    is_located(&check("role a for User\u{1b}[2J;".as_bytes()), "hidden-character");
    is_located(&check("rolé a for User;".as_bytes()), "stray-character");
    is_located(&check(b"role a for User; // caf\xe9"), "not-utf8");
    is_located(&check(&[0xff, 0xfe, b'r', 0]), "not-utf8");
}

#[test]
fn marks_and_line_ends_of_other_systems() {
    assert_eq!(check(b"\xef\xbb\xbf").code, 0, "a lone BOM");
    assert_eq!(check(b"").code, 0);
    assert_eq!(check(b"\n\r\n\t  ").code, 0);
    let crlf = check("/// A helper.\r\nrole helper for User {\r\n    allow red on Invoice;\r\n}\r\n".as_bytes());
    is_located(&crlf, "unknown-name");
    assert!(crlf.out.contains("policy/hostile.gate:3:11"), "{}", crlf.out);
}

#[cfg(unix)]
#[test]
fn links_and_files_that_cannot_be_read() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let package = Copy::of("quickstart");
    symlink("loop.gate", package.path("policy/loop.gate")).unwrap();
    symlink("..", package.path("policy/up")).unwrap();
    let run = package.run("check .");
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    assert_eq!(run.out.matches("error[symbolic-link]").count(), 2, "{}", run.out);

    let package = Copy::of("quickstart");
    let secret = package.path("policy/secret.gate");
    fs::write(&secret, "").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&secret).is_ok() {
        // The superuser reads everything.
        return;
    }
    let run = package.run("check .");
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    assert!(run.out.contains("error[unreadable-file]"), "{}", run.out);
}

#[test]
fn a_package_without_a_word() {
    let package = Copy::of("quickstart");
    fs::write(package.path("policy/invoices.gate"), "").unwrap();
    let run = package.run("check .");
    assert_eq!(run.code, 1);
    assert!(run.out.contains("error[empty-program]"), "{}", run.out);
    fs::remove_dir_all(package.path("policy")).unwrap();
    let run = package.run("check .");
    assert_eq!(run.code, 1);
    assert!(run.out.contains("error[empty-package]"), "{}", run.out);
}
