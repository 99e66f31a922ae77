/**
 * `npm run verify -- [DATA] [--head SEQ:HASH]`: walks the hash chain over alarm facts and the files
 * of evidence, and names every fact that was changed, removed or slipped in since it was sealed. Who
 * noted the head of an earlier run elsewhere gives it, and knows that nothing before it was rewritten.
 * Reads only; the hub may be running.
 */
import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { AlarmFact } from '../../core/alarm.ts';
import { type Fault, type Link, verifyLinks } from '../../core/chain.ts';
import { readCommand, runCommand } from '../../core/command.ts';
import { StartError } from '../../core/errors.ts';
import { createFileEvidence } from '../stores/evidence/files.ts';
import type { ChainTables } from './seal.ts';
import { openStored } from './stored.ts';

const USAGE = 'npm run verify -- [DATA] [--head SEQ:HASH] [--json]';
const LINKS_PER_READ = 5_000;
const FAULTS_SHOWN_MAX = 100;

export interface Verified {
  links: number;
  head: { seq: number; hash: string };
  /** Facts that were stored before the chain began. */
  older: number;
  faults: (Fault | { type: 'unsealed-fact'; factId: string })[];
  /** Whether the noted head stands in the chain; undefined when none was given. */
  isHeadKnown: boolean | undefined;
  evidence: { files: number; missing: string[]; changed: string[] };
}

export async function verifyRecords(
  db: Kysely<ChainTables>,
  { evidenceFolder, head: noted }: { evidenceFolder: string; head?: { seq: number; hash: string } | undefined },
): Promise<Verified> {
  const faults: Verified['faults'] = [];
  const hashes = new Set<string>();
  let head: Pick<Link, 'seq' | 'hash'> | undefined;
  let links = 0;
  let isHeadKnown = noted ? false : undefined;
  for (;;) {
    const part = await db
      .selectFrom('alarmChain')
      .leftJoin('alarmFacts', 'alarmFacts.id', 'alarmChain.factId')
      .select(['alarmChain.seq', 'alarmChain.factId', 'alarmChain.factHash', 'alarmChain.hash', 'alarmFacts.fact'])
      .where('alarmChain.seq', '>', head?.seq ?? 0)
      .orderBy('alarmChain.seq')
      .limit(LINKS_PER_READ)
      .execute();
    if (part.length === 0) break;
    const rows = part.map(({ seq, ...row }) => ({ ...row, seq: Number(seq) }));
    const facts = new Map(rows.map((row) => [row.factId, readFact(row.fact)]));
    const result = verifyLinks(head, rows, (id) => facts.get(id));
    faults.push(...result.faults);
    head = result.head;
    links += rows.length;
    if (noted && rows.some((row) => row.seq === noted.seq && row.hash === noted.hash)) isHeadKnown = true;
    for (const fact of facts.values()) if (fact?.body.type === 'evidence') hashes.add(fact.body.evidence.sha256);
  }
  const { older, slippedIn } = await findUnsealed(db);
  for (const factId of slippedIn) faults.push({ type: 'unsealed-fact', factId });
  return {
    links,
    head: head ?? { seq: 0, hash: '' },
    older,
    faults,
    isHeadKnown,
    evidence: await verifyEvidence(evidenceFolder, hashes),
  };
}

/** Facts without a link: from before the chain, or written past the hub since. */
async function findUnsealed(db: Kysely<ChainTables>): Promise<{ older: number; slippedIn: string[] }> {
  const start = await db
    .selectFrom('alarmChain')
    .innerJoin('alarmFacts', 'alarmFacts.id', 'alarmChain.factId')
    .select('alarmFacts.storedAt')
    .orderBy('alarmChain.seq')
    .limit(1)
    .executeTakeFirst();
  const rows = await db
    .selectFrom('alarmFacts')
    .select(['id', 'storedAt'])
    .where('id', 'not in', db.selectFrom('alarmChain').select('factId'))
    .execute();
  const slippedIn = rows.filter((row) => start && Number(row.storedAt) >= Number(start.storedAt));
  return { older: rows.length - slippedIn.length, slippedIn: slippedIn.map((row) => row.id) };
}

/** A fact that is no longer JSON was changed: it hashes to nothing that was sealed. */
function readFact(text: string | null): AlarmFact | undefined {
  if (text === null) return undefined;
  try {
    return JSON.parse(text) as AlarmFact;
  } catch {
    return { id: '', body: { type: 'commented' } } as AlarmFact;
  }
}

/** A missing file may still be on its way from its gateway, or its retention is over; a changed one is forged. */
async function verifyEvidence(folder: string, hashes: ReadonlySet<string>): Promise<Verified['evidence']> {
  const store = createFileEvidence(folder);
  const missing: string[] = [];
  const changed: string[] = [];
  for (const sha256 of hashes) {
    const found = await store.open(sha256);
    if (!found) {
      missing.push(sha256);
      continue;
    }
    const hash = createHash('sha256');
    for await (const chunk of found.stream) hash.update(chunk as Buffer);
    if (hash.digest('hex') !== sha256) changed.push(sha256);
  }
  return { files: hashes.size - missing.length, missing, changed };
}

if (import.meta.main) await runCommand('linli verify', main, 2);

async function main(): Promise<void> {
  const options = { head: { type: 'string' }, json: { type: 'boolean' } } as const;
  const { values, positionals } = readCommand({ allowPositionals: true, options }, USAGE);
  const noted = values.head === undefined ? undefined : readHead(values.head);
  const { db, evidenceFolder } = openStored(positionals[0]);
  try {
    const result = await verifyRecords(db, { evidenceFolder, head: noted });
    process.stdout.write(values.json ? `${JSON.stringify(result, null, 2)}\n` : report(result));
    const isSound = result.faults.length === 0 && result.evidence.changed.length === 0 && result.isHeadKnown !== false;
    process.exitCode = isSound ? 0 : 1;
  } finally {
    await db.destroy();
  }
}

function readHead(text: string): { seq: number; hash: string } {
  const match = /^(\d+):([0-9a-f]{64})$/.exec(text);
  if (!match?.[1] || !match[2]) throw new StartError('--head is SEQ:HASH, as an earlier run printed it');
  return { seq: Number(match[1]), hash: match[2] };
}

function report({ links, head, older, faults, isHeadKnown, evidence }: Verified): string {
  const lines = [
    `${links} alarm facts sealed, ${evidence.files} files of evidence`,
    ...faults.slice(0, FAULTS_SHOWN_MAX).map((fault) => {
      const seq = 'seq' in fault ? ` at ${fault.seq}` : '';
      const id = 'factId' in fault ? ` ${fault.factId}` : '';
      return `${fault.type}${seq}${id}`;
    }),
    ...evidence.changed.map((sha256) => `changed-evidence ${sha256}`),
    evidence.missing.length > 0
      ? `${evidence.missing.length} files of evidence are not here (on their way, or expired)`
      : '',
    older > 0 ? `${older} facts are older than the chain and are not covered` : '',
    isHeadKnown === undefined
      ? ''
      : isHeadKnown
        ? 'the noted head stands: nothing before it was rewritten'
        : 'the noted head is not in the chain: it was rewritten',
    faults.length + evidence.changed.length === 0
      ? isHeadKnown === false
        ? ''
        : 'nothing was changed or removed'
      : `${faults.length + evidence.changed.length} faults`,
    `head ${head.seq}:${head.hash}`,
  ];
  return `${lines.filter(Boolean).join('\n')}\n`;
}
