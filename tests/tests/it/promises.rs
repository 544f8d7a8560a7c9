//! The contracts keep what they have promised: `tests/golden/contract-fields.txt` only grows.

use xiuhua_tests::repository;
use xtask::contracts::PROTO;
use xtask::promises::{LIST, Promises};

#[test]
fn every_field_value_and_method_ever_promised_is_kept() {
    let promises = Promises::of(&xtask::repository_root().join(PROTO)).expect("the contracts compile");
    let list = repository::text(LIST);
    match promises.added_to(&list) {
        Ok(grown) => assert!(grown == list, "{LIST} lacks lines; `cargo xtask gen` adds them"),
        Err(broken) => panic!("the contracts break promises of {LIST}:\n{}", broken.join("\n")),
    }
}
