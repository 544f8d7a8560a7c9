//! Facts of an invented district: four types, as many towns as asked for, scores drawn by a plain rule.

use xiuhua_report::facts::{
    Change, Decision, Deliveries, Facts, Group, LeafQuality, Listed, Loss, Name, Node, NodeFacts, Previous,
    RankRange, Run, Scope, Spread, Standing, TypeFacts, UncertainType, Uncertainty,
};
use xiuhua_report::structure::{Finding, Indicator, StructureFacts};

const TYPES: [(&str, &str, &str); 4] = [
    ("OLD_PUBLIC", "老旧公房", "old public housing"),
    ("COMMODITY", "商品房", "commodity housing"),
    ("RELOCATION", "动迁房", "relocation housing"),
    ("AFFORDABLE", "保障性住房", "affordable housing"),
];
const NODES: [(&str, &str, &str, usize); 13] = [
    ("INDEX", "社区治理指数", "community governance index", 0),
    ("A", "管理精细指数", "management precision", 1),
    ("A1", "服务精准指数", "service precision", 2),
    ("A2", "管理成效指数", "management effect", 2),
    ("B", "社群活力指数", "community vitality", 1),
    ("B1", "党建引领指数", "party-building", 2),
    ("B2", "居民参与指数", "resident participation", 2),
    ("C", "居民满意指数", "resident satisfaction", 1),
    ("C1", "主观满意指数", "subjective satisfaction", 2),
    ("C2", "客观投诉指数", "objective complaints", 2),
    ("D", "能力进步指数", "capacity growth", 1),
    ("D1", "社区韧性指数", "resilience", 2),
    ("D2", "自我成长指数", "self-growth", 2),
];
const LEAVES: [(&str, &str); 35] = {
    let mut leaves = [("A1.1", "三会制度"); 35];
    leaves[1] = ("A1.2", "家门口服务站年人均服务人次");
    leaves[2] = ("A2.6", "违法搭建现象");
    leaves[3] = ("B2.5", "居民区选举投票率");
    leaves
};

fn name(zh: &str, en: &str) -> Name {
    Name { zh: zh.to_owned(), en: en.to_owned() }
}

/// A number between 0 and 1 that looks drawn.
fn drawn(seed: usize) -> f64 {
    let mixed = (seed as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    f64::from((mixed >> 40) as u32) / f64::from(1u32 << 24)
}

fn scores(seed: usize, many: usize) -> Vec<f64> {
    let one = |i: usize| 30.0 + 40.0 * (drawn(seed * 7919 + i) + drawn(seed * 104_729 + 3 * i + 1)) / 2.0;
    let mut scores: Vec<f64> = (0..many).map(one).collect();
    scores.sort_by(f64::total_cmp);
    scores
}

fn group(code: String, name: String, score: f64, rank: Option<u32>) -> Group {
    Group { code, name, score: Some(score), rank, places: 12, household_share: 0.93 }
}

fn towns(seed: usize, many: usize) -> Vec<Group> {
    let mut towns: Vec<Group> = (0..many)
        .map(|i| {
            let points = 40.0 + 20.0 * drawn(seed * 31 + i);
            group(format!("3101150{:05}", i * 1000), format!("第{}街道", i + 1), points, None)
        })
        .collect();
    towns.sort_by(|a, b| b.score.expect("a score").total_cmp(&a.score.expect("a score")));
    (1..).zip(&mut towns).for_each(|(rank, town)| town.rank = Some(rank));
    towns
}

fn listed(i: usize, growth: f64) -> Listed {
    Listed {
        name: (i != 2).then(|| format!("幸福里第{}小区", i + 1)),
        belongs_to: if i == 2 { String::new() } else { "第七街道".to_owned() },
        score: 50.0 + growth,
        rank: u32::try_from(i).expect("few towns") + 1,
        growth,
        ..Listed::default()
    }
}

fn losses(seed: usize) -> Vec<Loss> {
    let loss = |i: usize| Loss {
        code: LEAVES[i].0.to_owned(),
        name: name(LEAVES[i].1, "an indicator"),
        points: 2.4 - 0.2 * i as f64 + 0.1 * drawn(seed),
        median_z: 0.2 + 0.1 * i as f64,
        common: i < 3,
    };
    (0..8).map(loss).collect()
}

fn kind(i: usize, many_towns: usize, town: bool) -> TypeFacts {
    let (id, zh, en) = TYPES[i];
    let all = scores(i, [1200, 1100, 420, 70][i]);
    let node = |n: usize| {
        // The last index has no score in a first period.
        let spread = (n != 10 && n != 12).then(|| Spread::of(&scores(i * 100 + n, 200)).expect("scores"));
        NodeFacts { spread, mean: spread.map(|spread| spread.median + 4.0) }
    };
    let places = all.len() as u64;
    TypeFacts {
        id: id.to_owned(),
        name: name(zh, en),
        places: if town { 20 } else { places },
        scored: if town { 19 } else { places - 9 },
        mean: Some(group("310115".to_owned(), "浦东新区".to_owned(), 51.2, town.then_some(9))),
        own: if town { scores(i + 50, 19) } else { Vec::new() },
        scores: all,
        nodes: (0..NODES.len()).map(node).collect(),
        coverage: 0.893,
        towns: towns(i, many_towns),
        committees: if town {
            towns(i + 9, 11).into_iter().map(|it| Group { rank: None, ..it }).collect()
        } else {
            Vec::new()
        },
        best: if town { (0..8).map(|i| listed(i, 0.0)).collect() } else { Vec::new() },
        worst: if town { (0..8).map(|i| listed(i, 0.0)).collect() } else { Vec::new() },
        change: Some(Change {
            places,
            risen: places / 2,
            fallen: places / 3,
            median: 0.42,
            risers: (0..6).map(|i| listed(i, 9.0 - i as f64)).collect(),
            fallers: (0..6).map(|i| listed(i, i as f64 - 8.0)).collect(),
        }),
        losses: losses(i),
        own_losses: if town { losses(i + 4) } else { Vec::new() },
    }
}

fn structure(kind: usize) -> StructureFacts {
    let code = |i: usize| format!("{}{}.{}", ["A", "B", "C", "D"][i / 9], 1 + i % 9 / 5, 1 + i % 5);
    let cell = |i: usize| (i % 17 != 3).then(|| 1.6 * drawn(kind * 7001 + i) - 0.6);
    let finding = |i: usize| Finding {
        code: code(i),
        name: name(LEAVES[i].1, "an indicator"),
        flag: ["CONTRADICTS_PARENT", "REDUNDANT", "STALE_THRESHOLDS", "FEW_VALUES"][i % 4].to_owned(),
        other: "A1.2".to_owned(),
        figure: [-0.31, 0.93, 0.081, 2.0][i % 4],
        is_clear: i % 8 > 3,
    };
    StructureFacts {
        name: name(TYPES[kind].1, TYPES[kind].2),
        places: 1200,
        indicators: (0..35).map(|i| Indicator { code: code(i), parent: code(i)[..2].to_owned() }).collect(),
        correlations: (0..35).map(|row| (0..row).map(|column| cell(row * 35 + column)).collect()).collect(),
        alphas: NODES.iter().map(|node| (node.0.to_owned(), Some(0.5))).collect(),
        findings: (0..8).map(finding).collect(),
    }
}

/// A district, or one of its towns.
fn uncertainty(types: &[TypeFacts]) -> Uncertainty {
    let range = |rank: u32| {
        let rank_f = f64::from(rank);
        RankRange { rank, low: 0.8 * rank_f, median: rank_f, high: 1.3 * rank_f + 4.0 }
    };
    let of_type = |it: &TypeFacts| UncertainType {
        id: it.id.clone(),
        ranked: it.scored,
        groups: 17,
        first_group: 9,
        width: 61.0,
        ends: (1..6).chain(400..405).map(range).collect(),
    };
    Uncertainty {
        id: "uncertainty-01".to_owned(),
        draws: 1_000,
        factors: vec!["sample=redraw".to_owned(), "weights=uniform:0.25".to_owned()],
        indices: vec![("sample".to_owned(), 0.61), ("weights".to_owned(), -0.01)],
        types: types.iter().map(of_type).collect(),
    }
}

pub(crate) fn facts(many_towns: usize, town: bool) -> Facts {
    let types: Vec<TypeFacts> = (0..4).map(|i| kind(i, many_towns, town)).collect();
    let leaf = |(i, (code, zh)): (usize, &(&str, &str))| LeafQuality {
        code: (*code).to_owned(),
        name: name(zh, "an indicator"),
        places: 2790,
        observed: 2790 - 70 * i as u64,
        comparable: 2700 - 70 * i as u64,
        raised: 3 * i as u64,
        lowered: 40,
        degenerate: if i == 5 { vec!["COMMODITY".to_owned()] } else { Vec::new() },
        without_data: if i == 30 { TYPES.map(|it| it.0.to_owned()).into() } else { Vec::new() },
    };
    let district = || Scope::District { name: "浦东新区".to_owned() };
    let named_town = || Scope::Town { code: "310115004000".to_owned(), name: "第七街道".to_owned() };
    Facts {
        scope: if town { named_town() } else { district() },
        run: Run {
            id: "asm-0197b2c4-5f10-7000-8000-000000000001".to_owned(),
            digest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
            period: "2021".to_owned(),
            provisional: false,
            catalog_id: "pudong-2021".to_owned(),
            catalog_version: "1".to_owned(),
            catalog_title: name("浦东新区社区治理指数（2021）", "Pudong community governance index (2021)"),
            catalog_hash: "ab12".repeat(16),
            rule_set: "pudong-housing@1".to_owned(),
            threshold_set_id: "ths-0197b2c4-5f10-7000-8000-000000000002".to_owned(),
            base_periods: ["2018", "2019", "2020"].map(str::to_owned).into(),
            minimum_coverage: 2.0 / 3.0,
            as_of_position: 2,
            as_of_day: "2026-03-01".to_owned(),
            standing: Standing::Published(Decision {
                author: "王芳".to_owned(),
                reason: "区政府审定".to_owned(),
                day: "2026-03-02".to_owned(),
            }),
            scale: 100.0,
        },
        nodes: NODES
            .map(|(code, zh, en, depth)| Node { code: code.to_owned(), name: name(zh, en), depth })
            .into(),
        uncertainty: Some(uncertainty(&types)),
        types,
        towns_together: towns(77, many_towns).into_iter().map(|it| Group { rank: None, ..it }).collect(),
        together: Some(group("310115".to_owned(), "浦东新区".to_owned(), 50.4, None)),
        previous: Some(Previous {
            id: "asm-0197b2c4-5f10-7000-8000-000000000000".to_owned(),
            period: "2020".to_owned(),
        }),
        unclassified: vec![
            (name("没有房屋性质等证据", "no evidence"), 31),
            (name("非住宅", "not residential"), 4),
        ],
        leaves: LEAVES.iter().enumerate().map(leaf).collect(),
        deliveries: Deliveries { batches: 2, read: 393_000, taken: 392_000, duplicate: 400, rejected: 600 },
        common_cut: 0.5,
        structures: if town { Vec::new() } else { (0..4).map(structure).collect() },
    }
}
