//! Coordinates of maps made in China, turned into WGS-84.
//!
//! Chinese maps are drawn in GCJ-02 (高德, 腾讯) or BD-09 (百度), which move every point by some hundred metres. The formulas
//! are not published officially; these are the ones that the public libraries `eviltransform` and `coordtransform` (both
//! MIT) share, held against their examples. The way back from GCJ-02 has no closed form and is found by iteration, to
//! far less than a millimetre.

use std::f64::consts::PI;

/// Semi-major axis of the Krasovsky 1940 ellipsoid, in metres, and its eccentricity squared.
const AXIS_M: f64 = 6_378_245.0;
const ECCENTRICITY_2: f64 = 0.006_693_421_622_965_943;
/// What BD-09 turns angles by.
const BAIDU_PI: f64 = PI * 3000.0 / 180.0;
/// Ends of the box around China, in degrees: (longitude, latitude).
const WEST_SOUTH: (f64, f64) = (73.66, 3.86);
const EAST_NORTH: (f64, f64) = (135.05, 53.55);

/// A reference system of coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// GPS.
    Wgs84,
    /// 国测局坐标, of 高德, 腾讯 and official maps.
    Gcj02,
    /// 百度坐标.
    Bd09,
}

/// A point, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Longitude (经度), east is positive.
    pub lng: f64,
    /// Latitude (纬度), north is positive.
    pub lat: f64,
}

/// Why a point is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPoint {
    /// It lies in China once longitude and latitude are exchanged.
    Swapped,
    /// It does not lie in China at all.
    Outside,
}

impl Point {
    /// The same place in WGS-84.
    ///
    /// # Errors
    /// [`BadPoint`] if it lies outside a box around China (73.66-135.05 east, 3.86-53.55 north).
    pub fn wgs84(self, system: System) -> Result<Self, BadPoint> {
        let swapped = Self { lng: self.lat, lat: self.lng };
        match (self.is_in_china(), swapped.is_in_china()) {
            (true, _) => {}
            (false, true) => return Err(BadPoint::Swapped),
            (false, false) => return Err(BadPoint::Outside),
        }
        Ok(match system {
            System::Wgs84 => self,
            System::Gcj02 => self.wgs84_of_gcj02(),
            System::Bd09 => self.gcj02_of_bd09().wgs84_of_gcj02(),
        })
    }

    fn is_in_china(self) -> bool {
        (WEST_SOUTH.0..=EAST_NORTH.0).contains(&self.lng) && (WEST_SOUTH.1..=EAST_NORTH.1).contains(&self.lat)
    }

    fn gcj02_of_bd09(self) -> Self {
        let (x, y) = (self.lng - 0.0065, self.lat - 0.006);
        let distance = libm::hypot(x, y) - 0.000_02 * libm::sin(y * BAIDU_PI);
        let angle = libm::atan2(y, x) - 0.000_003 * libm::cos(x * BAIDU_PI);
        Self { lng: distance * libm::cos(angle), lat: distance * libm::sin(angle) }
    }

    fn wgs84_of_gcj02(self) -> Self {
        let mut guess = self;
        // The shift changes slowly: each round divides the error by about a thousand.
        for _ in 0..6 {
            let there = guess.gcj02();
            guess = Self { lng: guess.lng - (there.lng - self.lng), lat: guess.lat - (there.lat - self.lat) };
        }
        guess
    }

    fn gcj02(self) -> Self {
        let (x, y) = (self.lng - 105.0, self.lat - 35.0);
        let common = 40.0 / 3.0 * libm::sin(6.0 * x * PI) + 40.0 / 3.0 * libm::sin(2.0 * x * PI);
        let root = x.abs().sqrt();
        let north = -100.0
            + 2.0 * x
            + 3.0 * y
            + 0.2 * y * y
            + 0.1 * x * y
            + 0.2 * root
            + common
            + 40.0 / 3.0 * libm::sin(y * PI)
            + 80.0 / 3.0 * libm::sin(y / 3.0 * PI)
            + 320.0 / 3.0 * libm::sin(y / 12.0 * PI)
            + 640.0 / 3.0 * libm::sin(y / 30.0 * PI);
        let east = 300.0
            + x
            + 2.0 * y
            + 0.1 * x * x
            + 0.1 * x * y
            + 0.1 * root
            + common
            + 40.0 / 3.0 * libm::sin(x * PI)
            + 80.0 / 3.0 * libm::sin(x / 3.0 * PI)
            + 100.0 * libm::sin(x / 12.0 * PI)
            + 200.0 * libm::sin(x / 30.0 * PI);
        let radians = self.lat / 180.0 * PI;
        let magic = 1.0 - ECCENTRICITY_2 * libm::sin(radians) * libm::sin(radians);
        let meridian = AXIS_M * (1.0 - ECCENTRICITY_2) / (magic * magic.sqrt());
        let parallel = AXIS_M / magic.sqrt() * libm::cos(radians);
        Self {
            lng: self.lng + east * 180.0 / (parallel * PI),
            lat: self.lat + north * 180.0 / (meridian * PI),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gcj02_agrees_with_the_test_points_of_eviltransform() {
        // (WGS-84 lat, lng, GCJ-02 lat, lng)
        for (wgs_lat, wgs_lng, lat, lng) in [
            (31.177_427_6, 121.527_210_6, 31.175_303_983_645_97, 121.531_541_859_215),
            (22.543_847, 113.912_316, 22.540_796_131_694_766, 113.917_176_480_836_3),
            (39.911_954, 116.377_817, 39.913_345_455_360_69, 116.384_047_224_556_57),
        ] {
            let there = Point { lng: wgs_lng, lat: wgs_lat }.gcj02();
            assert!((there.lng - lng).abs() < 1e-6 && (there.lat - lat).abs() < 1e-6, "{there:?}");
            let back = Point { lng, lat }.wgs84(System::Gcj02).unwrap();
            assert!((back.lng - wgs_lng).abs() < 1e-6 && (back.lat - wgs_lat).abs() < 1e-6, "{back:?}");
            let exact = there.wgs84_of_gcj02();
            assert!((exact.lng - wgs_lng).abs() < 1e-10 && (exact.lat - wgs_lat).abs() < 1e-10, "{exact:?}");
        }
    }

    #[test]
    fn bd09_agrees_with_the_example_of_coordtransform() {
        let there = Point { lng: 116.404, lat: 39.915 }.gcj02_of_bd09();
        let (lng, lat) = (116.397_627_291_193_15, 39.908_656_739_576_31);
        assert!((there.lng - lng).abs() < 1e-12 && (there.lat - lat).abs() < 1e-12, "{there:?}");
        let back = Point { lng: 116.404, lat: 39.915 }.wgs84(System::Bd09).unwrap();
        assert_eq!(Ok(back), there.wgs84(System::Gcj02));
    }

    #[test]
    fn points_outside_china_and_exchanged_ones_are_refused() {
        let refused = |lng, lat| Point { lng, lat }.wgs84(System::Gcj02).unwrap_err();
        assert_eq!(refused(31.2, 121.5), BadPoint::Swapped);
        assert_eq!(refused(0.0, 0.0), BadPoint::Outside);
        assert_eq!(refused(f64::NAN, 31.2), BadPoint::Outside);
        assert_eq!(Point { lng: 121.5, lat: 31.2 }.wgs84(System::Wgs84), Ok(Point { lng: 121.5, lat: 31.2 }));
    }
}
