//! Which characters the bytes of a text file stand for.
//!
//! The rule was measured on words of estates and complaints: a byte order mark decides; else a file that is UTF-8 from
//! end to end is UTF-8; else it is GB18030, which holds GBK and GB2312. Only whole files are judged: a sample that ends
//! within a character is misjudged in four of ten cases. One exception: a file of which nearly everything is UTF-8 is
//! UTF-8 with damage, or a single broken byte would turn every name in it into other characters.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read};

use encoding_rs::{Decoder, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use sha2::{Digest, Sha256};

/// How the characters of a text file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, lower byte first: what Excel calls "Unicode text".
    Utf16Le,
    /// UTF-16, higher byte first.
    Utf16Be,
    /// GB18030 (国家标准汉字编码), which holds GBK: what Excel saves in China.
    Gb18030,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.codec().name())
    }
}

impl Encoding {
    fn codec(self) -> &'static encoding_rs::Encoding {
        match self {
            Self::Utf8 => UTF_8,
            Self::Utf16Le => UTF_16LE,
            Self::Utf16Be => UTF_16BE,
            Self::Gb18030 => GB18030,
        }
    }

    pub(super) fn decoder(self) -> Decoder {
        self.codec().new_decoder_without_bom_handling()
    }
}

/// What one pass over a whole text file says about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Survey {
    pub(super) encoding: Encoding,
    /// Bytes of the byte order mark.
    pub(super) mark: usize,
    /// The encoding was chosen although the file says too little: it is short, damaged, or lacks its mark.
    pub(super) guessed: bool,
    /// NUL bytes that are not part of a character.
    pub(super) nuls: u64,
    pub(super) sha256: [u8; 32],
    pub(super) bytes: u64,
}

/// Files that are not UTF-8 and shorter than this, in bytes, are too short to be sure of.
const SURE_BYTES: u64 = 64;

/// Reads a text file from end to end and says how it is written.
///
/// # Errors
/// If it cannot be read.
pub(super) fn survey(reader: &mut impl Read) -> io::Result<Survey> {
    let mut counts = Counts::default();
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    let mut mark = None;
    // Bytes of the character that the last chunk ended within.
    let mut carried = 0;
    loop {
        let n = reader.read(&mut buffer[carried..])?;
        if n == 0 {
            break;
        }
        let filled = carried + n;
        hash.update(&buffer[carried..filled]);
        counts.bytes(&buffer[carried..filled]);
        if mark.is_none() && filled >= 3 {
            mark = Some(byte_order_mark(&buffer[..filled]));
        }
        carried = counts.characters(&buffer[..filled]);
        buffer.copy_within(filled - carried..filled, 0);
    }
    counts.broken += u64::from(carried > 0);
    // A file of fewer than three bytes: all of them are still at the front, broken or not.
    let mark = mark.unwrap_or_else(|| byte_order_mark(&buffer[..usize::from(counts.bytes >= 2) * 2]));
    let (encoding, guessed) = match mark {
        Some(encoding) => (encoding, false),
        None => counts.encoding(),
    };
    let mark = match (mark, encoding) {
        (None, _) => 0,
        (Some(_), Encoding::Utf8) => 3,
        (Some(_), _) => 2,
    };
    let wide = matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be);
    let nuls = if wide { 0 } else { counts.nuls[0] + counts.nuls[1] };
    Ok(Survey { encoding, mark, guessed, nuls, sha256: hash.finalize().into(), bytes: counts.bytes })
}

/// The encoding a byte order mark names.
fn byte_order_mark(head: &[u8]) -> Option<Encoding> {
    match head {
        [0xEF, 0xBB, 0xBF, ..] => Some(Encoding::Utf8),
        [0xFF, 0xFE, ..] => Some(Encoding::Utf16Le),
        [0xFE, 0xFF, ..] => Some(Encoding::Utf16Be),
        _ => None,
    }
}

/// What is counted to tell encodings apart.
#[derive(Default)]
struct Counts {
    bytes: u64,
    /// NUL bytes at even and at odd places.
    nuls: [u64; 2],
    /// Bytes that begin a character of several in UTF-8.
    leads: u64,
    /// Places where the bytes are not UTF-8.
    broken: u64,
}

impl Counts {
    fn bytes(&mut self, new: &[u8]) {
        let odd = usize::from(self.bytes % 2 == 1);
        for place in memchr::memchr_iter(0, new) {
            self.nuls[(odd + place) % 2] += 1;
        }
        self.leads += new.iter().filter(|byte| **byte >= 0xC0).count() as u64;
        self.bytes += new.len() as u64;
    }

    /// How many bytes at the end are the beginning of a character.
    fn characters(&mut self, mut chunk: &[u8]) -> usize {
        loop {
            let Err(fault) = std::str::from_utf8(chunk) else { return 0 };
            let rest = &chunk[fault.valid_up_to()..];
            let Some(length) = fault.error_len() else { return rest.len() };
            self.broken += 1;
            chunk = &rest[length..];
        }
    }

    /// The encoding of a file without a mark, and whether it is a guess.
    fn encoding(&self) -> (Encoding, bool) {
        let [even, odd] = self.nuls;
        // ASCII characters in UTF-16 are every other byte NUL; nothing else has so many, all at one parity.
        if (even + odd) * 10 >= self.bytes && (even == 0) != (odd == 0) {
            return (if even == 0 { Encoding::Utf16Le } else { Encoding::Utf16Be }, true);
        }
        if self.broken == 0 {
            return (Encoding::Utf8, false);
        }
        // Of Chinese text in GB18030 about every other character is broken UTF-8.
        if self.leads >= 20 && self.broken * 10 <= self.leads {
            return (Encoding::Utf8, true);
        }
        (Encoding::Gb18030, self.bytes < SURE_BYTES)
    }
}

/// Characters that older systems kept in the private-use area because GBK had no place for them, by the two-byte code
/// they had: first private-use character, lead byte, first trail byte, how many in a row. GB18030-2022 gives each of these
/// codes a character of its own, which `encoding_rs` knows.
const PRIVATE_USE: [(u32, u8, u8, u32); 8] = [
    (0xE78D, 0xA6, 0xD9, 7),
    (0xE794, 0xA6, 0xEC, 2),
    (0xE796, 0xA6, 0xF3, 1),
    (0xE7C7, 0xA8, 0xBC, 1),
    (0xE7C8, 0xA8, 0xBF, 1),
    (0xE7E7, 0xA9, 0x89, 13),
    (0xE815, 0xFE, 0x50, 47),
    (0xE844, 0xFE, 0x80, 33),
];

/// Characters beyond the basic plane, which `encoding_rs` leaves in the private-use area for the web's sake.
const BEYOND: [(char, char); 6] = [
    ('\u{E816}', '\u{20087}'),
    ('\u{E817}', '\u{20089}'),
    ('\u{E818}', '\u{200CC}'),
    ('\u{E831}', '\u{215D7}'),
    ('\u{E83B}', '\u{2298F}'),
    ('\u{E855}', '\u{241FE}'),
];

/// The text with private-use characters of old systems as the characters they stand for, or names would not match.
pub(crate) fn standard(text: &str) -> Cow<'_, str> {
    // In UTF-8 exactly the characters U+E000 to U+EFFF begin with this byte, and no character continues with it.
    if memchr::memchr(0xEE, text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut standard = String::with_capacity(text.len());
    for character in text.chars() {
        if let Some((_, known)) = BEYOND.iter().find(|(old, _)| *old == character) {
            standard.push(*known);
            continue;
        }
        let point = u32::from(character);
        let known = PRIVATE_USE.iter().find(|(first, _, _, count)| (*first..first + count).contains(&point));
        match known
            .and_then(|(first, lead, trail, _)| Some([*lead, trail + u8::try_from(point - first).ok()?]))
        {
            Some(code) => standard.push_str(&GB18030.decode_without_bom_handling(&code).0),
            None => standard.push(character),
        }
    }
    Cow::Owned(standard)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn surveyed(bytes: &[u8]) -> (Encoding, bool) {
        let survey = survey(&mut &*bytes).unwrap();
        assert_eq!(survey.bytes, bytes.len() as u64);
        (survey.encoding, survey.guessed)
    }

    #[test]
    fn an_encoding_is_told_by_its_mark_or_by_the_whole_file() {
        let text = "小区编号,小区名称,街镇\n310115004001,繁荣昌盛小区,潍坊新村街道\n".repeat(3);
        let gb18030 = GB18030.encode(&text).0;
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(surveyed(text.as_bytes()), (Encoding::Utf8, false));
        assert_eq!(surveyed(&[b"\xEF\xBB\xBF", text.as_bytes()].concat()), (Encoding::Utf8, false));
        assert_eq!(surveyed(&gb18030), (Encoding::Gb18030, false));
        assert_eq!(surveyed(&gb18030[..40]), (Encoding::Gb18030, true), "too short to be sure");
        assert_eq!(surveyed(&[b"\xFF\xFE", &*wide].concat()), (Encoding::Utf16Le, false));
        assert_eq!(surveyed(&wide), (Encoding::Utf16Le, true), "without a mark");
        for tiny in [&b""[..], b"a", b"ab", b"\xFF", b"\xFF\xFE", b"\xEF\xBB", b"\xEF\xBB\xBF"] {
            survey(&mut &*tiny).unwrap();
        }
        assert_eq!(surveyed(b"\xFF\xFE").0, Encoding::Utf16Le);
    }

    #[test]
    fn a_single_broken_byte_does_not_make_other_characters_of_a_whole_file() {
        let mut bytes = "小区编号,小区名称\n310115004001,繁荣昌盛小区\n".repeat(10).into_bytes();
        bytes[60] = 0xFF;
        assert_eq!(surveyed(&bytes), (Encoding::Utf8, true));
    }

    #[test]
    fn a_character_across_chunks_is_whole() {
        let text = format!("{}{}", "a", "价".repeat(1 << 18));
        assert_eq!(surveyed(text.as_bytes()), (Encoding::Utf8, false));
    }

    #[test]
    fn private_use_characters_of_old_systems_become_the_standard_ones() {
        assert_eq!(standard("\u{E81E}名"), "\u{9FB4}名");
        assert_eq!(standard("\u{E816}\u{E831}\u{E855}"), "\u{20087}\u{215D7}\u{241FE}");
        assert_eq!(standard("\u{E78D}\u{E7C7}\u{E7E7}"), "\u{FE10}\u{1E3F}\u{303E}");
        assert_eq!(standard("\u{E843}\u{E844}\u{E864}"), "\u{9FB9}\u{4723}\u{9FBB}");
        assert_eq!(standard("\u{E000}"), "\u{E000}", "what nobody assigned stays");
        assert!(matches!(standard("张江镇"), Cow::Borrowed(_)));
        for (first, _, _, count) in PRIVATE_USE {
            for point in first..first + count {
                let known = standard(&char::from_u32(point).unwrap().to_string()).into_owned();
                let [character] = known.chars().collect::<Vec<_>>()[..] else { panic!("{point:X}: {known}") };
                assert!(!(0xE000..0xF900).contains(&u32::from(character)), "{point:X}");
            }
        }
    }

    proptest! {
        #[test]
        fn rare_characters_survive_gb18030(text in "[\u{3400}-\u{9FFF}\u{20000}-\u{2EBF0}\u{30000}-\u{323AF}㛃𠮷𬜯,\n]{0,200}") {
            let (bytes, _, lossy) = GB18030.encode(&text);
            prop_assert!(!lossy);
            let mut decoded = String::with_capacity(text.len() * 3 + 16);
            let (_, read, broken) = Encoding::Gb18030.decoder().decode_to_string(&bytes, &mut decoded, true);
            prop_assert_eq!((read, broken), (bytes.len(), false));
            prop_assert_eq!(standard(&decoded), &*text);
        }
    }
}
