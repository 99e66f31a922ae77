/** The command line of `npm run simulate`, checked; an unknown option or a bad value names itself. */
import { parseArgs } from 'node:util';
import { StartError } from '../core/errors.ts';

export interface Options {
  broker: string | undefined;
  world: string | undefined;
  scenarios: string[];
  devices: number | undefined;
  /** Messages a second in all; with it, the load generator runs in place of the estate's life. */
  rate: number | undefined;
  seed: string | undefined;
  durationMs: number | undefined;
  help: boolean;
}

export const USAGE = `npm run simulate -- [options]: devices against any broker
  --world FILE      demo.json of an enrolled world (default: the one in the data folder, if any)
  --broker URL      one MQTT broker for all devices, in place of the world's gateways
  --scenario NAME   plays this scenario five seconds after the start; may be given more than once
                    (default: an endless mix; "calm-day" for none)
  --devices N       only the first N devices; without a world file, as many as you like
  --rate N          load generator: N messages a second in all, QoS 1
  --seed TEXT       seed of the world and of what happens in it
  --duration S      stop after S seconds and print what was sent and acknowledged`;

export function readOptions(argv: readonly string[]): Options {
  const values = parse(argv);
  const seconds = numberOf(values.duration, '--duration', 0.1, 31_536_000);
  return {
    broker: values.broker,
    world: values.world,
    scenarios: values.scenario ?? [],
    devices: numberOf(values.devices, '--devices', 1, 20_000, true),
    rate: numberOf(values.rate, '--rate', 0.01, 200_000),
    seed: values.seed,
    durationMs: seconds === undefined ? undefined : seconds * 1000,
    help: values.help ?? false,
  };
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        broker: text,
        world: text,
        scenario: { type: 'string', multiple: true },
        devices: text,
        rate: text,
        seed: text,
        duration: text,
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new StartError(`${error instanceof Error ? error.message : error}; --help lists the options`);
  }
}

function numberOf(text: string | undefined, name: string, min: number, max: number, whole = false): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || value < min || value > max || (whole && !Number.isInteger(value)))
    throw new StartError(`${name} ${text}: must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}`);
  return value;
}
