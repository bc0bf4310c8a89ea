// Watch: for each name which addresses were handed out over the last minutes, and which of them were dead; and the queries as they come.

import { resolve } from "./api.js";
import { current, firstName } from "./ask.js";
import { fill, h, icon } from "./dom.js";
import { life, store } from "./store.js";

/// How much is shown, in seconds.
const WINDOW = 300;
/// Most names at once, and most queries in the list.
const MAX_ROWS = 6;
const MAX_QUERIES = 50;

/// `{ key, from, name, type, asked, samples: [{ at, status, addresses: Map address → life }] }`
const rows = [];
const queries = [];
let started = null;

const keyOf = ({ from, name, type }) => `${from} ${name} ${type}`;
const plain = (name) => name.replace(/\.$/, "");

function row(wanted, asked) {
  const key = keyOf(wanted);
  let found = rows.find((row) => row.key === key);
  if (!found) {
    found = { key, ...wanted, asked, samples: [] };
    rows.push(found);
    // the oldest that nobody asked for goes first
    if (rows.length > MAX_ROWS) rows.splice(Math.max(0, rows.findIndex((row) => !row.asked)), 1);
  }
  found.asked ||= asked;
  return found;
}

function sample(row, status, records) {
  const at = Date.now() / 1000;
  const addresses = new Map(records.filter((record) => record.type === "A" || record.type === "AAAA").map((record) => [record.data, life(record.data)]));
  row.samples.push({ at, status, addresses });
  row.samples = row.samples.filter((sample) => sample.at > at - WINDOW - 2);
}

export const actions = {
  "watch-this": () => {
    row({ ...current(), name: plain(current().name) }, true);
    actions.shown?.();
  },
  unwatch: ({ id }) => {
    rows.splice(rows.findIndex((row) => row.key === id), 1);
    render();
  },
};

/// Asks each watched name once a second.
export function start(shown) {
  if (started) return;
  started = shown;
  row({ from: store.from, name: firstName(), type: "A" }, true);
  const ask = async () => {
    if (store.mode !== "lost") {
      await Promise.all(rows.filter((row) => row.asked).map(async (row) => {
        try {
          const { status, answers } = await resolve(row.from, row.name, row.type);
          sample(row, status, answers);
        } catch (problem) {
          sample(row, problem.message, []);
        }
      }));
      render();
    }
    setTimeout(ask, 1000);
  };
  ask();
}

/// A query that the server told of.
export function query(event) {
  const from = event.vantage ?? "?";
  const type = event.qtype ?? event.type;
  queries.unshift({ at: event.at ?? "", from, name: plain(event.name ?? ""), type, status: event.status ?? "", answers: event.answers ?? [] });
  queries.length = Math.min(queries.length, MAX_QUERIES);
  if (event.name) sample(row({ from, name: plain(event.name), type }, false), event.status, event.answers ?? []);
  render();
}

let place = null;
export function mount(element) {
  place = element;
  render();
}

function render() {
  if (place && !place.hidden && store.map) fill(place, view());
}

/// Runs of seconds in which an address was handed out in the same state.
function runs(samples, address) {
  const found = [];
  for (const [n, { at, addresses }] of samples.entries()) {
    const state = addresses.get(address);
    const until = Math.min(samples[n + 1]?.at ?? at + 1, at + 3);
    const last = found.at(-1);
    if (state && last?.state === state && Math.abs(last.until - at) < 0.01) last.until = until;
    else if (state) found.push({ state, from: at, until });
  }
  return found;
}

function timeline(row) {
  const now = Date.now() / 1000;
  const all = new Set(row.samples.flatMap((sample) => [...sample.addresses.keys()]));
  const addresses = [...all].sort((a, b) => a.localeCompare(b, undefined, { numeric: true })).slice(0, 8);
  const last = row.samples.at(-1);
  const x = (at) => Math.max(0, WINDOW - (now - at));
  const lines = addresses.map((address) => {
    const given = last?.addresses.get(address);
    const bars = runs(row.samples, address).map((run) => {
      const [from, until] = [x(run.from), x(run.until)];
      const dead = run.state === "dead";
      return h("rect", { x: from.toFixed(1), width: Math.max(0.8, until - from).toFixed(1), y: dead ? 0.5 : 4, height: dead ? 13 : 6, class: run.state });
    });
    const text = given === "dead" ? "handed out, and dead" : given ? "handed out" : "not handed out";
    return h("div", { class: "line", "data-key": address },
      h("span", { class: `address ${given ?? "not"}` }, given ? icon(given === "dead" ? "failed" : given === "public" ? "public" : "available") : h("span", { class: "icon" }), address, h("span", { class: "hidden" }, `: ${text}`)),
      h("svg", { viewBox: `0 0 ${WINDOW} 14`, preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" },
        [60, 120, 180, 240].map((at) => h("line", { x1: WINDOW - at, x2: WINDOW - at, y1: 0, y2: 14, class: "grid" })), bars));
  });
  while (lines.length < 3) lines.push(h("div", { class: "line", "data-key": `empty-${lines.length}` }, h("span", { class: "address not" }, " "), h("svg", { viewBox: `0 0 ${WINDOW} 14`, "aria-hidden": "true" })));
  return lines;
}

const hasDead = (sample) => [...sample.addresses.values()].includes("dead");

/// For how many seconds dead addresses were handed out: all that is shown, or the last time alone.
function deadFor({ samples }, alone) {
  let seconds = 0;
  for (let n = samples.length - 1; n > 0; n--) {
    if (hasDead(samples[n - 1])) seconds += Math.min(samples[n].at - samples[n - 1].at, 3);
    else if (alone && seconds > 0) break;
  }
  return Math.round(seconds);
}

function gap(row) {
  const last = row.samples.at(-1);
  if (!last) return "asking";
  const dead = [...last.addresses].filter(([, state]) => state === "dead").length;
  const seconds = deadFor(row, dead > 0);
  if (dead) return `${dead} of ${last.addresses.size} addresses handed out now are dead, for ${seconds} s so far`;
  if (seconds) return `dead addresses were handed out for ${seconds} s`;
  return last.status === "NOERROR" ? `${last.addresses.size} ${last.addresses.size === 1 ? "address" : "addresses"}, none dead` : last.status;
}

function view() {
  const live = store.mode === "events";
  return [
    h("p", { class: "dim intro" }, "Which addresses a name has over the last five minutes. A tall red bar is an address that is handed out although nothing answers there: the time until DNS notices."),
    rows.map((row) => h("section", { class: "watched", "data-key": row.key, "aria-label": `${row.name} ${row.type} from ${row.from}` },
      h("div", { class: "watched-head" }, h("b", {}, row.name), h("span", { class: "dim" }, ` ${row.type} from ${row.from}${row.asked ? "" : ", as asked by others"}`),
        h("button", { type: "button", class: "small", "data-do": "unwatch", "data-id": row.key, "aria-label": `Stop watching ${row.name} from ${row.from}` }, "×")),
      timeline(row),
      h("div", { class: "scale", "aria-hidden": "true" }, h("span", {}, ""), h("span", {}, "−5 min"), h("span", {}, "−4"), h("span", {}, "−3"), h("span", {}, "−2"), h("span", {}, "−1"), h("span", {}, "now")),
      h("p", { class: "gap" }, gap(row)))),
    h("p", { class: "dim" }, "Add a name in Ask, by “Watch it”."),
    h("h3", {}, "Queries"),
    live
      ? h("table", { class: "queries" }, h("thead", {}, h("tr", {}, ["From", "Name", "Type", "Answer"].map((text) => h("th", { scope: "col" }, text)))),
          h("tbody", {}, queries.length ? queries.map((query) => h("tr", {}, h("td", {}, query.from), h("td", {}, query.name), h("td", {}, query.type), h("td", {}, query.answers.length ? query.answers.map((record) => h("span", { class: life(record.data) }, `${record.data} `)) : query.status))) : h("tr", {}, h("td", { colspan: 4, class: "dim" }, "none so far"))))
      : h("p", { class: "dim" }, "This server does not tell of queries as they come; this page asks the names above once a second itself."),
  ];
}
