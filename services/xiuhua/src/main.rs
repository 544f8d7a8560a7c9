//! The `xiuhua` command.

fn main() -> std::process::ExitCode {
    xiuhua::main()
}
