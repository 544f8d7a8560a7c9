//! `cargo xtask demo`: builds the command and runs its `demo`.

use anyhow::Result;

use crate::tool;

/// What the task takes; everything else goes to `xiuhua demo` as it is.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Builds with optimisation: minutes longer to build, seconds to run.
    #[arg(long)]
    release: bool,
    /// Ends after the tables instead of serving.
    #[arg(long)]
    no_serve: bool,
    /// Passed on to `xiuhua demo`, such as `-- --data-dir DIR`.
    #[arg(last = true)]
    rest: Vec<String>,
}

/// Builds and runs. The whole workspace's programs are built as they are shipped: tests and benches turn further features of
/// dependencies on, and so build them once more.
///
/// # Errors
/// The build or the demo fails.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let profile = if arguments.release { "release" } else { "dev" };
    tool::run(tool::cargo().args(["build", "--workspace", "--bins", "--profile", profile]))?;

    let folder = tool::target_folder()?.join(if arguments.release { "release" } else { "debug" });
    let mut demo = tool::command(folder.join("xiuhua"));
    demo.arg("demo").args(arguments.no_serve.then_some("--no-serve")).args(&arguments.rest);
    tool::run(&mut demo)
}
