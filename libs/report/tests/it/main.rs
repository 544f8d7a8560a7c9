//! Reports of an invented district, looked at with poppler as a reader would see them. Both the font and poppler are
//! Debian packages that `cargo xtask test` installs.

mod district;

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use xiuhua_report::facts::{Change, Facts, NodeFacts, Standing};
use xiuhua_report::{FontFault, Fonts, Language, html, pdf, report};

static FONTS: LazyLock<Fonts> =
    LazyLock::new(|| Fonts::find(None).expect("the package fonts-noto-cjk is installed"));

fn as_pdf(facts: &Facts, language: Language) -> Vec<u8> {
    pdf(&report(facts, language), &FONTS).expect("a PDF")
}

fn as_page(facts: &Facts) -> String {
    html(&report(facts, Language::Zh), &FONTS).expect("a page")
}

/// What a program of poppler says about a PDF.
fn looked_at(program: &str, options: &[&str], pdf: &[u8]) -> String {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = dir.path().join("report.pdf");
    std::fs::write(&file, pdf).expect("the folder is ours");
    let mut command = Command::new(program);
    command.args(options).arg(&file);
    if program == "pdftotext" {
        command.arg("-");
    }
    let ended = command.output().expect("the package poppler-utils is installed");
    assert!(ended.status.success(), "{program}: {}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8(ended.stdout).expect("UTF-8")
}

fn pages(pdf: &[u8]) -> usize {
    let told = looked_at("pdfinfo", &[], pdf);
    let line = told.lines().find(|line| line.starts_with("Pages:")).expect("a line on pages");
    line.trim_start_matches("Pages:").trim().parse().expect("a number")
}

#[test]
fn the_same_facts_give_the_same_bytes() {
    let facts = district::facts(36, false);
    let fonts = Fonts::find(None).expect("fonts found again");
    let again = report(&facts, Language::Zh);
    assert!(as_pdf(&facts, Language::Zh) == pdf(&again, &fonts).expect("a PDF"));
    assert!(as_page(&facts) == html(&again, &fonts).expect("a page"));
}

#[test]
fn a_report_is_a_few_pages() {
    for (town, language) in
        [(false, Language::Zh), (true, Language::Zh), (false, Language::En), (true, Language::En)]
    {
        let pdf = as_pdf(&district::facts(36, town), language);
        // The structure of the index is a matter of the district.
        let most = if town { 10 } else { 12 };
        assert!((7..=most).contains(&pages(&pdf)), "town {town}, {language:?}: {} pages", pages(&pdf));
    }
}

/// With 200 towns tables are broken over pages; with long names cells are broken over lines.
#[test]
fn nothing_is_printed_beyond_the_margins() {
    let mut long = district::facts(3, true);
    for place in long.types.iter_mut().flat_map(|it| &mut it.best) {
        place.name = Some("上海市浦东新区".repeat(12));
        place.belongs_to = "WithoutAnyBreak".repeat(9);
    }
    for facts in [district::facts(200, false), district::facts(36, true), long] {
        for language in [Language::Zh, Language::En] {
            let pdf = as_pdf(&facts, language);
            let words = looked_at("pdftotext", &["-bbox"], &pdf);
            let mut seen = 0;
            for line in words.lines().filter(|line| line.trim_start().starts_with("<word")) {
                let edge = |name: &str| -> f64 {
                    let (_, rest) = line.split_once(&format!("{name}=\"")).expect("an edge");
                    rest.split('"').next().expect("a value").parse().expect("a number")
                };
                assert!(edge("xMin") >= 49.0 && edge("xMax") <= 546.5, "{line}");
                assert!(edge("yMin") >= 30.0 && edge("yMax") <= 826.0, "{line}");
                seen += 1;
            }
            assert!(seen > 1000, "{seen} words");
        }
    }
}

#[test]
fn the_text_of_the_pdf_can_be_copied_and_its_fonts_are_embedded_subsets() {
    let facts = district::facts(36, false);
    let pdf = as_pdf(&facts, Language::Zh);
    let text = looked_at("pdftotext", &["-layout"], &pdf);
    assert!(text.contains(&facts.run.digest), "{text}");
    for heading in [
        "总分的分布",
        "各级指数",
        "街镇排名",
        "街镇混合总分（不排名）",
        "痛点",
        "上升与下降",
        "数据质量",
        "指数的结构",
        "方法",
    ] {
        assert!(text.contains(heading), "{heading} is not in {text}");
    }
    assert!(text.contains("已发布（2026-03-02，王芳：区政府审定）"), "{text}");
    for town in &facts.types[0].towns {
        assert!(text.contains(&town.name), "{}", town.name);
    }
    let fonts = looked_at("pdffonts", &[], &pdf);
    let rows: Vec<_> = fonts.lines().skip(2).collect();
    assert_eq!(rows.len(), 2, "{fonts}");
    for row in rows {
        // embedded, subset, Unicode
        assert!(row.contains("yes yes yes"), "{row}");
    }
    let told = looked_at("pdfinfo", &[], &pdf);
    assert!(told.contains("Tagged:          yes") && !told.contains("CreationDate"), "{told}");
}

#[test]
fn the_page_needs_nothing_else_and_runs_nothing() {
    let page = as_page(&district::facts(36, true));
    for outside in ["http:", "https:", "//www", "<script", "<link", "<img", "<iframe", "@import", "onload"] {
        assert!(!page.contains(outside), "{outside}");
    }
    for (at, _) in page.match_indices("url(") {
        assert!(page[at..].starts_with("url(data:font/otf;base64,"), "{}", &page[at..at + 40]);
    }
    assert_eq!(page.matches("url(").count(), 2);
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"zh-CN\">"));
    for element in ["table", "tr", "td", "svg", "div", "h2", "p", "dl"] {
        let (open, close) = (format!("<{element}"), format!("</{element}>"));
        let opened = page
            .match_indices(&open)
            .filter(|(at, _)| !page[at + open.len()..].starts_with(char::is_alphanumeric));
        assert_eq!(opened.count(), page.matches(&close).count(), "{element}");
    }
}

#[test]
fn a_name_from_a_file_is_text_and_nothing_else() {
    let mut facts = district::facts(3, false);
    facts.types[0].towns[0].name = "<script>alert(1)</script>\u{1b}[31m\u{202e}&amp;".to_owned();
    facts.run.standing = Standing::Draft;
    let (pdf, page) = (as_pdf(&facts, Language::Zh), as_page(&facts));
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;alert(1)"));
    assert!(!page.contains(['\u{1b}', '\u{202e}']));
    assert!(looked_at("pdftotext", &["-layout"], &pdf).contains("未发布"));
}

#[test]
fn how_sure_ranks_are_is_told_where_somebody_has_analysed_it() {
    let mut told = district::facts(36, false);
    let page = as_page(&told);
    for said in ["名次的可靠程度", "重算 1,000 次", "不可区分组", "weights=uniform:0.25", "61.0%"]
    {
        assert!(page.contains(said), "{said}");
    }
    told.uncertainty = None;
    assert!(!as_page(&told).contains("名次的可靠程度"));
}

#[test]
fn what_has_too_few_households_is_counted_and_not_named() {
    let (pdf, page) = (as_pdf(&district::facts(3, true), Language::Zh), as_page(&district::facts(3, true)));
    let text = looked_at("pdftotext", &["-layout"], &pdf);
    for told in [text, page] {
        assert!(told.contains("（不列名）") && told.contains("少于 5 户的小区计入各项统计，但不列出名称"));
        assert!(told.contains("幸福里第2小区") && !told.contains("幸福里第3小区"));
    }
}

#[test]
fn without_a_previous_period_nothing_is_said_about_change() {
    let mut facts = district::facts(3, false);
    facts.previous = None;
    facts.types.iter_mut().for_each(|it| it.change = None);
    let pdf = as_pdf(&facts, Language::Zh);
    let text = looked_at("pdftotext", &["-layout"], &pdf);
    assert!(text.contains("没有同一阈值集、同一权重下的上期测评，本报告不谈升降"), "{text}");
}

#[test]
fn a_file_that_is_no_font_is_refused_by_name() {
    let none = Fonts::find(Some(Path::new("Cargo.toml"))).expect_err("no font");
    assert!(matches!(none, FontFault::Unusable(_)) && none.to_string().contains("Cargo.toml"), "{none}");
    assert!(FontFault::Absent.to_string().contains("fonts-noto-cjk"));
}

/// Lines of a page, page by page.
fn lines_of_pages(pdf: &[u8]) -> Vec<Vec<String>> {
    let text = looked_at("pdftotext", &["-layout"], pdf);
    let pages = text.trim_end_matches('\u{c}').split('\u{c}');
    let lines = pages.map(|page| page.lines().map(str::trim).filter(|line| !line.is_empty()));
    lines.map(|lines| lines.map(str::to_owned).collect()).collect()
}

#[test]
fn a_table_that_goes_on_bears_its_heading_again_and_no_page_holds_next_to_nothing() {
    let mut long = district::facts(36, true);
    for it in &mut long.types {
        it.committees.clone_from(&it.towns);
        // Too long for half the width: the tables stand below one another and are broken.
        it.committees.iter_mut().for_each(|committee| committee.name.push_str(&"沿河路以东".repeat(6)));
    }
    let continued = lines_of_pages(&as_pdf(&long, Language::Zh));
    assert!(continued.iter().any(|page| page[0].ends_with("（续）")), "{continued:?}");
    for facts in [long, district::facts(36, false), district::facts(3, true), district::facts(37, false)] {
        for page in lines_of_pages(&as_pdf(&facts, Language::Zh)) {
            assert!(page.len() >= 6, "{page:?}");
        }
    }
}

#[test]
fn of_one_or_two_estates_nothing_is_listed_and_it_is_said() {
    let mut facts = district::facts(3, true);
    let few = &mut facts.types[3];
    (few.places, few.scored) = (1, 1);
    few.own.truncate(1);
    let own = format!("{:.2}", few.own[0]);
    let text = looked_at("pdftotext", &["-layout"], &as_pdf(&facts, Language::Zh));
    assert!(text.contains("保障性住房（1 个小区）：不足 3 个小区，不列表"), "{text}");
    assert!(!text.contains("保障性住房：得分最高") && !text.contains(&own), "{text}");
    assert!(text.contains("商品房（19 个小区）"), "the sentences say of how many: {text}");
}

#[test]
fn what_is_common_is_no_mark_of_a_towns_own_and_is_told_by_unrounded_values() {
    let mut facts = district::facts(3, true);
    for it in &mut facts.types {
        it.own_losses.iter_mut().for_each(|loss| loss.common = true);
        it.losses[0].median_z = 0.499_7;
    }
    let page = as_page(&facts);
    let (_, own) = page.split_once("本街镇自己的短板").expect("a section");
    let (own, _) = own.split_once("<h2>").expect("another section");
    assert!(!own.contains("共性"), "{own}");
    assert!(page.contains(">0.4997<") && page.contains("低于 0.5，"));
}

#[test]
fn the_method_names_the_base_periods_and_a_town_is_told_whose_rows_are_counted() {
    let mut facts = district::facts(3, true);
    facts.run.base_periods = vec!["2017".to_owned(), "2019".to_owned()];
    let page = as_page(&facts);
    assert!(page.contains("用基期 2017、2019 的平均") && page.contains("全区的交付"));
    assert!(!as_page(&district::facts(3, false)).contains("全区的交付"));
}

#[test]
fn towns_of_one_name_are_told_apart_by_their_codes() {
    let mut facts = district::facts(3, false);
    for it in &mut facts.types {
        it.towns.iter_mut().for_each(|town| {
            if town.code != "310115002000" {
                town.name = "第一街道".to_owned();
            }
        });
    }
    let page = as_page(&facts);
    assert!(page.contains("第一街道（310115000000）") && page.contains("第一街道（310115001000）"));
    assert!(page.contains("第3街道") && !page.contains("第3街道（3101"));
}

#[test]
fn without_totals_it_says_why_once_and_shows_what_has_scores() {
    for town in [false, true] {
        let mut facts = district::facts(3, town);
        facts.together = None;
        facts.towns_together.iter_mut().for_each(|group| (group.score, group.places) = (None, 0));
        for it in &mut facts.types {
            it.scored = 0;
            it.scores.clear();
            it.own.clear();
            it.best.clear();
            it.worst.clear();
            it.change = Some(Change::default());
            it.nodes[0] = NodeFacts::default();
            let groups = it.towns.iter_mut().chain(&mut it.committees).chain(&mut it.mean);
            groups.for_each(|group| (group.score, group.rank, group.places) = (None, None, 0));
        }
        let text = looked_at("pdftotext", &["-layout"], &as_pdf(&facts, Language::Zh));
        assert_eq!(text.matches("没有小区有总分").count(), 1, "{text}");
        assert!(text.contains("至少 66.7% 的权重有数据"), "{text}");
        for left_out in ["街镇排名", "街镇混合总分", "在全区的位置", "总分的分布"] {
            assert!(!text.contains(left_out), "{left_out} is in {text}");
        }
        for shown in ["各级指数", "痛点", "没有小区两期都有总分", "数据质量"] {
            assert!(text.contains(shown), "{shown} is not in {text}");
        }
        assert!(!text.lines().any(|line| line.matches('–').count() > 2), "{text}");
    }
}
