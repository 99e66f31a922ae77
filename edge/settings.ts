/**
 * The configuration that may change while the gateway runs: the file's, with what the hub pushed laid
 * over it. A pushed version is checked, applied, and stays on trial for a minute: if the gateway dies
 * twice within it, the version before runs again and the hub is told why. In come the file and pushed
 * versions; out goes one object that everybody reads, and `onLimits` for the listener's thread.
 */
import type { Logger } from 'pino';
import type { Clock, Timer } from '../core/clock.ts';
import type { Heartbeat } from '../core/envelope.ts';
import { type GatewaySettings, settingsFault } from '../core/gateway-settings.ts';
import type { EdgeConfig } from './config.ts';
import type { Steps, Work } from './outbox/work.ts';
import type { Store, StoredSettings, VersionedSettings } from './store.ts';

const TRIAL_MS = 60_000;
/** The first may have been a power cut. */
const FAILED_STARTS_MAX = 2;

export interface HotSettings {
  limits: EdgeConfig['devices']['limits'];
  outbox: EdgeConfig['outbox'];
  deadLetters: EdgeConfig['deadLetters'];
}

export interface Settings {
  /** The same object for ever; its fields change. */
  readonly current: HotSettings;
  /** Counts this start against a version on trial, or goes back to the one before; to be called first. */
  begin(): Promise<void>;
  take(pushed: { version: number; settings: Record<string, unknown> }, work: Work): void;
  setFile(file: EdgeConfig): void;
  /** A planned stop says nothing against a version on trial. */
  stop(): Promise<void>;
  report(): NonNullable<Heartbeat['settings']>;
}

export function openSettings(options: {
  file: EdgeConfig;
  store: Pick<Store, 'settings' | 'put'>;
  steps: Steps;
  clock: Clock;
  log: Logger;
  onLimits(limits: HotSettings['limits']): void;
}): Settings {
  const { store, steps, clock, log } = options;
  let file = options.file;
  let state = store.settings();
  const current = overlay(file, state.running?.settings);
  let trialEnd: Timer | undefined;

  function save(next: StoredSettings, work: Work): void {
    state = next;
    work.write(() => store.put('settings', next));
  }

  function apply(): void {
    const next = overlay(file, state.running?.settings);
    Object.assign(current.outbox, next.outbox);
    Object.assign(current.deadLetters, next.deadLetters);
    Object.assign(current.limits, next.limits);
    options.onLimits(current.limits);
  }

  function armTrial(): void {
    trialEnd?.cancel();
    if (!state.trial) return;
    trialEnd = clock.after(TRIAL_MS, () => {
      const { trial: _, ...passed } = state;
      void steps.run((work) => save(passed, work));
      log.info({ version: passed.running?.version }, 'the pushed configuration has stood its trial');
    });
  }

  return {
    current,
    async begin() {
      const { running, trial } = state;
      if (!running || !trial) return;
      const failed = trial.starts >= FAILED_STARTS_MAX;
      const reason = `the gateway ended ${trial.starts} times within ${TRIAL_MS / 1_000} s of taking it`;
      const next: StoredSettings = failed
        ? { ...asRunning(trial.before), refused: { version: running.version, reason, at: clock.now() } }
        : { ...state, trial: { ...trial, starts: trial.starts + 1 } };
      await steps.run((work) => save(next, work));
      if (failed)
        log.error(
          { version: running.version, back: trial.before?.version ?? 0, reason },
          'the last good configuration runs again',
        );
      apply();
      armTrial();
    },
    take({ version, settings }, work) {
      if (version <= (state.running?.version ?? 0)) return;
      const fault = settingsFault(settings);
      if (fault !== undefined) {
        save({ ...state, refused: { version, reason: fault, at: clock.now() } }, work);
        log.error({ version, reason: fault }, 'a pushed configuration is refused, the one before runs on');
        return;
      }
      const before = state.trial ? state.trial.before : state.running;
      save({ running: { version, settings: settings as GatewaySettings }, trial: { before, starts: 1 } }, work);
      work.after(() => {
        apply();
        armTrial();
        log.info({ version }, 'a pushed configuration runs');
      });
    },
    setFile(next) {
      file = next;
      apply();
    },
    async stop() {
      trialEnd?.cancel();
      const { trial } = state;
      if (trial) await steps.run((work) => save({ ...state, trial: { ...trial, starts: 0 } }, work));
    },
    report: () => ({
      version: state.running?.version ?? 0,
      ...(state.refused ? { refused: state.refused } : {}),
    }),
  };
}

function asRunning(settings: VersionedSettings | undefined): StoredSettings {
  return settings ? { running: settings } : {};
}

function overlay({ devices, outbox, deadLetters }: EdgeConfig, pushed: GatewaySettings = {}): HotSettings {
  return {
    limits: { ...devices.limits, ...given(pushed.devices?.limits) },
    outbox: { ...outbox, ...given(pushed.outbox) },
    deadLetters: { ...deadLetters, ...given(pushed.deadLetters) },
  };
}

/** A key that is there without a value says nothing. */
function given<T extends object>(part: T | undefined): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(part ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
