// The bar of filters: period, product, source, language where known, rating, and what was chosen in the parts below.
import { announce, fill, h, keepingFocus, said } from "./dom.js";
import { iso, number, plural, shortened, words } from "./format.js";
import { STARS } from "./selection.js";
import { isFiltered, state, update, withoutFilters } from "./state.js";
import { DAY } from "./store.js";

export function drawFilters(store, figures) {
  const bar = document.getElementById("filters");
  const open = [...bar.querySelectorAll("details[open]")].map((each) => each.id);
  keepingFocus(bar, () => fill(bar, h("div.wide.filters-row", {},
    foldButton(bar), periodField(store, "from", "From"), periodField(store, "to", "to"),
    menu(store, "product", "Product"), menu(store, "source", "Source"), menu(store, "language", "Language"), starsField(), chips(store),
    h("span.count", {}, h("b", {}, number(figures.counted)), figures.counted === store.count ? " feedback" : ` of ${number(store.count)}`))));
  document.documentElement.style.setProperty("scroll-padding-top", `${Math.min(bar.offsetHeight, 140) + 12}px`);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  announce(`${plural(figures.counted, "feedback", "feedback")} chosen`);
}

/** A menu closes when one looks elsewhere. */
export function closeMenusOutside() {
  addEventListener("pointerdown", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
  });
}

function foldButton(bar) {
  return h("button.button.fold", { type: "button", "aria-expanded": String(bar.classList.contains("open")), "data-value": "fold",
    on: { click: (event) => event.currentTarget.setAttribute("aria-expanded", String(bar.classList.toggle("open"))) } }, isFiltered() ? "Filters •" : "Filters");
}

function periodField(store, name, title) {
  const days = store.feedback.day;
  const at = (row) => (days.length ? iso((store.feedback.first_day[0] + days[row]) * DAY) : "");
  const [first, last] = [at(0), at(days.length - 1)];
  const input = h("input", { type: "date", min: first, max: last, "data-value": name, on: { change: (event) => update({ [name]: event.target.value || null }) } });
  input.value = state()[name] ?? (name === "from" ? first : last);
  return h("label.foldable", {}, title, input);
}

function menu(store, name, title) {
  const options = store.names[name];
  if (!options.length) return null;
  const chosen = state()[name];
  const counts = new Map();
  for (const place of store.feedback[name]) counts.set(place, (counts.get(place) ?? 0) + 1);
  const toggle = (value) => update({ [name]: chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value] });
  const order = options.map((_, place) => place).sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0));
  const label = chosen.length ? `${title}: ${chosen.length === 1 ? shortened(chosen[0], 18) : chosen.length}` : title;
  return h(`details.menu.foldable${chosen.length ? ".used" : ""}`, { id: `menu-${name}` }, h("summary", {}, said(label)), h("div.menu-list", { role: "group", "aria-label": title }, order.map((place) =>
    h("label", {}, checkbox(chosen.includes(options[place]), `${name}:${options[place]}`, () => toggle(options[place])), said(options[place]), h("span", {}, number(counts.get(place)))))));
}

function checkbox(checked, value, change) {
  const box = h("input", { type: "checkbox", "data-value": value, on: { change } });
  box.checked = checked;
  return box;
}

function starsField() {
  const chosen = state().rating;
  return h("div.choice.stars.foldable", { role: "group", "aria-label": "Rating" }, h("span", { "aria-hidden": "true" }, "Rating"), STARS.map((star) =>
    h("button.button", { type: "button", "data-value": `star${star}`, "aria-pressed": String(chosen.includes(star)), "aria-label": star === "none" ? "none: without a rating" : `${star} of 5`,
      on: { click: () => update({ rating: chosen.includes(star) ? chosen.filter((each) => each !== star) : [...chosen, star] }) } }, star === "none" ? "none" : star)));
}

function chips(store) {
  const chosen = state();
  const chip = (words, patch, step) => h("button.chip", { type: "button", on: { click: () => update(patch, { step }) }, "aria-label": `${words} ✕: remove this filter` }, said(words), " ✕");
  const node = chosen.seg ? store.byKey.get(chosen.seg) : null;
  return h("div.chips", {},
    node && node !== store.root ? chip(shortened(node.cluster_name, 34), { seg: null, q: "" }, true) : null,
    chosen.tag ? chip(`tag: ${words(chosen.tag)}`, { tag: null }) : null,
    chosen.lasso ? chip("drawn on the map", { lasso: null }) : null,
    isFiltered() || node ? h("button.button", { type: "button", on: { click: () => update(withoutFilters(), { step: true }) } }, "Reset all") : null);
}
