//! Serving the embedded platform over gRPC until a signal asks for the end.

use anyhow::{Context, Result};
use tokio::net::TcpListener;

use crate::cli::ServeArgs;
use crate::platform::Platform;
use crate::screen::{Outcome, Screen, told};

/// Serves on the address asked for and prints it with a line that shows how to call it.
///
/// `call` is that line; `{address}` in it stands for the address served on.
///
/// # Errors
/// If the address is taken or serving fails.
pub(crate) async fn serve(
    platform: Platform,
    arguments: &ServeArgs,
    screen: &mut Screen,
    call: &str,
) -> Result<Outcome> {
    let listener = TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("{} {}", told("无法监听", "cannot serve on"), arguments.listen))?;
    let address = listener.local_addr()?.to_string();
    screen.say(
        &format!("正在 {address} 提供 gRPC 服务（Ctrl-C 结束）。调用方式："),
        &format!("serving gRPC on {address} (Ctrl-C ends). Call it with:"),
    )?;
    let call = call.replace("{address}", &address);
    screen.say(&call, &call)?;
    if let Some(file) = &arguments.ready_file {
        std::fs::write(file, &address).with_context(|| format!("cannot write {}", file.display()))?;
    }
    platform.serve(listener, arguments.reflection).await?;
    Ok(Outcome::Done)
}

/// What to type to run this very program.
pub(crate) fn this_program() -> String {
    std::env::current_exe().map_or_else(|_| "xiuhua".to_owned(), |path| path.display().to_string())
}
