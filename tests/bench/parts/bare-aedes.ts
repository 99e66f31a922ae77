/** The baseline of `ingest`: aedes as it comes, everybody may do everything, nothing is kept. */
import { type AddressInfo, createServer } from 'node:net';
import { Aedes } from 'aedes';

const broker = await Aedes.createBroker({ concurrency: 1_000 });
const server = createServer({ noDelay: true }, (socket) => broker.handle(socket));
server.listen(0, '127.0.0.1', () => process.stdout.write(`up ${(server.address() as AddressInfo).port}\n`));
