//! Cells as people type them: numbers, shares, dates, periods, yes and no.

use super::{Case, observations, places};

fn long(name: &str, rows: &str) -> Case {
    observations(name, &format!("小区编号,指标,期次,数值\n{rows}"))
}

pub(super) fn cases() -> Vec<Case> {
    [numbers(), shares(), times(), words(), statements()].concat()
}

fn numbers() -> Vec<Case> {
    vec![
        long(
            "thousands separators",
            "@1,B2.3,2021,\"1,234.5\"\n@2,B2.3,2021,\"1，234\"\n@3,B2.3,2021,1 234\n",
        )
        .accepted(3)
        .storing(&[
            ("@1", "B2.3", "2021", 1234.5),
            ("@2", "B2.3", "2021", 1234.0),
            ("@3", "B2.3", "2021", 1234.0),
        ]),
        long("full-width digits", "@1,B2.3,２０２１,１２３．５\n")
            .accepted(1)
            .storing(&[("@1", "B2.3", "2021", 123.5)]),
        long(
            "万 and 亿 with their unit",
            "@1,B2.3,2021,3.5万\n@2,B2.3,2021,0.002亿元\n@3,B2.3,2021,12元/户\n",
        )
        .accepted(3)
        .storing(&[
            ("@1", "B2.3", "2021", 35_000.0),
            ("@2", "B2.3", "2021", 200_000.0),
            ("@3", "B2.3", "2021", 12.0),
        ]),
        observations(
            "a unit in the header of the values",
            "小区编号,指标,年度,数值（万元）\n@1,B2.3,2021,3.5\n@2,B2.3,2020,0.01\n",
        )
        .accepted(2)
        .storing(&[("@1", "B2.3", "2021", 35_000.0), ("@2", "B2.3", "2020", 100.0)]),
        observations(
            "a column of units",
            "小区编号,指标,年度,数值,单位\n@1,B2.3,2021,3.5,万元\n@2,C1.2,2021,85,%\n@3,A1.3,2021,4,万元\n",
        )
        .counts([3, 2, 0, 0, 1])
        .rejecting(&[(4, &["UNIT_DIFFERS"])])
        .storing(&[("@1", "B2.3", "2021", 35_000.0), ("@2", "C1.2", "2021", 85.0)]),
        long("numbers in words and about", "@1,B2.3,2021,八十\n@2,B2.3,2021,约90\n")
            .counts([2, 0, 0, 0, 2])
            .rejecting(&[(2, &["NOT_A_NUMBER"]), (3, &["NOT_A_NUMBER"])]),
        long("commas that may mean two things", "@1,B2.3,2021,\"1,5\"\n@2,B2.3,2021,\"1.234,5\"\n")
            .counts([2, 0, 0, 0, 2])
            .rejecting(&[(2, &["AMBIGUOUS_NUMBER"]), (3, &["AMBIGUOUS_NUMBER"])]),
        long(
            "no number and none that is too large",
            "@1,B2.3,2021,NaN\n@2,B2.3,2021,inf\n@3,B2.3,2021,1e999\n",
        )
        .counts([3, 0, 0, 0, 3])
        .rejecting(&[(2, &["VALUE_MISSING"]), (3, &["NOT_A_NUMBER"]), (4, &["NOT_A_NUMBER"])]),
        long("units that do not agree", "@1,B2.3,2021,5次\n@2,A1.3,2021,5元\n")
            .counts([2, 0, 0, 0, 2])
            .rejecting(&[(2, &["UNIT_DIFFERS"]), (3, &["UNIT_DIFFERS"])]),
        places(
            "counts with separators and units",
            "小区编号,户数,常住人口\n@a,\"1,234户\",3千\n@b,12.0,\n@c,12.5,1\n",
        )
        .counts([3, 2, 0, 0, 1])
        .rejecting(&[(4, &["NOT_A_WHOLE_NUMBER"])])
        .registering(&[
            ("@a", "households", "1234"),
            ("@a", "population", "3000"),
            ("@b", "households", "12"),
        ]),
        places("counts below zero", "小区编号,户数\n@a,-1\n@b,(12)\n")
            .counts([2, 0, 0, 0, 2])
            .rejecting(&[(2, &["NOT_A_WHOLE_NUMBER"]), (3, &["NOT_A_WHOLE_NUMBER"])]),
    ]
}

fn shares() -> Vec<Case> {
    vec![
        long("percent signs of both widths", "@1,C1.2,2021,85%\n@2,C1.2,2021,85.5％\n@3,C1.2,2021,90\n")
            .accepted(3)
            .storing(&[
                ("@1", "C1.2", "2021", 85.0),
                ("@2", "C1.2", "2021", 85.5),
                ("@3", "C1.2", "2021", 90.0),
            ]),
        observations(
            "shares of a thousand in the header",
            "小区编号,指标,年度,数值（‰）\n@1,C1.2,2021,850\n",
        )
        .accepted(1)
        .storing(&[("@1", "C1.2", "2021", 85.0)]),
        long("percent in Chinese words, and a range", "@1,C1.2,2021,百分之85\n@2,C1.2,2021,百分之85至90\n")
            .counts([2, 1, 0, 0, 1])
            .rejecting(&[(3, &["UNIT_DIFFERS"])])
            .storing(&[("@1", "C1.2", "2021", 85.0)]),
        long("a percent sign where none can be", "@1,B2.3,2021,85%\n")
            .counts([1, 0, 0, 0, 1])
            .rejecting(&[(2, &["PERCENT_UNEXPECTED"])]),
        long("more than a hundred percent", "@1,C1.2,2021,101\n@2,C1.2,2021,-1%\n")
            .counts([2, 0, 0, 0, 2])
            .rejecting(&[(2, &["OUT_OF_BOUNDS"]), (3, &["OUT_OF_BOUNDS"])]),
    ]
}

fn times() -> Vec<Case> {
    let dated = |name: &str, rows: &str| {
        observations(name, &format!("小区编号,指标,期次,数值,来源,更新时间\n{rows}"))
    };
    vec![
        long("periods as people write them", "@1,A1.1,2021年,1\n@2,A1.1,2021年度,1\n@3,A1.1,2021年3月,1\n@1,A1.1,202104,1\n@2,A1.1,2021-05,1\n@3,A1.1,2021.6,1\n")
            .accepted(6)
            .storing(&[
                ("@1", "A1.1", "2021", 1.0),
                ("@2", "A1.1", "2021", 1.0),
                ("@3", "A1.1", "2021-03", 1.0),
                ("@1", "A1.1", "2021-04", 1.0),
                ("@2", "A1.1", "2021-05", 1.0),
                ("@3", "A1.1", "2021-06", 1.0),
            ]),
        long("a month that was October once", "@1,A1.1,2021.1,1\n@2,A1.1,2021.01,1\n@3,A1.1,2021.10,1\n")
            .counts([3, 2, 0, 0, 1])
            .rejecting(&[(2, &["BAD_PERIOD"])])
            .storing(&[("@2", "A1.1", "2021-01", 1.0), ("@3", "A1.1", "2021-10", 1.0)]),
        long("periods that are none", "@1,A1.1,21,1\n@2,A1.1,2021-13,1\n@3,A1.1,去年,1\n")
            .counts([3, 0, 0, 0, 3])
            .rejecting(&[(2, &["BAD_PERIOD"]), (3, &["BAD_PERIOD"]), (4, &["BAD_PERIOD"])]),
        dated("days as people write them", "@1,A1.1,2021,1,甲,2026.3.1\n@2,A1.1,2021,1,甲,2026年3月1日\n@3,A1.1,2021,1,甲,46082\n@1,A1.2,2021,1,甲,20260301\n@2,A1.2,2021,1,甲,2026/3/1 08:30\n")
            .accepted(5)
            .dating(&[
                ("@1", "A1.1", "2021", "2026-03-01T00:00:00+08:00"),
                ("@2", "A1.1", "2021", "2026-03-01T00:00:00+08:00"),
                ("@3", "A1.1", "2021", "2026-03-01T00:00:00+08:00"),
                ("@1", "A1.2", "2021", "2026-03-01T00:00:00+08:00"),
                ("@2", "A1.2", "2021", "2026-03-01T08:30:00+08:00"),
            ]),
        dated("a day that may mean two things", "@1,A1.1,2021,1,甲,3/4/2026\n@2,A1.1,2021,1,甲,26-3-1\n")
            .counts([2, 0, 0, 0, 2])
            .rejecting(&[(2, &["NOT_A_TIME"]), (3, &["NOT_A_TIME"])]),
        dated("the newer of two statements counts and the older is kept", "@1,A2.2,2021,80,甲,2022-01-01\n@1,A2.2,2021,82,甲,2022-02-01\n@1,A2.2,2021,82,甲,2022-02-01\n")
            .counts([3, 1, 1, 1, 0])
            .storing(&[("@1", "A2.2", "2021", 82.0)])
            .dating(&[("@1", "A2.2", "2021", "2022-02-01T00:00:00+08:00")]),
    ]
}

fn words() -> Vec<Case> {
    vec![
        long("yes and no in many words", "@1,B2.1,2021,是\n@2,B2.1,2021,否\n@3,B2.1,2021,有\n@1,B2.4,2021,√\n@2,B2.4,2021,未成立\n@3,B2.4,2021,Y\n")
            .accepted(6)
            .storing(&[
                ("@1", "B2.1", "2021", 1.0),
                ("@2", "B2.1", "2021", 0.0),
                ("@3", "B2.1", "2021", 1.0),
                ("@1", "B2.4", "2021", 1.0),
                ("@2", "B2.4", "2021", 0.0),
                ("@3", "B2.4", "2021", 1.0),
            ]),
        long("a word that is neither", "@1,B2.1,2021,筹备中\n").counts([1, 0, 0, 0, 1]).rejecting(&[(2, &["NOT_YES_OR_NO"])]),
        long("indicators by their names", "@1,物业费收缴率,2021,90\n@2,是否成立业委会,2021,是\n@3,property_fee_collection_rate,2021,95\n")
            .accepted(3)
            .storing(&[("@1", "C1.2", "2021", 90.0), ("@2", "B2.1", "2021", 1.0), ("@3", "C1.2", "2021", 95.0)]),
        places("an id that Excel made a float, and one that lost its end", "小区编号,户数\n3.10115E+11,1\n310115004000.0,1\n")
            .counts([2, 1, 0, 0, 1])
            .rejecting(&[(2, &["LOST_DIGITS"])])
            .registering(&[("310115004000", "households", "1")]),
    ]
}

fn statements() -> Vec<Case> {
    vec![
        long(
            "an unknown estate, an unknown indicator and both",
            "@9,A1.1,2021,1\n@1,C9.9,2021,1\n@9,C9.9,21,八十\n",
        )
        .counts([3, 0, 0, 0, 3])
        .rejecting(&[
            (2, &["UNKNOWN_PLACE"]),
            (3, &["UNKNOWN_MEASURE"]),
            (4, &["BAD_PERIOD", "NOT_A_NUMBER", "UNKNOWN_PLACE", "UNKNOWN_MEASURE"]),
        ]),
        long("a value of a derived indicator", "@1,D2.1,2021,3\n")
            .counts([1, 0, 0, 0, 1])
            .rejecting(&[(2, &["DERIVED_INDICATOR"])]),
        long(
            "one thing said twice, and two things said at once",
            "@1,A1.1,2021,1\n@1,A1.1,2021,1\n@2,A1.1,2021,1\n@2,A1.1,2021,2\n",
        )
        .counts([4, 1, 0, 1, 2])
        .rejecting(&[(4, &["CONFLICT"]), (5, &["CONFLICT"])]),
        long("nothing where a value belongs", "@1,A1.1,2021,\n@2,A1.1,2021,-\n@3,A1.1,2021,1\n")
            .counts([3, 1, 0, 0, 2])
            .rejecting(&[(2, &["VALUE_MISSING"]), (3, &["VALUE_MISSING"])]),
    ]
}
