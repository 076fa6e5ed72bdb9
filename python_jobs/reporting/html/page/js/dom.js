// Elements. Data reach the page as text nodes only: there is no way here to parse markup.
const SVG = "http://www.w3.org/2000/svg";

/** `h("button.tile.large", {on: {click}, style: {left: "0"}, ...attributes}, ...children)`. */
export function h(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  return dress(document.createElement(tag), classes, attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  return dress(document.createElementNS(SVG, tag), classes, attributes, children);
}

function dress(element, classes, { on = {}, style = {}, ...attributes }, children) {
  if (classes.length) element.setAttribute("class", classes.join(" "));
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : value);
  }
  for (const [name, value] of Object.entries(style)) element.style.setProperty(name, value);
  for (const [event, handler] of Object.entries(on)) element.addEventListener(event, handler);
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A name or a text that others wrote: a direction of writing inside it ends with it. */
export const said = (text, tag = "span") => h(`${tag}.said`, { dir: "auto" }, text ?? "");

export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** The heading of a part, with what it says and its controls. */
export function partHead(id, title, words, ...tools) {
  return h("div.part-head", {}, h("div", {}, h("h2", { id: `${id}-title`, tabindex: "-1" }, title), h("p", {}, words)), tools.length ? h("div.part-tools", {}, tools) : null);
}

/** Buttons of which one is pressed. */
export function choice(label, options, chosen, choose) {
  return h("div.choice", { role: "group", "aria-label": label }, h("span", { "aria-hidden": "true" }, label), options.map(([value, words]) =>
    h("button.button", { type: "button", "data-value": value, "aria-pressed": String(value === chosen), on: { click: () => choose(value) } }, words)));
}

/** Keeps the keyboard where it was when a part is drawn anew. */
export function keepingFocus(element, draw) {
  const active = document.activeElement;
  const path = [];
  for (let each = active; each && each !== element; each = each.parentElement) {
    if (!each.parentElement) { path.length = 0; break; }
    path.unshift([...each.parentElement.children].indexOf(each));
  }
  const inside = element.contains(active) && active !== element;
  const value = active?.getAttribute?.("data-value");
  draw();
  if (!inside) return;
  const same = value && [...element.querySelectorAll("[data-value]")].find((each) => each.getAttribute("data-value") === value);
  let found = same ?? element;
  if (!same) for (const place of path) found = found.children[place] ?? found;
  if (found !== element) found.focus({ preventScroll: true });
}

let speaking = null;
/** Tell a screen reader, once things have settled. */
export function announce(words) {
  clearTimeout(speaking);
  speaking = setTimeout(() => { document.getElementById("live").textContent = words; }, 400);
}
