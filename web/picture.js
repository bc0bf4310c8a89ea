// The picture: AZs as columns, VPCs as boxes across them, subnets in the boxes, and in those what has an address.

import { fill, h, icon } from "./dom.js";
import { STATE_TEXT, changed, isOpen, matching, noticeText, refresh, stateOf, store, targetState } from "./store.js";
import { quiet, toggle } from "./switches.js";

/// Most parts of a subnet, and endpoints of a VPC, that are drawn before they are asked for.
const MAX_CHIPS = 12;

/// Subnets and VPCs of which all is drawn.
const unfolded = new Set();

const GATEWAYS = {
  internet_gateway: "internet gateway",
  egress_only_internet_gateway: "egress-only gateway",
  nat_gateway: "NAT gateway",
  transit_gateway: "transit gateway",
  virtual_private_gateway: "virtual private gateway",
  local_gateway: "local gateway",
  carrier_gateway: "carrier gateway",
  core_network: "core network",
  unknown: "outside",
  resolver_endpoint: "resolver endpoint",
};

export const actions = {
  "toggle-vpc": ({ name }) => {
    const vpc = store.map.vpcs.find((vpc) => vpc.name === name);
    store.open.set(name, !isOpen(store.map, vpc));
    changed();
    if (!vpc.shown) quiet(refresh());
  },
  unfold: ({ id }) => {
    if (!unfolded.delete(id)) unfolded.add(id);
    changed();
  },
};

/// What is said and not shown.
const said = (text) => h("span", { class: "hidden" }, text);

const asker = (from, content, more) =>
  h("button", { type: "button", "data-do": "from", "data-from": from, "aria-pressed": String(store.from === from), ...more }, said("ask from "), content);

/// Draws everything.
export function draw(parent) {
  const { map } = store;
  const vpcs = matching(map);
  fill(
    parent,
    h("div", { class: "outside", "data-key": "outside" },
      asker("internet", [icon("public"), "the internet"], { class: "node", "data-node": "internet" }),
      h("span", { class: "node still", "data-node": "services" }, "AWS services"),
      h("span", { class: "dim found" }, store.filter ? `${vpcs.length} of ${map.vpcs.length} VPCs` : map.vpcs.length > 3 ? `${map.vpcs.length} VPCs` : ""),
      map.vpcs.length > 3 ? h("button", { type: "button", class: "small", "data-do": "close-all" }, "Close all") : null),
    map.regions.map((region) => drawRegion(map, region, vpcs.filter((vpc) => vpc.region === region))),
  );
}

function drawRegion(map, region, vpcs) {
  if (vpcs.length === 0) return null;
  const azs = map.availability_zones.filter((az) => az.region === region);
  return h("section", { class: "region", "data-key": `region-${region}`, "aria-label": `Region ${region}` },
    map.regions.length > 1 ? h("h3", { class: "region-name" }, region) : null,
    h("div", { class: "columns heads", "data-azs": Math.min(azs.length, 8) }, azs.map(drawAz)),
    vpcs.map((vpc) => drawVpc(map, vpc, azs)));
}

function drawAz(az) {
  const state = targetState(az.health);
  return h("div", { class: "az", "data-key": az.name, "data-state": state },
    h("div", { class: "az-name" }, icon(state), h("b", {}, az.name), h("span", { class: "dim id" }, az.id)),
    toggle("flip-az", az.name, az.health.observed === "available", az.name, ["works", "failed"]),
    h("span", { class: "az-note", "data-until": az.health.forced ? null : az.health.until }, noticeText(az.health)));
}

const counts = (vpc) => [[vpc.subnets.length, "subnet"], [vpc.endpoint_count, "endpoint"], [vpc.instance_count, "instance"]].map(([count, what]) => `${count} ${what}${count === 1 ? "" : "s"}`).join(" · ");

function drawVpc(map, vpc, azs) {
  const open = isOpen(map, vpc);
  const enis = vpc.subnets.flatMap((subnet) => subnet.network_interfaces);
  const failed = enis.filter((eni) => eni.impaired).length;
  const peers = map.vpc_peering_connections.filter((peering) => peering.requester === vpc.name || peering.accepter === vpc.name);
  return h("div", { role: "group", class: `vpc ${open ? "open" : "closed"}`, "data-key": vpc.id, "data-node": vpc.id, "data-vpc": vpc.name, "aria-label": `VPC ${vpc.name}` },
    h("div", { class: "vpc-head" },
      h("button", { type: "button", class: "fold", "data-do": "toggle-vpc", "data-name": vpc.name, "aria-expanded": String(open) },
        h("span", { class: "arrow", "aria-hidden": "true" }, open ? "▾" : "▸"), h("b", {}, vpc.name), h("span", { class: "hidden" }, " VPC")),
      h("span", { class: "dim block" }, vpc.cidr_blocks.join(" ")),
      open ? null : h("span", { class: "dim counts", title: counts(vpc) }, counts(vpc)),
      enis.length ? h("span", { class: `health ${failed ? "bad" : "dim"}` }, icon(failed ? (enis.every((eni) => !eni.impaired || eni.noticed) ? "noticed" : "failed") : "available"), failed ? `${failed} of ${enis.length} failed` : `${enis.length} work`) : null,
      h("span", { class: "gates" }, vpc.gateways.map(drawGateway), drawPeers(vpc, peers))),
    open && !vpc.shown ? h("p", { class: "dim" }, "fetching …") : null,
    open && vpc.shown ? [
      h("div", { class: "columns", "data-azs": Math.min(azs.length, 8) }, azs.map((az) =>
        h("div", { class: "cell", "data-key": az.name, "data-state": targetState(az.health) },
          vpc.subnets.filter((subnet) => subnet.availability_zone === az.name).map((subnet) => drawSubnet(vpc, subnet))))),
      drawEndpoints(vpc),
      vpc.left_out ? h("p", { class: "dim" }, `${vpc.left_out} endpoints and instances more are not drawn`) : null,
    ] : null);
}

function drawGateway(gateway) {
  const what = GATEWAYS[gateway.kind] ?? gateway.kind;
  return h("span", { class: `gate ${gateway.kind}`, "data-key": gateway.id, "data-node": gateway.id, title: gateway.id }, what, gateway.name ? ` ${gateway.name}` : "", gateway.subnet ? h("span", { class: "dim" }, ` in ${gateway.subnet}`) : null);
}

function drawPeers(vpc, peers) {
  if (peers.length > 6) return h("span", { class: "gate peer" }, `${peers.length} peering connections`);
  return peers.map((peering) => {
    const other = peering.requester === vpc.name ? peering.accepter : peering.requester;
    return h("span", { class: `gate peer ${peering.status}`, "data-key": `${vpc.name}-${peering.id}`, "data-node": `${peering.id}@${vpc.name}`, title: peering.name }, `⇄ ${other}`, peering.status === "active" ? null : h("span", { class: "dim" }, ` ${peering.status}`));
  });
}

function drawSubnet(vpc, subnet) {
  const from = `${vpc.name}/${subnet.name}`;
  const state = targetState(subnet.health);
  const parts = [
    ...subnet.instances.map((instance) => drawInstance(vpc, subnet, instance)),
    ...subnet.network_interfaces.map((eni) => drawInterface(subnet, eni)),
  ];
  const all = unfolded.has(subnet.id) || parts.length <= MAX_CHIPS + 1;
  return h("div", { class: `subnet ${subnet.kind}`, "data-key": subnet.id, "data-node": subnet.id, "data-state": state },
    h("div", { class: "subnet-head" },
      asker(from, [said("subnet "), h("b", {}, subnet.name), " ", h("span", { class: "kind" }, subnet.kind)], { class: "name" }),
      h("span", { class: "dim block" }, subnet.cidr_blocks[0] ?? "")),
    h("div", { class: "chips" }, all ? parts : parts.slice(0, MAX_CHIPS),
      parts.length > MAX_CHIPS + 1 ? h("button", { type: "button", class: "small", "data-do": "unfold", "data-id": subnet.id, "aria-expanded": String(all) }, all ? "fewer" : `${parts.length - MAX_CHIPS} more`) : null));
}

function drawInstance(vpc, subnet, instance) {
  const from = `${vpc.name}/${instance.name}`;
  const address = instance.addresses[0] ?? "";
  return asker(from, [icon("instance"), said("instance "), h("span", { class: "label" }, instance.name), " ", h("span", { class: "address" }, address), " ", instance.public_ip ? h("span", { class: "address" }, instance.public_ip) : null, instance.impaired ? said(" failed") : null],
    { class: "chip instance", "data-key": instance.id, "data-node": instance.id, "data-state": instance.impaired ? "noticed" : "available" });
}

function drawInterface(subnet, eni) {
  const state = stateOf(eni.impaired, eni.noticed);
  const own = eni.health.observed === "available";
  const service = eni.endpoint.slice(eni.endpoint.indexOf("/") + 1);
  return h("button", {
    type: "button", role: "switch", class: "chip eni", "data-key": eni.id, "data-node": eni.id, "data-do": "flip-interface", "data-id": eni.id, "data-endpoint": eni.endpoint,
    "data-state": state, "aria-checked": String(own),
    title: `${eni.id}: ${STATE_TEXT[state]}. Click to let it ${own ? "fail" : "work again"}.`,
  }, icon(state), h("span", { class: "label" }, service), " ", h("span", { class: "address" }, eni.addresses[0] ?? ""), said(` network interface of endpoint ${eni.endpoint} in ${subnet.availability_zone}: ${STATE_TEXT[state]}`));
}

function drawEndpoints(vpc) {
  if (vpc.endpoints.length === 0) return null;
  const all = unfolded.has(vpc.id) || vpc.endpoints.length <= MAX_CHIPS + 1;
  return h("div", { class: "endpoints" },
    (all ? vpc.endpoints : vpc.endpoints.slice(0, MAX_CHIPS)).map((endpoint) => {
      const id = `${vpc.name}/${endpoint.name}`;
      const kind = { Interface: "interface", Gateway: "gateway", GatewayLoadBalancer: "GWLB", Resource: "resource", ServiceNetwork: "service network" }[endpoint.type];
      const away = endpoint.state === "available" ? "" : ` ${endpoint.state}`;
      return h("span", { class: "endpoint", "data-key": endpoint.id, "data-node": endpoint.id, "data-endpoint": id, title: `${endpoint.id} ${endpoint.service_name}` },
        h("b", {}, endpoint.name), h("span", { class: "dim" }, `${kind}${away}`),
        endpoint.private_dns_enabled === null ? null : [h("span", { class: "dim", "aria-hidden": "true" }, "private DNS"), toggle("flip-private-dns", id, endpoint.private_dns_enabled, `private DNS of ${id}`, ["on", "off"])]);
    }),
    vpc.endpoints.length > MAX_CHIPS + 1 ? h("button", { type: "button", class: "small", "data-do": "unfold", "data-id": vpc.id, "aria-expanded": String(all) }, all ? "fewer" : `${vpc.endpoints.length - MAX_CHIPS} more`) : null);
}

/// What the shapes mean.
export function legend(parent) {
  const texts = { available: "works", failed: "failed, DNS does not know yet", noticed: "failed, DNS knows", recovering: "works, DNS does not know yet" };
  fill(parent, Object.entries(texts).map(([state, text]) => h("li", {}, icon(state), text)));
}
