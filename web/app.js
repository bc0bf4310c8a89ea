// The page to watch an endpoint fail. It begins here.

import { call, follow, setToken } from "./api.js";
import * as ask from "./ask.js";
import { fill } from "./dom.js";
import { drawOverlay, lookAtEnd } from "./path.js";
import * as picture from "./picture.js";
import * as stories from "./stories.js";
import { changed, noticeText, refresh, store } from "./store.js";
import * as switches from "./switches.js";
import * as watch from "./watch.js";

const $ = (id) => document.getElementById(id);

/// What elements do, by their `data-do`, `data-change`, `data-input` and `data-submit`.
const actions = {
  ...picture.actions, ...switches.actions, ...ask.actions, ...watch.actions, ...stories.actions,
  "watch-this": () => {
    watch.actions["watch-this"]();
    open("watch");
  },
  "close-all": () => {
    for (const vpc of store.map.vpcs) store.open.set(vpc.name, false);
    changed();
  },
  token: () => {
    setToken($("token-value").value);
    location.reload();
  },
};

const tabs = [...document.querySelectorAll("[role=tab]")];

/// Shows a tab.
function open(id) {
  for (const tab of tabs) {
    const chosen = tab.getAttribute("aria-controls") === id;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    $(tab.getAttribute("aria-controls")).hidden = !chosen;
  }
  render();
}

function listen() {
  for (const [event, key] of [["click", "do"], ["change", "change"], ["input", "input"], ["submit", "submit"]]) {
    document.addEventListener(event, (happened) => {
      const element = happened.target.closest?.(`[data-${key}]`);
      if (!element) return;
      if (event === "submit") happened.preventDefault();
      actions[element.dataset[key]]?.(element.dataset, element);
    });
  }
  for (const tab of tabs) tab.addEventListener("click", () => open(tab.getAttribute("aria-controls")));
  document.querySelector("[role=tablist]").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -tabs.length, End: tabs.length }[event.key];
    if (!step) return;
    event.preventDefault();
    const now = tabs.indexOf(document.activeElement);
    const next = Math.abs(step) === 1 ? (now + step + tabs.length) % tabs.length : step < 0 ? 0 : tabs.length - 1;
    open(tabs[next].getAttribute("aria-controls"));
    tabs[next].focus();
  });
  document.addEventListener("keydown", (event) => {
    const writes = event.target.matches?.("input:not([type=checkbox]), textarea, select");
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z" && !writes) {
      event.preventDefault();
      switches.undo();
    } else if (event.key === "/" && !writes) {
      event.preventDefault();
      $("search").focus();
    }
  });
  $("search").addEventListener("input", (event) => {
    store.filter = event.target.value;
    changed();
  });
  new ResizeObserver(overlay).observe($("picture"));
  $("world").addEventListener("pointerover", peered);
  $("world").addEventListener("focusin", peered);
}

const overlay = () => store.map && drawOverlay($("overlay"), $("canvas"));

/// Lines to the peers of the VPC that is looked at, where there are too many to draw all.
function peered() {
  if (store.map?.vpc_peering_connections.length > 12) overlay();
}

function render() {
  if (!store.map) return;
  const { map } = store;
  document.body.classList.toggle("telling", stories.telling() && !$("stories").hidden);
  picture.draw($("picture"));
  if (!$("ask").hidden) {
    fill($("ask"), ask.view());
    ask.sync($("ask"));
  }
  if (!$("switches").hidden) fill($("switches"), switches.view());
  if (!$("stories").hidden) fill($("stories"), stories.view());
  watch.mount($("watch"));
  const last = store.undo.at(-1);
  $("undo").disabled = !last;
  $("undo").title = last ? `Undo “${last.label}” (Ctrl+Z)` : "Nothing to undo";
  $("place").textContent = `${map.regions.join(" ")} · ${map.vpcs.length} ${map.vpcs.length === 1 ? "VPC" : "VPCs"}`;
  overlay();
  follows();
}

let looked = null;
/// Shows the end of a way once, when it is new.
function follows() {
  const { path } = store;
  const now = path && `${path.key} ${path.chosen}`;
  if (now && now !== looked) lookAtEnd($("overlay"), $("world"));
  looked = now;
}

/// Seconds that run down.
function countdown() {
  for (const element of document.querySelectorAll("[data-until]")) {
    element.textContent = noticeText({ until: Number(element.dataset.until) });
  }
}

const MODES = { events: "live", polling: "live, asked once a second", lost: "no server" };

function mode(word) {
  if (store.mode === word && $("mode").textContent === MODES[word]) return;
  store.mode = word;
  $("mode").dataset.mode = word;
  $("mode").textContent = MODES[word];
}

function wrong(problem) {
  if (problem.status === 401) {
    $("token").hidden = false;
    $("token-value").focus();
  } else switches.status.fail(problem.message);
}

/// Fetches what changed. Changes that come meanwhile are fetched once, together.
let fetching = null;
let again = false;
function update() {
  if (fetching) {
    again = true;
    return;
  }
  fetching = refresh()
    .then(() => ask.again())
    .catch(wrong)
    .finally(() => {
      fetching = null;
      if (again) {
        again = false;
        update();
      }
    });
}

switches.status.say = (text) => {
  $("alert").textContent = "";
  $("status").textContent = text;
};
switches.status.fail = (text) => {
  $("status").textContent = "";
  $("alert").textContent = text;
};

async function begin() {
  listen();
  picture.legend($("legend"));
  try {
    [store.codes] = await Promise.all([call("GET", "/v1/explanation-codes"), stories.load()]);
    await refresh();
  } catch (problem) {
    wrong(problem);
    if (problem.status === 401) return;
    setTimeout(() => location.reload(), 2000);
    return;
  }
  store.listeners.push(render);
  await ask.run();
  watch.start();
  setInterval(countdown, 500);
  follow({ change: update, queries: watch.told, missed: watch.missed, mode });
}

begin();
