//! A report as one HTML page that needs nothing else: its fonts and charts are inside, it loads and runs nothing.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::document::{Align, Block, Cell, Document, Figure, Table};
use crate::drawing::{escaped, short};
use crate::fonts::{FontFault, Fonts};

/// What the page may do: nothing but show itself.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; font-src data:";
/// How it looks, on a screen and on paper.
const STYLE: &str = include_str!("html/style.css");

/// Writes a report as a page.
///
/// # Errors
/// [`FontFault`] if the fonts cannot be cut down.
pub fn html(document: &Document, fonts: &Fonts) -> Result<String, FontFault> {
    let texts = document.texts();
    let mut out = String::with_capacity(1 << 20);
    let (language, title) = (document.language.tag(), escaped(&document.title));
    out.push_str("<!DOCTYPE html>\n");
    put(&mut out, format_args!("<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n"));
    put(&mut out, format_args!("<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n"));
    out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    put(&mut out, format_args!("<title>{title}</title>\n<style>\n"));
    for (file, weight) in [(&fonts.regular, 400), (&fonts.bold, 700)] {
        let font = STANDARD.encode(file.cut(texts.iter().copied())?);
        put(
            &mut out,
            format_args!(
                "@font-face{{font-family:\"Report\";font-weight:{weight};src:url(data:font/otf;base64,{font})}}\n"
            ),
        );
    }
    put(&mut out, format_args!("{STYLE}</style>\n</head>\n<body>\n<main>\n<header>\n<h1>{title}</h1>\n"));
    put(&mut out, format_args!("<p class=\"subtitle\">{}</p>\n</header>\n", escaped(&document.subtitle)));
    blocks(&mut out, &document.blocks);
    put(
        &mut out,
        format_args!("<footer>{}</footer>\n</main>\n</body>\n</html>\n", escaped(&document.running)),
    );
    Ok(out)
}

/// Writing to a string does not fail.
fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

fn blocks(out: &mut String, all: &[Block]) {
    for block in all {
        match block {
            Block::Section(text, _) => put(out, format_args!("<h2>{}</h2>\n", escaped(text))),
            Block::Heading(text) => put(out, format_args!("<h3>{}</h3>\n", escaped(text))),
            Block::Lead(lines) => {
                out.push_str("<div class=\"lead\">\n");
                lines.iter().for_each(|line| put(out, format_args!("<p>{}</p>\n", escaped(line))));
                out.push_str("</div>\n");
            }
            Block::Text(text) => put(out, format_args!("<p>{}</p>\n", escaped(text))),
            Block::Note(text) => put(out, format_args!("<p class=\"note\">{}</p>\n", escaped(text))),
            Block::Command(text) => put(out, format_args!("<pre>{}</pre>\n", escaped(text))),
            Block::Pairs(pairs) => {
                out.push_str("<dl>\n");
                for (label, value) in pairs {
                    put(out, format_args!("<dt>{}</dt><dd>{}</dd>\n", escaped(label), escaped(value)));
                }
                out.push_str("</dl>\n");
            }
            Block::Figures(figures) => {
                out.push_str("<div class=\"figures\">\n");
                figures.iter().for_each(|it| figure(out, it));
                out.push_str("</div>\n");
            }
            Block::Chart(drawing) => put(out, format_args!("<figure>{}</figure>\n", drawing.svg())),
            Block::Table(it) => table(out, it),
            Block::Columns(columns) => {
                out.push_str("<div class=\"columns\">\n");
                for column in columns {
                    out.push_str("<div>\n");
                    blocks(out, column);
                    out.push_str("</div>\n");
                }
                out.push_str("</div>\n");
            }
        }
    }
}

fn figure(out: &mut String, figure: &Figure) {
    let Figure { value, label, remark } = figure;
    put(
        out,
        format_args!(
            "<div><span>{}</span><strong>{}</strong><small>{}</small></div>\n",
            escaped(label),
            escaped(value),
            escaped(remark)
        ),
    );
}

fn table(out: &mut String, table: &Table) {
    put(
        out,
        format_args!("<div class=\"wide\"><table aria-label=\"{}\">\n<thead><tr>", escaped(&table.summary)),
    );
    let class = |align: Align| if align == Align::Right { " class=\"number\"" } else { "" };
    for column in &table.columns {
        put(out, format_args!("<th scope=\"col\"{}>{}</th>", class(column.align), escaped(&column.header)));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        out.push_str("<tr>");
        for (cell, column) in row.iter().zip(&table.columns) {
            let class = class(column.align);
            match cell {
                Cell::Text(text) => put(out, format_args!("<td{class}>{}</td>", escaped(text))),
                Cell::Strong(text) => put(out, format_args!("<td{class}><b>{}</b></td>", escaped(text))),
                Cell::Bar { share, text, tone } => put(
                    out,
                    format_args!(
                        "<td class=\"bar\"><div><svg viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
                         <rect width=\"{}\" height=\"8\" fill=\"{}\"/></svg><span>{}</span></div></td>",
                        short(share.clamp(0.0, 1.0) * 100.0),
                        tone.colour(),
                        escaped(text)
                    ),
                ),
            }
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table></div>\n");
}
