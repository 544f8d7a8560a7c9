//! Composite indicators, pure and deterministic.
//!
//! The arithmetic of the community governance index (社区治理指数) and of any other index that a
//! catalog describes. No I/O, no clock, no hidden randomness: the same input gives the same bits,
//! whatever the thread count (invariants 6 and 11 of ARCHITECTURE).
//!
//! In the order of the work, with the section of specification page 1 each room answers for:
//!
//! | room | what it does | section |
//! |---|---|---|
//! | [`catalog`], [`shipped`] | the index as data | 1.3 |
//! | [`outline`], [`table`], [`mod@column`] | positions of leaves and nodes; columns of values | |
//! | [`period`] | years, months and days; the ones just before | 1.4 |
//! | [`sample`] | which places set the thresholds | 1.4 |
//! | [`imputation`] | gaps filled, where the catalog asks for it | 1.9 |
//! | [`base`] | moving average before the assessed period | 1.4 |
//! | [`treatment`] | outliers, before the thresholds are taken | 1.9 |
//! | [`threshold`] | lower and upper end, degenerate, without data | 1.4 |
//! | [`normalise`] | values between 0 and 1 | 1.5 |
//! | [`weight`] | points in force after what is left out | 1.4, 1.6 |
//! | [`weighting`] | weights from judgements and values, and schemes of them | 1.6, 1.9 |
//! | [`compose`] | scores and coverage of every node | 1.7 |
//! | [`change`] | derived indicators | 1.7 |
//! | [`assess`] | all of it in two passes | 1.7 |
//! | [`rank`], [`group`], [`growth`] | ranks and percentiles, committees and towns, points and rates | 1.7 |
//! | [`reassess`] | one type assessed again and again | 1.9 |
//! | [`contribution`], [`attribution`], [`diagnosis`] | why a score is what it is | 1.7, 1.8 |
//! | [`uncertainty`] | rank intervals, groups that cannot be told apart, Sobol indices, leave-one-out | 1.9 |
//! | [`what_if`], [`quick_wins`], [`peers`] | what would raise it, and whom to learn from | 1.8 |
//! | [`structure`], [`spread`] | whether the index measures what its tree says | 1.9 |
//! | [`rolling`] | the twelve months that end with a period | 1.7 |
//! | [`trend`], [`detection`] | what months let expect, and which are worse | 1.8 |
//! | [`digest`] | one hash over a run | |

pub mod assess;
pub mod attribution;
pub mod base;
pub mod catalog;
pub mod change;
pub mod column;
pub mod compose;
pub mod contribution;
mod correlation;
pub mod detection;
pub mod diagnosis;
pub mod digest;
pub mod group;
pub mod growth;
pub mod imputation;
mod lanes;
mod mean;
pub mod normalise;
pub mod outline;
pub mod peers;
pub mod period;
pub mod quick_wins;
pub mod rank;
pub mod reassess;
pub mod rolling;
pub mod sample;
pub mod shipped;
pub mod spread;
pub mod structure;
pub mod table;
pub mod threshold;
pub mod treatment;
pub mod trend;
pub mod uncertainty;
pub mod weight;
pub mod weighting;
pub mod what_if;
