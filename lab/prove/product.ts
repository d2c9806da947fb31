/** The built product under trial: a Temporal server, a worker, and the command line as an operator types it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDevServer, type DevServer } from '../../devserver/start.js';
import { startBuiltWorker } from '../built-worker.js';
import type { Child } from '../children.js';
import { MAIN, places } from '../places.js';
import { uptime } from '../processes.js';
import { pause } from '../run.js';

export interface Ran {
  /** Null where the limit ended it. */
  readonly exit: number | null;
  readonly seconds: number;
  /** Uptime of the machine when it began, to look things up in the journal. */
  readonly since: number;
  readonly output: string;
}

export interface RunOptions {
  /** Kill the worker this long after the start, and start another one a second later. */
  readonly killWorkerAfterMs?: number;
  /** A trial that takes longer than this has failed. */
  readonly limitSeconds?: number;
}

export class Product {
  private constructor(
    private readonly server: DevServer,
    private readonly env: Readonly<Record<string, string>>,
    private worker: Child,
    private typed: ChildProcess | null = null,
  ) {}

  static async start(): Promise<Product> {
    mkdirSync(places.trials, { recursive: true });
    const server = await startDevServer();
    const env = {
      TEMPORAL_ADDRESS: server.address,
      BLACKSTART_CLUSTERS: places.clusters,
      NO_COLOR: '1',
    };
    return new Product(server, env, await startWorker(env));
  }

  /** Types `blackstart WORDS` and waits for its end. */
  async run(words: readonly string[], { killWorkerAfterMs, limitSeconds = 600 }: RunOptions = {}): Promise<Ran> {
    const since = uptime();
    const env = { ...process.env, ...this.env };
    const cli = spawn(process.execPath, [MAIN, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.typed = cli;
    let output = '';
    for (const stream of [cli.stdout, cli.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const limit = setTimeout(() => cli.kill('SIGKILL'), limitSeconds * 1000);
    const ended = new Promise<number | null>((resolve) => cli.once('close', resolve));
    if (killWorkerAfterMs !== undefined) {
      await pause(killWorkerAfterMs);
      await this.worker.end('SIGKILL');
      await pause(1000);
      this.worker = await startWorker(this.env);
    }
    const exit = await ended;
    clearTimeout(limit);
    writeFileSync(join(places.trials, `${Math.round(since)}-${words[0]}.txt`), output);
    return { exit, seconds: Math.round((uptime() - since) * 10) / 10, since, output };
  }

  async stop(): Promise<void> {
    this.typed?.kill('SIGKILL');
    this.worker.process.kill('SIGTERM');
    await this.server.stop();
  }
}

function startWorker(env: Readonly<Record<string, string>>): Promise<Child> {
  return startBuiltWorker({ env, log: join(places.trials, 'worker.log') });
}
