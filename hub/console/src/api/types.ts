/** The hub's answers as the console reads them. Fields that only some hubs send are optional. */
import type { Alarm, AlarmFact, Evidence } from '../../../../core/alarm.ts';
import type { Device } from '../../../../core/device.ts';
import type { LatestValue, Liveness } from '../../../../core/reading.ts';
import type { Role } from '../../../../core/role.ts';
import type { Ticket, TicketFact } from '../../../../core/ticket.ts';

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface SlaClock {
  targetMs: number;
  spentMs: number;
  dueAt: number | null;
  state: 'running' | 'paused' | 'late' | 'met' | 'missed' | 'void';
}

export type ClockName = 'respond' | 'arrive' | 'solve';

export interface TicketItem extends Ticket {
  number: number;
  sla: Record<ClockName, SlaClock>;
  /** The next instant at which an open clock is missed, or was. */
  dueAt: number | null;
  overdue: boolean;
  photos: { id: string; url: string }[];
}

export interface TicketHistoryItem {
  id: string;
  at: number;
  what: TicketFact['body']['type'];
  who: TicketFact['author'];
  detail: Record<string, unknown>;
}

export interface TicketDetail extends TicketItem {
  history: TicketHistoryItem[];
  /** Actions that the viewer's role allows; the state has its own word (core/ticket-action.ts). */
  mayDo: string[];
}

interface Community {
  id: string;
  name: string;
  type: string;
}

interface User {
  username: string;
  displayName: string;
  role: Role;
  communityIds: 'all' | string[];
}

export interface Person {
  username: string;
  displayName: string;
  role: Role;
  communityIds: string[];
}

export interface Account extends Person {
  disabled: boolean;
  createdAt: number;
}

export interface Me extends User {
  communities: Community[];
}

export interface EvidenceItem extends Omit<Evidence, 'bytes' | 'sha256'> {
  url: string;
  bytes?: number;
  sha256?: string;
}

export interface AlarmItem extends Omit<Alarm, 'evidence'> {
  evidence: EvidenceItem[];
}

export interface AlarmHistoryItem {
  id: string;
  at: number;
  what: AlarmFact['body']['type'];
  who: AlarmFact['author'];
  where: AlarmFact['origin'];
  late: boolean;
  detail: Record<string, unknown>;
}

export interface AlarmDetail extends AlarmItem {
  history: AlarmHistoryItem[];
}

export interface DeviceItem extends Device {
  liveness: Liveness;
  lastSeenAt: number | null;
  /** Key: field. */
  latest: Record<string, Omit<LatestValue, 'field'>>;
}

export interface EnrolledDevice extends DeviceItem {
  username: string;
  secret: string;
}

export interface Series {
  points: [at: number, min: number, avg: number, max: number, count: number][];
}

interface Backlog {
  batches: number;
  bytes: number;
  oldestAt: number | null;
}

export interface Gap {
  id: string;
  gatewayId: string;
  lane: string;
  deviceId: string;
  fromAt: number;
  toAt: number;
  count: number;
  reason: string;
}

export interface DeadLetter {
  id: string;
  gatewayId: string;
  deviceId: string;
  topic: string;
  at: number;
  reason: string;
  bytes: number;
  sample: string;
}

export interface GatewayItem {
  id: string;
  communityId: string;
  name: string;
  link: 'never' | 'up' | 'down';
  heardAt: number | null;
  lastAckedAt: number | null;
  lastAckedSeq: Record<string, number>;
  lagSeconds: number | null;
  clockSkewMs: number | null;
  backlog: { batches: number; bytes: number; lanes: Record<string, Backlog> };
  evicted: number;
  deadLetters: number;
  devices: { known: number; online: number; connected: number } | null;
  cameras: CameraHealth[];
  version: string | null;
  configVersion: string | null;
  registry: { wanted: number; running: number | null };
  /** Versions are instants. */
  rules: { wanted: number; running: number | null; refused: RefusedVersion | null };
  settings: { wanted: number; running: number | null; refused: RefusedVersion | null };
  /** What is wrong on the gateway, one line each. */
  problems: string[];
  startedAt: number | null;
}

export interface CameraHealth {
  deviceId: string;
  state: string;
  fps: number;
  skippedShare: number;
  /** What the whole picture goes through now: nothing is found in it then. */
  disturbed?: string;
  /** Since the camera began; `seconds` of all of them together. */
  disturbances?: { type: string; count: number; seconds: number; lastAt: number }[];
  /** How many times likelier a fall must be than in a calm picture, which has 1. */
  caution?: number;
  /** Why it is not running, in the gateway's words. */
  reason?: string;
}

interface RefusedVersion {
  version: number;
  reason: string;
  at: number;
}

/** Group → key → value: what the gateway is to run otherwise than its file says. */
export interface PushedSettings {
  devices?: { limits?: Record<string, number> };
  outbox?: Record<string, number>;
  deadLetters?: Record<string, number>;
}

export interface SettingsVersion {
  version: number;
  settings: PushedSettings;
  note: string | null;
  createdBy: string;
  createdAt: number;
}

export interface ClaimItem {
  id: string;
  type: 'gateway' | 'devices';
  communityId: string;
  gatewayId: string;
  name: string;
  kinds: string[];
  usesMax: number;
  uses: number;
  state: 'open' | 'used' | 'expired' | 'revoked';
  createdBy: string;
  createdAt: number;
  expiresAt: number;
  usedAt: number | null;
}

export interface AuditItem {
  id: string;
  at: number;
  actor: { type: string; id: string };
  action: string;
  target: { type: string; id: string };
  communityId: string | null;
  detail: Record<string, unknown> | null;
}

interface Lines<T> {
  count: number;
  lines: T[];
}

export interface ReportAlarm extends Pick<Alarm, 'id' | 'severity' | 'title' | 'state' | 'firstAt' | 'ackedBy'> {
  place: string;
  reason?: string | null;
  untilAt?: number | null;
}

interface ReportTicket extends Pick<Ticket, 'id' | 'category' | 'priority' | 'state' | 'owner' | 'createdAt'> {
  number: number;
  place: string;
  overdue: boolean;
}

export interface ShiftReport {
  communityId: string;
  fromAt: number;
  toAt: number;
  raised: Record<Alarm['severity'], number>;
  unacknowledged: Lines<ReportAlarm>;
  active: Lines<ReportAlarm>;
  muted: Lines<ReportAlarm>;
  falseAlarms: number;
  openTickets: Lines<ReportTicket>;
  silentDevices: Lines<{ id: string; name: string; kind: string; lastSeenAt: number }>;
  undeliveredNotices: number;
}

export interface Handover {
  id: string;
  communityId: string;
  fromAt: number;
  toAt: number;
  givenBy: string;
  note: string;
  createdAt: number;
  acceptedBy: string | null;
  acceptedAt: number | null;
  report: ShiftReport;
}
