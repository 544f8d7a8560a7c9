//! The Chinese README, followed to the letter by somebody who reads no code: commands are typed as they stand, tables are
//! typed into the workbooks that the text names, and what the text says one will see is seen.

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;
use std::process::Command;

use xiuhua_tests::{program, repository};

use super::desk::{Sheet, Workbook};

/// The part of the README that is followed.
const SECTION: &str = "\n## 填报手册";
/// What stands for the rest of a line that differs each time.
const ELLIPSIS: char = '…';

/// One thing the text asks for.
enum Step {
    /// Type these commands.
    Type(String),
    /// See these lines.
    See(Vec<String>),
    /// Open one workbook, type this table, save it as another.
    Fill { open: String, save: String, table: Vec<Vec<String>> },
}

#[test]
fn the_manual_leads_from_a_template_to_a_report_without_a_look_at_the_code() {
    let readme = repository::text("README.zh-CN.md");
    let (_, section) = readme.split_once(SECTION).expect("the README has the manual");
    let section = section.split("\n## ").next().expect("a split has a first part");
    let steps = steps(section);
    let kinds = steps.iter().map(|step| match step {
        Step::Type(commands) => commands.as_str(),
        Step::See(_) => "(see)",
        Step::Fill { .. } => "(fill)",
    });
    let script: Vec<_> = kinds.collect();
    let script = script.join("\n");
    for needed in
        ["xiuhua template", "(fill)", "xiuhua import", "xiuhua quarantine", "xiuhua assess", "xiuhua report"]
    {
        assert!(script.contains(needed), "{needed} is not in the manual");
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut transcript = String::new();
    let mut said = String::new();
    for step in steps {
        match step {
            Step::Type(commands) => {
                said = typed(folder.path(), &commands, &transcript);
                transcript.push_str(&format!("$ {commands}\n{said}"));
            }
            Step::See(lines) => {
                let mut rest = said.lines();
                for line in lines {
                    let seen = rest.any(|shown| matches(shown, &line));
                    assert!(seen, "“{line}” is not to be seen (any more) in:\n{transcript}");
                }
            }
            Step::Fill { open, save, table } => {
                let mut book = Workbook::open(&folder.path().join(&open));
                fill(&mut book.sheets[0], &table);
                book.save(&folder.path().join(&save));
                transcript.push_str(&format!("({open} → {save})\n"));
            }
        }
    }
    let report = std::fs::read_dir(folder.path().join("报告"))
        .expect("a folder")
        .map(|file| file.expect("a file").path());
    let kinds: BTreeSet<_> =
        report.filter_map(|file| file.extension()?.to_str().map(str::to_owned)).collect();
    assert!(kinds.contains("html") && kinds.contains("pdf"), "{kinds:?}\n{transcript}");
}

/// What the text asks for, in its order.
fn steps(section: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines: VecDeque<&str> = section.lines().collect();
    // Workbooks that the text has named since the last step.
    let mut named: Vec<String> = Vec::new();
    while let Some(line) = lines.pop_front() {
        let mut block = || {
            let end = lines.iter().position(|line| *line == "```").expect("a block ends");
            let block: Vec<_> = lines.drain(..=end).map(str::to_owned).collect();
            block[..end].to_vec()
        };
        match line {
            "```sh" => {
                steps.push(Step::Type(block().join("\n")));
                named.clear();
            }
            "```text" => steps.push(Step::See(block())),
            _ if line.starts_with("| ") => {
                let mut table = vec![cells(line)];
                while let Some(row) = lines.pop_front_if(|line| line.starts_with('|')) {
                    table.push(cells(row));
                }
                // The second line of a table only draws.
                table.remove(1);
                let [.., open, save] = &named[..] else { panic!("{table:?} follows no names of workbooks") };
                steps.push(Step::Fill { open: open.clone(), save: save.clone(), table });
                named.clear();
            }
            _ => {
                let names = line.split('`').skip(1).step_by(2).filter(|name| name.ends_with(".xlsx"));
                named.extend(names.map(str::to_owned));
            }
        }
    }
    steps
}

fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
    inner.split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// Types a table into a sheet: rows under its header, or single cells of rows that came back.
fn fill(sheet: &mut Sheet, table: &[Vec<String>]) {
    let (header, rows) = table.split_first().expect("a table has a header");
    if header == &["原行号", "列", "改成"] {
        for row in rows {
            let column = sheet.column(&row[1]);
            let line = sheet.rows.iter_mut().find(|cells| cells[0] == row[0]).expect("the row came back");
            line[column].clone_from(&row[2]);
        }
        return;
    }
    let top = sheet.header_row(&header[0]);
    let columns: Vec<_> = header.iter().map(|name| sheet.column(name)).collect();
    let width = sheet.rows[top].len();
    sheet.rows.retain(|cells| !cells.iter().any(|cell| cell.starts_with("示例（")));
    for row in rows {
        // A row that the template lists already is filled, any other is added.
        let listed = sheet.rows.iter().position(|cells| cells[columns[0]] == row[0]);
        let line = listed.unwrap_or_else(|| {
            sheet.rows.push(vec![String::new(); width]);
            sheet.rows.len() - 1
        });
        for (column, text) in columns.iter().zip(row) {
            sheet.rows[line][*column].clone_from(text);
        }
    }
}

/// What commands say, typed into a shell in this folder.
fn typed(folder: &Path, commands: &str, transcript: &str) -> String {
    let xiuhua = program::built("xiuhua");
    let programs = xiuhua.parent().expect("a program lies in a folder").display();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut shell = Command::new("sh");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("XIUHUA_")) {
        shell.env_remove(name);
    }
    let output = shell
        .current_dir(folder)
        .env("PATH", format!("{programs}:{path}"))
        .env("LC_ALL", "zh_CN.UTF-8")
        .args(["-eu", "-c", &format!("exec 2>&1\n{commands}")])
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{transcript}$ {commands}\n{said}");
    said
}

/// Whether a line is the one that the text shows: its words in their order, whatever lies between, and anything where
/// the text has an ellipsis.
fn matches(shown: &str, line: &str) -> bool {
    let mut words = line.split([' ', ELLIPSIS]).filter(|word| !word.is_empty());
    let mut rest = shown;
    words.all(|word| match rest.find(word) {
        Some(at) => {
            rest = &rest[at + word.len()..];
            true
        }
        None => false,
    })
}
