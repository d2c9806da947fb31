/**
 * The lab's own opinion whether a service answers as itself, so that an audit need not believe the product. Asked over
 * the network, once in a while, from the start of a process until the first yes.
 */
import { createConnection } from 'node:net';
import { host, hostsOf, type Instance } from './topology.js';

const PATIENCE = 1000;
/** The stand-in server itself waits three seconds for each of the two it asks. */
const SLOW = 5000;
/** Any number will do. */
const QUESTION = Buffer.from('00000007', 'hex');
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
    case 'manager':
      return hasLock(/\/managers\/lock\/zlock/);
    case 'tserver':
      return hasLock(new RegExp(`/tservers/${name}:9997/zlock`));
    case 'gc':
      return hasLock(/\/gc\/lock\/zlock/);
    case 'monitor':
      return (await get(`http://${address}:9995/rest/manager`)) !== undefined;
    case 'kafka':
      // An answer to ApiVersions, under the number we gave the question.
      return (await talk(address, 9092, apiVersions())).subarray(4, 8).equals(QUESTION);
    case 'server':
      return (await get(`http://${address}:8000/ready`, SLOW)) !== undefined;
    case 'web':
      return (await get(`http://${address}:8080/ready`, SLOW)) !== undefined;
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

/** A server of Accumulo serves once it holds its lock, a node that lives in ZooKeeper as long as the server's session. */
async function hasLock(lock: RegExp): Promise<boolean> {
  for (const name of hostsOf('zookeeper')) {
    const dump = await get(`http://${host(name).address}:8081/commands/dump`);
    if (dump !== undefined && lock.test(dump)) return true;
  }
  return false;
}

/** ApiVersions, version 0, from a client without a name. */
function apiVersions(): Buffer {
  const question = Buffer.concat([Buffer.from('00120000', 'hex'), QUESTION, Buffer.from('ffff', 'hex')]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(question.length, 0);
  return Buffer.concat([length, question]);
}

async function get(url: string, patience = PATIENCE): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(patience) });
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
