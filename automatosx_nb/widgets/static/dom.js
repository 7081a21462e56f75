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

// Redraw below `root`, and put the focus back on the element with the same data-key, or on `otherwise`.
export function keepingFocus(root, draw, otherwise) {
  const active = root.getRootNode().activeElement;
  const inside = active && root.contains(active);
  const key = inside ? active.dataset.key : null;
  draw();
  if (!inside || active.isConnected) return;
  const same = key && root.querySelector(`[data-key="${CSS.escape(key)}"]:not(:disabled)`);
  (same || otherwise)?.focus();
}
