/*
 * Every screen and state in Chromium, over the invented people: looked at by axe-core in light and dark, narrow at 200 %
 * text, in forced colours and from right to left. Ends with "N passed, N failed".
 *
 *   npm run a11y              all of them
 *   npm run a11y -- --shots DIR   and a picture of each
 */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { preview } from "vite";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
/** Pages that are looked at together. */
const AT_ONCE = 3;
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 360, height: 800 };

const press = (name) => (page) => page.getByRole("button", { name }).first().click();
const all =
  (...steps) =>
  async (page) => {
    for (const step of steps) await step(page);
  };
/* The label lies over the whole card, so the label is what one presses. */
const choose = (name) => (page) => page.locator("label", { hasText: name }).first().click();
const helpRosa = all(press("Whom I help"), press("Open their wallet: Rosa, my mother"));
const helpUncle = all(press("Whom I help"), press("Look and accept: Uncle Benedek"));
const shareWith = all(press("Who can see"), press("Give access"), press(/^Choose Abbey Gardens/));
const lost = all(press("Settings"), press(/^Open Lost/));
const toView = (name) => (page) => page.getByRole("heading", { name }).scrollIntoViewIfNeeded();
const saidWrong = all(
  press("My records"),
  press(/^Amlodipine/),
  press("Something is wrong here"),
  (page) => page.getByLabel("Say it in your words").fill("I take half a tablet."),
  press("Check and sign"),
);

/** Name, page, and how one gets there from the page's first state. */
const SCREENS = [
  ["home", "index.html"],
  ["home first run", "index.html?empty"],
  ["home offline", "index.html?offline"],
  ["home after a lie", "index.html?lies"],
  ["what failed, to be signed once more", "index.html?failed", press("Sign again")],
  ["records", "index.html", press("My records")],
  ["records none", "index.html?empty", press("My records")],
  ["records no match", "index.html", all(press("My records"), (page) => page.getByRole("textbox").first().fill("zzz"))],
  ["record with a copy", "index.html", all(press("My records"), press(/^Amlodipine/))],
  ["record not fetched", "index.html", all(press("My records"), press(/^First appointment/))],
  ["record that does not match", "index.html", all(press("My records"), press("Images"), press(/^Chest X-ray/))],
  [
    "record's proof",
    "index.html",
    all(press("My records"), press(/^Amlodipine/), (page) => page.getByText("How do I know").click()),
  ],
  ["give access: who", "index.html", all(press("Who can see"), press("Give access"))],
  ["give access: what", "index.html", shareWith],
  ["give access: kinds", "index.html", all(shareWith, choose("Kinds that I choose"))],
  ["give access: how long", "index.html", all(shareWith, press("Next"))],
  ["give access: check", "index.html", all(shareWith, press("Next"), press("Check and sign"))],
  ["give access: done", "index.html", all(shareWith, press("Next"), press("Check and sign"), press("Give access"))],
  ["who can see", "index.html", press("Who can see")],
  ["stop", "index.html", all(press("Who can see"), press(/^Stop access for/))],
  ["requests", "index.html", press(/^Requests/)],
  ["allow less", "index.html", all(press(/^Requests/), press("Allow less"))],
  ["decline", "index.html", all(press(/^Requests/), press("Decline"))],
  ["who looked", "index.html", press("Who looked")],
  ["an emergency look: not mine", "index.html", all(press("Who looked"), press(/^I don't recognise this/))],
  [
    "something is wrong",
    "index.html",
    all(press("My records"), press(/^Amlodipine/), press("Something is wrong here")),
  ],
  ["something is wrong: check", "index.html", saidWrong],
  ["something is wrong: the letter", "index.html", all(saidWrong, press("Say that it is wrong"))],
  ["what you disputed", "index.html", all(press("Who looked"), press("What you said is wrong"))],
  [
    "record that was disputed",
    "index.html",
    all(press("My records"), press("Allergies"), press(/^No known allergies/)),
  ],
  ["in an emergency", "index.html", press("In an emergency")],
  ["in an emergency: the card", "index.html", all(press("In an emergency"), toView("Your emergency card"))],
  ["in an emergency: kinds", "index.html", all(press("In an emergency"), choose("Kinds that I choose"))],
  [
    "in an emergency: check",
    "index.html",
    all(press("In an emergency"), choose("Everything"), press("Check and sign")),
  ],
  ["in an emergency: no provider", "index.html?empty", press("In an emergency")],
  ["consent history", "index.html", press("Consent history")],
  ["consent history none", "index.html?empty", press("Consent history")],
  ["consent history offline", "index.html?offline", press("Consent history")],
  [
    "consent history, days not asked for",
    "index.html",
    all(press("Consent history"), (page) => page.getByLabel("When").selectOption("days")),
  ],
  [
    "consent history, days",
    "index.html",
    all(
      press("Consent history"),
      (page) => page.getByLabel("When").selectOption("days"),
      (page) => page.getByLabel("Day").first().fill("31"),
      press("Show these days"),
    ),
  ],
  ["consent history: copy", "index.html", all(press("Consent history"), press("Save a copy"))],
  [
    "consent history: saved",
    "index.html",
    all(press("Consent history"), press("Save a copy"), press("Save the file"), (page) =>
      page.getByText("The copy is saved.").waitFor(),
    ),
  ],
  ["check a history", "index.html", all(press("Consent history"), press("Check a history"))],
  [
    "check a history: true",
    "index.html",
    all(press("Consent history"), press("Check a history"), press("Choose the file")),
  ],
  [
    "check a history: refused",
    "index.html?altered",
    all(press("Consent history"), press("Check a history"), press("Choose the file")),
  ],
  ["who helps me", "index.html", press("Who helps me")],
  ["who helps me: nobody", "index.html?empty", press("Who helps me")],
  ["let somebody help", "index.html", all(press("Who helps me"), press("Let somebody help you"))],
  ["guardians", "index.html", all(press("Who helps me"), press("Choose guardians"))],
  ["whom I help", "index.html", press("Whom I help")],
  ["whom I help: nobody", "index.html?empty", press("Whom I help")],
  ["whom I help: not checked", "index.html?offline", press("Whom I help")],
  ["offer to help", "index.html", all(press("Whom I help"), press("Offer to help somebody"))],
  ["code of an offer", "index.html", all(press("Whom I help"), press("Show the code again: Mr. Okafor next door"))],
  ["another name", "index.html", all(press("Whom I help"), press("Change the name: Uncle Benedek"))],
  ["acting for somebody", "index.html", helpRosa],
  ["acting: a recovery", "index.html", all(helpRosa, (page) => page.getByText("If they lost everything").click())],
  ["acting: their records", "index.html", all(helpRosa, press("Records"))],
  ["acting: who can see", "index.html", all(helpRosa, press("Who can see"))],
  ["acting: who helps them", "index.html", all(helpRosa, press("Who helps them"))],
  [
    "acting: let somebody help them",
    "index.html?manages",
    all(helpRosa, press("Who helps them"), press("Let somebody help Rosa")),
  ],
  ["acting: in an emergency", "index.html?manages", all(helpRosa, press("In an emergency"))],
  ["acting: consent history", "index.html", all(helpRosa, press("Consent history"))],
  ["acting: asked for help", "index.html", helpUncle],
  ["acting: to be signed", "index.html", all(helpUncle, press("Accept"))],
  [
    "acting: accepted",
    "index.html",
    all(helpUncle, press("Accept"), (page) => page.getByRole("dialog").getByRole("button", { name: "Accept" }).click()),
  ],
  ["providers", "index.html", press("Providers")],
  ["close an account", "index.html", all(press("Providers"), press(/^Close this account:/))],
  ["join a network", "index.html?empty", press("Providers")],
  ["settings", "index.html", press("Settings")],
  ["lost or stolen", "index.html", lost],
  ["lost or stolen: new words", "index.html", all(lost, press("Get new words"))],
  ["lost or stolen: a code for guardians", "index.html", all(lost, press("Make the code"))],
  ["accounts that change hands", "index.html", all(press("Settings"), press(/^Open Accounts/), press("Make the code"))],
  ["unlock", "door.html"],
  [
    "wrong passphrase",
    "door.html",
    all(
      choose("Amélia"),
      (page) => page.getByLabel("Passphrase", { exact: true }).fill("not the right one"),
      press("Unlock"),
    ),
  ],
  ["welcome", "door.html?empty"],
  ["welcome: choice", "door.html?empty", press("Continue")],
  ["check a history: not proved", "door.html", all(press("Check a history"), press("Choose the file"))],
  ["words", "words.html"],
  ["words: questions", "words.html", press("I have written them down")],
];

/** Enough of them to have every component in view. */
const MAIN = [
  "home",
  "records",
  "record with a copy",
  "give access: what",
  "give access: check",
  "who can see",
  "stop",
  "requests",
  "who looked",
  "something is wrong: the letter",
  "what you disputed",
  "in an emergency",
  "consent history",
  "consent history, days",
  "consent history: saved",
  "check a history: true",
  "check a history: refused",
  "check a history: not proved",
  "who helps me",
  "let somebody help",
  "guardians",
  "whom I help",
  "acting for somebody",
  "acting: asked for help",
  "providers",
  "settings",
  "lost or stolen",
  "accounts that change hands",
  "unlock",
  "words",
];

/** Each screen wide and light; then what else it must bear. */
const VARIANTS = [
  ["light", { viewport: WIDE, colorScheme: "light" }],
  ["dark", { viewport: WIDE, colorScheme: "dark" }],
  ["narrow, 200 %", { viewport: NARROW, colorScheme: "light" }, { textSize: "200" }],
  // The system chooses the colours then, which axe-core does not know.
  [
    "forced colours",
    { viewport: WIDE, colorScheme: "dark", forcedColors: "active" },
    { only: MAIN, without: ["color-contrast"] },
  ],
  ["right to left", { viewport: WIDE, colorScheme: "light" }, { only: MAIN, dir: "rtl" }],
];

const at = process.argv.indexOf("--shots");
const shots = at > 0 ? process.argv[at + 1] : undefined;
if (shots) mkdirSync(shots, { recursive: true });
const server = await preview({ preview: { port: 0, host: "127.0.0.1" }, logLevel: "error" });
const url = server.resolvedUrls?.local[0];
if (!url) throw new Error("the pages are not served");
const browser = await chromium.launch({
  executablePath: CHROMIUM,
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
let [passed, failed] = [0, 0];

const looks = VARIANTS.flatMap(([variant, context, page]) =>
  SCREENS.filter(([name]) => !page?.only || page.only.includes(name)).map(([name, path, steps]) => ({
    title: `${name} (${variant})`,
    look: (title) => look(title, context, path, steps, page ?? {}),
  })),
).values();

/* Much of a look is waiting; all of these take from the same list. */
async function lookOnAndOn() {
  for (const { title, look } of looks) {
    const wrong = await look(title).catch((error) => [String(error).split("\n")[0]]);
    if (wrong.length === 0) passed += 1;
    else {
      failed += 1;
      console.log(`FAILED ${title}`);
      for (const line of wrong) console.log(`  ${line}`);
    }
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, lookOnAndOn));
await browser.close();
await server.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/** What is wrong with one screen. */
async function look(title, context, path, steps, { textSize, dir, without = [] }) {
  const wrong = [];
  const opened = await browser.newContext({ ...context, reducedMotion: "reduce", bypassCSP: true });
  opened.setDefaultTimeout(10_000);
  const page = await opened.newPage();
  page.on("pageerror", (error) => wrong.push(`error in the page: ${error.message}`));
  try {
    await page.goto(url + path);
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    // Narrow windows keep the parts of the wallet behind a menu: steps walk in a wide one, the look is at the narrow one.
    if (steps) {
      await page.setViewportSize(WIDE);
      await steps(page);
      await page.setViewportSize(context.viewport);
    }
    if (textSize) await page.evaluate((size) => (document.documentElement.dataset["textSize"] = size), textSize);
    if (dir) await page.evaluate((dir) => (document.documentElement.dir = dir), dir);
    await page.waitForTimeout(150);
    await page.evaluate(AXE);
    const found = await page.evaluate(
      ([runOnly, without]) =>
        globalThis.axe.run(document, {
          runOnly,
          rules: Object.fromEntries(without.map((rule) => [rule, { enabled: false }])),
        }),
      [RULES, without],
    );
    for (const { id, impact, nodes } of found.violations)
      wrong.push(`${id} (${impact}): ${nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
    const beyond = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    if (beyond > 1) wrong.push(`the page is ${beyond} px wider than the window`);
    if (shots) await page.screenshot({ path: join(shots, `${title.replaceAll(/[^a-z0-9]+/gi, "-")}.png`) });
  } finally {
    await opened.close();
  }
  return wrong;
}
