/**
 * The hub's own MQTT listener for gateways. A gateway logs in with its id and secret and may publish
 * only below its own `up/` and subscribe only below its own `down/`; everything else is refused and
 * counted. The hub itself is a client of this broker like of any other, over a stream in memory.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import tls from 'node:tls';
import { Aedes, type AuthenticateError, type Client, type PublishPacket, type Subscription } from 'aedes';
import type { Logger } from 'pino';
import type { Clock } from '../../core/clock.ts';
import { uplinkTopics } from '../../core/envelope.ts';
import { StartError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { acceptMqtt, type MqttSocket } from '../../core/mqtt5.ts';
import { verifySecret } from '../../core/secret.ts';
import type { HubConfig } from '../config.ts';
import type { Metrics } from '../metrics.ts';
import { createLoginLimit } from '../plugins/login-limit.ts';
import type { Gateways } from './gateways.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const FRAME_BYTES_MAX = LIMITS.evidenceBytesMax + 1024 * 1024;
const CONNECTIONS_MAX = 2_000;
const REFUSED_CREDENTIALS = 4;
/** Name under which the hub is a client of its own broker; no gateway id has a colon. */
const HUB_USER = 'hub:itself';

export interface Listener {
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly port: number;
  readonly isTls: boolean;
  /** A stream to the broker with the credentials that open it. */
  connectInside(): { stream: Duplex; username: string; password: string };
  disconnect(gatewayId: string): void;
  /** Called when a gateway has subscribed to what the hub has to tell it. */
  onReady: (gatewayId: string) => void;
}

export function createListener(parts: {
  config: HubConfig['uplink'];
  gateways: Gateways;
  metrics: Metrics;
  clock: Clock;
  log: Logger;
}): Listener {
  const { config, gateways, metrics } = parts;
  const log = parts.log.child({ component: 'uplink' });
  const insidePassword = randomBytes(24).toString('base64url');
  const limit = createLoginLimit(parts.clock);
  /** Connection → who it is, once it has logged in. */
  const users = new WeakMap<Client, string>();
  const connected = new Map<string, Client>();
  /** What the broker sees of a connection → its socket: an MQTT 5 connection comes through a translator. */
  const socketOf = new WeakMap<object, net.Socket>();
  let broker: Aedes | undefined;
  let server: net.Server | undefined;
  const sockets = new Set<Duplex>();
  let port = config.port;

  const listener: Listener = {
    onReady: () => undefined,
    isTls: config.tls !== undefined,
    get port() {
      return port;
    },
    async start() {
      broker = await Aedes.createBroker({
        connectTimeout: CONNECT_TIMEOUT_MS,
        concurrency: 1_000,
        authenticate: (client, username, password, done) => {
          authenticate(client, username, password).then(
            (allowed) => done(allowed ? null : refusal(), allowed),
            () => done(refusal(), false),
          );
        },
        authorizePublish: (client, packet, done) => done(mayPublish(client, packet) ? null : new Error('not allowed')),
        authorizeSubscribe: (client, subscription, done) =>
          done(null, maySubscribe(client, subscription) ? subscription : null),
      });
      broker.on('subscribe', (_subscriptions, client) => {
        const user = users.get(client);
        if (user !== undefined && user !== HUB_USER) listener.onReady(user);
      });
      broker.on('clientDisconnect', (client) => {
        const user = users.get(client);
        if (user !== undefined && connected.get(user) === client) connected.delete(user);
      });
      const handle = broker.handle;
      server = listenerOf(config, (socket) => {
        if (sockets.size >= CONNECTIONS_MAX) {
          metrics.refused.labels('uplink', 'too-many-connections').inc();
          socket.destroy();
          return;
        }
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
        acceptMqtt(
          socket as MqttSocket,
          { connectTimeoutMs: CONNECT_TIMEOUT_MS, frameBytesMax: FRAME_BYTES_MAX },
          (stream) => {
            socketOf.set(stream, socket);
            handle(stream);
          },
        );
      });
      port = await listen(server, config);
    },
    async stop() {
      const closing = broker;
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
      await new Promise<void>((resolve) => (closing ? closing.close(() => resolve()) : resolve()));
    },
    connectInside() {
      const [near, far] = duplexPair();
      broker?.handle(far);
      return { stream: near, username: HUB_USER, password: insidePassword };
    },
    disconnect(gatewayId) {
      connected.get(gatewayId)?.close();
    },
  };
  return listener;

  async function authenticate(
    client: Client,
    username: string | undefined,
    password: Readonly<Buffer | undefined>,
  ): Promise<boolean> {
    if (username === undefined || password === undefined) return refuse('no-credentials');
    const secret = password.toString();
    if (username === HUB_USER) return secret === insidePassword && remember(client, username);
    const address = (client.conn as { remoteAddress?: string }).remoteAddress ?? 'unknown';
    if (limit.waitMs(address, username) > 0) return refuse('too-many');
    const gateway = gateways.get(username);
    if (gateway && gateway.revokedAt === null && isOfCertificate(client, username)) {
      for (const hash of gateway.secretHashes) if (await verifySecret(secret, hash)) return remember(client, username);
    }
    limit.failed(address, username);
    log.warn({ username: username.slice(0, 64), address }, 'refused the login of a gateway');
    return refuse('wrong-credentials');
  }

  /** With mutual TLS the certificate must name the gateway that logs in. */
  function isOfCertificate(client: Client, gatewayId: string): boolean {
    if (config.tls?.clientCaFile === undefined) return true;
    const socket = socketOf.get(client.conn);
    return socket instanceof tls.TLSSocket && socket.getPeerCertificate().subject?.CN === gatewayId;
  }

  function remember(client: Client, username: string): true {
    users.set(client, username);
    connected.set(username, client);
    return true;
  }

  function refuse(reason: string): false {
    metrics.refused.labels('uplink', reason).inc();
    return false;
  }

  function mayPublish(client: Client | null, packet: PublishPacket): boolean {
    // Broker messages of its own ($SYS) have no client.
    if (client === null) return true;
    const user = users.get(client);
    const topic = uplinkTopics.parse(packet.topic);
    const allowed =
      topic !== undefined &&
      (user === HUB_USER ? topic.direction === 'down' : topic.direction === 'up' && topic.gatewayId === user);
    packet.retain = false;
    return allowed || refuse('foreign-topic');
  }

  function maySubscribe(client: Client, subscription: Subscription): boolean {
    const user = users.get(client);
    if (user === HUB_USER) return subscription.topic === uplinkTopics.allUp;
    const own = user === undefined ? undefined : uplinkTopics.allDown(user).slice(0, -1);
    return (own !== undefined && subscription.topic.startsWith(own)) || refuse('foreign-topic');
  }
}

function refusal(): AuthenticateError {
  return Object.assign(new Error('wrong credentials'), { returnCode: REFUSED_CREDENTIALS }) as AuthenticateError;
}

function listenerOf(config: HubConfig['uplink'], take: (socket: net.Socket) => void): net.Server {
  if (!config.tls) return net.createServer({ noDelay: true }, take);
  const { certFile, keyFile, clientCaFile } = config.tls;
  return tls.createServer(
    {
      cert: readFileSync(certFile),
      key: readFileSync(keyFile),
      minVersion: 'TLSv1.2',
      handshakeTimeout: CONNECT_TIMEOUT_MS,
      ...(clientCaFile ? { ca: readFileSync(clientCaFile), requestCert: true, rejectUnauthorized: true } : {}),
    },
    take,
  );
}

function listen(server: net.Server, { host, port }: HubConfig['uplink']): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new StartError(`port ${port} on ${host} is taken: set LINLI_UPLINK_PORT to a free one`, { cause: error })
          : error,
      ),
    );
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}
