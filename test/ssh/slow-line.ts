import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A line to a server on loopback that is slow, loses packets as TCP shows it, and can be cut. */
export interface SlowLine {
  readonly port: number;
  /** From now on nothing passes in either direction, and nobody is told: what a dead router does. */
  cut(): void;
  /** New connections pass again; those that were cut stay so. */
  mend(): void;
  close(): Promise<void>;
}

/**
 * Opens a line. What TCP makes of a lost packet is a pause, after which everything that was held back comes at once.
 * @param delayMs one way. @param lostMs the pause for a lost packet. @param loseEvery loses one piece in this many.
 */
export async function openSlowLine(
  target: number,
  line: { readonly delayMs: number; readonly lostMs: number; readonly loseEvery: number },
): Promise<SlowLine> {
  const sockets = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  let isCut = false;
  const carry = (from: Socket, to: Socket, dead: () => boolean): void => {
    let count = 0;
    let free = 0;
    const later = (work: () => void): void => {
      const lost = ++count % line.loseEvery === 0 ? line.lostMs : 0;
      free = Math.max(free, performance.now() + line.delayMs + lost);
      const timer = setTimeout(() => {
        timers.delete(timer);
        if (!dead()) work();
      }, free - performance.now());
      timers.add(timer);
    };
    from.on('data', (chunk: Buffer) => later(() => to.write(chunk)));
    from.on('end', () => later(() => to.end()));
    from.on('close', () => {
      if (!dead()) to.destroy();
    });
    from.on('error', () => undefined);
  };
  const server = createServer((socket) => {
    let dead = isCut;
    const far = connect({ port: target, host: '127.0.0.1', noDelay: true });
    const isDead = (): boolean => (dead ||= isCut);
    for (const one of [socket, far]) sockets.add(one.once('close', () => sockets.delete(one)));
    carry(socket, far, isDead);
    carry(far, socket, isDead);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      isCut = true;
      // Those that carry nothing at this moment must stay cut after the line was mended, too.
      for (const socket of sockets) socket.pause();
    },
    mend: () => {
      isCut = false;
    },
    close: async () => {
      for (const timer of timers) clearTimeout(timer);
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
