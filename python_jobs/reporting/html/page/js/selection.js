// Which feedback the filters leave, and what it adds up to.
import { below, DAY, noneOf } from "./store.js";
import { isFiltered } from "./state.js";

export const STARS = ["1", "2", "3", "4", "5", "none"];
const starOf = (rating, none) => (rating === none ? 5 : Math.max(0, Math.min(4, Math.round(rating / 1000) - 1)));

/** Masks over the feedback: `facets` by all filters, `rows` inside the chosen segment as well. */
export function select(store, chosen) {
  const { feedback, count } = store;
  const facets = new Uint8Array(count).fill(1);
  const first = feedback.first_day[0];
  if (chosen.from || chosen.to) {
    const from = chosen.from ? Date.parse(chosen.from) / DAY - first : -Infinity;
    const to = chosen.to ? Date.parse(chosen.to) / DAY - first : Infinity;
    for (let row = 0; row < count; row += 1) if (feedback.day[row] < from || feedback.day[row] > to) facets[row] = 0;
  }
  for (const name of ["product", "source", "language"]) if (chosen[name].length) keepNamed(facets, feedback[name], chosen[name].map((each) => store.names[name].indexOf(each)));
  if (chosen.rating.length) {
    const none = noneOf(feedback.rating);
    const wanted = STARS.map((each) => chosen.rating.includes(each));
    for (let row = 0; row < count; row += 1) if (!wanted[starOf(feedback.rating[row], none)]) facets[row] = 0;
  }
  if (chosen.tag) {
    const tag = store.tags.findIndex((each) => each.category === chosen.tag);
    keepNamed(facets, feedback.categories, store.categoriesOf.flatMap((set, place) => (set.includes(tag) ? [place] : [])));
  }
  if (chosen.lasso) keepInside(facets, feedback, chosen.lasso);
  const node = store.byKey.get(chosen.seg) ?? store.root;
  return { facets, rows: inSegment(store, facets, node), node, filtered: isFiltered(chosen) };
}

function keepNamed(mask, column, places) {
  const wanted = new Set(places);
  for (let row = 0; row < mask.length; row += 1) if (!wanted.has(column[row])) mask[row] = 0;
}

function inSegment(store, facets, node) {
  if (!node || node === store.root) return facets;
  const inside = below(store, node);
  return facets.map((each, row) => (each && inside[store.feedback.cluster[row]] ? 1 : 0));
}

/** Even-odd rule; the polygon is in thousandths of the map's sides. */
function keepInside(mask, { x, y }, polygon) {
  const corners = polygon.map(([left, top]) => [left * 65.534, top * 65.534]);
  for (let row = 0; row < mask.length; row += 1) {
    if (!mask[row]) continue;
    if (x[row] === 65535) { mask[row] = 0; continue; }
    let inside = false;
    for (let i = 0, j = corners.length - 1; i < corners.length; j = i, i += 1) {
      const [xi, yi] = corners[i];
      const [xj, yj] = corners[j];
      if (yi > y[row] !== yj > y[row] && x[row] < ((xj - xi) * (y[row] - yi)) / (yj - yi) + xi) inside = !inside;
    }
    if (!inside) mask[row] = 0;
  }
}

/** Counts and ratings by node and by node and period, children counted in their parents. */
export function addUp(store, mask) {
  const { feedback, nodes, periods, periodOfDay } = store;
  const width = periods.length;
  const none = noneOf(feedback.rating);
  const empty = noneOf(feedback.cluster);
  const sums = { count: new Float64Array(nodes.length), rated: new Float64Array(nodes.length), total: new Float64Array(nodes.length), squares: new Float64Array(nodes.length), by: new Float64Array(nodes.length * width) };
  for (let row = 0; row < mask.length; row += 1) {
    const node = feedback.cluster[row];
    if (!mask[row] || node === empty) continue;
    sums.count[node] += 1;
    if (width) sums.by[node * width + periodOfDay[feedback.day[row]]] += 1;
    if (feedback.rating[row] === none) continue;
    const rating = feedback.rating[row] / 1000;
    sums.rated[node] += 1;
    sums.total[node] += rating;
    sums.squares[node] += rating * rating;
  }
  for (let node = nodes.length - 1; node > 0; node -= 1) {
    const parent = nodes[node].parent?.row;
    if (parent === undefined) continue;
    for (const name of ["count", "rated", "total", "squares"]) sums[name][parent] += sums[name][node];
    for (let period = 0; period < width; period += 1) sums.by[parent * width + period] += sums.by[node * width + period];
  }
  return sums;
}

/** Mean with the 95% interval of Student's t (normal from 30 ratings on, near enough to draw). */
export function meanOf(count, total, squares) {
  if (!count) return { mean: null, low: null, high: null };
  const mean = total / count;
  if (count < 2) return { mean, low: null, high: null };
  const error = Math.sqrt(Math.max(0, squares - count * mean * mean) / (count - 1) / count);
  const width = (1.96 + 2.6 / (count - 1)) * error;
  return { mean, low: Math.max(1, mean - width), high: Math.min(5, mean + width) };
}
