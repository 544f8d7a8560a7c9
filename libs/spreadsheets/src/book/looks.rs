//! How cells look: few styles, each with a meaning.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

/// How a cell looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// As spreadsheets show it.
    #[default]
    Plain,
    /// A text that stays one when somebody edits the cell: ids keep their zeros and digits.
    Id,
    /// A header cell.
    Head,
    /// A header cell of a column that has to be filled.
    RequiredHead,
    /// At fault: red.
    Fault,
    /// What the platform says about a row: wrapped.
    Verdict,
    /// An example, to be deleted.
    Sample,
    /// The name of a part of a sheet.
    Title,
}

/// The formats, made once a sheet.
pub(super) struct Looks {
    plain: Format,
    id: Format,
    head: Format,
    required: Format,
    fault: Format,
    verdict: Format,
    sample: Format,
    title: Format,
}

impl Looks {
    pub(super) fn new() -> Self {
        let head = Format::new()
            .set_bold()
            .set_text_wrap()
            .set_align(FormatAlign::VerticalCenter)
            .set_border(FormatBorder::Thin)
            .set_border_color(Color::RGB(0x00BF_BFBF));
        let text = || Format::new().set_num_format("@");
        Self {
            plain: Format::new(),
            id: text(),
            required: head.clone().set_background_color(Color::RGB(0x00FF_E699)),
            head: head.set_background_color(Color::RGB(0x00DD_EBF7)),
            fault: text()
                .set_background_color(Color::RGB(0x00FF_C7CE))
                .set_font_color(Color::RGB(0x009C_0006)),
            verdict: Format::new().set_text_wrap().set_align(FormatAlign::Top),
            sample: text().set_italic().set_font_color(Color::RGB(0x0080_8080)),
            title: Format::new().set_bold(),
        }
    }

    pub(super) fn of(&self, look: Look) -> &Format {
        match look {
            Look::Plain => &self.plain,
            Look::Id => &self.id,
            Look::Head => &self.head,
            Look::RequiredHead => &self.required,
            Look::Fault => &self.fault,
            Look::Verdict => &self.verdict,
            Look::Sample => &self.sample,
            Look::Title => &self.title,
        }
    }
}
