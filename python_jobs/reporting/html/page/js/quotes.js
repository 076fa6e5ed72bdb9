// What customers wrote: to be paged and searched.
import { fill, h, said } from "./dom.js";
import { date, decimal, number } from "./format.js";
import { state, update } from "./state.js";
import { DAY, noneOf } from "./store.js";

const PAGE = 5;
let page = 0;
let waiting = null;

export function drawQuotes(store, figures, element) {
  page = 0;
  const list = h("div", { id: "quote-list" });
  const field = h("input", { type: "search", placeholder: "Search what they wrote", "aria-label": "Search quotes", "data-value": "quote-search", on: { input: (event) => search(event.target.value) } });
  field.value = state().q;
  const search = (text) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { update({ q: text }); page = 0; show(); }, 180);
  };
  const show = () => showPage(store, matching(store, figures), list, show);
  if (store.facts.redacted) return fill(element, h("p.notice", {}, "Quotes and texts were left out of this report."));
  fill(element, h("div.quotes-head", {}, h("h4", {}, "What they wrote"), field), list);
  if (store.texts) show();
  else fill(list, h("p.soft.small", {}, "Reading the texts…"));
}

/** Exemplars first, then the latest. */
function matching(store, { node, rows }) {
  const wanted = state().q.trim().toLowerCase();
  const standing = (each, most) => (store.exemplarsOf.get(each.cluster_path) ?? []).slice(0, most);
  const own = standing(node);
  const first = (own.length ? own : node.children.flatMap((each) => standing(each, 1))).filter((row) => rows[row]);
  const seen = new Set(first);
  const found = wanted ? first.filter((row) => has(store, row, wanted)) : [...first].filter((row) => store.texts.has(row));
  for (let row = rows.length - 1; row >= 0; row -= 1) {
    if (rows[row] && !seen.has(row) && store.texts.has(row) && (!wanted || has(store, row, wanted))) found.push(row);
  }
  return found;
}

const has = (store, row, wanted) => (store.texts.get(row) ?? "").toLowerCase().includes(wanted);

function showPage(store, rows, list, again) {
  const pages = Math.max(1, Math.ceil(rows.length / PAGE));
  page = Math.min(page, pages - 1);
  const turn = (by) => () => { page += by; again(); list.querySelector(by > 0 ? "[data-value=next]" : "[data-value=back]")?.focus({ preventScroll: true }); };
  const button = (words, value, by, off) => h("button.button", { type: "button", "data-value": value, disabled: off, on: { click: turn(by) } }, words);
  fill(list,
    h("ol.quotes", {}, rows.slice(page * PAGE, (page + 1) * PAGE).map((row) => quote(store, row))),
    rows.length ? null : h("p.soft.small", {}, "Nothing matches."),
    h("div.pager", {}, button("Back", "back", -1, page === 0), h("span", { role: "status" }, `${number(rows.length)} quotes, page ${page + 1} of ${number(pages)}`), button("Next", "next", 1, page >= pages - 1)),
    store.facts.left_out ? h("p.soft.small", {}, `${number(store.facts.left_out)} texts were left out of this file.`) : null);
}

function quote(store, row) {
  return h("li", {}, h("blockquote", { dir: "auto" }, ...marked(store.texts.get(row) ?? "", state().q.trim())), h("div.about", {}, about(store, row).map((each) => said(each))));
}

/** The text in pieces, with what was searched for marked. */
function marked(text, wanted) {
  if (!wanted) return [text];
  const pieces = [];
  const lower = text.toLowerCase();
  if (lower.length !== text.length) return [text];
  let from = 0;
  for (let at = lower.indexOf(wanted.toLowerCase()); at >= 0; at = lower.indexOf(wanted.toLowerCase(), from)) {
    pieces.push(text.slice(from, at), h("mark", {}, text.slice(at, at + wanted.length)));
    from = at + wanted.length;
  }
  return [...pieces, text.slice(from)];
}

/** Rating, product, source, day and identifier of one feedback. */
export function about(store, row) {
  const { feedback, names } = store;
  const named = (name) => (feedback[name][row] === noneOf(feedback[name]) ? null : names[name][feedback[name][row]]);
  const rating = feedback.rating[row] === noneOf(feedback.rating) ? null : `★ ${decimal(feedback.rating[row] / 1000, feedback.rating[row] % 1000 ? 1 : 0)}`;
  return [rating, named("product"), named("source"), date((feedback.first_day[0] + feedback.day[row]) * DAY), store.ids?.[row]].filter(Boolean);
}
