//! The generated code is what `proto/` says today.

use xtask::contracts;

#[test]
fn generated_code_is_what_the_contracts_say() {
    let root = xtask::repository_root();
    let expected = contracts::generate(&root.join(contracts::PROTO)).expect("the contracts compile");
    let present = contracts::read(&root.join(contracts::GENERATED)).expect("the generated code is there");

    let stale: Vec<_> = expected
        .keys()
        .chain(present.keys())
        .filter(|name| expected.get(*name) != present.get(*name))
        .collect();
    assert!(
        stale.is_empty(),
        "run `cargo xtask gen`: proto/ and {} disagree on {stale:?}",
        contracts::GENERATED
    );
}
