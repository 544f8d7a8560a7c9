//! A menu of dishes, read with every fault at once.

use std::collections::HashSet;

use super::*;

reasons! {
    /// What is wrong with a menu.
    enum MenuReason(blank = BadText, not_finite = OutOfRange) {
        /// A dish that costs nothing.
        Free = "FREE",
    }
}

const LIMITS: Limits = Limits { bytes: 200, faults: 3, line_chars: 5, magnitude: 100.0 };

/// Names and prices of the dishes.
fn menu(text: &str) -> Result<Vec<(String, f64)>, Faults<MenuReason>> {
    read(text, LIMITS, |root, faults| {
        root.refuse_others(&["dish"], faults);
        let mut dishes = Vec::new();
        for (index, row) in root.need("dish", faults).list(3, faults).or(&[]).iter().enumerate() {
            let dish = Entry::item(row, format!("dish[{index}]")).open(&["name", "price"], faults)?;
            let name = dish.need("name", faults).line(faults);
            let price = dish.need("price", faults).number(faults);
            if let Given::Is(price) = price
                && price.value <= 0.0
            {
                faults.add(price.at, MenuReason::Free, dish.sub("price"), "不要钱", "costs nothing");
            }
            dishes.extend(name.value().map(str::to_owned).zip(price.value()));
        }
        Some(dishes)
    })
}

/// Reason, line, column and path of each fault.
fn faults(text: &str) -> Vec<String> {
    let faults = menu(text).expect_err("the text is at fault");
    let place = |fault: &Fault<MenuReason>| {
        format!("{} {}:{} {}", fault.reason, fault.line, fault.column, fault.path)
    };
    faults.into_iter().map(place).collect()
}

#[test]
fn a_sound_text_becomes_what_it_says() {
    let text = "dish = [{ name = '面', price = 12 }, { name = '茶', price = 0x10 }]";
    assert_eq!(menu(text), Ok(vec![("面".to_owned(), 12.0), ("茶".to_owned(), 16.0)]));
}

#[test]
fn every_fault_has_its_place_in_the_order_of_the_text() {
    let text = "\u{feff}dish = [\n{ name = '豆腐', price = 0 },\n{ name = ' ' }]";
    assert_eq!(
        faults(text),
        ["FREE 2:24 dish[0].price", "MISSING_KEY 3:1 dish[1].price", "BAD_TEXT 3:10 dish[1].name"]
    );
}

#[test]
fn faults_beyond_the_limit_are_counted() {
    let found = menu("a = 1\nb = 1\nc = 1\nd = 1\ndish = []").unwrap_err();
    assert_eq!((found.faults().len(), found.omitted()), (3, 1));
    assert!(found.to_string().ends_with("and 1 more"));
}

#[test]
fn each_reason_has_a_code_of_its_own() {
    let codes: HashSet<&str> = MenuReason::ALL.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(codes.len(), MenuReason::ALL.len());
    assert!(codes.contains("FREE") && codes.contains("SYNTAX"));
}

#[test]
fn a_fault_reads_in_both_languages_and_hints_at_the_known_word() {
    assert_eq!(
        menu("dish = []\ndsh = 1").unwrap_err().to_string(),
        "line 2, column 1: UNKNOWN_KEY dsh: 未知的键 `dsh`；是否应为 `dish`？ / unknown key `dsh`; did you mean \
         `dish`?"
    );
}

#[test]
fn each_limit_is_kept() {
    let price = |price: &str| faults(&format!("dish = [{{ name = 'x', price = {price} }}]"));
    assert_eq!(price("100.5"), ["OUT_OF_RANGE 1:31 dish[0].price"]);
    assert_eq!(price("nan"), ["OUT_OF_RANGE 1:31 dish[0].price"]);
    assert_eq!(price("'1'"), ["WRONG_KIND 1:31 dish[0].price"]);
    assert_eq!(faults("dish = [{ name = 'abcdef', price = 1 }]"), ["TOO_LARGE 1:18 dish[0].name"]);
    let four = format!("dish = [{}]", "{ name = 'x', price = 1 }, ".repeat(4));
    assert_eq!(faults(&four), ["TOO_LARGE 1:90 dish"]);
    assert_eq!(faults(&"#".repeat(201)), ["TOO_LARGE 1:1 "]);
    assert_eq!(faults("dish = "), ["SYNTAX 1:8 "]);
}
