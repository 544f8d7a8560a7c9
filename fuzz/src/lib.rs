//! What must hold of the readers of files that strangers send, whatever the bytes: no panic, no hanging, faults that
//! say something, and the same rows when read again.
//!
//! An engine that looks at coverage runs it for as long as one likes (`cargo xtask fuzz`); a test runs it on the
//! [seeds](Target::seeds) and on some thousand [mutations](mutation) of them. Both begin from the same seeds.

mod catalog;
mod excel;
pub mod mutation;
mod table;
mod typed;

use std::panic::catch_unwind;
use std::sync::Mutex;

/// What is fuzzed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Delimited text.
    Csv,
    /// Workbooks, and the parts of workbooks.
    Excel,
    /// Catalogs.
    Catalog,
}

impl Target {
    /// Every target.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Excel, Self::Catalog];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Excel => "excel",
            Self::Catalog => "catalog",
        }
    }

    /// Where mutation begins: small inputs that get far.
    #[must_use]
    pub fn seeds(self) -> Vec<Vec<u8>> {
        match self {
            Self::Csv => table::seeds(),
            Self::Excel => excel::seeds(),
            Self::Catalog => catalog::seeds(),
        }
    }

    /// What inputs are made of and what breaks them.
    #[must_use]
    pub fn words(self) -> &'static [&'static [u8]] {
        match self {
            Self::Csv => table::WORDS,
            Self::Excel => excel::WORDS,
            Self::Catalog => catalog::WORDS,
        }
    }

    /// Reads one input.
    ///
    /// # Panics
    /// The reader broke a promise.
    pub fn check(self, input: &[u8]) {
        match self {
            Self::Csv => table::check(input),
            Self::Excel => excel::check(input),
            Self::Catalog => catalog::check(input),
        }
    }
}

/// The last panic's message: readers may catch panics of the libraries below them, which are no find.
static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

/// To be called once before [`check_or_abort`], when the engine has set its hook: that one takes every panic for a find,
/// even one that the reader catches.
pub fn keep_panics_quiet() {
    std::panic::set_hook(Box::new(|panic| {
        if let Ok(mut last) = LAST_PANIC.lock() {
            *last = panic.to_string();
        }
    }));
}

/// [`Target::check`] for an engine, which learns of a find by the end of the process.
pub fn check_or_abort(target: Target, input: &[u8]) {
    if catch_unwind(|| target.check(input)).is_err() {
        if let Ok(last) = LAST_PANIC.lock() {
            use std::io::Write as _;
            // Nobody is left to tell if this fails.
            let _ = writeln!(std::io::stderr(), "{last}");
        }
        std::process::abort();
    }
}
