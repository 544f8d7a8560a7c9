//! The commands of `docs/operations.md` do what it says: its `sh` blocks run one after another, as an operator types them.

use std::process::Command;

use xiuhua_tests::{program, repository};

#[test]
fn the_commands_of_the_operations_manual_run() {
    let text = repository::text("docs/operations.md");
    let blocks: Vec<_> = text.split("```sh\n").skip(1).filter_map(|rest| rest.split_once("\n```")).collect();
    let script: Vec<_> = blocks.iter().map(|(block, _)| *block).collect();
    let script = script.join("\n");
    for command in ["import", "withdraw", "--as-of", "publish", "unpublish", "backup", "restore", "verify"] {
        assert!(script.contains(command), "{command} is not shown");
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let xiuhua = program::built("xiuhua");
    let programs = xiuhua.parent().expect("a program lies in a folder").display();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut shell = Command::new("sh");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("XIUHUA_")) {
        shell.env_remove(name);
    }
    let output = shell
        .current_dir(folder.path())
        .env("PATH", format!("{programs}:{path}"))
        .args(["-eu", "-c", &script])
        .output()
        .expect("a shell");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
