//! What the words of a step mean.

use std::{net::IpAddr, time::Duration};

use plustwo::{
    config,
    health::{State as Health, Target},
    model::{Model, Vantage},
    view::Askers,
};

/// An address of an asker, or a vantage as the command line spells it.
pub(crate) fn vantage(model: &Model, from: &str) -> Result<Vantage, String> {
    match from.parse::<IpAddr>() {
        Ok(address) => Ok(Askers::compile(model).vantage_of(address)),
        Err(_) => config::vantage(model, from).map_err(|error| error.to_string()),
    }
}

pub(crate) fn target(model: &Model, kind: &str, name: &str) -> Result<Target, String> {
    let found = match kind {
        "az" => config::find_az(model, name).map(Target::AvailabilityZone),
        "subnet" => config::find_subnet(model, name).map(Target::Subnet),
        "eni" => config::find_interface(model, name).map(Target::NetworkInterface),
        other => return Err(format!("unknown step `{other}`")),
    };
    found.map_err(|error| error.to_string())
}

pub(crate) fn health(word: &str) -> Result<Health, String> {
    match word {
        "impaired" => Ok(Health::Impaired),
        "available" => Ok(Health::Healthy),
        other => Err(format!("expected `impaired` or `available`, found `{other}`")),
    }
}

pub(crate) fn status(word: &str) -> Result<Health, String> {
    match word {
        "healthy" => Ok(Health::Healthy),
        "unhealthy" => Ok(Health::Impaired),
        other => Err(format!("expected `healthy` or `unhealthy`, found `{other}`")),
    }
}

pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.strip_suffix('s').ok_or("a duration is written like `60s`")?;
    number.parse().map(Duration::from_secs).map_err(|error| error.to_string())
}
