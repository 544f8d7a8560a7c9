//! The codec of every client and server here: prost's, but a message is weighed before it is unpacked.
//!
//! Protobuf bounds a message on the wire only. A million empty messages in a list are 2 MB there and 200 MB here, so the
//! limit of a message's bytes alone would let a few calls take a machine's memory.
//!
//! The bound is that of one message and not of the process: a server holds up to as many of them at once as it takes
//! calls at a time (`max_in_flight`), each as long as its handler keeps it, and this knows of neither.

mod memory;

use std::marker::PhantomData;

use prost::bytes::Buf as _;
use prost::{Message, Name};
use tonic::Status;
use tonic::codec::{DecodeBuf, Decoder};
use tonic_prost::{ProstDecoder, ProstEncoder};

/// Most memory that one message may take once it is unpacked, in bytes, by an estimate that is rather too high. Honest
/// messages of 4 MiB stay below 48 MiB, those of many short attributes being the worst.
pub const MOST_HELD_BYTES: u64 = 64 * 1024 * 1024;

/// Protobuf with [`MOST_HELD_BYTES`].
#[derive(Clone, Debug)]
pub struct Codec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for Codec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> tonic::codec::Codec for Codec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Name + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = WeighingDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstEncoder::default()
    }

    fn decoder(&mut self) -> Self::Decoder {
        WeighingDecoder(ProstDecoder::default())
    }
}

/// The reading half of [`Codec`].
#[derive(Debug)]
pub struct WeighingDecoder<U>(ProstDecoder<U>);

impl<U: Message + Name + Default> Decoder for WeighingDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        // tonic keeps a message in one piece.
        let held = memory::held_by(&U::full_name(), buffer.chunk());
        if held > MOST_HELD_BYTES {
            return Err(Status::out_of_range(format!(
                "Error, the message has too many parts: unpacked it would take about {held} bytes, the limit is: \
                 {MOST_HELD_BYTES} bytes"
            )));
        }
        self.0.decode(buffer)
    }
}
