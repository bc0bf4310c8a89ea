//! A topology file that is right by itself and that what runs cannot take: placed where the file says what is in the way.

use std::net::SocketAddr;

use super::{
    Finding, Path, Problem, Problems, Source, Span,
    source::{Kind, Node, Tree},
};

/// The key below which all real addresses to listen on stand: in the file itself, and in addresses of inbound endpoints.
const LISTEN: &str = "listen";

impl Problems {
    /// One problem, at the place of the `address` that it is about; at the beginning where that is not known.
    pub(crate) fn refused(
        name: &str,
        text: &str,
        why: &str,
        rules: &[&'static str],
        address: Option<SocketAddr>,
    ) -> Self {
        let source = match Source::new(name, text) {
            Ok(source) => source,
            Err(problem) => return Self::new(vec![*problem]),
        };
        let place = address.and_then(|address| place_of(&source, address));
        let mut finding = Finding::error(Path::default(), why.to_owned());
        finding.rules.extend(rules);
        Self::new(vec![Problem::new(finding, source, place.unwrap_or_default())])
    }
}

/// Where a file says that an address is listened on.
fn place_of(source: &Source, address: SocketAddr) -> Option<Span> {
    let tree = Tree::parse(source).ok()?;
    find(&tree.root, address, false)
}

/// Looks into a value, which is `listened` on or not.
fn find(node: &Node<'_>, address: SocketAddr, listened: bool) -> Option<Span> {
    let is = |text: &str| listened && text.parse() == Ok(address);
    match node.value() {
        Kind::Scalar(scalar) => is(&scalar.text).then_some(node.span),
        Kind::Sequence(items) => items.iter().find_map(|item| find(item, address, listened)),
        Kind::Mapping(entries) => entries.iter().find_map(|entry| {
            if is(entry.name()) {
                return Some(entry.key_span);
            }
            find(&entry.value, address, listened || entry.name() == LISTEN)
        }),
        Kind::Anchored(_) => unreachable!("value() looks through anchors"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
clients: { 127.0.0.1: internet } # 127.0.0.1:53
resolver_rules: { r: { target_ips: [\"127.0.0.1:53\"] } }
vpcs:
  app:
    resolver_endpoints:
      in: { ip_addresses: [{ listen: \"127.0.0.1:53\" }, { listen: { DoT: '127.0.0.1:853' } }] }
listen:
  \"127.0.0.2:53\": internet
  \"[0:0::1]:53\": internet
";

    #[test]
    fn an_address_is_placed_where_it_is_listened_on() {
        for (address, line, column) in [
            ("127.0.0.1:53", 7, 38),
            ("127.0.0.1:853", 7, 73),
            ("127.0.0.2:53", 9, 3),
            ("[::1]:53", 10, 3),
            ("127.0.0.3:53", 1, 1),
        ] {
            let problems =
                Problems::refused("t.yaml", TEXT, "taken", &["R91"], address.parse().ok());
            let found = problems.iter().map(Problem::position).collect::<Vec<_>>();
            let found: Vec<_> = found.iter().map(|at| (at.line, at.column)).collect();
            assert_eq!(found, [(line, column)], "{address}");
        }
    }
}
