//! What a place can do about its score: where it loses points and what would bring most (`xiuhua diagnose`), whom it can
//! learn from (`xiuhua peers`), why it moved (`xiuhua changes`).

mod changes;
mod diagnosing;
mod peers;

pub(crate) use self::changes::changes;
pub(crate) use self::diagnosing::diagnose;
pub(crate) use self::peers::peers;
