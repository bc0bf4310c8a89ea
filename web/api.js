// The HTTP API: calls, the token, and the events of the server where it has them.

const TOKEN = "plustwo-api-token";

/// A reply that says no, in the server's words.
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export function setToken(token) {
  sessionStorage.setItem(TOKEN, token);
}

function headers(more) {
  const token = sessionStorage.getItem(TOKEN);
  return { ...more, ...(token ? { authorization: `Bearer ${token}` } : {}) };
}

/// Calls the API, and gives the JSON of its reply.
export async function call(method, path, body) {
  const sent = body === undefined ? undefined : JSON.stringify(body);
  let reply;
  try {
    reply = await fetch(path, { method, body: sent, headers: headers(sent === undefined ? {} : { "content-type": "application/json" }), cache: "no-store" });
  } catch {
    throw new Problem(0, "the server does not answer");
  }
  const value = await reply.json().catch(() => null);
  if (!reply.ok) throw new Problem(reply.status, value?.detail ?? `the server answers ${reply.status}`);
  return value;
}

export const resolve = (from, name, type) => call("POST", "/v1/resolve", { name, type, from });
export const trace = (from, to) => call("POST", "/v1/trace", { from, to });
export const flows = (from, to) => call("POST", "/v1/flows", { from, to });

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/// Who has not looked at the page for so long lets the stream go, in milliseconds: a browser has six connections to a server, for all its tabs
/// together.
const UNSEEN = 10_000;

const seen = () => (document.hidden ? new Promise((done) => document.addEventListener("visibilitychange", done, { once: true })) : null);

/// Ends a stream when nobody looks. Returns what ends the watch.
function whileSeen(stream) {
  let timer;
  const look = () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(() => stream.abort(), UNSEEN);
  };
  document.addEventListener("visibilitychange", look);
  look();
  return () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
  };
}

/// Follows the server for ever. `on.change` is called when something may have changed, `on.queries` with those that came together,
/// `on.missed` with the number of those that were not told, `on.mode` with `events`, `polling` or `lost`. Events are read by fetch, which
/// can carry a token.
export async function follow(on) {
  let polling = false;
  let last = "";
  for (;;) {
    if (polling) {
      await poll(on);
      polling = false;
      continue;
    }
    await seen();
    const stream = new AbortController();
    const ended = whileSeen(stream);
    try {
      const more = { accept: "text/event-stream", ...(last ? { "last-event-id": last } : {}) };
      const reply = await fetch("/v1/events?queries=true", { headers: headers(more), cache: "no-store", signal: stream.signal });
      if (reply.status === 404) {
        polling = true;
        continue;
      }
      if (!reply.ok) throw new Problem(reply.status, "no events");
      on.mode("events");
      on.change();
      for await (const batch of events(reply.body)) {
        const queries = [];
        let changed = false;
        for (const event of batch) {
          if (event.id) last = event.id;
          const data = event.data && JSON.parse(event.data);
          if (event.type === "query") queries.push(data);
          else if (data?.queries) on.missed(data.queries);
          else if (data) changed = true;
        }
        if (changed) on.change();
        if (queries.length) on.queries(queries);
      }
    } catch {
      if (!stream.signal.aborted) on.mode("lost");
    } finally {
      ended();
    }
    if (!stream.signal.aborted) await wait(1000);
  }
}

/// Asks for the state once a second, until the server was away: what comes back may have events.
async function poll(on) {
  let generation = null;
  for (;;) {
    try {
      const state = await call("GET", "/v1/state");
      on.mode("polling");
      if (state.generation !== generation) on.change();
      generation = state.generation;
    } catch {
      on.mode("lost");
      await wait(1000);
      return;
    }
    await wait(1000);
  }
}

/// The events of a stream, as many at once as came at once: WHATWG HTML, section 9.2.
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop();
    if (blocks.length) yield blocks.map(event);
  }
}

function event(block) {
  const found = { type: "message", data: "", id: "" };
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const field = line.slice(0, colon);
    const text = line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") found.type = text;
    else if (field === "data") found.data += found.data ? `\n${text}` : text;
    else if (field === "id") found.id = text;
  }
  return found;
}
