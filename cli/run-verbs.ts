import { hostname, userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { parseDuration } from '../cluster/duration.js';
import type { RunReport, ShutdownRequest } from '../workflows/messages.js';
import { CliError, EXIT, exitCodeOf } from './exit.js';
import { follow } from './follow.js';
import { linkTo, requireWorker, type Temporal } from './temporal.js';
import { reportLines } from './words.js';

export interface RunOptions {
  readonly by?: string;
  readonly reason?: string;
  readonly join: boolean;
  readonly wait: boolean;
  readonly detach?: boolean;
  readonly strict?: boolean;
  readonly json?: boolean;
  readonly yes?: boolean;
  /** Stop without healing first (law 9). */
  readonly asIs?: boolean;
  readonly deadline?: string;
}

const VERBS = { totalStartup: 'startup', totalShutdown: 'shutdown' } as const;
export type Runbook = keyof typeof VERBS;

/** Starts a runbook, shows it live, and answers with the exit code. */
export async function runVerb(
  temporal: Temporal,
  runbook: Runbook,
  cluster: string,
  options: RunOptions,
): Promise<number> {
  checkOverrides(options);
  if (runbook === 'totalShutdown' && options.yes !== true) await confirm(cluster);
  await requireWorker(temporal);
  const verb = VERBS[runbook];
  const at = new Date().toISOString().replaceAll(':', '-').slice(0, 23);
  const workflowId = `${verb}/${cluster}/${at}Z`;
  const by = options.by ?? `${userInfo().username}@${hostname()}`;
  const request: ShutdownRequest = {
    cluster,
    by,
    ...(options.reason === undefined ? {} : { reason: options.reason }),
    ...(options.asIs === true ? { asIs: true } : {}),
    ...(options.deadline === undefined ? {} : { deadline: options.deadline }),
  };
  await temporal.client.workflow.start(runbook, {
    workflowId,
    taskQueue: temporal.taskQueue,
    args: [request],
    staticSummary: `${verb} of ${cluster}, asked by ${by}`.slice(0, 190),
    ...(options.reason === undefined ? {} : { staticDetails: options.reason }),
  });
  announce(temporal, workflowId);
  if (options.detach === true) {
    if (options.json === true) print(JSON.stringify({ workflowId }));
    return EXIT.ok;
  }
  let report = await followDetachably(temporal, workflowId, cluster, options);
  const owner = report.heldBy;
  // An identical request joins the running one; anything else is told who holds the cluster.
  const identical = owner?.runbook === runbook && options.asIs !== true && options.deadline === undefined;
  if (owner !== null && options.join && identical) {
    process.stderr.write(`${verb} of ${cluster} is under way since ${owner.since}: joining ${owner.workflowId}\n`);
    announce(temporal, owner.workflowId);
    report = await followDetachably(temporal, owner.workflowId, cluster, options);
  }
  if (options.json === true) print(JSON.stringify(report));
  else for (const line of reportLines(report)) print(line);
  return exitCodeOf(report, options.strict === true);
}

/** The overrides of law 9 are signed with a reason, which stays with the run. @throws CliError before anything is started. */
function checkOverrides({ asIs, deadline, reason }: RunOptions): void {
  if (asIs !== true && deadline === undefined) return;
  if (deadline !== undefined && parseDuration(deadline) === null)
    throw new CliError(
      `--deadline "${deadline}" is no duration: write a number and a unit, such as 90s or 10m`,
      EXIT.usage,
    );
  if (reason === undefined || reason.trim() === '')
    throw new CliError(
      '--as-is and --deadline overrule law 9 (heal before shutdown): say why with --reason',
      EXIT.usage,
    );
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function announce(temporal: Temporal, workflowId: string): void {
  process.stderr.write(
    `run ${workflowId}\n  ${linkTo(temporal, workflowId)}\n  Ctrl-C only detaches; the run goes on\n`,
  );
}

/** Follows a run; Ctrl-C leaves it running and says how to come back. */
export async function followDetachably(
  temporal: Temporal,
  workflowId: string,
  cluster: string,
  options: Pick<RunOptions, 'json' | 'wait'>,
): Promise<RunReport> {
  let detach: () => void = () => {};
  const detached = new Promise<never>((_, reject) => {
    detach = () =>
      reject(new CliError(`detached; the run goes on. Come back with: blackstart watch ${cluster}`, EXIT.detached));
  });
  process.once('SIGINT', detach);
  try {
    return await Promise.race([
      follow(temporal, workflowId, { json: options.json === true, noWait: !options.wait }),
      detached,
    ]);
  } finally {
    process.off('SIGINT', detach);
  }
}

/** On a terminal a shutdown is confirmed by typing the cluster's name. */
async function confirm(cluster: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return;
  const question = createInterface({ input: process.stdin, output: process.stderr });
  const typed = await question.question(`This takes all of ${cluster} down. Type its name to go on: `);
  question.close();
  if (typed.trim() !== cluster) throw new CliError('not confirmed; nothing was started', EXIT.usage);
}
