//! Files that nobody sends by mistake, and files that are no tables at all: each is refused with a reason, at once and in
//! little memory.

use xiuhua_sheet_makers::{Book, Sheet, hostile};

use super::{About, Case, Content, Format, case};

fn file(name: &str, file: &'static str, bytes: Vec<u8>) -> Case {
    case(name, About::Places, file, Content::Bytes(bytes))
}

pub(super) fn cases() -> Vec<Case> {
    let whole = [
        file("a bomb", "a.xlsx", hostile::bomb()).refused(&[]),
        file("a bomb whose directory lies", "a.xlsx", hostile::bomb_that_lies()).refused(&[]),
        file("elements nested without end", "a.xlsx", hostile::nested()).refused(&[]),
        file("a thousand million laughs", "a.xlsx", hostile::billion_laughs()).refused(&[]),
        file("an entity that reads this machine", "a.xlsx", hostile::outside_entity()).refused(&[]),
        file("one cell at the far end", "a.xlsx", hostile::far_cell()).refused(&[]),
        file("cells that repeat a million times", "a.ods", hostile::repeated_cells()).refused(&[]),
        file("sectors that lead in a circle", "a.xls", hostile::looping_chain()).refused(&[]),
        file("a workbook with a password", "a.xlsx", hostile::encrypted()).refused(&["密码"]),
        file("a web page that is called a workbook", "a.xls", hostile::web_page()).refused(&["另存为"]),
        file("the XML of 2003", "a.xls", hostile::xml_of_2003()).refused(&["另存为"]),
        file("a zip without a workbook", "a.zip", hostile::zip_without_workbook()).refused(&[]),
        file("a header of a million columns", "a.csv", hostile::million_columns()).refused(&["列"]),
        file("a document", "a.pdf", b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\n".to_vec()).refused(&["PDF"]),
        file("a picture", "a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()).refused(&[]),
    ];
    let cut = Format::ALL.into_iter().flat_map(|format| {
        let sheet = Sheet::of_texts("名册", "小区编号|小区名称\nP1|甲\nP2|乙");
        let bytes = format.bytes(&Book::of(sheet));
        [3, 2].map(|part| {
            let name = format!("{format:?} cut off after {part} quarters");
            file(&name, "a.xlsx", bytes[..bytes.len() * part / 4].to_vec()).refused(&[])
        })
    });
    whole.into_iter().chain(cut).collect()
}
