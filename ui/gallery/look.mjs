/*
 * Takes a picture of every part of the gallery, and tells what axe finds. Needs a chromium:
 *   npx vite --port 1421 &  node gallery/look.mjs http://127.0.0.1:1421 [chromium]
 */
import { chromium } from "playwright-core";
import { readFile } from "node:fs/promises";

const [base = "http://127.0.0.1:1420", executablePath = "/usr/bin/chromium"] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
const axe = await readFile(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

const SHOTS = [
  ...["parts", "list", "sign", "sign&dialog", "notices", "forms"].flatMap((part) => [
    { part, theme: "light", width: 1280 },
    { part, theme: "dark", width: 1280 },
  ]),
  ...["parts", "list", "sign", "forms"].map((part) => ({ part, theme: "light", width: 360 })),
  { part: "parts", theme: "light", width: 1280, size: 200 },
  { part: "parts", theme: "light", width: 1280, language: "qps" },
  { part: "list", theme: "light", width: 1280, language: "qps" },
];
let found = 0;
for (const { part, theme, width, size = 100, language = "en" } of SHOTS) {
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  page.on("console", (message) => message.type() === "error" && console.log(part, message.text()));
  page.on("pageerror", (error) => console.log(part, error.message));
  await page.goto(`${base}/gallery.html?part=${part}&theme=${theme}&size=${size}&language=${language}`);
  await page.waitForTimeout(900);
  const name = [part.replace("&", "-"), theme, width, size === 100 ? "" : size, language === "en" ? "" : language];
  await page.screenshot({
    path: new URL(`shots/${name.filter(Boolean).join("-")}.png`, import.meta.url).pathname,
    fullPage: !part.startsWith("list"),
  });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (overflow > 0) console.log(`${name.join(" ")}: ${overflow}px too wide`);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  for (const { id, nodes } of violations) {
    found++;
    console.log(name.join(" "), id, nodes.map((node) => node.html.slice(0, 160)).slice(0, 3));
  }
  await page.close();
}
await browser.close();
console.log(`${SHOTS.length} pictures, ${found} findings`);
