#!/usr/bin/env node
import { Command, InvalidArgumentError } from 'commander';
import type { Goal } from '../cluster/plan.js';
import { EnvironmentError, readEnvironment, type Environment } from '../config/environment.js';
import { checkVerb } from './check-verb.js';
import { decideVerb } from './decide-verb.js';
import { CliError, EXIT } from './exit.js';
import { planVerb, statusVerb, watchVerb } from './looking-verbs.js';
import { runVerb, type RunOptions } from './run-verbs.js';
import { connect, type Temporal } from './temporal.js';
import { trustVerb } from './trust-verb.js';

/**
 * The command line: parses, calls, prints. The only place besides the worker that puts rooms together, so it may import
 * any of them; its verbs may not.
 */

const environment = environmentOrExit();

function environmentOrExit(): Environment {
  try {
    return readEnvironment(process.env);
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(EXIT.usage);
  }
}

/** Connects, runs a verb, closes the connection, whatever happens. */
async function withTemporal(verb: (temporal: Temporal) => Promise<number>): Promise<number> {
  const temporal = await connect(environment.taskQueue);
  try {
    return await verb(temporal);
  } finally {
    await temporal.connection.close();
  }
}

/** Runs a verb and ends the process with its exit code; what people can mend is said in one line, without a stack. */
async function end(work: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await work();
  } catch (error) {
    if (error instanceof CliError || error instanceof EnvironmentError) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = error instanceof CliError ? error.exitCode : EXIT.usage;
    } else {
      process.stderr.write(`blackstart: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exitCode = EXIT.internal;
    }
  }
  // A detached run leaves polls behind that would keep the process for seconds.
  process.exit();
}

const program = new Command('blackstart')
  .description('Durable runbooks for layered clusters: total startup and total shutdown over SSH, on Temporal')
  .version('0.1.0')
  .showSuggestionAfterError()
  .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage));

function runCommand(name: string, text: string): Command {
  return program
    .command(name)
    .description(text)
    .argument('<cluster>', 'name of the cluster')
    .option('--by <name>', 'who asks (default: you@this machine)')
    .option('--reason <text>', 'why, for those who look later')
    .option('--no-join', 'do not join an identical run that is under way: end with 23')
    .option('--no-wait', 'end with 21 as soon as the run holds for a person')
    .option('--detach', 'start the run and return at once')
    .option('--strict', 'end with 12 where the cluster is up but degraded')
    .option('--json', 'print the report as JSON; progress as JSON lines on stderr');
}

runCommand('startup', 'bring a cluster up, lowest layer first').action((cluster: string, options: RunOptions) =>
  end(() => withTemporal((temporal) => runVerb(temporal, 'totalStartup', cluster, options))),
);

runCommand('shutdown', 'take a cluster down, highest layer first')
  .option('-y, --yes', 'do not ask for the name of the cluster')
  .option('--as-is', 'stop it as it is, without bringing to health first what a clean stop needs; needs --reason')
  .option('--deadline <duration>', 'when it must be down, such as 10m: from half of it on as it is; needs --reason')
  .action((cluster: string, options: RunOptions) =>
    end(() => withTemporal((temporal) => runVerb(temporal, 'totalShutdown', cluster, options))),
  );

function goalOf(text: string): Goal {
  if (text === 'startup') return 'up';
  if (text === 'shutdown') return 'down';
  throw new InvalidArgumentError('plan what? "startup" or "shutdown"');
}

program
  .command('plan')
  .description('show what a startup or shutdown would do now; changes nothing')
  .argument('<runbook>', 'startup or shutdown', goalOf)
  .argument('<cluster>', 'name of the cluster')
  .option('--exit-code', 'end with 10 where there is something to do')
  .option('--json', 'print situation and plan as JSON')
  .action((goal: Goal, cluster: string, options: { json?: boolean; exitCode?: boolean }) =>
    end(() => withTemporal((temporal) => planVerb(temporal, goal, cluster, options))),
  );

program
  .command('check')
  .description('check a cluster file, then ask every host through the worker')
  .argument('<cluster>', 'name of the cluster, or path of its file')
  .option('--file', 'check the file only')
  .option('--explain <service>', 'show every field of a service, its value and where it comes from; asks no host')
  .option('--json', 'print the result as JSON')
  .action((cluster: string, options: { file?: boolean; explain?: string; json?: boolean }) =>
    end(() => checkVerb(cluster, { ...options, clusters: environment.clusters }, () => connect(environment.taskQueue))),
  );

program
  .command('trust')
  .description("show the hosts' key fingerprints beside those known, and write down what a person has verified")
  .argument('<cluster>', 'name of the cluster, or path of its file')
  .argument('[hosts...]', 'host sets, such as w[1-9]; default: every host')
  .option('-y, --yes', 'do not ask: the fingerprints have been verified')
  .option('--replace', 'also write changed keys, in place of the old ones')
  .option('--json', 'print as JSON; writes only with --yes')
  .action((cluster: string, hosts: string[], options: { yes?: boolean; replace?: boolean; json?: boolean }) =>
    end(async () => {
      const { Identities } = await import('../ssh/identities.js');
      const { KnownHostsError } = await import('../ssh/known-hosts-write.js');
      const { targetOf } = await import('../activities/hosts.js');
      const identities = new Identities();
      try {
        return await trustVerb(
          cluster,
          hosts,
          { ...options, clusters: environment.clusters },
          {
            hopsTo: (of, host) => identities.hopsTo(targetOf(of, host)),
            look: (hop) => identities.look(hop),
            write: (trusted) => identities.write(trusted),
          },
        );
      } catch (error) {
        // A file that cannot be written: people can mend it.
        if (error instanceof KnownHostsError) throw new CliError(error.message, EXIT.failed);
        throw error;
      } finally {
        await identities.close();
      }
    }),
  );

program
  .command('status')
  .description('show the run that holds a cluster, and a fresh look at it')
  .argument('<cluster>', 'name of the cluster')
  .option('--json', 'print as JSON')
  .action((cluster: string, options: { json?: boolean }) =>
    end(() => withTemporal((temporal) => statusVerb(temporal, cluster, options))),
  );

program
  .command('watch')
  .description('show the run that holds a cluster until it ends; Ctrl-C only detaches')
  .argument('<cluster>', 'name of the cluster')
  .option('--no-wait', 'end with 21 as soon as the run holds for a person')
  .option('--json', 'status as JSON lines on stderr, the report on stdout')
  .action((cluster: string, options: { json?: boolean; wait: boolean }) =>
    end(() => withTemporal((temporal) => watchVerb(temporal, cluster, options))),
  );

program
  .command('decide')
  .description('answer a run that holds for a person')
  .argument('<cluster>', 'name of the cluster')
  .argument('<choice>', 'retry, extend, leave-out, confirm-off, skip or abort; the hold tells which fit')
  .requiredOption('--reason <text>', 'why; kept with the run')
  .option('--by <name>', 'who decides (default: you@this machine)')
  .option('--hold <id>', 'the hold that is answered (default: the one open now)')
  .option('--json', 'print as JSON')
  .action((cluster: string, choice: string, options: { reason: string; by?: string; hold?: string; json?: boolean }) =>
    end(() => withTemporal((temporal) => decideVerb(temporal, cluster, choice, options))),
  );

program
  .command('worker')
  .description('carry out runs: poll Temporal, reach hosts over SSH')
  .option('--clusters <directory>', 'directory of cluster files', environment.clusters)
  .action((options: { clusters: string }) =>
    end(async () => {
      // Loaded here only: Temporal's native core costs a second that no other verb should wait for.
      const { startWorker } = await import('../worker/run-worker.js');
      const { createPino } = await import('../worker/logger.js');
      const worker = await startWorker({
        clusters: options.clusters,
        taskQueue: environment.taskQueue,
        log: createPino(environment.logLevel),
        metrics: environment.metrics,
        temporalDatabase: environment.temporalDatabase,
      });
      const stop = (): void => void worker.stop();
      process.once('SIGTERM', stop).once('SIGINT', stop);
      await worker.ended;
      return EXIT.ok;
    }),
  );

program
  .command('demo')
  .description(
    'start a Temporal dev server, a simulated cluster and a worker here, bring the cluster up and take it down',
  )
  .option('--keep', 'leave everything running after the startup, until Ctrl-C')
  .action((options: { keep?: boolean }) =>
    end(async () => {
      const { runDemo } = await import('./demo.js');
      return runDemo({ keep: options.keep === true });
    }),
  );

await program.parseAsync();
