// The switches: the same calls as the command line makes, and the stack of calls that undo them.

import { call } from "./api.js";
import { h, icon } from "./dom.js";
import { STATE_TEXT, matching, noticeText, refresh, stateOf, store, targetState, changed } from "./store.js";

/// Most rows of a table of switches.
const MAX_ROWS = 200;

export const status = { say: () => {}, fail: () => {} };

/// Makes a call, remembers the one that undoes it, and says what was done.
async function change(label, path, method, body, inverse) {
  try {
    const reply = await call(method, path, body);
    store.undo.push({ label, path, method, body: inverse });
    await refresh();
    status.say(reply.notices_in_secs ? `${label}. DNS notices in ${Math.ceil(reply.notices_in_secs)} s.` : `${label}.`);
    return reply;
  } catch (problem) {
    status.fail(problem.message);
    throw problem;
  }
}

/// Undoes what was done last.
export async function undo() {
  const last = store.undo.pop();
  if (!last) return;
  try {
    await call(last.method, last.path, last.body);
    await refresh();
    status.say(`Undone: ${last.label}.`);
  } catch (problem) {
    status.fail(`cannot undo “${last.label}”: ${problem.message}`);
    changed();
  }
}

const target = (path, word) => (id, health, { state, forced }) => {
  const body = { state, ...(forced === undefined ? {} : { forced }) };
  const before = { state: health.observed, forced: health.forced };
  const what = state === "impaired" ? (forced === "impaired" ? "fails, and DNS notices" : "fails") : "works again";
  return change(`${word(health)} ${what}`, `${path}/${encodeURIComponent(id)}`, "PUT", body, before);
};

export const setAz = target("/v1/availability-zones", (health) => health.name);
export const setSubnet = target("/v1/subnets", (health) => `subnet ${health.name}`);
export const setInterface = target("/v1/network-interfaces", (health) => `a network interface of ${health.name}`);

export function setPrivateDns(endpoint, on, before = !on) {
  const path = `/v1/vpc-endpoints/${encodeURIComponent(endpoint)}`;
  const label = `private DNS of ${endpoint} is ${on ? "on" : "off"}`;
  return change(label, path, "PATCH", { private_dns_enabled: on }, { private_dns_enabled: before });
}

function setHealthCheck(name, statusWord) {
  const before = statusWord === "healthy" ? "unhealthy" : "healthy";
  return change(`health check ${name} is ${statusWord}`, `/v1/health-checks/${encodeURIComponent(name)}`, "PUT", { status: statusWord }, { status: before });
}

/// What a click on a target asks for: fail, or work again.
const flip = (health) =>
  health.observed === "impaired"
    ? { state: "available", forced: null }
    : { state: "impaired", forced: store.atOnce ? "impaired" : undefined };

export const quiet = (promise) => promise.catch(() => {});

const everyInterface = () => store.map.vpcs.flatMap((vpc) => vpc.subnets).flatMap((subnet) => subnet.network_interfaces);

function setFirewall(vpc, state) {
  const before = state === "available" ? "impaired" : "available";
  const label = `DNS Firewall of ${vpc} ${state === "available" ? "answers" : "does not answer"}`;
  return change(label, `/v1/firewalls/${encodeURIComponent(vpc)}`, "PUT", { state }, { state: before });
}

export const actions = {
  "flip-az": ({ id }) => {
    const az = store.map.availability_zones.find((az) => az.name === id);
    quiet(setAz(id, az.health, flip(az.health)));
  },
  "flip-subnet": ({ id }) => {
    const subnet = store.map.vpcs.flatMap((vpc) => vpc.subnets).find((subnet) => subnet.id === id);
    quiet(setSubnet(id, subnet.health, flip(subnet.health)));
  },
  "flip-interface": ({ id }) => {
    const eni = everyInterface().find((eni) => eni.id === id);
    quiet(setInterface(id, eni.health, flip(eni.health)));
  },
  "flip-private-dns": ({ id, on }) => quiet(setPrivateDns(id, on !== "true")),
  "flip-health-check": ({ id, on }) => quiet(setHealthCheck(id, on === "true" ? "unhealthy" : "healthy")),
  "flip-firewall": ({ id, on }) => quiet(setFirewall(id, on === "true" ? "impaired" : "available")),
  "at-once": (_, element) => {
    store.atOnce = element.checked;
    changed();
  },
  undo: () => undo(),
};

/// A switch of something with its two words, of which one is seen and read. What is on is available, enabled, healthy.
export function toggle(action, id, on, label, words) {
  return h(
    "button",
    { type: "button", role: "switch", class: "switch", "aria-checked": String(on), "data-do": action, "data-id": id, "data-on": String(on) },
    h("span", { class: "track", "aria-hidden": "true" }, h("span", { class: "thumb" })),
    h("span", { class: "hidden" }, `${label}: `),
    h("span", { class: "word" }, on ? words[0] : words[1]),
  );
}

/// What is so, and what DNS takes it for.
function note(health, state) {
  const text = noticeText(health);
  if (!text) return [STATE_TEXT[state]];
  return [health.observed === "impaired" ? "failed; " : "works; ", h("span", { "data-until": health.forced ? null : health.until }, text)];
}

function targetRow(action, id, name, more, health, state) {
  return h(
    "li",
    { "data-key": id, class: "row" },
    icon(state),
    h("span", { class: "what" }, h("b", {}, name), " ", h("span", { class: "dim" }, more), h("span", { class: "dim note" }, ...note(health, state))),
    toggle(action, id, health.observed === "available", `${name} ${more}`, ["works", "failed"]),
  );
}

/// The tab with every switch.
export function view() {
  const { map } = store;
  const vpcs = matching(map);
  const subnets = vpcs.flatMap((vpc) => vpc.subnets.map((subnet) => ({ vpc, subnet })));
  const enis = subnets.flatMap(({ subnet }) => subnet.network_interfaces.map((eni) => ({ subnet, eni })));
  const endpoints = vpcs.flatMap((vpc) => vpc.endpoints.filter((endpoint) => endpoint.private_dns_enabled !== null).map((endpoint) => ({ vpc, endpoint })));
  const list = (title, rows) => [h("h3", {}, title), rows.length ? h("ul", { class: "rows" }, rows.slice(0, MAX_ROWS)) : h("p", { class: "dim" }, "none"), rows.length > MAX_ROWS && h("p", { class: "dim" }, `${rows.length - MAX_ROWS} more: search to see them`)];
  return [
    h("label", { class: "check" }, h("input", { type: "checkbox", "data-change": "at-once", checked: store.atOnce }), h("span", {}, `DNS notices at once, instead of after ${map.detection_secs} s (as `, h("code", { class: "whole" }, "--force"), ")")),
    list("Availability Zones", map.availability_zones.map((az) => targetRow("flip-az", az.name, az.name, az.id, az.health, targetState(az.health)))),
    list("Private DNS", endpoints.map(({ vpc, endpoint }) => {
      const id = `${vpc.name}/${endpoint.name}`;
      return h("li", { class: "row", "data-key": endpoint.id }, h("span", { class: "what" }, h("b", {}, id), " ", h("span", { class: "dim" }, endpoint.service_name), endpoint.state === "available" ? null : h("span", { class: "dim note" }, endpoint.state)), toggle("flip-private-dns", id, endpoint.private_dns_enabled, `private DNS of ${id}`, ["on", "off"]));
    })),
    list("Health checks", map.health_checks.map((check) => h("li", { class: "row", "data-key": check.id }, icon(check.status === "healthy" ? "available" : "noticed"), h("span", { class: "what" }, h("b", {}, check.name)), toggle("flip-health-check", check.name, check.status === "healthy", `health check ${check.name}`, ["healthy", "unhealthy"])))),
    map.firewalls.length ? list("DNS Firewall", map.firewalls.map((firewall) => h("li", { class: "row", "data-key": `firewall-${firewall.id}` }, icon(firewall.state === "available" ? "available" : "noticed"), h("span", { class: "what" }, h("b", {}, firewall.vpc), h("span", { class: "dim note" }, firewall.state === "available" ? "answers" : firewall.fail_open ? "fails open: queries pass" : "fails closed: SERVFAIL")), toggle("flip-firewall", firewall.vpc, firewall.state === "available", `DNS Firewall of ${firewall.vpc}`, ["answers", "silent"])))) : null,
    list("Endpoint network interfaces", enis.map(({ subnet, eni }) => targetRow("flip-interface", eni.id, eni.endpoint, `${eni.addresses.join(" ")} in ${subnet.availability_zone}`, eni.health, stateOf(eni.impaired, eni.noticed)))),
    list("Subnets", subnets.map(({ vpc, subnet }) => targetRow("flip-subnet", subnet.id, `${vpc.name}/${subnet.name}`, subnet.cidr_blocks.join(" "), subnet.health, targetState(subnet.health)))),
  ];
}
