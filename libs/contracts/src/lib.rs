//! The contracts of xiuhua in Rust: messages, clients and servers of every API, generated from `proto/`.
//!
//! Nothing here is written by hand but this list and `codec`. `cargo xtask gen` writes `src/gen/`, and
//! `tests/freshness.rs` proves it equal to what `proto/` says today; no machine needs `protoc`.
//!
//! A feature for each API (`ingestion`, `classification`, `normalization`, `scoring`), `client` and
//! `server` for the two halves, `reflection` for [`FILE_DESCRIPTOR_SET`]. Proto types stop at the doors
//! of a service (`service.rs`, `upstream.rs`, `convert.rs`): its `domain/` never sees this crate
//! (invariant 5 of ARCHITECTURE).

/// Version 1 of an API from its generated file. The one place where lints are lifted for generated code: its
/// shape is tonic's and prost's, its comments are those of the `.proto` file, and nobody edits it.
macro_rules! include_api {
    ($file:literal) => {
        /// Version 1.
        #[allow(
            missing_docs,
            unreachable_pub,
            unused_qualifications,
            clippy::all,
            clippy::restriction,
            rustdoc::all
        )]
        pub mod v1 {
            include!(concat!("gen/", $file));
        }
    };
}

/// Values that every service speaks: texts, bounds, counts, columns. Never resources.
pub mod measure {
    include_api!("xiuhua.measure.v1.rs");
}

/// Registers of places and measures, sources, batches, observations.
#[cfg(feature = "ingestion")]
pub mod ingestion {
    include_api!("xiuhua.ingestion.v1.rs");
}

/// Rule sets and the types of places.
#[cfg(feature = "classification")]
pub mod classification {
    include_api!("xiuhua.classification.v1.rs");
}

/// Catalogs, samples, thresholds, values and dimensionless values.
#[cfg(feature = "normalization")]
pub mod normalization {
    include_api!("xiuhua.normalization.v1.rs");
}

/// Assessments, scores, ranks and where they come from.
#[cfg(feature = "scoring")]
pub mod scoring {
    include_api!("xiuhua.scoring.v1.rs");
}

#[cfg(any(feature = "client", feature = "server"))]
pub mod codec;

#[cfg(any(feature = "client", feature = "server", feature = "reflection"))]
#[rustfmt::skip] // generated
#[path = "gen/descriptor.rs"]
mod descriptor;

#[cfg(feature = "reflection")]
pub use descriptor::FILE_DESCRIPTOR_SET;
