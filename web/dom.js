// Elements made from calls, and a picture changed into another without losing focus, scroll or animation.

const SVG = "http://www.w3.org/2000/svg";
const DRAWN = new Set(["svg", "g", "path", "rect", "circle", "line", "polyline", "text", "title", "defs", "pattern", "use", "polygon"]);

/// An element. Attributes that are null, undefined or false are left out, true is an empty value. Children may be lists.
export function h(tag, attributes, ...children) {
  const element = DRAWN.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/// Changes what is in `parent` into `children`; what has the same `data-key` stays the same element. What is in an element with
/// `data-keep` is somebody else's.
export function fill(parent, ...children) {
  const wanted = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  const keyed = new Map();
  for (const child of parent.children) if (child.dataset?.key) keyed.set(child.dataset.key, child);
  let at = parent.firstChild;
  for (const item of wanted) {
    const next = typeof item === "string" ? document.createTextNode(item) : item;
    const key = next.dataset?.key;
    let old = key ? keyed.get(key) : at;
    if (old && (old.nodeName !== next.nodeName || (!key && old.dataset?.key))) old = null;
    if (!old) {
      parent.insertBefore(next, at);
      continue;
    }
    if (old === at) at = at.nextSibling;
    else parent.insertBefore(old, at);
    become(old, next);
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

function become(old, next) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== next.data) old.data = next.data;
    return;
  }
  for (const { name } of [...old.attributes]) if (!next.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  if (old.nodeName === "INPUT") {
    if (old.type === "checkbox" || old.type === "radio") old.checked = next.hasAttribute("checked");
    return;
  }
  if (old.dataset?.keep !== undefined && next.dataset.keep !== undefined) return;
  fill(old, ...next.childNodes);
}

/// What is shown of a state: a shape as well as a colour.
export function icon(state) {
  const shapes = {
    available: [h("circle", { cx: 8, cy: 8, r: 6.5 }), h("path", { d: "M5 8.200l2.2 2.200L11.2 6", class: "mark" })],
    failed: [h("path", { d: "M8 1.200L15.2 14.200H.8z" }), h("path", { d: "M8 6v4M8 11.900v.4", class: "mark" })],
    noticed: [h("path", { d: "M5.2 1.200h5.600l4 4v5.600l-4 4H5.200l-4-4V5.200z" }), h("path", { d: "M5.4 5.400l5.2 5.200M10.6 5.400l-5.2 5.2", class: "mark" })],
    recovering: [h("rect", { x: 2.4, y: 2.4, width: 11.2, height: 11.2, transform: "rotate(45 8 8)" }), h("path", { d: "M8 5v3.200h2.6", class: "mark" })],
    instance: [h("rect", { x: 2, y: 2.5, width: 12, height: 8.5, rx: 1 }), h("path", { d: "M5 13.700h6", class: "line" })],
    public: [h("circle", { cx: 8, cy: 8, r: 6.5 }), h("path", { d: "M1.7 8h12.600M8 1.600c-4 4-4 8.8 0 12.800M8 1.600c4 4 4 8.8 0 12.8", class: "mark thin" })],
  };
  return h("svg", { class: `icon ${state}`, viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" }, shapes[state] ?? shapes.available);
}
