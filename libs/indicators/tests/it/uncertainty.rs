//! Uncertainty and sensitivity: against the engine itself, published functions, and slow second ways.

mod district;
mod draws;
mod leaving_out;
mod proofs;
mod sobol;
