"""What a person would see at once on a picture of a page, found by asking the browser where each word stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

_LOOK = r"""
() => {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) found.push(`the page is ${root.scrollWidth - innerWidth} px too wide`);
  if (document.body.matches('.desk:not(.it)') && root.scrollHeight > innerHeight)
    found.push(`the page is ${root.scrollHeight - innerHeight} px too high: a desk's page does not scroll`);
  const unseen = (e) => e.closest('.unseen, [hidden], select, option, svg, script, style, template') !== null;
  // What an element may show of itself: cut by everything above it that hides or scrolls.
  const window_ = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
  const shown = (element) => {
    let box = { ...window_ };
    for (let e = element; e && e !== root; e = e.parentElement) {
      const style = getComputedStyle(e);
      if (style.position === 'fixed') break;
      if (style.overflowX === 'visible' && style.overflowY === 'visible') continue;
      const r = e.getBoundingClientRect();
      box = { left: Math.max(box.left, r.left), top: Math.max(box.top, r.top),
              right: Math.min(box.right, r.right), bottom: Math.min(box.bottom, r.bottom) };
    }
    return box;
  };
  const words = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.data.trim();
    const owner = node.parentElement;
    if (!text || unseen(owner) || !owner.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = shown(owner);
    let out = false;
    for (const r of range.getClientRects()) {
      if (r.width < 1 || r.height < 1) continue;
      // Line boxes are higher than their letters.
      const slim = r.height * 0.22;
      const seen = { left: Math.max(r.left, box.left), top: Math.max(r.top + slim, box.top),
                     right: Math.min(r.right, box.right), bottom: Math.min(r.bottom - slim, box.bottom) };
      if (r.left < box.left - 2 || r.right > box.right + 2) {
        const lost = seen.bottom > seen.top && getComputedStyle(owner).textOverflow !== 'ellipsis';
        if (lost && !out) found.push(`"${text.slice(0, 40)}" is cut off at its side`);
        out = true;
      }
      if (seen.right - seen.left > 2 && seen.bottom - seen.top > 2) words.push({ text, owner, ...seen });
    }
  }
  for (let a = 0; a < words.length; a += 1) {
    for (let b = a + 1; b < words.length; b += 1) {
      const one = words[a], two = words[b];
      if (one.owner === two.owner) continue;
      const wide = Math.min(one.right, two.right) - Math.max(one.left, two.left);
      const high = Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top);
      if (wide > 2 && high > 2)
        found.push(`"${one.text.slice(0, 30)}" and "${two.text.slice(0, 30)}" lie on each other`);
    }
  }
  // A field that hides a word or a button that leaves its card.
  const boxes = [...document.querySelectorAll('button, .act, input:not([type=hidden]), select, textarea')].filter(
    (e) => !unseen(e.parentElement) && e.checkVisibility({ visibilityProperty: true }));
  const cut = (e) => {
    const r = e.getBoundingClientRect(), box = shown(e.parentElement);
    return { left: Math.max(r.left, box.left), top: Math.max(r.top, box.top),
             right: Math.min(r.right, box.right), bottom: Math.min(r.bottom, box.bottom) };
  };
  for (const e of boxes) {
    const r = cut(e), whole = e.getBoundingClientRect();
    const name = `${e.tagName} "${e.innerText || e.name}"`;
    if (whole.right > innerWidth + 1 || whole.left < -1) found.push(`${name} leaves the screen`);
    if (r.bottom - r.top > 2 && (whole.right > r.right + 2 || whole.left < r.left - 2))
      found.push(`${name} is cut off at its side`);
    for (const two of boxes) {
      if (two === e || e.contains(two) || two.contains(e) || !(e.compareDocumentPosition(two) & 4)) continue;
      const o = cut(two);
      const wide = Math.min(r.right, o.right) - Math.max(r.left, o.left);
      const high = Math.min(r.bottom, o.bottom) - Math.max(r.top, o.top);
      if (wide > 3 && high > 3 && !e.closest('.scanbox'))
        found.push(`${name} and ${two.tagName} "${two.innerText || two.name}" overlap`);
    }
  }
  return [...new Set(found)].slice(0, 12);
}
"""


def ill_laid(page: Page) -> list[str]:
    """Words cut off or lying on each other, controls that overlap or leave the screen, a page too large; [] is good."""
    found: list[str] = page.evaluate(_LOOK)
    return found
