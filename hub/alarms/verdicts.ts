/**
 * `npm run verdicts -- FOLDER [DATA] [--days N]`: writes what guards said of falling objects as labelled
 * data: for each judged alarm its clips as MP4, and beside each a JSON with the verdict and the track.
 * `npm run train -- --verdicts FOLDER` learns from it. Alarms marked unsure teach nothing and are left
 * out. The clips show people's homes: the folder is for whoever trains, and for nobody else.
 */
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { AlarmFact, Evidence } from '../../core/alarm.ts';
import { systemClock } from '../../core/clock.ts';
import { numberIn, readCommand, runCommand } from '../../core/command.ts';
import { StartError } from '../../core/errors.ts';
import type { EvidenceStore } from '../stores/evidence/evidence.ts';
import { createFileEvidence } from '../stores/evidence/files.ts';
import type { ChainTables } from './seal.ts';
import { openStored } from './stored.ts';

const USAGE = 'npm run verdicts -- FOLDER [DATA] [--days N]';
const DAY_MS = 24 * 3_600_000;
const ALARMS_PER_READ = 200;
const KIND = 'high-throw-camera';

/**
 * What of a track's file training needs; `clipFromAt` is the time of the clip's first picture, epoch ms,
 * `calibration` what was set for the camera when it fell, as the gateway's training tools read it again.
 */
const trackSchema = z.object({
  picture: z.object({ width: z.number(), height: z.number() }),
  clipFromAt: z.number().optional(),
  calibration: z.unknown().optional(),
  track: z.array(z.object({ at: z.number(), x: z.number(), y: z.number(), sizePx: z.number() })).max(10_000),
});

interface Judged {
  alarmId: string;
  deviceId: string;
  verdict: 'true' | 'false';
  label: string | undefined;
  evidence: Evidence[];
}

export interface Exported {
  clips: number;
  /** Judged, but a file is gone (its retention is over) or comes from an older gateway. */
  without: number;
}

export async function exportVerdicts(
  db: Kysely<ChainTables>,
  of: { evidence: EvidenceStore; folder: string; fromAt: number },
): Promise<Exported> {
  await mkdir(of.folder, { recursive: true, mode: 0o700 });
  const exported: Exported = { clips: 0, without: 0 };
  for (let after = ''; ; ) {
    const rows = await db
      .selectFrom('alarms')
      .select(['id', 'deviceId'])
      .where('kind', '=', KIND)
      .where('lastAt', '>=', of.fromAt)
      .where('id', '>', after)
      .orderBy('id')
      .limit(ALARMS_PER_READ)
      .execute();
    for (const row of rows) {
      const judged = await readJudged(db, row);
      const clips = judged ? await writeClips(judged, of) : 0;
      exported.clips += clips;
      if (judged && clips === 0) exported.without += 1;
    }
    const last = rows.at(-1);
    if (!last || rows.length < ALARMS_PER_READ) return exported;
    after = last.id;
  }
}

/** The last word counts; nothing when nobody judged or nobody was sure. */
async function readJudged(
  db: Kysely<ChainTables>,
  { id, deviceId }: { id: string; deviceId: string },
): Promise<Judged | undefined> {
  const rows = await db.selectFrom('alarmFacts').select('fact').where('alarmId', '=', id).execute();
  const bodies = rows
    .map((row) => JSON.parse(row.fact) as AlarmFact)
    .sort((a, b) => a.at - b.at)
    .map((fact) => fact.body);
  const last = bodies.findLast((body) => body.type === 'verdict');
  if (!last || last.verdict === 'unsure') return undefined;
  const evidence = bodies.flatMap((body) => (body.type === 'evidence' ? [body.evidence] : []));
  return { alarmId: id, deviceId, verdict: last.verdict, label: last.label, evidence };
}

/** An alarm may stand for several falls: the clip and the track of one share their time. */
async function writeClips(judged: Judged, of: { evidence: EvidenceStore; folder: string }): Promise<number> {
  let written = 0;
  for (const clip of judged.evidence.filter((piece) => piece.type === 'clip')) {
    const track = judged.evidence.find((piece) => piece.type === 'track' && piece.at === clip.at);
    const [video, data] = [await of.evidence.open(clip.sha256), track && (await readTrack(of.evidence, track))];
    if (!video || data?.clipFromAt === undefined) {
      video?.stream.destroy();
      continue;
    }
    const { alarmId, deviceId, verdict, label } = judged;
    const name = join(of.folder, `${alarmId}-${clip.at}`);
    await pipeline(video.stream, createWriteStream(`${name}.mp4`, { mode: 0o600 }));
    await writeFile(`${name}.json`, JSON.stringify({ alarmId, deviceId, verdict, label, ...data }), { mode: 0o600 });
    written += 1;
  }
  return written;
}

async function readTrack(store: EvidenceStore, piece: Evidence): Promise<z.infer<typeof trackSchema> | undefined> {
  const found = await store.open(piece.sha256);
  if (!found) return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of found.stream) chunks.push(chunk as Buffer);
  return trackSchema.safeParse(JSON.parse(Buffer.concat(chunks).toString('utf8'))).data;
}

if (import.meta.main) await runCommand('linli verdicts', main, 2);

async function main(): Promise<void> {
  const options = { days: { type: 'string', default: '36500' } } as const;
  const { values, positionals } = readCommand({ allowPositionals: true, options }, USAGE);
  const [folder, data] = positionals;
  if (!folder) throw new StartError(`give a folder to write to; usage: ${USAGE}`);
  const days = numberIn(values.days, '--days', { min: 0.01, max: 36_500 });
  const { db, evidenceFolder } = openStored(data);
  try {
    const evidence = createFileEvidence(evidenceFolder);
    const { clips, without } = await exportVerdicts(db, {
      evidence,
      folder,
      fromAt: systemClock.now() - days * DAY_MS,
    });
    process.stdout.write(`${clips} judged clips in ${folder}; ${without} judged alarms without a clip\n`);
  } finally {
    await db.destroy();
  }
}
