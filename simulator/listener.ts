import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A listener that was just closed keeps its port for a moment: pauses between tries, in milliseconds. */
const PAUSES_MS = [5, 20, 50, 100];

/** A port that can be opened and closed again and again. Calls take effect in their order. */
export class Listener {
  private server: Server | null = null;
  private readonly sockets = new Set<Socket>();
  private wanted = false;
  private work: Promise<void> = Promise.resolve();

  constructor(
    private readonly address: string,
    private readonly port: number,
    private readonly onSocket: (socket: Socket) => void,
  ) {}

  /** Listens. Rejects with Error naming address and port when another program has it. */
  open(): Promise<void> {
    if (this.wanted) return this.work;
    this.wanted = true;
    const opened = this.work.then(() => this.listen());
    // What comes after must not fail for this: closing a port that never opened is nothing.
    this.work = opened.catch(() => {
      this.wanted = false;
    });
    return opened;
  }

  /** Stops listening and breaks every connection. */
  close(): Promise<void> {
    if (!this.wanted) return this.work;
    this.wanted = false;
    this.work = this.work.then(() => this.unlisten());
    return this.work;
  }

  /** The open connections. */
  connections(): Iterable<Socket> {
    return this.sockets;
  }

  private async listen(): Promise<void> {
    for (const pause of [...PAUSES_MS, null]) {
      const server = createServer({ noDelay: true }, (socket) => {
        this.sockets.add(socket.once('close', () => this.sockets.delete(socket)));
        socket.on('error', () => undefined);
        this.onSocket(socket);
      });
      server.listen({ host: this.address, port: this.port, backlog: 4096 });
      try {
        await once(server, 'listening');
        this.server = server;
        return;
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        if (pause === null)
          throw new Error(`${this.address}:${this.port} cannot be listened on: ${why}`, { cause: error });
        await sleep(pause);
      }
    }
  }

  private async unlisten(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}
