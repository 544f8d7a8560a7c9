//! Layouts: long and wide, periods in columns, headers and options, and mapping files for foreign ones.

use super::{Case, observations, places};

pub(super) fn cases() -> Vec<Case> {
    [wide(), mapped()].concat()
}

fn wide() -> Vec<Case> {
    vec![
        observations(
            "one row a place, one column an indicator",
            "小区编号,小区名称,三会制度,物业费收缴率(%),是否成立业委会\n@1,甲,3,90,是\n@2,乙,,85%,否\n",
        )
        .with(&["--period", "2021"])
        .accepted(5)
        .storing(&[
            ("@1", "A1.1", "2021", 3.0),
            ("@1", "C1.2", "2021", 90.0),
            ("@1", "B2.1", "2021", 1.0),
            ("@2", "C1.2", "2021", 85.0),
            ("@2", "B2.1", "2021", 0.0),
        ]),
        observations(
            "codes and names of a period in the header",
            "小区编号,2020年 A1.1,2021年 A1.1,A2.2（2021年）\n@1,1,2,80\n@2,1,3,90\n",
        )
        .accepted(6)
        .storing(&[
            ("@1", "A1.1", "2020", 1.0),
            ("@1", "A1.1", "2021", 2.0),
            ("@1", "A2.2", "2021", 80.0),
            ("@2", "A1.1", "2020", 1.0),
            ("@2", "A1.1", "2021", 3.0),
            ("@2", "A2.2", "2021", 90.0),
        ]),
        observations("a column of periods", "小区编号,年度,A1.1,C1.2\n@1,2020年,1,80\n@1,2021年,2,85\n")
            .accepted(4)
            .storing(&[
                ("@1", "A1.1", "2020", 1.0),
                ("@1", "C1.2", "2020", 80.0),
                ("@1", "A1.1", "2021", 2.0),
                ("@1", "C1.2", "2021", 85.0),
            ]),
        observations(
            "a period that the file itself gives otherwise",
            "小区编号,年度,A1.1\n@1,2020年,1\n@2,2021年,2\n",
        )
        .with(&["--period", "2021"])
        .counts([2, 1, 0, 0, 1])
        .rejecting(&[(2, &["PERIOD_DIFFERS"])])
        .storing(&[("@2", "A1.1", "2021", 2.0)]),
        observations(
            "several statements of one row are rejected as one row",
            "小区编号,年度,A1.1,C1.2,B2.1\n@1,2021,许多,180,或许\n@2,2021,1,80,是\n",
        )
        .counts([6, 3, 0, 0, 3])
        .rejecting(&[(2, &["NOT_A_NUMBER", "OUT_OF_BOUNDS", "NOT_YES_OR_NO"])])
        .storing(&[
            ("@2", "A1.1", "2021", 1.0),
            ("@2", "C1.2", "2021", 80.0),
            ("@2", "B2.1", "2021", 1.0),
        ]),
        observations("an indicator in two columns", "小区编号,年度,A1.1,三会制度\n@1,2021,1,2\n")
            .refused(&["A1.1", "三会制度"]),
        observations("no period anywhere", "小区编号,A1.1\n@1,1\n").refused(&["期次"]),
        observations(
            "a unit in the header",
            "小区编号,年度,户均自治金（万元）,自治金项目使用金额（万元/户）\n@1,2021,,0.01\n",
        )
        .accepted(1)
        .storing(&[("@1", "B2.3", "2021", 100.0)]),
        observations(
            "a unit above the header",
            "自治金使用情况,,\n单位：万元,,\n小区编号,年度,自治金项目使用金额\n@1,2021,0.01\n@2,2021,3.5\n",
        )
        .accepted(2)
        .remarking(&["UNIT_ABOVE"])
        .storing(&[("@1", "B2.3", "2021", 100.0), ("@2", "B2.3", "2021", 35_000.0)]),
        observations(
            "indicators that are not quite what a column holds",
            "小区编号,年度,A1.1（必填）,B2.3（目标值）,C1.2（上年）\n@1,2021,1,5,80\n",
        )
        .accepted(1)
        .remarking(&["UNKNOWN_COLUMN"])
        .storing(&[("@1", "A1.1", "2021", 1.0)]),
        observations("columns that nobody knows", "小区编号,年度,A1.1,备注\n@1,2021,1,很好\n")
            .accepted(1)
            .remarking(&["UNKNOWN_COLUMN"]),
        observations(
            "cells that say there is no value",
            "小区编号,年度,A1.1,C1.2\n@1,2021,1,暂无\n@2,2021,—,80\n@3,2021,/,无\n",
        )
        .accepted(2)
        .storing(&[("@1", "A1.1", "2021", 1.0), ("@2", "C1.2", "2021", 80.0)]),
    ]
}

fn mapped() -> Vec<Case> {
    vec![
        places("foreign names of columns", "楼栋组,称呼,几户\n@a,甲,1\n")
            .mapped("[columns]\nplace_id = \"楼栋组\"\nname = \"称呼\"\nhouseholds = \"几户\"\n")
            .accepted(1)
            .registering(&[("@a", "name", "甲"), ("@a", "households", "1")]),
        places("a mapping that names what is not there", "楼栋组,称呼\n@a,甲\n")
            .mapped("[columns]\nplace_id = \"楼栋组\"\nhouseholds = \"几户\"\n")
            .refused(&["几户"]),
        places("a mapping with three faults", "小区编号\n@a\n")
            .mapped("period = \"21\"\nlayout = \"sideways\"\ncolour = 1\n")
            .refused(&["period", "layout", "colour"]),
        places("constants for every row", "小区编号,小区名称\n@a,甲\n@b,乙\n")
            .mapped("[constants]\ntown_code = \"310115004000\"\ntown = \"潍坊新村街道\"\n")
            .accepted(2)
            .registering(&[("@a", "town_code", "310115004000"), ("@b", "town", "潍坊新村街道")]),
        places(
            "coordinates of two maps, one out of China",
            "小区编号,经度,纬度\n@a,121.55,31.22\n@b,31.22,121.55\n@c,2.35,48.85\n",
        )
        .mapped("[coordinates]\nsystem = \"GCJ-02\"\nlng = \"经度\"\nlat = \"纬度\"\n")
        .counts([3, 1, 0, 0, 2])
        .rejecting(&[(3, &["COORDINATES_SWAPPED"]), (4, &["OUTSIDE_CHINA"])]),
        observations(
            "ordered words",
            "小区编号,年度,是否文明小区\n@1,2021,市级文明小区\n@2,2021,区级\n@3,2021,未评\n",
        )
        .mapped("[words.\"是否文明小区\"]\n\"市级文明小区\" = \"2\"\n\"区级\" = \"1\"\n\"未评\" = \"0\"\n")
        .accepted(3)
        .storing(&[
            ("@1", "A2.8", "2021", 2.0),
            ("@2", "A2.8", "2021", 1.0),
            ("@3", "A2.8", "2021", 0.0),
        ]),
        places("rows to be left out", "小区编号,类别\n@a,小区\n@b,商务楼\n@c,小区\n")
            .mapped("[skip]\n\"类别\" = [\"商务楼\"]\n")
            .accepted(2)
            .remarking(&["LEFT_OUT"]),
        places("ids made of a name", "小区名称,板块\n@甲,塘桥\n@甲,洋泾\n")
            .mapped("[id]\nprefix = \"L-\"\nfrom = [\"小区名称\", \"板块\"]\n")
            .accepted(2),
    ]
}
