//! Which names instances have, and their public addresses. R111, R116

use std::net::Ipv4Addr;

use super::Builder;
use crate::{
    config::{
        Finding,
        at::At,
        spec::{HostnameTypeSpec, PrivateDnsNameOptionsSpec},
    },
    model::{HostnameType, PrivateDnsNameOptions},
};

impl Builder {
    /// What a subnet says of the names of its instances. A subnet without IPv4 has resource names with AAAA. R111
    pub(super) fn private_dns_names_on_launch(
        &mut self,
        path: &At<'_>,
        has_v4: bool,
        hostname_type: Option<HostnameTypeSpec>,
        a_record: Option<bool>,
        aaaa_record: Option<bool>,
    ) -> PrivateDnsNameOptions {
        self.check_hostname_type(
            &path.key("private_dns_hostname_type_on_launch"),
            has_v4,
            hostname_type,
        );
        let default = if has_v4 { HostnameType::IpName } else { HostnameType::ResourceName };
        PrivateDnsNameOptions {
            hostname_type: hostname_type.map_or(default, type_of),
            enable_resource_name_dns_a_record: a_record.unwrap_or(false),
            enable_resource_name_dns_aaaa_record: aaaa_record.unwrap_or(!has_v4),
        }
    }

    /// What an instance says of its names, else its subnet. R111
    pub(super) fn private_dns_names(
        &mut self,
        path: &At<'_>,
        has_v4: bool,
        of_subnet: PrivateDnsNameOptions,
        spec: &PrivateDnsNameOptionsSpec,
    ) -> PrivateDnsNameOptions {
        let PrivateDnsNameOptionsSpec {
            hostname_type,
            enable_resource_name_dns_a_record,
            enable_resource_name_dns_aaaa_record,
        } = *spec;
        let options = path.key("private_dns_name_options");
        self.check_hostname_type(&options.key("hostname_type"), has_v4, hostname_type);
        PrivateDnsNameOptions {
            hostname_type: hostname_type.map_or(of_subnet.hostname_type, type_of),
            enable_resource_name_dns_a_record: enable_resource_name_dns_a_record
                .unwrap_or(of_subnet.enable_resource_name_dns_a_record),
            enable_resource_name_dns_aaaa_record: enable_resource_name_dns_aaaa_record
                .unwrap_or(of_subnet.enable_resource_name_dns_aaaa_record),
        }
    }

    /// Without IPv4 there is nothing to make an IP name of. R111
    fn check_hostname_type(
        &mut self,
        path: &At<'_>,
        has_v4: bool,
        hostname_type: Option<HostnameTypeSpec>,
    ) {
        if let (false, Some(HostnameTypeSpec::IpName)) = (has_v4, hostname_type) {
            let message = "a subnet without an IPv4 block has no `ip-name`";
            self.error(Finding::error(path, message).rule("R111").help("`resource-name` it has"));
        }
    }

    /// Reads a public address: an IPv4 address that nobody else has. R116
    pub(super) fn public_address(
        &mut self,
        path: &At<'_>,
        text: Option<String>,
        owner: &str,
    ) -> Option<Ipv4Addr> {
        let text = text?;
        let Ok(address) = text.parse::<Ipv4Addr>() else {
            let message = format!("`{text}` is not an IPv4 address");
            self.error(Finding::error(path, message));
            return None;
        };
        if address.is_private() || matches!(address.octets(), [100, 64..=127, ..]) {
            let message =
                format!("`{address}` is no public address: nobody on the internet reaches it");
            self.error(Finding::error(path, message).rule("N31"));
            return None;
        }
        if let Some(other) = self.names.public_addresses.insert(address, owner.into()) {
            let message = format!("`{address}` is the public address of {other} already");
            self.error(Finding::error(path, message));
        }
        Some(address)
    }
}

fn type_of(spec: HostnameTypeSpec) -> HostnameType {
    match spec {
        HostnameTypeSpec::IpName => HostnameType::IpName,
        HostnameTypeSpec::ResourceName => HostnameType::ResourceName,
    }
}
