/** The built product under trial: a Temporal server, a worker, and the command line as an operator types it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDevServer, type DevServer } from '../../devserver/start.js';
import { places } from '../places.js';
import { uptime } from '../processes.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

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

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

export class Product {
  private constructor(
    private readonly server: DevServer,
    private readonly env: NodeJS.ProcessEnv,
    private worker: ChildProcess,
    private typed: ChildProcess | null = null,
  ) {}

  static async start(): Promise<Product> {
    mkdirSync(places.trials, { recursive: true });
    const server = await startDevServer();
    const env = {
      ...process.env,
      TEMPORAL_ADDRESS: server.address,
      BLACKSTART_CLUSTERS: places.clusters,
      NO_COLOR: '1',
    };
    return new Product(server, env, await startWorker(env));
  }

  /** Types `blackstart WORDS` and waits for its end. */
  async run(words: readonly string[], { killWorkerAfterMs, limitSeconds = 600 }: RunOptions = {}): Promise<Ran> {
    const since = uptime();
    const cli = spawn(process.execPath, [MAIN, ...words], { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.typed = cli;
    let output = '';
    for (const stream of [cli.stdout, cli.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const limit = setTimeout(() => cli.kill('SIGKILL'), limitSeconds * 1000);
    const ended = new Promise<number | null>((resolve) => cli.once('close', resolve));
    if (killWorkerAfterMs !== undefined) {
      await pause(killWorkerAfterMs);
      this.worker.kill('SIGKILL');
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
    this.worker.kill('SIGTERM');
    await this.server.stop();
  }
}

async function startWorker(env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN, 'worker'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.once('exit', (code) => reject(new Error(`the worker ended with ${code}: ${said.slice(-2000)}`)));
    child.stderr.on('data', (chunk: Buffer) => {
      appendFileSync(join(places.trials, 'worker.log'), chunk);
      said += chunk.toString();
      if (said.includes('worker is polling')) resolve();
    });
  });
  return child;
}
