//! All integration tests, one binary. Each module below is a file or folder beside this one; `tidy` demands that none is
//! forgotten.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "tests fail by panicking, and read the repository"
)]

mod access;
mod authzen;
mod book;
mod bounds;
mod cedar_examples;
mod cedar_integration;
mod ci;
mod cli;
mod clients;
mod fail_open;
mod grammar;
mod guards;
mod guide;
mod import;
mod labelled;
mod mdtest;
mod narrowing;
mod ports;
mod prove;
mod prover;
mod publish;
mod read_back;
mod reference;
mod roles_form;
mod scenarios;
mod screen;
mod semantic_lints;
mod semdiff;
mod stages;
mod support;
mod tidy;
mod trust;
mod unknown_types;
mod witnesses;
