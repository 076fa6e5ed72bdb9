// What costs stars: effect with its interval, and what it does to the mean of all.
import { choice, fill, h, keepingFocus, partHead, said, svg } from "./dom.js";
import { decimal, number, signed, words } from "./format.js";
import { differenceOf, tagFigures } from "./figures.js";
import { below } from "./store.js";
import { state, update } from "./state.js";

const ROWS = 12;
let everything = false;

export function drawFix(store, figures) {
  const section = document.getElementById("fix");
  const { kind } = state();
  const rows = effects(store, figures, kind).sort((a, b) => a.onMean - b.onMean || (a.theme < b.theme ? -1 : 1));
  const costly = rows.filter((each) => each.verdict === "costs");
  const shown = everything ? rows : rows.slice(0, Math.max(6, Math.min(ROWS, costly.length)));
  const edge = Math.max(0.5, ...shown.map((each) => Math.max(Math.abs(each.low), Math.abs(each.high))));
  const words = figures.filtered
    ? "Within your filters: mean rating with the theme less the mean without it, with its 95% interval; not adjusted."
    : "Stars that a theme costs, other themes, product and source held equal, with its 95% interval; sorted by what that takes off the mean of all ratings.";
  keepingFocus(section, () => fill(section,
    partHead("fix", "What to fix first", words, choice("Themes", [["cluster", "Segments"], ["category", "Tags"]], kind, (value) => update({ kind: value }))),
    rows.length ? h("div.card.fixes", { role: "table", "aria-label": "Rating impact" }, head(edge), shown.map((each) => fixRow(store, each, edge)))
      : h("p.notice", {}, "There are too few ratings here to tell what they depend on."),
    rows.length > shown.length || everything ? h("p.more", {}, h("button.button", { type: "button", "aria-expanded": String(everything), on: { click: () => { everything = !everything; drawFix(store, figures); } } }, everything ? "Show fewer" : `Show all ${number(rows.length)}, also what adds stars`)) : null));
}

/** The mart's estimates; under filters plain differences, since the fit is of the whole run. */
function effects(store, figures, kind) {
  const inside = below(store, figures.node ?? store.root);
  const nodeOf = (each) => (each.theme_kind === "cluster" ? store.byPath.get(each.theme) : null);
  const fitting = store.impacts.filter((each) => each.theme_kind === kind && (kind === "category" || inside[nodeOf(each)?.row]));
  if (!figures.filtered) {
    return fitting.filter((each) => each.impact !== null).map((each) => ({ theme: each.theme, name: each.theme_name, node: nodeOf(each), impact: each.impact, low: each.impact_low, high: each.impact_high, onMean: each.impact_on_mean, rated: each.count_rated, mean: each.mean_rating, verdict: { "costs stars": "costs", "adds stars": "adds" }[each.verdict] ?? "unclear" }));
  }
  const tags = kind === "category" ? tagFigures(store, figures) : null;
  return fitting.flatMap((each) => {
    const node = nodeOf(each);
    const part = tags ? tags.of[store.tags.findIndex((tag) => tag.category === each.theme)] : sumsOf(figures.sums, node.row);
    const found = part && differenceOf(part, tags ?? sumsOf(figures.sums, store.root.row));
    if (!found) return [];
    return [{ ...found, theme: each.theme, name: each.theme_name, node, rated: part.rated, mean: part.total / part.rated, verdict: found.high < 0 ? "costs" : found.low > 0 ? "adds" : "unclear" }];
  });
}

const sumsOf = (sums, row) => ({ rated: sums.rated[row], total: sums.total[row], squares: sums.squares[row] });

function head(edge) {
  const cell = (words, kind = "") => h(`span${kind}`, { role: "columnheader" }, words);
  return h("div.fix-row.head", { role: "row" }, cell("Theme"), h("span.ticks", { role: "columnheader", "aria-label": "Effect on the rating" }, h("span", {}, `${decimal(-edge)} stars`), h("span", {}, "0"), h("span", {}, `+${decimal(edge)}`)), cell("Stars", ".number"), cell("Ratings", ".number"), cell("On the mean of all", ".number"));
}

function fixRow(store, each, edge) {
  const tone = { costs: ".worse", adds: ".better" }[each.verdict] ?? "";
  const open = () => update(each.node ? { seg: each.node.cluster_key, q: "" } : { tag: each.theme }, { step: true });
  const cell = (title, value, kind = "") => h(`span.number${kind}`, { role: "cell", title }, value);
  return h("div.fix-row", { role: "row" },
    h("span", { role: "cell" }, h("button.link", { type: "button", "data-value": `fix${each.theme}`, on: { click: open } }, said(each.node ? each.name : words(each.name))), each.node?.parent?.depth ? h("span.soft.small", {}, " in ", said(each.node.parent.cluster_name)) : null),
    h("span", { role: "cell" }, interval(each, edge)),
    cell("Stars", signed(each.impact), tone), cell("Ratings", `${number(each.rated)} · ★ ${decimal(each.mean)}`), cell("On the mean of all ratings", signed(each.onMean, 3)));
}

function interval({ impact, low, high, verdict }, edge) {
  const x = (value) => `${(50 + (46 * value) / edge).toFixed(2)}%`;
  return svg("svg.range", { role: "img", "aria-label": `${signed(impact)} stars, ${signed(low)} to ${signed(high)}` },
    svg("line.zero", { x1: "50%", x2: "50%", y1: 0, y2: 26 }), svg(`line.whisker.${verdict}`, { x1: x(low), x2: x(high), y1: 13, y2: 13 }), svg(`circle.${verdict}`, { cx: x(impact), cy: 13, r: 5.5 }));
}
