// Which themes rise and fade, and how sure that is; then all others, by size.
import { fill, h, keepingFocus, partHead, said } from "./dom.js";
import { date, number, percent, plural, ratio, sureness } from "./format.js";
import { lineOf, ofNode } from "./figures.js";
import { line } from "./line.js";
import { deathsOf, eventsOf, eventWords, placeOf } from "./events.js";
import { below, DAY } from "./store.js";
import { update } from "./state.js";

const ORDER = ["new", "rising", "fading", "steady", "not tested"];
const SIGNS = { new: "● new", rising: "▲ rising", fading: "▼ fading", steady: "steady", "not tested": "not tested" };
const AT_FIRST = innerWidth < 760 ? 6 : 12;
let unfolded = false;

export function drawTrends(store, figures) {
  const section = document.getElementById("trends");
  const inside = below(store, figures.node ?? store.root);
  const themes = store.nodes.filter((node) => node.depth && !node.is_noise && inside[node.row]).map((node) => ({ node, moved: strongest(store, node), figure: ofNode(store, figures, node) }));
  themes.sort((a, b) => rank(a) - rank(b) || (rank(a) < 3 ? a.moved.q_value - b.moved.q_value : 0) || b.figure.count - a.figure.count);
  const moving = themes.filter((each) => rank(each) < 3).length;
  const shown = unfolded ? themes : themes.slice(0, Math.max(AT_FIRST, Math.min(moving, 2 * AT_FIRST)));
  const dead = deathsOf(store);
  keepingFocus(section, () => fill(section,
    partHead("trends", "Trends", `${moving ? `${plural(moving, "theme")} rose or faded by more than chance; these come first.` : "No theme here rose or faded by more than chance."} Lines are feedback by ${store.facts.period}; the grey end is the window that was compared with all days before.${figures.filtered ? " Lines and counts follow your filters, the tests are of the whole run." : ""}`),
    dead.length ? h("ul.events", {}, dead.map((event) => h("li", {}, eventWords(event)))) : null,
    themes.length ? h("ul.multiples", {}, shown.map((each) => card(store, figures, each))) : h("p.notice", {}, "This segment has no segments inside."),
    themes.length > shown.length || unfolded ? h("p.more", {}, h("button.button", { type: "button", "aria-expanded": String(unfolded), on: { click: () => { unfolded = !unfolded; drawTrends(store, figures); } } }, unfolded ? "Show fewer" : `Show all ${number(themes.length)}`)) : null));
}

const strongest = (store, node) => store.movements.find((each) => each.cluster_path === node.cluster_path && each.is_strongest_window) ?? null;
const rank = ({ moved }) => ORDER.indexOf(moved?.movement ?? "not tested");

function card(store, figures, { node, moved, figure }) {
  const values = lineOf(store, figures, node);
  const events = eventsOf(store, node);
  const movement = moved?.movement ?? "not tested";
  const from = moved?.recent_from ? placeOf(store, moved.recent_from) : null;
  const most = Math.max(0, ...values);
  return h("li.card.multiple", {},
    h("div.head", {}, h("h3", {}, h("button.link", { type: "button", "data-value": `trend${node.cluster_key}`, on: { click: () => update({ seg: node.cluster_key, q: "" }, { step: true }) } }, said(node.cluster_name))), h(`span.badge.${movement.replace(" ", "-")}`, {}, SIGNS[movement])),
    node.parent?.depth ? h("p.soft.small", {}, "in ", said(node.parent.cluster_name)) : null,
    line(values, { recent: from, open: store.openPeriods, marks: events.map((event) => placeOf(store, event.published_at)), label: `${node.cluster_name}: feedback by ${store.facts.period}, at most ${number(most)}, ${movement}` }),
    h("div.ends", {}, h("span", {}, date(store.periods[0])), h("span", {}, `most: ${number(most)}`), h("span", {}, date((store.feedback.first_day[0] + (store.feedback.day.at(-1) ?? 0)) * DAY))),
    events.length ? h("ul.events", {}, events.map((event) => h("li", {}, eventWords(event)))) : null,
    figures.filtered ? h("p.small", {}, h("b", {}, `${number(figure.count)} in your selection`), `, ${percent(figure.share)} of it. Whole run:`) : null,
    h("p.small", {}, moved?.rate_ratio ? evidence(moved) : `${number(figure.count)} feedback, ${percent(figure.share)} of all`));
}

function evidence(moved) {
  const range = `${ratio(moved.rate_ratio_low)} to ${ratio(moved.rate_ratio_high)}`;
  return [h("b", {}, `${ratio(moved.rate_ratio)} times its share`), ` (${range}): ${percent(moved.share_recent)} since ${date(moved.recent_from)}, ${percent(moved.share_earlier)} before. `,
    h("span.soft", { title: `q = ${moved.q_value?.toPrecision(2)}` }, `${sureness(moved.q_value)[0].toUpperCase()}${sureness(moved.q_value).slice(1)}.`)];
}
