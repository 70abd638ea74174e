// What a person finds on a page by its name: buttons, fields, choices, parts of the navigation. Takes what is looked for and
// its name; returns the element, or words that say what there is instead. Names as assistive technology hears them, in
// the order of https://www.w3.org/TR/accname-1.2/ as far as these pages use it.
const [what, name] = arguments;

const selectors = {
  button: "button, summary, a[href], [role=button], [role=link], [role=tab], [role=option]",
  navigation: "nav button, nav a[href]",
  field: "input:not([type=radio], [type=checkbox]), textarea, select, [role=combobox], [role=textbox]",
  choice: "input[type=radio], input[type=checkbox], [role=radio], [role=checkbox], [role=switch]",
};

const plain = (text) => (text ?? "").replace(/\s+/g, " ").replace(/ ,/g, ",").trim();
const spoken = (element) => {
  const copy = element.cloneNode(true);
  for (const silent of copy.querySelectorAll("[aria-hidden=true], svg")) silent.remove();
  return plain(copy.textContent);
};
const nameOf = (element) => {
  const others = plain(element.getAttribute("aria-labelledby")).split(" ").filter(Boolean);
  const named = others.map((id) => document.getElementById(id)).filter(Boolean);
  if (named.length > 0) return plain(named.map(spoken).join(" "));
  const label = element.getAttribute("aria-label");
  if (label) return plain(label);
  const labels = [...(element.labels ?? [])].map(spoken);
  return labels.length > 0 ? plain(labels.join(" ")) : spoken(element) || plain(element.title);
};
const shown = (element) => element.checkVisibility({ checkOpacity: false, checkVisibilityCSS: true });
// Behind an open dialog nothing can be used.
const dialogs = [...document.querySelectorAll("dialog[open], [role=dialog], [role=alertdialog]")].filter(shown);
const scope = dialogs.at(-1) ?? document;

const there = [...scope.querySelectorAll(selectors[what])].filter((element) => {
  const reachable = what === "choice" ? (element.labels?.[0] ?? element) : element;
  return shown(reachable);
});
const named = there.map((element) => ({ element, name: nameOf(element) }));
const same = (one, other) => one.localeCompare(other, undefined, { sensitivity: "accent" }) === 0;
const exact = named.filter((one) => same(one.name, name));
// A longer name that begins with the words, as a card that says more does.
const begins = named.filter((one) => one.name.toLowerCase().startsWith(name.toLowerCase()));
const found = exact[0] ?? begins[0];
if (!found) return named.map((one) => one.name).join(" | ") || "nothing";
if (found.element.disabled || found.element.getAttribute("aria-disabled") === "true") return `'${found.name}' cannot be used now`;
const target = what === "choice" ? (found.element.labels?.[0] ?? found.element) : found.element;
target.scrollIntoView({ block: "center", behavior: "instant" });
return target;
