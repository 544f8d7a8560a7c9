//! A value of the text as far as it could be read.

/// A value and where it stands, as a byte offset.
#[derive(Clone, Copy, Debug)]
pub(in crate::catalog) struct Placed<T> {
    pub(in crate::catalog) value: T,
    pub(in crate::catalog) at: usize,
}

/// What became of a key: later checks stay silent about what was already reported.
#[derive(Clone, Copy, Debug)]
pub(in crate::catalog) enum Given<T> {
    /// The key is not there.
    Absent,
    /// It is there, or had to be, and its fault is reported.
    Faulty,
    /// It is there and readable.
    Is(Placed<T>),
}

impl<T> Given<T> {
    pub(in crate::catalog) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The value if it was readable.
    pub(in crate::catalog) fn readable(self) -> Option<Placed<T>> {
        match self {
            Self::Is(placed) => Some(placed),
            Self::Absent | Self::Faulty => None,
        }
    }

    /// The value, or the one that stands for an absent or faulty key.
    pub(in crate::catalog) fn or(self, fallback: T) -> T {
        self.readable().map_or(fallback, |placed| placed.value)
    }

    /// Reads on; `None` says that the reader has reported a fault.
    pub(in crate::catalog) fn then<U>(self, read: impl FnOnce(Placed<T>) -> Option<U>) -> Given<U> {
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
