//! Catalogs as files: what is shipped, what is refused and where, what no text can break.

mod another_city;
mod faults;
mod hostile;
mod shipped_as_specified;
