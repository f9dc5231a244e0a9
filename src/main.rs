//! The program. All it does stands in the library beside it, so that tests can do it as well.

use std::process::ExitCode;

fn main() -> ExitCode {
    linli::cli::main()
}
