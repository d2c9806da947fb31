import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { Connection } from '@temporalio/client';
import { findTemporal } from './find.js';

export interface DevServer {
  readonly address: string;
  readonly namespace: string;
  /** Null when started headless. */
  readonly ui: string | null;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface DevServerOptions {
  readonly ui?: boolean;
  /** Keeps runs over a restart of the server; default: in memory. */
  readonly database?: string;
  readonly port?: number;
  readonly say?: (text: string) => void;
}

/** What runs are found by in the Temporal UI; see `worker/search-attributes.ts`. */
const SEARCH_ATTRIBUTES = ['BlackstartCluster', 'BlackstartRunbook', 'BlackstartPhase'];

/** A dev server that takes longer than this to answer will not come up at all (measured: 0.9 s). */
const UP_WITHIN_MS = 60_000;

/**
 * Starts a Temporal dev server on free loopback ports and resolves once it answers.
 * @throws Error with the end of the server's output where it does not come up.
 */
export async function startDevServer(options: DevServerOptions = {}): Promise<DevServer> {
  const cli = await findTemporal(options.say ?? (() => {}));
  const port = options.port ?? (await freePort());
  const uiPort = options.ui === true ? await freePort() : null;
  const child = spawn(cli, [
    'server',
    'start-dev',
    '--ip',
    '127.0.0.1',
    '--port',
    String(port),
    '--log-level',
    'error',
    // One shard polls 20 tasks a second by default: after some thirty steps each would take 50 ms instead of 10.
    '--dynamic-config-value',
    'history.transferProcessorMaxPollRPS=1000',
    ...(uiPort === null ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...(options.database === undefined ? [] : ['--db-filename', options.database]),
    ...SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
  ]);
  const output = collect(child);
  const address = `127.0.0.1:${port}`;
  try {
    await answers(address, child);
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`the Temporal dev server did not come up: ${String(error)}\n${output()}`, { cause: error });
  }
  return {
    address,
    namespace: 'default',
    ui: uiPort === null ? null : `http://127.0.0.1:${uiPort}`,
    pid: child.pid ?? 0,
    stop: () => stop(child),
  };
}

function collect(child: ChildProcess): () => string {
  let text = '';
  const add = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-4000);
  };
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  return () => text;
}

async function answers(address: string, child: ChildProcess): Promise<void> {
  const until = Date.now() + UP_WITHIN_MS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`it exited with ${child.exitCode}`);
    try {
      const connection = await Connection.connect({ address, connectTimeout: '2s' });
      await connection.close();
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await gone;
  clearTimeout(timer);
}

/** A port nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
