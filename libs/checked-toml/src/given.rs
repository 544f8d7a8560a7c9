//! A value of the text as far as it could be read.

/// A value and where it stands, as a byte offset.
#[derive(Clone, Copy, Debug)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Byte offset in the text.
    pub at: usize,
}

/// What became of a key: later checks stay silent about what was already reported.
#[derive(Clone, Copy, Debug)]
pub enum Given<T> {
    /// The key is not there.
    Absent,
    /// It is there, or had to be, and its fault is reported.
    Faulty,
    /// It is there and readable.
    Is(Placed<T>),
}

impl<T> Given<T> {
    /// Whether the key is not there and need not be.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The value with its place, if it was readable.
    #[must_use]
    pub fn readable(self) -> Option<Placed<T>> {
        match self {
            Self::Is(placed) => Some(placed),
            Self::Absent | Self::Faulty => None,
        }
    }

    /// The value, if it was readable.
    #[must_use]
    pub fn value(self) -> Option<T> {
        self.readable().map(|placed| placed.value)
    }

    /// The value, or the one that stands for an absent or faulty key.
    #[must_use]
    pub fn or(self, fallback: T) -> T {
        self.value().unwrap_or(fallback)
    }

    /// Reads on; `None` says that the reader has reported a fault.
    pub fn then<U>(self, read: impl FnOnce(Placed<T>) -> Option<U>) -> Given<U> {
        match self {
            Self::Absent => Given::Absent,
            Self::Faulty => Given::Faulty,
            Self::Is(placed) => {
                let at = placed.at;
                read(placed).map_or(Given::Faulty, |value| Given::Is(Placed { value, at }))
            }
        }
    }
}
