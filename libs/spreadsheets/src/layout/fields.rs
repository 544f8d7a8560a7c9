//! The fields of places and observations, and what files call them.

/// Something a column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in files of our own and in mappings, such as `place_id`.
    pub name: &'static str,
    /// Its name for people.
    pub zh: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// A file of this kind cannot be without it (or a mapping that supplies it).
    pub required: bool,
    /// Unit of its numbers; empty for texts.
    pub unit: &'static str,
    /// Further headers that mean it and nothing else, in normal form.
    synonyms: &'static [&'static str],
    /// Headers that mean it where nothing better is there.
    weak: &'static [&'static str],
}

impl Field {
    /// Whether a normal header means this field and nothing else.
    pub(crate) fn is_called(&self, header: &str) -> bool {
        header == self.name || header == self.zh || self.synonyms.contains(&header)
    }

    /// Every header that means this field and nothing else.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        [self.name, self.zh].into_iter().chain(self.synonyms.iter().copied())
    }

    /// Least and greatest that its numbers can be; a share lies between 0 and 100, and nothing is below 0.
    #[must_use]
    pub fn bounds(&self) -> (Option<f64>, Option<f64>) {
        match self.unit {
            "" => (None, None),
            "%" => (Some(0.0), Some(100.0)),
            _ => (Some(0.0), None),
        }
    }

    /// Whether a normal header means this field where nothing better is there.
    pub(super) fn may_be_called(&self, header: &str) -> bool {
        self.weak.contains(&header)
    }
}

const fn text(
    name: &'static str,
    zh: &'static str,
    en: &'static str,
    synonyms: &'static [&'static str],
    weak: &'static [&'static str],
) -> Field {
    Field { name, zh, en, required: false, unit: "", synonyms, weak }
}

const fn number(
    name: &'static str,
    zh: &'static str,
    en: &'static str,
    unit: &'static str,
    synonyms: &'static [&'static str],
) -> Field {
    Field { name, zh, en, required: false, unit, synonyms, weak: &[] }
}

const PLACE_ID: Field = Field {
    required: true,
    ..text(
        "place_id",
        "小区编号",
        "Place id",
        &["小区代码", "小区编码", "小区id", "地点编号", "地点代码", "placeid", "estate_id", "estateid"],
        &["编号", "代码", "编码", "id", "code"],
    )
};

/// The columns of a file of places that have a field of their own, in the order of a template. Every other column is an
/// attribute.
pub const PLACES: &[Field] = &[
    PLACE_ID,
    text(
        "name",
        "小区名称",
        "Name",
        &["小区名", "住宅小区名称", "楼盘名称", "小区(楼盘)名称", "estate_name", "estatename"],
        &["名称", "小区", "楼盘"],
    ),
    text(
        "town_code",
        "街镇代码",
        "Town code",
        &["街镇编码", "街镇编号", "街道代码", "街道编码", "乡镇代码", "街道(镇)代码", "towncode"],
        &[],
    ),
    text(
        "town",
        "街镇",
        "Sub-district or town",
        &[
            "所属街镇",
            "所在街镇",
            "街镇名称",
            "街道",
            "所属街道",
            "街道名称",
            "街道/镇",
            "街道(镇)",
            "街道、镇",
            "街道乡镇",
            "街道(乡镇)",
            "乡镇街道",
            "镇",
            "town_name",
            "townname",
        ],
        &[],
    ),
    text(
        "committee",
        "居委会",
        "Neighbourhood committee",
        &[
            "居委",
            "所属居委",
            "所属居委会",
            "所在居委",
            "居委会名称",
            "居委名称",
            "居(村)委会",
            "居(村)委",
            "居村委",
            "村居委会",
            "居民委员会",
            "社区居委会",
            "所属居民区",
        ],
        &["居民区", "村居", "社区"],
    ),
    text(
        "housing_nature",
        "房屋性质",
        "Legal nature of the housing",
        &[
            "产权性质",
            "房屋产权性质",
            "住房性质",
            "物业性质",
            "房屋产权",
            "产权类型",
            "房产性质",
            "housingnature",
            "property_right",
        ],
        &["房屋类型", "小区类型", "小区性质", "性质"],
    ),
    number(
        "households",
        "户数",
        "Households",
        "households",
        &["总户数", "住户数", "居民户数", "小区户数", "家庭户数", "住宅户数", "规划户数", "总户数合计"],
    ),
    number(
        "population",
        "常住人口",
        "Actual residents",
        "persons",
        &[
            "常住人口数",
            "实有人口",
            "实有人口数",
            "居民人数",
            "常住人数",
            "人口数",
            "总人口",
            "居住人口",
            "人口",
        ],
    ),
];

/// Where an estate can lie (区位): the word that rules know, and the words of people, the one that is offered first.
pub const LOCATIONS: &[(&str, &[&str])] = &[
    ("centre", &["近中心城区", "中心城区", "市中心"]),
    ("fringe", &["城乡接合部", "城乡结合部"]),
    ("suburb", &["远郊", "远郊区"]),
];

/// Further columns of places that rules read, under the names that rules know them by.
pub const ATTRIBUTES: &[Field] = &[
    text("district_code", "区代码", "District code", &["行政区代码", "行政区划代码"], &[]),
    text("district_name", "所属区", "District", &["行政区", "所在区", "区县", "区名称"], &[]),
    text("address", "地址", "Address", &["小区地址", "详细地址", "坐落", "坐落地址", "地理位置"], &[]),
    text("location", "区位", "Location", &["所处区位", "区位类型"], &[]),
    text(
        "year_built",
        "建成年份",
        "Year built",
        &["竣工年份", "建造年份", "建筑年代", "建成年代", "竣工年代", "建筑年份"],
        &[],
    ),
    number("floor_area_m2", "建筑面积", "Floor area", "m2", &["总建筑面积", "小区建筑面积"]),
    number(
        "parking_spaces",
        "停车位数",
        "Parking spaces",
        "count",
        &["停车位", "车位数", "机动车位", "机动车停车位"],
    ),
    number(
        "repair_fund_yuan",
        "维修资金",
        "Repair fund",
        "yuan",
        &["维修资金余额", "专项维修资金", "维修基金"],
    ),
    number("public_income_yuan", "公共收益", "Public income", "yuan", &["年公共收益"]),
    number("street_investment_yuan", "街镇投入", "Investment by the town", "yuan", &["街镇投入资金"]),
    number(
        "elderly_share_pct",
        "老年人口占比",
        "Share of the elderly",
        "%",
        &["老年人占比", "60岁以上人口占比"],
    ),
    number("registered_share_pct", "户籍人口占比", "Share of the registered", "%", &["户籍占比"]),
    number("tenant_share_pct", "租户占比", "Share of tenants", "%", &["租客占比", "租住户占比"]),
    number("turnover_rate_pct", "换手率", "Turnover", "%", &[]),
    number("living_circle_share_pct", "15分钟生活圈达标率", "15-minute living circle", "%", &[]),
    text("school_district", "学区房", "School district", &["是否学区房"], &[]),
    text("developer", "开发商", "Developer", &["开发企业", "开发单位"], &[]),
    text("mgmt_company", "物业公司", "Property manager", &["物业企业", "物业服务企业", "物业管理公司"], &[]),
];

/// The columns of a file of observations, in the order of a template.
pub const OBSERVATIONS: &[Field] = &[
    PLACE_ID,
    Field {
        required: true,
        ..text(
            "indicator",
            "指标",
            "Indicator",
            &["指标代码", "指标编码", "指标编号", "指标名称", "四级指标", "指标项", "measure", "measure_id"],
            &["项目"],
        )
    },
    Field {
        required: true,
        ..text(
            "period",
            "期次",
            "Period",
            &[
                "年度",
                "年份",
                "统计年度",
                "统计年份",
                "统计期",
                "期别",
                "报告期",
                "统计月份",
                "数据年份",
                "year",
            ],
            &["年", "月份", "时间", "日期"],
        )
    },
    Field {
        required: true,
        ..text(
            "value",
            "数值",
            "Value",
            &["指标值", "取值", "统计值", "填报值", "数据值"],
            &["值", "数据", "结果"],
        )
    },
    text("source", "来源", "Source", &["数据来源", "来源系统", "来源部门", "source_id"], &[]),
    text(
        "revised_at",
        "修订时间",
        "Time of revision",
        &["更新时间", "修改时间", "更正时间", "revisedat"],
        &[],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::normal;

    #[test]
    fn no_name_of_one_kind_means_two_fields_and_all_are_in_normal_form() {
        for fields in [[PLACES, ATTRIBUTES].concat(), OBSERVATIONS.to_vec()] {
            let mut names: Vec<&str> = Vec::new();
            for field in &fields {
                names.extend([field.name, field.zh]);
                names.extend(field.synonyms.iter().chain(field.weak));
            }
            assert!(names.iter().all(|name| normal(name) == **name), "{names:?}");
            names.sort_unstable();
            let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
            assert!(twice.is_empty(), "{twice:?}");
        }
    }
}
