//! Uncertainty (不确定性) and sensitivity (敏感性): how far a rank would move under other choices that were as good.
//!
//! An assessment is run again and again. Each run resolves every [factor](factors) to one [setting](settings): another
//! sample behind the thresholds, other weights, another extension, another mean, another rule for what is missing. From
//! the ranks of all runs come [rank intervals](intervals), groups of places that cannot be told apart,
//! [Sobol indices](sobol_indices) that say which factor moves ranks, and beside them what becomes of the ranks when one
//! indicator is [left out](leave_one_out).
//!
//! | room | what it does |
//! |---|---|
//! | [`factors`] | what is varied, and how far, written and read as text |
//! | [`settings`] | what one run uses, from a point of the unit cube |
//! | [`chance`] | random numbers by seed, purpose and number: none depends on how many others are asked for |
//! | [`perturbation`] | weights near the declared ones |
//! | [`model`] | one run: settings in, ranks and the figures in force out |
//! | [`proof`] | that each factor reaches the computation, before anything is drawn, and in how many runs it did |
//! | [`draws`] | all runs, on any number of threads |
//! | [`intervals`], `tiers` | what the draws say of each place and of neighbours |
//! | [`sobol_points`], [`sobol_indices`] | quasi-random points; shares of variance |
//! | [`sensitivity`] | the two applied to mean shifts of rank |
//! | [`leave_one_out`] | each indicator and each dimension left out |
//!
//! Nothing here is random but by its seed: run `k` is the same whatever the number of runs, threads or machines.
//!
//! Source: specification page 1, section 1.9; Saisana, Saltelli and Tarantola (2005), *Uncertainty and sensitivity
//! analysis techniques as tools for the quality assessment of composite indicators*, JRSS A 168(2); OECD/JRC (2008),
//! *Handbook on Constructing Composite Indicators*, step 7.

pub mod chance;
pub mod draws;
pub mod factors;
pub mod intervals;
pub mod leave_one_out;
pub mod model;
pub mod perturbation;
pub mod proof;
pub mod sensitivity;
pub mod settings;
pub mod sobol_indices;
pub mod sobol_points;
mod tiers;
