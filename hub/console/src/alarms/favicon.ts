/** The count of unacknowledged alarms on the tab's icon, so that a guard sees it from another window. */
const PLAIN = '/favicon.svg';

export function showCount(count: number): void {
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  if (!link) return;
  link.href = count === 0 ? PLAIN : `data:image/svg+xml,${encodeURIComponent(iconWith(count))}`;
}

function iconWith(count: number): string {
  const shown = count > 99 ? '99' : String(count);
  const size = shown.length > 1 ? 34 : 44;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><path d="M20 3h24l17 17v24L44 61H20L3 44V20z" fill="#d92d20"/><text x="32" y="${32 + size * 0.36}" font-family="sans-serif" font-weight="800" font-size="${size}" fill="#fff" text-anchor="middle">${shown}</text></svg>`;
}
