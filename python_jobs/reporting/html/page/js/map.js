// The map of all feedback: drag, wheel, keys and fingers move it; a line drawn around points filters.
/* global KDBush */
import { diverging, NO_COLOUR, THEMES } from "./colour.js";
import { choice, fill, h, keepingFocus, partHead, said, svg } from "./dom.js";
import { number, shortened } from "./format.js";
import { labelPlaces, levelOf } from "./labels.js";
import { pointLayer } from "./points.js";
import { about } from "./quotes.js";
import { state, update } from "./state.js";
import { lineage, noneOf } from "./store.js";

const NEAR = 9; // pixels from the pointer to a point
const DEEPEST = 60;
const map = { layer: null, zoom: 1, x: 0.5, y: 0.5, mode: "move", frames: [] };

export function makeMap(store) {
  const section = document.getElementById("map");
  const placed = store.feedback.x.some((each) => each !== 65535);
  if (!placed) { fill(section, partHead("map", "Map", "No feedback has a place on a map yet.")); return; }
  const canvas = h("canvas", { tabindex: "0", role: "application", "aria-label": "Map of all feedback. Arrow keys move it, plus and minus zoom, 0 shows all. Labels are buttons." });
  const line = svg("svg", { "aria-hidden": "true" });
  Object.assign(map, { store, canvas, line, head: h("div"), labels: h("div.labels"), tip: h("div.tip", { hidden: true }) });
  map.stage = h("div.card.stage", {}, canvas, line, map.labels, map.tip, mapButtons());
  fill(section, map.head, map.stage, h("p.legend", { id: "map-legend" }));
  map.layer = pointLayer(canvas, store.feedback.x, store.feedback.y);
  map.places = labelPlaces(store);
  listenToPointer(canvas);
  new ResizeObserver(() => { if (sized()) redraw(); }).observe(map.stage);
  canvas.addEventListener("keydown", onKey);
  whenIdle(() => { map.index = indexOf(store); });
  // For benchmarks and tests: how long frames take, and a way to move without a hand.
  globalThis.insightsMap = { frames: map.frames, name: map.layer.name, move: (zoom, x, y) => { Object.assign(map, { zoom, x, y }); paint(); } };
}

export function drawMap(store, figures) {
  if (!map.layer) return;
  const { dots } = state();
  keepingFocus(map.head, () => fill(map.head, partHead("map", "Map", "Every point is a feedback; those that say similar things lie near each other. Click a point or a label to open its segment, draw around points to keep only them.",
    choice("Colour", [["segment", "Segment"], ["rating", "Rating"]], dots, (value) => update({ dots: value })))));
  const top = store.root?.children.filter((each) => !each.is_noise) ?? [];
  map.layer.palette(dots === "segment" ? [NO_COLOUR, ...THEMES] : [NO_COLOUR, ...Array.from({ length: 41 }, (_, step) => diverging(step / 20 - 1, "rating"))]);
  map.layer.shades(dots === "segment" ? bySegment(store, top) : byRating(store));
  map.layer.mask(figures.rows);
  map.rows = figures.rows;
  fill(document.getElementById("map-legend"), dots === "segment" ? `Colours tell neighbours apart; grey fits in no segment. ${number(figures.counted)} points are lit.` : `Orange is below the mean of all, blue above, grey unrated. ${number(figures.counted)} points are lit.`);
  sized();
  redraw();
}

function bySegment(store, top) {
  const of = store.nodes.map((node) => { const place = top.indexOf(lineage(node)[1]); return place < 0 || node.is_noise && node.depth === 1 ? 0 : 1 + (place % THEMES.length); });
  return Uint8Array.from(store.feedback.cluster, (node) => of[node] ?? 0);
}

function byRating(store) {
  const none = noneOf(store.feedback.rating);
  const middle = store.root?.mean_rating ?? 3;
  return Uint8Array.from(store.feedback.rating, (rating) => (rating === none ? 0 : 1 + Math.round(20 + 20 * Math.max(-1, Math.min(1, (rating / 1000 - middle) / 2)))));
}

function indexOf({ feedback }) {
  const index = new KDBush(feedback.x.length, 64, Uint16Array);
  for (let row = 0; row < feedback.x.length; row += 1) index.add(feedback.x[row], feedback.y[row]);
  return index.finish();
}

const whenIdle = (work) => (globalThis.requestIdleCallback ? requestIdleCallback(work, { timeout: 1500 }) : setTimeout(work, 60));

function sized() {
  const { width, height } = map.stage.getBoundingClientRect();
  const ratio = Math.min(2, devicePixelRatio || 1);
  if (!width || (map.canvas.width === Math.round(width * ratio) && map.canvas.height === Math.round(height * ratio))) return Boolean(width);
  Object.assign(map.canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
  Object.assign(map, { width, height, ratio });
  return true;
}

/** Where 0 … 1 of the layout lies on the stage, in CSS pixels; its sides have no meaning of their own. */
function view() {
  const high = map.height * 0.9 * map.zoom;
  const wide = Math.min(map.width * 0.9 * map.zoom, high * 1.8);
  return { wide, high, left: map.width / 2 - map.x * wide, top: map.height / 2 - map.y * high };
}

function redraw() {
  if (map.pending || !map.width) return;
  map.pending = requestAnimationFrame(() => { map.pending = null; paint(); });
}

function paint() {
  const start = performance.now();
  const { wide, high, left, top } = view();
  const { ratio } = map;
  const dot = Math.max(2.4, Math.min(11, (5.2 * Math.sqrt(map.zoom)) / Math.max(1, (map.store.count / 6000) ** 0.28)));
  map.layer.draw({ left: left * ratio, top: top * ratio, wide: wide * ratio, high: high * ratio, dot: dot * ratio });
  placeLabels({ wide, high, left, top });
  drawLasso();
  map.frames.push(performance.now() - start);
  if (map.frames.length > 600) map.frames.shift();
}

function placeLabels({ wide, high, left, top }) {
  const taken = [];
  const level = levelOf(map.zoom);
  const shown = [];
  for (const { node, x, y, width, height } of map.places) {
    if (node.depth > level || shown.length >= 44) continue;
    const [across, down] = [left + x * wide, top + y * high];
    const box = [across - width / 2, down - height / 2, across + width / 2, down + height / 2];
    if (box[0] < 2 || box[1] < 2 || box[2] > map.width - 2 || box[3] > map.height - 2) continue;
    if (box[2] > map.width - 60 && box[1] < 190) continue;
    if (taken.some((each) => box[0] < each[2] && box[2] > each[0] && box[1] < each[3] && box[3] > each[1])) continue;
    taken.push(box);
    shown.push([node, box, width]);
  }
  const wanted = new Map(shown.map(([node, box, width]) => [node.cluster_key, { node, box, width }]));
  for (const label of [...map.labels.children]) if (!wanted.has(label.dataset.value)) label.remove();
  for (const [key, { node, box, width }] of wanted) {
    let label = [...map.labels.children].find((each) => each.dataset.value === key);
    if (!label) {
      label = h(`button.label${node.depth > 1 ? ".deeper" : ""}`, { type: "button", "data-value": key, title: node.cluster_name, on: { click: () => update({ seg: key, q: "" }, { step: true }) } }, said(shortened(node.cluster_name, 44)));
      map.labels.append(label);
    }
    label.style.setProperty("width", `${width}px`);
    label.style.setProperty("transform", `translate(${box[0].toFixed(1)}px, ${box[1].toFixed(1)}px)`);
  }
}

function drawLasso() {
  const { wide, high, left, top } = view();
  const polygon = map.drawing ?? state().lasso;
  const corners = polygon?.map(([x, y]) => `${(left + (x / 1000) * wide).toFixed(1)},${(top + (y / 1000) * high).toFixed(1)}`);
  fill(map.line, corners ? svg("polygon.lasso-line", { points: corners.join(" ") }) : null);
}

function mapButtons() {
  const button = (words, label, click, extra = {}) => h("button.button", { type: "button", "aria-label": label, title: label, on: { click }, ...extra }, words);
  map.lassoButton = button("✎", "Draw around points to keep only them", () => setMode(map.mode === "lasso" ? "move" : "lasso"), { "aria-pressed": "false" });
  return h("div.map-buttons", {}, button("+", "Zoom in", () => zoomBy(1.6)), button("−", "Zoom out", () => zoomBy(1 / 1.6)), button("⤢", "Show all", showAll), map.lassoButton);
}

function setMode(mode) {
  map.mode = mode;
  map.lassoButton.setAttribute("aria-pressed", String(mode === "lasso"));
  map.stage.classList.toggle("lassoing", mode === "lasso");
}

function showAll() {
  Object.assign(map, { zoom: 1, x: 0.5, y: 0.5 });
  redraw();
}

function zoomBy(factor, across = map.width / 2, down = map.height / 2) {
  const before = inLayout(across, down);
  map.zoom = Math.max(0.7, Math.min(DEEPEST, map.zoom * factor));
  const after = inLayout(across, down);
  moveBy(before[0] - after[0], before[1] - after[1]);
}

function moveBy(x, y) {
  map.x = Math.max(-0.1, Math.min(1.1, map.x + x));
  map.y = Math.max(-0.1, Math.min(1.1, map.y + y));
  redraw();
}

function inLayout(across, down) {
  const { wide, high, left, top } = view();
  return [(across - left) / wide, (down - top) / high];
}

function onKey(event) {
  const step = 0.12 / map.zoom;
  const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  if (moves[event.key]) moveBy(...moves[event.key]);
  else if (event.key === "+" || event.key === "=") zoomBy(1.4);
  else if (event.key === "-") zoomBy(1 / 1.4);
  else if (event.key === "0") showAll();
  else if (event.key === "Escape" && state().lasso) update({ lasso: null });
  else return;
  event.preventDefault();
}

function listenToPointer(canvas) {
  const fingers = new Map();
  let moved = 0;
  const at = (event) => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  canvas.addEventListener("wheel", (event) => { event.preventDefault(); zoomBy(Math.exp(-event.deltaY * 0.0016), ...at(event)); }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, at(event));
    moved = 0;
    if (map.mode === "lasso" || event.shiftKey) map.drawing = [thousandths(at(event))];
  });
  canvas.addEventListener("pointermove", (event) => {
    const here = at(event);
    const before = fingers.get(event.pointerId);
    if (!before) { hover(here); return; }
    moved += Math.abs(here[0] - before[0]) + Math.abs(here[1] - before[1]);
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (map.drawing) { map.drawing.push(thousandths(here)); redraw(); }
    else if (other) zoomBy(apart(here, other) / Math.max(1, apart(before, other)), (here[0] + other[0]) / 2, (here[1] + other[1]) / 2);
    else { const { wide, high } = view(); moveBy((before[0] - here[0]) / wide, (before[1] - here[1]) / high); }
    fingers.set(event.pointerId, here);
    map.tip.hidden = true;
  });
  const end = (event) => {
    if (!fingers.delete(event.pointerId)) return;
    if (map.drawing) finishLasso();
    else if (moved < 6 && event.type === "pointerup") clicked(at(event), event.pointerType);
  };
  for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, end);
  canvas.addEventListener("pointerleave", () => { map.tip.hidden = true; });
}

const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
const thousandths = (place) => inLayout(...place).map((each) => Math.round(each * 1000));

/** At most a hundred corners, so that the address stays short. */
function finishLasso() {
  const every = Math.ceil(map.drawing.length / 100);
  const polygon = map.drawing.filter((_, place) => place % every === 0);
  map.drawing = null;
  setMode("move");
  if (polygon.length > 2) update({ lasso: polygon }, { step: true });
  else redraw();
}

/** The nearest lit point around a place, or null. */
function nearest([across, down]) {
  if (!map.index) return null;
  const { wide, high } = view();
  const [x, y] = inLayout(across, down).map((each) => each * 65535);
  const [reachX, reachY] = [(NEAR / wide) * 65535, (NEAR / high) * 65535];
  let found = null;
  let least = 1;
  for (const row of map.index.range(x - reachX, y - reachY, x + reachX, y + reachY)) {
    const away = ((map.store.feedback.x[row] - x) / reachX) ** 2 + ((map.store.feedback.y[row] - y) / reachY) ** 2;
    if (away < least && map.rows?.[row] && map.store.feedback.x[row] !== 65535) { least = away; found = row; }
  }
  return found;
}

function hover(place) {
  const row = nearest(place);
  map.tip.hidden = row === null;
  if (row === null) return;
  const { store } = map;
  const node = store.nodes[store.feedback.cluster[row]];
  const text = store.texts?.get(row);
  fill(map.tip, node ? said(node.cluster_name, "p.where") : null, text ? said(shortened(text, 320), "p") : null, said(about(store, row).join(" · "), "p.where"));
  const { offsetWidth: width, offsetHeight: height } = map.tip;
  map.tip.style.setProperty("left", `${Math.max(8, Math.min(map.width - width - 8, place[0] + 14))}px`);
  map.tip.style.setProperty("top", `${place[1] + height + 26 > map.height ? Math.max(8, place[1] - height - 14) : place[1] + 14}px`);
}

function clicked(place, kind) {
  const row = nearest(place);
  if (row === null) return;
  if (kind === "touch" && map.tip.hidden) { hover(place); return; }
  const node = map.store.nodes[map.store.feedback.cluster[row]];
  if (node) update({ seg: node.cluster_key, q: "" }, { step: true });
}
