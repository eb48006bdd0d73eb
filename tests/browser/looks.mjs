// What can be measured of a page's looks, in the page itself: contrast, names, the width of it, and what Tab reaches.

/** Text with less contrast than WCAG AA asks for: `[{text, ratio, wanted}]`. */
export const faintText = () => {
  const dot = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const known = new Map();
  const rgba = (colour) => {
    if (!known.has(colour)) {
      dot.clearRect(0, 0, 1, 1);
      dot.fillStyle = colour;
      dot.fillRect(0, 0, 1, 1);
      known.set(colour, [...dot.getImageData(0, 0, 1, 1).data].map((v, n) => (n === 3 ? v / 255 : v)));
    }
    return known.get(colour);
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const ground = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const box = at.closest?.('.hashbox');
      const colour = box && !at.classList.contains('leafname') ? getComputedStyle(box.querySelector('rect')).fill : getComputedStyle(at).backgroundColor;
      layers.push(rgba(colour));
      if (layers.at(-1)[3] === 1) break;
      if (box) at = box.parentElement;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const ratio = (a, b) => {
    const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const faint = [];
  const judge = (node, text, style) => {
    const back = ground(node);
    const ink = over(rgba(node instanceof SVGElement ? style.fill : style.color), back);
    const size = parseFloat(style.fontSize);
    const wanted = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const found = ratio(ink, back);
    if (found < wanted - 0.01) faint.push({ text: text.slice(0, 40), ratio: Number(found.toFixed(2)), wanted, where: node.className?.baseVal ?? node.className });
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.nodeValue.trim();
    const node = walk.currentNode.parentElement;
    if (text === '' || node.closest(':disabled, noscript, title, option') || !node.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    judge(node, text, getComputedStyle(node));
  }
  for (const node of document.querySelectorAll('input[placeholder], textarea[placeholder]')) judge(node, node.placeholder, getComputedStyle(node, '::placeholder'));
  return faint;
};

/** What can be used and has no name, or is smaller than 24 pixels where it stands alone. */
export const badControls = () => {
  const named = (n) => n.getAttribute('aria-label') || n.labels?.length || n.textContent.trim() || n.title;
  const small = (n) => {
    const box = n.getBoundingClientRect();
    const inText = getComputedStyle(n).display === 'inline';
    return !inText && (box.width < 23.5 || box.height < 23.5) && !n.matches('.skip, input[type="range"]');
  };
  return [...document.querySelectorAll('a[href], button, input, select, textarea, summary')].filter((n) => n.checkVisibility())
    .filter((n) => !named(n) || small(n)).map((n) => `${n.outerHTML.slice(0, 120)} ${Math.round(n.getBoundingClientRect().width)}x${Math.round(n.getBoundingClientRect().height)}`);
};

/** How much wider the document is than the window. */
export const tooWide = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;

const MARK = 'data-test-reach';

/** Goes through the page by Tab; gives what can be used and was not reached, and what was reached without showing it; `nothing` when there is too little of it. */
export async function tabThrough(page) {
  const all = await page.evaluate((mark) => {
    document.activeElement?.blur();
    scrollTo(0, 0);
    const found = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')].filter((n) => n.tabIndex >= 0 && !n.disabled && n.checkVisibility({ visibilityProperty: true }) && !n.closest('details:not([open]) > :not(summary)'));
    found.forEach((n, i) => n.setAttribute(mark, i));
    return found.length;
  }, MARK);
  const reached = new Set();
  const unseen = [];
  for (let n = 0; n < all + 30 && reached.size < all; n += 1) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate((mark) => {
      const node = document.activeElement;
      const style = getComputedStyle(node);
      return { id: node.getAttribute(mark), shown: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2, what: node.outerHTML.slice(0, 100) };
    }, MARK);
    if (at.id === null) continue;
    reached.add(at.id);
    if (!at.shown) unseen.push(at.what);
  }
  const missed = await page.evaluate(([mark, got]) => [...document.querySelectorAll(`[${mark}]`)].filter((n) => !got.includes(n.getAttribute(mark))).map((n) => n.outerHTML.slice(0, 100)), [MARK, [...reached]]);
  return { nothing: all < 10 ? 1 : 0, missed, unseen };
}
