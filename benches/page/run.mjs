#!/usr/bin/env node
// What the open page costs the server, and the queries cost the page. See README.md beside this.

import { execFile, execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const { values: options } = parseArgs({
  options: {
    pairs: { type: "string", default: "5" },
    seconds: { type: "string", default: "5" },
    rate: { type: "string", default: "1000" },
    binary: { type: "string" },
    "no-maximum": { type: "boolean", default: false },
  },
});
const [pairs, seconds, rate] = [options.pairs, options.seconds, options.rate].map(Number);
/// What the page may cost at `rate`: the share of answers, and the longest that it may be busy at a stretch, in milliseconds.
const [MIN_SHARE, MAX_TASK] = [0.9, 200];

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const run = promisify(execFile);
const median = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length ? (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2 : 0;
};
const quantile = (list, share) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))] ?? 0;

// -- what it needs

function build() {
  if (!options.binary) execFileSync("cargo", ["build", "--release", "--quiet"], { cwd: root, stdio: "inherit" });
  const scratch = join(root, "target/page-bench");
  mkdirSync(scratch, { recursive: true });
  const blast = join(scratch, "blast");
  execFileSync("cc", ["-O2", "-o", blast, join(root, "benches/peers/blast.c"), "-lm"], { stdio: "inherit" });
  const browser = join(root, "target/test-browser/package.json");
  if (!existsSync(browser)) throw new Error("target/test-browser is missing: run tests/clients/setup.sh");
  const { chromium } = createRequire(browser)("playwright-core");
  return { binary: options.binary ?? join(root, "target/release/plustwo"), blast, scratch, chromium };
}

async function serve({ binary }) {
  const topology = join(root, "examples/embedded.yaml");
  const child = spawn(binary, ["serve", topology, "--dns", "127.0.0.1:0", "--api", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "ignore"] });
  process.on("exit", () => child.kill());
  let text = "";
  for await (const part of child.stdout) {
    text += part;
    if (text.includes("try: ")) break;
  }
  child.stdout.on("data", () => {});
  return { child, api: /^api (.*)$/m.exec(text)[1], port: Number(/^dns udp\+tcp .*:(\d+)$/m.exec(text)[1]) };
}

/// Names of all kinds, as blast.c reads them: with the count of answers and the RCODE that the server gives.
async function queries(port, file) {
  const endpoints = ["sns", "kms", "sqs", "sts"].map((name) => `${name}.us-east-1.amazonaws.com`);
  const services = ["s3", "ec2", "logs", "dynamodb", "lambda", "kinesis", "monitoring", "events", "secretsmanager", "ssm", "ecr.api", "athena"].map((name) => `${name}.us-east-1.amazonaws.com`);
  const regional = "vpce-0123456789abcdef0-lj2wisx3";
  const own = [regional, ...["a", "b", "c"].map((az) => `${regional}-us-east-1${az}`)].map((name) => `${name}.sns.us-east-1.vpce.amazonaws.com`);
  const zone = ["db.corp.internal", "queue.corp.internal"];
  const none = Array.from({ length: 20 }, (_, n) => `host-${n}.corp.internal`);
  const names = [...endpoints, ...endpoints, ...endpoints, ...services, ...own, ...own, ...zone, ...none];
  const socket = createSocket("udp4");
  const lines = [];
  for (const name of names) {
    const message = Buffer.concat([Buffer.from([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), ...name.split(".").map((label) => Buffer.from([label.length, ...Buffer.from(label)])), Buffer.from([0, 0, 1, 0, 1])]);
    socket.send(message, port, "127.0.0.1");
    const reply = await new Promise((done) => socket.once("message", done));
    lines.push(`${name} A ${reply.readUInt16BE(6)} ${reply[3] & 15}`);
  }
  socket.close();
  writeFileSync(file, `${lines.join("\n")}\n`);
  return new Set(names).size;
}

// -- measuring

const ticks = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
/// CPU seconds of a process, and its resident memory in MB.
const cpu = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticks;
};
const memory = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;

async function load({ blast }, server, file, perSecond) {
  const begun = cpu(server.child.pid);
  const words = ["-p", String(server.port), "-d", file, "-l", String(seconds), ...(perSecond ? ["-r", String(perSecond)] : [])];
  const { stdout } = await run(blast, words);
  const result = JSON.parse(stdout);
  return { ...result, answered: result.ok / seconds, cpu_us: ((cpu(server.child.pid) - begun) * 1e6) / Math.max(1, result.ok) };
}

/// Opens the page where queries are watched.
async function open(browser, api) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  await page.goto(api);
  await page.waitForSelector(".dig");
  await page.click("#tab-watch");
  await page.waitForSelector(".queries");
  await page.evaluate(() => {
    const seen = (globalThis.seen = { tasks: [], frames: [], events: [], shift: 0 });
    new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => seen.tasks.push(duration))).observe({ type: "longtask" });
    new PerformanceObserver((list) => list.getEntries().forEach(({ duration, name }) => name === "click" && seen.events.push(duration))).observe({ type: "event", durationThreshold: 16 });
    new PerformanceObserver((list) => list.getEntries().forEach(({ value, hadRecentInput }) => (seen.shift += hadRecentInput ? 0 : value))).observe({ type: "layout-shift" });
    let last = performance.now();
    const frame = (now) => {
      seen.frames.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  return page;
}

/// Clicks while queries come: from the click to the state that is seen, with the server's reply between.
async function clicks(page, until) {
  const took = [];
  while (performance.now() < until) {
    took.push(await page.evaluate(async () => {
      const az = document.querySelector("#picture .az");
      const before = az.dataset.state;
      const begun = performance.now();
      az.querySelector("[data-do=flip-az]").click();
      while (document.querySelector("#picture .az").dataset.state === before) await new Promise(requestAnimationFrame);
      return performance.now() - begun;
    }));
    // a tab is shown without the server; real input, which Event Timing sees
    await page.click("#tab-switches");
    await page.click("#tab-watch");
    await sleep(400);
  }
  return took;
}

/// Readers of events, and one that takes nothing.
function readers(api, count) {
  const { hostname, port } = new URL(api);
  const sockets = Array.from({ length: count + 1 }, (_, n) => {
    const socket = net.connect({ host: hostname, port: Number(port) }, () => socket.write(`GET /v1/events?queries=true HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`));
    if (n === count) socket.pause();
    else socket.on("data", () => {});
    socket.on("error", () => {});
    return socket;
  });
  return () => sockets.forEach((socket) => socket.destroy());
}

// -- the run

const tools = build();
const server = await serve(tools);
const file = join(tools.scratch, "queries.txt");
const names = await queries(server.port, file);
const browser = await tools.chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const found = { without: [], with: [], maximumWithout: [], maximumWith: [] };
const seen = { tasks: [], frames: [], events: [], effects: [], shift: 0, nodes: 0, heap: 0 };

async function measure(withPage) {
  const page = withPage ? await open(browser, server.api) : null;
  if (page) await sleep(1000);
  const until = performance.now() + seconds * 1000;
  const [steady, effects] = await Promise.all([load(tools, server, file, rate), page ? clicks(page, until) : []]);
  found[withPage ? "with" : "without"].push(steady);
  if (page) {
    const { tasks, frames, events, shift, nodes, heap } = await page.evaluate(() => ({ ...globalThis.seen, nodes: document.querySelectorAll("*").length, heap: (performance.memory?.usedJSHeapSize ?? 0) / 2 ** 20 }));
    for (const [name, list] of Object.entries({ tasks, frames, events, effects })) seen[name].push(...list);
    Object.assign(seen, { shift: Math.max(seen.shift, shift), nodes: Math.max(seen.nodes, nodes), heap: Math.max(seen.heap, heap) });
  }
  if (!options["no-maximum"]) found[withPage ? "maximumWith" : "maximumWithout"].push(await load(tools, server, file, 0));
  await page?.close();
  await sleep(500);
}

try {
  for (let pair = 0; pair < pairs; pair++) for (const withPage of pair % 2 ? [true, false] : [false, true]) await measure(withPage);
  const before = memory(server.child.pid);
  const end = readers(server.api, 50);
  await sleep(500);
  let most = 0;
  for (let n = 0; n < 3; n++) {
    await load(tools, server, file, 10 * rate);
    most = Math.max(most, memory(server.child.pid));
  }
  end();
  report(before, most);
} finally {
  await browser.close();
  server.child.kill();
}

function report(before, most) {
  const of = (list, key) => median(list.map((one) => one[key]));
  const ratios = (a, b, key) => a.map((one, n) => one[key] / b[n][key]);
  const row = (name, without, withPage, ratio) => console.log(`| ${name} | ${without} | ${withPage} | ${ratio} |`);
  const lines = (what, without, withPage) => {
    const share = ratios(withPage, without, "answered");
    row(`${what}: answers a second`, of(without, "answered").toFixed(0), of(withPage, "answered").toFixed(0), `${median(share).toFixed(3)} (${Math.min(...share).toFixed(3)}–${Math.max(...share).toFixed(3)})`);
    for (const key of ["p50_us", "p99_us", "cpu_us"]) row(`${what}: ${{ p50_us: "median latency", p99_us: "latency, 99 %", cpu_us: "server's CPU a query" }[key]}, µs`, of(without, key).toFixed(1), of(withPage, key).toFixed(1), median(ratios(withPage, without, key)).toFixed(2));
    row(`${what}: wrong or lost`, without.reduce((sum, one) => sum + one.bad + one.lost, 0), withPage.reduce((sum, one) => sum + one.bad + one.lost, 0), "");
    return median(share);
  };
  console.log(`${pairs} pairs of ${seconds} s, ${names} names\n\n| | without the page | with it | ratio, median of pairs |\n|---|---|---|---|`);
  const share = lines(`${rate} q/s`, found.without, found.with);
  if (!options["no-maximum"]) lines("as many as there are answered", found.maximumWithout, found.maximumWith);
  const ms = (value) => `${value.toFixed(0)} ms`;
  const longest = Math.max(0, ...seen.tasks);
  console.log(`\nThe page at ${rate} q/s:`);
  console.log(`- frames: median ${ms(median(seen.frames))}, 99 % ${ms(quantile(seen.frames, 0.99))}, longest ${ms(Math.max(...seen.frames))}`);
  console.log(`- tasks over 50 ms: ${seen.tasks.length}, the longest ${ms(longest)}`);
  console.log(`- from a click on an AZ to its effect, with the server's reply: median ${ms(median(seen.effects))}, longest ${ms(Math.max(...seen.effects))} of ${seen.effects.length}`);
  console.log(`- from a click on a tab to its paint: ${seen.events.length ? `median ${ms(median(seen.events))}, longest ${ms(Math.max(...seen.events))}` : "under 16 ms"}`);
  console.log(`- layout shift ${seen.shift.toFixed(4)}, ${seen.nodes} elements, heap ${seen.heap.toFixed(0)} MB`);
  console.log(`\n50 readers of events and one that never reads, at ${10 * rate} q/s: the server's memory is ${before.toFixed(0)} MB before, ${most.toFixed(0)} MB at most`);
  const good = share >= MIN_SHARE && longest <= MAX_TASK;
  console.log(good ? "\nheld" : `\nNOT held: at least ${MIN_SHARE} of the answers, and no task over ${MAX_TASK} ms`);
  process.exitCode = good ? 0 : 1;
}
