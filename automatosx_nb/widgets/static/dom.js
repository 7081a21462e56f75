// Elements, without a framework. Text goes in as text nodes; only `fragment` takes HTML.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

// `html` comes from Python, where it was sanitised; a template runs no script and loads nothing by itself.
export function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

export function uid() {
  return Math.random().toString(36).slice(2, 10);
}

// What a person who was at the element `key` ("action:plugin") wants to be at now: the same element if it can be used,
// else another one of the same plugin, as Details where Install went away.
export function nearKey(root, key) {
  if (!key) return null;
  const usable = [...root.querySelectorAll("[data-key]:not(:disabled)")].filter((one) => one.checkVisibility());
  const plugin = key.slice(key.indexOf(":"));
  return usable.find((one) => one.dataset.key === key) ?? usable.find((one) => one.dataset.key.endsWith(plugin)) ?? null;
}

// Redraw below `root`, and keep the focus where it was, or near it, or on `otherwise`.
export function keepingFocus(root, draw, otherwise) {
  const active = root.getRootNode().activeElement;
  const inside = active && root.contains(active);
  draw();
  if (inside && !active.isConnected) (nearKey(root, active.dataset.key) ?? otherwise)?.focus();
}

// The notebook's one-key commands would eat what is typed below `root`.
export function keepKeys(root) {
  root.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key === "Enter") event.stopPropagation();
  });
}
