// What a person finds on a page by its name: buttons, fields, choices, parts of the navigation. Takes what is looked for,
// its name, and the name of the group that it is in, if any. Returns the element, or words that say what there is instead.
const [what, name, group] = arguments;

const selectors = {
  button: "button, summary, a[href], [role=button], [role=link], [role=tab], [role=option]",
  navigation: "nav button, nav a[href]",
  field: "input:not([type=radio], [type=checkbox]), textarea, select, [role=combobox], [role=textbox]",
  choice: "input[type=radio], input[type=checkbox], [role=radio], [role=checkbox], [role=switch]",
};

const plain = (text) => (text ?? "").replace(/\s+/g, " ").replace(/ ,/g, ",").trim();
const shown = (element) => element.checkVisibility({ checkVisibilityCSS: true });
const spoken = (element) => {
  const copy = element.cloneNode(true);
  for (const silent of copy.querySelectorAll("[aria-hidden=true], svg")) silent.remove();
  return plain(copy.textContent);
};
// As assistive technology hears it: https://www.w3.org/TR/accname-1.2/, as far as these pages use it.
const nameOf = (element) => {
  const naming = plain(element.getAttribute("aria-labelledby")).split(" ").map((id) => document.getElementById(id));
  const named = plain(naming.filter(Boolean).map(spoken).join(" ")) || plain(element.getAttribute("aria-label"));
  return named || plain([...(element.labels ?? [])].map(spoken).join(" ")) || spoken(element) || plain(element.title);
};
// A group by its legend or label, or a part of the page by a heading in it.
const isGroup = (element) => {
  const namedBy = [...element.querySelectorAll("h1, h2, h3, h4")].map(spoken);
  const own = element.matches("fieldset") ? element.querySelector("legend") : null;
  return [own ? spoken(own) : nameOf(element), ...namedBy].some((text) => text.startsWith(group));
};

// Behind an open dialog nothing can be used.
const dialogs = [...document.querySelectorAll("dialog[open], [role=dialog], [role=alertdialog]")].filter(shown);
let scope = dialogs.at(-1) ?? document;
if (group) {
  const groups = scope.querySelectorAll("fieldset, [role=group], [role=radiogroup], section, article, li");
  const around = [...groups].filter(shown).filter(isGroup).at(-1);
  if (!around) return `no group '${group}'`;
  scope = around;
}

// In a narrow window the parts are behind a menu, which is opened first.
const nav = document.querySelector("nav[id]");
const menu = nav && document.querySelector(`[aria-controls="${nav.id}"][aria-expanded=false]`);
if (what === "navigation" && menu && !shown(nav)) {
  menu.click();
  return "a menu that was closed";
}

// A choice is taken by its label: the mark itself may be drawn by the page.
const handle = (element) => (what === "choice" ? (element.labels?.[0] ?? element) : element);
const there = [...scope.querySelectorAll(selectors[what])].filter((element) => shown(handle(element)));
const wanted = name.toLowerCase();
const names = there.map((element) => nameOf(element).toLowerCase());
const exact = names.indexOf(wanted);
// A longer name that begins with the words, as that of a card that says more.
const at = exact >= 0 ? exact : names.findIndex((one) => one.startsWith(wanted));
const found = there[at];
if (!found) return there.map(nameOf).join(" | ") || "nothing";
if (found.matches(":disabled, [aria-disabled=true]")) return `'${nameOf(found)}', but it cannot be used now`;
handle(found).scrollIntoView({ block: "center", behavior: "instant" });
return handle(found);
