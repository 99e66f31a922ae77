/** A hub on each kind of records store: what one database takes in silence, the other refuses. */
import { programOrSkip } from '../../tools/programs.ts';
import { startPostgres } from '../contracts/servers.ts';
import { type RealHub, startRealHub } from '../hub/real-hub.ts';

const postgres = programOrSkip('postgres');

export const RECORDS = [
  { name: 'SQLite', isThere: true },
  { name: 'PostgreSQL (package postgresql)', isThere: postgres !== undefined },
];

export async function startHubOn(name: string): Promise<RealHub> {
  if (name === 'SQLite') return startRealHub();
  const server = await startPostgres(postgres ?? '');
  const real = await startRealHub({ LINLI_RECORDS_URL: server.url });
  const { stop } = real;
  return Object.assign(real, {
    async stop() {
      await stop();
      await server.stop();
    },
  });
}
