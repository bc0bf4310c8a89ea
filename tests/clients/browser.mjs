// The page in Chromium: `node browser.mjs ROOT PART API DNS-PORT`. Exits with 1 and says what is wrong.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { createSocket } from "node:dgram";
import { createRequire } from "node:module";
import { join } from "node:path";

const [root, part, api, port] = process.argv.slice(2);
const require = createRequire(join(root, "target/test-browser/package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const stories = JSON.parse(readFileSync(join(root, "web/stories.json"), "utf8")).stories;

/// Who plays which asker on this machine.
const ASKERS = { "app/worker": "127.0.0.1", "app/app-a": "127.0.0.1", "app/app-b": "127.0.0.2", "app/bastion": "127.0.0.4" };

/// What dig is told, sorted.
function dig(from, name) {
  const printed = execFileSync("dig", ["-b", ASKERS[from], "@127.0.0.1", "-p", port, "+short", "+tries=1", "+time=5", name], { encoding: "utf8" });
  return printed.trim().split("\n").filter(Boolean).sort();
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });

/// A page in a context of its own, which must have no error but those that are expected.
async function visit(options = {}, prepare = () => {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(error.stack));
  page.on("console", (message) => {
    // /v1/events is asked for once, to see whether it is there
    const expected = /status of (404|401)/.test(message.text());
    if (message.type() === "error" && !expected) page.faults.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(api)) page.faults.push(`asks ${request.url()}`);
  });
  await prepare(page);
  await page.goto(api);
  return page;
}

/// Where screenshots go.
function pictures() {
  const folder = join(root, "target/page");
  mkdirSync(folder, { recursive: true });
  return folder;
}

/// Takes a picture of the README; `UPDATE=1` puts it there.
async function picture(page, name) {
  const file = join(pictures(), name);
  await page.screenshot({ path: file });
  if (process.env.UPDATE) copyFileSync(file, join(root, "docs/images", name));
}

const ready = (page) => page.waitForSelector(".dig");
const status = (page, text) => page.waitForFunction((text) => document.getElementById("status").textContent.includes(text), text);

async function leave(page) {
  assert.deepEqual(page.faults, [], "faults in the page");
  await page.context().close();
}

/// No fault of accessibility, be it small.
async function accessible(page, what) {
  await page.evaluate(axe);
  // contrast cannot be told where something lies over a text
  const laid = await page.evaluate(() => {
    const sheet = [...document.styleSheets].at(-1);
    return sheet.insertRule("#overlay, .heads, .tabs, .story-bar, .world { &:is(#overlay) { display: none } position: static !important }", sheet.cssRules.length);
  });
  const runOnly = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await page.evaluate((runOnly) => globalThis.axe.run(document, { runOnly }), runOnly);
  await page.evaluate((at) => [...document.styleSheets].at(-1).deleteRule(at), laid);
  const text = violations.map(({ id, impact, help, nodes }) => `${impact} ${id}: ${help}\n  ${nodes.slice(0, 5).map((node) => `${node.html}\n  ${node.failureSummary}`).join("\n  ")}`);
  assert.equal(violations.length, 0, `${what}:\n${text.join("\n")}`);
}

/// Asks for names again and again, as three askers; returns what ends it.
function ask(names, perSecond) {
  const message = (name) => Buffer.concat([Buffer.from([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), ...name.split(".").map((label) => Buffer.from([label.length, ...Buffer.from(label)])), Buffer.from([0, 0, 1, 0, 1])]);
  const messages = names.map(message);
  const sockets = ["127.0.0.1", "127.0.0.2", "127.0.0.3"].map((address) => {
    const socket = createSocket("udp4");
    socket.bind(0, address);
    return socket;
  });
  let sent = 0;
  const begun = performance.now();
  const timer = setInterval(() => {
    for (const due = ((performance.now() - begun) * perSecond) / 1000; sent < due; sent++) sockets[sent % 3].send(messages[sent % messages.length], Number(port), "127.0.0.1");
  }, 10);
  return () => {
    clearInterval(timer);
    for (const socket of sockets) socket.close();
  };
}

/// A change that is not made by this page.
async function put(path, body) {
  const reply = await fetch(api + path, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  assert.equal(reply.status, 200, await reply.text());
}

/// Goes on by the Tab key. What has the focus shows it.
async function tab(page, key = "Tab") {
  await page.keyboard.press(key);
  return page.evaluate(() => {
    const element = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const { id, role } = element;
    const data = element.dataset;
    const seen = element === document.body || (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2);
    return { id, role, does: data.do ?? "", on: data.id ?? "", text: element.textContent.trim(), seen, html: element.outerHTML.slice(0, 200) };
  });
}

/// Goes on by Tab until `found` is true of what has the focus.
async function tabTo(page, found, key = "Tab") {
  for (let n = 0; n < 200; n++) {
    const at = await tab(page, key);
    assert.ok(at.seen, `the focus is not seen: ${at.html}`);
    if (found(at)) return at;
  }
  return assert.fail(`not reached by ${key}: ${found}`);
}

const parts = {
  async stories() {
    const page = await visit();
    await ready(page);
    await page.click("#tab-stories");
    for (const story of stories) {
      await page.click(`[data-do=story-open][data-id=${story.name}]`);
      for (const [at, step] of story.steps.entries()) {
        await page.click("[data-do=story-next]");
        const outcome = page.locator(`[data-key=step-${at}] .outcome`);
        const shown = await outcome.innerText();
        const { addresses = [], reached = [], lost = [] } = step.expect ?? {};
        for (const address of addresses) assert.ok(shown.includes(address), `${story.name} ${at + 1}: ${address} in “${shown}”`);
        for (const address of reached) assert.ok(shown.includes(`${address} reached`), `${story.name} ${at + 1}: ${address} reached in “${shown}”`);
        for (const address of lost) assert.ok(shown.includes(`${address} lost`), `${story.name} ${at + 1}: ${address} lost in “${shown}”`);
        if (step.do.kind === "resolve") assert.deepEqual(dig(step.do.from, step.do.name), [...addresses].sort(), `${story.name} ${at + 1}: dig`);
        if (step.do.kind === "trace") assert.deepEqual(dig(step.do.from, step.do.to), [...reached, ...lost].sort(), `${story.name} ${at + 1}: dig`);
        if (lost.length) await page.waitForSelector("#overlay .drop", { state: "attached" });
      }
      assert.equal(await page.locator("[data-do=story-next]").count(), 0, "it is over");
      await accessible(page, story.name);
      await page.click("[data-do=story-leave]");
    }
    // half a story, and all is put back
    await page.click("[data-do=story-open][data-id=private-dns]");
    for (let at = 0; at < 4; at++) {
      await page.click("[data-do=story-next]");
      await page.waitForSelector(`[data-key=step-${at}] .outcome`);
    }
    assert.deepEqual(dig("app/worker", "sns.us-east-1.amazonaws.com"), ["192.0.2.123"]);
    await page.click("[data-do=story-leave]");
    await status(page, "Undone");
    assert.equal(dig("app/worker", "sns.us-east-1.amazonaws.com").length, 3);
    await leave(page);
  },

  async oneClick() {
    // each story by itself, in less time than it takes
    const page = await visit({}, (page) => page.clock.install());
    await ready(page);
    await page.click("#tab-stories");
    for (const story of stories) {
      await page.click(`[data-do=story-run][data-id=${story.name}]`);
      for (let n = 0; n < 200 && (await page.locator("[data-key=end]").count()) === 0; n++) {
        await page.clock.fastForward(1200);
        await page.waitForTimeout(30);
      }
      assert.equal(await page.locator(".step .outcome").count(), story.steps.length, story.name);
      const lost = story.steps.flatMap((step) => step.expect?.lost ?? []);
      for (const address of lost) assert.ok((await page.innerText(".steps")).includes(`${address} lost`), `${story.name}: ${address}`);
      await page.click("[data-do=story-leave]");
    }
    await leave(page);
  },

  async switches() {
    const page = await visit();
    await ready(page);
    const sns = "sns.us-east-1.amazonaws.com";
    await page.click("[data-do=flip-private-dns][data-id='app/sns']");
    await status(page, "private DNS of app/sns is off");
    assert.deepEqual(dig("app/worker", sns), ["192.0.2.123"]);
    // the answer that is shown follows
    await page.waitForFunction(() => document.querySelector(".dig").textContent.includes("192.0.2.123"));
    await page.keyboard.press("Control+z");
    await status(page, "Undone");
    assert.equal(dig("app/worker", sns).length, 3);

    await page.click("#tab-switches");
    await page.check("[data-change=at-once]");
    const eni = page.locator("#picture .eni", { hasText: "10.0.2.50" });
    await eni.focus();
    await page.keyboard.press("Space");
    await page.waitForSelector("#picture .eni[data-state=noticed]");
    assert.equal(await eni.getAttribute("aria-checked"), "false");
    assert.equal(await eni.evaluate((element) => element === document.activeElement), true, "the focus stays");
    assert.deepEqual(dig("app/worker", sns), ["10.0.1.50", "10.0.3.50"]);
    await page.click("#undo");
    await page.waitForSelector("#picture .eni[data-state=noticed]", { state: "detached" });

    await page.click(".az [data-do=flip-az][data-id=us-east-1a]");
    await status(page, "us-east-1a fails, and DNS notices");
    assert.deepEqual(dig("app/app-b", sns), ["10.0.2.50", "10.0.3.50"]);
    await accessible(page, "switches");

    assert.deepEqual(dig("app/worker", "shop.corp.internal"), ["10.0.1.20"]);
    await page.click("[data-do=flip-health-check][data-id=blue]");
    await status(page, "health check blue is unhealthy");
    assert.deepEqual(dig("app/worker", "shop.corp.internal"), ["10.0.2.20"]);
    await page.click("#undo");
    await status(page, "Undone: health check blue");
    assert.deepEqual(dig("app/worker", "shop.corp.internal"), ["10.0.1.20"]);

    await page.click(".az [data-do=flip-az][data-id=us-east-1a]");
    await status(page, "us-east-1a works again");
    assert.equal(dig("app/app-b", sns).length, 3);
    await leave(page);
  },

  async anotherWay() {
    const page = await visit();
    await page.waitForSelector("#picture .instance:has-text('one')");
    await page.click("#picture .instance:has-text('one')");
    await page.fill("#name", "10.0.2.10");
    await page.press("#name", "Enter");
    await page.waitForFunction(() => document.querySelector(".sum")?.textContent === "10.0.2.10 is reached, and its reply comes back another way.");
    const noted = await page.locator(".hops li", { hasText: "one way only" }).allInnerTexts();
    assert.match(noted.join(), /^instance app\/wall one way only$/);
    // both ways are drawn, and neither is lost
    assert.equal(await page.locator("#overlay .way.back.reached").count(), 1);
    await accessible(page, "another way");
    await page.screenshot({ path: join(pictures(), "another-way.png") });
    await page.fill("#name", "10.0.1.99");
    await page.press("#name", "Enter");
    await page.waitForFunction(() => document.querySelector(".sum")?.textContent.includes("NO_POSSIBLE_DESTINATION"));
    assert.equal(await page.locator("#overlay .way.back").count(), 0);
    await leave(page);
  },

  async asking() {
    const page = await visit();
    await ready(page);
    await page.click("#picture .instance:has-text('bastion')");
    await page.fill("#name", "sts.us-east-1.amazonaws.com");
    await page.press("#name", "Enter");
    await page.waitForFunction(() => document.querySelector(".dig").textContent.includes("sts."));
    const shown = await page.innerText(".dig");
    for (const address of dig("app/bastion", "sts.us-east-1.amazonaws.com")) assert.ok(shown.includes(address), shown);
    assert.match(shown, /from app\/bastion/);
    assert.match(await page.innerText(".why"), /R130/);
    assert.match(await page.innerText(".hops >> nth=0"), /internet gateway/);
    // a stop has the number of its first hop in the list; the internet is no hop
    const hops = await page.locator(".hops >> nth=0 >> li").allInnerTexts();
    const stops = await page.locator("#overlay .way.there .stop").allTextContents();
    assert.match(hops[0], /^instance app\/bastion/);
    assert.match(hops[Number(stops.at(-2)) - 1], /^internet gateway/);
    assert.deepEqual([stops[0], stops.at(-1)], ["1", ""], stops.join());

    await page.selectOption("#from", "app/worker");
    await page.waitForSelector(".drop-text");
    assert.match(await page.innerText(".drop-text >> nth=0"), /NO_ROUTE_TO_DESTINATION The route table .*\(N160\)/);
    await page.waitForSelector("#overlay .drop", { state: "attached" });

    await page.selectOption("#from", "internet");
    await page.fill("#name", "203.0.113.25");
    await page.fill("#port", "22");
    await page.click("button[type=submit]");
    await page.waitForFunction(() => document.querySelector(".sum")?.textContent.includes("ENI_SG_RULES_MISMATCH"));

    // what Flow Logs say of it: request without a reply, rejected
    await page.click("[data-part=flows]");
    await page.waitForSelector(".lines li");
    assert.match(await page.innerText("[data-part=flows]"), /Flow Log 1 record$/);
    assert.match(await page.innerText(".lines li"), /^2 123456789012 eni-\w+ 192\.0\.2\.1 10\.0\.100\.10 49152 22 6 4 336 \d+ \d+ REJECT OK$/);
    assert.match(await page.innerText(".records"), /of VPC app.*network interface of instance app\/bastion/s);
    await accessible(page, "records");
    await page.selectOption("#from", "app/worker");
    await page.fill("#name", "sns.us-east-1.amazonaws.com");
    await page.fill("#port", "443");
    await page.click("button[type=submit]");
    await page.waitForFunction(() => document.querySelectorAll(".verdict").length === 3);
    await page.click("[data-part=flows]");
    await page.click("[data-do=choose-address] >> nth=1");
    await page.waitForFunction(() => /10\.0\.2\.50 49152 443 .* ACCEPT/.test(document.querySelector(".lines li")?.textContent ?? ""));
    assert.equal(await page.locator(".lines li").count(), 4, "request and reply at two interfaces");

    await page.fill("#name", "no..name");
    await page.click("button[type=submit]");
    await page.waitForSelector(".problem");
    await accessible(page, "a question that is none");
    // the browser says too what the page has shown
    const refused = page.faults.splice(0);
    assert.equal(refused.length, 2, refused);
    for (const fault of refused) assert.match(fault, /status of 400/);
    await leave(page);
  },

  async watching() {
    const page = await visit();
    await ready(page);
    await page.click("#tab-watch");
    await page.waitForSelector(".watched .addresses .alive");
    const height = await page.locator(".watched >> nth=0").evaluate((element) => element.offsetHeight);
    await page.click(".az [data-do=flip-az][data-id=us-east-1b]");
    await page.waitForSelector(".watched .addresses .dead");
    await page.waitForFunction(() => /1 of 3 addresses handed out now are dead/.test(document.querySelector(".gap").textContent));
    await page.waitForFunction(() => /dead addresses were handed out for [2-6] s/.test(document.querySelector(".gap").textContent), undefined, { timeout: 15000 });
    assert.deepEqual(dig("app/worker", "sns.us-east-1.amazonaws.com"), ["10.0.1.50", "10.0.3.50"]);
    assert.equal(await page.locator(".watched >> nth=0").evaluate((element) => element.offsetHeight), height, "no layout shift");
    await accessible(page, "watch");
    // a few seconds in which nobody asks do not begin it anew, an answer without a dead address does
    const said = await page.evaluate(async () => {
      const { note, sum } = await import("/page/seen.js");
      const { now } = Date;
      const buckets = [];
      const after = (seconds, address) => {
        for (const second of seconds) {
          Date.now = () => 1e12 + second * 1000;
          note(buckets, "NOERROR", [{ type: "A", data: address }]);
        }
        return sum(buckets).text;
      };
      const said = [after([0, 1, 8, 15], "10.0.2.50"), after([16], "10.0.1.50"), after([18], "10.0.2.50"), after([60], "10.0.2.50")];
      Date.now = now;
      return said;
    });
    const dead = (seconds) => `the one address handed out is dead, for ${seconds} s`;
    assert.deepEqual(said, [dead(16), "dead addresses were handed out for 16 s", dead(1), dead(1)]);
    // red where dead addresses were handed out
    const red = await page.locator(".watched canvas >> nth=0").evaluate((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let found = 0;
      for (let at = 0; at < data.length; at += 4) if (data[at] > 150 && data[at + 1] < 60 && data[at + 2] < 60) found++;
      return found;
    });
    assert.ok(red > 5, `${red} pixels are red`);
    // the question of dig has a row of its own, as asked by others
    await page.waitForFunction(() => document.querySelectorAll(".watched").length === 2);
    const rows = await page.locator(".watched").count();
    await page.click("[data-do=unwatch] >> nth=0");
    await page.waitForFunction((rows) => document.querySelectorAll(".watched").length === rows - 1, rows);
    await leave(page);
  },

  async manyAddresses() {
    const page = await visit();
    await ready(page);
    const heights = () => page.$$eval(".watched", (rows) => rows.map((row) => row.offsetHeight));
    await page.fill("#name", "many.corp.internal");
    await page.click("[data-do=watch-this]");
    await page.waitForFunction(() => document.querySelectorAll(".watched").length === 2);
    const before = await heights();
    const more = page.locator(".watched [data-do=more-lines]");
    await more.waitFor();
    assert.equal(await more.innerText(), "3 more");
    assert.deepEqual(await heights(), before, "six addresses have the room of four");
    assert.equal(await page.locator(".watched >> nth=1").locator(".address").count(), 4);
    await accessible(page, "more addresses than lines");
    await more.click();
    await page.waitForFunction(() => document.activeElement.textContent === "Fewer lines");
    assert.equal(await page.locator(".watched >> nth=1").locator(".address").count(), 6);
    await accessible(page, "all lines");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement.textContent === "3 more");
    assert.deepEqual(await heights(), before);
    // the firewall of the VPC stops answering, and answers again
    await page.click("#tab-switches");
    await page.click("[data-do=flip-firewall][data-id=app]");
    await status(page, "DNS Firewall of app does not answer");
    await accessible(page, "a firewall that does not answer");
    await page.click("#tab-ask");
    await page.click("button[type=submit]");
    await page.waitForFunction(() => document.querySelector(".dig").textContent.includes("SERVFAIL"));
    await page.click("#undo");
    await page.waitForFunction(() => document.querySelector(".dig").textContent.includes("10.0.9.6"));
    await leave(page);
  },

  async events() {
    const page = await visit({}, (page) => page.clock.install());
    await ready(page);
    await page.click("#tab-watch");
    const end = ask(["kms.us-east-1.amazonaws.com", "sqs.us-east-1.amazonaws.com"], 40);
    await page.waitForSelector(".queries td:has-text('10.0.2.60')");
    await page.waitForSelector(".watched-head:has-text('as asked by others')");
    await page.waitForFunction(() => /[1-9]\d* a second/.test(document.querySelector(".rate-text").textContent));
    await accessible(page, "queries");
    // what stands still can be read and clicked
    await page.click("[data-do=pause]");
    const text = await page.innerText(".queries");
    await page.waitForTimeout(800);
    assert.equal(await page.innerText(".queries"), text, "it pauses");
    await page.click("[data-do=pause]");
    await page.waitForFunction((text) => document.querySelector(".queries").innerText !== text, text);
    await page.click(".queries [data-do=watch-query][data-name^=kms] >> nth=0");
    await page.waitForSelector(".watched [data-do=unwatch][aria-label*='kms.us-east-1']");
    // a tab that nobody looks at lets its connection go, and comes back
    const readers = async () => Number(/^plustwo_event_readers (\d+)/m.exec(await (await fetch(`${api}/metrics`)).text())[1]);
    const until = async (count) => {
      for (const end = performance.now() + 20000; (await readers()) !== count; await new Promise((done) => setTimeout(done, 50))) assert.ok(performance.now() < end, `not ${count} readers`);
    };
    const hide = (hidden) => page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
    await until(1);
    await hide(true);
    await page.clock.fastForward(11000);
    await until(0);
    await hide(false);
    await until(1);
    end();
    await leave(page);
  },

  async live() {
    // names of many, and an AZ that fails and is noticed, and nothing moves that nobody has touched
    const names = ["sns", "kms", "sqs", "sts", "s3", "ec2", "logs", "dynamodb", "lambda", "kinesis"].map((name) => `${name}.us-east-1.amazonaws.com`);
    const end = ask(names, 300);
    for (const [width, height, other] of [[1280, 720], [1280, 720, "switches"], [1280, 720, "ask"], [390, 844], [390, 844, "ask"], [360, 640]]) {
      const page = await visit({ viewport: { width, height } });
      await ready(page);
      await page.click("#tab-watch");
      await page.waitForSelector(".watched canvas");
      await page.waitForFunction(() => document.querySelectorAll(".watched").length === 7);
      if (other) await page.click(`#tab-${other}`);
      if (other === "ask") await page.locator(".parts").scrollIntoViewIfNeeded();
      await page.waitForTimeout(700);
      await page.evaluate(() => {
        globalThis.shifts = [];
        globalThis.said = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) globalThis.shifts.push([entry.value, ...entry.sources.map(({ node }) => (node?.outerHTML ?? node?.data ?? "").slice(0, 120))]);
        }).observe({ type: "layout-shift" });
        for (const region of document.querySelectorAll("[role=status], [role=alert], [aria-live]")) {
          new MutationObserver((list) => (globalThis.said += list.length)).observe(region, { childList: true, characterData: true, subtree: true });
        }
      });
      for (const change of [{ state: "impaired" }, { forced: "impaired" }, { state: "available", forced: "available" }, { forced: null }]) {
        await put("/v1/availability-zones/us-east-1a", change);
        await page.waitForTimeout(1300);
      }
      const { shifts, said } = await page.evaluate(() => ({ shifts: globalThis.shifts, said: globalThis.said }));
      const sum = shifts.reduce((sum, [value]) => sum + value, 0);
      assert.ok(sum < 0.001, `${width} × ${height} ${other ?? ""}: what is shown has moved, by ${sum}: ${JSON.stringify(shifts)}`);
      assert.equal(said, 0, "nothing is said of what nobody did here");
      assert.ok((await page.evaluate(() => document.querySelectorAll("#watch *").length)) < 700, "so much and no more");
      await leave(page);
    }
    end();
  },

  async keyboard() {
    const page = await visit();
    await ready(page);
    // past the picture, to the stories, and through one
    assert.match((await tab(page)).text, /Skip/);
    await page.keyboard.press("Enter");
    await tabTo(page, ({ id }) => id === "tab-ask");
    await page.keyboard.press("End");
    await tabTo(page, ({ does, text }) => does === "story-open" && text === "Step by step");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement.id === "story-title");
    const [story] = stories;
    await tabTo(page, ({ does }) => does === "story-next", "Shift+Tab");
    for (const [at, step] of story.steps.entries()) {
      await page.keyboard.press(at % 2 ? "Space" : "Enter");
      const shown = await page.locator(`[data-key=step-${at}] .outcome`).innerText();
      for (const address of Object.values(step.expect ?? {}).flat()) assert.ok(shown.includes(address), `${at + 1}: ${address} in “${shown}”`);
    }
    await page.waitForFunction(() => document.activeElement.dataset.do === "story-leave");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement.dataset.do === "story-run");
    // every switch and asker is reached, in the picture and in the tab, and each has a name
    await tabTo(page, ({ role }) => role === "tab", "Shift+Tab");
    await page.keyboard.press("ArrowLeft");
    assert.equal(await page.locator("#switches").isVisible(), true);
    const wanted = new Set(await page.evaluate(() => [...document.querySelectorAll("[role=switch], #picture button")].map(({ dataset }) => `${dataset.do} ${dataset.id ?? dataset.from ?? dataset.name}`)));
    await page.evaluate(() => document.activeElement.blur());
    for (let n = 0; n < 200 && wanted.size; n++) {
      const { does, seen, text, html } = await tab(page);
      assert.ok(seen, `the focus is not seen: ${html}`);
      const id = await page.evaluate(() => document.activeElement.dataset.id ?? document.activeElement.dataset.from ?? document.activeElement.dataset.name);
      if (does) assert.ok(text, `no name: ${html}`);
      wanted.delete(`${does} ${id}`);
    }
    assert.deepEqual([...wanted], [], "not reached by Tab");
    // a switch, and back
    await tabTo(page, ({ does, on }) => does === "flip-private-dns" && on === "app/sns");
    await page.keyboard.press("Space");
    await status(page, "private DNS of app/sns is off");
    assert.deepEqual(dig("app/worker", "sns.us-east-1.amazonaws.com"), ["192.0.2.123"]);
    await page.keyboard.press("Control+z");
    await status(page, "Undone");
    assert.equal(dig("app/worker", "sns.us-east-1.amazonaws.com").length, 3);
    await leave(page);
  },

  async phone() {
    for (const [width, height] of [[360, 640], [390, 844], [414, 896]]) {
      const page = await visit({ viewport: { width, height }, hasTouch: true, isMobile: true });
      await ready(page);
      await page.tap("#tab-stories");
      await page.tap("[data-do=story-open][data-id=private-dns]");
      const inView = (selector) => page.waitForFunction((selector) => {
        const { top, bottom, left, right } = document.querySelector(selector)?.getBoundingClientRect() ?? { bottom: -1 };
        return top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
      }, selector);
      for (let at = 0; at < 6; at++) {
        await page.tap("[data-do=story-next]");
        await page.waitForSelector(`[data-key=step-${at}] .outcome`);
        await inView(".world");
        await inView(".step.now .outcome");
        await inView("[data-do=story-next]");
      }
      // the drop, in the part of the picture that is seen
      await inView("#overlay .drop");
      await page.waitForFunction(() => document.querySelector("#overlay .drop").getBoundingClientRect().bottom <= document.getElementById("world").getBoundingClientRect().bottom);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(wide, 0, `${width}: wider than the screen`);
      await accessible(page, `a story at ${width}`);
      await page.screenshot({ path: join(pictures(), `story-${width}.png`) });
      await page.tap("[data-do=story-leave]");
      await status(page, "Undone");
      await leave(page);
    }
  },

  async manyVpcs() {
    const page = await visit();
    await ready(page);
    const open = (count) => page.waitForFunction((count) => document.querySelectorAll(".vpc.open").length === count, count);
    assert.equal(await page.locator(".vpc").count(), 50);
    assert.equal(await page.locator(".vpc.open").count(), 1);
    await page.keyboard.press("/");
    await page.keyboard.type("10.37.2.50");
    await page.waitForFunction(() => document.querySelectorAll(".vpc").length === 1);
    assert.equal(await page.locator(".vpc.open[data-vpc=net-37] .eni").count(), 2);
    await page.fill("#search", "");
    await page.click("[data-do=close-all]");
    await open(0);
    await page.click("[data-do=toggle-vpc][data-name=net-3]");
    await open(1);
    await accessible(page, "fifty VPCs");
    await leave(page);
  },

  async token() {
    const page = await visit();
    await page.fill("#token-value", "s3cret");
    await accessible(page, "the token");
    await page.click("[data-do=token]");
    await ready(page);
    await page.click("[data-do=flip-private-dns][data-id='app/sqs']");
    await status(page, "private DNS of app/sqs is off");
    await leave(page);
  },

  async looks() {
    for (const [name, options] of Object.entries({
      light: { colorScheme: "light" },
      dark: { colorScheme: "dark" },
      phone: { viewport: { width: 390, height: 844 }, hasTouch: true, colorScheme: "light" },
      small: { viewport: { width: 360, height: 640 }, hasTouch: true, colorScheme: "dark" },
    })) {
      const page = await visit(options);
      await ready(page);
      for (const tab of ["ask", "watch", "switches", "stories"]) {
        await page.click(`#tab-${tab}`);
        await accessible(page, `${name} ${tab}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.equal(wide, 0, `${name} ${tab}: wider than the screen`);
      }
      await page.click(".az [data-do=flip-az][data-id=us-east-1a]");
      await page.waitForSelector(".az[data-state=failed]");
      await accessible(page, `${name}, an AZ failed`);
      await page.click("#tab-ask");
      await page.selectOption("#from", "app/app-b");
      await page.waitForFunction(() => document.querySelector(".dig").textContent.includes("from app/app-b"));
      await page.waitForSelector("#overlay .drop", { state: "attached" });
      if (name === "light") await picture(page, "page.png");
      else await page.screenshot({ path: join(pictures(), `${name}.png`), fullPage: "hasTouch" in options });
      await page.click("#undo");
      await status(page, "Undone");
      await leave(page);
    }
  },

  async pictures() {
    // five minutes of the page's clock, in seconds of ours
    const page = await visit({ viewport: { width: 1280, height: 720 }, colorScheme: "light" }, (page) => page.clock.install());
    const pass = async (seconds) => {
      for (let n = 0; n < seconds; n++) {
        const [, replied] = await Promise.all([page.clock.runFor(1000), page.waitForResponse("**/v1/resolve")]);
        await replied.finished();
      }
    };
    await ready(page);
    await page.click("#tab-ask");
    await page.fill("#name", "sqs.us-east-1.amazonaws.com");
    await page.click("[data-do=watch-this]");
    await pass(80);
    await put("/v1/availability-zones/us-east-1a", { state: "impaired" });
    await page.waitForSelector(".az[data-state=failed]");
    await pass(120);
    await put("/v1/availability-zones/us-east-1a", { forced: "impaired" });
    await page.waitForSelector(".az[data-state=noticed]");
    await pass(40);
    await page.waitForFunction(() => /handed out for 1[12]\d s/.test(document.querySelector(".gap").textContent));
    await picture(page, "watch.png");
    await leave(page);
  },
};

try {
  await parts[part]();
} catch (error) {
  console.error(error.stack ?? error);
  process.exitCode = 1;
} finally {
  await browser.close();
  // what still asks would go on for ever
  process.exit();
}
