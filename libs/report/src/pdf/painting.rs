//! Pages of marks become a PDF.

use std::num::NonZeroU16;

use krilla::color::rgb;
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Node, TableHeaderScope, Tag, TagGroup, TagTree};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla::{Document as Pdf, SerializeSettings};

use crate::colour::{Colour, MUTED, PAPER, RULE};
use crate::document::Document;
use crate::drawing::{Anchor, Mark, harmless};
use crate::fonts::{FontFault, FontFile, Fonts};
use crate::pdf::composing::{Composer, Piece, Role};
use crate::pdf::{MARGIN, PAGE_HEIGHT, PAGE_WIDTH, PdfFault, TEXT_WIDTH};

/// Draws pages and ends the file.
pub(super) fn paint(
    document: &Document,
    pages: &[Vec<Piece>],
    fonts: &Fonts,
    composer: &mut Composer<'_>,
) -> Result<Vec<u8>, PdfFault> {
    let unwritable = |error: String| PdfFault::Unwritable(error);
    let accessible = ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1);
    let configuration = accessible.finish().map_err(|e| unwritable(format!("{e:?}")))?;
    let mut pdf = Pdf::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let mut painter = Painter { regular: font(&fonts.regular)?, bold: font(&fonts.bold)?, composer };
    let mut tree = Tree::default();
    let mut outline = Outline::new();
    for (number, pieces) in (1..).zip(pages) {
        let size = PageSettings::from_wh(pt(PAGE_WIDTH), pt(PAGE_HEIGHT));
        let mut page = pdf.start_page_with(size.ok_or_else(|| unwritable("page size".to_owned()))?);
        let mut surface = page.surface();
        for piece in pieces {
            let tag = match piece.role {
                Role::Ornament => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)),
                _ => ContentTag::Other,
            };
            if let Role::Heading(1..=2, title) = &piece.role {
                let top = Point::from_xy(0.0, pt((piece.top() - 24.0).max(0.0)));
                outline.push_child(OutlineNode::new(title.clone(), XyzDestination::new(number - 1, top)));
            }
            let id = surface.start_tagged(tag);
            piece.marks.iter().for_each(|mark| painter.mark(&mut surface, mark, (MARGIN, 0.0)));
            surface.end_tagged();
            tree.add(&piece.role, || id.into());
        }
        surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Footer)));
        for mark in footer(document, number, pages.len()) {
            painter.mark(&mut surface, &mark, (MARGIN, 0.0));
        }
        surface.end_tagged();
        surface.finish();
        page.finish();
    }
    let language = document.language.tag().to_owned();
    pdf.set_outline(outline);
    pdf.set_tag_tree(tree.finish(&language));
    let metadata = Metadata::new().title(document.title.clone()).language(language);
    pdf.set_metadata(metadata.description(document.subtitle.clone()).creator("xiuhua".to_owned()));
    pdf.finish().map_err(|e| unwritable(format!("{e:?}")))
}

fn font(file: &FontFile) -> Result<Font, FontFault> {
    let data: krilla::Data = file.data.clone().into();
    Font::new(data, file.index).ok_or_else(|| FontFault::Uncuttable("it cannot be read".to_owned()))
}

fn footer(document: &Document, page: usize, pages: usize) -> [Mark; 3] {
    let y = PAGE_HEIGHT - 34.0;
    let text = |x: f64, anchor: Anchor, text: String| Mark::Text {
        at: (x, y + 11.0),
        size: 7.5,
        bold: false,
        anchor,
        fill: MUTED,
        text,
    };
    [
        Mark::Line { from: (0.0, y), to: (TEXT_WIDTH, y), width: 0.5, stroke: RULE },
        text(0.0, Anchor::Start, document.running.clone()),
        text(TEXT_WIDTH, Anchor::End, format!("{page} / {pages}")),
    ]
}

struct Painter<'a, 'b> {
    regular: Font,
    bold: Font,
    composer: &'a mut Composer<'b>,
}

impl Painter<'_, '_> {
    fn mark(&mut self, surface: &mut Surface<'_>, mark: &Mark, (right, down): (f64, f64)) {
        match mark {
            Mark::Rect { x, y, width, height, fill } => {
                let rect = Rect::from_xywh(pt(x + right), pt(y + down), pt(*width), pt(*height));
                let path = rect.and_then(|rect| {
                    let mut path = PathBuilder::new();
                    path.push_rect(rect);
                    path.finish()
                });
                draw(surface, path, Some(filled(*fill)), None);
            }
            Mark::Line { from, to, width, stroke } => {
                let mut path = PathBuilder::new();
                path.move_to(pt(from.0 + right), pt(from.1 + down));
                path.line_to(pt(to.0 + right), pt(to.1 + down));
                let stroke = Stroke { paint: colour(*stroke).into(), width: pt(*width), ..Stroke::default() };
                draw(surface, path.finish(), None, Some(stroke));
            }
            Mark::Dot { at, radius, fill } => {
                let (x, y) = (at.0 + right, at.1 + down);
                let rim = Stroke { paint: colour(PAPER).into(), width: 0.8, ..Stroke::default() };
                draw(surface, circle(x, y, *radius), Some(filled(*fill)), Some(rim));
            }
            Mark::Text { at, size, bold, anchor, fill, text } => {
                let text: String = text.chars().map(harmless).collect();
                let measure = if *bold { &mut self.composer.bold } else { &mut self.composer.regular };
                let glyphs: Vec<KrillaGlyph> = text
                    .char_indices()
                    .map(|(start, c)| {
                        let (glyph, width) = measure.glyph(c);
                        let range = start..start + c.len_utf8();
                        KrillaGlyph::new(GlyphId::new(glyph), pt(width), 0.0, 0.0, 0.0, range, None)
                    })
                    .collect();
                let width = measure.width(&text) * size;
                let x = right + at.0
                    - match anchor {
                        Anchor::Start => 0.0,
                        Anchor::Middle => width / 2.0,
                        Anchor::End => width,
                    };
                surface.set_stroke(None);
                surface.set_fill(Some(filled(*fill)));
                let font = if *bold { &self.bold } else { &self.regular };
                let start = Point::from_xy(pt(x), pt(at.1 + down));
                surface.draw_glyphs(start, &glyphs, font.clone(), &text, pt(*size), false);
            }
        }
    }
}

fn draw(surface: &mut Surface<'_>, path: Option<Path>, fill: Option<Fill>, stroke: Option<Stroke>) {
    if let Some(path) = path {
        surface.set_fill(fill);
        surface.set_stroke(stroke);
        surface.draw_path(&path);
    }
}

/// Four curves, close enough to a circle.
fn circle(x: f64, y: f64, radius: f64) -> Option<Path> {
    let bend = radius * 0.552_284_75;
    let mut path = PathBuilder::new();
    path.move_to(pt(x + radius), pt(y));
    let (right, left, top, bottom) = (x + radius, x - radius, y - radius, y + radius);
    for [x1, y1, x2, y2, x3, y3] in [
        [right, y + bend, x + bend, bottom, x, bottom],
        [x - bend, bottom, left, y + bend, left, y],
        [left, y - bend, x - bend, top, x, top],
        [x + bend, top, right, y - bend, right, y],
    ] {
        path.cubic_to(pt(x1), pt(y1), pt(x2), pt(y2), pt(x3), pt(y3));
    }
    path.close();
    path.finish()
}

fn filled(fill: Colour) -> Fill {
    Fill { paint: colour(fill).into(), opacity: NormalizedF32::ONE, rule: Default::default() }
}

fn colour(colour: Colour) -> rgb::Color {
    rgb::Color::new(colour.0, colour.1, colour.2)
}

#[expect(clippy::cast_possible_truncation, reason = "PDF lengths are f32; pages are small")]
fn pt(length: f64) -> f32 {
    length as f32
}

/// The tags of a report: flat, but for the rows and cells of tables.
#[derive(Default)]
struct Tree {
    nodes: Vec<Node>,
    open: Option<OpenTable>,
}

struct OpenTable {
    id: usize,
    table: TagGroup,
    row: usize,
    cells: TagGroup,
}

impl Tree {
    fn add(&mut self, role: &Role, content: impl FnOnce() -> Node) {
        let group = match role {
            Role::Ornament => return,
            Role::Cell { table, summary, row } => return self.cell(*table, summary, *row, content()),
            Role::Paragraph => TagGroup::with_children(Tag::P, vec![content()]),
            Role::Chart(alt) => TagGroup::with_children(Tag::Figure(Some(alt.clone())), vec![content()]),
            Role::Heading(level, title) => {
                let level = NonZeroU16::new(*level).unwrap_or(NonZeroU16::MIN);
                TagGroup::with_children(Tag::Hn(level, Some(title.clone())), vec![content()])
            }
        };
        self.close();
        self.nodes.push(group.into());
    }

    fn cell(&mut self, id: usize, summary: &str, row: usize, content: Node) {
        if self.open.as_ref().is_none_or(|open| open.id != id) {
            self.close();
            let table = TagGroup::new(Tag::Table.with_summary(Some(summary.to_owned())));
            self.open = Some(OpenTable { id, table, row, cells: TagGroup::new(Tag::TR) });
        }
        let Some(open) = &mut self.open else { return };
        if open.row != row {
            open.row = row;
            open.table.push(std::mem::replace(&mut open.cells, TagGroup::new(Tag::TR)));
        }
        let cell = match row {
            0 => TagGroup::with_children(Tag::TH(TableHeaderScope::Column), vec![content]),
            _ => TagGroup::with_children(Tag::TD, vec![content]),
        };
        open.cells.push(cell);
    }

    fn close(&mut self) {
        if let Some(OpenTable { mut table, cells, .. }) = self.open.take() {
            table.push(cells);
            self.nodes.push(table.into());
        }
    }

    fn finish(mut self, language: &str) -> TagTree {
        self.close();
        let mut tree = TagTree::new().with_lang(Some(language.to_owned()));
        self.nodes.into_iter().for_each(|node| tree.push(node));
        tree
    }
}
