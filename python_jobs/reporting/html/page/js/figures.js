// Figures of a segment or a category: the marts' own, or those of what the filters leave.
import { addUp, meanOf, select } from "./selection.js";
import { noneOf } from "./store.js";

/** All that the parts draw from; made anew whenever a filter changes. */
export function figuresOf(store, chosen) {
  const selection = select(store, chosen);
  const sums = selection.filtered ? addUp(store, selection.facets) : null;
  return { ...selection, sums, counted: tally(selection.rows), all: summary(store, selection) };
}

const tally = (mask) => mask.reduce((sum, each) => sum + each, 0);

function summary(store, { rows }) {
  const none = noneOf(store.feedback.rating);
  let rated = 0;
  let total = 0;
  let squares = 0;
  for (let row = 0; row < rows.length; row += 1) {
    if (!rows[row] || store.feedback.rating[row] === none) continue;
    const rating = store.feedback.rating[row] / 1000;
    rated += 1;
    total += rating;
    squares += rating * rating;
  }
  return { rated, ...meanOf(rated, total, squares) };
}

/** count, share, rating with interval. */
export function ofNode(store, figures, node) {
  const { sums } = figures;
  if (!sums) return { count: node.count_feedback, share: node.share_of_all, rated: node.count_rated, mean: node.mean_rating, low: node.mean_rating_low, high: node.mean_rating_high };
  const { row } = node;
  const whole = sums.count[store.root.row];
  return { count: sums.count[row], share: whole ? sums.count[row] / whole : null, rated: sums.rated[row], ...meanOf(sums.rated[row], sums.total[row], sums.squares[row]) };
}

/** Feedback by period. */
export function lineOf(store, figures, node) {
  const width = store.periods.length;
  if (figures.sums) return figures.sums.by.subarray(node.row * width, (node.row + 1) * width);
  const { cluster_path: paths, count_feedback: counts } = store.marts.cluster_trends;
  if (!store.lines) {
    store.lines = new Map();
    for (let place = 0; place < paths.length; place += 1) {
      if (!store.lines.has(paths[place])) store.lines.set(paths[place], []);
      store.lines.get(paths[place]).push(counts[place]);
    }
  }
  return store.lines.get(node.row) ?? [];
}

/** The ratings with a theme less those without, within the filters: not adjusted, so not the mart's. */
export function differenceOf(inside, whole) {
  const outside = { rated: whole.rated - inside.rated, total: whole.total - inside.total, squares: whole.squares - inside.squares };
  if (inside.rated < 10 || outside.rated < 10) return null;
  const variance = ({ rated, total, squares }) => Math.max(0, squares - (total * total) / rated) / (rated - 1) / rated;
  const difference = inside.total / inside.rated - outside.total / outside.rated;
  const width = 1.98 * Math.sqrt(variance(inside) + variance(outside));
  return { impact: difference, low: difference - width, high: difference + width, onMean: (difference * inside.rated) / whole.rated };
}

/** Count, ratings and line of each category among the chosen feedback. */
export function tagFigures(store, figures) {
  const { feedback, categoriesOf, periods, periodOfDay, tags } = store;
  const none = noneOf(feedback.rating);
  const empty = noneOf(feedback.categories);
  const width = periods.length;
  const found = { tagged: 0, rated: 0, total: 0, squares: 0, of: tags.map(() => ({ count: 0, rated: 0, total: 0, squares: 0, line: new Float64Array(width) })) };
  for (let row = 0; row < feedback.day.length; row += 1) {
    if (!figures.rows[row]) continue;
    const rating = feedback.rating[row] === none ? null : feedback.rating[row] / 1000;
    if (rating !== null) { found.rated += 1; found.total += rating; found.squares += rating * rating; }
    found.tagged += feedback.tagged[row];
    if (feedback.categories[row] === empty) continue;
    for (const tag of categoriesOf[feedback.categories[row]]) {
      const of = found.of[tag];
      if (!of) continue;
      of.count += 1;
      of.line[periodOfDay[feedback.day[row]]] += 1;
      if (rating !== null) { of.rated += 1; of.total += rating; of.squares += rating * rating; }
    }
  }
  return found;
}
