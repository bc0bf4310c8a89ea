// Stories: guided steps, the same as `plustwo demo` plays in a terminal. Both read stories.json.

import { call, resolve, trace } from "./api.js";
import { run as ask } from "./ask.js";
import { h, icon } from "./dom.js";
import { destination } from "./path.js";
import { changed, store } from "./store.js";
import { quiet, setAz, setPrivateDns, status, undo } from "./switches.js";

/// Between the steps of a story that runs by itself, in milliseconds.
const PACE = 1100;

let all = [];
/// `{ story, done: [result of each step], running, undo: how long the undo stack was }`
let told = null;

export async function load() {
  all = (await call("GET", "/page/stories.json")).stories;
}

export const actions = {
  "story-open": async ({ id }) => {
    told = { story: all.find((story) => story.name === id), done: [], running: false, undo: store.undo.length };
    await changed();
    document.querySelector("#story-title")?.focus();
  },
  "story-run": async ({ id }) => {
    await actions["story-open"]({ id });
    quiet(play());
  },
  "story-next": () => quiet(next()),
  "story-play": () => quiet(play()),
  "story-stop": () => {
    if (told) told.running = false;
    changed();
  },
  "story-leave": () => quiet(leave()),
};

export const telling = () => told !== null;

/// What the topology lacks for a story.
function missing(story) {
  const { askers = [], endpoints = [], availability_zones = [] } = story.needs;
  const has = new Set([...store.askers.map((asker) => asker.from), ...store.map.vpcs.flatMap((vpc) => vpc.endpoints.map((endpoint) => `${vpc.name}/${endpoint.name}`)), ...store.map.availability_zones.map((az) => az.name)]);
  return [...askers, ...endpoints, ...availability_zones].filter((name) => !has.has(name));
}

async function next() {
  const mine = told;
  if (!mine || mine.busy || mine.done.length >= mine.story.steps.length) return;
  mine.busy = true;
  changed();
  try {
    mine.done.push(await act(mine.story.steps[mine.done.length].do));
  } catch (problem) {
    mine.running = false;
    status.fail(problem.message);
  } finally {
    mine.busy = false;
  }
  await changed();
  // the button for the next step is gone, and with it the focus
  if (mine.done.length >= mine.story.steps.length && document.activeElement === document.body) document.querySelector("#stories [data-key=leave]")?.focus();
  // on a small screen the last step would be below the edge
  (document.querySelector("#stories [data-key=end]") ?? document.querySelector("#stories .step.now"))?.scrollIntoView({ block: "nearest" });
}

async function play() {
  const mine = told;
  mine.running = true;
  while (mine === told && mine.running && mine.done.length < mine.story.steps.length) {
    await next();
    await new Promise((done) => setTimeout(done, PACE));
  }
  mine.running = false;
  changed();
}

/// Undoes what the story has changed, and goes back to the list.
async function leave() {
  const mine = told;
  mine.running = false;
  if (mine.done.length < mine.story.steps.length) while (store.undo.length > mine.undo) await undo();
  told = null;
  await changed();
  document.querySelector("#stories button")?.focus();
}

async function act(step) {
  switch (step.kind) {
    case "endpoint":
      await setPrivateDns(step.name, step.private_dns_enabled, store.map.vpcs.flatMap((vpc) => vpc.endpoints.map((endpoint) => [`${vpc.name}/${endpoint.name}`, endpoint.private_dns_enabled])).find(([name]) => name === step.name)?.[1]);
      return { text: `private DNS of ${step.name} is ${step.private_dns_enabled ? "on" : "off"}` };
    case "availability_zone": {
      const health = store.map.availability_zones.find((az) => az.name === step.name).health;
      const change = { state: step.state, forced: "forced" in step ? step.forced : undefined };
      const { observed, effective } = await setAz(step.name, health, change);
      return { text: `${step.name} is ${observed}; DNS takes it as ${effective}` };
    }
    case "resolve": {
      const [answer] = await Promise.all([resolve(step.from, step.name, step.type ?? "A"), ask({ from: step.from, name: step.name, type: step.type ?? "A", port: "443" })]);
      const addresses = answer.answers.map((record) => record.data);
      return { addresses, text: addresses.join(" ") || answer.status };
    }
    case "trace": {
      const [traced] = await Promise.all([trace(step.from, step.to), ask({ from: step.from, name: step.to, type: "A", port: "443" })]);
      return { ways: traced.NetworkInsightsAnalyses.map((analysis) => ({ address: destination(analysis), reached: analysis.NetworkPathFound, why: analysis.Explanations.map((why) => why.ExplanationCode).join(", ") })) };
    }
    default:
      throw new Error(`the page does not know how to ${step.kind}`);
  }
}

/// Endpoints of the stories whose private DNS is off: they begin with it on.
const off = () => {
  const named = new Set(all.flatMap((story) => story.needs.endpoints ?? []));
  return store.map.vpcs.flatMap((vpc) => vpc.endpoints.filter((endpoint) => endpoint.private_dns_enabled === false).map((endpoint) => `${vpc.name}/${endpoint.name}`)).filter((name) => named.has(name));
};

/// Whether something has failed, or DNS believes so.
const failed = () => store.map.availability_zones.some((az) => az.health.observed === "impaired" || az.health.effective === "impaired") || store.map.vpcs.flatMap((vpc) => vpc.subnets).some((subnet) => subnet.network_interfaces.some((eni) => eni.impaired || eni.noticed));

function doText(step) {
  switch (step.kind) {
    case "endpoint": return `private DNS of ${step.name} ${step.private_dns_enabled ? "on" : "off"}`;
    case "availability_zone": return `${step.name} ${step.state === "impaired" ? "fails" : "works again"}${step.forced === "impaired" ? ", DNS notices" : ""}`;
    case "resolve": return `${step.from} asks for ${step.name}`;
    default: return `a packet from ${step.from} to ${step.to}`;
  }
}

function result(found) {
  if (!found) return null;
  if (found.ways) return h("div", { class: "outcome" }, found.ways.map((way) => h("span", { class: way.reached ? "reached" : "lost" }, icon(way.reached ? "available" : "noticed"), way.reached ? `${way.address} reached` : `${way.address} lost: ${way.why}`)));
  return h("div", { class: "outcome" }, h("span", {}, found.text));
}

export function view() {
  if (!told) {
    return [
      h("p", { class: "dim intro" }, "Each story runs by one click, or step by step, on the example that is built in. In a terminal: ", h("code", {}, "plustwo demo NAME"), "."),
      failed() ? h("p", { class: "problem" }, "Something has failed already. The stories tell of a topology where all works: undo that first.") : null,
      off().length ? h("p", { class: "problem" }, `Private DNS of ${off().join(", ")} is off. The stories begin with it on: switch it on first.`) : null,
      all.map((story) => {
        const lacks = missing(story);
        return h("div", { role: "group", class: "story", "data-key": story.name, "aria-labelledby": `story-${story.name}` },
          h("h3", { id: `story-${story.name}` }, story.title), h("p", {}, story.about),
          lacks.length
            ? h("p", { class: "dim" }, `The running topology has no ${lacks.join(", ")}: start \`plustwo serve\` without a file.`)
            : h("div", { class: "buttons" },
                h("button", { type: "button", class: "main", "data-do": "story-run", "data-id": story.name, "aria-label": `Run: ${story.title}` }, "Run"),
                h("button", { type: "button", "data-do": "story-open", "data-id": story.name, "aria-label": `Step by step: ${story.title}` }, "Step by step")));
      }),
    ];
  }
  const { story, done, running } = told;
  const over = done.length >= story.steps.length;
  return [
    h("div", { class: "story-bar", "data-key": "bar" },
      h("button", { type: "button", "data-do": "story-leave", "data-key": "leave" }, over ? "Back to the stories" : "Put back and leave"),
      over ? null : running
        ? h("button", { type: "button", class: "main", "data-do": "story-stop", "data-key": "stop" }, "Pause")
        : [h("button", { type: "button", class: "main", "data-do": "story-next", "data-key": "next", "aria-disabled": told.busy ? "true" : null }, `Next: ${done.length + 1} of ${story.steps.length}`), h("button", { type: "button", "data-do": "story-play", "data-key": "play" }, "Run the rest")]),
    h("h3", { id: "story-title", tabindex: "-1" }, story.title),
    h("p", { class: "dim" }, story.about),
    h("ol", { class: "steps", "aria-live": "polite" }, story.steps.map((step, at) => {
      if (at > done.length) return null;
      const now = at === done.length - 1;
      const state = at < done.length ? "done" : "next";
      return h("li", { class: `step ${state} ${now ? "now" : ""}`, "data-key": `step-${at}` }, h("p", {}, step.text), h("p", { class: "do" }, h("code", {}, doText(step.do))), result(done[at]));
    })),
    over ? h("p", { class: "sum reached", "data-key": "end" }, "The end.") : null,
  ];
}
