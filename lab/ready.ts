/**
 * The lab's own opinion whether a service answers as itself, so that an audit need not believe the product. Asked over
 * the network, once in a while, from the start of a process until the first yes.
 */
import { createConnection } from 'node:net';
import { host, type Instance } from './topology.js';

const PATIENCE = 1000;
/** PostgreSQL's AuthenticationOk: "R", length 8, 0. */
const COME_IN = Buffer.from('520000000800000000', 'hex');

export async function isReady({ service, host: name }: Instance): Promise<boolean> {
  const address = host(name).address;
  switch (service) {
    case 'zookeeper':
      return /^Mode: (leader|follower)/m.test((await talk(address, 2181, Buffer.from('srvr'))).toString());
    case 'namenode': {
      const info = await jmx(address, 9870, 'NameNode', 'NameNodeInfo', 'Safemode');
      return info?.['Safemode'] === '';
    }
    case 'datanode': {
      // One attribute only: asked for all of them, a DataNode that is just starting fills its log with a stack trace.
      const info = await jmx(address, 9864, 'DataNode', 'DataNodeInfo', 'BPServiceActorInfo');
      return String(info?.['BPServiceActorInfo']).includes('RUNNING');
    }
    case 'postgresql':
      // A server that is still recovering answers with an error instead.
      return (await talk(address, 5432, postgresHello())).subarray(0, 9).equals(COME_IN);
    case 'app':
      return (await get(`http://${address}:8000/ready`)) !== undefined;
    default:
      return true;
  }
}

/** Sends a few bytes and returns the first answer; nothing if there is none. */
function talk(address: string, port: number, words: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: address, port, timeout: PATIENCE });
    const finish = (answer: Buffer) => {
      socket.destroy();
      resolve(answer);
    };
    socket
      .once('connect', () => socket.write(words))
      .once('data', finish)
      .once('timeout', () => finish(Buffer.alloc(0)))
      .once('error', () => finish(Buffer.alloc(0)))
      .once('close', () => finish(Buffer.alloc(0)));
  });
}

/** The start of a session as role `app` in database `app`, protocol 3.0. */
function postgresHello(): Buffer {
  const words = Buffer.from('user\0app\0database\0app\0\0');
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + words.length, 0);
  head.writeInt32BE(3 << 16, 4);
  return Buffer.concat([head, words]);
}

async function get(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) });
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}

async function jmx(address: string, port: number, service: string, name: string, attribute: string) {
  const text = await get(`http://${address}:${port}/jmx?get=Hadoop:service=${service},name=${name}::${attribute}`);
  if (text === undefined) return undefined;
  return (JSON.parse(text) as { beans?: Record<string, unknown>[] }).beans?.[0];
}
