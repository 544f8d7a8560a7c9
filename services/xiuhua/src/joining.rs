//! Results read one place at a time, two streams of them side by side: both come by place id (bytes), so that memory
//! stays flat however many places there are.

use std::cmp::Ordering;
use std::vec::IntoIter;

use anyhow::Result;
use tonic::Streaming;
use xiuhua_contracts::scoring::v1::{
    PlaceLeafValues, PlaceScores, ReadLeafValuesRequest, ReadLeafValuesResponse, ReadScoresRequest,
    ReadScoresResponse,
};

use crate::platform::Platform;

/// The scores of an assessment, place by place.
pub(crate) struct Scores {
    stream: Streaming<ReadScoresResponse>,
    part: IntoIter<PlaceScores>,
}

impl Scores {
    /// From the first place on.
    ///
    /// # Errors
    /// If the assessment has no results.
    pub(crate) async fn read(platform: &Platform, assessment_id: &str) -> Result<Self> {
        let request = ReadScoresRequest { assessment_id: assessment_id.to_owned() };
        let stream = platform.scoring().read_scores(request).await?.into_inner();
        Ok(Self { stream, part: IntoIter::default() })
    }

    /// The next place; `None` after the last.
    ///
    /// # Errors
    /// If the stream breaks.
    pub(crate) async fn next(&mut self) -> Result<Option<PlaceScores>> {
        loop {
            if let Some(place) = self.part.next() {
                return Ok(Some(place));
            }
            let Some(part) = self.stream.message().await? else { return Ok(None) };
            self.part = part.places.into_iter();
        }
    }
}

/// The leaf values of an assessment, place by place.
pub(crate) struct Values {
    stream: Streaming<ReadLeafValuesResponse>,
    part: IntoIter<PlaceLeafValues>,
    /// Read and not yet asked for.
    ahead: Option<PlaceLeafValues>,
}

impl Values {
    /// From the first place on.
    ///
    /// # Errors
    /// If the assessment has no results.
    pub(crate) async fn read(platform: &Platform, assessment_id: &str) -> Result<Self> {
        let request = ReadLeafValuesRequest { assessment_id: assessment_id.to_owned() };
        let stream = platform.scoring().read_leaf_values(request).await?.into_inner();
        Ok(Self { stream, part: IntoIter::default(), ahead: None })
    }

    /// The values of a place, `None` where it has none; places have to be asked for in their order.
    ///
    /// # Errors
    /// If the stream breaks.
    pub(crate) async fn of(&mut self, place_id: &str) -> Result<Option<PlaceLeafValues>> {
        loop {
            if self.ahead.is_none() {
                self.ahead = self.next().await?;
            }
            match self.ahead.as_ref().map(|place| place.place_id.as_bytes().cmp(place_id.as_bytes())) {
                Some(Ordering::Less) => self.ahead = None,
                Some(Ordering::Equal) => return Ok(self.ahead.take()),
                Some(Ordering::Greater) | None => return Ok(None),
            }
        }
    }

    async fn next(&mut self) -> Result<Option<PlaceLeafValues>> {
        loop {
            if let Some(place) = self.part.next() {
                return Ok(Some(place));
            }
            let Some(part) = self.stream.message().await? else { return Ok(None) };
            self.part = part.places.into_iter();
        }
    }
}

/// A place in one assessment, in another, or in both.
pub(crate) struct Pair {
    pub(crate) before: Option<PlaceScores>,
    pub(crate) after: Option<PlaceScores>,
}

/// The scores of two assessments side by side.
pub(crate) struct Pairs {
    sides: [Scores; 2],
    /// Read and not yet given; `None` after the last.
    ahead: [Option<PlaceScores>; 2],
}

impl Pairs {
    /// From the first place on.
    ///
    /// # Errors
    /// If one of them has no results.
    pub(crate) async fn read(platform: &Platform, before: &str, after: &str) -> Result<Self> {
        let mut sides = [Scores::read(platform, before).await?, Scores::read(platform, after).await?];
        let ahead = [sides[0].next().await?, sides[1].next().await?];
        Ok(Self { sides, ahead })
    }

    /// The next place of either; `None` after the last.
    ///
    /// # Errors
    /// If a stream breaks.
    pub(crate) async fn next(&mut self) -> Result<Option<Pair>> {
        let order = match &self.ahead {
            [None, None] => return Ok(None),
            [Some(_), None] => Ordering::Less,
            [None, Some(_)] => Ordering::Greater,
            [Some(before), Some(after)] => before.place_id.as_bytes().cmp(after.place_id.as_bytes()),
        };
        let before = if order.is_le() { self.take(0).await? } else { None };
        let after = if order.is_ge() { self.take(1).await? } else { None };
        Ok(Some(Pair { before, after }))
    }

    async fn take(&mut self, side: usize) -> Result<Option<PlaceScores>> {
        let next = self.sides[side].next().await?;
        Ok(std::mem::replace(&mut self.ahead[side], next))
    }
}
