import type { MetricMeter } from '@temporalio/common';
import { Runtime, type TelemetryOptions } from '@temporalio/worker';
import { ACT_METRICS } from '../activities/metrics.js';
import { EnvironmentError } from '../config/environment.js';
import type { PoolObserver } from '../ssh/types.js';

/**
 * What the worker itself measures. One endpoint shows these, the runs' (`workflows/metrics.ts`), the activities'
 * (`activities/metrics.ts`) and the SDK's own. No label ever names a host.
 */
export const WORKER_METRICS = {
  openRuns: {
    name: 'blackstart_open_runs',
    help: 'Runs that are open now in this namespace and task queue, whichever worker has them',
    labels: ['cluster', 'runbook', 'phase'],
  },
  sshConnects: {
    name: 'blackstart_ssh_connects',
    help: 'Connections opened, and why others could not be',
    labels: ['result'],
  },
  sshConnectSeconds: {
    name: 'blackstart_ssh_connect_seconds',
    help: 'How long opening a connection took, waiting for others included',
    labels: ['result'],
    // From a warm LAN to the five seconds of an unanswered SYN and the limit of a slow login.
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  sshConnections: { name: 'blackstart_ssh_connections', help: 'Connections open now', labels: [] },
  sshRuns: { name: 'blackstart_ssh_runs', help: 'Scripts sent to hosts, by how they ended', labels: ['result'] },
} as const;

const HISTOGRAMS = [ACT_METRICS.actSeconds, ACT_METRICS.gateSeconds, WORKER_METRICS.sshConnectSeconds];

/** The options that make Temporal's runtime show metrics at `http://ADDRESS/metrics`; none where nobody asked. */
export function metricsOptions(address: string | null): Pick<TelemetryOptions, 'metrics'> {
  if (address === null) return {};
  return {
    metrics: {
      prometheus: {
        bindAddress: address,
        // The names Prometheus recommends: *_total for counters, *_seconds for durations.
        countersTotalSuffix: true,
        unitSuffix: true,
        useSecondsForDurations: true,
        histogramBucketOverrides: Object.fromEntries(HISTOGRAMS.map(({ name, buckets }) => [name, [...buckets]])),
      },
    },
  };
}

/** What went wrong while the runtime was made, told so that a person can mend it. */
export function metricsError(address: string | null, error: unknown): unknown {
  if (address === null || !(error instanceof Error) || !error.message.includes('prometheus')) return error;
  return new EnvironmentError([
    `BLACKSTART_METRICS is ${address}, and nothing can be served there: ${error.message}; choose another port, or unset it`,
  ]);
}

/** The meter of this process; what it records goes nowhere where no endpoint was asked for. */
export function meter(): MetricMeter {
  return Runtime.instance().metricMeter;
}

/** Counts what the SSH pool does. */
export function sshObserver(to: MetricMeter): PoolObserver {
  const { sshConnects, sshConnectSeconds, sshConnections, sshRuns } = WORKER_METRICS;
  const connects = to.createCounter(sshConnects.name, undefined, sshConnects.help);
  const seconds = to.createHistogram(sshConnectSeconds.name, 'float', undefined, sshConnectSeconds.help);
  const connections = to.createGauge(sshConnections.name, 'int', undefined, sshConnections.help);
  const runs = to.createCounter(sshRuns.name, undefined, sshRuns.help);
  return {
    connected: (result, ms) => {
      connects.add(1, { result });
      seconds.record(ms / 1000, { result });
    },
    open: (count) => connections.set(count),
    // Exit codes belong to the scripts; here it matters whether there was an answer, and why not.
    ran: (result) => runs.add(1, { result: 'reason' in result ? `${result.kind}: ${result.reason}` : result.kind }),
  };
}
