/**
 * A copy, beside the store, of what the hub told the gateway to know: register, rules, configuration.
 * When the store is lost and the hub cannot be reached, devices are let in and watched all the same.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '../core/whole-file.ts';
import type { Registry, Store, StoredRules, StoredSettings } from './store.ts';

interface Known {
  registry: Registry;
  rules: StoredRules;
  settings: StoredSettings;
}

export async function writeKnownCopy(folder: string, store: Store): Promise<void> {
  const known: Known = { registry: store.registry(), rules: store.rules(), settings: store.settings() };
  // It holds hashes of secrets: for its owner only.
  await writeWhole(pathOf(folder), JSON.stringify(known));
}

/** Puts back what the store does not hold any more; a copy that is not there or not whole is no help. */
export async function restoreKnown(folder: string, store: Store): Promise<void> {
  let known: Known;
  try {
    known = JSON.parse(readFileSync(pathOf(folder), 'utf8')) as Known;
  } catch {
    return;
  }
  await store.commit(() => {
    if (store.registry().version === 0) store.put('registry', known.registry);
    if (store.rules().version === 0) store.put('rules', known.rules);
    if (!store.settings().running) store.put('settings', known.settings);
  });
}

function pathOf(folder: string): string {
  return join(folder, 'known.json');
}
