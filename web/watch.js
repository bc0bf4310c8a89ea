// Watch: for each name which addresses were handed out over the last minutes, and which of them were dead; and the queries as they come.
//
// An event is counted when it comes and drawn later: some times a second at most, and in a frame of the browser.

import { resolve } from "./api.js";
import { current, firstName } from "./ask.js";
import { draw, lanesOf } from "./charts.js";
import { fill, h, icon } from "./dom.js";
import { count, failed, note, second, stateIn, sum } from "./seen.js";
import { life, store } from "./store.js";

/// Most names that this page asks for, and most of those that others ask for.
const MAX_ROWS = 6;
/// A name of others that was not asked for so long, in seconds, makes room.
const IDLE = 30;
/// Queries of the list. It has as many lines from the beginning, so that nothing moves.
const LINES = 10;
/// Between two drawings, in milliseconds.
const PACE = 250;

/// `{ key, from, name, type, asked, open, buckets }`, by key.
const rows = new Map();
const rate = [];
/// The last queries, the newest first.
let queries = [];
let started = false;
let paused = false;

const keyOf = ({ from, name, type }) => `${from} ${name} ${type}`;
const plain = (name) => name.replace(/\.$/, "");
const mine = () => [...rows.values()].filter((row) => row.asked);
const others = () => [...rows.values()].filter((row) => !row.asked);

function watch(wanted) {
  const key = keyOf(wanted);
  const found = rows.get(key) ?? { key, ...wanted, buckets: [] };
  found.asked = true;
  rows.set(key, found);
  // the oldest goes first
  for (const row of mine().slice(0, -MAX_ROWS)) rows.delete(row.key);
}

/// The row of a name that somebody else asked for; none while there is no room.
function rowOf(wanted) {
  const key = keyOf(wanted);
  const found = rows.get(key);
  if (found) return found;
  const known = others();
  if (known.length >= MAX_ROWS) {
    const idle = known.find((row) => (row.buckets.at(-1)?.at ?? 0) < second() - IDLE);
    if (!idle) return null;
    rows.delete(idle.key);
  }
  const row = { key, ...wanted, asked: false, buckets: [] };
  rows.set(key, row);
  return row;
}

export const actions = {
  "watch-this": () => watch({ ...current(), name: plain(current().name) }),
  "watch-query": ({ from, name, type }) => {
    watch({ from, name, type });
    render();
  },
  unwatch: ({ id }) => {
    rows.delete(id);
    render();
    document.getElementById("watch").focus();
  },
  "more-lines": ({ id }) => {
    const row = rows.get(id);
    if (row) row.open = !row.open;
    render();
    document.querySelector(`[data-do=more-lines][data-id="${CSS.escape(id)}"]`)?.focus();
  },
  pause: () => {
    paused = !paused;
    render();
  },
};

/// Asks each watched name once a second.
export function start() {
  if (started) return;
  started = true;
  watch({ from: store.from, name: firstName(), type: "A" });
  const ask = async () => {
    if (store.mode !== "lost" && !document.hidden) {
      await Promise.all(mine().map(async (row) => {
        try {
          const { status, answers } = await resolve(row.from, row.name, row.type);
          note(row.buckets, status, answers);
        } catch (problem) {
          failed(row.buckets, problem.message);
        }
      }));
      soon();
    }
    setTimeout(ask, 1000);
  };
  ask();
}

/// Queries that the server told of.
export function told(events) {
  for (const event of events) {
    const answers = event.answers ?? [];
    const type = event.qtype ?? event.type;
    const row = rowOf({ from: event.vantage ?? "?", name: plain(event.name ?? ""), type });
    // what this page asks for itself is seen already
    const dead = row ? note(row.buckets, event.status, answers) : answers.some(({ data }) => life(data) === "dead");
    count(rate, 1, dead ? 1 : 0);
  }
  queries = [...events.slice(-LINES).reverse(), ...queries].slice(0, LINES);
  soon();
}

/// Queries that came faster than the server tells of them.
export function missed(number) {
  count(rate, number, 0);
  soon();
}

let place = null;
export function mount(element) {
  place = element;
  render();
}

let due = false;
let drawn = 0;
/// Draws in a frame to come.
function soon() {
  if (due || !place || place.hidden) return;
  due = true;
  const wait = Math.max(0, drawn + PACE - performance.now());
  setTimeout(() => requestAnimationFrame(() => {
    due = false;
    if (!paused) render();
  }), wait);
}

function render() {
  if (!place || place.hidden || !store.map) return;
  drawn = performance.now();
  fill(place, view());
  draw(place, (id) => (id === "rate" ? rate : (rows.get(id)?.buckets ?? [])), (id) => rows.get(id)?.open ?? false);
}

/// The addresses of a name, each at the height of its line.
function labels(row, lanes) {
  const last = row.buckets.at(-1);
  return lanes.map((lane) => {
    const given = last && stateIn(last, lane);
    const said = given === "dead" ? "handed out, and dead" : given ? "handed out" : "not handed out";
    const text = lane.length === 1 ? lane[0] : row.open ? `${lane.length} more` : h("button", { type: "button", class: "link", "data-do": "more-lines", "data-id": row.key, "aria-label": `${lane.length} more addresses of ${row.name} from ${row.from}` }, `${lane.length} more`);
    return h("li", { class: `address ${given ?? "not"}`, "data-key": lane[0], title: lane.join(" ") }, given ? icon(given === "dead" ? "failed" : given === "public" ? "public" : "available") : h("span", { class: "icon" }), h("span", { class: "text" }, text), h("span", { class: "hidden" }, `: ${said}`));
  });
}

function watched(row) {
  const lanes = lanesOf(row.buckets, row.open);
  const { text, dead } = sum(row.buckets);
  return h("div", { role: "group", class: "watched", "data-key": row.key, "aria-label": `${row.name} ${row.type} from ${row.from}` },
    h("div", { class: "watched-head" }, h("span", {}, h("b", {}, row.name), h("span", { class: "dim" }, ` ${row.type} from ${row.from}${row.asked ? "" : ", as asked by others"}`)),
      row.open ? h("button", { type: "button", class: "small", "data-do": "more-lines", "data-id": row.key, "data-key": "fewer", "aria-label": `Fewer lines of ${row.name} from ${row.from}` }, "Fewer lines") : null,
      row.asked ? h("button", { type: "button", class: "small", "data-key": "unwatch", "data-do": "unwatch", "data-id": row.key, "aria-label": `Stop watching ${row.name} from ${row.from}` }, "×") : null),
    h("div", { class: "timeline", "data-open": row.open ? "" : null },
      h("ul", { class: "addresses", "aria-label": "Addresses over the last five minutes" }, labels(row, lanes)),
      h("div", { class: "chart", role: "img", "data-keep": "", "data-chart": row.key, "aria-label": `Timeline of ${row.name}: ${text}` })),
    h("p", { class: `gap ${dead ? "now" : ""}` }, dead ? icon("failed") : null, text));
}

function line(query) {
  if (!query) return h("tr", {}, ["", "", "", ""].map(() => h("td", {}, " ")));
  const { vantage = "?", status = "", answers = [] } = query;
  const [name, type] = [plain(query.name ?? ""), query.qtype ?? query.type];
  const said = answers.map((record) => record.data).join(" ") || status;
  return h("tr", {}, h("td", {}, vantage),
    h("td", {}, h("button", { type: "button", class: "link", "data-do": "watch-query", "data-from": vantage, "data-name": name, "data-type": type, title: `Watch ${name}` }, name)),
    h("td", {}, type), h("td", { title: said }, answers.length ? answers.slice(0, 4).map(({ data }) => h("span", { class: life(data) }, `${data} `)) : status));
}

/// The list stands still while somebody is in it.
const held = () => place.querySelector(".queries:hover, .queries:focus-within") !== null;
let shown = [];

function list() {
  if (store.mode !== "events") return h("p", { class: "dim" }, "This server does not tell of queries as they come; this page asks the names above once a second itself.");
  if (!held()) shown = queries;
  const last = rate.findLast((bucket) => bucket.at < second() && bucket.at > second() - 3);
  return [
    h("div", { class: "chart rate", role: "img", "data-keep": "", "data-chart": "rate", "aria-label": `Queries a second over the last five minutes: ${last?.asked ?? 0} now, ${last?.dead ?? 0} of them with a dead address` }),
    h("p", { class: "dim rate-text" }, `${(last?.asked ?? 0).toLocaleString("en")} a second`, last?.dead ? `, ${last.dead.toLocaleString("en")} with a dead address` : ""),
    h("table", { class: "queries" }, h("thead", {}, h("tr", {}, ["From", "Name", "Type", "Answer"].map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, Array.from({ length: LINES }, (_, n) => line(shown[n])))),
  ];
}

function view() {
  const asked = others();
  return [
    h("div", { class: "watch-head", "data-key": "head" }, h("p", { class: "dim" }, "Which addresses a name has. Tall and red: handed out although nothing answers there, until DNS notices."),
      h("button", { type: "button", class: "small", "data-do": "pause", "aria-pressed": String(paused) }, "Pause")),
    mine().map(watched),
    h("p", { class: "dim", "data-key": "more" }, "Add a name in Ask, by “Watch it”."),
    h("h3", { "data-key": "queries" }, "Queries", h("span", { class: "dim plain" }, " a click on a name watches it")),
    h("div", { class: "live", "data-key": "list" }, list()),
    asked.length ? [h("h3", { "data-key": "others" }, "Names that others ask for"), asked.map(watched)] : null,
  ];
}
