// Ask: who asks, what for; the answer as dig prints it, why, and the way of a packet to each address.

import { flows, resolve, trace } from "./api.js";
import { h, icon } from "./dom.js";
import { countOf, records } from "./flows.js";
import { destination, hops, isAsymmetric } from "./path.js";
import { changed, life, store } from "./store.js";

const ask = { name: "", type: "A", port: "443", busy: false, answer: null, problem: "", traceProblem: "", asked: null };
let number = 0;
/// How high the parts are that have something below them. They stay as the user's question has left them when something changes, so that
/// nothing moves; what does not fit is scrolled to.
const rooms = new Map();
let measure = true;
addEventListener("resize", () => (measure = true));

export const actions = {
  from: ({ from }) => {
    store.from = from;
    changed();
    if (ask.asked) run();
  },
  ask: () => run(),
  "choose-address": async ({ at }) => {
    const { path } = store;
    path.chosen = Number(at);
    path.picked = destination(path.analyses[path.chosen]);
    await look(path);
    measure = true;
    changed();
  },
  "choose-part": ({ part }) => {
    store.path.part = part;
    changed();
  },
  "hide-path": () => {
    store.path = null;
    changed();
  },
  "ask-from": (_, element) => actions.from({ from: element.value }),
  "ask-name": (_, element) => void (ask.name = element.value),
  "ask-type": (_, element) => void (ask.type = element.value),
  "ask-port": (_, element) => void (ask.port = element.value),
};

/// The names that are worth asking for.
export function names() {
  const found = new Set();
  for (const endpoint of store.map.vpcs.flatMap((vpc) => vpc.endpoints)) for (const name of endpoint.dns_names) if (!name.startsWith("*")) found.add(name);
  return [...found];
}

/// The first name to ask for: a private DNS name, if there is one.
export function firstName() {
  const all = names();
  return all.find((name) => !name.startsWith("vpce-")) ?? all[0] ?? "s3.us-east-1.amazonaws.com";
}

const isAddress = (text) => /^(\d+\.){3}\d+$/.test(text) || text.includes(":");

/// With its port, as a trace takes it.
const withPort = (to, port) => (isAddress(to) && to.includes(":") ? `[${to}]:${port}` : `${to}:${port}`);

/// Gets the Flow Log records of the way that is shown, where there are flow logs.
async function look(path) {
  if (!store.map.flow_log_count) return;
  const { from, port, analyses, chosen } = path;
  path.flows = await flows(from, withPort(destination(analyses[chosen]), port)).catch((problem) => ({ problem: problem.message }));
}

/// Asks what the form says.
export async function run(wanted = {}) {
  measure = true;
  return inquire(wanted, null);
}

/// Asks. `before` is the way that was shown for the same question.
async function inquire(wanted, before) {
  Object.assign(ask, wanted);
  if (wanted.from) store.from = wanted.from;
  ask.name ||= firstName();
  const mine = ++number;
  const { name, type, port } = ask;
  const from = store.from;
  ask.busy = true;
  changed();
  const wantsTrace = ["A", "AAAA"].includes(type);
  const [answer, traced] = await Promise.allSettled([isAddress(name) ? null : resolve(from, name, type), wantsTrace ? trace(from, withPort(name, port)) : null]);
  const analyses = traced.value?.NetworkInsightsAnalyses ?? [];
  // a packet that gets nowhere has no hop that names its destination
  const answered = isAddress(name) ? [name] : (answer.value?.answers ?? []).filter((record) => record.type === type).map(({ data }) => data);
  for (const [at, analysis] of analyses.entries()) analysis.to = answered[at];
  // what somebody has chosen, else one that is lost: it says more than one that gets there
  const picked = analyses.findIndex((analysis) => before?.picked && destination(analysis) === before.picked);
  const lost = analyses.findIndex((analysis) => !analysis.NetworkPathFound);
  const path = { key: mine, from, port, analyses, chosen: picked >= 0 ? picked : Math.max(0, lost), picked: before?.picked, part: before?.part };
  if (analyses.length) await look(path);
  if (mine !== number) return null;
  ask.busy = false;
  ask.asked = { from, name, type };
  ask.answer = answer.value ?? null;
  ask.problem = answer.reason?.message ?? "";
  ask.traceProblem = traced.reason?.message ?? "";
  store.path = analyses.length ? path : null;
  changed();
  return { answer: ask.answer, analyses };
}

/// Asks again, where something has changed.
export function again() {
  if (ask.asked && !ask.busy) inquire({}, store.path);
}

/// An answer as dig prints it.
function dig({ question, status, answers, authority, vantage }) {
  const record = ({ name, ttl, type, data }) => {
    const state = type === "A" || type === "AAAA" ? life(data) : "public";
    // a line and its value are elements of their own, so that another line's change does not move them
    return h("span", { class: "record" }, `${name}\t${ttl}\tIN\t${type}\t`, h("span", { class: state === "dead" ? "dead" : null }, data), state === "dead" ? [h("span", {}, " ", icon("failed")), h("span", { class: "hidden" }, " failed")] : null);
  };
  return h("pre", { class: "dig", "data-room": "dig", role: "group", tabindex: "0", "aria-label": "The answer" },
    `;; from ${vantage}\n;; ->>HEADER<<- opcode: QUERY, status: `, h("b", { class: status === "NOERROR" ? "ok" : "no" }, status), "\n",
    `;; QUESTION SECTION:\n;${question.name}\t\tIN\t${question.type}\n`,
    answers.length ? ["\n;; ANSWER SECTION:\n", answers.map(record)] : null,
    authority.length ? ["\n;; AUTHORITY SECTION:\n", authority.map(record)] : null);
}

const rules = (list) => (list.length ? h("span", { class: "rules" }, ` (${list.join(", ")})`) : null);

export function why(answer) {
  return h("ul", { class: "why", "data-room": "why", tabindex: "0", "aria-label": "Why" }, answer.explanation.map((sentence) => h("li", {}, sentence.text, rules(sentence.rules))));
}

/// The way that is drawn: where it ends, and its hops or its Flow Log records. These are last, for they change most.
function way() {
  const { path } = store;
  const { analyses, chosen } = path;
  const analysis = analyses[chosen];
  const parts = hops(analysis).map(({ way, hops }) => ({ part: way, text: way === "there" ? "There" : "Back", count: `${hops.length} hops`, dropped: hops.some((hop) => hop.drop.length), view: () => hopList(hops) }));
  if (path.flows) parts.push({ part: "flows", text: "Flow Log", count: countOf(path.flows), view: () => records(path.flows) });
  const shown = parts.find(({ part }) => part === path.part) ?? parts.find(({ dropped }) => dropped) ?? parts[0];
  return [
    h("div", { class: "verdicts", "data-room": "verdicts", role: "group", "aria-label": "The way to each address" }, analyses.map((analysis, at) =>
      h("button", { type: "button", class: `verdict ${analysis.NetworkPathFound ? "reached" : "lost"}`, "data-key": `verdict-${at}`, "data-do": "choose-address", "data-at": at, "aria-pressed": String(at === chosen) },
        icon(analysis.NetworkPathFound ? "available" : "noticed"), destination(analysis), h("span", { class: "hidden" }, analysis.NetworkPathFound ? " reached" : " unreachable")))),
    h("p", { class: `sum ${analysis.NetworkPathFound ? "reached" : "lost"}`, "data-room": "sum" }, analysis.NetworkPathFound ? `${destination(analysis)} is reached, and its reply comes back${isAsymmetric(analysis) ? " another way" : ""}.` : `${destination(analysis)} is unreachable: ${analysis.Explanations.map((why) => why.ExplanationCode).join(", ")}`),
    h("div", { class: "parts", role: "group", "aria-label": "What of the way is shown" }, parts.map(({ part, text, count }) =>
      h("button", { type: "button", class: "small", "data-key": `part-${part}`, "data-do": "choose-part", "data-part": part, "aria-pressed": String(part === shown?.part) }, h("b", {}, text), " ", h("span", { class: "count" }, count)))),
    h("div", { "data-key": `${shown?.part} ${chosen}` }, shown?.view()),
  ];
}

function hopList(list) {
  if (!list.length) return h("p", { class: "dim" }, "No packet goes this way.");
  return h("ol", { class: "hops" }, list.map((hop) => h("li", { class: hop.drop.length ? "dropped" : null },
    h("b", {}, hop.text), hop.decided ? h("span", { class: "dim" }, ` ${hop.decided}`) : null, hop.note ? h("span", { class: "dim" }, ` ${hop.note}`) : null,
    hop.drop.map((drop) => h("div", { class: "drop-text" }, icon("noticed"), h("span", {}, "dropped: ", h("b", {}, drop.code), ` ${drop.text}`, rules([drop.rule].filter(Boolean))))))));
}

const TYPES = ["A", "AAAA", "CNAME", "TXT", "MX", "NS", "SOA", "SRV", "PTR", "HTTPS", "CAA"];

export function view() {
  const { askers, from } = store;
  // many askers are searched for, not scrolled through
  const known = askers.length > 400 ? askers.filter((asker) => asker.from === from || !asker.vpc || store.filter.split(/\s+/).some((word) => word && asker.from.includes(word))) : askers;
  return [
    h("form", { class: "form", "data-submit": "ask", "data-key": "form" },
      h("label", { class: "wide" }, "Who asks", h("select", { id: "from", "data-change": "ask-from", "data-value": from }, known.map((asker) => h("option", { value: asker.from, selected: asker.from === from }, `${asker.from} — ${asker.what}`)))),
      h("label", { class: "wide" }, "Name, or address", h("input", { id: "name", type: "text", list: "names", "data-input": "ask-name", autocomplete: "off", autocapitalize: "off", spellcheck: "false", value: ask.name })),
      h("datalist", { id: "names" }, names().slice(0, 400).map((name) => h("option", { value: name }))),
      h("label", {}, "Type", h("select", { id: "type", "data-change": "ask-type", "data-value": ask.type }, TYPES.map((type) => h("option", { value: type, selected: type === ask.type }, type)))),
      h("label", {}, "Port", h("input", { id: "port", type: "text", inputmode: "numeric", "data-input": "ask-port", value: ask.port })),
      h("div", { class: "buttons" }, h("button", { type: "submit", class: "main" }, "Ask"), h("button", { type: "button", "data-do": "watch-this" }, "Watch it"))),
    h("div", { class: "result", "data-key": "result", "aria-busy": String(ask.busy) },
      ask.problem ? h("p", { class: "problem" }, ask.problem) : null,
      ask.answer ? [dig(ask.answer), h("h3", {}, "Why"), why(ask.answer)] : null,
      store.path ? [h("div", { class: "way-head" }, h("h3", {}, "The way"), h("button", { type: "button", class: "small", "data-do": "hide-path" }, "Hide the way")), way()] : ask.traceProblem && ask.asked ? [h("h3", {}, "The way"), h("p", { class: "dim" }, ask.traceProblem)] : null),
  ];
}

/// What the form says.
export const current = () => ({ from: store.from, name: ask.name || firstName(), type: ask.type });

/// Puts the form's fields where the page put them, and not the user; and keeps the parts of the answer as high as they were.
export function sync(root) {
  for (const part of root.querySelectorAll("[data-room]")) {
    const { room } = part.dataset;
    if (measure || !rooms.has(room)) rooms.set(room, part.offsetHeight);
    part.style.height = `${rooms.get(room)}px`;
  }
  if (!ask.busy) measure = false;
  for (const select of root.querySelectorAll("select[data-value]")) if (select.value !== select.dataset.value) select.value = select.dataset.value;
  const input = root.querySelector("#name");
  if (input && input.value !== ask.name && document.activeElement !== input) input.value = ask.name;
}
