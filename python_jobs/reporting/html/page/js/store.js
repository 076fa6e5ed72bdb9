// What the page knows: feedback by column, the tree of segments, the marts as rows.
import { factsOf, unpack } from "./data.js";

const NONE = { Uint8Array: 255, Uint16Array: 65535, Uint32Array: 4294967295 };
export const DAY = 86400000;
const YES = 1;

/** The null of an array of unsigned integers. */
export const noneOf = (array) => NONE[array.constructor.name];

export async function openStore() {
  const columns = await unpack("core");
  const facts = factsOf();
  const marts = {};
  for (const [full, values] of Object.entries(columns)) {
    const [mart, column] = full.split(".");
    (marts[mart] ??= {})[column] = values;
  }
  const { feedback, names } = marts;
  const nodes = tree(marts.cluster_summary);
  const store = {
    facts, feedback, names, marts, nodes,
    count: facts.count,
    byKey: new Map(nodes.map((node) => [node.cluster_key, node])),
    byPath: new Map(nodes.map((node) => [node.cluster_path, node])),
    root: nodes[0] ?? null,
    impacts: rowsOf(marts.rating_impact),
    movements: rowsOf(marts.emerging_clusters),
    changes: rowsOf(marts.cluster_changes),
    tags: rowsOf(marts.tag_summary),
    gaps: rowsOf(marts.tag_cluster_gap),
    texts: null,
    ids: null,
  };
  store.categoriesOf = names.categories.map((set) => set.split(", ").map((name) => store.tags.findIndex((tag) => tag.category === name)));
  store.periods = periodsOf(marts.cluster_trends.period_start);
  store.periodOfDay = placeDays(store);
  store.openPeriods = openOnes(marts.cluster_trends);
  store.exemplarsOf = exemplars(store);
  return store;
}

/** Texts come last: the page is in use before they are here. */
export async function openTexts(store) {
  const { row, text, id } = await unpack("texts");
  store.texts = new Map();
  for (let place = 0; place < row.length; place += 1) store.texts.set(row[place], text[place]);
  store.ids = id;
}

/** A mart as objects; numbers that are null are null, not NaN. */
export function rowsOf(mart) {
  const columns = Object.keys(mart);
  const count = columns.length ? mart[columns[0]].length : 0;
  return Array.from({ length: count }, (_, row) => {
    const found = { row };
    for (const column of columns) found[column] = plain(mart[column][row], mart[column]);
    return found;
  });
}

function plain(value, column) {
  if (column instanceof Uint8Array) return value === 255 ? null : value === YES;
  return typeof value === "number" && Number.isNaN(value) ? null : value;
}

function tree(mart) {
  const nodes = rowsOf(mart);
  const byPath = new Map(nodes.map((node) => [node.cluster_path, node]));
  for (const node of nodes) {
    node.children = [];
    node.parent = byPath.get(node.parent_path) ?? null;
    node.parent?.children.push(node);
  }
  for (const node of nodes) node.children.sort((a, b) => a.is_noise - b.is_noise || b.count_feedback - a.count_feedback);
  return nodes;
}

/** The node itself and all nodes below, as a mask over the nodes. */
export function below(store, node) {
  const inside = new Uint8Array(store.nodes.length);
  for (const each of store.nodes) inside[each.row] = each === node || (each.parent && inside[each.parent.row]) ? 1 : 0;
  return inside;
}

export function lineage(node) {
  return node ? [...lineage(node.parent), node] : [];
}

function periodsOf(starts) {
  return Float64Array.from([...new Set(starts)].filter((each) => !Number.isNaN(each)).sort((a, b) => a - b));
}

/** How many periods at the end had not ended with the last feedback. */
function openOnes({ cluster_path: paths, is_complete: complete }) {
  const ofRoot = Array.from(complete).filter((_, place) => paths[place] === 0);
  const last = ofRoot.lastIndexOf(YES);
  return last < 0 ? 0 : ofRoot.length - 1 - last;
}

function placeDays({ feedback, periods }) {
  let last = 0;
  for (const day of feedback.day) last = Math.max(last, day);
  const places = new Uint16Array(last + 1);
  let place = 0;
  for (let day = 0; day <= last; day += 1) {
    while (place + 1 < periods.length && periods[place + 1] <= (feedback.first_day[0] + day) * DAY) place += 1;
    places[day] = place;
  }
  return places;
}

function exemplars({ feedback, marts }) {
  const found = new Map();
  const none = noneOf(feedback.exemplar);
  marts.cluster_exemplars.cluster_path.forEach((path, place) => {
    const row = feedback.exemplar[place];
    if (row !== none) found.set(path, [...(found.get(path) ?? []), row]);
  });
  return found;
}
