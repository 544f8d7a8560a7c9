//! Things side by side: places of one assessment (`xiuhua compare`), two assessments (`xiuhua diff`).

mod moves;
mod places;
mod runs;

pub(crate) use self::places::compare;
pub(crate) use self::runs::diff;
