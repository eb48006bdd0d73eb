// Light, dark, or as the system says; remembered in this browser only.

const KEY = 'ledger.theme';
const ORDER = ['auto', 'light', 'dark'];

function stored() {
  try {
    const value = localStorage.getItem(KEY);
    return ORDER.includes(value) ? value : 'auto';
  } catch {
    return 'auto';
  }
}

export const theme = () => stored();

export function applyTheme(value = stored()) {
  if (value === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = value;
}

export function nextTheme() {
  const next = ORDER[(ORDER.indexOf(stored()) + 1) % ORDER.length];
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  applyTheme(next);
  return next;
}
