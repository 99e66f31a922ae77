/** A series store that ends for good and is opened anew: once, by the next call, with nobody left in the old one. */
import { describe, expect, it } from 'vitest';
import { reopening } from '../../hub/stores/series/reopening.ts';
import type { SeriesStore } from '../../hub/stores/series/series.ts';

const QUERY = { deviceId: 'd', field: 'f', from: 0, to: 1, stepMs: 1 };
const MARK = { gatewayId: 'g', epoch: 'e', lane: 'l', seq: 1 };

function world() {
  const seen: string[] = [];
  const state = { opened: 0, ended: false, full: false, release: () => {} };
  const open = (): SeriesStore => {
    state.opened += 1;
    const id = state.opened;
    const answer = async () => {
      if (state.ended) throw new Error('FATAL');
    };
    return {
      async start() {
        if (state.full) throw new Error('no room to open');
        state.ended = false;
        seen.push(`start ${id}`);
      },
      stop: async () => void seen.push(`stop ${id}`),
      async append() {
        await answer();
        seen.push(`append ${id}`);
      },
      query: () =>
        new Promise((_resolve, reject) => {
          state.release = () => {
            seen.push(`query ${id} over`);
            reject(new Error('FATAL'));
          };
        }),
      prune: answer,
      ping: answer,
    };
  };
  return { seen, state, store: reopening(open, (error) => (error as Error).message === 'FATAL') };
}

describe('a series store that has ended', () => {
  it('fails the call that met the end, and opens anew before the next ones', async () => {
    const { seen, state, store } = world();
    await store.start();
    state.ended = true;
    await expect(store.append(MARK, [])).rejects.toThrow('FATAL');
    await Promise.all([store.append(MARK, []), store.ping(), store.prune(0)]);
    await store.stop();
    expect(seen).toEqual(['start 1', 'stop 1', 'start 2', 'append 2', 'stop 2']);
  });

  it('closes the old one only when nobody is in it any more', async () => {
    const { seen, state, store } = world();
    await store.start();
    const query = store.query(QUERY);
    state.ended = true;
    await expect(store.ping()).rejects.toThrow('FATAL');
    const next = store.append(MARK, []);
    state.release();
    await expect(query).rejects.toThrow('FATAL');
    await next;
    expect(seen).toEqual(['start 1', 'query 1 over', 'stop 1', 'start 2', 'append 2']);
  });

  it('tries again with each call while it cannot be opened', async () => {
    const { seen, state, store } = world();
    await store.start();
    state.ended = true;
    await expect(store.ping()).rejects.toThrow('FATAL');
    state.full = true;
    await expect(store.ping()).rejects.toThrow('no room to open');
    await expect(store.append(MARK, [])).rejects.toThrow('no room to open');
    state.full = false;
    await store.append(MARK, []);
    expect(seen).toEqual(['start 1', 'stop 1', 'stop 2', 'stop 3', 'start 4', 'append 4']);
  });
});
