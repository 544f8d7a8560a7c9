//! Fonts of a report: found on the machine, measured, and cut down to the characters in use. None comes with the
//! repository.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use allsorts::binary::read::ReadScope;
use allsorts::font_data::FontData;
use allsorts::subset::{CmapTarget, SubsetProfile, subset};
use fontdb::{Database, Family, ID, Query, Stretch, Style, Weight};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

/// The family that is looked for where no file is named: Simplified Chinese and Latin of one drawing.
const FAMILY: &str = "Noto Sans CJK SC";
/// What stands for a character that the font does not have (下駄, as printers put it).
const MISSING: char = '〓';

/// Fonts cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FontFault {
    /// None is installed.
    #[error(
        "no font for Chinese is installed: install the package fonts-noto-cjk, or name a font file with --font or \
         XIUHUA_FONT / 没有可用的中文字体：请安装软件包 fonts-noto-cjk，或用 --font 或 XIUHUA_FONT 指定字体文件"
    )]
    Absent,
    /// The file is no font.
    #[error("{}: no font, or none with Chinese characters / 不是字体文件，或不含汉字", .0.display())]
    Unusable(PathBuf),
    /// The font cannot be cut down.
    #[error("the font cannot be made smaller for a page / 无法为网页裁剪字体: {0}")]
    Uncuttable(String),
}

/// A regular and a bold face.
#[derive(Clone, Debug)]
pub struct Fonts {
    /// For text.
    pub(crate) regular: FontFile,
    /// For headings.
    pub(crate) bold: FontFile,
}

/// A face within a file.
#[derive(Clone, Debug)]
pub(crate) struct FontFile {
    /// Bytes of the file.
    pub(crate) data: Arc<Vec<u8>>,
    /// Which face of a collection.
    pub(crate) index: u32,
}

impl Fonts {
    /// Finds the fonts: in the file, else among those installed.
    ///
    /// # Errors
    /// [`FontFault`] if there are none.
    pub fn find(file: Option<&Path>) -> Result<Self, FontFault> {
        let mut known = Database::new();
        let absent = || file.map_or(FontFault::Absent, |path| FontFault::Unusable(path.to_owned()));
        let family = if let Some(path) = file {
            known.load_font_file(path).map_err(|_| absent())?;
            let names = || known.faces().flat_map(|face| face.families.iter().map(|(name, _)| name.as_str()));
            names()
                .find(|name| name.ends_with(" SC"))
                .or_else(|| names().next())
                .unwrap_or_default()
                .to_owned()
        } else {
            known.load_system_fonts();
            FAMILY.to_owned()
        };
        let regular = face(&known, &family, Weight::NORMAL).ok_or_else(absent)?;
        let bold = face(&known, &family, Weight::BOLD).ok_or_else(absent)?;
        let fonts = Self {
            regular: read(&known, regular).ok_or_else(absent)?,
            bold: read(&known, bold).ok_or_else(absent)?,
        };
        if fonts.regular.glyph('区').is_none() { Err(absent()) } else { Ok(fonts) }
    }
}

fn face(known: &Database, family: &str, weight: Weight) -> Option<ID> {
    let families = [Family::Name(family)];
    known.query(&Query { families: &families, weight, stretch: Stretch::Normal, style: Style::Normal })
}

fn read(known: &Database, id: ID) -> Option<FontFile> {
    known.with_face_data(id, |data, index| FontFile { data: Arc::new(data.to_vec()), index })
}

impl FontFile {
    fn parsed(&self) -> Option<FontRef<'_>> {
        FontRef::from_index(&self.data, self.index).ok()
    }

    fn glyph(&self, character: char) -> Option<u32> {
        self.parsed()?.charmap().map(character).map(|glyph| glyph.to_u32()).filter(|glyph| *glyph > 0)
    }

    /// The face cut down to some texts, as OpenType that browsers take.
    ///
    /// # Errors
    /// [`FontFault::Uncuttable`] if the font is not as it should be.
    pub(crate) fn cut<'a>(&self, texts: impl Iterator<Item = &'a str>) -> Result<Vec<u8>, FontFault> {
        let fault = |error: &dyn std::fmt::Display| FontFault::Uncuttable(error.to_string());
        let font = self.parsed().ok_or_else(|| fault(&"it cannot be read"))?;
        let charmap = font.charmap();
        let characters: BTreeSet<char> = texts.flat_map(str::chars).collect();
        // The first glyph is the one for what is missing and has to stand there.
        let mut glyphs = BTreeSet::from([0u16]);
        glyphs.extend(
            characters
                .into_iter()
                .filter_map(|c| charmap.map(c))
                .filter_map(|g| u16::try_from(g.to_u32()).ok()),
        );
        let glyphs: Vec<u16> = glyphs.into_iter().collect();
        let file = ReadScope::new(&self.data).read::<FontData<'_>>().map_err(|e| fault(&e))?;
        let index = usize::try_from(self.index).map_err(|e| fault(&e))?;
        let tables = file.table_provider(index).map_err(|e| fault(&e))?;
        subset(&tables, &glyphs, &SubsetProfile::Minimal, CmapTarget::Unicode).map_err(|e| fault(&e))
    }
}

/// Glyphs and widths of one face.
pub(crate) struct Measure<'a> {
    font: FontRef<'a>,
    units_per_em: f64,
    known: HashMap<char, (u32, f64)>,
}

impl<'a> Measure<'a> {
    /// Of a face.
    ///
    /// # Errors
    /// [`FontFault::Uncuttable`] if the font is not as it should be.
    pub(crate) fn new(file: &'a FontFile) -> Result<Self, FontFault> {
        let font = file.parsed().ok_or_else(|| FontFault::Uncuttable("it cannot be read".to_owned()))?;
        let units_per_em = f64::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
        Ok(Self { font, units_per_em, known: HashMap::new() })
    }

    /// Glyph of a character and its width as a share of the font's size.
    pub(crate) fn glyph(&mut self, character: char) -> (u32, f64) {
        if let Some(found) = self.known.get(&character) {
            return *found;
        }
        let charmap = self.font.charmap();
        let glyph = charmap.map(character).or_else(|| charmap.map(MISSING)).unwrap_or_default();
        let widths = self.font.glyph_metrics(Size::unscaled(), LocationRef::default());
        let width = f64::from(widths.advance_width(glyph).unwrap_or_default()) / self.units_per_em;
        self.known.insert(character, (glyph.to_u32(), width));
        (glyph.to_u32(), width)
    }

    /// Width of a text as a share of the font's size.
    pub(crate) fn width(&mut self, text: &str) -> f64 {
        text.chars().map(|c| self.glyph(c).1).sum()
    }
}
