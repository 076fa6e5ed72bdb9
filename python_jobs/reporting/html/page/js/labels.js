// Where a segment's name stands on the map, and from which zoom on.
import { lineage } from "./store.js";

const WIDEST = 150;
const LETTER = 7.2;
const SAMPLE = 4000;

/** Level 1 at first, the next level with each doubling. */
export const levelOf = (zoom) => Math.max(1, Math.floor(Math.log2(zoom * 1.1)) + 1);

/** Segments with the median place of their feedback, the largest of the highest level first. */
export function labelPlaces(store) {
  const { feedback, nodes } = store;
  const rows = nodes.map(() => []);
  const above = nodes.map((node) => lineage(node).map((each) => each.row));
  for (let row = 0; row < feedback.x.length; row += 1) {
    if (feedback.x[row] === 65535) continue;
    for (const place of above[feedback.cluster[row]] ?? []) rows[place].push(row);
  }
  return nodes.filter((node) => node.depth && !node.is_noise && rows[node.row].length)
    .sort((a, b) => a.depth - b.depth || b.count_feedback - a.count_feedback)
    .map((node) => ({ node, x: middle(feedback.x, rows[node.row]), y: middle(feedback.y, rows[node.row]), ...sizeOf(node.cluster_name) }));
}

function middle(column, rows) {
  const step = Math.ceil(rows.length / SAMPLE);
  const values = rows.filter((_, place) => place % step === 0).map((row) => column[row]).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] / 65535;
}

function sizeOf(name) {
  const letters = Math.min(44, name.length) * LETTER + 12;
  const width = Math.min(WIDEST, letters);
  return { width, height: 18 * Math.ceil(letters / WIDEST) + 4 };
}
