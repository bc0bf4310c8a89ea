// The page in Chromium: `node browser.mjs ROOT PART API DNS-PORT`. Exits with 1 and says what is wrong.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
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

const ready = (page) => page.waitForSelector(".dig");
const status = (page, text) => page.waitForFunction((text) => document.getElementById("status").textContent.includes(text), text);

async function leave(page) {
  assert.deepEqual(page.faults, [], "faults in the page");
  await page.context().close();
}

/// No serious or critical fault of accessibility.
async function accessible(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }));
  const found = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const text = found.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.slice(0, 5).map((node) => `${node.html}\n  ${node.failureSummary}`).join("\n  ")}`);
  assert.equal(found.length, 0, `${what}:\n${text.join("\n")}`);
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
    // one click
    await page.click("[data-do=story-run][data-id=regional-or-zonal]");
    await page.waitForSelector("[data-key=end]", { timeout: 30000 });
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
    await page.click(".az [data-do=flip-az][data-id=us-east-1a]");
    await status(page, "us-east-1a works again");
    assert.equal(dig("app/app-b", sns).length, 3);
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

    await page.selectOption("#from", "app/worker");
    await page.waitForSelector(".drop-text");
    assert.match(await page.innerText(".drop-text >> nth=0"), /NO_ROUTE_TO_DESTINATION The route table .*\(N160\)/);
    await page.waitForSelector("#overlay .drop", { state: "attached" });

    await page.selectOption("#from", "internet");
    await page.fill("#name", "203.0.113.25");
    await page.fill("#port", "22");
    await page.click("button[type=submit]");
    await page.waitForFunction(() => document.querySelector(".sum")?.textContent.includes("ENI_SG_RULES_MISMATCH"));

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
    await page.waitForSelector(".watched rect.alive", { state: "attached" });
    const height = await page.locator(".watched >> nth=0").evaluate((element) => element.offsetHeight);
    await page.click(".az [data-do=flip-az][data-id=us-east-1b]");
    await page.waitForSelector(".watched rect.dead", { state: "attached" });
    await page.waitForFunction(() => /1 of 3 addresses handed out now are dead/.test(document.querySelector(".gap").textContent));
    await page.waitForFunction(() => /dead addresses were handed out for [2-6] s/.test(document.querySelector(".gap").textContent), undefined, { timeout: 15000 });
    assert.deepEqual(dig("app/worker", "sns.us-east-1.amazonaws.com"), ["10.0.1.50", "10.0.3.50"]);
    assert.equal(await page.locator(".watched >> nth=0").evaluate((element) => element.offsetHeight), height, "no layout shift");
    await accessible(page, "watch");
    mkdirSync(join(root, "target/page"), { recursive: true });
    await page.screenshot({ path: join(root, "target/page/watch.png") });
    // the question of dig has a row of its own, as asked by others
    const rows = await page.locator(".watched").count();
    await page.click("[data-do=unwatch] >> nth=0");
    await page.waitForFunction((rows) => document.querySelectorAll(".watched").length === rows - 1, rows);
    await leave(page);
  },

  async events() {
    // the events of a server that has them
    const query = { type: "query", at: "2026-01-01T00:00:00Z", asker: "127.0.0.1:5353", vantage: "app/app-b", transport: "UDP", name: "kms.us-east-1.amazonaws.com.", qtype: "A", status: "NOERROR", answers: [{ name: "kms.us-east-1.amazonaws.com.", ttl: 60, type: "A", data: "10.0.2.60" }] };
    const body = `id: 1-1\n\nevent: query\ndata: ${JSON.stringify(query)}\n\nevent: change\nid: 1-2\ndata: {"type":"change"}\n\n`;
    const page = await visit({}, (page) => page.route("**/v1/events?queries=true", (route) => route.fulfill({ contentType: "text/event-stream", body })));
    await ready(page);
    await page.click("#tab-watch");
    await page.waitForSelector(".queries td:has-text('10.0.2.60')");
    await page.waitForSelector(".watched-head:has-text('as asked by others')");
    await accessible(page, "queries");
    await leave(page);
  },

  async manyVpcs() {
    const page = await visit();
    await ready(page);
    assert.equal(await page.locator(".vpc").count(), 50);
    assert.equal(await page.locator(".vpc.open").count(), 1);
    await page.keyboard.press("/");
    await page.keyboard.type("10.37.2.50");
    await page.waitForFunction(() => document.querySelectorAll(".vpc").length === 1);
    assert.equal(await page.locator(".vpc.open[data-vpc=net-37] .eni").count(), 2);
    await page.fill("#search", "");
    await page.click("[data-do=close-all]");
    assert.equal(await page.locator(".vpc.open").count(), 0);
    await page.click("[data-do=toggle-vpc][data-name=net-3]");
    assert.equal(await page.locator(".vpc.open").count(), 1);
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
    mkdirSync(join(root, "target/page"), { recursive: true });
    for (const [name, options] of Object.entries({
      light: { colorScheme: "light" },
      dark: { colorScheme: "dark" },
      phone: { viewport: { width: 390, height: 844 }, hasTouch: true, colorScheme: "light" },
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
      await page.waitForSelector("#overlay .drop", { state: "attached" });
      await page.screenshot({ path: join(root, `target/page/${name}.png`), fullPage: name === "phone" });
      await page.click("#undo");
      await status(page, "Undone");
      await leave(page);
    }
    // by keyboard alone
    const page = await visit();
    await ready(page);
    await page.focus("#tab-ask");
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.locator("#watch").isVisible(), true);
    await page.keyboard.press("End");
    assert.equal(await page.locator("#stories").isVisible(), true);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.id), "stories");
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
}
