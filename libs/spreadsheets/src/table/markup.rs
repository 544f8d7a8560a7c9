//! XML looked at before it is parsed: the parsers used here keep every open element and every text in memory, and take a
//! document that ends too early for one that goes on. So: bounded depth, bounded texts, no document types, and an end.

use super::Text;

/// How deep elements may be nested. Spreadsheets nest about ten deep.
const DEPTH: usize = 256;

/// Bytes of a text: 32,767 characters, each written as a reference.
const TEXT_BYTES: usize = 512 << 10;

/// Bytes of a tag.
const TAG_BYTES: usize = 64 << 10;

/// Where in a document the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Between tags, so many bytes behind the last.
    Text(usize),
    /// Behind an opening angle bracket.
    Opening,
    /// In what is no element: its first bytes.
    Special,
    /// In a tag, and in quotation marks of this kind.
    Tag(Option<u8>),
    /// In something that ends with these bytes: a comment, CDATA, an instruction.
    Until(&'static [u8], usize),
}

/// A document that is being looked at, piece by piece.
pub(super) struct Markup {
    place: Place,
    depth: usize,
    /// The tag so far, without its angle brackets.
    tag: Vec<u8>,
    elements: u64,
}

impl Markup {
    pub(super) fn new() -> Self {
        Self { place: Place::Text(0), depth: 0, tag: Vec::new(), elements: 0 }
    }

    /// Looks at the next piece; `seen` gets every tag without its angle brackets, `c r="A1"` or `/c`.
    ///
    /// # Errors
    /// If the document is made to exhaust a reader.
    pub(super) fn look(&mut self, mut piece: &[u8], seen: &mut impl FnMut(&[u8])) -> Result<(), Text> {
        while !piece.is_empty() {
            let taken = match self.place {
                Place::Text(before) => {
                    let at = memchr::memchr(b'<', piece);
                    let length = before + at.unwrap_or(piece.len());
                    if length > TEXT_BYTES {
                        return Err(hostile("文字过长", "a text in it is too long"));
                    }
                    self.place = if at.is_some() { Place::Opening } else { Place::Text(length) };
                    self.tag.clear();
                    at.map_or(piece.len(), |at| at + 1)
                }
                Place::Opening => {
                    self.place =
                        if matches!(piece[0], b'!' | b'?') { Place::Special } else { Place::Tag(None) };
                    0
                }
                Place::Special => {
                    self.tag.push(piece[0]);
                    self.place = self.special()?;
                    1
                }
                Place::Tag(quote) => self.in_tag(piece, quote, seen)?,
                Place::Until(end, before) => {
                    let last = end[end.len() - 1];
                    let at = memchr::memchr(last, piece).map_or(piece.len(), |at| at + 1);
                    self.tag.extend_from_slice(&piece[..at]);
                    let length = before + at;
                    if length > TEXT_BYTES {
                        return Err(hostile("注释过长", "a comment in it is too long"));
                    }
                    let ended = self.tag.ends_with(end);
                    let keep = self.tag.len().saturating_sub(end.len());
                    self.tag.drain(..keep);
                    self.place = if ended { Place::Text(0) } else { Place::Until(end, length) };
                    at
                }
            };
            piece = &piece[taken..];
        }
        Ok(())
    }

    /// What the first bytes of what is no element begin.
    fn special(&mut self) -> Result<Place, Text> {
        let end = match self.tag.as_slice() {
            b"?" => &b"?>"[..],
            b"!--" => b"-->",
            b"![CDATA[" => b"]]>",
            tag if b"!--".starts_with(tag) || b"![CDATA[".starts_with(tag) => return Ok(Place::Special),
            _ => return Err(hostile("含有文档类型定义", "it has a document type")),
        };
        self.tag.clear();
        Ok(Place::Until(end, 0))
    }

    /// Takes bytes of a tag; gives how many.
    fn in_tag(
        &mut self,
        piece: &[u8],
        quote: Option<u8>,
        seen: &mut impl FnMut(&[u8]),
    ) -> Result<usize, Text> {
        let at = match quote {
            Some(quote) => memchr::memchr(quote, piece),
            None => memchr::memchr3(b'"', b'\'', b'>', piece),
        };
        let end = at.map_or(piece.len(), |at| at + 1);
        self.tag.extend_from_slice(&piece[..end]);
        if self.tag.len() > TAG_BYTES {
            return Err(hostile("标签过长", "a tag in it is too long"));
        }
        let Some(at) = at else { return Ok(end) };
        self.place = match (quote, piece[at]) {
            (Some(_), _) => Place::Tag(None),
            (None, b'>') => {
                self.tag.pop();
                self.element(seen)?;
                Place::Text(0)
            }
            (None, quote) => Place::Tag(Some(quote)),
        };
        Ok(end)
    }

    fn element(&mut self, seen: &mut impl FnMut(&[u8])) -> Result<(), Text> {
        self.elements += 1;
        if self.tag.starts_with(b"/") {
            self.depth = self.depth.checked_sub(1).ok_or_else(cut)?;
        } else if !self.tag.ends_with(b"/") {
            self.depth += 1;
            if self.depth > DEPTH {
                return Err(hostile("嵌套过深", "it is nested too deep"));
            }
        }
        seen(&self.tag);
        Ok(())
    }

    /// Says that the document ends here.
    ///
    /// # Errors
    /// If it should not.
    pub(super) fn end(&self) -> Result<(), Text> {
        if self.depth == 0 && self.elements > 0 && matches!(self.place, Place::Text(_)) {
            Ok(())
        } else {
            Err(cut())
        }
    }
}

/// The value of an attribute of a tag, as it is written.
pub(super) fn attribute<'a>(tag: &'a [u8], name: &str) -> Option<&'a str> {
    let text = std::str::from_utf8(tag).ok()?;
    let mut from = 0;
    while let Some(at) = text[from..].find(name) {
        let before = text[..from + at].ends_with(|c: char| c.is_ascii_whitespace());
        let rest = text[from + at + name.len()..].trim_start();
        from += at + name.len();
        if let (true, Some(value)) = (before, rest.strip_prefix('=')) {
            let value = value.trim_start();
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            return value[1..].split(quote).next();
        }
    }
    None
}

/// The name of the element of a tag, without its prefix; of a closing tag with the slash before it.
pub(super) fn name(tag: &[u8]) -> &[u8] {
    let end = tag
        .iter()
        .position(|b| b.is_ascii_whitespace() || (*b == b'/' && tag[0] != b'/'))
        .unwrap_or(tag.len());
    let name = &tag[..end];
    match memchr::memchr(b':', name) {
        Some(at) if name[0] != b'/' => &name[at + 1..],
        _ => name,
    }
}

fn hostile(zh: &str, en: &str) -> Text {
    Text::new(
        format!("工作簿内部的 XML 异常：{zh}"),
        format!("the XML within the workbook is not as it should be: {en}"),
    )
}

fn cut() -> Text {
    Text::new("文件不完整：工作簿内部的 XML 没有结束", "is damaged: the XML within the workbook does not end")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(document: &[u8], piece: usize) -> Result<Vec<String>, Text> {
        let (mut markup, mut tags) = (Markup::new(), Vec::new());
        for piece in document.chunks(piece) {
            markup.look(piece, &mut |tag| tags.push(String::from_utf8(tag.to_vec()).unwrap()))?;
        }
        markup.end().map(|()| tags)
    }

    #[test]
    fn tags_are_seen_whole_however_a_document_is_cut() {
        let document = b"<?xml version='1.0'?><a b='x>y'><!-- <no> --><c d=\"/\"/><![CDATA[<n>]]]>t</a>";
        for piece in 1..document.len() {
            assert_eq!(look(document, piece).unwrap(), ["a b='x>y'", "c d=\"/\"/", "/a"], "{piece}");
        }
    }

    #[test]
    fn documents_made_to_exhaust_a_reader_are_refused() {
        for (document, fault) in [
            ("<a>".repeat(300), "nested too deep"),
            (format!("<a>{}</a>", "x".repeat(600_000)), "text in it is too long"),
            (format!("<a b='{}'/>", "x".repeat(70_000)), "tag in it is too long"),
            (format!("<a><!-- {} --></a>", "<x> ".repeat(200_000)), "comment in it is too long"),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".to_owned(), "document type"),
            ("<a><b></b>".to_owned(), "does not end"),
            ("<a></a></a>".to_owned(), "does not end"),
            ("no markup".to_owned(), "does not end"),
            ("<a".to_owned(), "does not end"),
        ] {
            let refused = look(document.as_bytes(), 1000).unwrap_err();
            assert!(refused.en.contains(fault), "{}: {fault}", refused.en);
        }
    }

    #[test]
    fn attributes_and_names_are_read_from_a_tag() {
        let tag = b"x:row r=\"3\" xhidden='0' hidden = '1'/";
        assert_eq!(attribute(tag, "hidden"), Some("1"));
        assert_eq!((attribute(tag, "r"), attribute(tag, "s")), (Some("3"), None));
        assert_eq!(
            (name(tag), name(b"/c"), name(b"v"), name(b"f/")),
            (&b"row"[..], &b"/c"[..], &b"v"[..], &b"f"[..])
        );
    }
}
