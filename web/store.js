// What the page knows: the map of the topology, who asks, what is open. Whoever shows something is told when it changes.

import { call } from "./api.js";

export const store = {
  map: null,
  codes: {},
  mode: "lost",
  from: null,
  filter: "",
  atOnce: false,
  /// VPCs that somebody opened or closed, by name.
  open: new Map(),
  /// The trace that is drawn.
  path: null,
  undo: [],
  listeners: [],
};

let frame = null;

/// Has everything drawn in the browser's next frame, once for all changes until then. It is drawn when the promise is kept.
export function changed() {
  frame ??= new Promise((drawn) => {
    const draw = () => {
      frame = null;
      for (const listener of store.listeners) listener();
      drawn();
    };
    // a page that nobody sees has no frames
    if (document.hidden) setTimeout(draw);
    else requestAnimationFrame(draw);
  });
  return frame;
}

/// Fetches the map again, and the contents of VPCs that are open and too large to come by themselves.
export async function refresh() {
  const map = await call("GET", "/v1/map");
  for (const [at, vpc] of map.vpcs.entries()) {
    if (!vpc.shown && isOpen(map, vpc)) {
      const one = await call("GET", `/v1/map?vpc=${encodeURIComponent(vpc.name)}`);
      map.vpcs[at] = one.vpcs[0];
    }
  }
  const now = Date.now();
  const healths = [
    ...map.availability_zones.map((az) => az.health),
    ...map.vpcs.flatMap((vpc) => vpc.subnets.flatMap((subnet) => [subnet.health, ...subnet.network_interfaces.map((eni) => eni.health)])),
  ];
  for (const health of healths) health.until = health.notices_in_secs === null ? null : now + 1000 * health.notices_in_secs;
  // an older reply that comes late
  if (store.map && map.generation < store.map.generation && !restarted(map)) return;
  store.map = map;
  store.askers = askers(map);
  if (!store.askers.some((asker) => asker.from === store.from)) store.from = firstAsker(map);
  store.addresses = addresses(map);
  changed();
}

function restarted(map) {
  return store.mode === "lost" || map.generation < 3;
}

/// Whether a VPC's contents are shown: as somebody chose, else if there are few VPCs, or the search leads to it.
export function isOpen(map, vpc) {
  if (store.open.has(vpc.name)) return store.open.get(vpc.name);
  if (store.filter) return matching(map).length <= 3 && matching(map).includes(vpc);
  return map.vpcs.length <= 3 || map.vpcs[0] === vpc;
}

/// The VPCs that the search leads to.
export function matching(map) {
  const words = store.filter.toLowerCase().split(/\s+/).filter(Boolean);
  return map.vpcs.filter((vpc) => {
    const text = textOf(map, vpc);
    return words.every((word) => text.includes(word));
  });
}

const texts = new WeakMap();

function textOf(map, vpc) {
  if (!texts.has(vpc)) {
    const { name, id, region, cidr_blocks, endpoints, subnets } = vpc;
    const peers = map.vpc_peering_connections.filter((peering) => peering.requester === name || peering.accepter === name);
    const parts = [name, id, region, ...cidr_blocks, ...peers.map((peering) => peering.name)];
    for (const endpoint of endpoints) parts.push(endpoint.name, endpoint.id, endpoint.service_name, ...endpoint.dns_names);
    for (const subnet of subnets) {
      parts.push(subnet.name, subnet.id, subnet.availability_zone, ...subnet.cidr_blocks);
      for (const instance of subnet.instances) parts.push(instance.name, instance.id, ...instance.addresses, instance.public_ip ?? "");
      for (const eni of subnet.network_interfaces) parts.push(eni.id, ...eni.addresses);
    }
    texts.set(vpc, parts.join(" ").toLowerCase());
  }
  return texts.get(vpc);
}

function askers(map) {
  const found = [{ from: "internet", node: "internet", what: "the internet" }];
  for (const vpc of map.vpcs) {
    for (const subnet of vpc.subnets) {
      found.push({ from: `${vpc.name}/${subnet.name}`, node: subnet.id, what: `subnet, ${subnet.kind}, ${subnet.availability_zone}`, vpc: vpc.name });
      for (const instance of subnet.instances) found.push({ from: `${vpc.name}/${instance.name}`, node: instance.id, what: `instance in ${subnet.name}`, vpc: vpc.name });
    }
  }
  return found;
}

function firstAsker(map) {
  const vpc = map.vpcs.find((vpc) => vpc.subnets.length > 0);
  if (!vpc) return "internet";
  const instance = vpc.subnets.flatMap((subnet) => subnet.instances)[0];
  return `${vpc.name}/${(instance ?? vpc.subnets[0]).name}`;
}

/// Address → whether something is there that is impaired.
function addresses(map) {
  const found = new Map();
  for (const subnet of map.vpcs.flatMap((vpc) => vpc.subnets)) {
    for (const part of [...subnet.instances, ...subnet.network_interfaces]) {
      for (const address of part.addresses) found.set(address, found.get(address) === true || part.impaired);
    }
  }
  return found;
}

/// `alive`, `dead`, or `public` for an address that nothing of the topology has.
export function life(address) {
  const impaired = store.addresses?.get(address);
  return impaired === undefined ? "public" : impaired ? "dead" : "alive";
}

/// The state that is drawn: what is so, and whether DNS knows.
export function stateOf(impaired, noticed) {
  if (impaired) return noticed ? "noticed" : "failed";
  return noticed ? "recovering" : "available";
}

export const STATE_TEXT = {
  available: "available",
  failed: "failed, DNS does not know",
  noticed: "failed, DNS knows",
  recovering: "available, DNS does not know",
};

/// The state of an AZ, a subnet or a network interface by itself.
export const targetState = (health) => stateOf(health.observed === "impaired", health.effective === "impaired");

/// When DNS will notice, for people.
export function noticeText(health) {
  if (health.forced) return `DNS is forced to ${health.forced}`;
  if (health.until === null || health.until === undefined) return "";
  return `DNS notices in ${Math.max(0, Math.ceil((health.until - Date.now()) / 1000))} s`;
}
