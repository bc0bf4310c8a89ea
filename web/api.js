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

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/// Follows the server for ever. `on.change` is called when something may have changed, `on.query` with each query, `on.mode` with
/// `events`, `polling` or `lost`. Events are read by fetch, which can carry a token.
export async function follow(on) {
  let polling = false;
  let last = "";
  for (;;) {
    if (polling) {
      await poll(on);
      polling = false;
      continue;
    }
    try {
      const more = { accept: "text/event-stream", ...(last ? { "last-event-id": last } : {}) };
      const reply = await fetch("/v1/events?queries=true", { headers: headers(more), cache: "no-store" });
      if (reply.status === 404) {
        polling = true;
        continue;
      }
      if (!reply.ok) throw new Problem(reply.status, "no events");
      on.mode("events");
      on.change();
      for await (const event of events(reply.body)) {
        if (event.id) last = event.id;
        if (event.type === "query") on.query(JSON.parse(event.data));
        else if (event.data) on.change();
      }
    } catch {
      on.mode("lost");
    }
    await wait(1000);
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

/// The events of a stream: WHATWG HTML, section 9.2.
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value.replaceAll("\r\n", "\n");
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const event = { type: "message", data: "", id: "" };
      for (const line of text.slice(0, end).split("\n")) {
        const [, field, rest] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
        if (field === "event") event.type = rest;
        else if (field === "data") event.data += event.data ? `\n${rest}` : rest;
        else if (field === "id") event.id = rest;
      }
      text = text.slice(end + 2);
      yield event;
    }
  }
}
