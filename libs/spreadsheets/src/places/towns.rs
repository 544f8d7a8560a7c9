//! Codes of sub-districts and towns (街镇代码): filled in where a row names the town alone, and looked at otherwise. Results
//! of towns are made by code, so that a place without one is in none of them.

use std::collections::HashMap;

use super::Place;
use crate::cell::excerpt;
use crate::layout::Notices;
use crate::table::normal;

/// Names that are remembered; a city has some hundred towns.
const REMEMBERED: usize = 10_000;
/// Digits of a statistical code.
const DIGITS: usize = 12;

/// Which code a name goes with, by its normal form; `None` where it goes with several.
#[derive(Debug, Default)]
pub(super) struct Towns(HashMap<String, Option<String>>);

impl Towns {
    /// Takes a name with its code.
    pub(super) fn learn(&mut self, name: &str, code: &str) {
        if name.is_empty() || code.is_empty() {
            return;
        }
        let name = normal(name);
        let is_full = self.0.len() >= REMEMBERED;
        match self.0.get_mut(&name) {
            Some(known) if known.as_deref() != Some(code) => *known = None,
            None if !is_full => {
                self.0.insert(name, Some(code.to_owned()));
            }
            _ => {}
        }
    }

    /// Gives a place without a code the one that its town goes with, and says what is to be said of codes; `header` is
    /// what the file calls the column of towns.
    pub(super) fn complete(&self, place: &mut Place, header: &str, notices: &mut Notices) {
        if !place.town_code.is_empty() {
            if place.town_code.len() != DIGITS || !place.town_code.bytes().all(|byte| byte.is_ascii_digit()) {
                let words = (
                    "是街镇代码，却不是 12 位数字，请核对：代码不同就算作不同的街镇",
                    "is a town code, but not of 12 digits; check it, for another code is another town",
                );
                notices.note(Some(place.row), "ODD_TOWN_CODE", &excerpt(&place.town_code), words);
            }
        } else if let Some(code) = self.0.get(&normal(&place.town)).filter(|_| !place.town.is_empty()) {
            if let Some(code) = code {
                place.town_code.clone_from(code);
                let words = (
                    "列只写了街镇名称，街镇代码已按同名的街镇补上",
                    "names the town without its code, which was filled in from the one of that name",
                );
                notices.note(Some(place.row), "TOWN_CODE_FILLED", header, words);
            } else {
                let words = (
                    "列的街镇名称对应几个街镇代码，未补上；没有代码的小区不进入街镇结果",
                    "names a town that several codes go with; without a code a place is in no result of towns",
                );
                notices.note(Some(place.row), "TOWN_CODE_MISSING", header, words);
            }
        } else if !place.town.is_empty() {
            let words = (
                "列只写了街镇名称，没有街镇代码；没有代码的小区不进入街镇结果",
                "names the town without its code; without a code a place is in no result of towns",
            );
            notices.note(Some(place.row), "TOWN_CODE_MISSING", header, words);
        }
    }
}
