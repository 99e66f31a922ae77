/**
 * The tables of the records store as TypeScript sees them. Names are camelCase here and snake_case
 * in the database. Both databases hold the same types: text, integers (instants are epoch ms),
 * booleans as 0 and 1, JSON as text. Other areas add their own tables with `db.withTables<…>()` and
 * a migration of their own.
 */
import type { Role } from '../../../core/role.ts';

type Flag = 0 | 1;

export interface RecordTables {
  communities: { id: string; name: string; type: string; createdAt: number };
  users: {
    id: string;
    username: string;
    displayName: string;
    role: Role;
    /** JSON list of community ids; street and admin see all and carry an empty list. */
    communityIds: string;
    passwordHash: string;
    disabledAt: number | null;
    createdAt: number;
  };
  sessions: { tokenHash: string; userId: string; createdAt: number; expiresAt: number };
  apiTokens: {
    id: string;
    tokenHash: string;
    userId: string;
    name: string;
    createdAt: number;
    expiresAt: number | null;
  };
  gateways: {
    id: string;
    communityId: string;
    name: string;
    /** JSON list of scrypt hashes, newest first; two during a rotation. */
    secretHashes: string;
    createdAt: number;
    /** Version of the newest registry that was queued for it. */
    registryVersion: number;
    /** Of the newest rules that were queued for it, an instant; 0 for none. */
    rulesVersion: number;
    revokedAt: number | null;
  };
  devices: {
    id: string;
    kind: string;
    communityId: string;
    gatewayId: string;
    name: string;
    location: string;
    options: string | null;
    secretHashes: string;
    createdAt: number;
  };
  /** The newest word of each device; written behind by ingest/device-states.ts. */
  deviceStates: {
    deviceId: string;
    liveness: string;
    livenessAt: number;
    lastSeenAt: number;
    /** JSON: field → {value, at, quality}. */
    latest: string;
  };
  alarmFacts: {
    id: string;
    alarmId: string;
    at: number;
    storedAt: number;
    type: string;
    /** The whole fact as JSON. */
    fact: string;
  };
  /** The facts of an alarm boiled down (core/alarm-fold.ts), so that one more fact costs the same after thousands. */
  alarmFolds: { alarmId: string; fold: string };
  /** What the fold says, with the columns that lists filter on. */
  alarms: {
    id: string;
    communityId: string;
    gatewayId: string;
    deviceId: string;
    kind: string;
    rule: string;
    severity: string;
    state: string;
    condition: string;
    acknowledged: Flag;
    firstAt: number;
    lastAt: number;
    clearedAt: number | null;
    shelvedUntilAt: number | null;
    outOfServiceUntilAt: number | null;
    suppressedUntilAt: number | null;
    ticketId: string | null;
    incidentId: string | null;
    /** The alarm as JSON. */
    alarm: string;
  };
  events: {
    id: string;
    deviceId: string;
    kind: string;
    communityId: string;
    at: number;
    receivedAt: number;
    quality: string;
    type: string;
    fields: string;
    /** It came in a batch of history. */
    history: Flag;
  };
  gaps: {
    id: string;
    gatewayId: string;
    communityId: string;
    lane: string;
    deviceId: string;
    fromAt: number;
    toAt: number;
    count: number;
    reason: string;
    storedAt: number;
  };
  /** Up to which sequence a lane of a gateway's store is stored here. */
  laneMarks: { gatewayId: string; epoch: string; lane: string; seq: number; storedAt: number };
  gatewayStatus: { gatewayId: string; heartbeatAt: number; storedAt: number; skewMs: number; heartbeat: string | null };
  downlinks: {
    gatewayId: string;
    seq: number;
    type: string;
    body: string;
    createdAt: number;
    ackedAt: number | null;
  };
  commands: {
    id: string;
    deviceId: string;
    gatewayId: string;
    communityId: string;
    name: string;
    args: string;
    by: string;
    createdAt: number;
    deadlineAt: number;
    status: string;
    statusAt: number;
    error: string | null;
    result: string | null;
  };
  evidence: {
    id: string;
    alarmId: string;
    communityId: string;
    sha256: string;
    type: string;
    mime: string;
    bytes: number;
    at: number;
    storedAt: number;
  };
  /** What cameras saw when somebody asked; the newest of each is the one that counts. */
  cameraPictures: {
    id: string;
    deviceId: string;
    communityId: string;
    sha256: string;
    bytes: number;
    at: number;
    storedAt: number;
  };
  auditLog: {
    id: string;
    at: number;
    actorType: string;
    actorId: string;
    action: string;
    targetType: string;
    targetId: string;
    communityId: string | null;
    detail: string | null;
  };
}
