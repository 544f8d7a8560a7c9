//! A text file as characters: read in chunks, decoded and hashed on the way, from its start as often as asked.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use encoding_rs::Decoder;
use sha2::{Digest, Sha256};

use super::encoding::Survey;

const CHUNK_BYTES: usize = 1 << 18;

/// U+FFFD, which stands for what was no character.
const LOST: &[u8] = "\u{FFFD}".as_bytes();

/// A file that gives characters.
pub(super) struct Source {
    file: File,
    survey: Survey,
    decoder: Decoder,
    bytes: Vec<u8>,
    hash: Sha256,
    /// Some bytes so far were no characters, and became U+FFFD; or were that before.
    damaged: bool,
    ended: bool,
}

impl Source {
    pub(super) fn new(file: File, survey: Survey) -> Self {
        let decoder = survey.encoding.decoder();
        let bytes = vec![0; CHUNK_BYTES];
        Self { file, survey, decoder, bytes, hash: Sha256::new(), damaged: false, ended: false }
    }

    /// Goes back to the first character.
    ///
    /// # Errors
    /// If the file can no longer be read.
    pub(super) fn rewind(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.decoder = self.survey.encoding.decoder();
        self.hash = Sha256::new();
        self.damaged = false;
        self.ended = false;
        let mut mark = [0; 3];
        let mark = &mut mark[..self.survey.mark];
        self.file.read_exact(mark)?;
        self.hash.update(mark);
        Ok(())
    }

    /// Appends more characters to `text`; false at the end of the file.
    ///
    /// # Errors
    /// If the file can no longer be read.
    pub(super) fn read(&mut self, text: &mut String) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let n = self.file.read(&mut self.bytes)?;
        let bytes = &self.bytes[..n];
        self.hash.update(bytes);
        self.ended = n == 0;
        let before = text.len();
        // Never fails, and with this reserve one call takes everything.
        text.reserve(self.decoder.max_utf8_buffer_length(n).unwrap_or(3 * CHUNK_BYTES));
        let (_, _, broken) = self.decoder.decode_to_string(bytes, text, self.ended);
        // A program that could not keep a character wrote U+FFFD itself.
        self.damaged |= broken || memchr::memmem::find(&text.as_bytes()[before..], LOST).is_some();
        if self.survey.nuls > 0 && memchr::memchr(0, &text.as_bytes()[before..]).is_some() {
            let shown = text[before..].replace('\0', "\u{FFFD}");
            text.truncate(before);
            text.push_str(&shown);
            self.damaged = true;
        }
        Ok(true)
    }

    pub(super) fn damaged(&self) -> bool {
        self.damaged
    }

    /// SHA-256 of what has been read since the start.
    pub(super) fn sha256(&self) -> [u8; 32] {
        self.hash.clone().finalize().into()
    }
}
