import { describe, expect, it } from 'vitest';
import { StartError } from '../../core/errors.ts';
import { loadConfig, parseConfig } from '../../edge/config.ts';

const MINIMAL = 'gateway: {id: gw-1, communityId: jinxiu}\n';

describe('the configuration of a gateway', () => {
  it('needs only who the gateway is', () => {
    const config = parseConfig(MINIMAL, 'gateway.yaml');
    expect(config).toMatchObject({ devices: { port: 1883 }, panel: { enabled: true }, opcua: { enabled: false } });
    expect(config.hub).toBeUndefined();
  });

  const faults: [string, string, RegExp][] = [
    ['an unknown key', `${MINIMAL}colour: red\n`, /gateway\.yaml: colour is not a key/],
    ['an unknown key within', `${MINIMAL}devices: {prot: 1}\n`, /devices\.prot is not a key/],
    ['a port that is none', `${MINIMAL}devices: {port: 99999}\n`, /devices\.port: /],
    ['a missing id', 'gateway: {communityId: jinxiu}\n', /gateway\.id: /],
    ['an id with capitals', 'gateway: {id: GW, communityId: jinxiu}\n', /gateway\.id: an id is 1 to 64 of a-z 0-9 -/],
    ['a hub that is no MQTT address', `${MINIMAL}hub: {url: "http://x", secretFile: s}\n`, /hub\.url: /],
    ['what is no YAML', 'gateway: {id: [\n', /gateway\.yaml:\d+: not YAML/],
    ['an empty file', '', /gateway: /],
  ];
  for (const [what, text, message] of faults) {
    it(`stops with one line on ${what}`, () => {
      const attempt = () => parseConfig(text, 'gateway.yaml');
      expect(attempt).toThrow(StartError);
      expect(attempt).toThrow(message);
      try {
        attempt();
      } catch (error) {
        expect((error as Error).message).not.toContain('\n');
      }
    });
  }

  it('takes the uplink and the log level from the environment first', () => {
    const text = `${MINIMAL}hub: {url: "mqtt://hub:1882", secretFile: secret}\n`;
    const env = { LINLI_UPLINK_BROKER_URL: 'mqtts://broker:8883', LINLI_LOG_LEVEL: 'debug' };
    expect(parseConfig(text, 'x', env)).toMatchObject({ hub: { url: 'mqtts://broker:8883' }, log: { level: 'debug' } });
    expect(() => parseConfig(text, 'x', { LINLI_LOG_LEVEL: 'loud' })).toThrow(/LINLI_LOG_LEVEL: /);
    expect(() => parseConfig(text, 'x', { LINLI_UPLINK_BROKER_URL: 'ftp://x' })).toThrow(/LINLI_UPLINK_BROKER_URL: /);
  });

  it('names a file that is not there', async () => {
    await expect(loadConfig('/nowhere/gateway.yaml', {})).rejects.toThrow(/\/nowhere\/gateway\.yaml: cannot be read/);
  });
});
