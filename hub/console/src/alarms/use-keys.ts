/** One-key actions. A key does nothing while somebody types, while a dialog is open, or together with Ctrl, Alt or Meta. */
import { useEffect, useRef } from 'react';

export type KeyMap = Record<string, () => void>;

export function useKeys(keys: KeyMap, enabled = true): void {
  const current = useRef(keys);
  useEffect(() => {
    current.current = keys;
  });
  useEffect(() => {
    if (!enabled) return;
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || isBusy(event.target, event.key))
        return;
      const act = current.current[event.key.toLowerCase()];
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, [enabled]);
}

function isBusy(target: EventTarget | null, key: string): boolean {
  if (document.querySelector('.ant-modal-wrap:not([style*="display: none"])')) return true;
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest('input, textarea, select, [contenteditable="true"], [role="combobox"], [role="listbox"]'))
    return true;
  // Enter and space on a button or link belong to it.
  return (key === 'Enter' || key === ' ') && target.closest('button, a, summary, video') !== null;
}
