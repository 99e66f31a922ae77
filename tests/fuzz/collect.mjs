/**
 * Loaded into a gateway under fuzz: SIGUSR2 makes every thread collect its garbage and say what it still
 * holds, as one line on stderr, `held BYTES`.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BroadcastChannel, isMainThread } from 'node:worker_threads';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const channel = new BroadcastChannel('collect');
channel.unref();
/** The main thread, and the listener's. */
const THREADS = 2;
let answers = [];

function held() {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function take(bytes) {
  answers.push(bytes);
  if (answers.length < THREADS) return;
  process.stderr.write(`held ${answers.reduce((sum, one) => sum + one, 0)}\n`);
  answers = [];
}

channel.onmessage = ({ data }) => {
  if (isMainThread) take(data.held);
  else if (data === 'collect') channel.postMessage({ held: held() });
};
if (isMainThread)
  process.on('SIGUSR2', () => {
    take(held());
    channel.postMessage('collect');
  });
