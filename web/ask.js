// Ask: who asks, what for; the answer as dig prints it, why, and the way of a packet to each address.

import { resolve, trace } from "./api.js";
import { h, icon } from "./dom.js";
import { destination, hops } from "./path.js";
import { changed, life, store } from "./store.js";

const ask = { name: "", type: "A", port: "443", busy: false, answer: null, problem: "", traceProblem: "", asked: null };
let number = 0;

export const actions = {
  from: ({ from }) => {
    store.from = from;
    changed();
    if (ask.asked) run();
  },
  ask: () => run(),
  "choose-address": ({ at }) => {
    store.path.chosen = Number(at);
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

/// Asks what the form says.
export async function run(wanted = {}) {
  Object.assign(ask, wanted);
  if (wanted.from) store.from = wanted.from;
  ask.name ||= firstName();
  const mine = ++number;
  const { name, type, port } = ask;
  const from = store.from;
  ask.busy = true;
  changed();
  const to = isAddress(name) && name.includes(":") ? `[${name}]:${port}` : `${name}:${port}`;
  const wantsTrace = ["A", "AAAA"].includes(type);
  const [answer, traced] = await Promise.allSettled([isAddress(name) ? null : resolve(from, name, type), wantsTrace ? trace(from, to) : null]);
  if (mine !== number) return null;
  ask.busy = false;
  ask.asked = { from, name, type };
  ask.answer = answer.value ?? null;
  ask.problem = answer.reason?.message ?? "";
  ask.traceProblem = traced.reason?.message ?? "";
  const analyses = traced.value?.NetworkInsightsAnalyses ?? [];
  // one that is lost says more than one that gets there
  const lost = analyses.findIndex((analysis) => !analysis.NetworkPathFound);
  store.path = analyses.length ? { key: mine, from, analyses, chosen: Math.max(0, lost) } : null;
  changed();
  return { answer: ask.answer, analyses };
}

/// Asks again, where something has changed.
export function again() {
  if (ask.asked && !ask.busy) run();
}

/// An answer as dig prints it.
function dig({ question, status, answers, authority, vantage }) {
  const record = ({ name, ttl, type, data }) => {
    const text = `${name}\t${ttl}\tIN\t${type}\t`;
    const state = type === "A" || type === "AAAA" ? life(data) : "public";
    return state === "dead" ? [text, h("span", { class: "dead" }, data), " ", icon("failed"), h("span", { class: "hidden" }, " failed"), "\n"] : `${text}${data}\n`;
  };
  return h("pre", { class: "dig", role: "group", tabindex: "0", "aria-label": "The answer" },
    `;; from ${vantage}\n;; ->>HEADER<<- opcode: QUERY, status: `, h("b", { class: status === "NOERROR" ? "ok" : "no" }, status), "\n",
    `;; QUESTION SECTION:\n;${question.name}\t\tIN\t${question.type}\n`,
    answers.length ? ["\n;; ANSWER SECTION:\n", answers.map(record)] : null,
    authority.length ? ["\n;; AUTHORITY SECTION:\n", authority.map(record)] : null);
}

const rules = (list) => (list.length ? h("span", { class: "rules" }, ` (${list.join(", ")})`) : null);

export function why(answer) {
  return h("ul", { class: "why" }, answer.explanation.map((sentence) => h("li", {}, sentence.text, rules(sentence.rules))));
}

/// The hops of the way that is drawn.
function way() {
  const { analyses, chosen } = store.path;
  const analysis = analyses[chosen];
  return [
    h("div", { class: "verdicts", role: "group", "aria-label": "The way to each address" }, analyses.map((analysis, at) =>
      h("button", { type: "button", class: `verdict ${analysis.NetworkPathFound ? "reached" : "lost"}`, "data-key": `verdict-${at}`, "data-do": "choose-address", "data-at": at, "aria-pressed": String(at === chosen) },
        icon(analysis.NetworkPathFound ? "available" : "noticed"), destination(analysis), h("span", { class: "hidden" }, analysis.NetworkPathFound ? " reached" : " unreachable")))),
    h("p", { class: `sum ${analysis.NetworkPathFound ? "reached" : "lost"}` }, analysis.NetworkPathFound ? `${destination(analysis)} is reached, and its reply comes back.` : `${destination(analysis)} is unreachable: ${analysis.Explanations.map((why) => why.ExplanationCode).join(", ")}`),
    hops(analysis).map(({ way, hops }) => h("details", { open: way === "there" || hops.some((hop) => hop.drop.length), "data-key": `way-${way}-${store.path.key}-${chosen}` },
      h("summary", {}, way === "there" ? "There" : "Back", h("span", { class: "dim" }, ` ${hops.length} hops`)),
      h("ol", { class: "hops" }, hops.map((hop) => h("li", { class: hop.drop.length ? "dropped" : null },
        h("b", {}, hop.text), hop.decided ? h("span", { class: "dim" }, ` ${hop.decided}`) : null, hop.note ? h("span", { class: "dim" }, ` ${hop.note}`) : null,
        hop.drop.map((drop) => h("div", { class: "drop-text" }, icon("noticed"), h("span", {}, "dropped: ", h("b", {}, drop.code), ` ${drop.text}`, rules([drop.rule].filter(Boolean)))))))))),
    h("button", { type: "button", class: "small", "data-do": "hide-path" }, "Hide the way"),
  ];
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
      store.path ? [h("h3", {}, "The way"), way()] : ask.traceProblem && ask.asked ? [h("h3", {}, "The way"), h("p", { class: "dim" }, ask.traceProblem)] : null),
  ];
}

/// What the form says.
export const current = () => ({ from: store.from, name: ask.name || firstName(), type: ask.type });

/// Puts the form's fields where the page put them, and not the user.
export function sync(root) {
  for (const select of root.querySelectorAll("select[data-value]")) if (select.value !== select.dataset.value) select.value = select.dataset.value;
  const input = root.querySelector("#name");
  if (input && input.value !== ask.name && document.activeElement !== input) input.value = ask.name;
}
