/** Files of one fall: the track as data at once, then the key picture, the clip when its last seconds are there. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CameraOptions } from '../../../core/camera-options.ts';
import type { FacadeMap } from '../../../core/facade.ts';
import { SURE_FROM } from '../judge/accept.ts';
import type { EvidenceFile, FallFields } from '../messages.ts';
import type { Fall } from '../track/merge.ts';
import { findOrigin, type Origin } from '../track/place.ts';
import { decodeFootage, isCopied, type PacketCodec, writeClip } from './clip.ts';
import { encodeApart } from './encoding.ts';
import type { Footage, FootageRing } from './footage-ring.ts';
import { type PictureWindow, writeKeyPicture } from './key-picture.ts';
import { type ColourPicture, coverPrivacy, type PrivacyAreas, privacyPolygons } from './privacy.ts';

export interface FallRecord {
  deviceId: string;
  /** Of its event, and so of all its evidence. */
  at: number;
  options: CameraOptions;
  fall: Fall;
  fields: FallFields;
  origin: Origin | undefined;
  map: FacadeMap | undefined;
  picture: { width: number; height: number };
  /** Folder that exists or may be made. */
  folder: string;
  /** Epoch ms of the first picture of the clip to come: by it track and clip are laid over each other. */
  clipFromAt: number | undefined;
}

/** A track of more points than this is thinned: an alarm's message stays small. */
const POINTS_MAX = 400;
const FACADE_SHARE_MIN = 0.5;
/** Times are kept in ticks of the clip: a picture is that of a time if it is so near. */
const SAME_MS = 0.5;

export function describeFall(
  fall: Fall,
  map: FacadeMap | undefined,
): { fields: FallFields; origin: Origin | undefined } {
  const { hits } = fall.track;
  const origin = map && findOrigin(fall.track, map);
  const step = Math.ceil(hits.length / POINTS_MAX);
  const best = origin?.places[0];
  const fromElsewhere = map !== undefined && (origin?.facadeShare ?? 0) < FACADE_SHARE_MIN;
  const suspected = fromElsewhere || fall.confidence < SURE_FROM;
  const fields: FallFields = {
    confidence: Math.round(fall.confidence * 1000) / 1000,
    startAt: Math.round(hits[0]?.atMs ?? 0),
    endAt: Math.round(hits.at(-1)?.atMs ?? 0),
    ...(best && { floor: best.floor, unit: best.unit }),
    ...(origin && origin.places.length > 0 && { places: origin.places }),
    suspected,
    track: hits
      .filter((_, index) => index % step === 0)
      .map((hit) => ({ at: Math.round(hit.atMs), x: Math.round(hit.x * 10) / 10, y: Math.round(hit.y * 10) / 10 })),
  };
  return { fields, origin };
}

export async function writeTrack(record: FallRecord, model: string): Promise<EvidenceFile> {
  const { deviceId, fields, fall, origin, picture } = record;
  const path = await pathFor(record, 'track.json');
  const data = {
    deviceId,
    model,
    picture,
    ...(record.clipFromAt !== undefined && { clipFromAt: record.clipFromAt }),
    ...fields,
    track: fall.track.hits.map((hit) => ({
      at: Math.round(hit.atMs),
      x: hit.x,
      y: hit.y,
      sizePx: hit.sizePx,
      probabilities: hit.probabilities,
    })),
    ...(origin && { places: windowsOf(record), fit: origin.fit, facadeShare: origin.facadeShare }),
    // By which floor and unit were told, and by which training sees the facade as the camera did.
    ...(record.map && { calibration: record.map.calibration }),
  };
  await writeFile(path, JSON.stringify(data));
  return { type: 'track', mime: 'application/json', path };
}

/** The picture at about a third of the way, where the object is clear of the window and not yet fast. */
export async function writePicture(
  record: FallRecord,
  ring: FootageRing,
  codec: PacketCodec | undefined,
): Promise<EvidenceFile | undefined> {
  const { hits } = record.fall.track;
  const shown = hits[Math.floor(hits.length * 0.35)];
  if (!shown) return undefined;
  const footage = ring.since(shown.atMs).filter((item) => item.atMs <= shown.atMs + 0.5);
  const shownAtMs = footage.at(-1)?.atMs ?? 0;
  const picture = await pictureAt(shownAtMs, footage, codec);
  if (!picture) return undefined;
  const privacy = privacyOf(record);
  if (privacy) coverPrivacy(picture, privacy);
  const path = await pathFor(record, 'picture.jpg');
  await writeKeyPicture({ picture, hits, shown, path, windows: windowsOf(record) });
  return { type: 'picture', mime: 'image/jpeg', path };
}

async function pictureAt(
  wantedMs: number,
  footage: readonly Footage[],
  codec: PacketCodec | undefined,
): Promise<ColourPicture | undefined> {
  for await (const { colour, atMs } of decodeFootage(footage, codec)) if (atMs >= wantedMs - SAME_MS) return colour();
  return undefined;
}

export async function writeFallClip(
  record: FallRecord,
  footage: readonly Footage[],
  codec: PacketCodec | undefined,
): Promise<EvidenceFile | undefined> {
  const path = await pathFor(record, 'clip.mp4');
  const job = { codec, path, privacy: privacyOf(record) };
  const written = await (isCopied(job)
    ? writeClip({ ...job, footage })
    : encodeApart({ type: 'clip', job }, { footage }));
  return written ? { type: 'clip', mime: 'video/mp4', path } : undefined;
}

/** The likeliest windows with their corners in the picture, from the lower left one clockwise. */
function windowsOf({ origin, map }: FallRecord): PictureWindow[] {
  if (!origin || !map) return [];
  const { columns, columnWidthMetres, lowestFloor, floorHeightMetres } = map.calibration;
  return origin.places.map((place) => {
    const left = columns.indexOf(place.unit) * columnWidthMetres;
    const bottom = (place.floor - lowestFloor) * floorHeightMetres;
    const [right, top] = [left + columnWidthMetres, bottom + floorHeightMetres];
    const corners = [
      { right: left, up: bottom },
      { right: left, up: top },
      { right, up: top },
      { right, up: bottom },
    ].map((corner) => {
      const { x, y } = map.toPixel(corner);
      return { x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10 };
    });
    return { ...place, corners };
  });
}

function privacyOf(record: FallRecord): PrivacyAreas | undefined {
  const polygons = privacyPolygons(record.options.masks);
  if (polygons.length === 0) return undefined;
  const { hits } = record.fall.track;
  const sizePx = Math.max(...hits.map((hit) => hit.sizePx));
  const corridorPx = Math.max(record.picture.height / 30, sizePx * 1.5);
  return { polygons, hits: hits.map(({ x, y }) => ({ x, y })), corridorPx };
}

async function pathFor(record: FallRecord, name: string): Promise<string> {
  await mkdir(record.folder, { recursive: true });
  return join(record.folder, `${record.deviceId}-${record.fields.endAt}-${record.fall.track.id}-${name}`);
}
