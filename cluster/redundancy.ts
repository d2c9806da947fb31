import type { Redundancy, Service } from './model.js';

/**
 * How many of `n` members may be missing while the service still counts as healthy.
 * Quorum: a majority must live (J08, K28); replication R keeps its data with R-1 copies gone (E04), whatever n is.
 */
export function tolerance(redundancy: Redundancy, n: number): number {
  const upTo = (count: number): number => Math.max(0, Math.min(count, n - 1));
  switch (redundancy.rule) {
    case 'all':
      return 0;
    case 'any':
      return upTo(n - 1);
    case 'quorum':
      return upTo(n - (Math.floor(n / 2) + 1));
    case 'tolerate':
      return upTo(redundancy.count);
    case 'tolerate-percent':
      // At least one: a percentage that rounds to nothing on a small cluster would tolerate less than was meant.
      return upTo(Math.max(1, Math.floor((n * redundancy.percent) / 100)));
    case 'replication':
      return upTo(redundancy.copies - 1);
  }
}

/**
 * How many members must be healthy when `leftOut` of the service's hosts are left out by decision.
 * A quorum is counted over the ensemble as configured on its members, whoever was left out; for all other rules
 * the remaining set is what counts (K22).
 */
export function requiredMembers(service: Service, leftOut: number): number {
  const all = service.hosts.length;
  if (service.redundancy.rule === 'quorum') return all - tolerance(service.redundancy, all);
  const rest = all - leftOut;
  return Math.max(Math.min(1, all), rest - tolerance(service.redundancy, rest));
}

/** True where losing one instance loses the service: listed by `check`, `plan` and `status` (K40, E01). */
export function isSinglePointOfFailure(service: Service): boolean {
  return tolerance(service.redundancy, service.hosts.length) === 0;
}

/** `2 of 3 must be healthy` in the words of the rule, for plans and holds. */
export function describeRedundancy(service: Service): string {
  const n = service.hosts.length;
  const need = requiredMembers(service, 0);
  if (n === 1) return 'it is the only one';
  switch (service.redundancy.rule) {
    case 'quorum':
      return `a quorum is ${need} of ${n}`;
    case 'replication':
      return `${service.redundancy.copies} copies: ${n - need} of ${n} may be missing`;
    default:
      return need === n ? `all ${n} must be healthy` : `${need} of ${n} must be healthy`;
  }
}
