//! Records of .xlsb (MS-XLSB, BIFF12), looked at before they are parsed: a reader reserves memory for as many bytes as a
//! record declares.

use super::Text;

/// Bytes of a record: a text of 32,767 characters and its formatting.
const RECORD_BYTES: usize = 1 << 20;

/// A stream of records that is being looked at, piece by piece.
#[derive(Default)]
pub(super) struct Records {
    /// Bytes of the record that is not yet whole.
    pending: Vec<u8>,
}

impl Records {
    /// Looks at the next piece; `seen` gets the type and the bytes of every record.
    ///
    /// # Errors
    /// If a record is longer than any honest one.
    pub(super) fn look(&mut self, piece: &[u8], seen: &mut impl FnMut(u16, &[u8])) -> Result<(), Text> {
        self.pending.extend_from_slice(piece);
        let mut from = 0;
        while let Some((kind, start, length)) = head(&self.pending[from..]) {
            if length > RECORD_BYTES {
                return Err(Text::new(
                    "工作簿内部有过长的记录，文件可能被篡改",
                    "a record within the workbook is too long: it may be made to exhaust memory",
                ));
            }
            let Some(bytes) = self.pending.get(from + start..from + start + length) else { break };
            seen(kind, bytes);
            from += start + length;
        }
        self.pending.drain(..from);
        Ok(())
    }

    /// Says that the stream ends here.
    ///
    /// # Errors
    /// If it should not.
    pub(super) fn end(&self) -> Result<(), Text> {
        if self.pending.is_empty() {
            return Ok(());
        }
        Err(Text::new(
            "文件不完整：工作簿内部的记录没有结束",
            "is damaged: a record within the workbook does not end",
        ))
    }
}

/// Type of the record that begins here, where its bytes begin and how many they are; `None` if that is not yet here.
fn head(bytes: &[u8]) -> Option<(u16, usize, usize)> {
    let first = *bytes.first()?;
    let (kind, mut at) = if first & 0x80 == 0 {
        (u16::from(first), 1)
    } else {
        (u16::from(first & 0x7F) | (u16::from(*bytes.get(1)? & 0x7F) << 7), 2)
    };
    let mut length = 0;
    for shift in [0, 7, 14, 21] {
        let byte = *bytes.get(at)?;
        at += 1;
        length |= usize::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some((kind, at, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_seen_whole_however_a_stream_is_cut() {
        let stream = [&[0x05, 2, b'a', b'b'][..], &[0x91, 0x01, 0], &[0x07, 0x81, 0x01], &[7; 129]].concat();
        for piece in 1..stream.len() {
            let (mut records, mut seen) = (Records::default(), Vec::new());
            for piece in stream.chunks(piece) {
                records.look(piece, &mut |kind, bytes| seen.push((kind, bytes.len()))).unwrap();
            }
            records.end().unwrap();
            assert_eq!(seen, [(5, 2), (0x91, 0), (7, 129)]);
        }
    }

    #[test]
    fn a_record_that_declares_more_than_it_can_hold_is_refused() {
        let mut records = Records::default();
        assert!(records.look(&[0x05, 0xFF, 0xFF, 0xFF, 0x7F], &mut |_, _| {}).is_err());
        let mut records = Records::default();
        records.look(&[0x05, 2, b'a'], &mut |_, _| {}).unwrap();
        assert!(records.end().unwrap_err().en.contains("does not end"));
    }
}
