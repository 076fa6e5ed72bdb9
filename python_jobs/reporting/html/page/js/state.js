// What is chosen. The address bar holds it, so that a view can be sent to somebody.
const START = { from: null, to: null, product: [], source: [], language: [], rating: [], tag: null, seg: null, lasso: null, tree: "treemap", colour: "rating", dots: "segment", kind: "cluster", q: "" };
const LISTS = ["product", "source", "language", "rating"];
const listeners = [];
let current = { ...START };

export const state = () => current;
export const onChange = (listener) => listeners.push(listener);

/** Change something; a step that one may want to go back from becomes one of the browser's history. */
export function update(patch, { step = false } = {}) {
  const before = current;
  current = { ...current, ...patch };
  const address = `#${written(current)}`;
  if (address !== location.hash && !(address === "#" && !location.hash)) history[step ? "pushState" : "replaceState"](null, "", address);
  tell(before);
}

export const isFiltered = (chosen = current) => Boolean(chosen.from || chosen.to || chosen.tag || chosen.lasso || LISTS.some((name) => chosen[name].length));
export const withoutFilters = () => ({ from: null, to: null, product: [], source: [], language: [], rating: [], tag: null, lasso: null, seg: null, q: "" });

export function listenToAddress() {
  current = read(location.hash);
  addEventListener("popstate", () => {
    const before = current;
    current = read(location.hash);
    tell(before);
  });
}

function tell(before) {
  const changed = new Set(Object.keys(current).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(current[name])));
  if (changed.size) for (const listener of listeners) listener(changed);
}

function written(chosen) {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(chosen)) {
    if (name === "lasso") { if (value) parts.set(name, value.flat().join(",")); continue; }
    if (LISTS.includes(name)) { for (const each of value) parts.append(name, each); continue; }
    if (value !== START[name] && value !== null && value !== "") parts.set(name, value);
  }
  return parts.toString();
}

/** Whatever is in the address: what makes no sense is left out. */
export function read(hash) {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const found = { ...START };
  for (const name of Object.keys(START)) {
    if (!parts.has(name)) continue;
    if (LISTS.includes(name)) found[name] = parts.getAll(name);
    else if (name === "lasso") found.lasso = polygon(parts.get(name));
    else if (name === "from" || name === "to") found[name] = /^\d{4}-\d\d-\d\d$/.test(parts.get(name)) ? parts.get(name) : null;
    else found[name] = parts.get(name);
  }
  for (const [name, allowed] of [["tree", ["treemap", "icicle"]], ["colour", ["rating", "change"]], ["dots", ["segment", "rating"]], ["kind", ["cluster", "category"]]]) {
    if (!allowed.includes(found[name])) found[name] = START[name];
  }
  return found;
}

function polygon(text) {
  const numbers = text.split(",").map(Number);
  if (numbers.length < 6 || numbers.length > 2000 || numbers.length % 2 || numbers.some((each) => !Number.isFinite(each))) return null;
  return Array.from({ length: numbers.length / 2 }, (_, place) => [numbers[2 * place], numbers[2 * place + 1]]);
}
