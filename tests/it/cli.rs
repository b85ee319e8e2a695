//! The command line, run as a user runs it: output, standard error and exit code.
