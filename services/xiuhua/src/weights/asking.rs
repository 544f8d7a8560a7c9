//! The workbook that asks an expert: a row for each pair of indicators under one parent, judgements from a list.

use anyhow::Result;
use serde_json::json;
use xiuhua_indicators::catalog::{Catalog, Item, ItemIndex};
use xiuhua_indicators::weighting::matrix::MAX_ITEMS;
use xiuhua_indicators::weighting::scheme::keeps_points;
use xiuhua_spreadsheets::judgements::Field;
use xiuhua_spreadsheets::template::{Column, Rule, Template};

use crate::cli::JudgementTemplateArgs;
use crate::method::{self, UnusableInput};
use crate::screen::{Screen, told};

/// Saaty's scale as it is offered: strongest first, then the reciprocals.
const SCALE: [&str; 17] =
    ["9", "8", "7", "6", "5", "4", "3", "2", "1", "1/2", "1/3", "1/4", "1/5", "1/6", "1/7", "1/8", "1/9"];

/// Writes the workbook.
///
/// # Errors
/// If the catalog cannot be read or has a parent with too many children, or the file cannot be written.
pub(crate) fn template(arguments: &JudgementTemplateArgs, screen: &mut Screen) -> Result<()> {
    let (catalog, _) = method::catalog(&arguments.catalog)?;
    let parents: Vec<ItemIndex> = judged_parents(&catalog, arguments.all_leaves).collect();
    let crowded =
        parents.iter().map(|parent| catalog.item(*parent)).filter(|it| it.children.len() > MAX_ITEMS);
    let faults: Vec<String> = crowded
        .map(|it| {
            let (code, children) = (&it.code, it.children.len());
            told(
                format!("{code} 有 {children} 个下级指标，一次最多比较 {MAX_ITEMS} 个"),
                format!("{code} has {children} children, at most {MAX_ITEMS} are compared at once"),
            )
        })
        .collect();
    if !faults.is_empty() {
        return Err(UnusableInput(faults).into());
    }
    let rows: Vec<Vec<String>> = parents.iter().flat_map(|parent| pairs(&catalog, *parent)).collect();
    let pair_count = rows.len();
    workbook(&catalog, rows).write(&arguments.out)?;
    let out = arguments.out.display();
    screen.say(
        &format!("已写入 {out}：{pair_count} 个比较；填好后运行：xiuhua weights judge {out} --expert 姓名"),
        &format!("wrote {out}: {pair_count} pairs; once filled in: xiuhua weights judge {out} --expert NAME"),
    )?;
    screen.json(&json!({ "template": out.to_string(), "pairs": pair_count, "catalog": catalog.id }))
}

/// Parents whose children are judged: not those of weight groups, whose points are the catalog's, unless asked for.
fn judged_parents(catalog: &Catalog, all_leaves: bool) -> impl Iterator<Item = ItemIndex> + '_ {
    let has_pairs = |parent: &ItemIndex| catalog.item(*parent).children.len() > 1;
    catalog.nodes().filter(has_pairs).filter(move |parent| all_leaves || !keeps_points(catalog, *parent))
}

fn pairs(catalog: &Catalog, parent: ItemIndex) -> Vec<Vec<String>> {
    let named = |item: &Item| format!("{} {}", item.code, item.name.zh);
    let item = catalog.item(parent);
    let children: Vec<String> = item.children.iter().map(|child| named(catalog.item(*child))).collect();
    let mut rows = Vec::new();
    for (at, first) in children.iter().enumerate() {
        for second in &children[at + 1..] {
            rows.push(vec![named(item), first.clone(), second.clone()]);
        }
    }
    rows
}

fn workbook(catalog: &Catalog, rows: Vec<Vec<String>>) -> Template {
    let column = |field: Field, notes: &[&str], rule: Rule, required: bool| Column {
        header: field.headers()[0].to_owned(),
        required,
        notes: notes.iter().map(|note| (*note).to_owned()).collect(),
        rule,
    };
    let scale = Rule::Choice { options: SCALE.map(ToOwned::to_owned).to_vec(), closed: true };
    let meaning = [
        "“指标”的重要程度是“比较指标”的多少倍。",
        "1 同等重要；3 稍微重要；5 明显重要；7 强烈重要；9 极端重要；2、4、6、8 介于其间。",
        "“比较指标”更重要时取倒数：1/3 表示比较指标稍微重要。",
    ];
    let sample = rows.first().cloned().unwrap_or_default();
    let sample = sample.into_iter().chain(["3".to_owned(), "王芳".to_owned()]).collect();
    Template {
        sheet: "专家判断".to_owned(),
        kind: "judgements".to_owned(),
        catalog: format!("{}@{}", catalog.id, catalog.version),
        about: [
            &format!("{}：指标两两比较", catalog.title.zh),
            "1. 每行比较同一上级指标下的两个指标，只填写“重要程度”一列。",
            "2. 每一行都要填写；不要删除行，也不要反过来再写一遍。",
            "3. 多位专家可各填一份，或在“专家”一列写明姓名后放在一份里。",
            "4. 填好后运行：xiuhua weights judge <本文件>，查看一致性和最需要修改的判断。",
        ]
        .map(ToOwned::to_owned)
        .to_vec(),
        columns: vec![
            column(Field::Parent, &["被比较的指标属于哪个上级指标。"], Rule::Text, true),
            column(Field::Item, &["指标代码，后面可以带名称。"], Rule::Text, true),
            column(Field::Other, &["与之比较的指标。"], Rule::Text, true),
            column(Field::Ratio, &meaning, scale, true),
            column(Field::Expert, &["谁作的判断；一份文件只有一位专家时可以不填。"], Rule::Text, false),
        ],
        sample,
        rows,
    }
}
