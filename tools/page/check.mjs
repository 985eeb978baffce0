// Opens every page of a folder in Chromium, light and dark, wide and narrow, and fails on anything a reader should not meet.
//
//     node check.mjs FOLDER [SCREENSHOTS]     CHROMIUM names the browser

import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(import.meta.url);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const LARGEST = 300_000;
const WIDTHS = [1280, 390];
const SCHEMES = ["light", "dark"];

const [folder, pictures] = process.argv.slice(2).map((path) => resolve(path));
const complaints = [];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
});

for (const file of readdirSync(folder).filter((name) => name.endsWith(".html")).sort()) {
  const path = join(folder, file);
  const name = basename(file, ".html");
  const size = statSync(path).size;
  if (size > LARGEST) complaints.push(`${name}: ${size} bytes, more than ${LARGEST}`);
  let rules = 0;
  for (const colorScheme of SCHEMES) {
    for (const width of WIDTHS) {
      const where = `${name}, ${colorScheme}, ${width} px`;
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, reducedMotion: "reduce" });
      const page = await context.newPage();
      const say = (text) => complaints.push(`${where}: ${text}`);
      const url = pathToFileURL(path).href;
      page.on("console", (message) => say(`console ${message.type()}: ${message.text()}`));
      page.on("pageerror", (error) => say(`error: ${error.message}`));
      page.on("dialog", (dialog) => (say(`dialog: ${dialog.message()}`), dialog.dismiss()));
      page.on("request", (request) => request.url() === url || say(`request: ${request.url()}`));
      await page.goto(url);
      const across = await page.evaluate(() => document.documentElement.scrollWidth);
      if (across > width) say(`${across} px wide`);
      for (const text of await page.evaluate(cut)) say(`cut: ${text}`);
      for (const details of await page.locator("details").all()) await details.evaluate((one) => (one.open = true));
      await sorted(page, say);
      await page.evaluate(axe);
      const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
      rules = found.passes.length;
      for (const violation of found.violations) {
        const place = violation.nodes[0]?.target.join(" ");
        say(`${violation.impact} ${violation.id} (${violation.nodes.length}x, ${place}): ${violation.help}`);
      }
      if (pictures) {
        mkdirSync(pictures, { recursive: true });
        await page.reload();
        await page.screenshot({ path: join(pictures, `${name}-${colorScheme}-${width}.png`), fullPage: true });
      }
      await context.close();
    }
  }
  console.log(`${name}: ${Math.round(size / 1000)} kB, ${rules} accessibility rules passed`);
}
await browser.close();
for (const complaint of complaints) console.error(complaint);
if (complaints.length) process.exit(1);

/** What does not fit its box, wide tables apart: they scroll. */
function cut() {
  return [...document.querySelectorAll("body *")]
    .filter((one) => !one.closest("svg, .hidden, .scroll") && one.clientWidth && one.scrollWidth > one.clientWidth + 1)
    .map((one) => one.textContent.slice(0, 60));
}

/** Sorts the first table with several rows by its last column of numbers, with the keyboard, both ways round. */
async function sorted(page, say) {
  const table = page.locator("table", { has: page.locator("thead button") }).first();
  if (!(await table.count())) return;
  const head = table.locator("thead th:not(.t)").last();
  for (const wanted of ["descending", "ascending"]) {
    await head.locator("button").focus();
    await page.keyboard.press("Enter");
    if ((await head.getAttribute("aria-sort")) !== wanted) say(`aria-sort is not ${wanted}`);
    const values = await table.evaluate((one) =>
      [...one.tBodies[0].rows]
        .filter((row) => !row.hasAttribute("data-rest"))
        .map((row) => row.cells[row.cells.length - 1].dataset.v)
        .filter((value) => value)
        .map(Number),
    );
    const order = [...values].sort((a, b) => (wanted === "descending" ? b - a : a - b));
    if (values.join() !== order.join()) say(`not sorted ${wanted}: ${values.join()}`);
  }
}
