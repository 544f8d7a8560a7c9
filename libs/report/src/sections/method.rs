//! The method in half a page, and how to walk a number back.

use crate::document::Block;
use crate::sections::Words;

pub(super) fn blocks(words: &Words<'_>) -> Vec<Block> {
    let run = &words.facts.run;
    let base = run.base_periods.join(words.choose("、", ", "));
    let thresholds = (
        format!(
            "阈值来自样本。每类随机抽样，用基期 {base} 的平均得到最大和最小值，再按目录外扩（通常 10%）作为上、下限；\
             阈值集一经确定不再修改。"
        ),
        format!(
            "Thresholds come from samples. In each type the means of a random sample over the base periods {base} give the \
             greatest and least value; both are extended as the catalog says (commonly by 10 %). A threshold set is never \
             edited."
        ),
    );
    let points: [(&str, &str); 6] = [
        (
            "类型不混。先按房屋性质把小区分为不同类型，每一类有自己的样本、阈值、得分和名次。证据不足或互相矛盾的小区不猜类型，\
             列入待复核。",
            "Types never mix. Estates are first classified by the nature of their housing; each type has its own sample, \
             thresholds, scores and ranks. An estate with missing or contradictory evidence is never guessed into a type.",
        ),
        (&thresholds.0, &thresholds.1),
        (
            "归一与截断。指标值按上、下限折成 0 到 1（逆向指标反向），超出的截到 0 或 1，未截断的值另外保留。",
            "Rescaling and capping. Values become 0 to 1 between the thresholds (turned for inverse indicators); what lies \
             beyond is capped, and the uncapped value is kept.",
        ),
        (
            "缺失不是零。没有数据的指标不计入，其权重同时从分子和分母中去掉；覆盖率低于目录下限的节点不给分。",
            "Missing is not zero. What was not observed leaves both sums with its weight; a node with too little coverage \
             has no score.",
        ),
        (
            "街镇与居委会的分数是其小区得分的户数加权平均。跨类型的混合总分只展示，不排名。",
            "Scores of towns and committees are household-weighted means of their estates. Across types they are shown, \
             never ranked.",
        ),
        (
            "升降只在同一阈值集、同一权重下比较：换了阈值或权重不会被说成进步或退步。",
            "Change is compared under one threshold set and the same weights: new ones never look like progress or decline.",
        ),
    ];
    let mut blocks = vec![Block::Section(words.choose("方法", "Method").to_owned(), false)];
    blocks.push(Block::Note(words.choose(
        "以下是默认做法；本次所用目录若有不同规定，以目录为准（xiuhua catalog show）。",
        "These are the defaults; where the catalog says otherwise, the catalog holds (xiuhua catalog show).",
    ).to_owned()));
    blocks.extend(points.map(|(zh, en)| Block::Text(words.choose(zh, en).to_owned())));
    let title = words.choose("怎样追溯一个数字", "How to trace a number");
    blocks.push(Block::Section(title.to_owned(), false));
    blocks.push(Block::Text(
        words
            .choose(
                "任何一个得分都可以一直追到阈值、观测值、来源文件和行号；同一份记录重新计算，摘要必须一致。",
                "Every score can be walked back to thresholds, observations, their files and rows; the same record computed \
                 again must give the same digest.",
            )
            .to_owned(),
    ));
    let id = &run.id;
    let place = words.choose("小区编号", "PLACE");
    blocks.push(Block::Command(format!("xiuhua explain {place} --node A2 --run {id}")));
    blocks.push(Block::Command(format!("xiuhua show {} --run {id}", words.choose("街镇代码", "TOWN"))));
    blocks.push(Block::Command(format!("xiuhua verify --run {id}")));
    blocks.push(Block::Pairs(vec![
        (words.choose("阈值集", "threshold set").to_owned(), run.threshold_set_id.clone()),
        (words.choose("目录哈希", "catalog hash").to_owned(), run.catalog_hash.clone()),
        (words.choose("测评摘要", "digest").to_owned(), run.digest.clone()),
    ]));
    blocks
}
