// The taxonomy: shares, trends, and where it and the segments do not fit together.
import { fill, h, keepingFocus, partHead, said } from "./dom.js";
import { decimal, number, percent, words } from "./format.js";
import { tagFigures } from "./figures.js";
import { line } from "./line.js";
import { state, update } from "./state.js";

const GAPS = 6;

export function drawTags(store, figures) {
  const section = document.getElementById("tags");
  const used = store.tags.filter((tag) => tag.is_active || tag.count_feedback);
  if (!used.length) return fill(section, partHead("tags", "Tags", "Nothing has been tagged yet."));
  const chosen = figures.filtered || figures.node !== store.root;
  const rows = chosen ? counted(store, figures) : used.map((tag) => ({ tag, count: tag.count_feedback, share: tag.share_of_tagged, mean: tag.mean_rating, line: tagLine(store, tag) }));
  rows.sort((a, b) => b.count - a.count || (a.tag.category < b.tag.category ? -1 : 1));
  const widest = Math.max(0.0001, ...rows.map((each) => each.share ?? 0));
  keepingFocus(section, () => fill(section,
    partHead("tags", "Tags", `The categories of your taxonomy${store.facts.tagged_by ? `, given by ${store.facts.tagged_by}` : ""}. One feedback can have several; the share is of what was tagged${chosen ? ", among your selection" : ""}.`),
    h("div.card.tag-card.scroll", { tabindex: "0", role: "region", "aria-label": "Categories" }, h("table.tag-table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Category"), h("th.number", { scope: "col" }, "Share"), h("th.hide", { scope: "col" }, h("span.unseen", {}, "Bar")), h("th.number", { scope: "col" }, "Feedback"), h("th.number", { scope: "col" }, "Rating"), h("th.hide", { scope: "col" }, `By ${store.facts.period}`))),
      h("tbody", {}, rows.map((each) => tagRow(each, widest, store.openPeriods))))),
    gaps(store)));
}

function tagRow({ tag, count, share, mean, line: values }, widest, open) {
  const isChosen = state().tag === tag.category;
  return h("tr", {},
    h("td", {}, h("button.link", { type: "button", title: tag.description, "data-value": `tag${tag.category}`, "aria-pressed": String(isChosen), on: { click: () => update({ tag: isChosen ? null : tag.category }, { step: true }) } }, said(words(tag.category))), tag.parent_category ? h("span.soft.small", {}, " in ", said(words(tag.parent_category))) : null),
    h("td.number", {}, percent(share)), h("td.share.hide", {}, h("div.bar", {}, h("i", { style: { width: `${(100 * (share ?? 0)) / widest}%` } }))),
    h("td.number", {}, number(count)), h("td.number", {}, mean === null ? "–" : `★ ${decimal(mean)}`),
    h("td.hide", {}, values?.length ? line(values, { height: 30, open, label: `${words(tag.category)}: at most ${number(Math.max(...values))}` }) : null));
}

function counted(store, figures) {
  const found = tagFigures(store, figures);
  return store.tags.map((tag, place) => {
    const of = found.of[place];
    return { tag, count: of.count, share: found.tagged ? of.count / found.tagged : null, mean: of.rated ? of.total / of.rated : null, line: of.line };
  });
}

function tagLine(store, tag) {
  const { category, count_feedback: counts } = store.marts.tag_trends;
  if (!store.tagLines) {
    store.tagLines = new Map();
    for (let place = 0; place < category.length; place += 1) {
      if (!store.tagLines.has(category[place])) store.tagLines.set(category[place], []);
      store.tagLines.get(category[place]).push(counts[place]);
    }
  }
  return store.tagLines.get(tag.row) ?? [];
}

/** What the taxonomy misses, and what it spreads too thin. */
function gaps(store) {
  const unexplained = store.gaps.filter((each) => each.gap === "unexplained cluster").sort((a, b) => b.count_feedback - a.count_feedback);
  const scattered = store.gaps.filter((each) => each.gap === "scattered category").sort((a, b) => b.count_feedback - a.count_feedback);
  if (!unexplained.length && !scattered.length) return h("p.notice", {}, "Taxonomy and segments fit together: no large segment lacks a category, and no category is scattered.");
  const list = (title, words, rows, entry, none) => h("div.card.gap", {}, h("h3", {}, title), h("p.soft.small", {}, words), rows.length ? h("ul", {}, rows.slice(0, GAPS).map((each) => h("li", {}, entry(each)))) : h("p", {}, none), rows.length > GAPS ? h("p.soft.small", {}, `and ${number(rows.length - GAPS)} more`) : null);
  const open = (each) => h("button.link", { type: "button", "data-value": `gap${each.theme}`, on: { click: () => update({ seg: store.byPath.get(each.theme)?.cluster_key ?? null, q: "" }, { step: true }) } }, said(each.theme_name));
  return h("div.gaps", {},
    list("Segments that no category explains", "Large segments whose best category covers less than half of them: candidates for a new category. Of the whole run.", unexplained, (each) => [open(each), `: ${number(each.count_feedback)} feedback; `, each.best_match_name ? ["the best match, ", said(words(each.best_match_name)), `, covers ${percent(each.share_of_best_match)}`] : "no category at all", `; ${percent(each.share_unmatched)} have none.`], "None."),
    list("Categories scattered over segments", "Categories spread as if over eight segments or more: perhaps too wide. Of the whole run.", scattered, (each) => [said(words(each.theme_name)), `: ${number(each.count_feedback)} feedback, over about ${decimal(each.effective_matches, 0)} segments; most in “`, said(each.best_match_name ?? "none"), `” (${percent(each.share_of_best_match)}).`], "None."));
}
