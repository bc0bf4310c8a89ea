//! Where Regions are, for routing policies that go by distance or by country. R71, R73

use std::sync::LazyLock;

use super::{Region, table::rows};

/// Kilometres from the Earth's centre to its surface.
const EARTH_RADIUS_KM: f64 = 6371.0;

/// A point on the Earth, in hundredths of a degree: as exact as Route 53 takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coordinates {
    /// −9000 (south) to 9000 (north).
    pub latitude: i16,
    /// −18000 (west) to 18000 (east).
    pub longitude: i16,
}

impl Coordinates {
    /// Reads degrees with at most two decimals, such as `38.95` and `-77.45`.
    #[must_use]
    pub fn parse(latitude: &str, longitude: &str) -> Option<Self> {
        let latitude = hundredths(latitude).filter(|degrees| degrees.abs() <= 9_000)?;
        let longitude = hundredths(longitude).filter(|degrees| degrees.abs() <= 18_000)?;
        Some(Self { latitude, longitude })
    }

    /// The great-circle distance to another point, in kilometres.
    #[must_use]
    pub fn distance_km(self, other: Self) -> f64 {
        let radians = |hundredths: i16| (f64::from(hundredths) / 100.0).to_radians();
        let (from, to) = (radians(self.latitude), radians(other.latitude));
        let half = |a: i16, b: i16| ((radians(a) - radians(b)) / 2.0).sin().powi(2);
        let chord = half(other.latitude, self.latitude)
            + from.cos() * to.cos() * half(other.longitude, self.longitude);
        2.0 * EARTH_RADIUS_KM * chord.sqrt().min(1.0).asin()
    }
}

/// Degrees with at most two decimals, as hundredths.
fn hundredths(text: &str) -> Option<i16> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(decimals) || decimals.len() > 2 {
        return None;
    }
    let decimals: i16 = format!("{decimals:0<2}").parse().ok()?;
    let value = whole.parse::<i16>().ok()?.checked_mul(100)?.checked_add(decimals)?;
    Some(if negative { -value } else { value })
}

/// Where a Region is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its coordinates.
    pub coordinates: Coordinates,
    /// Its continent, as Route 53 abbreviates it: `AF`, `AN`, `AS`, `EU`, `OC`, `NA`, `SA`.
    pub continent: &'static str,
    /// Its country by ISO 3166-1.
    pub country: &'static str,
    /// Its state, of Regions in the United States.
    pub subdivision: Option<&'static str>,
}

/// By Region, as [`Region::all`] has them.
static PLACES: LazyLock<Vec<Option<Place>>> = LazyLock::new(|| {
    let mut places = vec![None; Region::all().count()];
    for mut row in rows(include_str!("../../zones/region-places.tsv")) {
        let at =
            row.next().and_then(Region::named).and_then(|region| places.get_mut(region.index()));
        if let Some(place) = at {
            *place = read(&mut row);
        }
    }
    places
});

fn read(row: &mut super::table::Row) -> Option<Place> {
    let coordinates = Coordinates::parse(row.next()?, row.next()?)?;
    let (continent, country) = (row.next()?, row.next()?);
    Some(Place { coordinates, continent, country, subdivision: row.next() })
}

impl Region {
    /// Where it is; none only of a Region that the table lacks, which a test forbids.
    #[must_use]
    pub fn place(self) -> Option<&'static Place> {
        PLACES.get(self.index())?.as_ref()
    }

    /// How far another Region is, in kilometres: what stands here for the latency between them, which AWS measures and
    /// does not publish. R73
    #[must_use]
    pub fn distance_km(self, other: Self) -> f64 {
        match (self.place(), other.place()) {
            _ if self == other => 0.0,
            (Some(here), Some(there)) => here.coordinates.distance_km(there.coordinates),
            _ => f64::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_has_a_place() {
        for region in Region::all() {
            assert!(region.place().is_some(), "{region}");
        }
    }

    #[test]
    fn distances_are_those_of_a_map() {
        for (from, to, least, most) in [
            ("us-east-1", "us-east-1", 0.0, 0.0),
            ("us-east-1", "us-east-2", 400.0, 600.0),
            ("us-east-1", "eu-west-1", 5_300.0, 5_600.0),
            ("eu-west-1", "us-east-1", 5_300.0, 5_600.0),
            // across the date line
            ("ap-southeast-6", "us-west-1", 10_300.0, 10_700.0),
        ] {
            let [a, b] = [from, to].map(|name| name.parse::<Region>().unwrap());
            let distance = a.distance_km(b);
            assert!((least..=most).contains(&distance), "{from} to {to}: {distance}");
        }
    }

    #[test]
    fn coordinates_have_at_most_two_decimals() {
        let read = |latitude, longitude| {
            Coordinates::parse(latitude, longitude).map(|point| (point.latitude, point.longitude))
        };
        assert_eq!(read("38.95", "-77.4"), Some((3895, -7740)));
        assert_eq!(read("-90", "180"), Some((-9000, 18000)));
        for (latitude, longitude) in
            [("90.01", "0"), ("0", "180.01"), ("1.234", "0"), ("1e1", "0"), ("", "0"), ("1.", "0")]
        {
            assert_eq!(read(latitude, longitude), None, "{latitude} {longitude}");
        }
    }
}
