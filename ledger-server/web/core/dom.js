// Builds DOM, and brings what is on the page up to date without replacing it: focus, selection and scroll stay where they are.
//
// Not a framework: no component has state here. Invariant: text is text. Nothing is ever parsed as HTML, and the only way to a handler is a function.

const SVG = 'http://www.w3.org/2000/svg';

/** An HTML element. `props`: `on*` are handlers, `class`, `data-*`, `aria-*` and the like attributes, `value`, `checked`... properties. */
export function h(tag, props, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** The same for SVG. */
export function s(tag, props, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

/**
 * An HTML element whose content is built only when it is not on the page yet. `memo` says what it shows: while it is the same, the element on the
 * page stays as it is. For long lists of what never changes.
 */
export function lazy(tag, props, memo, build) {
  return Object.assign(h(tag, { ...props, 'data-lazy': true }), { memo, build });
}

function ripen(node) {
  if (node.nodeType !== 1) return;
  for (const unripe of node.build ? [node] : node.querySelectorAll('[data-lazy]')) {
    unripe.removeAttribute('data-lazy');
    add(unripe, [unripe.build()]);
    unripe.build = undefined;
  }
}

const PROPERTIES = new Set(['value', 'checked', 'disabled', 'open', 'selected', 'hidden', 'indeterminate', 'htmlFor']);

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name.startsWith('on')) {
      if (typeof value === 'function') {
        node[name] = value;
        (node.handlers ??= new Map()).set(name, value);
      }
    } else if (name === 'css') {
      // Sizes and places that come from data go through the style object, which the policy allows.
      node.place = value;
      restyle(node, value);
    } else if (PROPERTIES.has(name)) {
      node[name] = value;
      (node.given ??= new Map()).set(name, value);
    } else if (value !== undefined && value !== null && value !== false) {
      node.setAttribute(name, value === true ? '' : String(value));
    }
  }
  add(node, children);
  return node;
}

function restyle(node, css) {
  for (const [name, value] of Object.entries(css)) node.style.setProperty(name, value);
}

function add(node, children) {
  for (const child of children) {
    if (child === undefined || child === null || child === false || child === '') continue;
    if (Array.isArray(child)) add(node, child);
    else node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Makes the children of `parent` what `children` say, changing as little as possible. */
export function render(parent, ...children) {
  const wanted = document.createDocumentFragment();
  add(wanted, children);
  patchChildren(parent, wanted);
}

const keyOf = (node) => (node.nodeType === 1 ? node.getAttribute('data-key') : null);

function patchChildren(parent, wanted) {
  const keyed = new Map();
  for (const child of parent.childNodes) {
    const key = keyOf(child);
    if (key !== null) keyed.set(key, child);
  }
  const stays = new Set([...wanted.childNodes].map(keyOf));
  let at = parent.firstChild;
  for (const next of [...wanted.childNodes]) {
    // What goes, goes first: a node that is moved past it would lose its focus.
    while (at && keyOf(at) !== null && !stays.has(keyOf(at))) at = drop(at);
    const key = keyOf(next);
    const same = key === null ? (at && keyOf(at) === null ? at : null) : (keyed.get(key) ?? null);
    if (same && alike(same, next)) {
      if (same === at) at = at.nextSibling;
      else parent.insertBefore(same, at);
      patch(same, next);
    } else {
      ripen(next);
      parent.insertBefore(next, at);
    }
  }
  while (at) at = drop(at);
}

/** Takes a node away; gives the one behind it. */
function drop(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

// A node that looks after its own content says so by `island`: it stays while its name stays the same.
function alike(old, next) {
  return old.nodeType === next.nodeType && old.nodeName === next.nodeName && old.island === next.island;
}

function patch(old, next) {
  if (old.nodeType !== 1) {
    if (old.nodeValue !== next.nodeValue) old.nodeValue = next.nodeValue;
    return;
  }
  if (next.memo !== undefined) {
    if (old.memo === next.memo) return;
    ripen(next);
    old.memo = next.memo;
  }
  // `open` is whoever's who opened it.
  for (const { name } of [...old.attributes]) if (!next.hasAttribute(name) && name !== 'style' && name !== 'open') old.removeAttribute(name);
  for (const { name, value } of next.attributes) {
    if (name !== 'style' && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const name of old.handlers?.keys() ?? []) if (!next.handlers?.has(name)) old[name] = null;
  for (const [name, value] of next.handlers ?? []) old[name] = value;
  old.handlers = next.handlers;
  if (next.place || old.place) {
    for (const name of Object.keys(old.place ?? {})) if (!next.place || !(name in next.place)) old.style.removeProperty(name);
    restyle(old, next.place ?? {});
    old.place = next.place;
  }
  for (const [name, value] of next.given ?? []) {
    // What somebody is typing or has opened is theirs.
    if (name === 'value' && old === document.activeElement && old.type !== 'range') continue;
    if (name === 'open' && old.given?.get(name) === value) continue;
    if (old[name] !== value) old[name] = value;
  }
  old.given = next.given;
  if (old.island === undefined) patchChildren(old, next);
}
