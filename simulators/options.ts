/** The command line of `npm run simulate`, checked; an unknown option or a bad value names itself. */
import { numberIn, readCommand } from '../core/command.ts';
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
  const text = { type: 'string' } as const;
  const options = {
    ...{ broker: text, world: text, devices: text, rate: text, seed: text, duration: text },
    scenario: { type: 'string', multiple: true },
    help: { type: 'boolean' },
  } as const;
  const { values } = readCommand({ args: [...argv], options }, 'npm run simulate -- [options]; --help lists them');
  const seconds = numberIn(values.duration, '--duration', { min: 0.1, max: 31_536_000 });
  return {
    broker: brokerIn(values.broker),
    world: values.world,
    scenarios: values.scenario ?? [],
    devices: numberIn(values.devices, '--devices', { min: 1, max: 20_000, whole: true }),
    rate: numberIn(values.rate, '--rate', { min: 0.01, max: 200_000 }),
    seed: values.seed,
    durationMs: seconds === undefined ? undefined : seconds * 1000,
    help: values.help ?? false,
  };
}

/** What mqtt.js connects to. */
const PROTOCOLS = ['mqtt:', 'mqtts:', 'tcp:', 'ssl:', 'ws:', 'wss:'];

function brokerIn(address: string | undefined): string | undefined {
  if (address === undefined || (URL.canParse(address) && PROTOCOLS.includes(new URL(address).protocol))) return address;
  throw new StartError(`--broker ${address}: give mqtt://HOST:PORT, or mqtts, ws or wss in place of mqtt`);
}
