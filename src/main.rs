//! The binary: hands the process's arguments to the library.

/// A third of a run's time goes to memory, of many small parts and from several threads.
#[cfg(feature = "allocator")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> gatewright::cli::Exit {
    gatewright::cli::main()
}
