// The way of a packet over the picture: a line through what it passes, and where it is dropped. And peering connections.

import { fill, h } from "./dom.js";
import { store } from "./store.js";

/// Most peering connections that are drawn as lines; with more, only those of a VPC that is looked at.
const MAX_LINES = 12;

const host = (header, key) => header?.[key]?.[0]?.replace(/\/\d+$/, "");

/// The address that an analysis is about.
export const destination = (analysis) => {
  const first = analysis.ForwardPathComponents[0];
  return host(first?.InboundHeader, "DestinationAddresses") ?? analysis.to ?? "";
};

/// Both ways of a trace as lists of hops: `{ node, text, drop, note }`.
export function hops(analysis) {
  return [
    { way: "there", hops: analysis.ForwardPathComponents.map(hop) },
    { way: "back", hops: analysis.ReturnPathComponents.map(hop) },
  ];
}

const KINDS = { i: "instance", eni: "network interface", sg: "security group", acl: "network ACL", rtb: "route table", igw: "internet gateway", eigw: "egress-only internet gateway", nat: "NAT gateway", pcx: "peering connection", vpce: "endpoint", subnet: "subnet", vpc: "VPC", tgw: "transit gateway", vgw: "virtual private gateway", lgw: "local gateway", cagw: "carrier gateway", rslvr: "resolver endpoint" };

/// Whether only the request or only the reply comes through a component.
const isOneWay = (part) => part.AdditionalDetails?.some((detail) => detail.AdditionalDetailType === "EMU_ASYMMETRIC_PATH") ?? false;

/// Whether the reply takes another way than its request.
export const isAsymmetric = (analysis) => [...analysis.ForwardPathComponents, ...analysis.ReturnPathComponents].some(isOneWay);

function hop(part) {
  const id = part.Component.Id;
  const kind = KINDS[id.split("-")[0]] ?? "service";
  const drop = part.Explanations?.map(({ ExplanationCode: code }) => ({ code, text: store.codes[code]?.text ?? "", rule: store.codes[code]?.rule ?? "" })) ?? [];
  const crossed = part.AdditionalDetails?.find((detail) => detail.AdditionalDetailType === "AVAILABILITY_ZONE_CROSSED");
  const vpc = part.Vpc?.Id;
  return {
    node: kind === "service" ? "services" : id,
    near: [part.Subnet?.Id, part.DestinationVpc?.Id ?? vpc].filter(Boolean),
    vpc: part.SourceVpc?.Name ?? part.Vpc?.Name,
    text: `${kind} ${part.Component.Name ?? owner(id) ?? id}`,
    decided: decided(part, kind),
    note: [crossed ? `crosses from ${crossed.AvailabilityZones[0]} to ${crossed.AvailabilityZones[1]}` : "", isOneWay(part) ? "one way only" : ""].filter(Boolean).join(", "),
    from: host(part.OutboundHeader ?? part.InboundHeader, "SourceAddresses"),
    to: host(part.OutboundHeader ?? part.InboundHeader, "DestinationAddresses"),
    drop,
  };
}

function owner(id) {
  if (!id.startsWith("eni-")) return null;
  for (const vpc of store.map.vpcs) {
    for (const subnet of vpc.subnets) {
      const eni = subnet.network_interfaces.find((eni) => eni.id === id);
      if (eni) return `of endpoint ${eni.endpoint}`;
      const instance = subnet.instances.find((instance) => instance.network_interface_id === id);
      if (instance) return `of instance ${vpc.name}/${instance.name}`;
    }
  }
  return null;
}

/// What a network interface is called.
export const interfaceName = (id) => `network interface ${owner(id) ?? ""} (${id})`;

const ports = (range) => (!range ? "" : range.From === range.To ? ` ${range.From}` : ` ${range.From}-${range.To}`);
const protocols = { "-1": "everything", 6: "tcp", 17: "udp", 1: "icmp", 58: "icmpv6" };

function decided(part, kind) {
  const { SecurityGroupRule: group, AclRule: acl, RouteTableRoute: route } = part;
  if (group) return `${group.Direction}: ${protocols[group.Protocol] ?? group.Protocol}${ports(group.PortRange)} ${group.Direction === "egress" ? "to" : "from"} ${group.Cidr ?? group.PrefixListId ?? group.SecurityGroupId ?? "?"}`;
  if (acl) return `${acl.Egress ? "egress" : "ingress"} rule ${acl.RuleNumber === 32767 ? "*" : acl.RuleNumber}: ${acl.RuleAction} ${protocols[acl.Protocol] ?? acl.Protocol}${ports(acl.PortRange)} ${acl.Cidr}`;
  if (route) {
    const target = Object.entries(route).find(([key, value]) => value && !key.startsWith("Destination") && key !== "Origin" && key !== "State")?.[1] ?? route.State;
    return `${route.DestinationCidr ?? route.DestinationPrefixListId} leads to ${target}`;
  }
  return kind === "security group" && !part.Explanations ? "the connection is tracked" : "";
}

/// The points of a way: what each hop stands at, hops at the same place together, with the number of the first of them in the list of hops.
function points(analysis, way) {
  const list = way === "there" ? analysis.ForwardPathComponents.map(hop) : analysis.ReturnPathComponents.map(hop);
  const found = [];
  const add = (element, number, drop) => {
    const last = found.at(-1);
    if (last && last.element === element) {
      last.drop ||= drop;
      last.number ??= number;
      return;
    }
    if (element) found.push({ element, number, drop });
  };
  const node = (name) => document.querySelector(`#picture [data-node="${CSS.escape(name)}"]`);
  // a subnet and the internet are no hops, and it begins there all the same
  if (way === "there") {
    const asker = store.askers.find((asker) => asker.from === store.path.from);
    add(asker && node(asker.node), null, false);
  }
  for (const [at, step] of list.entries()) {
    const dropped = step.drop.length > 0;
    // what has no place of its own is where the packet is, unless that is nowhere yet
    const own = node(step.node) ?? (step.vpc && node(`${step.node}@${step.vpc}`));
    const place = own ?? step.near.map(node).find(Boolean);
    const inside = found.at(-1) && place?.contains(found.at(-1).element);
    add(own || !inside ? place : found.at(-1).element, at + 1, dropped);
    if (!place && dropped && found.length > 0) found.at(-1).drop = true;
  }
  const last = list.at(-1);
  if (way === "there" && last?.node.startsWith("igw-") && last.drop.length === 0) add(node("internet"), null, false);
  return found;
}

/// Scrolls the picture, and nothing else, to where the packet is dropped, or to where it ends.
export function lookAtEnd(svg, scroll) {
  const end = svg.querySelector(".drop, .stop.last")?.getBoundingClientRect();
  if (!end) return;
  const box = scroll.getBoundingClientRect();
  const margin = 40;
  if (end.top < box.top + margin || end.bottom > box.bottom - margin) scroll.scrollTop += (end.top + end.bottom - box.top - box.bottom) / 2;
  if (end.left < box.left + margin || end.right > box.right - margin) scroll.scrollLeft += (end.left + end.right - box.left - box.right) / 2;
}

/// Draws the lines over the picture.
export function drawOverlay(svg, canvas) {
  const box = canvas.getBoundingClientRect();
  const [width, height] = [canvas.scrollWidth, canvas.scrollHeight];
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  const middle = (element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    // in a box the point is at its upper edge, in a chip at its left end, where it hides least
    const chip = element.matches(".chip, .endpoint, .gate, .node");
    return { x: left - box.left + (chip ? 0 : width / 2), y: top - box.top + (chip ? height / 2 : 0), element };
  };
  fill(svg, peerings(middle, width), store.path ? way(middle) : null);
}

function way(middle) {
  const { analyses, chosen } = store.path;
  const analysis = analyses[chosen];
  if (!analysis) return null;
  const back = points(analysis, "back");
  const shown = back.some((point) => point.drop) || isAsymmetric(analysis);
  return [line(points(analysis, "there"), middle, "there"), shown ? line(back, middle, "back") : null];
}

function line(found, middle, name) {
  const at = found.map((point) => ({ ...point, ...middle(point.element) }));
  if (at.length === 0) return null;
  let path = `M${at[0].x} ${at[0].y}`;
  for (const [n, to] of at.slice(1).entries()) {
    const from = at[n];
    // a line through a chip would strike its address out, as if it had failed
    const bend = Math.abs(to.x - from.x) < 24 ? 26 : 0;
    const rise = Math.abs(to.y - from.y) < 12 && from.element.matches(".chip") ? 44 : 0;
    const [mx, my] = [(from.x + to.x) / 2 - bend, (from.y + to.y) / 2 - rise];
    path += bend || rise ? ` Q${mx} ${my} ${to.x} ${to.y}` : ` C${from.x} ${my} ${to.x} ${my} ${to.x} ${to.y}`;
  }
  const key = `${name} ${store.path.key} ${store.path.chosen}`;
  const lost = at.some((point) => point.drop);
  return h("g", { "data-key": key, class: `way ${name} ${lost ? "lost" : "reached"}` },
    h("path", { d: path, class: "casing" }),
    h("path", { d: path, class: "line", pathLength: 100 }),
    at.map(({ x, y, number, drop }, n) =>
      drop
        ? h("g", { class: "drop", transform: `translate(${x} ${y})` }, h("polygon", { points: "-4.6,-11 4.6,-11 11,-4.6 11,4.6 4.6,11 -4.6,11 -11,4.6 -11,-4.6" }), h("path", { d: "M-4.5 -4.500L4.5 4.500M4.5 -4.500L-4.5 4.5" }))
        : h("g", { class: `stop ${n === at.length - 1 ? "last" : ""}`, transform: `translate(${x} ${y})` }, h("circle", { r: 8 }), h("text", { "text-anchor": "middle", y: 3.5 }, String(number ?? "")))));
}

function peerings(middle, width) {
  const all = store.map?.vpc_peering_connections ?? [];
  const looked = document.querySelector(".vpc:hover, .vpc:focus-within")?.dataset.vpc;
  const box = (name) => document.querySelector(`#picture [data-vpc="${CSS.escape(name)}"]`);
  return all
    .filter((peering) => all.length <= MAX_LINES || peering.requester === looked || peering.accepter === looked)
    .map((peering, n) => {
      const [from, to] = [box(peering.requester), box(peering.accepter)];
      if (!from || !to || from === to) return null;
      const [a, b] = [middle(from), middle(to)];
      const x = width - 16;
      const out = x + 6 + (n % 4) * 3;
      return h("path", { "data-key": `peering ${peering.id}`, class: `peering ${peering.status}`, d: `M${x} ${a.y + 2}C${out + 8} ${a.y} ${out + 8} ${b.y} ${x} ${b.y}` });
    });
}
