//! Fuzzes the reader of workbooks: `cargo xtask fuzz --target excel`.
#![no_main]

use xiuhua_fuzz::{Target, check_or_abort, keep_panics_quiet};

libfuzzer_sys::fuzz_target!(init: keep_panics_quiet(), |input: &[u8]| check_or_abort(Target::Excel, input));
