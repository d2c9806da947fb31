import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { allServices, instanceId, type Cluster } from '../cluster/model.js';
import { start, stop } from './commands.js';
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

async function answer(world: World, request: string): Promise<Said> {
  const [host = '', what = '', verb = '', seconds = ''] = request.split('\t');
  const id = instanceFor(world.cluster, host, what);
  if (id === null) return { code: 64, text: `there is no ${what} on ${host}` };
  switch (verb) {
    case 'start':
      return start(world, id);
    case 'stop':
      return stop(world, id, (seconds === '' ? DEFAULT_STOP_SECONDS : Number(seconds)) * 1_000);
    case 'status':
      return status(world, id);
    case 'isready':
      return readiness(world, id);
    default:
      return { code: 64, text: `the simulator does not know "${what} ${verb}"` };
  }
}

function serve(world: World, socket: Socket): void {
  let request = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    if (request.includes('\n')) return;
    request += chunk.toString();
    if (!request.includes('\n')) return;
    void answer(world, request.trimEnd()).then(({ code, text }) =>
      socket.end(text === '' ? `${code}\n` : `${code}\n${text}\n`),
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
