// From the address to a page, without loading the document again.
//
// Invariant: one page at a time; whatever it started ends with its signal. Addresses are those that the server answers with the document.

const routes = [];
let leave; // AbortController of the present page
let show;
let here; // the present address, without the place on the page

/** `pattern` has `:names`; `load` gives the module with `page(context)`. */
export function route(pattern, load, place) {
  const names = [];
  const text = pattern.replace(/:(\w+)/g, (_, name) => (names.push(name), '([^/]+)'));
  routes.push({ names, regex: new RegExp(`^${text}$`), load, place });
}

/** Loads the files of all pages. */
export function loadAll() {
  for (const { load } of routes) load().catch(() => undefined);
}

export function start(present) {
  show = present;
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href]');
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.origin !== location.origin || link.target || link.hasAttribute('download') || !find(link.pathname)) return;
    if (link.hash && link.pathname === location.pathname && link.search === location.search) return;
    event.preventDefault();
    go(link.pathname + link.search + link.hash);
  });
  // A way to another place on the same page is the browser's own.
  addEventListener('popstate', () => address() !== here && open(false));
  open(false);
}

/** Goes there, as a click would. */
export function go(path) {
  history.pushState(null, '', path);
  open(true);
}

const address = () => location.pathname + location.search;

/** Shows the present address anew. */
export const again = () => open(false);

/** Writes what is being looked at into the address, without leaving the page. */
export function note(params) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || value === null || value === '') query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  history.replaceState(history.state, '', location.pathname + (text ? `?${text}` : ''));
  here = address();
}

function find(path) {
  for (const { names, regex, load, place } of routes) {
    const found = regex.exec(path);
    if (!found) continue;
    const values = found.slice(1).map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
    return { load, place, params: Object.fromEntries(names.map((name, n) => [name, values[n]])) };
  }
  return undefined;
}

async function open(moved) {
  leave?.abort();
  leave = new AbortController();
  here = address();
  const found = find(location.pathname);
  await show({ ...found, query: new URLSearchParams(location.search), signal: leave.signal, moved });
}
