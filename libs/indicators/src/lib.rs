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
//! | [`outline`], [`table`], [`column`] | positions of leaves and nodes; columns of values | |
//! | [`period`] | years, months and days; the ones just before | 1.4 |
//! | [`sample`] | which places set the thresholds | 1.4 |
//! | [`base`] | moving average before the assessed period | 1.4 |
//! | [`threshold`] | lower and upper end, degenerate, without data | 1.4 |
//! | [`normalise`] | values between 0 and 1 | 1.5 |
//! | [`weight`] | points in force after what is left out | 1.4, 1.6 |
//! | [`compose`] | scores and coverage of every node | 1.7 |
//! | [`change`] | derived indicators | 1.7 |
//! | [`assess`] | all of it in two passes | 1.7 |
//! | [`rank`], [`group`], [`growth`] | ranks and percentiles, committees and towns, points and rates | 1.7 |
//! | [`draws`], [`reassess`] | ranks under many sets of weights; one type assessed again and again | 1.9 |
//! | [`contribution`], [`attribution`], [`diagnosis`] | why a score is what it is | 1.7, 1.8 |
//! | [`digest`] | one hash over a run | |

pub mod assess;
pub mod attribution;
pub mod base;
pub mod catalog;
pub mod change;
pub mod column;
pub mod compose;
pub mod contribution;
pub mod diagnosis;
pub mod digest;
pub mod draws;
pub mod group;
pub mod growth;
mod lanes;
mod logarithm;
mod mean;
pub mod normalise;
pub mod outline;
pub mod period;
pub mod rank;
pub mod reassess;
pub mod sample;
pub mod shipped;
pub mod table;
pub mod threshold;
pub mod weight;
