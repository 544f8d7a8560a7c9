//! The catalogs that come with the platform, as texts: they go through the same door as any other file.

/// A catalog text under its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// The catalog's own id.
    pub id: &'static str,
    /// TOML.
    pub text: &'static str,
}

/// Every shipped catalog, the default one first.
pub const SHIPPED: &[Shipped] = &[
    Shipped { id: "pudong-2021", text: include_str!("../catalogs/pudong-2021.toml") },
    Shipped { id: "pudong-2021-variant", text: include_str!("../catalogs/pudong-2021-variant.toml") },
    Shipped { id: "pudong-monthly", text: include_str!("../catalogs/pudong-monthly.toml") },
    Shipped { id: "hdi-2024", text: include_str!("../catalogs/hdi-2024.toml") },
];

/// Text of the shipped catalog with this id.
#[must_use]
pub fn shipped(id: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|catalog| catalog.id == id).map(|catalog| catalog.text)
}
