import { metricMeter } from '@temporalio/activity';
import { expandInstances } from '../cluster/host-set.js';
import { splitInstance } from '../cluster/model.js';
import type { ActOutcome } from './act.js';
import type { GateReport, GateShare, GateVerdict } from './gate.js';

/**
 * What activities measure. No label ever names a host: a thousand hosts would be a thousand series of each.
 * Buckets, in seconds, go from a command that returns at once to the longest patience of the catalogue.
 */
export const ACT_METRICS = {
  actSeconds: {
    name: 'blackstart_act_seconds',
    help: 'How long one act on one instance took, lock, look and connection included',
    labels: ['cluster', 'service', 'verb', 'result'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600],
  },
  gateSeconds: {
    name: 'blackstart_gate_seconds',
    help: 'How long one call of a gate waited for a service: until its last member arrived, or until the call ended',
    labels: ['cluster', 'service', 'awaits', 'verdict'],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600],
  },
} as const;

/** Call within an activity; `record` may then be called for each instance. */
export function actTimer(
  labels: Readonly<Record<'cluster' | 'service' | 'verb', string>>,
): (result: ActOutcome['result'], ms: number) => void {
  const { name, help } = ACT_METRICS.actSeconds;
  const histogram = metricMeter.createHistogram(name, 'float', undefined, help);
  return (result, ms) => histogram.record(ms / 1000, { ...labels, result });
}

/** Follows the reports of one gate call, service by service. */
export interface GateClock {
  /** Takes in what is still pending now. */
  saw(report: GateReport): void;
  /** How long each service was waited for, milliseconds, and what the waiting came to. */
  read(last: GateReport): { readonly service: string; readonly ms: number; readonly verdict: GateVerdict }[];
}

/** @param now the clock, milliseconds; for tests. */
export function createGateClock(share: Pick<GateShare, 'watch' | 'conditions'>, now = Date.now): GateClock {
  const began = now();
  const services = [...new Set([...share.watch, ...share.conditions].map(({ service }) => service))];
  const arrivedAt = new Map<string, number>();
  const saw = (report: GateReport): void => {
    const pending = new Set(report.pending.flatMap(({ instances }) => servicesIn(instances)));
    for (const service of services) {
      if (pending.has(service)) arrivedAt.delete(service);
      else if (!arrivedAt.has(service)) arrivedAt.set(service, now());
    }
  };
  return {
    saw,
    read: (last) => {
      saw(last);
      return services.map((service) => {
        const arrived = arrivedAt.get(service);
        return { service, ms: (arrived ?? now()) - began, verdict: arrived === undefined ? last.verdict : 'healthy' };
      });
    },
  };
}

/** Of members `tserver@w[1-9]`; of conditions the service's bare name. */
function servicesIn(instances: string): string[] {
  if (!instances.includes('@')) return [instances];
  return expandInstances(instances).map((id) => splitInstance(id).service);
}

/** Call within the activity `gate`, at its end. */
export function recordGate(cluster: string, awaits: GateShare['awaits'], waited: ReturnType<GateClock['read']>): void {
  const { name, help } = ACT_METRICS.gateSeconds;
  const histogram = metricMeter.createHistogram(name, 'float', undefined, help);
  for (const { service, ms, verdict } of waited) histogram.record(ms / 1000, { cluster, service, awaits, verdict });
}
