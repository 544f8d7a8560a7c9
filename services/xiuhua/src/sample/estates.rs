//! The 2,790 estates: where they stand, what they are made of and who lives in them.
//!
//! Totals are the report's (1,200 old estates with 36.69 million m², 1,590 others with 141.31
//! million m², 1.948 million households); everything below the totals is drawn. The report gives no
//! count by the four types, so the split of the 1,590 is ours.

use std::collections::HashSet;

use super::draws::{Stream, apportion, nearest_count, rounded};
use super::names::{committee_name, estate_name};
use super::towns::{Location, TOWNS, Town, estates_by_town};

/// The four housing types, in the order the tables of this room use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Housing {
    /// 老旧公房.
    OldPublic,
    /// 商品房.
    Commodity,
    /// 动迁房.
    Relocation,
    /// 保障性住房.
    Affordable,
}

impl Housing {
    /// All four.
    pub const ALL: [Self; 4] = [Self::OldPublic, Self::Commodity, Self::Relocation, Self::Affordable];

    /// How many estates of this type the district has.
    #[must_use]
    pub fn estates(self) -> u32 {
        self.pick([1_200, 1_210, 290, 90])
    }

    /// The entry of a table that has one for each type, in the order of [`Housing::ALL`].
    pub(super) fn pick<T: Copy>(self, by_type: [T; 4]) -> T {
        by_type[self as usize]
    }

    /// The housing natures of this type with their shares.
    ///
    /// Source: specification page 5, section 5.3; the shares are invented.
    pub(super) fn natures(self) -> &'static [(&'static str, f64)] {
        match self {
            Self::OldPublic => &[
                ("售后公房", 0.62),
                ("房改公房", 0.12),
                ("系统公房", 0.10),
                ("直管公房", 0.08),
                ("老公房", 0.08),
            ],
            Self::Commodity => &[("商品房", 0.7), ("商品房住宅", 0.3)],
            Self::Relocation => &[("动迁安置房", 0.45), ("动迁房", 0.35), ("动迁配套房", 0.2)],
            Self::Affordable => {
                &[("经济适用房", 0.4), ("共有产权房", 0.25), ("公租房", 0.25), ("廉租房", 0.1)]
            }
        }
    }
}

/// Estates in the district.
pub const ESTATES: u32 = 2_790;
/// Households of the old estates; the share of the district's 1,948,000 that gives 52 m² a household.
const OLD_HOUSEHOLDS: u32 = 700_000;
/// Households of the other three types together.
const OTHER_HOUSEHOLDS: u32 = 1_248_000;
/// Floor area of the old estates, m².
const OLD_FLOOR_AREA_M2: u32 = 36_690_000;
/// Floor area of the other three types together, m².
const OTHER_FLOOR_AREA_M2: u32 = 141_310_000;
/// The smallest estate the sample knows, in households.
const FEWEST_HOUSEHOLDS: u32 = 40;
/// The smallest estate the sample knows, in m².
const LEAST_FLOOR_AREA_M2: u32 = 1_500;

/// One estate and its attributes. `None` is an attribute nobody recorded.
#[derive(Debug, Clone)]
pub struct Estate {
    /// Town code, hyphen, three-digit number within the town.
    pub place_id: String,
    /// Unique within the town.
    pub name: String,
    /// The sub-district or town it stands in.
    pub town: &'static Town,
    /// Name of the committee that serves it, unique within the town.
    pub committee: String,
    /// Its type; not written to the file, which has the nature only.
    pub housing: Housing,
    /// The legal nature of the housing, as the file states it.
    pub housing_nature: &'static str,
    /// Households at the end of the last year.
    pub households: u32,
    /// Actual residents at the end of the last year.
    pub population: u32,
    /// Floor area in m².
    pub floor_area_m2: u32,
    /// Year of completion.
    pub year_built: Option<u32>,
    /// Residents of 60 and over, %.
    pub elderly_share_pct: f64,
    /// Residents whose household is registered (户籍) here, %.
    pub registered_share_pct: Option<f64>,
    /// Dwellings let to tenants, %.
    pub tenant_share_pct: Option<f64>,
    /// Dwellings that changed hands or tenants in a year, %.
    pub turnover_rate_pct: f64,
    /// Parking spaces.
    pub parking_spaces: Option<u32>,
    /// Repair fund in yuan; an estate that is wholly let by a public landlord has none on record.
    pub repair_fund_yuan: Option<u32>,
    /// Income from the common parts in a year, yuan.
    pub public_income_yuan: u32,
    /// Dwellings within the 15-minute living circle, %.
    pub living_circle_share_pct: f64,
    /// What the sub-district or town invested in a year, yuan.
    pub street_investment_yuan: u32,
    /// Whether it belongs to a sought-after school district.
    pub school_district: bool,
}

impl Estate {
    /// Whether a public landlord owns it all, so that there are no owners to form a committee.
    pub(super) fn is_wholly_let(&self) -> bool {
        is_wholly_let(self.housing_nature)
    }
}

fn is_wholly_let(housing_nature: &str) -> bool {
    matches!(housing_nature, "直管公房" | "公租房" | "廉租房")
}

/// All estates, by town in the order of [`TOWNS`], numbered within the town.
pub(super) fn settle(seed: u64) -> Vec<Estate> {
    let sites = lay_out(seed);

    let pull = |site: &Site| {
        let mut stream = site.stream(seed, "households");
        site.housing.pick([1.0, 1.0, 1.35, 1.15]) * stream.lognormal(0.65)
    };
    let pulls: Vec<f64> = sites.iter().map(pull).collect();
    let households = split_by_age(&sites, OLD_HOUSEHOLDS, OTHER_HOUSEHOLDS, &pulls, FEWEST_HOUSEHOLDS);

    let wanted_area = |(site, &households): (&Site, &u32)| {
        let mut stream = site.stream(seed, "floor area");
        let area_per_household = site.housing.pick([52.0, 122.0, 88.0, 62.0]);
        f64::from(households) * area_per_household * stream.lognormal(0.18)
    };
    let wanted_areas: Vec<f64> = sites.iter().zip(&households).map(wanted_area).collect();
    let floor_areas =
        split_by_age(&sites, OLD_FLOOR_AREA_M2, OTHER_FLOOR_AREA_M2, &wanted_areas, LEAST_FLOOR_AREA_M2);

    let sizes = households.into_iter().zip(floor_areas);
    sites
        .into_iter()
        .zip(sizes)
        .map(|(site, (households, area))| furnish(seed, site, households, area))
        .collect()
}

/// An estate before its size is known.
struct Site {
    place_id: String,
    name: String,
    town: &'static Town,
    committee: String,
    housing: Housing,
}

impl Site {
    /// The stream of one subject of this estate.
    fn stream(&self, seed: u64, subject: &str) -> Stream {
        Stream::named(seed, &format!("{subject}/{}", self.place_id))
    }
}

/// Puts every estate into its town and under a committee, which often serves several types.
fn lay_out(seed: u64) -> Vec<Site> {
    let counts = Housing::ALL.map(estates_by_town);
    let mut sites = Vec::with_capacity(ESTATES as usize);
    for (at, town) in TOWNS.iter().enumerate() {
        let mut stream = Stream::named(seed, &format!("town/{}", town.code));
        let of_type = |housing: Housing| (0..counts[housing as usize][at]).map(move |_| housing);
        let mut housings: Vec<Housing> = Housing::ALL.into_iter().flat_map(of_type).collect();
        stream.shuffle(&mut housings);

        let mut names = HashSet::new();
        let mut committee = 0;
        let mut left_in_committee = 0;
        for (number, housing) in (1..).zip(housings) {
            if left_in_committee == 0 {
                committee += 1;
                left_in_committee = stream.by_share(&[(1, 0.2), (2, 0.3), (3, 0.25), (4, 0.15), (6, 0.1)]);
            }
            left_in_committee -= 1;
            sites.push(Site {
                place_id: format!("{}-{number:03}", town.code),
                name: estate_name(&mut stream, housing, &mut names),
                town,
                committee: committee_name(town, committee),
                housing,
            });
        }
    }
    sites
}

/// Splits one total over the old estates and another over all others, in proportion to `weights`,
/// which has an entry for each site; so does the result.
fn split_by_age(sites: &[Site], old_total: u32, other_total: u32, weights: &[f64], least: u32) -> Vec<u32> {
    let mut shares = vec![0; sites.len()];
    for (is_old, total) in [(true, old_total), (false, other_total)] {
        let of_this_age = |at: &usize| (sites[*at].housing == Housing::OldPublic) == is_old;
        let members: Vec<usize> = (0..sites.len()).filter(of_this_age).collect();
        let member_weights: Vec<f64> = members.iter().map(|&at| weights[at]).collect();
        for (at, share) in members.into_iter().zip(apportion(total, &member_weights, least)) {
            shares[at] = share;
        }
    }
    shares
}

/// Draws the attributes of an estate of known size.
fn furnish(seed: u64, site: Site, households: u32, floor_area_m2: u32) -> Estate {
    let mut stream = site.stream(seed, "attributes");
    let Site { place_id, name, town, committee, housing } = site;
    let by_location = |centre: f64, fringe: f64, suburb: f64| match town.location {
        Location::Centre => centre,
        Location::Fringe => fringe,
        Location::Suburb => suburb,
    };
    let homes = f64::from(households);
    let housing_nature = stream.by_share(housing.natures());
    let has_no_owners = is_wholly_let(housing_nature);
    let school_district = stream.chance(by_location(0.18, 0.08, 0.04));

    let people_per_household =
        (2.65 + housing.pick([-0.15, 0.1, 0.15, -0.1]) + 0.15 * stream.normal()).clamp(2.2, 3.2);
    let (first_year, last_year) =
        housing.pick([(1952.0, 1999.0), (1993.0, 2018.0), (1996.0, 2018.0), (2009.0, 2018.0)]);
    // The larger of two draws: more estates are young than old within the years of their type.
    let built = stream.between(first_year, last_year).max(stream.between(first_year, last_year));
    let mut share = |mean: f64, spread: f64| rounded((mean + spread * stream.normal()).clamp(1.0, 99.0), 1);
    let elderly_share_pct = share(housing.pick([36.0, 20.0, 26.0, 18.0]) + by_location(2.0, 0.0, 1.0), 6.0);
    let registered = share(by_location(68.0, 52.0, 46.0) + housing.pick([6.0, 0.0, 2.0, -10.0]), 9.0);
    let let_out = share(housing.pick([28.0, 22.0, 34.0, 18.0]) + by_location(0.0, 4.0, 1.0), 8.0);
    let living_circle_share_pct = share(by_location(92.0, 78.0, 58.0), 8.0);

    let turnover =
        housing.pick([7.0, 8.5, 9.5, 5.0]) * stream.lognormal(0.35) * if school_district { 1.6 } else { 1.0 };
    let parking = homes * housing.pick([0.25, 0.85, 0.5, 0.45]) * stream.lognormal(0.3);
    let repair_fund =
        f64::from(floor_area_m2) * housing.pick([22.0, 75.0, 38.0, 45.0]) * stream.lognormal(0.45);
    let public_income = homes * housing.pick([90.0, 320.0, 140.0, 110.0]) * stream.lognormal(0.6);
    let investment = homes * housing.pick([900.0, 120.0, 420.0, 260.0]) * stream.lognormal(0.7);

    Estate {
        households,
        population: nearest_count(homes * people_per_household),
        floor_area_m2,
        year_built: recorded(&mut stream, 0.98, nearest_count(built.floor())),
        elderly_share_pct,
        registered_share_pct: recorded(&mut stream, 0.96, registered),
        tenant_share_pct: recorded(&mut stream, 0.95, if has_no_owners { 100.0 } else { let_out }),
        turnover_rate_pct: rounded(turnover.min(60.0), 1),
        parking_spaces: recorded(&mut stream, 0.97, nearest_count(parking)),
        repair_fund_yuan: (!has_no_owners).then(|| nearest_count(repair_fund)),
        public_income_yuan: nearest_count(public_income),
        living_circle_share_pct,
        street_investment_yuan: nearest_count(investment),
        school_district,
        place_id,
        name,
        town,
        committee,
        housing,
        housing_nature,
    }
}

/// `value` with the probability `coverage`: offices do not record every attribute of every estate.
fn recorded<T>(stream: &mut Stream, coverage: f64, value: T) -> Option<T> {
    stream.chance(coverage).then_some(value)
}
