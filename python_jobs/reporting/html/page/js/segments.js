// The tree of segments as a treemap or an icicle; a click goes inside.
/* global d3 */
import { diverging, inkOn, rampOf } from "./colour.js";
import { choice, fill, h, keepingFocus, partHead, said } from "./dom.js";
import { decimal, number, percent, points } from "./format.js";
import { lineage } from "./store.js";
import { ofNode } from "./figures.js";
import { drawPanel } from "./panel.js";
import { state, update } from "./state.js";

const STARS_AWAY = 1.25; // of the scale's ends from the mean of all
const SHARE_AWAY = 0.05;

export function drawSegments(store, figures) {
  const section = document.getElementById("segments");
  if (!store.root) return fill(section, partHead("segments", "Segments", "No cluster run has been published yet."));
  const { colour, tree } = state();
  const tiles = h("div.tiles", { role: "group", "aria-label": "Segments by size" });
  const panel = h("div.card.panel", { id: "panel", role: "region", "aria-label": "The chosen segment" });
  keepingFocus(section, () => {
    fill(section,
      partHead("segments", "Segments", "Size is how much feedback there is. Choose a segment to go inside; the panel says what is in it.",
        choice("Shape", [["treemap", "Treemap"], ["icicle", "Icicle"]], tree, (value) => update({ tree: value })),
        choice("Colour", [["rating", "Rating"], ["change", "Change"]], colour, (value) => update({ colour: value }))),
      h("div.split", {}, h("div.tree-side", {}, crumbs(figures.node), tiles, legend(store, figures)), panel));
    fillTiles(store, figures, tiles);
    drawPanel(store, figures, panel);
  });
}

function crumbs(node) {
  const path = lineage(node);
  return h("ol.crumbs", { "aria-label": "Where you are" }, path.map((each, place) => h("li", {}, place === path.length - 1
    ? h("b", { "aria-current": "true" }, said(each.cluster_name))
    : h("button.link", { type: "button", on: { click: () => update({ seg: each.depth ? each.cluster_key : null, q: "" }, { step: true }) } }, said(each.cluster_name)))));
}

/** What the colour says, for one segment: from -1 to 1, and in words. */
function shade(store, figures, node) {
  if (state().colour === "change") {
    const value = node.change_in_share;
    return { at: value === null ? 0 : value / SHARE_AWAY, words: value === null ? "change unknown" : points(value) };
  }
  const { mean } = ofNode(store, figures, node);
  const middle = store.root.mean_rating;
  return { at: mean === null ? 0 : (mean - middle) / STARS_AWAY, words: mean === null ? "no ratings" : `★ ${decimal(mean)}` };
}

function legend(store, figures) {
  const { colour } = state();
  const ramp = h("span.ramp", { "aria-hidden": "true" }, rampOf(colour).map((each) => h("i", { style: { background: each } })));
  const middle = store.root.mean_rating;
  if (colour === "change") return h("div.legend", {}, `−${SHARE_AWAY * 100} points`, ramp, `+${SHARE_AWAY * 100} points`, h("span", {}, `Share of all feedback, the last weeks against those before${figures.filtered ? "; of the whole run, filters do not change it" : ""}.`));
  return h("div.legend", {}, `${decimal(Math.max(1, middle - STARS_AWAY))} stars`, ramp, `${decimal(Math.min(5, middle + STARS_AWAY))} stars`, h("span", {}, `The middle is the mean of all, ${decimal(middle, 2)}.`));
}

function fillTiles(store, figures, tiles) {
  const shown = figures.node.children.length ? figures.node : figures.node.parent ?? figures.node;
  const sized = (node, depth) => ({ node, value: node.children.length && depth < 2 ? 0 : ofNode(store, figures, node).count, children: depth < 2 && node.children.length ? node.children.map((each) => sized(each, depth + 1)) : undefined });
  const { width, height } = tiles.getBoundingClientRect();
  const root = d3.hierarchy(sized(shown, 0)).sum((each) => each.value).sort((a, b) => a.data.node.is_noise - b.data.node.is_noise || b.value - a.value);
  if (state().tree === "icicle") icicle(root, width, height);
  else d3.treemap().size([width, height]).paddingInner(3).paddingTop((each) => (each.depth === 1 && each.children ? 26 : 0)).round(true)(root);
  for (const place of root.descendants()) {
    if (place.depth && place.value) tiles.append(tile(store, figures, place, [width, height]));
  }
  if (!tiles.children.length) tiles.append(h("p.notice", {}, "Nothing is left here with these filters."));
}

/** Levels from left to right: depth is x. */
function icicle(root, width, height) {
  d3.partition().size([height, width]).padding(2)(root);
  const levels = root.height || 1;
  const column = width / levels;
  for (const place of root.descendants()) {
    const [top, bottom] = [place.x0, place.x1];
    Object.assign(place, { x0: (place.depth - 1) * column, x1: place.children ? place.depth * column - 2 : width, y0: top, y1: bottom });
  }
}

/** In percent of the whole, so that paper may be narrower than the screen. */
function tile(store, figures, place, whole) {
  const { node } = place.data;
  const [width, height] = [place.x1 - place.x0, place.y1 - place.y0];
  const isGroup = Boolean(place.children) && state().tree === "treemap";
  const { at, words } = shade(store, figures, node);
  const ground = diverging(at, state().colour);
  const size = isGroup ? "" : width < 46 || height < 22 ? ".tiny" : width < 84 || height < 44 ? `.short${height < 44 ? ".low" : ""}` : width > 190 && height > 96 ? ".large" : "";
  const kind = isGroup ? ".group" : node.is_noise ? ".noise" : "";
  const { count, share } = ofNode(store, figures, node);
  const part = (length, side) => `${((100 * length) / whole[side]).toFixed(3)}%`;
  const style = { left: part(place.x0, 0), top: part(place.y0, 1), width: part(width, 0), height: part(isGroup ? 24 : height, 1) };
  const lines = Math.floor((height - (size === ".short" ? 8 : 34)) / (size === ".large" ? 20 : 17.5));
  const clamp = { "-webkit-line-clamp": String(Math.max(1, lines)) };
  if (!kind) Object.assign(style, { background: ground, color: inkOn(ground) });
  const label = `${node.cluster_name}: ${number(count)} · ${words}, ${percent(share)} of all feedback`;
  const choose = () => update({ seg: node.cluster_key, q: "" }, { step: true });
  return h(`button.tile${size}${kind}${node === figures.node ? ".here" : ""}`, { type: "button", title: label, "aria-label": size === ".tiny" ? label : null, "data-value": node.cluster_key, style, on: { click: choose } },
    h("span.name", { style: isGroup ? {} : clamp }, said(isGroup ? `${node.cluster_name} · ${number(count)}` : node.cluster_name)), " ",
    isGroup ? null : h("span.figure", {}, `${number(count)} · ${words}`), h("span.unseen", {}, `, ${percent(share)} of all feedback`));
}
