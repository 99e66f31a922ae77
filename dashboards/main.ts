/** `npm run dashboards`: writes every definition as JSON that Grafana provisions or imports. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderDashboards } from './render.ts';

const folder = join(import.meta.dirname, 'generated');
await mkdir(folder, { recursive: true });
for (const [id, json] of await renderDashboards()) {
  await writeFile(join(folder, `${id}.json`), json);
  process.stdout.write(`wrote dashboards/generated/${id}.json\n`);
}
