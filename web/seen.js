// What was seen of names over the last minutes: one bucket a second, however many queries there are in it.

import { life } from "./store.js";

/// How much is kept, in seconds.
export const WINDOW = 300;
/// For so many seconds a bucket speaks for those after it that have none: nobody asks every name every second.
const HOLD = 3;
/// For so many seconds without a question a dead address is taken to be handed out still, where it is dead before and after them.
const BRIDGE = 30;
/// Most addresses of a bucket.
const MAX_ADDRESSES = 32;

export const second = () => Math.floor(Date.now() / 1000);

/// The bucket of this second. What has left the window is dropped.
function bucket(buckets, fresh) {
  const at = second();
  let last = buckets.at(-1);
  // a clock that was set back
  if (last && last.at > at + 1) buckets.length = 0;
  if (!buckets.length || last.at < at) {
    last = { at, ...fresh() };
    buckets.push(last);
    while (buckets[0].at < at - WINDOW - HOLD) buckets.shift();
  }
  return last;
}

/// An answer to one name. An address that was dead at any time of the second was dead in it.
export function note(buckets, status, records) {
  const last = bucket(buckets, () => ({ status, addresses: new Map() }));
  last.status = status;
  last.unknown = false;
  let dead = false;
  for (const { type, data } of records) {
    if (type !== "A" && type !== "AAAA") continue;
    const state = life(data);
    dead ||= state === "dead";
    if (last.addresses.get(data) !== "dead" && (last.addresses.has(data) || last.addresses.size < MAX_ADDRESSES)) last.addresses.set(data, state);
  }
  return dead;
}

/// A question that had no answer at all, for the server was not reached: it says nothing of addresses.
export function failed(buckets, text) {
  const last = bucket(buckets, () => ({ status: text, addresses: new Map(), unknown: true }));
  if (last.unknown) last.status = text;
}

/// How many were asked, whatever the name, and how many of those got a dead address.
export function count(buckets, asked, dead) {
  const last = bucket(buckets, () => ({ asked: 0, dead: 0 }));
  last.asked += asked;
  last.dead += dead;
}

/// Until when a bucket speaks.
const until = (buckets, n) => Math.min(buckets[n + 1]?.at ?? buckets[n].at + 1, buckets[n].at + HOLD);

/// Runs of seconds in which `stateOf` says the same of a bucket: `{ state, from, until }`.
function runsOf(buckets, stateOf) {
  const found = [];
  for (let n = 0; n < buckets.length; n++) {
    const state = stateOf(buckets[n]);
    if (!state) continue;
    const last = found.at(-1);
    if (last?.state === state && last.until === buckets[n].at) last.until = until(buckets, n);
    else found.push({ state, from: buckets[n].at, until: until(buckets, n) });
  }
  return found;
}

/// The runs in which one of these addresses was handed out in the same state. What is dead hides what is not.
export const runs = (buckets, addresses) => runsOf(buckets, (bucket) => stateIn(bucket, addresses));

/// What a bucket says of these addresses together.
export function stateIn(bucket, addresses) {
  const states = addresses.map((address) => bucket.addresses.get(address)).filter(Boolean);
  return states.includes("dead") ? "dead" : states[0];
}

const hasDead = ({ addresses }) => {
  for (const state of addresses.values()) if (state === "dead") return true;
  return false;
};

/// The times in which a dead address was handed out. A short time in which nobody asks does not end one; an answer without does.
export function gaps(buckets) {
  const found = [];
  let open = false;
  for (const [n, bucket] of buckets.entries()) {
    if (bucket.unknown) continue;
    const dead = hasDead(bucket);
    const last = found.at(-1);
    if (dead && open && bucket.at - last.until <= BRIDGE) last.until = until(buckets, n);
    else if (dead) found.push({ from: bucket.at, until: until(buckets, n) });
    open = dead;
  }
  return found;
}

/// Every address of the window, in order.
export function addresses(buckets) {
  const all = new Set();
  for (const { addresses } of buckets) for (const address of addresses.keys()) all.add(address);
  return [...all].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
}

/// What is so, in a sentence, and whether a dead address is handed out.
export function sum(buckets) {
  const last = buckets.at(-1);
  if (!last) return { text: "asking" };
  const found = gaps(buckets);
  const seconds = (list) => list.reduce((sum, run) => sum + run.until - run.from, 0);
  const dead = [...last.addresses.values()].filter((state) => state === "dead").length;
  if (dead) return { dead, text: last.addresses.size === 1 ? `the one address handed out is dead, for ${seconds(found.slice(-1))} s` : `${dead} of ${last.addresses.size} addresses handed out now are dead, for ${seconds(found.slice(-1))} s` };
  if (found.length) return { text: `dead addresses were handed out for ${seconds(found)} s` };
  return { text: last.status === "NOERROR" ? `${last.addresses.size} ${last.addresses.size === 1 ? "address" : "addresses"}, none dead` : last.status };
}
