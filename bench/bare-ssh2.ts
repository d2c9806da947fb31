/**
 * The bare pooled loop: what any program on ssh2 needs at least, with no host key check against files, no deadline, no
 * parsing. `bare-ssh2.ts INPUT` (the JSON of a {@link SweepInput}); prints one JSON line: milliseconds of every round,
 * the first with connecting.
 */
import { readFileSync } from 'node:fs';
import ssh2 from 'ssh2';
import { REMOTE_LINE } from '../ssh/frame.js';
import type { SweepInput } from './sweep-input.js';

const input = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as SweepInput;
const key = ssh2.utils.parseKey(readFileSync(input.identity));
if (key instanceof Error) throw key;

function connect(host: string): Promise<ssh2.Client> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    client.once('ready', () => resolve(client));
    client.once('error', reject);
    const hostVerifier = (): boolean => true;
    const privateKey = readFileSync(input.identity);
    client.connect({ host, port: input.port, username: input.user, privateKey, readyTimeout: 60_000, hostVerifier });
    client.setNoDelay(true);
  });
}

function run(client: ssh2.Client, script: string): Promise<string> {
  return new Promise((resolve, reject) => {
    client.exec(REMOTE_LINE, (error, stream) => {
      if (error) return reject(error);
      let out = '';
      stream.on('data', (chunk: Buffer) => (out += chunk.toString()));
      stream.stderr.resume();
      stream.on('close', () => resolve(out));
      stream.write(`${Buffer.byteLength(script)}\n${script}`);
    });
  });
}

/** So many lanes at once: 32 while connecting, as many as the product when connected. */
async function each<T>(items: readonly T[], lanes: number, work: (item: T) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) await work(items[next++] as T);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

const clients = new Map<string, ssh2.Client>();
const rounds: number[] = [];
for (let round = 0; round < input.rounds; round++) {
  const began = performance.now();
  await each(input.hosts, round === 0 ? 32 : input.lanes, async ({ address, script }) => {
    const client = clients.get(address) ?? (await connect(address));
    clients.set(address, client);
    const out = await run(client, script);
    if (!out.includes('\n')) throw new Error(`${address} gave no answer`);
  });
  rounds.push(Math.round(performance.now() - began));
}
process.stdout.write(`${JSON.stringify(rounds)}\n`);
for (const client of clients.values()) client.end();
