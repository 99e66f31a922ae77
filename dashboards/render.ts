import { join } from 'node:path';
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { scanDefinitions } from '../core/scan.ts';

/** Every dashboard of `definitions/` as JSON; key: its id. */
export async function renderDashboards(): Promise<Map<string, string>> {
  const definitions = await scanDefinitions<DashboardBuilder>(join(import.meta.dirname, 'definitions'));
  return new Map([...definitions].map(([id, builder]) => [id, `${JSON.stringify(builder.build(), null, 2)}\n`]));
}
