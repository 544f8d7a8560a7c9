//! Writes the seeds and words of every target where an engine looks for them: `FOLDER/TARGET/NNN` and
//! `FOLDER/TARGET.words`. `cargo xtask fuzz` calls it.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs, io};

use xiuhua_fuzz::Target;

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).map(PathBuf::from).ok_or(io::ErrorKind::InvalidInput)?;
    for target in Target::ALL {
        let corpus = folder.join(target.name());
        fs::create_dir_all(&corpus)?;
        for (nth, seed) in target.seeds().into_iter().enumerate() {
            fs::write(corpus.join(format!("{nth:03}")), seed)?;
        }
        let mut words = String::new();
        for word in target.words() {
            words.push('"');
            // The engine reads every byte in this form.
            word.iter().for_each(|byte| write!(words, "\\x{byte:02x}").expect("a text can be written"));
            words.push_str("\"\n");
        }
        fs::write(folder.join(format!("{}.words", target.name())), words)?;
    }
    Ok(())
}
