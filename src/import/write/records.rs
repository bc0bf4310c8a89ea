//! Records of hosted zones: names, values, aliases, routing policies. N321

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{Entry, InsertSome as _, Writer, zones::plain_name};
use crate::import::dump::{Attributes as _, bare};

impl Writer<'_> {
    /// A record; none where it points to what a topology has not.
    pub(super) fn record(&mut self, entry: &Entry<'_>, zone: &str, of: &Value) -> Option<Value> {
        let name = unescape(of.text("Name").unwrap_or_default());
        let rtype = of.text("Type").unwrap_or_default();
        let mut value = Map::new();
        value.insert("name".into(), relative(&name, zone).into());
        value.insert("type".into(), rtype.into());
        if of.attribute("CidrRoutingConfig").is_some() {
            self.note_on(
                entry,
                format!("{name} {rtype}: private zones have no IP-based routing: left out"),
            );
            return None;
        }
        if let Some(alias) = of.attribute("AliasTarget") {
            let alias = self.alias(entry, zone, &format!("{name} {rtype}"), alias)?;
            value.insert("alias".into(), alias);
        } else {
            value.insert_some("ttl", of.number("TTL"));
            let values = of.list("ResourceRecords").iter();
            let values: Vec<&str> =
                values.filter_map(|of| of.text("Value").or(of.as_str())).collect();
            value.insert_list("values", values);
        }
        value.insert_some("set_identifier", of.text("SetIdentifier"));
        if let Some(check) = of.text("HealthCheckId") {
            let known = self.by_id.get(check).map_or(check, |(_, key)| key);
            value.insert("health_check_id".into(), known.into());
        }
        self.policy(entry, &name, of, &mut value);
        Some(value.into())
    }

    fn policy(
        &mut self,
        entry: &Entry<'_>,
        name: &str,
        of: &Value,
        value: &mut Map<String, Value>,
    ) {
        if let Some(weight) = of.number("Weight") {
            value.insert("weighted_routing_policy".into(), json!({ "weight": weight }));
        }
        if let Some(role) = of.text("Failover") {
            value.insert("failover_routing_policy".into(), json!({ "type": role }));
        }
        if let Some(region) = of.text("Region") {
            value.insert("latency_routing_policy".into(), json!({ "region": region }));
        }
        if of.flag("MultiValueAnswer") == Some(true) {
            value.insert("multivalue_answer_routing_policy".into(), true.into());
        }
        if let Some(place) = of.attribute("GeoLocation") {
            let mut policy = Map::new();
            policy.insert_some("continent", place.text("ContinentCode"));
            policy.insert_some("country", place.text("CountryCode"));
            policy.insert_some("subdivision", place.text("SubdivisionCode"));
            value.insert("geolocation_routing_policy".into(), policy.into());
        }
        if let Some(place) = of.attribute("GeoProximityLocation") {
            let mut policy = Map::new();
            policy.insert_some("aws_region", place.text("AWSRegion"));
            let at = |key: &str| place.text(&format!("Coordinates.{key}"));
            if let (Some(latitude), Some(longitude)) = (at("Latitude"), at("Longitude")) {
                let point = json!({ "latitude": latitude, "longitude": longitude });
                policy.insert("coordinates".into(), point);
            }
            policy.insert_some("bias", place.number("Bias").filter(|bias| *bias != 0));
            if place.text("LocalZoneGroup").is_some() {
                self.note_on(entry, format!("{name}: Local Zone groups are not known"));
            }
            value.insert("geoproximity_routing_policy".into(), policy.into());
        }
    }

    /// An alias to an endpoint, by the id in its name, or to a name of the zone. R64
    fn alias(&mut self, entry: &Entry<'_>, zone: &str, shown: &str, of: &Value) -> Option<Value> {
        let target = plain_name(&unescape(of.text("DNSName").unwrap_or_default()));
        let host = target.trim_start_matches("*.");
        if host.starts_with("vpce-") && host.contains(".vpce.") {
            let label = host.split('.').next().unwrap_or(host);
            let mut parts = label.splitn(4, '-');
            let id =
                [parts.next(), parts.next()].into_iter().flatten().collect::<Vec<_>>().join("-");
            let (_hash, az) = (parts.next(), parts.next());
            let Some((vpc, key)) = self.by_id.get(&*id) else {
                let what =
                    format!("{shown}: its alias names `{id}`, which is in no file: left out");
                self.note_on(entry, what);
                return None;
            };
            let mut value = Map::new();
            value.insert("vpc_endpoint".into(), format!("{vpc}/{key}").into());
            value.insert_some("availability_zone", az);
            return Some(value.into());
        }
        let own = of.text("HostedZoneId").is_none_or(|id| bare(id) == entry.id);
        let inside =
            target.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        if !own || !inside {
            let what =
                format!("{shown}: its alias to `{target}`, which is not of a VPC, is left out");
            self.note_on(entry, what);
            return None;
        }
        let mut value = Map::new();
        value.insert("name".into(), relative(&target, zone).into());
        if of.flag("EvaluateTargetHealth") == Some(true) {
            value.insert("evaluate_target_health".into(), true.into());
        }
        Some(value.into())
    }
}

/// A name as records have it: relative to the zone, `@` for the zone itself, absolute where it is not inside.
fn relative(name: &str, zone: &str) -> String {
    let name = name.trim_end_matches('.');
    if name.eq_ignore_ascii_case(zone) {
        return "@".to_owned();
    }
    let inside = name.len().checked_sub(zone.len() + 1).and_then(|at| {
        let (own, rest) = name.split_at_checked(at)?;
        rest.strip_prefix('.').is_some_and(|rest| rest.eq_ignore_ascii_case(zone)).then_some(own)
    });
    inside.map_or_else(|| format!("{name}."), str::to_owned)
}

/// Route 53 writes octets by three octal digits, `\052` for `*`; master files by three decimal ones.
fn unescape(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, behind)) = rest.split_once('\\') {
        out.push_str(before);
        let octet = behind.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match octet {
            Some(octet) if octet.is_ascii_alphanumeric() || b"*_-@/".contains(&octet) => {
                out.push(char::from(octet));
            }
            Some(octet) => _ = write!(out, "\\{octet:03}"),
            None => {
                out.push('\\');
                rest = behind;
                continue;
            }
        }
        rest = behind.get(3..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_relative_and_their_octets_decimal() {
        for (name, expected) in [
            ("example.com.", "@"),
            ("A.Example.com.", "A"),
            ("\\052.example.com.", "*"),
            ("a\\040b.example.com.", "a\\032b"),
            ("notexample.com.", "notexample.com."),
            ("com", "com."),
            ("é", "é."),
            ("\\", "\\."),
        ] {
            assert_eq!(relative(&unescape(name), "example.com"), expected, "{name}");
        }
    }
}
