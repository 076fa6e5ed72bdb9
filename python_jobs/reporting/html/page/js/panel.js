// The panel beside the tree: all that is known of one segment.
import { fill, h, said } from "./dom.js";
import { date, decimal, number, percent, plural, points, signed } from "./format.js";
import { lineOf, ofNode } from "./figures.js";
import { line } from "./line.js";
import { drawQuotes } from "./quotes.js";
import { eventsOf, eventWords } from "./events.js";
import { noneOf } from "./store.js";

const TOPS = 5;

export function drawPanel(store, figures, panel) {
  const { node } = figures;
  const quotes = h("div", { id: "quotes" });
  const values = lineOf(store, figures, node);
  const events = eventsOf(store, node);
  fill(panel,
    h("div", {}, h("h3", {}, said(node.cluster_name)), node.is_noise ? h("p.soft.small", {}, "What fits no segment on this level.") : null),
    numbers(store, figures),
    node.summary ? said(node.summary, "p.summary") : null,
    node.keywords ? h("ul.words-list", { "aria-label": "Keywords" }, node.keywords.split(", ").map((each) => said(each, "li"))) : null,
    values.length ? h("div", {}, h("h4", {}, `Feedback by ${store.facts.period}`), line(values, { height: 64, open: store.openPeriods, label: `Feedback by ${store.facts.period}: at most ${number(Math.max(...values))}` }),
      h("div.ends", {}, h("span", {}, date(store.periods[0])), h("span", {}, `most: ${number(Math.max(...values))}`), h("span", {}, date(store.periods.at(-1))))) : null,
    events.length ? h("ul.events", { "aria-label": "Changes between runs" }, events.map((event) => h("li", {}, eventWords(event)))) : null,
    h("div.tops", {}, tops(store, figures, "product", "Products"), tops(store, figures, "source", "Sources")),
    quotes);
  drawQuotes(store, figures, quotes);
}

function numbers(store, figures) {
  const { node } = figures;
  const { count, share, mean, low, high } = ofNode(store, figures, node);
  const impact = store.impacts.find((each) => each.theme_kind === "cluster" && each.theme === node.cluster_path && each.impact !== null);
  const entry = (title, value, note, kind = "") => h("div", {}, h("dt", {}, title), h(`dd${kind}`, {}, value), h("dd", {}, note));
  return h("dl.panel-figures", {},
    entry("Feedback", number(count), `${percent(share)} of all`),
    entry("Mean rating", decimal(mean, 2), low === null ? "no interval" : `${decimal(low, 2)} to ${decimal(high, 2)}`),
    impact ? entry("Rating impact", `${signed(impact.impact)} stars`, `${signed(impact.impact_low)} to ${signed(impact.impact_high)}`, impact.verdict === "costs stars" ? ".worse" : impact.verdict === "adds stars" ? ".better" : "") : null,
    node.change_in_share !== null && node.depth ? entry("Change", points(node.change_in_share), "last weeks, whole run") : null,
    node.stability !== null ? entry("Stability", percent(node.stability), "found again in samples") : null,
    node.count_customers !== null ? entry("Customers", number(node.count_customers), "distinct, whole run") : null);
}

function tops(store, figures, name, title) {
  const column = store.feedback[name];
  const none = noneOf(column);
  const counts = new Map();
  for (let row = 0; row < column.length; row += 1) if (figures.rows[row] && column[row] !== none) counts.set(column[row], (counts.get(column[row]) ?? 0) + 1);
  const top = [...counts].sort((a, b) => b[1] - a[1]).slice(0, TOPS);
  if (!top.length) return null;
  return h("div", {}, h("h4", {}, title), h("ul.bars", {}, top.map(([place, count]) => h("li", {}, said(store.names[name][place]), h("span.soft", {}, number(count)),
    h("span.bar", {}, h("i", { style: { width: `${(100 * count) / top[0][1]}%` } }))))), counts.size > TOPS ? h("p.soft.small", {}, `and ${plural(counts.size - TOPS, "other")}`) : null);
}
