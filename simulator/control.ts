import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { allServices, instanceId, type Cluster } from '../cluster/model.js';
import { checkTablets, setGoalNormal, stopAll } from './accumulo-admin.js';
import { start, stop } from './commands.js';
import { drained, prepared } from './handing-over.js';
import { readiness, status } from './status.js';
import type { Said } from './systems/system.js';
import type { World } from './world.js';

/** Hadoop's own default, in seconds (T5). */
const DEFAULT_STOP_SECONDS = 5;

/** The instance that a program of a host is about: by its kind, or by its name where it has none. */
function instanceFor(cluster: Cluster, host: string, what: string): string | null {
  const service = allServices(cluster).find(
    ({ kind, name, hosts }) => hosts.includes(host) && (kind === null ? name : kind) === what,
  );
  return service ? instanceId(service.name, host) : null;
}

const UNKNOWN = 64;

/** `bin/accumulo WORDS` on a host. Rejects when the caller gave up. */
async function accumulo(world: World, host: string, words: string, gaveUp: AbortSignal): Promise<Said> {
  switch (words) {
    case 'admin stopAll':
      return stopAll(world, host, gaveUp);
    case 'admin checkTablets':
      return checkTablets(world, gaveUp);
    case 'org.apache.accumulo.manager.state.SetGoalState NORMAL':
      return setGoalNormal(world, host, gaveUp);
  }
  // A server as a bare program, without what accumulo-service does besides.
  const id = instanceFor(world.cluster, host, `accumulo-${words}`);
  if (id !== null) return start(world, id, 'bare');
  return { code: UNKNOWN, text: `the simulator does not know "accumulo ${words}"` };
}

async function answer(world: World, request: string, gaveUp: AbortSignal): Promise<Said> {
  const [host = '', what = '', verb = '', seconds = ''] = request.split('\t');
  if (what === 'accumulo') return accumulo(world, host, verb, gaveUp);
  const id = instanceFor(world.cluster, host, what);
  if (id === null) return { code: UNKNOWN, text: `there is no ${what} on ${host}` };
  switch (verb) {
    case 'start':
      return start(world, id);
    case 'stop':
      return stop(world, id, (seconds === '' ? DEFAULT_STOP_SECONDS : Number(seconds)) * 1_000);
    case 'status':
      return status(world, id);
    case 'isready':
      return readiness(world, id);
    case 'prepare':
      prepared(world, world.serviceOf(id), host, 'by its own command');
      return { code: 0, text: '' };
    case 'drain':
      drained(world, world.serviceOf(id), host, 'by its own command');
      return { code: 0, text: '' };
    default:
      return { code: UNKNOWN, text: `the simulator does not know "${what} ${verb}"` };
  }
}

function serve(world: World, socket: Socket): void {
  let request = '';
  const gone = new AbortController();
  socket.on('error', () => undefined);
  socket.on('close', () => gone.abort());
  socket.on('data', (chunk: Buffer) => {
    if (request.includes('\n')) return;
    request += chunk.toString();
    if (!request.includes('\n')) return;
    answer(world, request.trimEnd(), gone.signal).then(
      ({ code, text }) => socket.end(text === '' ? `${code}\n` : `${code}\n${text}\n`),
      // Nobody is there to be answered.
      () => socket.destroy(),
    );
  });
}

/** Where the programs of pretend hosts ask what they do and say. */
export interface Control {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1. `world` is asked for at each request, since it needs the port to exist. */
export async function startControl(world: () => World): Promise<Control> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.once('close', () => sockets.delete(socket)));
    serve(world(), socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
