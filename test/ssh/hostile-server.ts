import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';
import { newKeyPair } from '../../simulator/keys.js';
import type { Target } from '../../ssh/types.js';
import { makeKey, publicHalf } from './real-sshd.js';

/** A server that misbehaves, on a free loopback port. */
export interface HostileServer {
  readonly target: Target;
  /** Authentication requests seen. */
  readonly authentications: () => number;
  /** Sockets accepted. */
  readonly connections: () => number;
  stop(): Promise<void>;
}

/** What a hostile server does; what is not given is done well. */
export interface Behaviour {
  /** Instead of SSH: gets the raw socket. */
  readonly onSocket?: (socket: Socket) => void;
  /** Instead of opening channels: "refuse" answers with a failure (reason 2), "ignore" never answers. */
  readonly channels?: 'refuse' | 'ignore';
  /** How many channels are refused before one is opened; default all. Only with channels "refuse". */
  readonly refusals?: number;
  /** Gets each accepted exec. Default: never exits. */
  readonly onExec?: (channel: ServerChannel, client: Connection, socket: Socket) => void;
  /** known_hosts has another key than the one shown. */
  readonly wrongHostKey?: boolean;
  /** Logins are never answered. */
  readonly ignoreLogin?: boolean;
}

/** Starts a hostile server. */
export async function startHostile(behaviour: Behaviour): Promise<HostileServer> {
  const directory = mkdtempSync(join(tmpdir(), 'blackstart-hostile-'));
  const keys = newKeyPair();
  const identityFile = makeKey(directory, 'identity', 'ed25519');
  const sockets = new Set<Socket>();
  let connections = 0;
  let authentications = 0;
  let refusalsLeft = behaviour.refusals ?? Infinity;
  const ssh = new ssh2.Server({ hostKeys: [keys.private] });
  const socketOf = new Map<Connection, Socket>();
  let lastSocket: Socket | undefined;
  ssh.on('connection', (client) => {
    if (lastSocket) socketOf.set(client, lastSocket);
    client.on('error', () => undefined);
    client.on('authentication', (request) => {
      authentications += 1;
      if (!behaviour.ignoreLogin) request.accept();
    });
    client.on('session', (accept, refuse) => {
      if (behaviour.channels === 'ignore') return;
      if (behaviour.channels === 'refuse' && refusalsLeft-- > 0) {
        refuse();
        return;
      }
      accept().on('exec', (acceptExec) => {
        const socket = socketOf.get(client);
        const channel = acceptExec();
        if (socket) behaviour.onExec?.(channel, client, socket);
      });
    });
  });
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    lastSocket = socket;
    if (behaviour.onSocket) behaviour.onSocket(socket);
    else ssh.injectSocket(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const shown = keys.public.split(' ').slice(0, 2).join(' ');
  const known = behaviour.wrongHostKey ? publicHalf(identityFile) : shown;
  const knownHostsFile = join(directory, 'known_hosts');
  writeFileSync(knownHostsFile, `[127.0.0.1]:${port} ${known}\n`);
  const configFile = join(directory, 'ssh_config');
  writeFileSync(configFile, 'ConnectTimeout 30\n');
  const where = { name: 'hostile', address: '127.0.0.1', port, user: 'someone', jump: null };
  return {
    target: { ...where, identityFile, knownHostsFile, configFile },
    authentications: () => authentications,
    connections: () => connections,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
