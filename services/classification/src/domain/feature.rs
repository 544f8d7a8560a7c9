//! Features (体征): the facts of a place that a rule may read, by name.

use super::place::Place;
use super::text::Text;

/// Years of completion that can be meant; registers write 0, 1 or 9999 for "unknown".
const PLAUSIBLE_YEARS: std::ops::RangeInclusive<i32> = 1800..=2999;

/// One fact of a place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Feature {
    Name,
    TownCode,
    TownName,
    Committee,
    DistrictCode,
    DistrictName,
    HousingNature,
    Households,
    Population,
    /// Reference year minus the attribute `year_built`.
    AgeYears,
    /// Any further column, by its header; text or number as its reader takes it.
    Attribute(String),
}

/// What a feature can be read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FeatureKind {
    Text,
    Number,
    Either,
}

impl Feature {
    /// The feature with this name; a name that is none of ours is the header of a column.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "name" => Self::Name,
            "town_code" => Self::TownCode,
            "town" => Self::TownName,
            "committee" => Self::Committee,
            "district_code" => Self::DistrictCode,
            "district" => Self::DistrictName,
            "housing_nature" => Self::HousingNature,
            "households" => Self::Households,
            "population" => Self::Population,
            "age_years" => Self::AgeYears,
            column => Self::Attribute(column.to_owned()),
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Name => "name",
            Self::TownCode => "town_code",
            Self::TownName => "town",
            Self::Committee => "committee",
            Self::DistrictCode => "district_code",
            Self::DistrictName => "district",
            Self::HousingNature => "housing_nature",
            Self::Households => "households",
            Self::Population => "population",
            Self::AgeYears => "age_years",
            Self::Attribute(column) => column,
        }
    }

    /// How a message calls the feature.
    pub(crate) fn title(&self) -> Text {
        match self {
            Self::HousingNature => Text::new("房屋性质", "housing nature"),
            other => Text::new(other.name(), other.name()),
        }
    }

    pub(crate) fn kind(&self) -> FeatureKind {
        match self {
            Self::Name
            | Self::TownCode
            | Self::TownName
            | Self::Committee
            | Self::DistrictCode
            | Self::DistrictName
            | Self::HousingNature => FeatureKind::Text,
            Self::Households | Self::Population | Self::AgeYears => FeatureKind::Number,
            Self::Attribute(_) => FeatureKind::Either,
        }
    }

    /// The feature as text, without blanks at its ends; `None` where nothing is on record.
    pub(crate) fn text<'p>(&self, place: &'p Place) -> Option<&'p str> {
        let text = match self {
            Self::Name => &place.name,
            Self::TownCode => &place.town_code,
            Self::TownName => &place.town_name,
            Self::Committee => &place.committee,
            Self::DistrictCode => &place.district_code,
            Self::DistrictName => &place.district_name,
            Self::HousingNature => &place.housing_nature,
            Self::Attribute(column) => place.attributes.get(column)?,
            Self::Households | Self::Population | Self::AgeYears => return None,
        };
        Some(text.trim()).filter(|text| !text.is_empty())
    }

    /// The feature as a finite number; `None` where nothing is on record or it is not a plain number
    /// (`约300`, `57个`): a guess would be evidence nobody gave.
    ///
    /// An age needs a plausible `year_built`, not after `reference_year`.
    pub(crate) fn number(&self, place: &Place, reference_year: i32) -> Option<f64> {
        match self {
            // Counts stay far below 2^53, where every integer has an f64 of its own.
            Self::Households => place.households.map(|count| count as f64),
            Self::Population => place.population.map(|count| count as f64),
            Self::AgeYears => {
                let year_built: i32 = place.attributes.get("year_built")?.trim().parse().ok()?;
                let is_plausible = PLAUSIBLE_YEARS.contains(&year_built) && year_built <= reference_year;
                is_plausible.then(|| f64::from(reference_year - year_built))
            }
            Self::Attribute(_) => self.text(place)?.parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place_with(column: &str, value: &str) -> Place {
        Place { attributes: [(column.to_owned(), value.to_owned())].into(), ..Place::default() }
    }

    #[test]
    fn an_age_counts_from_the_reference_year() {
        let age = |year: &str| Feature::AgeYears.number(&place_with("year_built", year), 2021);
        assert_eq!(age("1991"), Some(30.0));
        assert_eq!(age(" 2021 "), Some(0.0));
        assert_eq!(age("2022"), None, "not built yet");
        assert_eq!(age("0"), None, "a register's way to say unknown");
        assert_eq!(age("1991年"), None);
        assert_eq!(Feature::AgeYears.number(&Place::default(), 2021), None);
    }

    #[test]
    fn a_number_is_a_plain_number_or_missing() {
        let parking = Feature::named("parking_spaces");
        let read = |value: &str| parking.number(&place_with("parking_spaces", value), 2021);
        assert_eq!(read("57"), Some(57.0));
        assert_eq!(read(" 1.5 "), Some(1.5));
        for text in ["57个", "约300", "", "NaN", "inf", "1e999"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn every_name_gives_the_feature_that_bears_it() {
        for name in [
            "name",
            "town_code",
            "town",
            "committee",
            "district_code",
            "district",
            "housing_nature",
            "households",
            "population",
            "age_years",
            "school_district",
        ] {
            assert_eq!(Feature::named(name).name(), name);
        }
    }
}
