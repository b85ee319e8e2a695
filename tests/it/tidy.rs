//! The rules of the house that no compiler keeps: layers, owners of crates, import circles, headers, sizes, and that code, pages,
//! examples and tests name each other completely. Each test lists every offence with its file and line.

mod circles;
mod complete;
mod features;
mod files;
mod layers;
mod lints;
mod words;
