/**
 * Alarm tones per severity: patterns differ in rhythm, not only in pitch, so that they are told apart
 * by somebody hard of hearing (after the idea of IEC 60601-1-8 bursts). Silence is not acknowledgement:
 * what is silenced is one activation of one alarm; when it comes again it sounds again.
 */
import type { Severity } from '../../../../core/rule.ts';

interface Pattern {
  /** Start (s), frequency (Hz), length (s) of each pulse. */
  pulses: readonly (readonly [start: number, hertz: number, length: number])[];
  /** Played again after this long while unacknowledged; null: once, at arrival. */
  everyMs: number | null;
  gain: number;
}

export const PATTERNS: Record<Severity, Pattern> = {
  critical: {
    pulses: [
      [0, 880, 0.12],
      [0.18, 698, 0.12],
      [0.36, 880, 0.12],
      [0.7, 880, 0.12],
      [0.88, 698, 0.2],
    ],
    everyMs: 2_500,
    gain: 0.5,
  },
  major: {
    pulses: [
      [0, 659, 0.16],
      [0.24, 659, 0.16],
      [0.48, 523, 0.24],
    ],
    everyMs: 8_000,
    gain: 0.35,
  },
  minor: {
    pulses: [
      [0, 523, 0.18],
      [0.3, 494, 0.22],
    ],
    everyMs: 30_000,
    gain: 0.22,
  },
  notice: { pulses: [[0, 587, 0.2]], everyMs: null, gain: 0.14 },
};

export interface Siren {
  /** True until a person has touched the page: browsers forbid sound before. */
  readonly locked: boolean;
  unlock(): Promise<void>;
  play(severity: Severity): void;
}

export function createSiren(): Siren {
  let context: AudioContext | undefined;
  const open = () => {
    context ??= new AudioContext();
    return context;
  };
  return {
    get locked() {
      return context?.state !== 'running';
    },
    unlock: async () => {
      await open().resume();
    },
    play: (severity) => {
      const audio = open();
      if (audio.state !== 'running') return;
      const { pulses, gain } = PATTERNS[severity];
      for (const [start, hertz, length] of pulses) playPulse(audio, { start, hertz, length, gain });
    },
  };
}

/** A soft-edged tone with one harmonic: audible on a small speaker, without clicks. */
function playPulse(audio: AudioContext, pulse: { start: number; hertz: number; length: number; gain: number }): void {
  const at = audio.currentTime + 0.02 + pulse.start;
  const envelope = audio.createGain();
  envelope.gain.setValueAtTime(0, at);
  envelope.gain.linearRampToValueAtTime(pulse.gain, at + 0.015);
  envelope.gain.setValueAtTime(pulse.gain, at + pulse.length - 0.03);
  envelope.gain.linearRampToValueAtTime(0, at + pulse.length);
  envelope.connect(audio.destination);
  for (const [multiple, share] of [
    [1, 0.75],
    [3, 0.25],
  ] as const) {
    const tone = audio.createOscillator();
    const level = audio.createGain();
    level.gain.value = share;
    tone.frequency.value = pulse.hertz * multiple;
    tone.connect(level).connect(envelope);
    tone.start(at);
    tone.stop(at + pulse.length + 0.02);
  }
}
