//! `gatewright fmt`: files, folders, standard input; what does not parse is left alone.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use super::{Copy, gatewright, run};

const UGLY: &str = "role   helper for User{allow read on Invoice;}\n";

#[test]
fn the_examples_are_formatted() {
    let run = run("fmt --check examples");
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", ""));
}

#[test]
fn check_names_what_would_change_and_changes_nothing() {
    let package = Copy::of("quickstart");
    package.write("policy/ugly.gate", UGLY);
    let run = package.run("fmt --check .");
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    assert_eq!(run.out, "would format ./policy/ugly.gate\n");
    assert_eq!(package.read("policy/ugly.gate"), UGLY);
}

#[test]
fn formatting_changes_files_once() {
    let package = Copy::of("quickstart");
    package.write("policy/ugly.gate", UGLY);
    let run = package.run("fmt policy/ugly.gate policy");
    assert_eq!((run.code, run.out.as_str()), (0, "formatted policy/ugly.gate\n"), "named twice, formatted once");
    assert_eq!(package.read("policy/ugly.gate"), "role helper for User { allow read on Invoice; }\n");
    assert_eq!(package.run("fmt .").out, "");
}

#[test]
fn what_does_not_parse_is_shown_and_left_alone_and_the_rest_is_formatted() {
    let package = Copy::of("quickstart");
    package.write("policy/broken.gate", "role   {");
    package.write("policy/ugly.gate", UGLY);
    fs::write(package.path("policy/latin.gate"), b"// caf\xe9\nrole   a for User;").unwrap();
    let run = package.run("fmt policy");
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    assert!(run.out.contains("policy/broken.gate:1:") && run.out.contains("error[not-utf8]"), "{}", run.out);
    assert_eq!(package.read("policy/broken.gate"), "role   {");
    assert_eq!(fs::read(package.path("policy/latin.gate")).unwrap(), b"// caf\xe9\nrole   a for User;");
    assert_ne!(package.read("policy/ugly.gate"), UGLY);
}

#[test]
fn standard_input_goes_to_standard_output() {
    for (args, text, code, out) in [
        (["fmt", "-"].as_slice(), UGLY, 0, "role helper for User { allow read on Invoice; }\n"),
        (&["fmt", "--check", "-"], UGLY, 1, ""),
        (&["fmt", "--check", "-"], "role a for User;\n", 0, ""),
    ] {
        let mut child =
            gatewright(crate::support::root()).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), out, "{args:?}");
    }
}

/// Standard input is treated as files are: UTF-16 and what is not UTF-8 is one fault, and nothing is printed as formatted.
#[test]
fn standard_input_of_another_encoding_is_a_fault() {
    let wide: Vec<u8> = [0xfeff_u16].into_iter().chain(UGLY.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for (bytes, says) in [
        (wide, "`<standard input>` is UTF-16"),
        (b"// caf\xe9\nrole a for User;\n".to_vec(), "`<standard input>` is not UTF-8: byte 0xe9 at offset 6"),
    ] {
        let mut child = gatewright(crate::support::root())
            .args(["fmt", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&bytes).unwrap();
        let output = child.wait_with_output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{out}");
        assert!(out.contains("error[not-utf8]") && out.contains(says), "{out}");
        assert!(!out.contains("role helper for User { allow"), "{out}");
    }
}

#[test]
fn what_is_not_gate_is_not_touched() {
    for (args, says) in [
        ("fmt README.md", "`README.md` is not a `.gate` file"),
        ("fmt .ci", "no `.gate` files to format"),
        ("fmt nowhere.gate", "file `nowhere.gate` not found\n  help: pass `.gate` files"),
    ] {
        let run = run(args);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{args}");
        assert!(run.err.contains(says), "{args}: {}", run.err);
    }
}

#[cfg(unix)]
#[test]
fn a_named_link_stays_and_its_target_is_formatted_and_one_below_a_folder_is_named() {
    let package = Copy::of("quickstart");
    package.write("kept/ugly.gate", UGLY);
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, package.path(name)).unwrap();
    link("../kept/ugly.gate", "policy/link.gate");
    let refused = |what: &str| {
        let run = package.run("fmt policy");
        assert!(run.code == 2 && run.err.contains(what), "{}{}", run.out, run.err);
        assert_eq!(package.read("kept/ugly.gate"), UGLY);
    };
    refused("`policy/link.gate` is a symbolic link");
    let run = package.run("fmt policy/link.gate");
    assert_eq!((run.code, run.out.as_str()), (0, "formatted policy/link.gate\n"));
    assert_eq!(package.read("kept/ugly.gate"), "role helper for User { allow read on Invoice; }\n");
    assert!(fs::symlink_metadata(package.path("policy/link.gate")).unwrap().is_symlink());
    fs::remove_file(package.path("policy/link.gate")).unwrap();
    package.write("kept/ugly.gate", UGLY);
    let made = std::process::Command::new("mkfifo").arg(package.path("policy/pipe.gate")).status();
    assert!(made.unwrap().success());
    refused("`policy/pipe.gate` is neither a file nor a folder");
}
