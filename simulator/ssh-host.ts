import { connect, type Socket } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ParsedKey, type ServerChannel, type Session } from 'ssh2';
import type { KeyPair } from './keys.js';
import { newKeyPair } from './keys.js';
import { Listener } from './listener.js';
import type { World } from './world.js';

/** Sessions of one connection at a time, as sshd's MaxSessions. */
const MAX_SESSIONS = 10;

/** A command that a client asks a host to run. */
export interface Command {
  readonly host: string;
  /** What the exec request carries. */
  readonly line: string;
  readonly channel: ServerChannel;
  /** Where its output goes: nowhere under `drop-after-exec`. */
  readonly muted: boolean;
  /** Calls back for every signal the client sends: `TERM`, `KILL`. */
  onSignal(listener: (name: string) => void): void;
  /** To be called when it has ended. */
  ended(): void;
}

export interface SshHostParts {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly login: string;
  readonly hostKey: KeyPair;
  readonly clientKey: ParsedKey;
  readonly world: World;
  readonly run: (command: Command) => void;
}

/** The SSH server of one pretend host, and what is wrong with it. */
export class SshHost {
  private readonly listener: Listener;
  private readonly server: ssh2.Server;
  private impostor: ssh2.Server | null = null;

  constructor(private readonly parts: SshHostParts) {
    this.server = this.newServer(parts.hostKey);
    this.listener = new Listener(parts.address, parts.port, (socket) => this.take(socket));
  }

  /** Listens, or not, as the faults say. */
  async follow(): Promise<void> {
    const { world, name } = this.parts;
    if (world.faults.find(name, 'unreachable')) return this.listener.close();
    const silent = world.faults.find(name, 'silent') !== undefined;
    for (const socket of this.listener.connections()) {
      if (silent) socket.pause();
      // What was left unanswered cannot be made good.
      else if (socket.isPaused()) socket.destroy();
    }
    return this.listener.open();
  }

  /** Breaks every connection and stops listening. */
  close(): Promise<void> {
    return this.listener.close();
  }

  private take(socket: Socket): void {
    const { world, name } = this.parts;
    if (world.faults.find(name, 'silent')) {
      socket.pause();
      return;
    }
    if (!world.faults.find(name, 'wrong-key')) this.server.injectSocket(socket);
    else (this.impostor ??= this.newServer(newKeyPair())).injectSocket(socket);
  }

  private newServer(key: KeyPair): ssh2.Server {
    const server = new ssh2.Server({ hostKeys: [key.private] });
    server.on('connection', (client) => this.serve(client));
    return server;
  }

  private serve(client: Connection): void {
    let sessions = 0;
    client.on('error', () => undefined);
    client.on('authentication', (context) => this.authenticate(context));
    client.on('ready', () => this.parts.world.journal.write('login', this.parts.name, null, this.parts.login));
    client.on('session', (accept, reject) => {
      if (sessions >= MAX_SESSIONS) return reject();
      sessions += 1;
      const session = accept();
      session.on('close', () => (sessions -= 1));
      this.serveSession(session, client);
    });
    client.on('tcpip', (accept, reject, info) => {
      const target = connect(info.destPort, info.destIP);
      target.once('error', () => reject());
      target.once('connect', () => {
        const channel = accept();
        target.on('error', () => channel.close());
        channel.on('error', () => target.destroy());
        channel.pipe(target).pipe(channel);
      });
    });
  }

  private authenticate(context: AuthContext): void {
    const { clientKey, login } = this.parts;
    const isOurs =
      context.method === 'publickey' &&
      context.username === login &&
      context.key.algo === clientKey.type &&
      context.key.data.equals(clientKey.getPublicSSH()) &&
      (context.signature === undefined ||
        context.blob === undefined ||
        clientKey.verify(context.blob, context.signature, context.hashAlgo) === true);
    if (isOurs) context.accept();
    else context.reject(['publickey']);
  }

  private serveSession(session: Session, client: Connection): void {
    const { world, name, run } = this.parts;
    const listeners: ((name: string) => void)[] = [];
    session.on('signal', (accept, _reject, info) => {
      accept?.();
      for (const listener of listeners) listener(info.name.replace(/^SIG/, ''));
    });
    session.on('exec', (accept, _reject, info) => {
      const channel = accept();
      channel.on('error', () => undefined);
      const muted = world.faults.find(name, 'drop-after-exec') !== undefined;
      const ended = (): void => {
        if (muted) client.end();
      };
      const onSignal = (listener: (signal: string) => void): void => void listeners.push(listener);
      const command: Command = { host: name, line: info.command, channel, muted, onSignal, ended };
      const wait = world.faults.find(name, 'slow')?.ms;
      if (wait === undefined) run(command);
      else world.parts.clock.after(wait, () => run(command));
    });
  }
}
