import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { allServices, instanceId } from '../cluster/model.js';
import { Listener } from './listener.js';
import type { Question } from './systems/system.js';
import type { World } from './world.js';

/** Requests longer than this are cut: probes are short. */
const REQUEST_BYTES = 8_192;

/** What a client asked so far; null while an HTTP request is not complete. */
function questionIn(text: string): Question | null {
  if (!text.startsWith('GET ')) return { type: 'tcp', send: text };
  if (!/\r?\n\r?\n/.test(text)) return null;
  return { type: 'http', path: /^GET (\S+)/.exec(text)?.[1] ?? '/' };
}

function converse(world: World, id: string, socket: Socket): void {
  let text = '';
  let answered = false;
  socket.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString('latin1')).slice(0, REQUEST_BYTES);
    const question = answered ? null : questionIn(text);
    if (!question) return;
    answered = true;
    const answer = world.ask(id, question);
    switch (answer.type) {
      case 'refused':
        socket.destroy();
        return;
      case 'silence':
        // It may be that the question is not complete yet.
        answered = false;
        return;
      case 'text':
        socket.end(answer.text);
        return;
      case 'http': {
        const head = `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}`;
        const length = Buffer.byteLength(answer.body);
        socket.end(`${head}\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${answer.body}`);
      }
    }
  });
}

/** The ports of all services, each on the loopback address of its host, open exactly while the world says so. */
export class ServicePorts {
  private readonly listeners = new Map<string, Listener>();
  private readonly strangers = new Map<string, Listener>();
  private readonly addresses: ReadonlyMap<string, string | null>;

  /** Throws Error where a host has no address of its own. */
  constructor(
    private readonly world: World,
    private readonly onError: (error: unknown) => void,
  ) {
    this.addresses = new Map(world.cluster.hosts.map((host) => [host.name, host.address]));
    for (const service of allServices(world.cluster)) {
      for (const host of service.hosts) {
        const id = instanceId(service.name, host);
        const address = this.addresses.get(host);
        if (service.port === null) continue;
        if (!address) throw new Error(`the simulated host ${host} needs a loopback address of its own`);
        this.listeners.set(id, new Listener(address, service.port, (socket) => converse(world, id, socket)));
      }
    }
  }

  /** Opens and closes every port once, so that a port another program holds is found before anything begins. */
  async rehearse(): Promise<void> {
    for (const listener of this.listeners.values()) {
      await listener.open();
      await listener.close();
    }
  }

  /** Opens and closes the ports that strangers hold on a host, as its faults say. */
  async followStrangers(host: string): Promise<void> {
    const fault = this.world.faults.find(host, 'port-stranger');
    const known = this.strangers.get(host);
    this.strangers.delete(host);
    await known?.close();
    const address = this.addresses.get(host);
    if (!fault || !address) return;
    const stranger = new Listener(address, fault.port, (socket) => socket.end("220 somebody else's program\r\n"));
    this.strangers.set(host, stranger);
    await stranger.open();
  }

  /** Brings the ports to what the world says. */
  follow(): void {
    for (const [id, listener] of this.listeners) {
      const work = this.world.isOpen(id) ? listener.open() : listener.close();
      work.catch(this.onError);
    }
  }

  /** Closes all ports. */
  async close(): Promise<void> {
    const all = [...this.listeners.values(), ...this.strangers.values()];
    await Promise.all(all.map((listener) => listener.close()));
  }
}
