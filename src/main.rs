//! The binary: hands the process's arguments to the library.

fn main() -> gatewright::cli::Exit {
    gatewright::cli::main()
}
